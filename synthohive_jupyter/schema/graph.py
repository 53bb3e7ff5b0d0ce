"""`SchemaGraph`: which table depends on which, and the order of work."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.cycles import cycle_problem, key_edges, keys_that_wait

if TYPE_CHECKING:
    from synthohive_jupyter.schema.metadata import Metadata


class SchemaGraph:
    """The directed graph of a description, parent to children.

    Attributes:
        adjacency: Table name to the sorted names of its children; a table that refers to itself is
            not its own child, and a parent that a table only points to by deferred keys has no
            child in it.
        deferred: Table and name of the nullable keys that close a cycle of tables: they are left
            out of the graph, and filled when all tables are there.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> shop.add_table(
    ...     "users", pk="id", fk={"last_order": "orders.id"}, nullable_fks=["last_order"]
    ... )
    >>> graph = SchemaGraph(shop)
    >>> graph.get_generation_order(), graph.deferred
    (['users', 'orders'], frozenset({('users', 'last_order')}))
    """

    def __init__(self, metadata: Metadata) -> None:
        waiting = keys_that_wait(metadata)
        self._problem = None
        if isinstance(waiting, list):
            self._problem, waiting = cycle_problem(metadata, waiting), frozenset()
        kept = {name for name, table in metadata.tables.items() if table.keep}
        self.deferred = frozenset(place for place in waiting if place[0] not in kept)
        self.adjacency: dict[str, list[str]] = {name: [] for name in metadata.tables}
        self._parents: dict[str, set[str]] = {name: set() for name in metadata.tables}
        for (child, parent), keys in key_edges(metadata).items():
            if any((child, key.name) not in waiting for key in keys):
                self._parents[child].add(parent)
                self.adjacency[parent].append(child)
        for children in self.adjacency.values():
            children.sort()

    def parents(self, name: str) -> list[str]:
        """Return the sorted parents of a table, without the table itself."""
        return sorted(self._parents[name])

    def roots(self) -> list[str]:
        """Return the tables without a parent, in alphabetical order."""
        return sorted(name for name, parents in self._parents.items() if not parents)

    def get_generation_order(self) -> list[str]:
        """Return every table after its parents, but those of deferred keys; else alphabetically.

        Raises:
            SchemaError: If tables depend on each other in a circle no key of which can be null; the
                circle is named.
        """
        if self._problem is not None:
            raise SchemaError([self._problem])
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
        return order
