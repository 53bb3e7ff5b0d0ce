"""All contenders of one set: each fitted and sampled in a process of its own, judged here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.contenders import PACKAGE, ROOT, code_digest
from benchmarks.data import digest
from benchmarks.job import Job
from benchmarks.judge import judge
from benchmarks.processes import JobError, Limits, carry_out
from benchmarks.results import Row
from benchmarks.store import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.contenders import Entry
    from benchmarks.data import FlatSet
    from benchmarks.store import Shelf


@dataclass(slots=True)
class Contest:
    """A run over one set.

    Attributes:
        data: The set.
        shelf: Where fits and judgements are kept.
        seeds: Seeds of the run.
        limits: Of every process.
        memory_rows: Sizes of the large samples that models of the project draw at the first seed.
        peer_seeds: How many of the seeds the peers of the other environment run with.
        left_out: Contenders that are not installed.
        failed: What went wrong.
    """

    data: FlatSet
    shelf: Shelf
    seeds: Sequence[int]
    limits: Limits = field(default_factory=Limits)
    memory_rows: tuple[int, ...] = ()
    peer_seeds: int = 1
    left_out: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def rows(self, entries: Sequence[Entry]) -> list[Row]:
        """Fit, sample and judge everything; the first seed of all before the second of any."""
        self.shelf.folder.mkdir(parents=True, exist_ok=True)
        self.data.train.to_parquet(self._table)
        fixed = {"floor": ("floor: real holdout", self.data.holdout)}
        for name, frame in self.data.peers.items():
            fixed[f"published-{name}"] = (f"{name}, published sample", frame)
        rows = {name: Row(name, label, []) for name, (label, _) in fixed.items()}
        present = list(self._present(entries))
        rows |= {entry.name: Row.of(entry, []) for entry in present}
        for turn, seed in enumerate(self.seeds):
            for name, (_, frame) in fixed.items():
                figures = self._figures(name, seed, frame, key=digest(frame))
                rows[name].seeds.append({"seed": seed, "run": None, "figures": figures})
            for entry in present:
                if entry.package and turn >= self.peer_seeds:
                    continue
                try:
                    rows[entry.name].seeds.append(self._meet(entry, seed))
                except JobError as error:
                    self.failed.append(str(error))
                    print(f"{self.data.name}: {error}", flush=True)
        return [row for row in rows.values() if row.seeds]

    @property
    def _table(self) -> Path:
        return self.shelf.folder / "train.parquet"

    def _present(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.available:
                yield entry
            else:
                self.left_out.append(f"{entry.name} is left out; `make bench-peers` installs it")
                print(self.left_out[-1], flush=True)

    def _meet(self, entry: Entry, seed: int) -> dict[str, Any]:
        """Return measures and figures of one contender and seed, kept ones where they hold."""
        is_own = bool(entry.sources)
        job = Job(
            model=entry.name,
            parameters=entry.parameters,
            table=str(self._table),
            sample=str(self.shelf.sample(entry.name, seed)),
            seed=seed,
            memory_rows=self.memory_rows if is_own and seed == self.seeds[0] else (),
        )
        key = fingerprint(
            data=digest(self.data.train),
            parameters=entry.parameters,
            code=entry.code(),
            versions=entry.versions(),
            limits=asdict(self.limits),
            memory=job.memory_rows,
        )
        run = self.shelf.get(entry.name, seed, "run", key)
        kept = run is not None and Path(job.sample).exists()
        if run is None or not kept:
            run = carry_out(entry, job, self.shelf.folder, self.limits)
            self.shelf.put(entry.name, seed, "run", key, run)
        figures = self._figures(entry.name, seed, pd.read_parquet(job.sample), key=key)
        print(
            f"{self.data.name} {entry.name} seed {seed}: fit {run['fit']['cpu']:.1f} CPU s, "
            f"C2ST {figures['c2st_train']:.3f} / {figures['c2st_holdout']:.3f}, "
            f"TSTR {figures['tstr']:.3f}{' (kept)' if kept else ''}",
            flush=True,
        )
        return {"seed": seed, "run": run, "figures": figures}

    def _figures(self, name: str, seed: int, frame: pd.DataFrame, *, key: str) -> dict[str, Any]:
        """Judge a sample, unless this judge has seen it before."""
        whole = fingerprint(
            sample=key,
            real=[digest(part) for part in (self.data.train, self.data.holdout)],
            judge=_judge_code(),
        )
        figures = self.shelf.get(name, seed, "figures", whole)
        if figures is None:
            figures = judge(self.data, frame, seed=seed, is_holdout=name == "floor").rounded()
            self.shelf.put(name, seed, "figures", whole, figures)
        return figures


def _judge_code() -> str:
    validation = sorted((ROOT / PACKAGE / "validation").glob("*.py"))
    return code_digest([Path(__file__).parent / "judge.py", *validation])
