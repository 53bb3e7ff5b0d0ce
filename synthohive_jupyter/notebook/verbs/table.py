"""Which function answers which verb; a verb is imported when it is first asked for."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.interrupt import interruptible

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request

FUNCTIONS = {
    "fit": "fit",
    "check": "check",
    "explain": "explain",
    "generate": "generate",
    "convert": "convert",
    "init": "init",
    "code": "script",
    "config": "config",
    "help": "help",
}
"""Verb to its module here, which has a function of the verb's name; `options.VERBS` has the same
verbs."""

_RUNS = ("fit", "generate")
"""Verbs that hear ■ themselves, since they have something to keep."""


def answer(request: Request) -> object:
    """Return what a verb shows.

    Raises:
        RunInterrupted: If ■ was pressed; nothing is left behind then.
    """
    verb = request.options.verb
    module = import_module(f"{__package__}.{FUNCTIONS[verb]}")
    with nullcontext() if verb in _RUNS else interruptible(f"'{verb}' has changed nothing"):
        shown: object = getattr(module, verb)(request)
        return shown
