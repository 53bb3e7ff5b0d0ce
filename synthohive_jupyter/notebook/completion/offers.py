"""What is offered at the cursor, and which of it goes on with what has been typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from synthohive_jupyter.dsl.render import written_name
from synthohive_jupyter.notebook.completion.scan import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable


class Candidate(NamedTuple):
    """A text to insert in place of the fragment, and what it is, for the list that is shown."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The candidates, in the order to show them, all of which go on with the fragment."""

    fragment: str
    candidates: tuple[Candidate, ...] = ()


NOTHING = Offer("")


def words(fragment: str, texts: Iterable[str], kind: str) -> tuple[Candidate, ...]:
    """Return the texts that go on with a fragment.

    >>> [c.text for c in words("f", ["fit", "check"], "verb")]
    ['fit']
    """
    return tuple(Candidate(text, kind) for text in going_on(fragment, texts))


def names(
    fragment: str, found: Iterable[str], kind: str, *, end: str = "", rest: str = ""
) -> tuple[Candidate, ...]:
    """Return names that go on with a fragment, as a cell writes them.

    Args:
        fragment: What has been typed, with its opening quote.
        found: Names as they are in the data.
        kind: What they are.
        end: What comes behind each name.
        rest: What stands behind the cursor; a quote or an end that is there already is not
            written once more.

    >>> [c.text for c in names('"un', ["unit price"], "column", rest='"')]
    ['"unit price']
    """
    quote = fragment.startswith('"')
    closing = "" if rest.startswith('"') else '"'
    end = "" if end and rest.removeprefix('"').lstrip(" \t").startswith(end) else end
    shown = []
    for name in going_on(unquoted(fragment), found):
        if "\n" in name or "\r" in name or not name:
            continue
        escaped = name.replace('"', '""')
        text = f'"{escaped}{closing}' if quote else written_name(name)
        # Behind a quote that is there already nothing can be put.
        shown.append(Candidate(text if quote and not closing else text + end, kind))
    return tuple(shown)


def going_on(fragment: str, texts: Iterable[str]) -> list[str]:
    """Return the texts that begin with a fragment; without regard to case where none does."""
    listed = list(dict.fromkeys(texts))
    exact = [text for text in listed if text.startswith(fragment)]
    folded = fragment.casefold()
    return exact or [text for text in listed if text.casefold().startswith(folded)]
