"""``explain``: what would be learnt of every table, from whom, why, and at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.data import facts_of, find_data
from synthohive_jupyter.notebook.schema_text import schema_of
from synthohive_jupyter.notebook.verbs.running import wanted_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.engine.costs import Costs
    from synthohive_jupyter.engine.preparing import Prepared
    from synthohive_jupyter.notebook.explain import Explanation, Setting
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig

TRAINING = ("model", "epochs", "batch_size")
"""The settings that decide what is learnt, and how long it takes."""


def explain(request: Request) -> Explanation:
    """Tell what would be learnt of every table, from whom, and why; nothing is trained.

    Raises:
        SchemaError: If the schema or its data is wrong.
        CommandError: If rows of an unknown table are asked for.
    """
    from synthohive_jupyter.engine.preparing import prepare
    from synthohive_jupyter.models.registry import ModelClasses
    from synthohive_jupyter.notebook.explain import Explanation

    cell, engine = schema_of(request), request.engine
    wanted_rows(cell.metadata, request.options.rows)
    frames = find_data(cell.metadata, cell.data, engine)
    cell.check(facts_of(frames, cell.metadata))
    prepared = prepare(cell.metadata, cell.privacy, frames, read=dict, models=ModelClasses())
    return Explanation(
        prepared.plan,
        {name: facts.rows for name, facts in prepared.facts.items()},
        _costs(request, cell, prepared),
        tuple(_settings(request)),
        {name: tuple(_personal(prepared.privacy, name)) for name in prepared.metadata.tables},
    )


def _costs(request: Request, cell: CompiledCell, prepared: Prepared) -> Costs:
    from synthohive_jupyter.engine.cost_laws import slowness
    from synthohive_jupyter.engine.costs import estimate, made_rows

    options, settings = request.options, request.settings
    rows = {name: facts.rows or 0 for name, facts in prepared.facts.items()}
    wanted = {n: made for n, made in {**cell.rows, **options.rows}.items() if n in rows}
    scale = 1.0 if options.scale is None else options.scale
    return estimate(
        prepared.plan,
        rows,
        model=settings.model,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        made=made_rows(prepared.plan, rows, wanted, scale),
        personal={name: len(_unlearnt(prepared.privacy, name)) for name in rows},
        factor=slowness(),
    )


def _settings(request: Request) -> Iterator[Setting]:
    from synthohive_jupyter.notebook.explain import Setting

    settings = request.settings
    for name in TRAINING:
        origin = settings.origins.get(name, "")
        yield Setting(name.replace("_", " "), getattr(settings, name), origin)


def _unlearnt(privacy: PrivacyConfig, table: str) -> Mapping[str, PiiRule]:
    return {c: rule for c, rule in privacy.for_table(table).items() if not rule.modelled}


def _personal(privacy: PrivacyConfig, table: str) -> Iterator[str]:
    for column, rule in _unlearnt(privacy, table).items():
        provider = "" if rule.provider is None else f": {rule.provider}"
        yield f"{column} ({rule.action}{provider})"
