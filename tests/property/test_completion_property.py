"""Completion of every prefix of every text: nothing is raised, and nothing that was typed is lost."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.notebook.completion.matcher import _offer
from synthohive_jupyter.notebook.completion.place import locate
from synthohive_jupyter.notebook.completion.scan import unquoted
from tests.hostile import ONE_LINE
from tests.shop import CELL, make_shop

FIRST = "%%synthohive fit --rows users=3 --model tree --write delta:lake -o shop --display none\n"
COMPOSITE = '''\
"odd ""table"""": "unit price" float[0..] pk, größe cat {new, "a, b", paid} pii(fake:email),
   # a comment, with a comma
   名前 -> "odd ""table""".id?, (a, "b c") -> t.(x, y)?
  @data ./some/path.csv # more
  @together a, "b c",
    größe
  @check a <= größe
  @linkage conditional [1..20]
t: x pk, y pk
  @context none
  @rows {{n}}
  @unknown thing
'''
NAMES = {
    **make_shop(5).tables(),
    'odd "table': pd.DataFrame([[1, 2, 3]], columns=["unit price", "größe", "名前"]),
    "n": 3,
    "text": "a: id\n",
    "\U0001f600": pd.DataFrame({"\U0001f601": [1]}),
}

REMOTES = []


def check(text, cursor=None):
    """Complete at a position without the matcher's own guard; return the texts that come out."""
    cursor = len(text) if cursor is None else cursor
    before, after = text[:cursor], text[cursor:]
    place = locate(text, before.count("\n"), len(before) - (before.rfind("\n") + 1))
    if place is None:
        return []
    offer = _offer(place, NAMES, REMOTES)
    assert before.endswith(offer.fragment)
    assert "\n" not in offer.fragment
    kept = before[: len(before) - len(offer.fragment)]
    typed = unquoted(offer.fragment).casefold()
    for candidate in offer.candidates:
        # Quotes may be put around a name; what was typed of it stays.
        assert unquoted(candidate.text.rstrip(":")).casefold().startswith(typed) or (
            candidate.text.casefold().startswith(offer.fragment.casefold())
        )
        assert "\n" not in candidate.text
    assert len({c.text for c in offer.candidates}) == len(offer.candidates)
    return [kept + candidate.text + after for candidate in offer.candidates]


@pytest.mark.parametrize("cell", [FIRST + CELL, FIRST + COMPOSITE], ids=["shop", "composite"])
def test_every_prefix_and_every_place(cell):
    for cursor in range(len(cell) + 1):
        check(cell[:cursor])
        check(cell, cursor)


@pytest.mark.parametrize("line", [FIRST, "x = %synthohive generate shop --rows a=1 'b c"])
def test_every_prefix_of_a_line(line):
    for cursor in range(len(line)):
        check(line[:cursor])


def test_hostile_names_everywhere():
    for name in ONE_LINE:
        for text in (
            name,
            f"t: {name}",
            f"t: x -> {name}",
            f"t: x\n  @context {name}",
            f'"{name}": x',
        ):
            for cursor in {0, len(text) // 2, len(text)}:
                check(FIRST + text, len(FIRST) + cursor)
        check(f"%%synthohive {name}")
        check(f"%%synthohive fit --write {name}")


WORDS = st.sampled_from(
    ["users", "orders", ":", ",", " ", "\n", "\n  ", "@context", "@driver", "@", "->", ".", "(", ")",
     "[", "]", "{", "}", "{{", '"', "#", "id", "pk", "pii", "pii(", "fake", "<=", "?", "-", "𝒳", "\t",
     "\r", "\x0b", "\u2028"]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=4), max_size=25), st.data())
def test_any_text(parts, data):
    text = FIRST[:18] + "\n" + "".join(parts)
    check(text, data.draw(st.integers(18, len(text))))


@given(st.lists(WORDS | st.text(max_size=4), max_size=15))
def test_any_line(parts):
    check("%synthohive " + "".join(parts).replace("\n", " "))


def test_names_that_are_inserted_are_read_as_they_are_meant():
    for text in (FIRST, f"{FIRST}users: id pk, ", f"{FIRST}x: a\n  @data "):
        found = check(text)
        assert found
        for inserted in found:
            body = inserted.partition("\n")[2]
            compile_cell(body)
