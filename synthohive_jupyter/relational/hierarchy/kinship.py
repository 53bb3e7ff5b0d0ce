"""What a key to its own table looks like in the data: which shape it has, and what tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.hierarchy.fans import FanOuts
from synthohive_jupyter.relational.hierarchy.levels import climb
from synthohive_jupyter.relational.hierarchy.replies import Candidates, Recency
from synthohive_jupyter.relational.keys.references import NULL, number_in_family
from synthohive_jupyter.relational.parents.matching import common
from synthohive_jupyter.relational.parents.telling import MOST, ROWS, coarse, gain, target

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.relational.parents.sketches import Sketch
    from synthohive_jupyter.tabular.codecs import Codes, Floats

    Positions = NDArray[np.int64]

LEVELS, REPLIES, PAIRS, FREE = SHAPES = ("levels", "replies", "pairs", "free")
"""What `SelfLink` tells apart."""
FORESTS = (LEVELS, REPLIES)
FURTHER = {False: 1, True: 3}
"""Columns of `further`, without and with families."""

_SLIPS = 0.05
"""Share of rows above which circles are no slips of the data."""
_MUTUAL = 0.95
_BUCKETS = 8
_LEAST = 0.01
_ODDS = 100.0
"""Log odds of an option with the code asked for, where children tell the column entirely."""
_FALL = 4.0
"""An ordered code that is a quarter of the range away is not alike at all."""


def shape_of(parents: Positions) -> tuple[str, Positions, Positions]:
    """Return the shape of a key, its parents without slips, and the depth of each row.

    A hierarchy may hold a few circles by mistake: their rows are taken as tops.

    Args:
        parents: Position of each row's parent, `NULL` for none; no row has itself.

    >>> shape_of(np.array([1, 0, -1]))[0], shape_of(np.array([-1, 0, 1]))[0]
    ('pairs', 'levels')
    """
    depth, far = climb(parents)
    circling, linked = far != NULL, parents != NULL
    if not circling.any():
        return LEVELS, parents, depth
    if not linked.all() and circling.sum() <= _SLIPS * linked.sum():
        cut = parents.copy()
        cut[far[circling]] = NULL
        return LEVELS, cut, climb(cut)[0]
    rows = np.flatnonzero(linked)
    mutual = float((parents[parents[rows]] == rows).mean())
    return PAIRS if mutual >= _MUTUAL else FREE, parents, np.zeros_like(depth)


def groups(parts: Sequence[Positions], rows: int) -> Positions:
    """Return one number from 0 for each tuple of codes; 0 for all rows without any."""
    if not parts:
        return np.zeros(rows, dtype=np.int64)
    return common(*((part, part[:0]) for part in parts))[0]


def further(depth: Positions, family: Positions | None = None) -> NDArray[np.int64]:
    """Return what fan-outs depend on besides columns, shape (rows, 1 or 3), see `FURTHER`.

    That is the depth; of replies also how many rows came before, and how many can still answer.

    Args:
        depth: Depth of each row.
        family: For replies the family of each row, from 0.
    """
    if family is None:
        return depth[:, None]
    rank = number_in_family(family)
    left = np.bincount(family)[family] - 1 - rank
    return np.column_stack([depth, rank, left])


def children_of(
    sketch: Sketch,
    codes: Codes,
    parents: Positions,
    depth: Positions,
    group: Positions,
    shape: str,
) -> tuple[FanOuts | None, Recency | None, bool]:
    """Return what is learnt of children.

    Args:
        sketch: All columns of rows.
        codes: Their codes, shape (rows, columns).
        parents: Position of each row's parent, `NULL` for none.
        depth: Depth of each row.
        group: Group of each row, from 0.
        shape: One of `SHAPES`.

    Returns:
        How many children rows have, how long ago the rows are that replies answer, and whether
        each of several groups has exactly one top.
    """
    linked = np.flatnonzero(parents != NULL)
    if not len(linked) or shape == PAIRS:
        return None, None, False
    counts = np.bincount(parents[linked], minlength=len(parents)).astype(np.int64)
    besides = further(depth, group if shape == REPLIES else None)
    fans = FanOuts.fit(codes, [part.ordered for part in sketch.parts], besides, counts)
    tops = np.bincount(group[parents == NULL], minlength=int(group.max()) + 1)
    alone = len(tops) > 1 and bool((tops == 1).all())
    if shape != REPLIES:
        return fans, None, alone
    candidates = Candidates.of(depth, group)
    back = candidates.back(linked, parents[linked])
    return fans, Recency.learn(back, candidates.count[linked]), alone


def most_telling(
    sketch: Sketch, codes: Codes, parents: Positions, rows: pd.DataFrame, depth: Positions
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the columns of parents that their children tell most about, and how much.

    That is the share of a column's entropy that the best column of the child explains among rows
    of the same depth, from 0 to 1. Rules come first ("of the other sex"), since what comes last is
    given up first.

    Args:
        sketch: All columns of parents.
        codes: Their codes, shape (rows, columns).
        parents: Position of each row's parent, `NULL` for none.
        rows: What is known of each row.
        depth: Depth of each row.
    """
    linked = np.flatnonzero(parents != NULL)
    linked = linked[:: -(-len(linked) // ROWS) or 1]
    known = np.minimum(depth[linked], _BUCKETS - 1)
    targets = [target(rows[name].iloc[linked]) for name in rows.columns]
    found = {}
    for place, part in enumerate(sketch.parts):
        own = coarse(codes[parents[linked], place], part.n_codes, ordered=part.ordered)
        entropy = gain(known, own, [own])
        if entropy > 0:
            told = max((gain(known, own, [each]) for each in targets), default=0.0)
            found[part.name] = min(told / entropy, 1.0)
    names = sorted(found, key=lambda name: -found[name])[:MOST]
    names = [name for name in names if found[name] >= _LEAST]
    return tuple(names), tuple(round(found[name], 6) for name in names)


def liking(
    asked: Codes, codes: Codes, telling: Floats, ordered: Sequence[bool]
) -> NDArray[np.float64]:
    """Return log odds by which rows prefer others, for what they ask for; see `replies.choose`.

    Args:
        asked: Codes that each row asks for, shape (rows, 1, columns).
        codes: Codes of its options, shape (rows, options, columns).
        telling: How much each column counts, from 0 to 1.
        ordered: Of which columns neighbouring codes are alike.
    """
    found = np.zeros(codes.shape[:2])
    for place, weight in enumerate(telling.tolist()):
        off = np.abs(codes[..., place] - asked[..., place])
        if ordered[place]:
            top = max(int(codes[..., place].max(initial=0)), 1)
            like = np.maximum(1 - _FALL * off / top, 0.0)
        else:
            like = (off == 0).astype(np.float64)
        found += _ODDS * weight * like
    return found
