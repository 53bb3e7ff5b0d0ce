"""``convert``: a description in another notation, as a text to copy, to keep or to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.notices import notices_bundle
from synthohive_jupyter.notebook.options import NOTATIONS
from synthohive_jupyter.notebook.schema_text import schema_of

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request


class Converted(str):
    """The text, which a notebook shows as it is; a diagram is drawn where the front end can.

    Attributes:
        notation: What it is written in.
        notices: What was lost on the way, or stands in comments.
    """

    __slots__ = ("notation", "notices")

    notation: str
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        drawn = {"text/vnd.mermaid": str(self)} if self.notation == "mermaid" else {}
        return {"text/plain": str(self), **drawn}


def convert(request: Request) -> Converted:
    """Write a description in another notation.

    Raises:
        CommandError: If no notation is named, or a name of the description cannot be written.
        SchemaError: If the description is wrong.
    """
    from synthohive_jupyter.dsl.notations.writing import write

    notation = request.options.to
    if notation is None:
        raise CommandError(f"'convert' needs --to with one of: {', '.join(NOTATIONS)}")
    cell = schema_of(request)
    try:
        written = write(cell.program, notation)
    except ValueError as error:
        raise CommandError(f"this cannot be written: {error}") from None
    converted = Converted(written.text)
    converted.notation = notation
    converted.notices = written.notices
    if written.notices and request.display != "none":
        request.publish(notices_bundle("Converted", written.notices))
    return converted
