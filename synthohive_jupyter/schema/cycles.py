"""Cycles between tables, broken at nullable keys: which keys have to wait."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.tables import ForeignKey, TableConfig, key_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from synthohive_jupyter.schema.metadata import Metadata

Place = tuple[str, str]
"""A table and the name of one of its foreign keys."""

Edge = tuple[str, str]
"""A child and its parent."""

Cost = tuple[int, int, int]
"""What leaving an edge out costs: keys that were declared to drive, keys, minus their mask."""

MAX_STATES = 500
"""States after which the search for the fewest keys becomes a greedy one. Finding the fewest is
NP-hard; a description of real tables needs less than ten states."""


def key_edges(metadata: Metadata) -> dict[Edge, list[ForeignKey]]:
    """Return the keys from each table to each other known one."""
    edges: dict[Edge, list[ForeignKey]] = defaultdict(list)
    for name, table in metadata.tables.items():
        for key in table.foreign_keys:
            if key.parent != name and key.parent in metadata.tables:
                edges[name, key.parent].append(key)
    return dict(edges)


def keys_that_wait(metadata: Metadata) -> frozenset[Place] | list[str]:
    """Return the keys that are left out of the order, because they close a cycle.

    They are nullable, or of a kept table. As few nullable ones as possible, of these the
    alphabetically first; a key that was declared to drive its table only where no other can wait.

    Returns:
        The keys; or, where no key of a cycle can be null, the tables of that cycle, child to
        parent, its first table repeated at the end.
    """
    edges = key_edges(metadata)
    costs = _costs(metadata, edges)
    if fixed := find_cycle([edge for edge in edges if edge not in costs]):
        return fixed
    waiting = _cheapest(edges, costs)
    return frozenset((edge[0], key.name) for edge in waiting for key in edges[edge])


def cycle_problem(metadata: Metadata, cycle: list[str]) -> Problem:
    """Return the problem of a cycle that cannot be broken, with the key that would break it."""
    return Problem(
        f"tables depend on each other in a circle: {' → '.join(cycle)}",
        hint=_way_out(metadata, cycle),
        locus=(cycle[0], "table"),
    )


def _way_out(metadata: Metadata, cycle: list[str]) -> str:
    """Return the hint: the keys of one step that could be null, of the step with the fewest."""
    edges = key_edges(metadata)
    steps = []
    for child, parent in itertools.pairwise(cycle):
        table = metadata.tables[child]
        strict = [key for key in edges[child, parent] if not _may_wait(table, key)]
        if all(table.null_columns(key) for key in strict):
            names = [f"{child}.{k.name} -> {parent}.{key_name(k.parent_columns)}?" for k in strict]
            steps.append((len(names), names))
    if not steps:
        return "leave out one of these foreign keys"
    number, names = min(steps)
    if number == 1:
        return f"let a key of it be null with '?', such as '{names[0]}'"
    return f"let these keys of it be null with '?': {', '.join(names)}"


def _may_wait(table: TableConfig, key: ForeignKey) -> bool:
    """Return whether rows can be there before the rows that ``key`` points to."""
    # A kept table is copied as it is: nothing of it waits for anything.
    return table.keep or (key.nullable and bool(table.null_columns(key)))


def _costs(metadata: Metadata, edges: Mapping[Edge, list[ForeignKey]]) -> dict[Edge, Cost]:
    """Return what leaving out an edge costs; edges that cannot be left out are not in it."""
    loose = {
        edge: keys
        for edge, keys in edges.items()
        if all(_may_wait(metadata.tables[edge[0]], key) for key in keys)
    }
    places = sorted({(child, key.name) for (child, _), keys in loose.items() for key in keys})
    # The first place is the highest bit: of equally many keys the alphabetically first have the
    # largest mask, whatever other keys are added to both.
    bits = {place: 1 << (len(places) - 1 - i) for i, place in enumerate(places)}
    costs = {}
    for (child, parent), keys in loose.items():
        table = metadata.tables[child]
        if table.keep:
            costs[child, parent] = (0, 0, 0)
            continue
        declared = sum(key in table.named_drivers for key in keys)
        mask = sum(bits[child, key.name] for key in keys)
        costs[child, parent] = (declared, len(keys), -mask)
    return costs


def _cheapest(edges: Iterable[Edge], costs: Mapping[Edge, Cost]) -> frozenset[Edge]:
    """Return the cheapest set of edges without which there is no cycle.

    Every cycle must lose an edge, so the search branches on the edges of one cycle; the cheapest
    state is looked at first, and the first one without a cycle is the answer.
    """
    left = _in_cycles(edges)
    heap: list[tuple[Cost, list[Edge]]] = [((0, 0, 0), [])]
    seen: set[frozenset[Edge]] = set()
    states = 0
    while heap:
        cost, chosen = heapq.heappop(heap)
        removed = frozenset(chosen)
        if removed in seen:
            continue
        seen.add(removed)
        cycle = _shortest_cycle([edge for edge in left if edge not in removed])
        if not cycle:
            return removed
        states += 1
        if states > MAX_STATES:
            heap.clear()
        for edge in cycle:
            if edge in costs:
                extra = costs[edge]
                total = (cost[0] + extra[0], cost[1] + extra[1], cost[2] + extra[2])
                heapq.heappush(heap, (total, sorted(removed | {edge})))
    raise AssertionError("a cycle of fixed edges has been looked for before")


def _in_cycles(edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges without those that end at a table in no cycle, sorted."""
    left = set(edges)
    while True:
        ends = {child for child, _ in left} & {parent for _, parent in left}
        inner = {edge for edge in left if edge[0] in ends and edge[1] in ends}
        if inner == left:
            return sorted(left)
        left = inner


def find_cycle(edges: Collection[Edge]) -> list[str]:
    """Return the tables of a cycle, child to parent, its first table repeated at the end.

    >>> find_cycle([("a", "b"), ("b", "c"), ("c", "b")])
    ['b', 'c', 'b']
    """
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in _in_cycles(edges):
        parents[child].append(parent)
    if not parents:
        return []
    # Every table that is left has a parent that is left, so a walk must come back to a table.
    path = [min(parents)]
    while True:
        parent = min(parents[path[-1]])
        if parent in path:
            return [*path[path.index(parent) :], parent]
        path.append(parent)


def _shortest_cycle(edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges of a shortest cycle, the alphabetically first one; none without a cycle."""
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in _in_cycles(edges):
        parents[child].append(parent)
    best: list[Edge] = []
    for start in sorted(parents):
        cycle = _cycle_through(start, parents)
        if cycle and (not best or len(cycle) < len(best)):
            best = cycle
    return best


def _cycle_through(start: str, parents: Mapping[str, list[str]]) -> list[Edge]:
    """Return the edges of a shortest way from ``start`` back to it."""
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        table = waiting.popleft()
        for parent in parents.get(table, ()):
            if parent == start:
                way = [(table, start)]
                while way[-1][0] != start:
                    way.append((came[way[-1][0]], way[-1][0]))
                return way[::-1]
            if parent not in came:
                came[parent] = table
                waiting.append(parent)
    return []
