"""Which notation a text is in, and what all have in common: places, hints, meaning."""

import pytest

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.notations.detect import notation_of
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.facts import ColumnFacts, KeyFacts, TableFacts
from tests.notations import meaning, rendered


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("users: id pk", "compact"),
        ("# CREATE TABLE\nusers: id pk", "compact"),
        ("tables: id pk", "compact"),
        ("tables:\n  @rows 5\n", "compact"),
        ("tables:\nusers: id pk", "compact"),
        ("Table: id pk", "compact"),
        ("Ref: id pk", "compact"),
        ("create: id pk", "compact"),
        ("set: id pk\n  @rows 5", "compact"),
        ("", "compact"),
        ("tables:\n  users:\n", "yaml"),
        ("# shop\n---\ntables: # all\n\n  users:\n", "yaml"),
        ("-- shop\nCREATE TABLE a (x INT)", "sql"),
        ("/* shop */ create\ntable a (x int)", "sql"),
        ("SET x = 1;", "sql"),
        ("-- nothing", "sql"),
        ("Table a {\n", "dbml"),
        ("// shop\nenum a\n{\n", "dbml"),
        ("table \"a b\" as c [note: 'x'] {", "dbml"),
        ("Ref: a.b > c.d", "dbml"),
        ("Ref {\n a.b > c.d\n}", "dbml"),
        ("Table users\n", "dbml"),
        (' {"tables": {}}', "sdv"),
    ],
)
def test_the_first_token_tells_the_notation(text, notation):
    assert notation_of(text) == notation


def test_places_count_from_the_line_that_the_text_begins_on():
    for text in ("tables:\n  a: x", "CREATE TABLE a (x", "Table a {", '{"a"'):
        first, later = (rendered(text, first_line=line) for line in (1, 7))
        assert "line 1" in first or "line 2" in first
        assert "line 7" in later or "line 8" in later


def test_the_same_shop_in_every_notation_means_the_same():
    one = compile_cell("users: id pk, age int[0..9]\norders: user_id -> users.id, s cat\n")
    texts = (
        (
            "tables:\n  users:\n    columns: {id: pk, age: 'int[0..9]'}\n  orders:\n    columns:\n"
            "      user_id: -> users.id\n      s: cat\n"
        ),
        (
            "CREATE TABLE users (id INT PRIMARY KEY, age INT CHECK (age BETWEEN 0 AND 9));\n"
            "CREATE TABLE orders (user_id INT NOT NULL REFERENCES users,\n s TEXT -- synthohive: cat\n);"
        ),
        (
            "Table users {\n id int [pk]\n age int [check: `age >= 0 and age <= 9`]\n}\n"
            "Table orders {\n user_id int [not null, ref: > users.id]\n s cat\n}"
        ),
    )
    for text in texts:
        assert meaning(compile_any(text)) == meaning(one)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "CREATE TABLE a (id INT PRIMARY KEY, x INT NOT NULL REFERENCES a)",
            "remove NOT NULL from the key to a.id",
        ),
        (
            "Table a {\n id int [pk]\n x int [not null, ref: > a.id]\n}",
            "remove 'not null' from the key to a.id",
        ),
        (
            (
                "tables:\n  a:\n    columns: {id: pk, x: -> b.id}\n    context: c.z\n"
                "  b:\n    columns: {id: pk}\n  c:\n    columns: {id: pk, z: int}\n"
            ),
            "take a column of 'b', or change the parent with driver:",
        ),
        (
            (
                "CREATE TABLE c (id INT PRIMARY KEY, z INT);\nCREATE TABLE b (id INT PRIMARY KEY);\n"
                "CREATE TABLE a (\n-- synthohive: @context c.z\nx INT REFERENCES b);"
            ),
            (
                "take a column of 'b', or change the parent with @driver "
                "(write it in a comment inside of the table: -- synthohive: @…)"
            ),
        ),
    ],
)
def test_hints_are_in_the_words_of_the_notation(text, hint):
    with pytest.raises(SchemaError) as caught:
        compile_any(text)
    assert caught.value.problems[0].hint == hint


def test_problems_of_the_data_are_placed_and_worded_too():
    cell = compile_any(
        "CREATE TABLE a (id INT PRIMARY KEY);\nCREATE TABLE b (x INT NOT NULL REFERENCES a);"
    )
    columns = {"id": ColumnFacts("int", "int64")}
    facts = {
        "a": TableFacts(columns, rows=2, pk_duplicates=0, pk_nulls=0),
        "b": TableFacts({"x": ColumnFacts("int", "int64")}, rows=3, keys={"x": KeyFacts(1, 0)}),
    }
    with pytest.raises(SchemaError) as caught:
        cell.check(facts)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 17)
    assert problem.hint.startswith("remove NOT NULL from the key to a.id")
