"""Errors of others in our words: what failed, why as far as it can be told, and what to do.

Their own text may quote cells, so it is never passed on. It stays in ``__cause__``, which
``--debug`` shows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SynthoHiveError, TrainingError
from synthohive_jupyter.io.trouble import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY = (
    "a smaller --batch-size",
    "--model tree, which needs the least memory",
    "a sample of the data: whole families, by Synthesizer.fit(sample_size=…)",
)
_ENGINE = (
    "see whether the session answers: spark.range(1).count()",
    "start the session again, then go on with --resume",
    "--debug shows what the engine said",
)
_UNKNOWN = (
    "--debug shows where it happened; it may be a mistake of synthohive_jupyter, please report it",
    "leave out the column that it is about, or turn it into numbers, text or dates",
    "another model for this table alone: @model tree, or @model argn",
)


@contextmanager
def in_our_words(doing: str) -> Iterator[None]:
    """Turn errors of others into a `TrainingError`; those of ours pass.

    Args:
        doing: What is done inside, for the message: ``training of table 'orders'``.

    Raises:
        TrainingError: From the error that was raised inside.
    """
    try:
        yield
    except SynthoHiveError:
        raise
    except Exception as error:
        reason, remedies = _reason(error)
        raise TrainingError(f"{doing} failed: {reason}", remedies=remedies) from error


def _reason(error: Exception) -> tuple[str, tuple[str, ...]]:
    kind = type(error).__name__
    if isinstance(error, MemoryError) or "OutOfMemory" in kind or "allocate memory" in str(error):
        return f"there is not enough memory ({kind})", _MEMORY
    # Spark, py4j and gRPC; also an operating system that says no.
    if type(error).__module__.startswith(("pyspark", "py4j", "grpc")) or isinstance(error, OSError):
        return explain(error), _ENGINE
    return f"an error of another library ({kind})", _UNKNOWN
