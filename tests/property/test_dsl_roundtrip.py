"""``parse(render(program)) == program`` for every program, sensible or not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.dsl import ast
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.dsl.tables import PROPERTIES

line = st.text(st.characters(exclude_characters="\r\n"), max_size=8)
word = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
names = st.builds(ast.Atom, st.one_of(word, line, st.sampled_from(["pk", "none", "名前", 'a"b'])))
number = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.dates().map(str),
    st.just("2020-01-31T10:30:00.5"),
)
bounds = st.none() | st.builds(ast.Atom, number)
keys = st.lists(names, min_size=2, max_size=3).map(tuple)
targets = st.builds(ast.Target, names, st.tuples(names) | keys, st.booleans())
actions = st.builds(ast.Atom, word)
ranges = st.builds(ast.Range, bounds, bounds)
pii = st.builds(ast.Pii) | st.builds(ast.Pii, actions, st.none() | actions)
items = st.one_of(
    st.builds(ast.Word, word.filter(lambda text: text != "pii")),
    ranges,
    st.builds(ast.Choices, st.lists(st.builds(ast.Atom, line), max_size=3).map(tuple)),
    pii,
    targets,
)
columns = st.builds(ast.Column, names, st.lists(items, max_size=4).map(tuple))
entries = columns | st.builds(ast.CompositeKey, st.tuples(names) | keys, targets)
references = st.builds(ast.Reference, names, st.none() | names)
paths = st.one_of(line, st.sampled_from(["s3://b/x-1.csv", "a b#c", "db.t", "", '"']))
unknown = word.filter(lambda text: text not in PROPERTIES)
rest = st.from_regex(r"[a-z(][a-z .,()]{0,8}[a-z)]", fullmatch=True).map(ast.Atom)


def prop(keyword, operands):
    return st.builds(ast.Property, st.just(keyword), operands)


properties = st.one_of(
    prop("data", st.tuples(st.builds(ast.Atom, paths))),
    prop("rows", st.tuples(st.builds(ast.Atom, number))),
    prop("keep", st.just(())),
    prop("strict", st.just(())),
    prop("driver", st.tuples(names) | keys),
    prop("linkage", st.tuples(names) | st.tuples(ranges) | st.tuples(names, ranges)),
    prop("model", st.tuples(names)),
    prop("order", st.tuples(names)),
    prop("check", st.tuples(names, names)),
    prop("together", st.lists(names, min_size=1, max_size=3).map(tuple)),
    prop("context", st.lists(references, min_size=1, max_size=3).map(tuple)),
    st.builds(ast.Property, unknown, st.just(()) | st.tuples(rest)),
)
tables = st.builds(
    ast.Table,
    names,
    st.lists(entries, max_size=4).map(tuple),
    st.lists(properties, max_size=3).map(tuple),
)
programs = st.builds(ast.CellProgram, st.lists(tables, max_size=3).map(tuple))


@settings(max_examples=400, deadline=None)
@given(programs)
def test_what_is_written_is_read_back(program):
    text = render(program)
    again = parse(text)
    assert again == program
    # The text is a fixed point: there is one way to write a program.
    assert render(again) == text


@settings(max_examples=100, deadline=None)
@given(programs, st.sampled_from(["\r\n", "\n  # a comment\n\n", " # pk int\n"]))
def test_comments_and_line_ends_change_nothing(program, ending):
    text = render(program)
    assert parse(text.replace("\n", ending)) == program
