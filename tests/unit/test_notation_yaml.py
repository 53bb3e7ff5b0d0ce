"""YAML: it says all that the compact notation says, and where it is wrong."""

import pytest

from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.errors import SchemaError
from tests.notations import compact, rendered

YAML = """\
tables:
  users:
    columns:
      id: pk
      "unit price": float[0..]
      email: pii(fake:email)
      age: {type: int, min: 18, max: 110, unique: true, high: false}
      region: {no, yes, "12:30"}
      score: [0..9]
      boss: {ref: users.id, nullable: true}
      word: {type: cat, values: [a, "b c"], pii: keep}
    data: "s3://b/x 1.csv"
    keep: false
  a:
    columns: [x int pk, y text pk]
  b:
    columns:
      (p, q): -> a.(x, y)?
      r:
      s: int
      t: cat
      u: cat
    linkage: [1..20]
    context: [a.x]
    check: r <= s
    together: [t, u]
    order: none
    strict:
    rows: 1_000
"""


def test_yaml_says_all_that_the_compact_notation_says():
    assert compact(YAML.replace("    context: [a.x]\n", "")) == (
        'users: id pk, "unit price" float[0..], email pii(fake:email), age int[18..110] unique,\n'
        '       region {no, yes, 12:30}, score [0..9], boss -> users.id?, word cat {a, "b c"} pii(keep)\n'
        '  @data "s3://b/x 1.csv"\n'
        "a:     x int pk, y text pk\n"
        "b:     (p, q) -> a.(x, y)?, r, s int, t cat, u cat\n"
        "  @linkage [1..20]\n"
        "  @check r <= s\n"
        "  @together t, u\n"
        "  @order none\n"
        "  @strict\n"
        "  @rows 1_000\n"
    )


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("context: []", "@context none"),
        ("context: [users.age, users.region]", "@context users.age, users.region"),
        ("driver: [user_id]", "@driver user_id"),
        ("linkage: negbinom [0..5]", "@linkage negbinom [0..5]"),
        ("check: [a <= b, b <= c]", "@check a <= b\n  @check b <= c"),
        ("together: [[a, b]]", "@together a, b"),
        ("together: a, b", "@together a, b"),
    ],
)
def test_properties_of_yaml(line, written):
    head = "tables:\n  users:\n    columns: {id: pk, age: int, region: cat}\n  t:\n    columns:\n"
    columns = "      user_id: -> users.id\n      a: int\n      b: int\n      c: int\n"
    assert compact(f"{head}{columns}    {line}\n").endswith(f"  {written}\n")


def test_errors_of_yaml_stand_at_their_places():
    text = (
        "tables:\n"
        "  users:\n"
        "    columns:\n"
        "      id: pk\n"
        "      email: pii(fke)\n"
        "      'n': 'int[9..1]'\n"
        "      y: -> usrs.id\n"
        "      z: {type: flaot, mni: 3}\n"
        "    rows: 1x0\n"
        "    lnkage: negbinom\n"
        "  orders:\n"
        "    columns:\n"
        "      user_id: -> users.id\n"
        "    context: [users.emal]\n"
    )
    assert rendered(text) == (
        "SchemaError: 8 problems in %%synthohive (nothing was trained)\n"
        "\n"
        "  cell line 6, column 14: unknown pii action 'fke'\n"
        "          email: pii(fke)\n"
        "                 ^^^^^^^^ did you mean 'fake'?\n"
        "\n"
        "  cell line 7, column 16: range 9..1 is empty (min > max)\n"
        "          'n': 'int[9..1]'\n"
        "                   ^^^^^^\n"
        "\n"
        "  cell line 8, column 13: unknown table 'usrs'\n"
        "          y: -> usrs.id\n"
        "                ^^^^ did you mean 'users'?\n"
        "\n"
        "  cell line 9, column 17: unknown type 'flaot'\n"
        "          z: {type: flaot, mni: 3}\n"
        "                    ^^^^^ did you mean 'float'?\n"
        "\n"
        "  cell line 9, column 24: unknown key 'mni' of a column\n"
        "          z: {type: flaot, mni: 3}\n"
        "                           ^^^ did you mean 'min'?\n"
        "\n"
        "  cell line 10, column 12: expected the end of the line\n"
        "        rows: 1x0\n"
        "               ^^\n"
        "\n"
        "  cell line 11, column 5: unknown key 'lnkage' of a table\n"
        "        lnkage: negbinom\n"
        "        ^^^^^^ did you mean 'linkage'?\n"
        "\n"
        "  cell line 15, column 15: 'users.emal' is not a column of 'users' "
        "(driving parent of 'orders')\n"
        "        context: [users.emal]\n"
        "                  ^^^^^^^^^^ did you mean 'users.email'? Columns: id, email, n, y, z"
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("tables:\n  a:\n     columns:\n      id: pk\n    x: y\n", 6, 5, "expected block end"),
        ("tables:\n  a:\n    columns: 'x\n", 4, 14, "unexpected end of stream"),
        ("tables:\n  a:\n    columns:\n\tid: pk\n", 5, 1, "a tab cannot indent"),
        ("tables:\n  a:\n    data: @x\n", 4, 11, "no text can begin with '@'"),
        ("tables:\n  a: &x\n    columns: {id: pk}\n  b: *x\n", 5, 6, "'*x' is an alias"),
        ("tables:\n  a:\n---\ntables:\n", 4, 1, "a second document"),
        ("tables:\n  a: x\n", 3, 6, "expected 'columns:' and properties"),
        ("tables:\n  - a\n", 3, 3, "expected the names of tables"),
        ("tables:\n  a:\n    columns: {id: pk}\nother: 1\n", 5, 1, "unknown key 'other'"),
        ("tables:\n  a:\n    columns: {id: [1, 2]}\n", 4, 19, "expected what the column is"),
        ("tables:\n  a:\n    columns:\n      - {id: pk}\n", 5, 9, "expected a column"),
        ("tables:\n  a:\n    columns: id pk\n", 4, 14, "expected columns"),
        ("tables:\n  a:\n    columns: {id: 'pk, x'}\n", 4, 20, "expected what one column is"),
        (
            "tables:\n  a:\n    columns: {id: pk}\n    check: [[a]]\n",
            5,
            13,
            "expected what 'check'",
        ),
        ("tables:\n  a:\n    columns: {id: pk}\n    keep: maybe\n", 5, 11, "true or false"),
        ("tables:\n  a:\n    columns: {id: pk}\n    rows:\n", 5, 5, "expected what 'rows' is"),
        ("tables:\n  a:\n    columns: {x: pk, x: int}\n", 4, 22, "declared twice"),
        (
            "tables:\n  a:\n    columns: {x: pk}\n  a:\n    columns: {x: pk}\n",
            5,
            3,
            "declared twice",
        ),
        ("tables:\n  a:\n    columns:\n      - id pk, b\n", 5, 9, "expected one column"),
        ('tables:\n  a:\n    data: "\\UFFFFFFFF"\n', 4, 12, "this escape names no character"),
        ("tables:\n  a:\n    data: \x01\n", 4, 11, "this character cannot stand in YAML"),
        ("tables:\n  ? [a]\n  : b\n", 3, 5, "a key must be a name"),
        (
            "tables:\n  a:\n    columns: {x: {type: cat, values: [[a]]}}\n",
            4,
            39,
            "a value is a text",
        ),
        ("tables:\n  a:\n    columns: {x: {values: a}}\n", 4, 27, "'values' is a list"),
        ("tables:\n  a:\n    columns: {x: {nullable: x}}\n", 4, 29, "'nullable' is true or false"),
        ("tables:\n  a:\n    columns: {x: {min: []}}\n", 4, 24, "'min' is a text"),
        ("tables:\n  " + "{a: " * 30 + "}" * 30, 3, 80, "nested too deeply"),
    ],
)
def test_mistakes_in_yaml(text, line, column, message):
    with pytest.raises(SchemaError) as caught:
        compile_any(text)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message
