"""`Run`: the fit behind a result: what it has come to, and how to go on with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import ResumeError
from synthohive_jupyter.notebook.display import choose, in_kernel
from synthohive_jupyter.progress.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.errors import SynthoHiveError
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.recipe import Recipe
    from synthohive_jupyter.notebook.result import SyntheticResult


@dataclass(frozen=True, slots=True)
class Run:
    """The fit behind a result.

    Attributes:
        synthesizer: Generates more; `Synthesizer.save` keeps it.
        events: Everything that happened, in order.
        real_rows: Table name to the number of real rows.
        spark_tables: Tables whose data was a Spark frame; they come back as such.
        engine: The session for `SyntheticResult.spark` and for writing.
        recipe: What the cell has said.
        error: Why it failed, ``None`` where it did not.
        again: Does the same with ``--resume``.
    """

    synthesizer: Synthesizer
    events: tuple[Event, ...]
    real_rows: Mapping[str, int]
    spark_tables: frozenset[str]
    engine: Engine
    recipe: Recipe
    error: SynthoHiveError | None = None
    again: Callable[[], SyntheticResult] | None = None

    @property
    def state(self) -> RunState:
        """The run as its events told it."""
        return RunState.from_events(self.events)

    @property
    def finished(self) -> tuple[str, ...]:
        """The tables that are fitted."""
        return self.synthesizer.orchestrator.finished

    @property
    def stopped(self) -> bool:
        """Whether the fit ended before every table was fitted."""
        return self.synthesizer.orchestrator.stopped

    @property
    def status(self) -> str:
        """How the fit ended: ``finished``, ``stopped`` or ``failed``."""
        if self.error is not None:
            return "failed"
        return "stopped" if self.stopped else "finished"

    def resume(self) -> SyntheticResult:
        """Go on where the fit was stopped or failed, with the data as it is now.

        The result is bound to the name that the cell gave, and returned.

        Raises:
            ResumeError: If the fit has finished, or nothing is kept of it.
        """
        if self.again is None or self.status == "finished":
            raise ResumeError("there is nothing to resume: every table is fitted")
        return self.again()

    def __repr__(self) -> str:
        return f"Run({self.status}; fitted: {', '.join(self.finished) or 'nothing'})"

    def _repr_mimebundle_(self, **options: Any) -> Any:  # noqa: ANN401 - as IPython has it
        """Show the panel with the whole run, where a front end can; else a line."""
        if choose("auto", in_kernel=in_kernel()) != "widget":
            return {"text/plain": repr(self)}
        from synthohive_jupyter.notebook.panel.widget import RunPanel

        panel = RunPanel()
        panel.show_state(self.state.snapshot())
        return panel._repr_mimebundle_(**options)
