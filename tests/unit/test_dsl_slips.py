"""What is said where a cell cannot be read: place, message in human words, and the way out."""

import re

import pytest

from synthohive_jupyter.dsl.parser import _parser, parse
from synthohive_jupyter.dsl.slips import expectation
from synthohive_jupyter.errors import SchemaError

ITEMS = "expected '->', a type, 'pk', 'pii' or ','"
LINKAGE = "write '@linkage conditional', '@linkage [1..20]' or both in this order"
BOUND = "expected a number, a date or '..'"

# Text (the carets belong between the angle quotation marks), message, hint.
SLIPS = {
    "fat arrow": ("u: id pk\no: id pk, user_id ‹=>› u.id", ITEMS, "write 'user_id -> u.id'"),
    "arrow after a type": ("u: id pk, a int ‹-->› u.id", ITEMS, "write 'a -> u.id'"),
    "greater sign": ("u: id pk, a ‹>› u.id", ITEMS, "write 'a -> u.id'"),
    "references": ("u: id pk, a ‹references› u.id, b int", ITEMS, "write 'a -> u.id'"),
    "references with brackets": ("u: id pk, a int ‹REFERENCES› u(id)", ITEMS, "write 'a -> u.id'"),
    "no arrow": ("u: id pk, a ‹u›.id", ITEMS, "write 'a -> u.id'"),
    "no arrow, and a name like a word": ("u: a ‹total›.id", ITEMS, "write 'a -> total.id'"),
    "quoted names": ('u: "my id" ‹=›"u s".id', ITEMS, "write '\"my id\" -> \"u s\".id'"),
    "arrow of a word processor": ("u: a ‹→› u.id", "unexpected character '→'", "write '->'"),
    "no column of the target": ("u: a -> u‹,› b int", "expected '.'", "name the key of the table too: 'u.id'"),
    "no target": ("u: a ->‹,› b int", "expected a name", None),
    "no colon": ("users ‹id› pk, age int", "expected ':'", "write 'users: id pk, age int'"),
    "no colon, nothing else": ("users‹›", "expected ':'", "write 'users:'"),
    "equals for a colon": ("users ‹=› id pk", "expected ':'", "write 'users: id pk'"),
    "columns below": ("users:\n  id ‹pk›, age int", "expected ':'", "columns begin on the line of their table: users: id pk, age int"),
    "no comma before a new line": ("users: id pk\n  age ‹int›", "expected ':'", "to go on with the line above, end that one with a comma"),
    "colon after a column": ("users: id‹:› int", ITEMS, "no colon after the name of a column"),
    "comma before a table": ("users: id pk,\norders‹:› id pk", ITEMS, "for a new table 'orders', remove the comma that ends the line above"),
    "comma before a comment and a table": ("users: id pk, # x\n\norders‹:› id", ITEMS, "for a new table 'orders', remove the comma that ends the line above"),
    "comma before a property": ("users: id pk,\n  ‹@keep›", "expected a column, because the line above ends with a comma", "remove that comma"),
    "comma at the end": ("users: id pk,‹›\n\n", "expected a column", "remove the comma, or go on"),
    "two commas": ("users: id pk,‹,› age int", "expected a column", "remove one comma"),
    "comma before an item": ("users: id pk,\n  ‹[›0..9]", "expected a column", "the comma at the end of the line above goes on with its columns"),
    "property on the line": ("users: id pk ‹@keep›", ITEMS, "put '@keep' on a line of its own, indented"),
    "property first": ("‹@keep›\nusers: id pk", "a property stands under its table", "write a table first: users: id pk"),
    "flag with a word": ("users: id pk\n  @keep ‹now›", "expected the end of the line", None),
    "rows that are no number": ("users: id pk\n  @rows ‹many›", "expected a number", None),
    "data without a name": ("users: id pk\n  @data‹›", "expected a name or path", None),
    "context without a column": ("users: id pk\n  @context‹›", "expected a name", None),
    "linkage of nothing": ("users: id pk\n  @linkage‹›", "expected a name", LINKAGE),
    "bounds without brackets": ("users: id pk\n  @linkage conditional ‹1›..20", "expected the end of the line", LINKAGE),
    "bounds before the method": ("users: id pk\n  @linkage [1..20] ‹conditional›", "expected the end of the line", LINKAGE),
    "bounds with a hyphen": ("users: id pk\n  @linkage [1‹-›20]", "expected '..'", "write '[1..20]'"),
    "open bounds": ("users: id pk\n  @linkage ‹[›1..20", "this '[' is not closed", "close it with ']'"),
    "combination without a column": ("users: id pk\n  @together‹›", "expected a name", None),
    "combination without commas": ("users: id pk\n  @together a ‹b›", "expected ','", None),
    "other comparison": ("users: id pk\n  @check a ‹>=› b", "expected '<='", "write '@check b <= a'"),
    "strict comparison": ("users: id pk\n  @check a ‹<› b", "expected '<='", "write '@check a <= b'"),
    "check of one column": ("users: id pk\n  @check a‹›", "expected '<='", "a check is written '@check a <= b'"),
    "range with a hyphen": ("u: a int[18‹-›20]", "expected '..'", "write '[18..20]'"),
    "range with a comma": ("u: a int[18‹,› 20]", "expected '..'", "write '[18..20]'"),
    "range with to": ("u: a int[18 ‹to› 20]", "expected '..'", "write '[18..20]'"),
    "range with three dots": ("u: a int[18..‹.›]", "expected a number, a date or ']'", "write '[18..]'"),
    "range of words": ("u: a int[‹low›..high]", BOUND, "a range is written [0..9], [0..] or [2020-01-31..]"),
    "range of nothing": ("u: a int[‹]›", BOUND, "a range is written [0..9], [0..] or [2020-01-31..]"),
    "short date": ("u: a date[2020‹-›1-5..]", "expected '..'", "write '[2020-01-05..]'"),
    "range that goes on": ("u: a int[0..9‹,› b int", "expected ']'", "close the range with ']'"),
    "a variable left over": ("u: a int[‹{›{low}}..]", BOUND, "a range is written [0..9], [0..] or [2020-01-31..]"),
    "open range": ("u: a int‹[›0..9", "this '[' is not closed", "close it with ']'"),
    "open set": ("u: a ‹{›new, paid\n  @keep", "this '{' is not closed", "close it with '}'"),
    "open pii": ("u: a pii‹(›mask", "this '(' is not closed", "close it with ')'"),
    "open key": ("u: ‹(›a, b", "this '(' is not closed", "close it with ')'"),
    "set with spaces": ("u: a {new, in ‹progress›}", "expected ',' or '}'", 'a value with spaces is quoted: "in progress"'),
    "set with a comma too many": ("u: a {new, ‹}›", "expected a value", None),
    "key without an arrow": ("u: (a, b) ‹int›", "expected '->'", None),
    "pii without an action": ("u: a pii(‹)›", "expected what to do with the personal data", "write pii(drop), pii(mask), pii(hash), pii(fake) or pii(keep)"),
    "open quote": ('u: id pk, ‹"›unit price float', "this quote is not closed", 'close it with " on the same line'),
    "single quotes": ("u: ‹'unit price'› float", "names are quoted with double quotes", 'write "unit price"'),
    "open single quote": ("u: ‹'›unit price float", "names are quoted with double quotes", 'write "'),
    "backticks": ("u: ‹`unit price`› float", "names are quoted with double quotes", 'write "unit price"'),
    "curly quotes": ("u: ‹“›unit price” float", "unexpected character '“'", "write '\"'"),
    "fullwidth colon": ("u‹：› id pk", "unexpected character '：'", "write ':'"),
    "fullwidth comma": ("u: id pk‹，› b int", "unexpected character '，'", "write ','"),
    "emoji": ("u: ‹🐝› int", "'🐝' cannot be part of a bare name", 'put the name in double quotes: "🐝"'),
    "invisible space": ("u: a‹\u200b›b int", "unexpected invisible character U+200B", "delete it"),
    "control character": ("u: ‹\x1b›[31m int", "unexpected invisible character U+001B", "delete it"),
    "hyphen": ("u: user‹-›id int", ITEMS, 'put the name in double quotes: "user-id"'),
    "size of a type": ("u: name text‹(›20)", ITEMS, "types take no size; a range is written int[0..9]"),
    "semicolon": ("u: id pk‹;›", ITEMS, "remove it; a line ends by itself"),
    "list": ("‹-› users", "expected a table ('name:')", None),
    "key on a line of its own": ("u: id pk\n  ‹(›a, b) -> t.(x, y)", "expected a table ('name:') or a property ('@name')", None),
    "dot too many": ("u: a -> db.users‹.›id", ITEMS, "names with a dot go in double quotes"),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "message", "hint"), SLIPS.values(), ids=SLIPS.keys())
def test_slips(marked, message, hint):
    before, rest = marked.split("‹")
    inside, after = rest.split("›", 1)
    with pytest.raises(SchemaError) as caught:
        parse(before + inside + after)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)
    assert (problem.line, problem.column) == (
        before.count("\n") + 2,
        len(before.rsplit("\n", 1)[-1]) + 1,
    )
    assert problem.length == max(len(inside), 1)
    assert problem.source == (before + inside + after).split("\n")[problem.line - 2]


def test_the_words_never_name_a_terminal():
    names = {terminal.name for terminal in _parser().terminals}
    for _, message, hint in SLIPS.values():
        words = set(re.findall(r"[A-Z_]{3,}", message + (hint or "")))
        assert not words & names


def test_every_terminal_has_words_or_goes_without_saying():
    for terminal in _parser().terminals:
        assert not re.search(r"[A-Z_]{3,}", expectation(frozenset({terminal.name})))


def test_an_odd_character_is_reported_before_what_it_breaks():
    with pytest.raises(SchemaError, match="unexpected character '→'"):
        parse("a: x → b.c")


def test_odd_characters_are_welcome_in_quotes_comments_values_and_paths():
    text = 'a: "x → y" cat {5€, "“a”"} # “→”\n  @data s3://☃/é\n'
    (table,) = parse(text).tables
    assert table.entries[0].name.text == "x → y"
    assert [value.text for value in table.entries[0].items[1].values] == ["5€", "“a”"]
    assert table.properties[0].operands[0].text == "s3://☃/é"
