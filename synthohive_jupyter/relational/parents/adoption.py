"""Adoption: generated parents take over what their rows say of them.

What rows say is joint with all else that the model knows; the parents were drawn without it. So a
parent becomes what most of its rows ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from synthohive_jupyter.relational.parents.placing import Offers, Rows
    from synthohive_jupyter.relational.parents.sketches import Sketch
    from synthohive_jupyter.tabular.codecs import Codes, Integers


def adopted(
    sketch: Sketch,
    rows: Rows,
    offers: Offers,
    positions: Integers,
    parents: pd.DataFrame,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the parents that differ from what most of their rows say, as these say.

    Args:
        sketch: What rows say.
        rows: The rows.
        offers: The parents' own codes.
        positions: Parent of each row, negative for nobody.
        parents: Columns of all parents.
        rng: Draws values inside ranges.

    Returns:
        The columns of the sketch, indexed by the positions of the parents that changed; a cell
        that agreed already keeps its value.
    """
    speaks = rows.speakers()
    asked = offers.codes.copy()
    for column in range(asked.shape[1]):
        _vote(positions, rows.codes[speaks, column], asked[:, column])
    differs = asked != offers.codes
    changed = np.flatnonzero(differs.any(axis=1))
    kept = parents.iloc[changed][list(sketch.columns)].set_axis(pd.Index(changed))
    values = sketch.values(asked[changed], rng).set_axis(kept.index)
    for place, name in enumerate(sketch.columns):
        same = ~differs[changed, place]
        values[name] = values[name].mask(same, kept[name]).astype(kept[name].dtype)
    return values


def moved(rows: Rows, offers: Offers, positions: Integers) -> pd.Series[Any]:
    """Return the label that most rows of a parent want, where it has another, by its position."""
    asked = offers.label.copy()
    _vote(positions, rows.same[rows.speakers()], asked)
    changed = np.flatnonzero(asked != offers.label)
    return pd.Series(asked[changed], index=pd.Index(changed))


def _vote(parent: Integers, codes: Codes | Integers, chosen: Codes | Integers) -> None:
    """Write for each parent the code that most of its rows have; negative ones do not count."""
    known = (codes >= 0) & (parent >= 0)
    width = int(codes.max(initial=0)) + 1
    pairs, number = np.unique(
        parent[known] * width + codes[known].astype(np.int64), return_counts=True
    )
    # Of each parent the last one, which is the most frequent, is what stays.
    order = np.lexsort((pairs, number))
    chosen[pairs[order] // width] = pairs[order] % width
