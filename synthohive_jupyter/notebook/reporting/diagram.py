"""How tables hang together: as Mermaid, as a picture, and as text."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.mermaid import children_bounds, er_diagram
from synthohive_jupyter.notebook.layout import short
from synthohive_jupyter.notebook.reporting.canvas import INK, drawable, drawn
from synthohive_jupyter.schema.metadata import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from synthohive_jupyter.schema.metadata import Metadata, TableConfig

LONGEST_SIDE = 2_600.0
"""Pixels of a drawing; larger ones nobody reads, the text has every key."""

BOX_WIDTH, BOX_HEIGHT = 170.0, 40.0
GAP_X, GAP_Y, MARGIN = 90.0, 18.0, 8.0
NAME_LETTERS, KEY_LETTERS = 22, 26


Place = tuple[float, float]
"""Corner of a table, in pixels."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as PNG, and its size in pixels of the page."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Relation:
    """One foreign key between two tables.

    Attributes:
        parent, child: The tables.
        key: Name of the foreign key.
        nullable: Whether a child may have no parent.
        single: Whether a parent has one row at most.
    """

    parent: str
    child: str
    key: str
    nullable: bool
    single: bool


def relations(metadata: Metadata) -> Iterator[Relation]:
    """Yield every foreign key whose parent is described."""
    for name, table in metadata.tables.items():
        for key in table.foreign_keys:
            if key.parent in metadata.tables:
                _, most = children_bounds(metadata, table, key)
                yield Relation(key.parent, name, key.name, key.nullable, most == 1)


def diagram(metadata: Metadata) -> dict[str, str] | None:
    """Return the entity-relationship diagram; ``None`` without foreign keys.

    JupyterLab draws the Mermaid text, and keeps its drawing when it saves. Most other places show
    the PNG. There is no SVG of ours in it: exports to LaTeX would ask for Inkscape.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> print(diagram(shop)["text/plain"])
    users ──< orders  (user_id)
    """
    known = list(relations(metadata))
    if not known:
        return None
    lines = [
        f"{short(r.parent)} {'───' if r.single else '──<'} {short(r.child)}  ({short(r.key)})"
        for r in known
    ]
    bundle = {"text/vnd.mermaid": er_diagram(metadata), "text/plain": "\n".join(lines)}
    picture = drawing(metadata)
    if picture is not None:
        bundle["image/png"] = b64encode(picture.data).decode("ascii")
    return bundle


def drawing(metadata: Metadata, *, sharp: int = 1) -> Drawing | None:
    """Return the diagram as a picture; ``None`` if there is nothing to draw, or too much."""
    known = list(relations(metadata))
    places = _places(metadata, known)
    if not known:
        return None
    width = max(x for x, _ in places.values()) + BOX_WIDTH + MARGIN
    height = max(y for _, y in places.values()) + BOX_HEIGHT + MARGIN
    if max(width, height) > LONGEST_SIDE:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        for relation in known:
            _line(axes, places[relation.parent], places[relation.child], relation)
        for name, place in places.items():
            _box(axes, name, place, metadata.tables[name])

    return Drawing(drawn(width, height, draw, sharp=sharp), round(width), round(height))


def _places(metadata: Metadata, known: list[Relation]) -> dict[str, Place]:
    """Return the corner of each table: parents to the left of their children."""
    ways = [(r.parent, r.child) for r in known if r.parent != r.child]
    firm = [(r.parent, r.child) for r in known if r.parent != r.child and not r.nullable]
    names = list(metadata.tables)
    level = _levels(names, ways) or _levels(names, firm) or dict.fromkeys(names, 0)
    filled: dict[int, int] = {}
    places = {}
    for name, depth in level.items():
        row = filled[depth] = filled.get(depth, -1) + 1
        x = MARGIN + depth * (BOX_WIDTH + GAP_X)
        places[name] = (x, MARGIN + row * (BOX_HEIGHT + GAP_Y))
    return places


def _levels(names: list[str], ways: list[tuple[str, str]]) -> dict[str, int] | None:
    """Return how many tables are above each; ``None`` where they go round in a circle.

    >>> _levels(["a", "b", "c"], [("b", "c"), ("a", "b")]), _levels(["a"], [("a", "a")])
    ({'a': 0, 'b': 1, 'c': 2}, None)
    """
    level = dict.fromkeys(names, 0)
    for _ in [None, *names]:
        low = [(parent, child) for parent, child in ways if level[child] <= level[parent]]
        if not low:
            return level
        for parent, child in low:
            level[child] = max(level[child], level[parent] + 1)
    return None


def _box(axes: Axes, name: str, place: Place, table: TableConfig) -> None:
    x, y = place
    keys = f"pk {key_name(table.primary_key)}" if table.primary_key else "no key"
    right, below = x + BOX_WIDTH, y + BOX_HEIGHT
    axes.plot([x, right, right, x, x], [y, y, below, below, y], color=INK, linewidth=1)
    axes.text(x + 8, y + 16, drawable(name, NAME_LETTERS), weight="bold")
    axes.text(x + 8, y + 33, drawable(keys, KEY_LETTERS), size=7)


def _line(axes: Axes, parent: Place, child: Place, relation: Relation) -> None:
    """Draw a line that ends in a fork where a parent can have several rows."""
    if relation.parent == relation.child:
        text = f"↺ {drawable(relation.key, 8)}"
        axes.text(child[0] + BOX_WIDTH - 6, child[1] + 33, text, ha="right", size=7)
        return
    forward = parent[0] < child[0]
    start = (parent[0] + (BOX_WIDTH if forward else 0.0), parent[1] + BOX_HEIGHT / 2)
    end = (child[0] + (0.0 if forward else BOX_WIDTH), child[1] + BOX_HEIGHT / 2)
    dash = (0, (4, 3)) if relation.nullable else "-"
    axes.plot([start[0], end[0]], [start[1], end[1]], color=INK, linewidth=1, linestyle=dash)
    if not relation.single:
        back = end[0] + (-8.0 if forward else 8.0)
        for side in (-5.0, 5.0):
            axes.plot([back, end[0]], [end[1], end[1] + side], color=INK, linewidth=1)
