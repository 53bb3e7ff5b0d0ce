"""Relational synthetic data from one notebook cell.

``%load_ext synthohive_jupyter`` registers the ``%%synthohive`` magic. The public names below are
loaded when they are first used, so that importing the package is light: no torch, no Spark.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

_HOMES = {
    "ARGN": "models.argn.model",
    "CTGAN": "models.ctgan.model",
    "ConditionalGenerativeModel": "models.base",
    "ContextualFaker": "privacy.faker",
    "LinkageModel": "relational.counts.linkage",
    "Metadata": "schema.metadata",
    "PIISanitizer": "privacy.sanitizer",
    "PiiRule": "privacy.config",
    "PrivacyConfig": "privacy.config",
    "RelationalSampler": "io.sampler",
    "SchemaError": "errors",
    "SchemaGraph": "schema.graph",
    "SparkIO": "io.spark",
    "StagedOrchestrator": "engine.orchestrator",
    "Synthesizer": "engine.synthesizer",
    "SynthoHiveError": "errors",
    "TableConfig": "schema.metadata",
    "TreeSynth": "models.tree.model",
}
"""Public name to the module that holds it."""

__all__ = [  # noqa: PLE0604 - the lazy names are strings of the table above
    *_HOMES,
    "__version__",
    "load_ipython_extension",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as many types as names
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; IPython calls this for ``%load_ext synthohive_jupyter``."""
    from synthohive_jupyter.notebook.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; IPython calls this for ``%unload_ext``."""
    from synthohive_jupyter.notebook.magics import unload

    unload(shell)
