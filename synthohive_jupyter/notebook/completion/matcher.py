"""The matcher that IPython asks: it answers in our cells and lines, and keeps out of all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, SimpleMatcherResult, context_matcher

from synthohive_jupyter.notebook.completion.place import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from synthohive_jupyter.notebook.completion.offers import Offer
    from synthohive_jupyter.notebook.completion.place import Place
    from synthohive_jupyter.notebook.completion.remote import Remote

IDENTIFIER = "synthohive"
"""Name of the matcher, for ``%config IPCompleter.disable_matchers``."""


class _Silence(Sequence[SimpleCompletion]):
    """No completion, which still counts as one.

    IPython suppresses its other matchers only for one that has something to offer; where we have
    nothing, Python's names and files would be offered in the midst of a schema.
    """

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[SimpleCompletion]:
        return iter(())

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - as Sequence has it
        raise IndexError(index)


def register(shell: InteractiveShell) -> None:
    """Add the matcher to a shell; a second time changes nothing."""
    unregister(shell)
    _matchers(shell).append(_matcher(shell.user_ns))


def unregister(shell: InteractiveShell) -> None:
    """Take the matcher away again."""
    found = _matchers(shell)
    found[:] = [m for m in found if getattr(m, "matcher_identifier", None) != IDENTIFIER]


def _matchers(shell: InteractiveShell) -> list[Any]:
    completer: Any = shell.Completer
    found: list[Any] = completer.custom_matchers
    return found


def _matcher(namespace: Mapping[str, Any]) -> Callable[..., Any]:
    remotes: list[Remote] = []

    @context_matcher(identifier=IDENTIFIER, priority=100)
    def synthohive_matcher(context: CompletionContext) -> SimpleMatcherResult:
        try:
            row, column = context.cursor_line, context.cursor_position
            place = locate(context.full_text, row, column)
            if place is None:
                return SimpleMatcherResult(completions=[])
            return _result(_offer(place, namespace, remotes))
        except Exception:  # noqa: BLE001 - IPython prints a traceback at every Tab otherwise
            return SimpleMatcherResult(completions=[])

    return synthohive_matcher


def _offer(place: Place, namespace: Mapping[str, Any], remotes: list[Remote]) -> Offer:
    # Imported with the first Tab in one of our cells: `%load_ext` stays light.
    from synthohive_jupyter.notebook.completion.body import offer_in_body
    from synthohive_jupyter.notebook.completion.line import offer_in_line, session_of
    from synthohive_jupyter.notebook.completion.names import Names
    from synthohive_jupyter.notebook.completion.remote import Remote

    if not remotes:
        remotes.append(Remote())
    notebook = Names(namespace, remotes[0], session_of(place.line))
    if place.body is not None and place.cursor is not None:
        return offer_in_body(place.body, place.cursor, notebook)
    return offer_in_line(place, notebook)


def _result(offer: Offer) -> SimpleMatcherResult:
    found = [SimpleCompletion(text=text, type=kind) for text, kind in offer.candidates]
    return SimpleMatcherResult(
        completions=found or _Silence(),
        matched_fragment=offer.fragment,
        suppress=True,
        ordered=True,
    )
