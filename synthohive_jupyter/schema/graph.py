"""`SchemaGraph`: which table depends on which, and the order of work."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError

if TYPE_CHECKING:
    from synthohive_jupyter.schema.metadata import Metadata


class SchemaGraph:
    """The directed graph of a description, parent to children.

    Attributes:
        adjacency: Table name to the sorted names of its children; a table that refers to itself is
            not its own child.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> shop.add_table("users", pk="id")
    >>> SchemaGraph(shop).get_generation_order()
    ['users', 'orders']
    """

    def __init__(self, metadata: Metadata) -> None:
        self.adjacency: dict[str, list[str]] = {name: [] for name in metadata.tables}
        self._parents: dict[str, set[str]] = {name: set() for name in metadata.tables}
        for name, table in metadata.tables.items():
            for key in table.foreign_keys:
                if key.parent != name and key.parent in self.adjacency:
                    self._parents[name].add(key.parent)
        for name, parents in self._parents.items():
            for parent in parents:
                self.adjacency[parent].append(name)
        for children in self.adjacency.values():
            children.sort()

    def parents(self, name: str) -> list[str]:
        """Return the sorted parents of a table, without the table itself."""
        return sorted(self._parents[name])

    def roots(self) -> list[str]:
        """Return the tables without a parent, in alphabetical order."""
        return sorted(name for name, parents in self._parents.items() if not parents)

    def get_generation_order(self) -> list[str]:
        """Return every table after its parents; among equals in alphabetical order.

        Raises:
            SchemaError: If tables depend on each other in a circle; the circle is named.
        """
        waiting = {name: len(parents) for name, parents in self._parents.items()}
        ready = [name for name, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        order = []
        while ready:
            name = heapq.heappop(ready)
            order.append(name)
            for child in self.adjacency[name]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    heapq.heappush(ready, child)
        if len(order) < len(waiting):
            cycle = self._cycle_among({name for name, count in waiting.items() if count})
            raise SchemaError(
                [
                    Problem(
                        f"tables depend on each other in a circle: {' → '.join(cycle)}",
                        hint="leave out one of these foreign keys",
                        locus=(cycle[0], "table"),
                    )
                ]
            )
        return order

    def _cycle_among(self, left: set[str]) -> list[str]:
        """Return one cycle, child to parent, its first table repeated at the end.

        ``left`` are the tables that no order can place: each has a parent that is left too, so a
        walk from parent to parent must come back to a table it has seen.
        """
        path = [min(left)]
        while True:
            parent = min(self._parents[path[-1]] & left)
            if parent in path:
                return [*path[path.index(parent) :], parent]
            path.append(parent)
