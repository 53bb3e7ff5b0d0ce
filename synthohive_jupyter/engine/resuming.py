"""`KeptTables`: fits the tables of a run and keeps them, or takes over what an equal run has kept.

A table is taken over where its mark is the same as that of the fit that was kept: description,
data, parameters and seed. An interrupted one goes on from its last checkpoint. Of any other one a
notice says what differs.
"""

from __future__ import annotations

import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.degrees import fitted_events
from synthohive_jupyter.engine.fitting import fitted_event
from synthohive_jupyter.engine.marks import changes, table_mark
from synthohive_jupyter.engine.saving import load_model
from synthohive_jupyter.errors import ModelFileError, ResumeError, StorageError
from synthohive_jupyter.events import (
    CheckpointSaved,
    EpochEnded,
    Notice,
    TableFitted,
    TableStarted,
)
from synthohive_jupyter.models.fits import FINAL
from synthohive_jupyter.progress.sinks import read_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from synthohive_jupyter.engine.artifacts import RunDirectory
    from synthohive_jupyter.engine.fitting import TableFitter
    from synthohive_jupyter.engine.marks import Mark
    from synthohive_jupyter.engine.record import Learnt
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.relational.steps import TableStep


class KeptTables:
    """The tables of a run on disk.

    Args:
        run: Its folder.
        resume: Take over what an equal run has left there.
    """

    def __init__(self, run: RunDirectory, *, resume: bool) -> None:
        self._run = run
        self._resume = resume
        self._epochs = earlier_epochs(run.events) if resume else {}

    def fit(self, fitter: TableFitter, step: TableStep) -> Learnt:
        """Fit a table, go on with it, or take it over; keep it where it was finished.

        Raises:
            DataError: If it cannot be learnt from.
            TrainingError: If training fails.
            Stopped: If it was stopped before the training.
        """
        with fitter.cancel.breakable():
            mark = table_mark(fitter, step)
        if self._resume and self._run.table(step.table).finished() == mark:
            learnt = self._taken_over(fitter, step)
            if learnt is not None:
                return learnt
        goes_on = self._resume and self._goes_on(fitter, step, mark)
        learnt = self._fitted(fitter, step, mark, goes_on=goes_on)
        if learnt.model is None or not learnt.model.cancelled:
            self._keep(fitter, step, learnt, mark)
        return learnt

    def _fitted(self, fitter: TableFitter, step: TableStep, mark: Mark, *, goes_on: bool) -> Learnt:
        place = self._run.checkpoints(step.table)
        if not goes_on:
            shutil.rmtree(place / FINAL, ignore_errors=True)
        try:
            self._run.table(step.table).start(mark)
        except StorageError as error:
            _warn(fitter, step, f"it cannot be kept for a later --resume: {error}")
        if goes_on:
            try:
                before = self._epochs.get(step.table, ())
                return fitter.fit(step, checkpoints=place, resume=True, before=before)
            except (ModelFileError, ResumeError):
                _warn(fitter, step, _DAMAGED)
        return fitter.fit(step, checkpoints=place)

    def _keep(self, fitter: TableFitter, step: TableStep, learnt: Learnt, mark: Mark) -> None:
        """Keep a finished table; a full disk does not take it from the user."""
        try:
            self._run.table(step.table).write(learnt, mark)
        except StorageError as error:
            _warn(fitter, step, f"it cannot be kept for a later --resume: {error}")

    def _goes_on(self, fitter: TableFitter, step: TableStep, mark: Mark) -> bool:
        """Return whether the interrupted fit of a table was the same; tell what differs."""
        earlier = self._run.table(step.table).started()
        if earlier is None:
            return False
        if told := changes(mark, earlier):
            fitter.emit(Notice(f"trained again: {told}", table=step.table))
        elif (self._run.checkpoints(step.table) / FINAL).exists():
            fitter.emit(Notice("goes on from its last checkpoint", table=step.table))
        return not told

    def _taken_over(self, fitter: TableFitter, step: TableStep) -> Learnt | None:
        """Return what an equal fit has left; ``None`` where its files are damaged."""
        parent = None if step.driver is None else step.driver.parent
        model_cls, classes = fitter.settings.model_cls, fitter.settings.classes
        folder = self._run.table(step.table)
        try:
            learnt = folder.read(
                partial(load_model, step=step, model_cls=model_cls, classes=classes)
            )
        except ModelFileError:
            _warn(fitter, step, _DAMAGED)
            return None
        rows, columns = learnt.record.rows, len(step.columns)
        fitter.emit(TableStarted(step.table, rows, columns, parent, reused=True))
        since = _clock(folder.finished_at())
        fitter.emit(Notice(f"unchanged since {since}: taken over", table=step.table))
        with fitter.cancel.breakable():
            fitter.remember(step)
        _emit_all(fitter, fitted_events(step, learnt))
        _emit_all(fitter, self._epochs.get(step.table, ()))
        fitter.emit(fitted_event(learnt, step.table, 0.0))
        return learnt


_DAMAGED = "trained again: what was kept of it is damaged, or of another version"


def earlier_epochs(path: Path) -> Mapping[str, tuple[EpochEnded, ...]]:
    """Return the epochs of each table that a resumed run does not run again: up to a checkpoint.

    Args:
        path: The events of the run; nothing where they cannot be read.
    """
    epochs: dict[str, dict[int, EpochEnded]] = {}
    last: dict[str, int] = {}
    try:
        for event in read_events(path):
            if isinstance(event, TableStarted):
                # A table that goes on tells its earlier epochs again.
                epochs[event.table] = {}
            elif isinstance(event, EpochEnded):
                epochs.setdefault(event.table, {})[event.epoch] = event
                last.setdefault(event.table, 0)
            elif isinstance(event, CheckpointSaved) and event.name == FINAL:
                last[event.table] = event.epoch
            elif isinstance(event, TableFitted):
                last[event.table] = event.epochs
    except (OSError, ValueError):
        return {}
    return {
        table: tuple(of_table[n] for n in sorted(of_table) if n <= last.get(table, 0))
        for table, of_table in epochs.items()
    }


def _emit_all(fitter: TableFitter, events: Iterable[Event]) -> None:
    for event in events:
        fitter.emit(event)


def _warn(fitter: TableFitter, step: TableStep, message: str) -> None:
    fitter.emit(Notice(message, table=step.table, level="warning"))


def _clock(moment: float) -> str:
    """Return a moment as people say it: the time of today, else with its day."""
    then = time.localtime(moment)
    today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M" if today else "%d %B, %H:%M", then)
