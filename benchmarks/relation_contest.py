"""All contenders of one database: each fitted and sampled in a process of its own, judged here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from inspect import getsource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.contenders import PACKAGE, ROOT, Entry, code_digest
from benchmarks.data import digest
from benchmarks.job import Job
from benchmarks.processes import JobError, Limits, carry_out
from benchmarks.relation_judge import RelationJudge
from benchmarks.relation_views import random_keys
from benchmarks.relation_worker import SCHEMA
from benchmarks.results import Row
from benchmarks.store import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.databases import DatabaseSet, Tables
    from benchmarks.store import Shelf

_ENGINE = (
    *(
        f"{layer}/**/*.py"
        for layer in ("engine", "relational", "models", "tabular", "schema", "trees")
    ),
    "io/frames.py",
    "io/lookup.py",
    "seeding.py",
)


def engine_entry(name: str, label: str, model: str = "tree", **below: object) -> Entry:
    """Return the engine with a row model; ``below`` changes every table with a foreign key."""
    return Entry(
        name,
        label,
        {"model": model, "below": below},
        sources=_ENGINE,
        module="relation_worker",
    )


OWN = engine_entry("tree", "**here, TreeSynth**")
ABLATIONS = (
    engine_entry("argn", "**here, ARGN**", "argn"),
    engine_entry("auto", "row model: auto", "auto"),
    engine_entry("no-history", "without history", order_by="none"),
    engine_entry("no-counts", "counts from the plain histogram", linkage_method="empirical"),
    engine_entry("no-context", "without the parents' columns", parent_context_cols=()),
)
RANDOM_SECOND = Entry("random-second", "second parents at random")
"""Made of the sample of `OWN`: what sketches and matching bring."""


def peers(minutes: float) -> list[Entry]:
    """Return the peers that are fitted live, on sets of one root and one child."""
    return [
        Entry(
            "peer-mostlyai",
            f"mostlyai-engine, at most {minutes:g} min a table",
            {"minutes": minutes},
            module="relation_peers",
            package="mostlyai-engine",
            scripts=("relation_worker.py",),
        )
    ]


@dataclass(slots=True)
class RelationContest:
    """A run over one set.

    Attributes:
        data: The set.
        shelf: Where fits and judgements are kept.
        seeds: All seeds.
        every: Names of the contenders that are fitted with each; the floor is judged with each.
        few: How many of the seeds the others and the published samples are judged with.
        limits: Of every process.
        left_out: Contenders that are not installed.
        failed: What went wrong.
    """

    data: DatabaseSet
    shelf: Shelf
    seeds: Sequence[int]
    every: Sequence[str] = (OWN.name,)
    few: int = 1
    limits: Limits = field(default_factory=Limits)
    left_out: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _judge: RelationJudge | None = None
    _digest: str = ""

    def rows(self, entries: Sequence[Entry]) -> list[Row]:
        """Fit, sample and judge everything; the first seed of all before the second of any."""
        self._write()
        rows: dict[str, Row] = {}
        for name, label, _ in self._fixed():
            rows[name] = Row(name, label, [])
        rows |= {entry.name: Row.of(entry, []) for entry in entries if self._present(entry)}
        for turn, seed in enumerate(self.seeds):
            for name, _, tables in self._fixed():
                if turn >= self.few and name.startswith("published"):
                    continue
                kept = self._figures(name, seed, tables, key=_digest(tables))
                rows[name].seeds.append({"seed": seed, "run": None, "figures": kept})
            for entry in entries:
                if entry.name in rows and (entry.name in self.every or turn < self.few):
                    rows[entry.name].seeds.extend(self._meet(entry, seed))
        return [row for row in rows.values() if row.seeds]

    def _write(self) -> None:
        """Write the training tables and their description for the processes to read."""
        folder = self._source
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.data.train.items():
            frame.to_parquet(folder / f"{name}.parquet")
        (folder / SCHEMA).write_text(json.dumps(self.data.metadata.to_dict()))

    @property
    def _source(self) -> Path:
        return self.shelf.folder / "train"

    def _fixed(self) -> Iterator[tuple[str, str, Tables]]:
        data = self.data
        yield "floor", "floor: real holdout", data.holdout
        wild = random_keys(data.metadata, data.holdout)
        yield "random", "real rows under random keys", wild
        for name, tables in data.peers.items():
            yield f"published-{name}", f"{name}, published sample", tables

    def _present(self, entry: Entry) -> bool:
        if entry.available:
            return True
        self.left_out.append(f"{entry.name} is left out; `make bench-peers` installs it")
        print(self.left_out[-1], flush=True)
        return False

    def _meet(self, entry: Entry, seed: int) -> list[dict[str, Any]]:
        """Return measures and figures of one contender and seed; nothing where it failed."""
        try:
            run, tables, key = (
                self._shuffled(seed) if entry is RANDOM_SECOND else self._fitted(entry, seed)
            )
            figures = self._figures(entry.name, seed, tables, key=key)
        except (JobError, KeyError, ValueError) as error:
            self.failed.append(f"{entry.name}, seed {seed}: {error}")
            print(f"{self.data.name}: {self.failed[-1]}", flush=True)
            return []
        costs = (
            f"fit {run['fit']['cpu']:.1f}, sample {run['sample']['cpu']:.1f} CPU s" if run else ""
        )
        print(f"{self.data.name} {entry.name} seed {seed}: {costs}", flush=True)
        return [{"seed": seed, "run": run, "figures": figures}]

    def _fitted(self, entry: Entry, seed: int) -> tuple[dict[str, Any], Tables, str]:
        """Return measures and sample, kept ones where they hold."""
        place = self.shelf.folder / f"{entry.name}-{seed}"
        job = Job(entry.name, entry.parameters, str(self._source), str(place), seed)
        key = fingerprint(
            data=_digest(self.data.train),
            schema=self.data.metadata.to_dict(),
            parameters=entry.parameters,
            code=entry.code(),
            versions=entry.versions(),
            limits=asdict(self.limits),
        )
        run = self.shelf.get(entry.name, seed, "run", key)
        if run is None or not place.exists():
            run = carry_out(entry, job, self.shelf.folder, self.limits)
            self.shelf.put(entry.name, seed, "run", key, run)
        names = self.data.metadata.tables
        return run, {n: pd.read_parquet(place / f"{n}.parquet") for n in names}, key

    def _shuffled(self, seed: int) -> tuple[None, Tables, str]:
        """Return the sample of `OWN` with its other parents at random."""
        _, tables, key = self._fitted(OWN, seed)
        return (
            None,
            random_keys(self.data.metadata, tables, seed=seed, driver=False),
            f"{key} random",
        )

    def _figures(self, name: str, seed: int, tables: Tables, *, key: str) -> dict[str, Any]:
        """Judge a database, unless this judge has seen it before."""
        if not self._digest:
            data = self.data
            asked = [dict(data.judged), data.order, data.beyond, data.personal, data.measure]
            asked.append(getsource(data.facts))
            real = [_digest(side) for side in (data.train, data.holdout)]
            self._digest = fingerprint(real=real, asked=asked, schema=data.metadata.to_dict())
        whole = fingerprint(sample=key, real=self._digest, judge=_judge_code())
        figures = self.shelf.get(name, seed, "figures", whole)
        if figures is None:
            self._judge = self._judge or RelationJudge(self.data)
            is_real = name in {"floor", "random"}
            figures = self._judge.figures(tables, seed=seed, is_real=is_real)
            self.shelf.put(name, seed, "figures", whole, figures)
        return figures


def _digest(tables: Tables) -> str:
    return fingerprint(**{name: digest(frame) for name, frame in tables.items()})


def _judge_code() -> str:
    here = Path(__file__).parent
    own = [here / name for name in ("relation_judge.py", "relation_views.py")]
    return code_digest([*own, *sorted((ROOT / PACKAGE / "validation").glob("*.py"))])
