"""What ``%synthohive?`` shows: usage, verbs and options, made from the one list of them."""

from __future__ import annotations

import textwrap

from synthohive_jupyter.notebook.options import OPTIONS, VERBS

INTRODUCTION = (
    "One cell describes a database, learns it from your tables, and gives synthetic tables back."
)
EXAMPLE = """\
%%synthohive fit --seed 7 -o shop
users:   id pk, email pii(fake), region cat, age int[18..110]
orders:  id pk, user_id -> users.id, status cat, total float[0..]
  @context users.region
"""

_WIDTH = 24
_LINE = 88


def usage() -> str:
    """Return the docstring of the magic."""
    verbs = (_row(f"{name} {verb.names}", verb.help) for name, verb in VERBS.items())
    options = (
        _row(f"{', '.join(option.spellings)} {option.value}", option.help) for option in OPTIONS
    )
    return "\n".join(
        [
            INTRODUCTION,
            "",
            "    %%synthohive [VERB] [NAME …] [OPTIONS]    above a description, in a cell",
            "    %synthohive VERB [NAME …] [OPTIONS]       on a line; it can be assigned",
            "",
            textwrap.indent(EXAMPLE, "    "),
            "Verbs",
            *verbs,
            "",
            "Options",
            *options,
            "",
            "%synthohive help            the first page of the help",
            "%synthohive help TOPIC      about a verb, an option, or a word of the language",
            "%%synthohive fit --help     about a verb",
        ]
    )


def _row(head: str, text: str) -> str:
    start = f"  {head.strip():<{_WIDTH}}"
    # A head that is too long has its text on the next line.
    begin = f"{start}  " if len(start) == _WIDTH + 2 else f"{start}\n{' ' * (_WIDTH + 4)}"
    first, *more = textwrap.wrap(text, _LINE - _WIDTH - 4)
    return "\n".join([begin + first, *(" " * (_WIDTH + 4) + line for line in more)])
