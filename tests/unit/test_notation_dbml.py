"""DBML as dbdiagram writes it: what is read, what is said of the rest, and where it is wrong."""

import pytest

from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.errors import SchemaError
from tests.notations import compact

DBML = """\
Project shop { database_type: 'PostgreSQL' }
Enum mood {
  ok
  "in part" [note: 'x']
}
// c
Table "users x" as U [headercolor: #fff, note: 'synthohive: @rows 5'] {
  id integer [pk, increment]
  email varchar(255) [unique, not null, default: 'x', note: 'synthohive: pii(fake)']
  age "int" [
    check: `age > 17`
  ]
  m mood
  price decimal(10, 2)
  tags text[]
  boss int [ref: > U.id]
  indexes {
    (m, age) [unique]
    price [unique]
  }
}
Table shop.orders {
  a int
  b int
  user_id int [not null]
  indexes {
    (a, b) [pk]
  }
}
Table items { x int [not null]
  y int [not null]
  z int
  w int
  checks {
    `z <= w` [name: 'k']
  }
  Note: '''
    of items
    synthohive: @linkage negbinom
  '''
}
Ref: "users x".id < orders.user_id
Ref name { items.(x, y) > shop.orders.(a, b) [delete: cascade] }
"""


def test_dbml_as_dbdiagram_writes_it():
    cell = compile_any(DBML)
    assert render(cell.program) == (
        '"users x": id pk, email unique pii(fake), age int[18..], m cat {ok, "in part"}, '
        "price float unique,\n"
        '           tags, boss -> "users x".id?\n'
        "  @rows 5\n"
        'orders:    a pk, b pk, user_id -> "users x".id\n'
        "items:     x, y, z int, w int, (x, y) -> orders.(a, b)\n"
        "  @check z <= w\n"
        "  @linkage negbinom\n"
    )
    assert cell.notices == (
        "users x.tags: the type array is left to the data",
        "names of schemas are left out: shop",
        "left out, as data has no place for it: default (1), unique of several columns (1)",
    )


def test_other_names_of_tables_may_be_used_before_they_are_given():
    text = "Table a {\n x int [ref: > U.id]\n}\nTable s.users as U {\n id int [pk]\n}\n"
    assert compact(text) == "a:     x -> users.id?\nusers: id pk\n"


@pytest.mark.parametrize(
    ("relation", "written"),
    [
        ("a.x > b.y", "a: x -> b.y?, z\nb: y pk\n"),
        ("b.y < a.x", "a: x -> b.y?, z\nb: y pk\n"),
        ("b.y - a.x", "a: x -> b.y?, z\nb: y pk\n"),
        ("a.x - b.y", "a: x -> b.y?, z\nb: y pk\n"),
        ("a.x <> b.y", "a: x, z\nb: y pk\n"),
    ],
)
def test_relations_of_dbml(relation, written):
    text = (
        f"Table a {{\n x varchar\n z varchar\n}}\nTable b {{\n y varchar [pk]\n}}\nRef: {relation}"
    )
    assert compact(text) == written


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("Table x {\n id int [pk\n}", 4, 1, "expected ','"),
        ("Table x {\n id int\n", 2, 9, "this '{' is not closed"),
        ("Table x {\n id int pk [unique] z\n}", 3, 21, "expected the end of the line"),
        ("Table x {\n id int [ref: > y.id]\n}", 3, 17, "unknown table 'y'"),
        ("Table x {\n id int [ref: y.id]\n}", 3, 15, "expected one of"),
        ("Table x {\n id int [ref: > y]\n}", 3, 17, "expected a table and its column"),
        ("Table x {\n id int\n}\nTable x {\n id int\n}", 5, 7, "declared twice"),
        ("Table x {\n id int\n id int\n}", 4, 2, "declared twice"),
        ("Table x {\n id int\n}\nTabel y {\n}", 5, 1, "expected Table, Enum or Ref"),
        ("Table x {\n id int [note: 'a]\n}", 3, 16, "is not closed"),
        ("Table x {\n id é! int\n}", 3, 6, "unexpected character"),
        ("Table x {\n id int [note: 'synthohive: pii(fke)']\n}", 3, 29, "unknown pii action"),
        ("Table x {\n id int\n}\nRef: z.id > x.id", 5, 6, "unknown table 'z'"),
        ("Table x {\n id int\n}\nRef: x.id", 5, 10, "expected one of"),
        ("Table x\nid int", 3, 1, "expected '{'"),
        ("Table x {\n id int\n checks {\n a\n }\n}", 5, 2, "expected a condition in backticks"),
        ("Table x {\n id int\n indexes {\n [pk]\n }\n}", 5, 2, "expected a column or (a, b)"),
        ("Table x {\n id int\n indexes {\n (id; a)\n }\n}", 5, 5, "unexpected character"),
        ("Table x {\n id int\n indexes {\n (id a)\n }\n}", 5, 6, "expected ','"),
        ("Table x {\n id int [pk: ]\n}", 3, 14, "expected a value after the colon"),
        ("Table x {\n id int [:]\n}", 3, 10, "expected a setting"),
        ("Table x {\n id int\n Note: x\n}", 4, 8, "expected a text in quotes"),
        ("Table x {\n id int(3\n}", 3, 10, "expected ')'"),
        ("Table x {\n id int [note: 'synthohive: flaot']\n}", 3, 29, "unknown word 'flaot'"),
        ("Table x {\n id int [note: 'synthohive: int[']\n}", 3, 32, "is not closed"),
        ("Table x {\n id int\n Note: 'synthohive: pii'\n}", 4, 24, "expected"),
        ("Table x {\n id int\n}\nRef: x.() > x.id", 5, 9, "expected a column"),
    ],
)
def test_mistakes_in_dbml(text, line, column, message):
    with pytest.raises(SchemaError) as caught:
        compile_any(text)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message
