"""Sound descriptions for the tests of the notations, and what they must have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from synthohive_jupyter.dsl.compiler import CompiledCell, compile_cell
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.render import render, written_name
from synthohive_jupyter.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = (
    'a"b', "a'b", "a`b", "a]]b", "*/", "/*", "--", "-- synthohive: @keep", "'''", '"""', "\\", "\\'",
    "a;b", "a,b", "{a}", "[a]", "<b>", "&amp;", "${x}", "{{x}}", "%s", "\t", "\x00", "\x1b[31m",
    "\u202eb", "\u2028", "\x85", "\ufeff", "\ud800", "名前", "नाम", "🐝", "a b", " a", "a ",
    "null", "true", "no", "~", "pk", "none", "select", "Table", "note", "indexes", "1", "1.5", "-",
    "#", "a#b", "a: b", "A", "a", "id", "Note: 'x'", "Ref: a.b > c.d", "tables", "columns", "keys",
)  # fmt: skip
"""Names that try to leave their quotes, or mean something in one of the notations."""

_WORD = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
_LINE = st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=6)
NAMES = st.one_of(_WORD, _LINE, st.sampled_from(HOSTILE))

_KINDS = (
    "", "int", "float", "bool", "date", "datetime", "cat", "text", "id", "high", "cat high", "unique",
    "int[0..9]", "int[..1_000] unique", "float[-1.5..2e3]", "float[0..]", "[1..2]",
    "date[2020-01-31..2021-01-31]", "datetime[2020-01-31T10:30..]", "pii", "pii(mask)", "text pii(fake:email)",
    "pii(keep)", "int pii(drop)",
)  # fmt: skip


@st.composite
def cells(draw: Callable[[Any], Any]) -> CompiledCell | None:
    """Draw a description that uses everything; ``None`` where it turns out not to be sound."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    lines: list[str] = []
    keys: dict[str, list[str]] = {}
    for name in names:
        lines += _table(draw, name, keys)
    try:
        return compile_cell("\n".join(lines))
    except SchemaError:
        return None


def _table(draw: Callable[[Any], Any], table: str, keys: dict[str, list[str]]) -> list[str]:
    columns = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    width = draw(st.integers(0, 2))
    entries, foreign, free = [], [], []
    for name in columns[:width]:
        entries.append(f"{written_name(name)} {draw(st.sampled_from(['', 'int ', 'text ']))}pk")
    for name in columns[width:]:
        single = [parent for parent, pk in keys.items() if len(pk) == 1]
        if single and draw(st.booleans()):
            parent = draw(st.sampled_from(single))
            mark = draw(st.sampled_from(["", "?"]))
            target = f"{written_name(parent)}.{written_name(keys[parent][0])}"
            entries.append(f"{written_name(name)} -> {target}{mark}")
            foreign.append(name)
        else:
            entries.append(f"{written_name(name)} {_kind(draw)}")
            free.append(name)
    double = [parent for parent, pk in keys.items() if len(pk) > 1]
    if double and len(free) > 1 and draw(st.booleans()):
        parent = draw(st.sampled_from(double))
        pair = ", ".join(map(written_name, free[-2:]))
        target = ", ".join(map(written_name, keys[parent]))
        entries = entries[:-2]
        mark = draw(st.sampled_from(["", "?"]))
        entries.append(f"({pair}) -> {written_name(parent)}.({target}){mark}")
        foreign.append(pair)
    if width:
        keys[table] = columns[:width]
    lines = [f"{written_name(table)}: " + ", ".join(entries)]
    return lines + _properties(draw, table, foreign, free)


def _kind(draw: Callable[[Any], Any]) -> str:
    if draw(st.integers(0, 3)):
        return draw(st.sampled_from(_KINDS))
    values = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    quoted = ", ".join('"' + value.replace('"', '""') + '"' for value in values)
    return f"{draw(st.sampled_from(['', 'cat ', 'int ']))}{{{quoted}}}"


def _properties(
    draw: Callable[[Any], Any], table: str, foreign: list[str], free: list[str]
) -> list[str]:
    path = '"' + draw(NAMES).replace('"', '""') + '"'
    offered = ["@rows 1_000", f"@data {path}", "@strict", "@model ctgan", "@order none", "@keep"]
    if foreign:
        offered += ["@linkage negbinom", "@linkage [0..5]", "@context none"]
        offered += [f"@driver {foreign[0]}" if "," not in foreign[0] else f"@driver ({foreign[0]})"]
    if len(free) > 1:
        a, b = map(written_name, free[:2])
        offered += [f"@check {a} <= {b}", f"@together {a}, {b}", f"@order {a}"]
    chosen = draw(st.lists(st.sampled_from(offered), max_size=3, unique_by=lambda p: p.split()[0]))
    return [f"  {each}" for each in chosen]


def compact(text: str) -> str:
    """Return what a text in any notation is in the compact one."""
    return render(compile_any(text).program)


def rendered(text: str, **options: int) -> str:
    """Return the error of a text in any notation, as it is shown."""
    with pytest.raises(SchemaError) as caught:
        compile_any(text, **options)
    return caught.value.rendered


def meaning(cell: CompiledCell) -> dict[str, Any]:
    """Return all that a description means, whatever the order in which it is said."""
    tables = {}
    for name, table in cell.metadata.tables.items():
        told = {part: getattr(table, part) for part in type(table).__dataclass_fields__}
        told |= {
            "fk": table.foreign_keys,
            "nullable_fks": set(table.nullable_fks),
            "pii_cols": set(table.pii_cols),
            "high_cardinality_cols": set(table.high_cardinality_cols),
            "constraints": dict(table.constraints),
            "pk": set(table.primary_key),
            "columns": set(table.columns),
        }
        tables[name] = told
    rules = dict(cell.privacy.items())
    return {"tables": tables, "rules": rules, "data": dict(cell.data), "rows": dict(cell.rows)}
