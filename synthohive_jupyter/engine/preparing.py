"""What comes before the first fit: the data is found, counted and checked, and the work planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import DataError, Problem, SchemaError
from synthohive_jupyter.events import Notice
from synthohive_jupyter.io import frames
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.relational.plan import make_plan, unsupported
from synthohive_jupyter.schema.conformance import orphan_notices
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from synthohive_jupyter.relational.steps import Plan
    from synthohive_jupyter.schema.facts import TableFacts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database that is ready to be learnt.

    Attributes:
        metadata: The tables that have data.
        privacy: The rules for their personal data, defaults included.
        data: Table name to its frame.
        facts: Table name to what was counted of it.
        plan: What will be learnt.
        kinds: Table to its columns and their kinds.
        notices: What the user should know before it starts.
    """

    metadata: Metadata
    privacy: PrivacyConfig
    data: Mapping[str, Any]
    facts: Mapping[str, TableFacts]
    plan: Plan
    kinds: Mapping[str, Mapping[str, str]]
    notices: tuple[Notice, ...]


def prepare(
    metadata: Metadata,
    privacy: PrivacyConfig,
    sources: Mapping[str, Any],
    *,
    read: Callable[[Mapping[str, Any]], dict[str, Any]],
    models: Collection[str],
) -> Prepared:
    """Find, count and check the data of a description, and plan the work.

    Args:
        metadata: The whole description.
        privacy: The rules for personal data.
        sources: Table name to whatever ``read`` understands.
        read: Returns the frames of sources, all of one kind.
        models: Names that a table may give for its own model.

    Raises:
        SchemaError: With every problem of the description, of the data, and of what this version
            cannot do.
        DataError: If a root has no rows to learn from.
    """
    _known_names(metadata, sources)
    problems = _description_problems(metadata, privacy, models)
    if problems:
        raise SchemaError(problems)
    left_out = _without_data(metadata, sources)
    active = Metadata()
    active.tables = {n: t for n, t in metadata.tables.items() if n not in left_out}
    if not active.tables:
        raise SchemaError("no table has data: give a frame, a path or a table name for each")
    data = read({name: sources[name] for name in active.tables})
    facts = frames.facts(data, active)
    active.validate_schema(facts)
    marked = privacy.with_defaults(metadata)
    rules = PrivacyConfig({p: r for p, r in marked.items() if p[0] in active.tables}, marked.locale)
    unmodelled = {
        name: [c for c, rule in rules.for_table(name).items() if not rule.modelled]
        for name in active.tables
    }
    kinds = {
        name: {column: found.kind for column, found in facts[name].columns.items()}
        for name in active.tables
    }
    plan = make_plan(active, kinds, unmodelled=unmodelled)
    for step in plan.steps:
        if step.role == "root" and not facts[step.table].rows:
            raise DataError("the data has no rows to learn from", table=step.table)
    told = [*left_out.items(), *orphan_notices(active, facts)]
    notices = tuple(Notice(text, table=name, level="warning") for name, text in told)
    return Prepared(active, rules, data, facts, plan, kinds, notices)


def _known_names(metadata: Metadata, sources: Mapping[str, Any]) -> None:
    problems = [
        Problem(
            f"data is given for the unknown table '{name}'",
            hint=suggest(str(name), metadata.tables),
            locus=(str(name), "data"),
        )
        for name in sources
        if name not in metadata.tables
    ]
    if problems:
        raise SchemaError(problems)


def _description_problems(
    metadata: Metadata, privacy: PrivacyConfig, models: Collection[str]
) -> list[Problem]:
    """Return everything that is wrong before any data is looked at."""
    problems: list[Problem] = []
    try:
        metadata.validate_schema()
    except SchemaError as error:
        problems += error.problems
    problems += privacy.validate(metadata)
    if not problems:
        problems += unsupported(metadata)
    for name, table in metadata.tables.items():
        if table.model is not None and table.model.casefold() not in models:
            near = suggest(table.model, models)
            problems.append(
                Problem(
                    f"unknown model '{table.model}' of table '{name}'",
                    hint=near or f"known: {', '.join(sorted(models))}",
                    locus=(name, "model", table.model),
                )
            )
    return problems


def _without_data(metadata: Metadata, sources: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables that cannot be learnt, each with the reason."""
    reasons: dict[str, str] = {}
    graph = SchemaGraph(metadata)
    for name in graph.get_generation_order():
        missing = [parent for parent in graph.parents(name) if parent in reasons]
        if sources.get(name) is None:
            reasons[name] = "skipped: no data is given for it"
        elif missing:
            reasons[name] = f"skipped: its parent '{missing[0]}' is skipped"
    return reasons
