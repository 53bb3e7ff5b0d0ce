"""`Recipe`: everything that a cell has said, and where its data was; `code` writes it as Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from synthohive_jupyter.notebook.data import is_spark_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.notebook.options import Options, WriteTarget
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.privacy.config import PrivacyConfig
    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data of a table was.

    Attributes:
        kind: ``pandas`` or ``spark`` for a frame in a variable, ``place`` for what Spark has read.
        name: The variable; or the path, the table or the view.
    """

    kind: Literal["pandas", "spark", "place"]
    name: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a cell has said. Holds no row of any table.

    Attributes:
        metadata: The description.
        privacy: The rules of its personal data.
        sources: Table name to where its data was; tables without data are not in it.
        model: Name of the model of the rows.
        epochs: Passes over each table.
        batch_size: Rows of one training step.
        seed: Seed of the fit; ``None`` where a new one is drawn.
        rows: Rows of tables, as they were asked for.
        scale: Rows of the other roots, relative to the real data.
        sampled_with: Seed of the rows; ``None``: that of the fit.
        out: Variable of the result.
        into: Prefix of variables for the tables.
        write: Where the tables were written.
    """

    metadata: Metadata
    privacy: PrivacyConfig
    sources: Mapping[str, Source]
    model: str
    epochs: int
    batch_size: int
    seed: int | None
    rows: Mapping[str, int]
    scale: float = 1.0
    sampled_with: int | None = None
    out: str | None = None
    into: str | None = None
    write: WriteTarget | None = None

    def again(self, options: Options) -> Recipe:
        """Return the recipe of more rows of the same fit."""
        return replace(
            self,
            rows=dict(options.rows),
            scale=1.0 if options.scale is None else options.scale,
            sampled_with=options.seed,
            out=options.out,
            into=options.into,
            write=options.write,
        )


def recipe_of(request: Request, cell: CompiledCell, frames: Mapping[str, Any]) -> Recipe:
    """Return what a cell says.

    Args:
        request: The call.
        cell: Its schema.
        frames: Table name to the data that was found.
    """
    options, settings = request.options, request.settings
    return Recipe(
        metadata=cell.metadata,
        privacy=cell.privacy,
        sources={name: _source(request, cell, name, frame) for name, frame in frames.items()},
        model=settings.model,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        seed=settings.seed,
        rows={**cell.rows, **options.rows},
        scale=1.0 if options.scale is None else options.scale,
        sampled_with=options.seed,
        out=options.out,
        into=options.into,
        write=options.write,
    )


def _source(request: Request, cell: CompiledCell, table: str, frame: Any) -> Source:  # noqa: ANN401 - any frame
    from synthohive_jupyter.io.relations import quote

    place = cell.data.get(table)
    name = table if place is None else place
    if request.namespace.get(name) is frame:
        return Source("spark" if is_spark_frame(frame) else "pandas", name)
    return Source("place", quote(table) if place is None else place)
