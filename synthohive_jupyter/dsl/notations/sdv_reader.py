"""Metadata of SDV (JSON, version 1, of one table or several) to a syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom, Pii, Property, Span, Word
from synthohive_jupyter.dsl.notations.drafts import (
    DraftKey,
    DraftTable,
    Reading,
    build,
)
from synthohive_jupyter.dsl.notations.json_text import read_json
from synthohive_jupyter.dsl.notations.nodes import Mapping, Node, Scalar, Sequence
from synthohive_jupyter.privacy.providers import canonical
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import Problem

ONLY_TABLE = "table"
"""Name of the table where the metadata of one table does not tell it."""

_VERSIONS = ("SINGLE_TABLE_V1", "MULTI_TABLE_V1", "V1")
_WORDS = {"categorical": "cat", "boolean": "bool", "id": "id", "text": "text"}
_PROVIDERS = {
    "ipv4_address": "ipv4", "ipv6_address": "ipv6", "first_name": "first_name", "secondary_address":
    "street_address", "administrative_unit": "state", "state_abbr": "state", "country_code":
    "country", "city": "city", "postcode": "postcode", "street_address": "street_address",
    "phone_number": "phone_number", "locale": "country", "bban": "iban", "user_agent_string":
    "neutral", "swift8": "neutral", "swift11": "neutral", "vin": "neutral",
}  # fmt: skip
"""SDV's kinds of personal data, and what is faked for each here."""

_TABLE_KEYS = {
    "columns", "primary_key", "alternate_keys", "sequence_key", "sequence_index",
    "column_relationships", "METADATA_SPEC_VERSION", "synthesizer_info",
}  # fmt: skip


def parse_sdv(source: Source) -> Reading:
    """Read metadata of SDV.

    Raises:
        SchemaError: If it is no JSON.
    """
    reader = _Reader(source)
    reader.read(read_json(source))
    return Reading(build(list(reader.tables.values())), reader.problems, reader.notices)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = []
        self.notices: list[str] = []
        self.tables: dict[str, DraftTable] = {}
        self._source = source

    def read(self, root: Node) -> None:
        if not isinstance(root, Mapping):
            self._report(
                root.span, "expected metadata of SDV: an object with 'tables' or 'columns'"
            )
            return
        version = root.get("METADATA_SPEC_VERSION")
        if isinstance(version, Scalar) and version.text not in _VERSIONS:
            hint = f"versions that are read: {', '.join(_VERSIONS)}"
            self._report(version.span, f"unknown version '{version.text}' of SDV metadata", hint)
        if isinstance(tables := root.get("tables"), Mapping):
            for name, content in tables:
                self._table(name.atom, content)
            for link in self._list(root, "relationships"):
                self._relationship(link)
            known = {"tables", "relationships", "METADATA_SPEC_VERSION"}
            self._unread("", root, known)
        elif root.get("columns") is not None:
            self._table(Atom(ONLY_TABLE, span=root.span), root)
            self.notices.append(
                f"the metadata does not name its table: it is called '{ONLY_TABLE}'"
            )
        else:
            near = suggest("tables", [key.text for key, _ in root])
            message = "expected metadata of SDV, with 'tables' or 'columns'"
            old = root.get("fields") is not None
            self._report(root.span, message, "upgrade it with SDV 1.0 or later" if old else near)

    def _report(self, span: Span, message: str, hint: str | None = None) -> None:
        self.problems.append(self._source.problem(span, message, hint))

    def _unread(self, table: str, content: Mapping, known: set[str]) -> None:
        for key, value in content:
            if key.text not in known and not _empty(value):
                self.notices.append(f"{table + ': ' if table else ''}'{key.text}' is left out")

    def _list(self, content: Mapping, key: str) -> tuple[Node, ...]:
        value = content.get(key)
        if isinstance(value, Sequence):
            return value.items
        if value is not None and not _empty(value):
            self._report(value.span, f"'{key}' is a list")
        return ()

    def _table(self, name: Atom, content: Node) -> None:
        if not isinstance(content, Mapping):
            self._report(content.span, "expected the columns of a table")
            return
        if name.text in self.tables:
            self._report(name.span, f"table '{name.text}' is declared twice", "remove one")
            return
        table = self.tables[name.text] = DraftTable(name)
        columns = content.get("columns")
        for key, told in columns if isinstance(columns, Mapping) else ():
            if key.text in table.columns:
                self._report(key.span, f"column '{key.text}' is declared twice", "remove one")
            else:
                self._column(table, key, told)
        self._keys(table, content)
        self._unread(name.text, content, _TABLE_KEYS)

    def _keys(self, table: DraftTable, content: Mapping) -> None:
        name = table.name.text
        for atom in self._names(content.get("primary_key")):
            table.column(atom).put(Word("pk", atom.span))
        for key in self._list(content, "alternate_keys"):
            names = self._names(key)
            if len(names) == 1:
                table.column(names[0]).put(Word("unique", names[0].span))
            else:
                self.notices.append(f"{name}: an alternate key of several columns is left out")
        for atom in self._names(content.get("sequence_index")):
            table.properties.append(Property("order", (atom,), atom.span))
        if self._names(content.get("sequence_key")):
            message = "is left out: make a table of it that this one refers to"
            self.notices.append(f"{name}: the sequence key {message}")
        if self._list(content, "column_relationships"):
            self.notices.append(f"{name}: relationships between columns are left out")

    def _names(self, node: Node | None) -> tuple[Atom, ...]:
        """Return one name, or those of a list."""
        if isinstance(node, Sequence):
            return tuple(item.atom for item in node.items if isinstance(item, Scalar))
        return (node.atom,) if isinstance(node, Scalar) and not node.null else ()

    def _column(self, table: DraftTable, key: Scalar, told: Node) -> None:
        column = table.add(key.atom)
        if not isinstance(told, Mapping):
            self._report(told.span, "expected what the column is", 'write {"sdtype": "numerical"}')
            return
        sdtype = told.get("sdtype")
        if not isinstance(sdtype, Scalar):
            self._report(key.span, f"'{key.text}' has no sdtype", 'write {"sdtype": "numerical"}')
            return
        for item in _kind(sdtype, told):
            column.put(item)
        known = {"sdtype", "pii", "datetime_format", "computer_representation"}
        self._unread(f"{table.name.text}.{key.text}", told, known)

    def _relationship(self, link: Node) -> None:
        if not isinstance(link, Mapping):
            self._report(link.span, "expected a relationship of two tables")
            return
        child, parent = link.get("child_table_name"), link.get("parent_table_name")
        columns = self._names(link.get("child_foreign_key"))
        if not isinstance(child, Scalar) or not isinstance(parent, Scalar) or not columns:
            needs = "parent_table_name, parent_primary_key, child_table_name, child_foreign_key"
            self._report(link.span, "this relationship is not complete", f"it needs {needs}")
        elif child.text not in self.tables:
            hint = suggest(child.text, self.tables)
            self._report(child.span, f"unknown table '{child.text}'", hint)
        else:
            targets = self._names(link.get("parent_primary_key"))
            key = DraftKey(columns, parent.atom, targets, columns[0].span)
            self.tables[child.text].keys.append(key)


def _kind(sdtype: Scalar, told: Mapping) -> Iterator[Word | Pii]:
    """Return what a kind of SDV is here; personal data is faked unless SDV keeps it."""
    kind, span = sdtype.text, sdtype.span
    pii = told.get("pii")
    private = pii.truth if isinstance(pii, Scalar) else None
    if kind == "numerical":
        shape = told.text("computer_representation") or ""
        if shape:
            yield Word("float" if shape.startswith("Float") else "int", span)
    elif kind == "datetime":
        form = told.text("datetime_format") or ""
        timed = not form or any(f"%{c}" in form for c in "HIMSTXcfps")
        yield Word("datetime" if timed else "date", span)
    elif kind in _WORDS:
        if not private or kind == "id":
            yield Word(_WORDS[kind], span)
    elif private is None:
        private = True
    if private and kind != "id":
        provider = canonical(_PROVIDERS.get(kind, kind))
        named = None if provider is None else Atom(provider, span=span)
        yield Pii(Atom("fake", span=span), named, span)
    elif private is False and kind not in {*_WORDS, "numerical", "datetime"}:
        yield Word("cat", span)


def _empty(node: Node) -> bool:
    """Return whether nothing is said."""
    match node:
        case Mapping(pairs):
            return not pairs
        case Sequence(items):
            return not items
        case Scalar():
            return node.null
