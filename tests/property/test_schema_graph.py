"""The order of work, for any graph of tables."""

from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata

NAMES = "abcdefgh"
edges = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=16)


def build(edges, names=NAMES):
    metadata = Metadata()
    for name in names:
        parents = sorted(parent for child, parent in edges if child == name)
        metadata.add_table(
            name,
            pk="id",
            fk={f"{parent}_id": f"{parent}.id" for parent in parents},
            nullable_fks=[f"{name}_id"] if name in parents else [],
        )
    return metadata


keys = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.sampled_from("xy")),
    max_size=9,
    unique=True,
)


def ordered(edges):
    """Return whether tables with these edges, child and parent, can be ordered."""
    sorter = TopologicalSorter()
    for child, parent in edges:
        sorter.add(child, parent)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


def order_of(metadata):
    try:
        return SchemaGraph(metadata).get_generation_order()
    except SchemaError as error:
        return error


@given(edges)
def test_parents_come_first_or_a_circle_is_named(edges):
    result = order_of(build(edges))
    others = {(child, parent) for child, parent in edges if child != parent}
    sorter = TopologicalSorter(dict.fromkeys(NAMES, ()))
    for child, parent in others:
        sorter.add(child, parent)
    try:
        sorter.prepare()
    except CycleError:
        assert isinstance(result, SchemaError)
        (problem,) = result.problems
        circle = problem.message.rsplit(": ", 1)[1].split(" → ")
        assert circle[0] == circle[-1]
        assert len(set(circle)) == len(circle) - 1 >= 2
        assert all(step in others for step in pairwise(circle))
        assert problem.locus == (circle[0], "table")
    else:
        assert sorted(result) == list(NAMES)
        assert all(result.index(parent) < result.index(child) for child, parent in others)


@given(edges, st.permutations(NAMES))
def test_the_order_does_not_depend_on_the_order_of_declaration(edges, names):
    first, second = order_of(build(edges)), order_of(build(edges, names))
    if isinstance(first, SchemaError):
        assert str(first) == str(second)
    else:
        assert first == second


@given(edges)
def test_the_order_is_the_alphabetically_first_one(edges):
    order = order_of(build(edges))
    if isinstance(order, SchemaError):
        return
    done = set()
    for name in order:
        ready = [
            other
            for other in NAMES
            if other not in done
            and all(parent in done for child, parent in edges if child == other != parent)
        ]
        assert name == ready[0]
        done.add(name)


@given(edges)
def test_the_graph_says_the_same_in_both_directions(edges):
    graph = SchemaGraph(build(edges))
    pairs = {(child, parent) for child, parent in edges if child != parent}
    assert {(c, p) for p, children in graph.adjacency.items() for c in children} == pairs
    assert {(c, p) for c in NAMES for p in graph.parents(c)} == pairs
    assert graph.roots() == [n for n in NAMES if not any(c == n for c, _ in pairs)]


@given(keys, st.sets(st.integers(0, 8)))
def test_no_smaller_or_earlier_set_of_keys_could_wait(keys, nullable):
    """The search finds what trying every set of nullable keys finds."""
    links = [(child, parent, f"{parent}_{letter}") for child, parent, letter in keys]
    optional = sorted((c, name) for i, (c, p, name) in enumerate(links) if i in nullable and c != p)
    metadata = Metadata()
    for table in "abcd":
        metadata.add_table(
            table,
            "id",
            {name: f"{parent}.id" for child, parent, name in links if child == table},
            nullable_fks=[name for child, name in optional if child == table],
        )

    def possible(waiting):
        left = [(c, p) for c, p, name in links if c != p and (c, name) not in waiting]
        return ordered(left)

    sets = (set(s) for n in range(len(optional) + 1) for s in combinations(optional, n))
    best = next(filter(possible, sets), None)
    graph = SchemaGraph(metadata)
    if best is None:
        assert isinstance(order_of(metadata), SchemaError)
    else:
        assert graph.deferred == best
        order = graph.get_generation_order()
        for child, parent, name in links:
            late = child == parent or (child, name) in best
            assert late or order.index(parent) < order.index(child)
