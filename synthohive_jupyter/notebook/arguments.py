"""Reading the first line of ``%%synthohive``: words to `Options`, or a mistake that is told."""

from __future__ import annotations

import keyword
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, magic_arguments

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.help.usage import usage
from synthohive_jupyter.notebook.options import (
    FORMATS,
    OPTIONS,
    VERBS,
    Option,
    Options,
    WriteTarget,
    options_of,
)
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterable, Sequence

_SPELLINGS = {spelling: option for option in OPTIONS for spelling in option.spellings}
_CHOICES = {option.name: option.choices for option in OPTIONS if option.choices}

_argument: Callable[..., Any] = argument
_magic_arguments: Callable[..., Any] = magic_arguments


def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a magic its options, and its docstring the list of them."""
    for option in reversed(OPTIONS):
        function = _argument(*option.spellings, **_details(option))(function)
    names = "a result, a frame, a file or a topic, as the verb wants it"
    function = _argument("targets", nargs="*", metavar="NAME", help=names)(function)
    verbs = f"{', '.join(VERBS)}; fit if left out"
    function = _argument("verb", nargs="?", help=verbs)(function)
    function = _magic_arguments("synthohive")(function)
    # A shortened option would change its meaning with the next version that adds one.
    function.parser.allow_abbrev = False  # type: ignore[attr-defined]
    function.__doc__ = usage()
    return function


def _details(option: Option) -> dict[str, Any]:
    if not option.value:
        return {"action": "store_true", "help": option.help}
    said = {"metavar": option.value, "help": option.help}
    if option.otherwise is None:
        return said
    return {**said, "nargs": "?", "const": option.otherwise}


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
        # Intermixed: names may stand before, between and behind the options.
        values, rest = parser.parse_known_intermixed_args(words)
    except UsageError as error:
        raise CommandError(_friendly(str(error))) from None
    _reject_rest(rest)
    _reject_repeated(words)
    verb = values.verb or "fit"
    if verb not in VERBS:
        near = suggest(verb, VERBS) or f"verbs: {', '.join(VERBS)}"
        raise CommandError(f"unknown verb '{verb}' ({near})")
    if values.help:
        return Options("help", (verb,) if values.verb else ())
    _reject_words(verb, values.targets)
    options = Options(
        verb=verb,
        targets=tuple(values.targets),
        out=_identifier("-o", values.out),
        into=_identifier("--into", values.into),
        overwrite=values.overwrite,
        rows=_rows(values.rows),
        scale=_scale(values.scale),
        epochs=_whole("--epochs", values.epochs, lowest=1),
        batch_size=_whole("--batch-size", values.batch_size, lowest=1),
        seed=_whole("--seed", values.seed, lowest=0),
        model=_choice("model", values.model),
        spark=values.spark,
        write=_write(values.write),
        display=_choice("display", values.display),
        debug=values.debug,
        resume=values.resume,
        to=_choice("to", values.to),
    )
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
            near = suggest(name, _SPELLINGS) or "%synthohive help lists them"
            raise CommandError(f"unknown option '{name}' ({near})")
        raise CommandError(f"'{word}' is one word too many")


def _reject_repeated(words: Iterable[str]) -> None:
    seen = set()
    for word in words:
        option = _SPELLINGS.get(word.split("=", 1)[0])
        if option is not None and option.name in seen:
            raise CommandError(f"option '{word.split('=', 1)[0]}' is given twice")
        if option is not None:
            seen.add(option.name)


def _reject_words(verb: str, words: Sequence[str]) -> None:
    most = VERBS[verb].most
    if most is not None and len(words) > most:
        raise CommandError(
            f"'{verb}' takes {'one name' if most else 'no name'}, but '{words[most]}' was given"
        )


def _reject_idle(options: Options) -> None:
    """Refuse an option that the verb would not listen to."""
    empty, taken = Options(), options_of(options.verb)
    for option in OPTIONS:
        given = getattr(options, option.name, None) != getattr(empty, option.name, None)
        if given and option not in taken:
            raise CommandError(
                f"'{options.verb}' does not take {option.spellings[-1]} "
                f"(it belongs to {_listed(option.verbs)})"
            )
    if options.overwrite and options.out is None and options.into is None:
        raise CommandError("--overwrite needs -o or --into")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _identifier(option: str, text: str | None) -> str | None:
    if text is not None and (not text.isidentifier() or keyword.iskeyword(text)):
        raise CommandError(f"{option} takes the name of a variable, not '{text}'")
    return text


def _choice(name: str, text: str | None) -> str | None:
    return None if text is None else _known(f"--{name}", text.lower(), _CHOICES[name])


def _known(option: str, text: str, known: Collection[str]) -> str:
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
    return WriteTarget(_known("--write", kind, FORMATS), path)
