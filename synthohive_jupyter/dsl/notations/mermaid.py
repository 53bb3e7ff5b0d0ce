"""The entity-relationship diagram in Mermaid: the one place that writes it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata, TableConfig
    from synthohive_jupyter.schema.tables import Bounds

_CHILD_SIDES = {
    (False, False): "o{", (True, False): "|{", (False, True): "o|", (True, True): "||",
}  # fmt: skip
"""Whether each parent has a row, and at most one, to the end of the line in Mermaid."""


def er_diagram(metadata: Metadata, *, columns: bool = False) -> str:
    """Return the diagram of a description.

    Args:
        metadata: The description.
        columns: Whether the columns stand in the boxes too.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> print(er_diagram(shop), end="")
    erDiagram
      direction LR
      t0["users"]
      t1["orders"]
      t0 ||--o{ t1 : "user_id"
    """
    numbers = {name: f"t{i}" for i, name in enumerate(metadata.tables)}
    lines = ["erDiagram", "  direction LR"]
    for name, table in metadata.tables.items():
        inside = list(_attributes(table)) if columns else []
        box = f'  {numbers[name]}["{quoted(name)}"]'
        lines += [f"{box} {{", *inside, "  }"] if inside else [box]
    for name, table in metadata.tables.items():
        for key in table.foreign_keys:
            if key.parent in numbers:
                low, high = children_bounds(metadata, table, key)
                sides = ("|o" if key.nullable else "||", _CHILD_SIDES[low > 0, high == 1])
                ends = f"{numbers[key.parent]} {'--'.join(sides)} {numbers[name]}"
                lines.append(f'  {ends} : "{quoted(key.name)}"')
    return "".join(f"{line}\n" for line in lines)


def children_bounds(metadata: Metadata, table: TableConfig, key: ForeignKey) -> Bounds:
    """Return how many rows of a table can point to one row of the parent by a key."""
    declared = table.children if key == metadata.driving_key(table.name) else None
    low, high = declared or (0, None)
    alone = bool(table.primary_key) and set(table.primary_key) <= set(key.columns)
    return low, 1 if alone else high


def quoted(name: str) -> str:
    """Return a name that cannot leave its quotes in Mermaid text, nor become markup.

    >>> quoted('a"]:<b>'), quoted("नाम")
    ('a????b?', 'नाम')
    """
    return "".join(c if _harmless(c) else "?" for c in name)


def _harmless(character: str) -> bool:
    return character in " _.,()-" or unicodedata.category(character)[0] in "LMN"


def _attributes(table: TableConfig) -> Iterator[str]:
    """Return a line for each column: type, name, keys, and the name where it is another one."""
    foreign = {name for key in table.foreign_keys for name in key.columns}
    for name in table.known_columns:
        constraint = table.constraints.get(name)
        kind = (constraint and constraint.dtype) or ("id" if name in table.primary_key else "any")
        marks = [
            mark
            for mark, marked in (
                ("PK", name in table.primary_key),
                ("FK", name in foreign),
                ("UK", constraint is not None and constraint.unique),
            )
            if marked
        ]
        # Names of attributes have no quotes in Mermaid: others than plain ones go beside.
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        plain = plain if plain[:1].isalpha() else f"c_{plain}"
        beside = f' "{quoted(name)}"' if plain != name else ""
        keys = f" {', '.join(marks)}" if marks else ""
        yield f"    {kind if kind.isalpha() else 'any'} {plain}{keys}{beside}"
