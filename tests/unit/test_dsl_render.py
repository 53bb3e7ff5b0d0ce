"""A tree written as text: aligned, wrapped, quoted where it must be."""

import pytest

from synthohive_jupyter.dsl import ast
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.dsl.render import WIDTH, render


def test_canonical_text():
    loose = """
  users : id   pk , "e mail"  pii , "age" int [ 18 .. 110 ] unique # comment
  orders: "id" pk,(a,b)->u.( x ,y )? ,
     s {new,"in part"},
     d pii( fake : email )
      @driver( a,b )
      @context   users.age ,"e mail"
      @check a<=b
      @together  "a", b ,"c d"
      @data "a b.csv"
      @rows 10
      @keep
      @nonsense  of mine
"""
    assert render(parse(loose)) == (
        'users:  id pk, "e mail" pii, age int[18..110] unique\n'
        'orders: id pk, (a, b) -> u.(x, y)?, s {new, "in part"}, d pii(fake:email)\n'
        "  @driver (a, b)\n"
        '  @context users.age, "e mail"\n'
        "  @check a <= b\n"
        '  @together a, b, "c d"\n'
        '  @data "a b.csv"\n'
        "  @rows 10\n"
        "  @keep\n"
        "  @nonsense of mine\n"
    )


def test_long_tables_are_wrapped():
    text = "t: " + ", ".join(f"column_{i:02} int[0..{i}]" for i in range(20)) + "\n"
    lines = render(parse(text)).splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= WIDTH
    assert all(line.endswith(",") for line in lines[:-1])
    assert all(line.startswith("   column_") for line in lines[1:])
    assert parse("\n".join(lines)) == parse(text)


def test_a_very_long_table_name_does_not_push_the_others_away():
    name = "n" * 80
    assert render(parse(f"{name}: id pk\na: id pk")) == f"{name}: id pk\n{'a:':26}id pk\n"


@pytest.mark.parametrize(
    "text",
    ['t: "pk", id pk\n', "t: pk int\n", 't: id pk, x -> u.id\n  @context "none"\n', "t:\n", ""],
)
def test_quotes_that_carry_a_meaning_stay(text):
    assert render(parse(text)) == text


def test_a_name_with_a_line_break_has_no_text():
    program = ast.CellProgram((ast.Table(ast.Atom("a\nb")),))
    with pytest.raises(ValueError, match="line break"):
        render(program)
