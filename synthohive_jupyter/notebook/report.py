"""`Report`: what came out of a run, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook import card
from synthohive_jupyter.notebook.report_page import save_page
from synthohive_jupyter.notebook.reporting.fidelity import Fidelity, compare
from synthohive_jupyter.notebook.reporting.record import run_record
from synthohive_jupyter.notebook.reporting.text import result_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.notebook.feed import Feed
    from synthohive_jupyter.notebook.runs.run import Run
    from synthohive_jupyter.privacy.config import PrivacyConfig
    from synthohive_jupyter.schema.metadata import Metadata
    from synthohive_jupyter.validation.integrity import KeyCheck


@dataclass(frozen=True, slots=True)
class RowCount:
    """Rows of a table, real and synthetic; ``None`` where there is none."""

    real: int | None
    synthetic: int | None


@dataclass(frozen=True, slots=True)
class PrivateColumn:
    """A column of personal data, and how its synthetic values are made (``fake email``)."""

    table: str
    column: str
    how: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came out, in numbers. It holds no row, real or synthetic.

    Attributes:
        name: Variable that the result was bound to, or ``None``.
        rows: Table name to its numbers of rows.
        keys: One check for each primary and foreign key of the synthetic tables.
        linkage: One record for each foreign key: children per parent, real and synthetic (shares
            of parents with 0, 1, 2, … children), and their statistics.
        seed: Seed of the fit.
        sampled_with: Seed of these rows.
        model: Name of the model.
        seconds: Time of the whole command.
        status: ``finished``, ``stopped`` or ``failed``.
        notices: What the user should know.
        state: The last `RunState.snapshot`, with the curves.
        fidelity: How alike the tables are; empty where no real data was at hand.
        privacy: The columns of personal data.
        protection: What holds for the values of all other columns.
        trouble: Why the run did not finish, what is kept, and how to go on, in one or more lines;
            ``""`` where it did.
        metadata: The description that was fitted.
    """

    name: str | None
    rows: Mapping[str, RowCount]
    keys: tuple[KeyCheck, ...]
    linkage: tuple[Mapping[str, Any], ...]
    seed: int
    sampled_with: int
    model: str
    seconds: float
    status: str
    notices: tuple[str, ...]
    state: Mapping[str, Any]
    fidelity: Fidelity = field(default_factory=Fidelity)
    privacy: tuple[PrivateColumn, ...] = ()
    protection: str = ""
    trouble: str = ""
    metadata: Metadata | None = None

    @property
    def valid(self) -> bool:
        """Whether every key holds."""
        return all(check.holds for check in self.keys)

    def checks(self, table: str) -> list[KeyCheck]:
        """Return the checks of the keys of a table."""
        return [check for check in self.keys if check.table == table]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-safe values, in the form of ``docs/run.schema.json``."""
        return run_record(self)

    def save(self, path: str | Path) -> Path:
        """Write the report as one HTML page without script; return where.

        Raises:
            StorageError: If the place cannot be written.
        """
        return save_page(self, path)

    def __repr__(self) -> str:
        return result_text(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        return card.result_bundle(self)


def make_report(
    tables: Mapping[str, pd.DataFrame],
    run: Run,
    feed: Feed,
    name: str | None,
    sampled_with: int | None,
    *,
    real: Mapping[str, Any] | None = None,
) -> Report:
    """Check the keys of the tables, count everything, and compare with the real rows at hand.

    Args:
        tables: The synthetic tables; empty where the run was stopped before.
        run: The fit.
        feed: The events of this command, ended.
        name: Variable of the result.
        sampled_with: Seed of the rows, if not the fit's.
        real: Table name to its real frame; a sample is compared, and no reference is kept.
    """
    from synthohive_jupyter.validation.integrity import key_checks

    orchestrator, state = run.synthesizer.orchestrator, feed.state
    metadata, seed = orchestrator.fitted_metadata, orchestrator.seed or 0
    privacy = orchestrator.privacy.with_defaults(metadata)
    fidelity = compare(metadata, privacy, real or {}, tables)
    told = [f"{n.table}: {n.message}" if n.table else n.message for n in state.notices]
    told += [f"{table} is not compared: {why}" for table, why in fidelity.left_out.items()]
    return Report(
        name=name,
        rows={
            table: RowCount(real_rows, len(tables[table]) if table in tables else None)
            for table, real_rows in run.real_rows.items()
        },
        keys=tuple(key_checks(metadata, tables)),
        linkage=tuple(
            {"table": table.name, **linkage.to_dict()}
            for table in state.tables.values()
            for linkage in table.linkages.values()
        ),
        seed=seed,
        sampled_with=seed if sampled_with is None else sampled_with,
        model=", ".join(dict.fromkeys(m.name for m in orchestrator.models.values())) or state.model,
        seconds=feed.seconds,
        status=state.status,
        notices=tuple(told),
        state=state.snapshot(),
        fidelity=fidelity,
        privacy=_private(privacy, metadata),
        protection=_protection(),
        trouble=_trouble(run, state.status, state.message, name),
        metadata=metadata,
    )


def _private(privacy: PrivacyConfig, metadata: Metadata) -> tuple[PrivateColumn, ...]:
    """Return the columns that no model learns, table by table."""
    return tuple(
        PrivateColumn(table, column, f"{rule.action} {rule.provider or ''}".strip())
        for table in metadata.tables
        for column, rule in privacy.for_table(table).items()
        if not rule.modelled
    )


def _protection() -> str:
    from synthohive_jupyter.tabular.codecs import RARE

    return (
        f"Of all other columns, values that fewer than {RARE} families share are not stored, but "
        "for tables that are kept as they are. Risk is not measured here."
    )


def _trouble(run: Run, status: str, message: str, name: str | None) -> str:
    """Return why a run did not finish, what was kept, and how to go on."""
    if status not in {"stopped", "failed"}:
        return ""
    kept = ", ".join(run.finished) or "nothing"
    left = ", ".join(table for table in run.real_rows if table not in run.finished)
    if left:
        end = f"kept: {kept}; not finished: {left}; --resume goes on"
    else:
        again = f"; %synthohive generate {name} makes the rows" if name else ""
        end = f"kept: the models of {kept}{again}"
    if status == "failed":
        return f"failed: {message}\n{end}"
    return f"stopped{'' if left else ' before the rows were generated'}; {end}"
