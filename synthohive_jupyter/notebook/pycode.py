"""Python source of plain values and calls, laid out as the usual formatters would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 88
"""Characters of a line, the default of the formatters."""

_INDENT = "    "


def literal(value: object, *, indent: int = 0, used: int = 0) -> str:
    r"""Return a value as Python writes it; whatever a text holds, it stays a text.

    Args:
        value: ``None``, a number, a text, or tuples, lists and mappings of such.
        indent: Levels of indentation of the line that it stands on.
        used: Characters that this line has besides.

    >>> literal({"it's": ('a"b', 2), "\u202e": None})
    '{"it\'s": (\'a"b\', 2), "\\u202e": None}'
    """
    text = _flat(value)
    if len(_INDENT) * indent + used + len(text) <= WIDTH or not _parts(value):
        return text
    opening, closing = text[0], text[-1]
    return _exploded(opening, closing, _lines(value, indent + 1), indent)


def call(name: str, arguments: Mapping[str, object], *positional: object, indent: int = 0) -> str:
    """Return a call with arguments by position and by name.

    >>> print(call("f", {"pk": "id", "keep": True}, "users"))
    f("users", pk="id", keep=True)
    """
    pairs = [("", value) for value in positional] + [(f"{k}=", v) for k, v in arguments.items()]
    flat = ", ".join(label + _flat(value) for label, value in pairs)
    if len(_INDENT) * indent + len(name) + len(flat) + 2 <= WIDTH:
        return f"{name}({flat})"
    lines = [
        label + literal(value, indent=indent + 1, used=len(label) + 1) for label, value in pairs
    ]
    return _exploded(f"{name}(", ")", lines, indent)


def _flat(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(k)}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_flat, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def _text(text: str) -> str:
    """Return the text in double quotes, unless it holds some itself."""
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if quoted[0] == "'" and '"' not in text else quoted


def _parts(value: object) -> bool:
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def _lines(value: object, indent: int) -> list[str]:
    if isinstance(value, Mapping):
        heads = [(f"{_flat(key)}: ", part) for key, part in value.items()]
    else:
        assert isinstance(value, (list, tuple))
        heads = [("", part) for part in value]
    return [head + literal(part, indent=indent, used=len(head) + 1) for head, part in heads]


def _exploded(opening: str, closing: str, lines: Iterable[str], indent: int) -> str:
    inner = "".join(f"{_INDENT * (indent + 1)}{line},\n" for line in lines)
    return f"{opening}\n{inner}{_INDENT * indent}{closing}"
