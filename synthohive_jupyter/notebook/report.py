"""`Report`: what came out of a run, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook import card

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.notebook.feed import Feed
    from synthohive_jupyter.notebook.result import Run
    from synthohive_jupyter.validation.integrity import KeyCheck


@dataclass(frozen=True, slots=True)
class RowCount:
    """Rows of a table, real and synthetic; ``None`` where there is none."""

    real: int | None
    synthetic: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What came out, in numbers.

    Attributes:
        name: Variable that the result was bound to, or ``None``.
        rows: Table name to its numbers of rows.
        keys: One check for each primary and foreign key of the synthetic tables.
        linkage: One record for each driving foreign key: children per parent, real and synthetic
            (shares of parents with 0, 1, 2, … children), and their statistics.
        seed: Seed of the fit.
        sampled_with: Seed of these rows.
        model: Name of the model.
        seconds: Time of the whole command.
        status: ``finished`` or ``stopped``.
        notices: What the user should know.
        state: The last `RunState.snapshot`, with the curves.
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

    @property
    def valid(self) -> bool:
        """Whether every key holds."""
        return all(check.holds for check in self.keys)

    def __str__(self) -> str:
        return card.result_text(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return card.result_bundle(self)


def make_report(
    tables: Mapping[str, pd.DataFrame],
    run: Run,
    feed: Feed,
    name: str | None,
    sampled_with: int | None,
) -> Report:
    """Check the keys of the tables and count everything.

    Args:
        tables: The synthetic tables; empty where the run was stopped before.
        run: The fit.
        feed: The events of this command, ended.
        name: Variable of the result.
        sampled_with: Seed of the rows, if not the fit's.
    """
    from synthohive_jupyter.validation.integrity import key_checks

    orchestrator, state = run.synthesizer.orchestrator, feed.state
    seed = orchestrator.seed or 0
    notices = [f"{n.table}: {n.message}" if n.table else n.message for n in state.notices]
    if state.status == "stopped":
        notices.insert(0, _stop_text(run, name))
    return Report(
        name=name,
        rows={
            table: RowCount(real, len(tables[table]) if table in tables else None)
            for table, real in run.real_rows.items()
        },
        keys=tuple(key_checks(orchestrator.fitted_metadata, tables)),
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
        notices=tuple(notices),
        state=state.snapshot(),
    )


def _stop_text(run: Run, name: str | None) -> str:
    """Return what was kept when the user stopped."""
    kept = ", ".join(run.finished)
    if run.stopped:
        left = [table for table in run.real_rows if table not in run.finished]
        return f"stopped; kept: {kept}; not finished: {', '.join(left)}"
    again = f"; %synthohive generate {name} makes the rows" if name else ""
    return f"stopped before the rows were generated; kept: the models of {kept}{again}"
