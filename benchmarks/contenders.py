"""Who takes part: models of the project, baselines, and peers in an environment of their own."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PEERS_HOME = ROOT / ".venv-peers"
PACKAGE = "synthohive_jupyter"
OWN = ("tree", "argn", "ctgan", "ctgan-published")
PEERS = ("cart-5", "cart-20", "peer-ctgan", "peer-mostlyai")

_LIBRARIES = ("numpy", "pandas", "torch", "scikit-learn", "lightgbm")
_EVERY_MODEL = ("models/*.py", "tabular/*.py", "schema/*.py", "seeding.py")
_HARNESS = ("job.py", "meters.py")


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender of the tables.

    Attributes:
        name: What ``--models`` and ``--peers`` call it.
        label: What the tables call it.
        parameters: What its process is told.
        sources: Files below the package that its figures depend on.
        module: Module of ``benchmarks`` that its process runs.
        package: Package of the peers' environment; empty for what runs in the project's own.
        scripts: Files of ``benchmarks`` that its figures depend on, beside the harness.
    """

    name: str
    label: str
    parameters: dict[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    module: str = "worker"
    package: str = ""
    scripts: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        """The interpreter of its process."""
        return PEERS_HOME / "bin" / "python" if self.package else Path(sys.executable)

    @property
    def available(self) -> bool:
        """Whether it can be run here."""
        return not self.package or self.package in peers_versions()

    def versions(self) -> dict[str, str]:
        """Return the releases that its figures depend on."""
        if not self.package:
            return {name: version(name) for name in _LIBRARIES}
        known = peers_versions()
        names = (self.package, *_LIBRARIES)
        return {name: known[name] for name in names if name in known}

    def code(self) -> str:
        """Return a fingerprint of the files that its figures depend on."""
        here = Path(__file__).parent
        files = [here / name for name in (*_HARNESS, f"{self.module}.py", *self.scripts)]
        for pattern in self.sources:
            files += sorted((ROOT / PACKAGE).glob(pattern))
        return code_digest(files)


def code_digest(files: list[Path]) -> str:
    """Return a fingerprint of files: another commit with the same lines has the same."""
    state = hashlib.sha256()
    for file in files:
        state.update(file.name.encode() + b"\0" + file.read_bytes())
    return state.hexdigest()[:16]


def peers_versions() -> dict[str, str]:
    """Return what the peers' environment has; empty before ``make bench-peers``."""
    folders = [str(path) for path in PEERS_HOME.glob("lib/python*/site-packages")]
    return {dist.name: dist.version for dist in distributions(path=folders)} if folders else {}


def own() -> list[Entry]:
    """Return the models of the project, with their defaults: all end by themselves."""
    adversarial = ("models/ctgan/*.py", *_EVERY_MODEL)
    return [
        Entry("tree", "**TreeSynth**", sources=("models/tree/*.py", "trees/*.py", *_EVERY_MODEL)),
        Entry("argn", "**ARGN**", sources=("models/argn/*.py", *_EVERY_MODEL)),
        Entry(
            "ctgan",
            "**CTGAN**",
            sources=adversarial,
        ),
        Entry(
            "ctgan-published",
            "CTGAN here, settings of the paper, 10 epochs",
            {"epochs": 10, "batch_size": 500},
            sources=adversarial,
        ),
    ]


def baselines() -> list[Entry]:
    """Return what every model is measured against."""
    return [Entry("independent", "independent columns")]


def peers(*, ctgan_epochs: int, mostlyai_minutes: float) -> list[Entry]:
    """Return the peers that are fitted live.

    Args:
        ctgan_epochs: Epochs of ctgan, whose default, 300, takes the better part of an hour.
        mostlyai_minutes: Most minutes of training of mostlyai-engine.
    """
    chain = ("cart.py", "plain.py")
    return [
        Entry("cart-5", "plain CART chain, leaf 5", {"leaf": 5}, scripts=chain),
        Entry("cart-20", "plain CART chain, leaf 20", {"leaf": 20}, scripts=chain),
        Entry(
            "peer-ctgan",
            f"ctgan, {ctgan_epochs} of 300 epochs",
            {"epochs": ctgan_epochs, "batch_size": 500},
            module="peers",
            package="ctgan",
            scripts=("plain.py",),
        ),
        Entry(
            "peer-mostlyai",
            f"mostlyai-engine, at most {mostlyai_minutes:g} min",
            {"max_training_time": mostlyai_minutes},
            module="peers",
            package="mostlyai-engine",
        ),
    ]
