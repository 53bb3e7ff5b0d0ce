"""The cell language: from text to a tree with a place for every node."""

import dataclasses

import pytest

from synthohive_jupyter.dsl import ast
from synthohive_jupyter.dsl.parser import parse

SHOP = """\
users:       id pk, email pii(fake), ssn pii(mask), region cat, age int[18..110]
products:    id pk, category cat, price float[0..999]
orders:      id pk, user_id -> users.id, status cat, placed_at datetime, total float[0..]
  @linkage negbinom
  @context users.region, users.age
order_items: id pk, order_id -> orders.id, product_id -> products.id,
             quantity int[1..20], unit_price float[0..]
  @driver  order_id
  @context orders.status, orders.total
"""


def entries(text):
    return parse(f"t: {text}").tables[0].entries


def items(text):
    return entries(f"c {text}")[0].items


def properties(text):
    return parse(f"t: id pk\n  {text}").tables[0].properties


def atoms(*texts):
    return tuple(ast.Atom(text) for text in texts)


def test_the_cell_of_the_notation_page():
    program = parse(SHOP)
    assert [table.name.text for table in program.tables] == [
        "users", "products", "orders", "order_items",
    ]  # fmt: skip
    orders, order_items = program.tables[2:]
    assert [entry.name.text for entry in order_items.entries] == [
        "id", "order_id", "product_id", "quantity", "unit_price",
    ]  # fmt: skip
    assert orders.entries[1].items == (ast.Target(ast.Atom("users"), atoms("id")),)
    assert [prop.keyword for prop in orders.properties] == ["linkage", "context"]
    assert orders.properties[1].operands == (
        ast.Reference(ast.Atom("region"), ast.Atom("users")),
        ast.Reference(ast.Atom("age"), ast.Atom("users")),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", (ast.Word("int"),)),
        ("pk unique high", (ast.Word("pk"), ast.Word("unique"), ast.Word("high"))),
        ("int[0..9]", (ast.Word("int"), ast.Range(*atoms("0", "9")))),
        ("int [ 0 .. 9 ]", (ast.Word("int"), ast.Range(*atoms("0", "9")))),
        ("[0..]", (ast.Range(ast.Atom("0")),)),
        ("[..0]", (ast.Range(None, ast.Atom("0")),)),
        ("[-1.5..2e3]", (ast.Range(*atoms("-1.5", "2e3")),)),
        ("[+1..1_000]", (ast.Range(*atoms("+1", "1_000")),)),
        ("[.5...75]", (ast.Range(*atoms(".5", ".75")),)),
        ("[2020-01-01..2021-12-31]", (ast.Range(*atoms("2020-01-01", "2021-12-31")),)),
        ("[2020-01-01T10:30..]", (ast.Range(ast.Atom("2020-01-01T10:30")),)),
        ("{new, paid}", (ast.Choices(atoms("new", "paid")),)),
        ('{"in, part", -1, 0.5, A+}', (ast.Choices(atoms("in, part", "-1", "0.5", "A+")),)),
        ("{}", (ast.Choices(),)),
        ("pii", (ast.Pii(),)),
        ("pii(mask)", (ast.Pii(ast.Atom("mask")),)),
        ("pii( fake : email )", (ast.Pii(*atoms("fake", "email")),)),
        ("-> users.id", (ast.Target(ast.Atom("users"), atoms("id")),)),
        ("-> users.id?", (ast.Target(ast.Atom("users"), atoms("id"), nullable=True),)),
        ("-> t.(x, y) ?", (ast.Target(ast.Atom("t"), atoms("x", "y"), nullable=True),)),
        ('->"a b"."c d"', (ast.Target(ast.Atom("a b"), atoms("c d")),)),
        (
            "pii(drop) int[0..9] unique",
            (
                ast.Pii(ast.Atom("drop")), ast.Word("int"), ast.Range(*atoms("0", "9")),
                ast.Word("unique"),
            ),
        ),
    ],
)  # fmt: skip
def test_items_of_a_column(text, expected):
    assert items(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("unit_price float", "unit_price"),
        ('"unit price" float', "unit price"),
        ('"say ""hi""" float', 'say "hi"'),
        ('"a # b" float', "a # b"),
        ("2nd float", "2nd"),
        ("prénom float", "prénom"),
        ("город float", "город"),
        ("名前 float", "名前"),
        ("नाम float", "नाम"),
        ("نام\u200cخانوادگی float", "نام\u200cخانوادگی"),
        ("pii float", "pii"),
        ("int float", "int"),
    ],
)
def test_names_of_columns(text, name):
    (column,) = entries(text)
    assert (column.name.text, column.items) == (name, (ast.Word("float"),))


def test_a_composite_key():
    (key,) = entries("(a, b) -> t.(x, y)")
    assert key == ast.CompositeKey(atoms("a", "b"), ast.Target(ast.Atom("t"), atoms("x", "y")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@data orders_2024", ast.Property("data", atoms("orders_2024"))),
        ("@data s3a://bucket/a-b.parquet", ast.Property("data", atoms("s3a://bucket/a-b.parquet"))),
        ('@data "my file #1.csv"', ast.Property("data", atoms("my file #1.csv"))),
        ("@data db.orders # a comment", ast.Property("data", atoms("db.orders"))),
        ("@rows 1_000", ast.Property("rows", atoms("1_000"))),
        ("@keep", ast.Property("keep")),
        ("@strict", ast.Property("strict")),
        ("@driver order_id", ast.Property("driver", atoms("order_id"))),
        ("@driver (a, b)", ast.Property("driver", atoms("a", "b"))),
        ("@linkage negbinom", ast.Property("linkage", atoms("negbinom"))),
        (
            "@linkage conditional [1..20]",
            ast.Property("linkage", (*atoms("conditional"), ast.Range(*atoms("1", "20")))),
        ),
        ("@linkage[..9]", ast.Property("linkage", (ast.Range(None, ast.Atom("9")),))),
        ("@model ctgan", ast.Property("model", atoms("ctgan"))),
        ('@order "placed at"', ast.Property("order", atoms("placed at"))),
        ("@check a <= b", ast.Property("check", atoms("a", "b"))),
        ("@together city, country", ast.Property("together", atoms("city", "country"))),
        ("@together a,\n    b", ast.Property("together", atoms("a", "b"))),
        ("@context none", ast.Property("context", (ast.Reference(ast.Atom("none")),))),
        (
            "@context a, u.b,\n    u.c",
            ast.Property(
                "context",
                (
                    ast.Reference(ast.Atom("a")),
                    ast.Reference(ast.Atom("b"), ast.Atom("u")),
                    ast.Reference(ast.Atom("c"), ast.Atom("u")),
                ),
            ),
        ),
        ("@colour of the sky", ast.Property("colour", atoms("of the sky"))),
        ("@colour", ast.Property("colour")),
    ],
)
def test_properties(text, expected):
    assert properties(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "a: id pk, x int\nb: id pk",
        "a: id pk, x int\r\nb: id pk\r\n",
        "a: id pk, x int\rb: id pk",
        "\ufeffa: id pk, x int\nb: id pk",
        "\n\n# a comment\na: id pk, x int # another\n\n  # a third\nb: id pk",
        "a: id pk,\n\n   # between\n   x int\nb: id pk",
        "a : id pk , x int\nb :id pk",
        "  a: id pk, x int\n  b: id pk",
        "a:\tid\tpk,\tx\tint\nb: id pk",
        "a:\u00a0id pk, x\u00a0int\nb: id pk",
    ],
)
def test_white_space_comments_and_line_ends_do_not_count(text):
    assert parse(text) == parse("a: id pk, x int\nb: id pk\n")


@pytest.mark.parametrize("text", ["users:", "users:  # nothing", "users:\n\n"])
def test_a_table_may_have_no_column(text):
    assert parse(text) == ast.CellProgram((ast.Table(ast.Atom("users")),))


@pytest.mark.parametrize("text", ["", "\n", "   \n# only a comment"])
def test_nothing_is_a_program_too(text):
    assert parse(text) == ast.CellProgram()


def test_every_node_knows_its_place():
    program = parse(SHOP)
    lines = ["%%synthohive", *SHOP.splitlines()]
    seen = 0

    def check(node):
        nonlocal seen
        if isinstance(node, tuple):
            for part in node:
                check(part)
        elif dataclasses.is_dataclass(node) and not isinstance(node, ast.Span):
            seen += 1
            shown = lines[node.span.line - 1][node.span.column - 1 : node.span.end - 1]
            assert len(shown) == node.span.length
            if isinstance(node, ast.Atom | ast.Word):
                assert shown == node.text
            if isinstance(node, ast.Range):
                assert (shown[0], shown[-1]) == ("[", "]")
            if isinstance(node, ast.Pii):
                assert (shown[:4], shown[-1]) == ("pii(", ")")
            for field in dataclasses.fields(node):
                check(getattr(node, field.name))

    check(program)
    assert seen > 80


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-> b.(x, y)?", "b.(x, y)"),
        ("-> b.x?", "b.x"),
        ("pii", "pii"),
        ('{a, "b c"}', '{a, "b c"}'),
    ],
)
def test_spans_of_items_with_several_tokens(text, shown):
    span = items(text)[0].span
    assert f"t: c {text}"[span.column - 1 : span.end - 1] == shown


def test_a_span_that_would_leave_its_line_stops_there():
    (choices,) = items("{a,\n b}")
    assert choices.span == ast.Span(2, 6, 7)


def test_the_first_line_can_be_chosen():
    assert parse("a: id pk", first_line=1).tables[0].span == ast.Span(1, 1, 2)
    assert parse("a: id pk", first_line=5).tables[0].span == ast.Span(5, 1, 2)


def test_nodes_are_equal_whatever_their_place_and_quotes():
    assert parse("a: id pk") == parse('\n\n   "a":   "id"   pk')
    assert parse("a: id pk") != parse("a: id")
