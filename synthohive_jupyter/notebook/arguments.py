"""The options of ``%%synthohive``: what there is, who takes it, and what they mean."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, magic_arguments

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.models.registry import ModelClasses
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

VERBS = ("fit", "check", "explain", "generate", "help")
MODELS = tuple(ModelClasses())
DISPLAYS = ("auto", "widget", "text", "none")
FORMATS = ("delta", "parquet", "csv")
DEFAULT_PREFIX = "synth"

_RESULT = ("out", "into", "overwrite", "rows", "scale", "seed", "spark", "write", "display")
_TAKEN = {
    "fit": (*_RESULT, "epochs", "batch_size", "model"),
    "check": ("spark", "display"),
    "explain": ("spark", "display"),
    "generate": _RESULT,
    "help": (),
}
"""Verb to the options it listens to; any other one is an error, never ignored."""


@dataclass(frozen=True, slots=True)
class WriteTarget:
    """Where ``--write`` puts the tables: ``path/<table>`` each, in ``format``."""

    format: str
    path: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the first line of a cell says; ``None`` where it says nothing.

    Attributes:
        verb: One of `VERBS`.
        target: Name of a result, for ``generate``.
        out: Variable for the result.
        into: Prefix of variables for the tables.
        rows: Rows of tables; of a child the exact total.
        write: Storage to publish to.
    """

    verb: str = "fit"
    target: str | None = None
    out: str | None = None
    into: str | None = None
    overwrite: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    scale: float | None = None
    epochs: int | None = None
    batch_size: int | None = None
    seed: int | None = None
    model: str | None = None
    spark: str | None = None
    write: WriteTarget | None = None
    display: str | None = None
    debug: bool = False


_ARGUMENTS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("verb",), {"nargs": "?", "help": "fit (default), check, explain, generate or help"}),
    (("target",), {"nargs": "?", "help": "generate: the result to make more of"}),
    (("-o", "--out"), {"metavar": "NAME", "help": "bind the result to a variable"}),
    (
        ("--into",),
        {
            "nargs": "?",
            "const": DEFAULT_PREFIX,
            "metavar": "PREFIX",
            "help": f"bind each table to PREFIX_table (PREFIX is {DEFAULT_PREFIX} if left out)",
        },
    ),
    (
        ("--overwrite",),
        {"action": "store_true", "help": "let -o and --into replace your variables"},
    ),
    (("--rows",), {"metavar": "TABLE=N,…", "help": "rows of tables; of children exact totals"}),
    (("--scale",), {"metavar": "X", "help": "rows relative to the real data"}),
    (("--epochs",), {"metavar": "N", "help": "passes over each table"}),
    (("--batch-size",), {"metavar": "N", "help": "rows of one training step"}),
    (("--seed",), {"metavar": "N", "help": "the same seed gives the same rows"}),
    (("--model",), {"metavar": "NAME", "help": "model of the rows: ctgan, argn, tree, or auto"}),
    (("--spark",), {"metavar": "NAME", "help": "variable that holds the Spark session"}),
    (("--write",), {"metavar": "FORMAT:PATH", "help": "write PATH/table: delta, parquet or csv"}),
    (("--display",), {"metavar": "HOW", "help": "auto, widget, text or none"}),
    (("--debug",), {"action": "store_true", "help": "show errors with their traceback"}),
    (("-h", "--help"), {"action": "store_true", "help": "show the help page"}),
)

_OPTION_STRINGS = {
    name: names[-1] for names, _ in _ARGUMENTS for name in names if name.startswith("-")
}
"""Each way to write an option to its long name."""

_argument: Callable[..., Any] = argument
_magic_arguments: Callable[..., Any] = magic_arguments


def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a magic its options, and its docstring the list of them."""
    for names, details in reversed(_ARGUMENTS):
        function = _argument(*names, **details)(function)
    function = _magic_arguments("synthohive")(function)
    # A shortened option would change its meaning with the next version that adds one.
    function.parser.allow_abbrev = False  # type: ignore[attr-defined]
    return function


def split(line: str) -> list[str]:
    """Return the words of a line, quotes taken off; blanks inside ``{{ }}`` are dropped.

    Raises:
        CommandError: If a quote is not closed.
    """
    try:
        fields = re.sub(r"\{\{\s*(.*?)\s*\}\}", r"{{\1}}", line)
        # On Windows a backslash belongs to a path.
        lexer = shlex.shlex(fields, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters = True, ""
        lexer.escape = "" if sys.platform == "win32" else "\\"
        return list(lexer)
    except ValueError as error:
        raise CommandError(f"the first line cannot be read: {error}") from None


def read_options(parser: argparse.ArgumentParser, words: list[str]) -> Options:
    """Return the options in the words of a line.

    Args:
        parser: The parser of the magic.
        words: The words.

    Raises:
        CommandError: If a verb, option or value is unknown or does not fit.
    """
    try:
        values, rest = parser.parse_known_args(words)
    except UsageError as error:
        raise CommandError(_friendly(str(error))) from None
    _reject_rest(rest)
    _reject_repeated(words)
    verb = "help" if values.help else values.verb or "fit"
    if verb not in VERBS:
        near = suggest(verb, VERBS) or f"verbs: {', '.join(VERBS)}"
        raise CommandError(f"unknown verb '{verb}' ({near})")
    if values.target is not None and verb != "generate":
        raise CommandError(f"'{verb}' takes no name, but '{values.target}' was given")
    options = Options(
        verb=verb,
        target=values.target,
        out=_identifier("-o", values.out),
        into=_identifier("--into", values.into),
        overwrite=values.overwrite,
        rows=_rows(values.rows),
        scale=_scale(values.scale),
        epochs=_whole("--epochs", values.epochs, lowest=1),
        batch_size=_whole("--batch-size", values.batch_size, lowest=1),
        seed=_whole("--seed", values.seed, lowest=0),
        model=None if values.model is None else _choice("--model", values.model.lower(), MODELS),
        spark=values.spark,
        write=_write(values.write),
        display=None if values.display is None else _choice("--display", values.display, DISPLAYS),
        debug=values.debug,
    )
    if not values.help:
        _reject_idle(options)
    return options


def _friendly(message: str) -> str:
    """Return argparse's message in our words, as far as it is known."""
    if match := re.match(r"argument (?:-\w/)?(--[\w-]+): expected one argument", message):
        return f"{match[1]} needs a value"
    return message


def _reject_rest(rest: Iterable[str]) -> None:
    for word in rest:
        if word.startswith("-"):
            name = word.split("=", 1)[0]
            near = suggest(name, _OPTION_STRINGS) or "%synthohive help lists them"
            raise CommandError(f"unknown option '{name}' ({near})")
        raise CommandError(f"'{word}' is one word too many")


def _reject_repeated(words: Iterable[str]) -> None:
    seen = set()
    for word in words:
        name = _OPTION_STRINGS.get(word.split("=", 1)[0])
        if name is not None and name in seen:
            raise CommandError(f"option '{word.split('=', 1)[0]}' is given twice")
        seen.add(name)


def _reject_idle(options: Options) -> None:
    """Refuse an option that the verb would not listen to."""
    empty = Options()
    given = [
        name
        for name in (*_RESULT, "epochs", "batch_size", "model")
        if getattr(options, name) != getattr(empty, name)
    ]
    for name in given:
        if name not in _TAKEN[options.verb]:
            takers = [verb for verb, taken in _TAKEN.items() if name in taken]
            raise CommandError(
                f"'{options.verb}' does not take --{name.replace('_', '-')} "
                f"(it belongs to {' and '.join(takers)})"
            )
    if options.overwrite and options.out is None and options.into is None:
        raise CommandError("--overwrite needs -o or --into")


def _identifier(option: str, text: str | None) -> str | None:
    if text is not None and not text.isidentifier():
        raise CommandError(f"{option} takes the name of a variable, not '{text}'")
    return text


def _choice(option: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        near = suggest(text, known) or f"known: {', '.join(known)}"
        raise CommandError(f"{option} does not know '{text}' ({near})")
    return text


def _number(text: str) -> float | None:
    """Return a number, or ``None`` for anything else; ``1e6`` and ``1_000`` are numbers too."""
    try:
        value = int(text) if re.fullmatch(r"[+-]?[\d_]+", text) else float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _whole(option: str, text: str | None, *, lowest: int) -> int | None:
    if text is None:
        return None
    value = _number(text)
    if value is None or value != int(value) or value < lowest:
        raise CommandError(f"{option} takes a whole number from {lowest}, not '{text}'")
    return int(value)


def _scale(text: str | None) -> float | None:
    if text is None:
        return None
    value = _number(text)
    if value is None or value <= 0:
        raise CommandError(f"--scale takes a number above 0, not '{text}'")
    return value


def _rows(text: str | None) -> dict[str, int]:
    rows: dict[str, int] = {}
    for part in [] if text is None else text.split(","):
        table, equals, number = part.partition("=")
        table = table.strip()
        if not (table and equals):
            raise CommandError(f"--rows is written users=1000,products=50; '{part}' is not")
        if table in rows:
            raise CommandError(f"--rows names '{table}' twice")
        rows[table] = _whole(f"--rows {table}", number.strip(), lowest=0) or 0
    return rows


def _write(text: str | None) -> WriteTarget | None:
    if text is None:
        return None
    kind, colon, path = text.partition(":")
    if not (colon and path):
        raise CommandError(f"--write is written delta:path, parquet:path or csv:path, not '{text}'")
    return WriteTarget(_choice("--write", kind, FORMATS), path)
