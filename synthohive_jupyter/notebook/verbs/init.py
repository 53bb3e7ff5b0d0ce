"""``init``: a first schema, guessed from the frames of the notebook, in the next cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.data import find_data, is_frame
from synthohive_jupyter.notebook.first_schema import FirstSchema
from synthohive_jupyter.notebook.result import SyntheticResult
from synthohive_jupyter.notebook.wording import plain
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request


def init(request: Request) -> FirstSchema:
    """Guess keys, links, types, rules and personal data, and write them into the next cell.

    The tables are those named, or else every DataFrame among the variables, but for names that
    begin with ``_`` and for tables that the magic has made itself.

    Raises:
        CommandError: If there is no such frame, or one without rows or with columns that no cell
            can name.
    """
    from synthohive_jupyter.engine.discovery.guess import discover

    if request.body is not None and request.body.strip():
        raise CommandError("'init' writes a schema and takes none; write %synthohive init NAMES")
    view = FirstSchema(discover(_frames(request)))
    request.next_cell(view.text)
    return view


def _frames(request: Request) -> dict[str, Any]:
    targets = dict.fromkeys(request.options.targets)
    if targets:
        found = {name: _named(request, name) for name in targets}
    else:
        found = _all(request)
        if not found:
            raise CommandError(
                "there is no DataFrame with rows here; make one first, or name tables of the "
                "session: %synthohive init users orders"
            )
    for name, frame in found.items():
        _require_usable(name, frame, named=bool(targets))
    return found


def _named(request: Request, name: str) -> Any:  # noqa: ANN401 - any frame
    """Return the frame of a variable, or the table or view of the session."""
    value = request.namespace.get(name)
    if is_frame(value):
        return value
    if value is not None:
        raise CommandError(f"'{name}' is a {type(value).__name__}, not a DataFrame")
    described = Metadata()
    described.add_table(name, pk=None)
    found = find_data(described, {}, request.engine)
    if name not in found:
        near = suggest(name, _all(request))
        raise CommandError(
            f"there is no DataFrame called '{name}', and no table of the session"
            f"{f' ({near})' if near else ''}"
        )
    return found[name]


def _all(request: Request) -> dict[str, Any]:
    """Return every frame with rows among the variables, each once, without the magic's own."""
    results = [value for value in request.namespace.values() if isinstance(value, SyntheticResult)]
    seen = {id(frame) for result in results for frame in result.values()}
    found = {}
    for name, value in request.namespace.items():
        hidden = name.startswith("_") or not request.binder.is_users(name)
        if hidden or not is_frame(value) or id(value) in seen:
            continue
        seen.add(id(value))
        if len(value.columns) and not _is_empty(value):
            found[name] = value
    return found


def _is_empty(frame: Any) -> bool:  # noqa: ANN401 - any frame
    from synthohive_jupyter.io.frames import to_pandas

    return not len(to_pandas(frame, limit=1))


def _require_usable(name: str, frame: Any, *, named: bool) -> None:  # noqa: ANN401 - any frame
    """Refuse what nothing can be guessed from.

    Raises:
        CommandError: Saying what to do.
    """
    if not len(frame.columns):
        raise CommandError(f"'{name}' has no columns")
    if named and _is_empty(frame):
        raise CommandError(f"'{name}' has no rows: nothing can be guessed from it")
    odd = [column for column in frame.columns if not isinstance(column, str)]
    if odd:
        raise CommandError(
            f"'{name}' has a column called {plain(odd[0])}, which is no text; rename it first: "
            f"{name}.columns = {name}.columns.map(str)"
        )
