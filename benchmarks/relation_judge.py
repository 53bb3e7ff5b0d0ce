"""One judge for every database: the product's measures, against train and against the holdout.

A figure is named ``side|measure|what``: ``train|hop|fielding.playerID``. The sides are ``train``,
``holdout`` and, for what needs both or neither, ``both``.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.relation_views import (
    BINS,
    View,
    frequent_levels,
    joints,
    random_keys,
    some_families,
    with_children,
)
from synthohive_jupyter.validation.columns import outside_share, shape_scores
from synthohive_jupyter.validation.counts import count_gains
from synthohive_jupyter.validation.detection import c2st
from synthohive_jupyter.validation.families import (
    family_copies,
    family_dcr,
    repeat_share,
    variety_score,
)
from synthohive_jupyter.validation.hierarchy import hierarchy_score
from synthohive_jupyter.validation.integrity import key_checks
from synthohive_jupyter.validation.links import (
    c2st_children,
    cardinality,
    count_scores,
    sibling_coherence,
)
from synthohive_jupyter.validation.pairs import pair_scores
from synthohive_jupyter.validation.paths import gap_closed, joint_scores
from synthohive_jupyter.validation.risk import copy_share, dcr_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from benchmarks.databases import DatabaseSet, Tables
    from synthohive_jupyter.validation.database import Database
    from synthohive_jupyter.validation.links import Link

CLASSIFIED = 20_000
"""Most rows of each side of a two-sample test."""
FEWEST = 200
"""Tables of fewer rows are not judged by a classifier."""
FEW_PARENTS = 30
"""Below so many parents in use, folds go by families instead."""
LEAST_GAIN = 0.005
"""Nats: below, the parent says nothing of its count, and there is no gain to keep."""

Figures = dict[str, float | None]
Pairs = dict[tuple[str, str], float]


class RelationJudge:
    """The judge of a set, with what does not change between two contenders.

    Args:
        data: The set.
    """

    def __init__(self, data: DatabaseSet) -> None:
        driver = data.metadata.driving_key(data.child)
        assert driver is not None
        self._data, self._driver = data, driver
        self._frequent = frequent_levels(data.seen(data.train))
        self._train, self._holdout = self._view(data.train), self._view(data.holdout)
        self._joints = joints(self._train.whole)
        wild = self._view(random_keys(data.metadata, data.holdout))
        self._random = self._joint_scores(wild, self._train)
        self._floor = self._joint_scores(self._holdout, self._train)

    def figures(self, tables: Tables, *, seed: int, is_real: bool = False) -> Figures:
        """Score a database; of one made of held-back rows, only against train."""
        synthetic = self._view(tables)
        found = dict(self._compare("train", self._train, synthetic, seed))
        found |= self._beyond("train", self._data.train, tables, seed)
        found |= self._joined(synthetic.whole, seed)
        found |= self._gaps(synthetic)
        found |= self._second_parents(synthetic.whole)
        found |= self._whole(synthetic.whole, tables)
        found |= self._copies("train", synthetic.whole, tables, seed)
        if not is_real:
            found |= dict(self._compare("holdout", self._holdout, synthetic, seed))
            found |= self._beyond("holdout", self._data.holdout, tables, seed)
            found |= self._counts(synthetic.whole, seed)
            found |= self._copies("holdout", synthetic.whole, tables, seed)
            found |= self._distances(synthetic.whole, seed)
        return {k: None if v is None or np.isnan(v) else round(v, 5) for k, v in found.items()}

    def _view(self, tables: Tables) -> View:
        return View.of(self._data.seen(tables), self._frequent)

    def _compare(
        self, side: str, real: View, synthetic: View, seed: int
    ) -> Iterator[tuple[str, float]]:
        for name in self._judged():
            columns = real.whole.columns(name)
            frames = [view.whole.tables[name] for view in (real, synthetic)]
            coarse = [view.coarse.tables[name] for view in (real, synthetic)]
            yield f"{side}|shapes|{name}", _mean(shape_scores(*frames, columns))
            yield f"{side}|pairs|{name}", _mean(pair_scores(*coarse, columns, BINS))
            if min(map(len, frames)) >= FEWEST:
                siblings = name == self._data.child
                groups = real.whole.families(name), synthetic.whole.families(name)
                yield (
                    f"{side}|c2st|{name}",
                    c2st(
                        *frames,
                        columns,
                        groups=groups if siblings else None,
                        **self._test(seed),
                    ),
                )
        for name in sorted({key.parent for _, key in real.whole.foreign_keys()}):
            kept = self._data.metadata.tables[name].keep
            if len(real.whole.tables[name]) >= FEWEST and not kept:
                above = [with_children(view.whole, name) for view in (real, synthetic)]
                yield f"{side}|agg|{name}", c2st(*above, list(above[0].columns), **self._test(seed))
        yield from self._links(side, real.coarse, synthetic.coarse)
        for what, scores in self._joint_scores(synthetic, real).items():
            yield f"{side}|{what}", _mean(scores)

    def _links(self, side: str, real: Database, synthetic: Database) -> Iterator[tuple[str, float]]:
        for table, key in real.foreign_keys():
            links = real.link(table, key.name), synthetic.link(table, key.name)
            what = f"{table}.{key.name}"
            yield f"{side}|cardinality|{what}", cardinality(*links)
            if columns := real.columns(key.parent):
                yield f"{side}|counts|{what}", _mean(count_scores(*links, columns, BINS))
        links = self._driving(real), self._driving(synthetic)
        columns = real.columns(self._data.child)
        scores = sibling_coherence(*links, columns, self._data.order, BINS)
        yield f"{side}|coherence|{self._data.child}", _mean(scores)

    def _joint_scores(self, other: View, real: View) -> dict[str, Pairs]:
        return {
            what: joint_scores(real.coarse, other.coarse, table, paths, bins=BINS)
            for what, (table, paths) in self._joints.items()
        }

    def _gaps(self, synthetic: View) -> Figures:
        """Return how much of the way from random keys to held-back rows is gone."""
        scores = self._joint_scores(synthetic, self._train)
        return {
            f"both|gap {what}": gap_closed(scores[what], self._random[what], self._floor[what])
            for what in self._joints
        }

    def _joined(self, synthetic: Database, seed: int) -> Figures:
        """Return C2ST of the children beside each parent; folds go by the parent's rows."""
        real, found = self._train.whole, {}
        child = self._data.child
        for table, key in real.foreign_keys():
            links = real.link(table, key.name), synthetic.link(table, key.name)
            columns, above = real.columns(table), real.columns(key.parent)
            enough = min(len(link.child) for link in links) >= FEWEST
            if table != child or not columns or not above or not enough:
                continue
            few = min(np.unique(link.rows()).size for link in links) < FEW_PARENTS
            families = (real.families(table), synthetic.families(table)) if few else None
            found[f"train|joined|{table}.{key.name}"] = c2st_children(
                *links, columns, above, families=families, **self._test(seed)
            )
        return found

    def _second_parents(self, synthetic: Database) -> Figures:
        """Return how often families come back to a second parent, in train and in the other."""
        child, found = self._data.child, {}
        for path in self._train.whole.paths(child, 1):
            if path == (self._driver.name,):
                continue
            real, other = (
                (one.families(child), one.follow(child, path))
                for one in (self._train.whole, synthetic)
            )
            what = f"{child}.{path[0]}"
            found[f"both|repeats|{what}"] = repeat_share(*other)
            found[f"both|repeats of train|{what}"] = repeat_share(*real)
            found[f"both|variety|{what}"] = variety_score(real, other)
        return found

    def _whole(self, synthetic: Database, tables: Tables) -> Figures:
        """Return what the keys, the windows and the totals say."""
        checks = key_checks(self._data.metadata, tables)
        found: Figures = {"both|integrity": float(np.mean([check.holds for check in checks]))}
        real = self._train.whole
        outside = [
            outside_share(real.tables[name], synthetic.tables[name], real.columns(name)).values()
            for name in self._judged()
        ]
        found["both|outside"] = max(chain.from_iterable(outside), default=0.0)
        found |= {f"both|fact|{name}": v for name, v in self._data.facts(tables).items()}
        for table, key in real.foreign_keys():
            if key.parent == table:
                ends = real.link(table, key.name), synthetic.link(table, key.name)
                found |= _hierarchy(*ends, f"{table}.{key.name}")
        return found | {f"both|rows|{name}": float(len(f)) for name, f in tables.items()}

    def _counts(self, synthetic: Database, seed: int) -> Figures:
        columns = self._train.whole.columns(self._driver.parent)
        if not columns:
            return {}
        links = [self._driving(d) for d in (self._train.whole, self._holdout.whole, synthetic)]
        real, own = count_gains(*links, columns, seed=seed)
        kept = own / real if real >= LEAST_GAIN else None
        return {"both|count gain": own, "both|count gain of train": real, "both|kept": kept}

    def _copies(self, side: str, synthetic: Database, tables: Tables, seed: int) -> Figures:
        """Return what stands in a part of train or of the holdout; the parts are equally large."""
        data, root = self._data, self._driver.parent
        real, drawn = self._parts(seed)[side], self._driving(synthetic)
        rows = self._train.whole.columns(data.child)
        found: Figures = {
            f"{side}|copies": family_copies(real, drawn, rows),
            f"{side}|copies of 3": family_copies(real, drawn, rows, at_least=3),
            f"{side}|row copies": copy_share(_children(real), drawn.child, rows),
        }
        if data.personal:
            whole = getattr(data, side)[root]
            known = whole.sample(len(real.parent), random_state=seed)
            cells = [frame[[data.personal]].dropna() for frame in (known, tables[root])]
            found[f"{side}|personal"] = copy_share(*cells, [data.personal])
        return found

    def _distances(self, synthetic: Database, seed: int) -> Figures:
        """Return the shares of families and of rows nearer to training than to held-back ones."""
        parts, drawn = self._parts(seed), self._driving(synthetic)
        own = self._train.whole.columns(self._driver.parent)
        rows = self._train.whole.columns(self._data.child)
        children = [_children(link) for link in parts.values()]
        return {
            "both|dcr families": family_dcr(*parts.values(), drawn, own, rows, seed=seed),
            "both|dcr rows": dcr_share(*children, drawn.child, rows, seed=seed),
        }

    def _parts(self, seed: int) -> dict[str, Link]:
        """Return as many families of train as of the holdout."""
        sides = {"train": self._train.whole, "holdout": self._holdout.whole}
        links = {side: self._driving(database) for side, database in sides.items()}
        size = min(len(link.parent) for link in links.values())
        return {
            side: some_families(link, size, np.random.default_rng(seed))
            for side, link in links.items()
        }

    def _beyond(self, side: str, real: Tables, synthetic: Tables, seed: int) -> Figures:
        """Return C2ST of the roots with the columns that not all peers give."""
        data, root = self._data, self._driver.parent
        if not data.beyond:
            return {}
        columns = [*data.judged[root], *data.beyond]
        score = c2st(real[root], synthetic[root], columns, **self._test(seed))
        return {f"{side}|c2st beyond|{root}": score}

    def _test(self, seed: int) -> dict[str, Any]:
        """Return the settings of every two-sample test."""
        return {"measure": self._data.measure, "max_rows": CLASSIFIED, "seed": seed}

    def _judged(self) -> list[str]:
        """Return the tables that are synthesised and have columns."""
        real, tables = self._train.whole, self._data.metadata.tables
        return [name for name in real.tables if real.columns(name) and not tables[name].keep]

    def _driving(self, database: Database) -> Link:
        return database.link(self._data.child, self._driver.name)


def _hierarchy(real: Link, synthetic: Link, what: str) -> Figures:
    score = hierarchy_score(real, synthetic)
    return {
        f"both|depth|{what}": score.depth,
        f"both|fan-out|{what}": score.fan_out,
        f"both|in circles|{what}": score.circling[1],
    }


def _children(link: Link) -> pd.DataFrame:
    """Return the rows that have a parent."""
    return link.child[link.rows() >= 0]


def _mean(scores: Mapping[Any, float]) -> float:
    return float(np.mean(list(scores.values()))) if scores else float("nan")
