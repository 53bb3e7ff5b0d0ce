"""Characters that a bare name cannot hold, and what is told of them."""
# ruff: noqa: RUF001 - the characters that look like others are the subject here

from __future__ import annotations

import unicodedata

from synthohive_jupyter.dsl.slips import Slip


def odd_character(name: str, start: int) -> Slip | None:
    """Return what is wrong with the first symbol in a bare name; ``start`` is its offset.

    Letters, marks and digits of every script may stand in a name, with the joiners that some
    scripts need inside words.

    >>> odd_character("naïve_имя_नाम", 0) is None
    True
    >>> odd_character("user\N{RIGHTWARDS ARROW}", 10).hint
    "write '->'"
    """
    for index, character in enumerate(name, start):
        if unicodedata.category(character)[0] not in "LMN" and character not in "_\u200c\u200d":
            message, hint = _odd(character, name)
            return Slip(index, index + 1, message, hint)
    return None


_LOOKALIKES = {
    "→": "->", "⟶": "->", "⇒": "->", "➔": "->", "➜": "->", "，": ",", "、": ",", "：": ":",
    "（": "(", "）": ")", "［": "[", "］": "]", "｛": "{", "｝": "}", "？": "?", "＠": "@",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "＂": '"', "‘": '"', "’": '"', "≤": "<=",
    "…": "..", "－": "-", "–": "-", "—": "-",
}  # fmt: skip
"""Characters that word processors, web pages and other keyboards put in place of ASCII ones."""


def _odd(character: str, name: str) -> tuple[str, str]:
    """Return message and hint."""
    if plain := _LOOKALIKES.get(character):
        return f"unexpected character '{character}'", f"write '{plain}'"
    if character.isprintable():
        message = f"'{character}' cannot be part of a bare name"
        return message, f'put the name in double quotes: "{name}"'
    return f"unexpected invisible character U+{ord(character):04X}", "delete it"
