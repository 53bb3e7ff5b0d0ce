"""`discover`: a description guessed from frames, which the data fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.engine.discovery.draft import TableDraft, draft_table
from synthohive_jupyter.engine.discovery.foreign import (
    composite_links,
    single_links,
    without_implied,
)
from synthohive_jupyter.engine.discovery.looks import Counter, look_at
from synthohive_jupyter.engine.discovery.primary import composite_keys, single_keys
from synthohive_jupyter.engine.discovery.records import Discovery
from synthohive_jupyter.engine.discovery.sound import Keys, facts_of, sound_keys
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.privacy.detect import detect
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.validate import find_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthohive_jupyter.engine.discovery.looks import TableLook
    from synthohive_jupyter.io.frames import Frame
    from synthohive_jupyter.privacy.config import PiiRule
    from synthohive_jupyter.privacy.detect import Finding

_ROWS_OF_PERSONAL = 1_000
"""Rows of the sample in which personal data is looked for."""


def discover(frames: Mapping[str, Frame], *, seed: int = 0) -> Discovery:
    """Guess the description of tables.

    What a sample of each table suggests is counted in all its rows: a guessed key is unique, and of
    a guessed foreign key it is known how many rows point nowhere. What is left fits the data:
    checking it finds no problem. No value of the data is part of the result but the levels of
    short, frequent categories, each in `tabular.codecs.RARE` rows (and families) at least.

    Args:
        frames: Table name to pandas or Spark frame.
        seed: Seed of the samples.

    Raises:
        DataError: If a frame has two columns of one name.

    >>> import pandas as pd
    >>> users = pd.DataFrame({"id": range(1, 31), "email": [f"u{n}@a.org" for n in range(30)]})
    >>> orders = pd.DataFrame({"id": range(60), "user_id": [1 + n // 2 for n in range(60)]})
    >>> found = discover({"users": users, "orders": orders})
    >>> found.metadata.tables["orders"].fk, found.privacy.rule("users", "email").action
    ({'user_id': 'users.id'}, 'fake')
    """
    tables = look_at(frames, seed=seed)
    counter = Counter(tables)
    personal = {name: _personal(table) for name, table in tables.items()}
    keys = sound_keys(_keys(tables, counter, personal), tables, counter)
    order = SchemaGraph(keys.metadata(tables)).get_generation_order()
    drafts = [
        draft_table(
            tables[name],
            keys.primary.get(name),
            keys.foreign[name],
            personal[name],
            tables,
            counter,
        )
        for name in order
    ]
    facts = facts_of(keys, tables, counter)
    metadata, privacy = _described(drafts)
    problems = [*find_problems(metadata, facts), *privacy.validate(metadata)]
    if wrong := {problem.locus[0] for problem in problems}:
        drafts = [draft.bare if draft.look.name in wrong else draft for draft in drafts]
        metadata, privacy = _described(drafts)
    parents = {link.parent for draft in drafts for link in draft.links}
    return Discovery(
        metadata,
        privacy,
        tuple(guess for draft in drafts for guess in draft.guesses()),
        tuple(
            note for draft in drafts for note in draft.notes(pointed_at=draft.look.name in parents)
        ),
    )


def _described(drafts: Iterable[TableDraft]) -> tuple[Metadata, PrivacyConfig]:
    metadata = Metadata()
    rules: dict[Any, PiiRule | str] = {}
    for draft in drafts:
        metadata.add_table(draft.look.name, **draft.arguments())
        rules |= {(draft.look.name, c): finding.rule for c, finding in draft.personal.items()}
    return metadata, PrivacyConfig(rules)


def _personal(table: TableLook) -> dict[str, Finding]:
    sample = table.sample.head(_ROWS_OF_PERSONAL)
    columns: dict[str, Any] = {
        name: sample[name]
        for name in table.columns
        if table.facts.columns[name].kind not in {"other", "binary"}
    }
    return detect(table.name, columns)


def _keys(
    tables: Mapping[str, TableLook],
    counter: Counter,
    personal: Mapping[str, Mapping[str, Finding]],
) -> Keys:
    """Return primary and foreign keys: single ones first, since composite ones are made of them."""
    keys = single_keys(tables, counter, personal)
    links = single_links(tables, keys, counter, personal)
    # A composite key may be made of columns of a composite foreign key: once more for these.
    for _ in range(2):
        for name, table in tables.items():
            if name not in keys and (found := composite_keys(table, links[name], counter)):
                keys[name] = found
        for name, table in tables.items():
            known = {frozenset(link.columns) for link in links[name]}
            for link in composite_links(table, tables, keys, links, counter):
                if frozenset(link.columns) not in known:
                    known.add(frozenset(link.columns))
                    links[name].append(link)
    return Keys(keys, {name: without_implied(links[name], links) for name in tables})
