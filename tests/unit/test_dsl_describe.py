"""A description becomes the program that says it, and what no cell can say is told."""

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.describe import describe, unsaid
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.schema.metadata import Constraint, Metadata
from tests.notations import meaning

EVERYTHING = """\
a: x int pk, y text pk unique, "pk" cat
  @data "a b.csv"
  @rows 5
b: (p, q) -> a.(x, y)?, m int, n, v high, d date[2020-01-31..], none cat {1, "b c"},
   e pii(fake:email), k cat pii(keep), (m, n) -> a.(x, y)
  @strict
  @linkage negbinom [0..9]
  @driver (p, q)
  @context a.pk
  @order "none"
  @model ctgan
  @check v <= d
  @together v, k
c: b_id -> a.x
"""


def test_a_cell_comes_back_word_for_word():
    text = EVERYTHING.replace("c: b_id -> a.x\n", "")
    cell = compile_cell(text)
    program = describe(cell.metadata, cell.privacy, data=cell.data, rows=cell.rows)
    assert meaning(compile_cell(render(program))) == meaning(cell)
    assert render(program) == render(cell.program).replace("a.pk", 'a."pk"')


def test_methods_that_a_cell_means_anyway_are_not_written():
    shop = Metadata()
    shop.add_table("users", pk="id", linkage_method="empirical")
    shop.add_table("orders", pk="id", fk={"u": "users.id"}, linkage_method="conditional")
    shop.add_table("items", pk=None, fk={"o": "orders.id"}, driver="o", parent_context_cols=())
    assert render(describe(shop, PrivacyConfig())) == (
        "users:  id pk\n"
        "orders: id pk, u -> users.id\n"
        "items:  o -> orders.id\n"
        "  @linkage empirical\n"
        "  @driver o\n"
        "  @context none\n"
    )


def test_columns_of_a_description_made_by_python_are_written_once():
    made = Metadata()
    made.add_table("u", pk=("a", "b"))
    made.add_table(
        "t",
        pk="id",
        fk={("a", "b"): "u.(a, b)", ("b", "c"): "u.(a, b)"},
        constraints={"c": Constraint("int", min=0)},
        pii_cols=["mail"],
        order_by="none",
    )
    text = render(describe(made, PrivacyConfig({"t.phone": "mask"})))
    assert text.splitlines()[1:] == [
        (
            "t: id pk, (a, b) -> u.(a, b), c int[0..], mail pii(fake), phone pii(mask), "
            "(b, c) -> u.(a, b)"
        ),
        "  @linkage empirical",
        "  @order none",
    ]


def test_what_no_cell_can_say_is_told_and_stays_private():
    made = Metadata()
    made.add_table(
        "t",
        pk="id",
        constraints={
            "n": {"min": float("inf")},
            "d": {"dtype": "datetime", "max": "2020-01-31 10:30"},
            "z": {"min": "2020-01-31T10:30+01:00"},
        },
    )
    rules = {
        "t.a": PiiRule("custom", function=lambda values, _context: values),
        "t.b": PiiRule("mask", keep_last=4),
    }
    privacy = PrivacyConfig(rules, locale="de_DE")
    assert render(describe(made, privacy)) == (
        "t: id pk, n, d datetime[..2020-01-31T10:30], z, a pii(fake), b pii(mask)\n"
    )
    assert unsaid(made, privacy) == (
        "t.a: a function of your own is written as pii(fake)",
        "t.b: keep_last=4 of the mask is left out",
        "the locale of fakes, de_DE, is left out",
        "t.n: a bound that is no number and no date is left out",
        "t.z: a bound that is no number and no date is left out",
    )
    assert unsaid(Metadata(), PrivacyConfig()) == ()
