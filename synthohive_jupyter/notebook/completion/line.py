"""What is offered in the first line: verbs, options of the verb, their values, names after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.completion.offers import Candidate, Offer, words
from synthohive_jupyter.notebook.completion.paths import paths
from synthohive_jupyter.notebook.completion.scan import outline
from synthohive_jupyter.notebook.options import FORMATS, OPTIONS, VERBS, Option, options_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.notebook.completion.names import Names
    from synthohive_jupyter.notebook.completion.place import Place

_WORD = re.compile(r"""(?:[^\s"']|"[^"]*(?:"|$)|'[^']*(?:'|$))+""")
_FIELD = re.compile(r"\{\{[ \t]*(?P<name>\w*)$")
_SPELLINGS = {spelling: option for option in OPTIONS for spelling in option.spellings}
SCHEMA_FILES = (".hive", ".yaml", ".yml", ".sql", ".dbml", ".json")
"""Ends of files that a description is read from."""


@dataclass(slots=True)
class Line:
    """The complete words of a line, and the one that is being typed.

    Attributes:
        verb: The verb, or ``None`` where none is written.
        targets: The words after it.
        values: Name of each option that is there, to its value.
        waiting: The option whose value comes next.
        fragment: What is being typed.
    """

    verb: str | None = None
    targets: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    waiting: Option | None = None
    fragment: str = ""


def read_line(text: str) -> Line:
    """Return what a line says, up to its end, where the cursor is.

    >>> line = read_line("generate shop --rows users=3 --mo")
    >>> line.verb, line.targets, line.values, line.fragment
    ('generate', ['shop'], {'rows': 'users=3'}, '--mo')
    """
    line = Line()
    found = list(_WORD.finditer(text))
    if found and found[-1].end() == len(text):
        line.fragment = found.pop()[0]
    for word in (match[0] for match in found):
        spelling, equals, value = word.partition("=")
        option = _SPELLINGS.get(spelling)
        if line.waiting is not None and option is None:
            line.values[line.waiting.name], line.waiting = word.strip("\"'"), None
        elif option is not None:
            line.values[option.name] = value
            line.waiting = option if option.value and not equals else None
        elif word.startswith("-"):
            line.waiting = None
        elif line.verb is None:
            line.verb = word
        else:
            line.targets.append(word)
    return line


def session_of(text: str) -> str | None:
    """Return the variable after ``--spark``, or ``None``."""
    return read_line(f"{text} ").values.get("spark") or None


def offer_in_line(place: Place, notebook: Names) -> Offer:
    """Return what is offered in the first line."""
    if inserted := _FIELD.search(place.line):
        return Offer(inserted["name"], words(inserted["name"], notebook.insertable(), "variable"))
    line = read_line(place.line)
    verb = line.verb or "fit"
    if line.waiting is not None and not line.fragment.startswith("-"):
        found = _value(line.waiting, line.fragment, line, place, notebook)
        # A value that may be left out hides nothing.
        if line.waiting.otherwise is None or line.fragment:
            return found
    if line.fragment.startswith("-"):
        spelling, equals, value = line.fragment.partition("=")
        option = _SPELLINGS.get(spelling)
        if equals and option is not None:
            return _value(option, value, line, place, notebook)
        return Offer(line.fragment, _options(verb, line, line.fragment))
    verbs = () if line.verb else words(line.fragment, VERBS, "verb")
    targets = _targets(verb, line, place, notebook) if line.verb else ()
    options = () if line.fragment else _options(verb, line, "--")
    return Offer(line.fragment, (*verbs, *targets, *options))


def _options(verb: str, line: Line, fragment: str) -> tuple[Candidate, ...]:
    if verb not in VERBS:
        return ()
    free = [option for option in options_of(verb) if option.name not in line.values]
    spellings = [spelling for option in free for spelling in reversed(option.spellings)]
    return words(fragment, spellings, "option")


def _value(option: Option, fragment: str, line: Line, place: Place, notebook: Names) -> Offer:
    """Return the values of an option; of some only the last part is replaced."""
    found: tuple[Candidate, ...] = ()
    if option.choices:
        found = words(fragment, option.choices, "value")
    elif option.name == "write":
        kind, colon, path = fragment.partition(":")
        found = words(fragment, [f"{name}:" for name in FORMATS], "value")
        if colon:
            fragment, found = path, paths(path) if kind in FORMATS else ()
    elif option.name == "spark":
        found = words(fragment, notebook.sessions(), "session")
    elif option.name == "out":
        found = words(fragment, notebook.results(), "result")
    elif option.name == "rows":
        *done, fragment = fragment.lstrip("\"'").split(",")
        given = {each.partition("=")[0] for each in done}
        typed = "=" in fragment
        free = [n for n in _tables(line, place, notebook) if n not in given and not typed]
        found = words(fragment, [f"{name}=" for name in free], "table")
    return Offer(fragment, found)


def _tables(line: Line, place: Place, notebook: Names) -> list[str]:
    """Return the tables whose number of rows can be set."""
    if line.verb == "generate":
        found = notebook.tables_of(line.targets[0]) if line.targets else []
    else:
        declared = outline(place.body or "")
        found = [name for name, table in declared.items() if table.said("keep") is None]
    return [name for name in found if not set(name) & set(" \t,=\"'")]


def _targets(verb: str, line: Line, place: Place, notebook: Names) -> tuple[Candidate, ...]:
    """Return the names that may follow a verb, as `VERBS` says what they are."""
    known = VERBS.get(verb)
    if known is None or (known.most is not None and len(line.targets) >= known.most):
        return ()
    has_body = place.body is not None and place.body.strip()
    found: list[Candidate] = []
    for kind in known.names.rstrip(" …").split("|"):
        if kind in _TARGETS and not (has_body and kind == "FILE"):
            found += _TARGETS[kind](line.fragment, notebook)
    return tuple(c for c in dict.fromkeys(found) if c.text not in line.targets)


def _files(fragment: str, notebook: Names) -> tuple[Candidate, ...]:
    variables = words(fragment, notebook.schemas(), "schema")
    results = words(fragment, notebook.results(), "result")
    return (*variables, *results, *paths(fragment, SCHEMA_FILES))


def _frames(fragment: str, notebook: Names) -> tuple[Candidate, ...]:
    usable = [name for name in notebook.places() if not set(name) & set(" \t\"'")]
    return words(fragment, usable, "frame")


def _topics(fragment: str, _notebook: Names) -> tuple[Candidate, ...]:
    from synthohive_jupyter.notebook.help.topics import TOPICS

    # A property is also found by its bare name.
    bare = [topic.removeprefix("@") for topic in TOPICS] if fragment else []
    return words(fragment, [*TOPICS, *bare], "topic")


_TARGETS: dict[str, Callable[[str, Names], tuple[Candidate, ...]]] = {
    "FILE": _files,
    "RESULT": lambda fragment, notebook: words(fragment, notebook.results(), "result"),
    "FRAME": _frames,
    "TOPIC": _topics,
}
