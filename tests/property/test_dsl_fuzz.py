"""Whatever stands in a cell, the answer is a description or a `SchemaError` with places in it."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.errors import SchemaError

FIRST_LINE = 2

CELLS = (
    """\
users:  id pk, email pii(fake:email), region cat {n, s}, age int[18..110]
orders: id pk, user_id -> users.id?, total float[0..] # a comment
  @linkage negbinom
  @context users.region
""",
    """\
a: x int pk, "y z" text pk unique, day date[2020-01-01..]
b: (p, q) -> a.(x, "y z"), (m, n) -> a.(x, "y z")?, v high,
   w int[-1.5..2e3], u {1, "in b"}, "r s" cat
  @driver (p, q)
  @check v <= w
  @together v, "r s"
  @order w
  @data s3://b/x.csv
""",
    """\
r: id pk
  @keep
t: r_id -> r.id
  @rows 1_000
  @model ctgan
  @context none
  @strict""",
)

PIECES = (
    *":,.?()[]{}@#\"'`=<>-+*;|\\/~\n\r\t\x00\x0b\x1b\u00a0\u2028\u200b\ufeff_e0",
    "->", "=>", "..", "<=", '""', "\r\n", "{{x}}", "pk", "pii", "pii(", "int", "flaot", "none",
    "@keep", "@rows", "@together", "@x", "id", "users", "users.id", "[..]", "{}", "1e999", "9" * 50, "2020-13-40",
    "é", "名", "🐝", "→", "\u0301", "\u202e", "\ud800", "references",
)  # fmt: skip


def mutate(random_: random.Random, texts: tuple[str, ...] = CELLS) -> str:
    """Return one of some texts with one to four accidents."""
    text = random_.choice(texts)
    for _ in range(random_.randint(1, 4)):
        at = random_.randint(0, len(text))
        to = min(at + random_.choice((1, 1, 2, 5, 20)), len(text))
        match random_.randrange(6):
            case 0:
                text = text[:at] + text[to:]
            case 1 | 2:
                text = text[:at] + random_.choice(PIECES) + text[at:]
            case 3:
                text = text[:at] + random_.choice(PIECES) + text[to:]
            case 4:
                other = random_.randint(0, len(text))
                text = text[:other] + text[at:to] + text[other:]
            case _:
                text = text[:at]
    return text


def check(text: str) -> bool:
    """Compile a text; return whether it was sound. Fails if a place is outside of it."""
    try:
        cell = compile_cell(text, first_line=FIRST_LINE)
    except SchemaError as error:
        check_places(error, text)
        return False
    assert parse(render(cell.program)) == cell.program
    return True


def check_places(error: SchemaError, text: str) -> None:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert error.problems
    assert error.rendered.startswith("SchemaError: ")
    for problem in error.problems:
        if problem.line is None:
            assert problem.message == "the schema has no table"
            continue
        line = lines[problem.line - FIRST_LINE]
        assert problem.line >= FIRST_LINE
        assert problem.source == line
        assert 1 <= problem.column <= len(line) + 1
        # One caret may stand after the end of a line, where something is missing.
        assert 1 <= problem.length <= max(len(line) + 1 - problem.column, 1)


@pytest.mark.parametrize("text", CELLS)
def test_the_cells_that_are_mutated_are_sound(text):
    assert check(text)


@pytest.mark.parametrize("seed", range(10))
def test_cells_with_accidents(seed):
    random_ = random.Random(seed)
    sound = sum(check(mutate(random_)) for _ in range(1000))
    # Both ends are there: accidents that do no harm, and accidents that do.
    assert 20 < sound < 980


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_text(text):
    check(text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*PIECES, " ", " ", "a", "b", ":", ",", "\n"]), max_size=25))
def test_any_sequence_of_tokens(pieces):
    check("".join(pieces))
