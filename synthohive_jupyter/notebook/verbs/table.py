"""Which function answers which verb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.verbs.check import check
from synthohive_jupyter.notebook.verbs.explain import explain
from synthohive_jupyter.notebook.verbs.fit import fit
from synthohive_jupyter.notebook.verbs.generate import generate
from synthohive_jupyter.notebook.verbs.help import help_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.notebook.verbs.request import Request

VERB_FUNCTIONS: dict[str, Callable[[Request], object]] = {
    "fit": fit,
    "check": check,
    "explain": explain,
    "generate": generate,
    "help": help_page,
}
"""Verb to its function; `arguments.VERBS` names the same ones."""
