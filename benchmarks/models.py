"""Row models on flat tables: floor, baselines, peers and the models of the project, in one run.

python -m benchmarks.models --data ../shared/data --seeds 3 --sets adult,cdnow,wide

What was done before is taken from ``artifacts/bench`` (see `benchmarks.store`), so a run that was
broken goes on where it stopped. Results go to ``benchmarks/results``; those of a part of the
line-up, or of a part of the rows, stay in ``artifacts/bench/results``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import contenders
from benchmarks.contenders import ROOT, Entry
from benchmarks.contest import Contest
from benchmarks.data import SETS
from benchmarks.job import BULK
from benchmarks.judge import predicts_numbers
from benchmarks.meters import machine, moment
from benchmarks.processes import Limits
from benchmarks.results import Row, markdown, memory_table, save
from benchmarks.store import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ARTIFACTS = ROOT / "artifacts" / "bench"
RESULTS = Path(__file__).parent / "results"
USUAL_COLUMNS = 15
"""Large samples of wider tables have fewer rows, so that they have as many cells."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit status."""
    options = _options(arguments)
    limits = Limits(threads=options.threads)
    limits.bind()
    failed = False
    for name in options.sets:
        data = SETS[name](options.data)
        folder = ARTIFACTS / name
        if options.rows is not None:
            data, folder = data.part(options.rows), ARTIFACTS / f"{name}-{options.rows}"
        sizes = [n * USUAL_COLUMNS // max(USUAL_COLUMNS, len(data.columns)) for n in options.memory]
        shelf = Shelf(folder, fresh=options.fresh)
        seeds = range(options.seeds)
        contest = Contest(data, shelf, seeds, limits, tuple(sizes), options.peer_seeds)
        about = {"begun": moment(), "machine": machine(), "commit": commit()}
        rows = contest.rows(line_up(options))
        about |= {"ended": moment(), "limits": asdict(limits)}
        about |= {"left_out": contest.left_out, "failed": contest.failed}
        text = page(contest, rows, about)
        place = RESULTS if is_whole(options) else ARTIFACTS / "results"
        save(place, f"models-{folder.name}", {**about, "rows": [r.record() for r in rows]}, text)
        print(f"\n{text}")
        failed |= bool(contest.failed)
    return int(failed)


def page(contest: Contest, rows: Sequence[Row], about: dict[str, Any]) -> str:
    """Return the page of results of one set."""
    data, computer = contest.data, about["machine"]
    description = (
        f"{data.about} {len(data.train):,} training rows, {len(data.holdout):,} held back; target "
        f"of TSTR: `{data.target}`. Medians of {len(contest.seeds)} seeds; live peers in an "
        f"environment of their own: {min(contest.peer_seeds, len(contest.seeds))}.\n"
    )
    circumstances = (
        f"{computer['processor']}, {computer['cores']} cores, "
        f"{', '.join(computer['instructions']) or 'no AVX-512'}; "
        f"threads: {contest.limits.threads}; load {about['begun']['load']} to "
        f"{about['ended']['load']}; {about['ended']['date'][:10]}, commit {about['commit']}. "
        f"Rows a second are those of a sample of {BULK} times the table.\n"
    )
    score = "R²" if predicts_numbers(data) else "AUC"
    parts = [f"# {data.name}\n", description, markdown(rows, score=score), circumstances]
    memory = memory_table(rows)
    if memory:
        parts += ["## Memory of large samples\n", memory]
    notes = [*contest.left_out, *contest.failed]
    if notes:
        parts.append("".join(f"- {note}\n" for note in notes))
    return "\n".join(parts)


def commit() -> str:
    """Return the commit that is checked out, with a plus where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def line_up(options: argparse.Namespace) -> list[Entry]:
    """Return the contenders that the options name."""
    peers = contenders.peers(
        ctgan_epochs=options.peer_epochs, mostlyai_minutes=options.peer_minutes
    )
    own = contenders.own()
    wanted = {*options.models, *options.peers}
    return [*contenders.baselines(), *(entry for entry in peers + own if entry.name in wanted)]


def is_whole(options: argparse.Namespace) -> bool:
    """Return whether a run has every row and every contender."""
    return (
        options.rows is None
        and set(options.models) == set(contenders.OWN)
        and set(options.peers) == set(contenders.PEERS)
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    own, peers, sets = list(contenders.OWN), list(contenders.PEERS), list(SETS)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("--data", type=Path, default=ROOT.parent / "shared" / "data")
    add("--seeds", type=int, default=3, help="how many")
    add("--sets", type=some_of(sets), default=sets, help=f"of {', '.join(sets)}")
    add("--models", type=some_of(own), default=own, help=f"of {', '.join(own)}; or none")
    add("--peers", type=some_of(peers), default=peers, help=f"of {', '.join(peers)}; or none")
    add("--peer-seeds", type=int, default=1, help="seeds of ctgan and mostlyai-engine")
    add("--peer-epochs", type=int, default=10, help="of the peer ctgan")
    add("--peer-minutes", type=float, default=10, help="most minutes of mostlyai-engine")
    add("--threads", type=int, default=1, help="of the numerical libraries, in every process")
    add("--memory", type=sizes_of, default=(100_000, 1_000_000), help="rows of the large samples")
    add("--rows", type=int, help="only so many rows, to try the harness")
    add("--fresh", action="store_true", help="redo what was kept")
    return parser.parse_args(arguments)


def some_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what reads an option like ``a,b``, or ``none``, and refuses what is not known."""

    def some(text: str) -> list[str]:
        wanted = [part for part in text.split(",") if part and part != "none"]
        unknown = sorted(set(wanted) - set(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}; known: {', '.join(known)}")
        return wanted

    return some


def sizes_of(text: str) -> tuple[int, ...]:
    """Read an option like ``1000,10000``."""
    return tuple(int(part) for part in text.split(",") if part)


if __name__ == "__main__":
    sys.exit(main())
