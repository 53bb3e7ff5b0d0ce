"""Which engine does the work: a session of the user's, else the embedded one.

Nothing here changes a session of the user's: no configuration, no default or active session.
Without a reason nothing is imported or started: a notebook with pandas frames never loads Spark.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from synthohive_jupyter.errors import SessionError
from synthohive_jupyter.io.embedded import ENGINE, answers
from synthohive_jupyter.schema.validate import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["classic", "connect", "embedded"]

SWITCH = "SYNTHOHIVE_EMBEDDED"
"""Environment variable; ``0`` turns the embedded engine off."""

_CONVENTIONAL_NAME = "spark"


@dataclass(frozen=True, slots=True)
class EngineSession:
    """A session and where it comes from.

    Attributes:
        spark: The Spark session.
        kind: ``classic`` (JVM in this process), ``connect`` (a Spark Connect server) or
            ``embedded`` (the engine that comes with this package).
        origin: ``'spark' of the notebook``, ``active session`` or ``embedded engine``.
    """

    spark: Any
    kind: Kind
    origin: str

    def describe(self) -> str:
        """Return one line: what the engine is and where it was found.

        Raises:
            SessionError: If the session does not answer.
        """
        if self.kind == "embedded":
            return ENGINE.describe()
        _require_alive(self.spark, self.origin)
        return f"Spark {self.spark.version} ({self.kind}), {self.origin}"


def is_session(value: object) -> bool:
    """Return whether ``value`` is a Spark session, classic or Connect, without importing Spark."""
    return any(
        cls.__name__ == "SparkSession" and cls.__module__.startswith("pyspark.sql")
        for cls in type(value).__mro__
    )


def find_session(
    name: str | None = None, namespace: Mapping[str, Any] | None = None
) -> EngineSession | None:
    """Return the session that would be used, or ``None`` where the embedded engine would start.

    Nothing is started and no server is asked. The order: the variable ``name``; else a session
    called ``spark``; else the active session; else the embedded engine if it runs already.

    Args:
        name: Variable that holds a session, as the user wrote it.
        namespace: Variables of the notebook.

    Raises:
        SessionError: If ``name`` is given and is no usable session.
    """
    variables = namespace or {}
    if name is not None:
        return _named(name, variables)
    candidate = variables.get(_CONVENTIONAL_NAME)
    if is_session(candidate) and not _is_stopped(candidate):
        return _session(candidate, f"'{_CONVENTIONAL_NAME}' of the notebook")
    active = _active_session()
    if active is not None:
        return _session(active, "active session")
    running = ENGINE.running_session()
    return None if running is None else EngineSession(running, "embedded", "embedded engine")


def open_session(
    name: str | None = None, namespace: Mapping[str, Any] | None = None
) -> EngineSession:
    """Return the session of `find_session`, checked; start the embedded engine where there is none.

    Raises:
        SessionError: If the session named is none or dead, or the embedded engine is needed and
            turned off, not installed, or cannot start. The message says the next step.
    """
    found = find_session(name, namespace)
    stopped = (namespace or {}).get(_CONVENTIONAL_NAME)
    if name is None and is_session(stopped) and _is_stopped(stopped):
        raise SessionError(
            f"'{_CONVENTIONAL_NAME}' of the notebook has been stopped; start it again, or "
            f"`del {_CONVENTIONAL_NAME}` to use another engine"
        )
    if found is not None:
        if found.kind != "embedded":  # ours is watched by its process
            _require_alive(found.spark, found.origin)
        return found
    if os.environ.get(SWITCH, "").strip().lower() in {"0", "false", "no", "off"}:
        raise SessionError(
            f"no Spark session was found, and the embedded engine is turned off ({SWITCH}="
            f"{os.environ[SWITCH]}); start a session called 'spark', name one with --spark, or "
            f"unset {SWITCH}"
        )
    return EngineSession(ENGINE.start(), "embedded", "embedded engine")


def _named(name: str, variables: Mapping[str, Any]) -> EngineSession:
    sessions = [n for n, value in variables.items() if is_session(value)]
    listing = f"sessions here: {', '.join(sessions)}" if sessions else "there is no session here"
    if name not in variables:
        near = suggest(name, sessions)
        raise SessionError(f"no variable is called '{name}' ({near or listing})")
    value = variables[name]
    kind = type(value).__name__
    if not is_session(value):
        raise SessionError(f"'{name}' is of type {kind}, not a Spark session ({listing})")
    if _is_stopped(value):
        raise SessionError(f"the Spark session '{name}' has been stopped; start it again")
    return _session(value, f"'{name}' of the notebook")


def _session(spark: Any, origin: str) -> EngineSession:  # noqa: ANN401 - pyspark is untyped
    if spark is ENGINE.running_session():
        return EngineSession(spark, "embedded", origin)
    return EngineSession(spark, "connect" if is_connect(spark) else "classic", origin)


def is_connect(spark: object) -> bool:
    """Return whether a session speaks Spark Connect."""
    return any(cls.__module__.startswith("pyspark.sql.connect") for cls in type(spark).__mro__)


def _active_session() -> Any:  # noqa: ANN401 - pyspark is untyped
    """Return the user's active or default session, or ``None``; never our own.

    Only modules that are loaded are asked: where nobody imported Spark, nobody has a session.
    """
    for module in ("pyspark.sql.session", "pyspark.sql.connect.session"):
        loaded = sys.modules.get(module)
        if loaded is None:
            continue
        try:
            spark = loaded.SparkSession.active()
        except Exception:  # noqa: BLE001, S112 - "there is none" has another class per version
            continue
        if not _is_stopped(spark):
            return spark
    return None


def _is_stopped(spark: Any) -> bool:  # noqa: ANN401 - pyspark is untyped
    if is_connect(spark):
        return bool(getattr(spark, "is_stopped", False))
    context = getattr(spark, "_sc", None)
    return context is not None and getattr(context, "_jsc", None) is None


def _require_alive(spark: Any, origin: str) -> None:  # noqa: ANN401 - pyspark is untyped
    """Raise where a Connect server does not answer."""
    if is_connect(spark) and not answers(spark):
        raise SessionError(
            f"the Spark Connect server of the session ({origin}) does not answer; check that it "
            "runs and can be reached, then make a new session"
        )
