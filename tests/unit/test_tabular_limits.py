"""Declared ranges and sets that the data does not keep to: nothing piles up, nothing breaks."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 4000


def rng(seed=0):
    return np.random.default_rng(seed)


def through(frame, numbers, **constraint):
    constraints = {"x": Constraint(**constraint)}
    transformer = TableTransformer().fit(frame, table="t", constraints=constraints, numbers=numbers)
    again = TableTransformer.from_dict(json.loads(json.dumps(transformer.to_dict())))
    encoded = transformer.encode(frame, rng())
    assert (again.encode(frame, rng()).codes == encoded.codes).all()
    shares = np.bincount(encoded.codes[:, 0], minlength=transformer.layout[0].n_codes) / len(frame)
    # Modes are drawn: a share has a deviation of at most .5 / sqrt(4000) = .008.
    assert shares == pytest.approx(transformer.frequencies[0], abs=0.04)
    return transformer.decode(encoded, rng())["x"]


@pytest.mark.parametrize("numbers", ["mixture", "cells"])
@pytest.mark.parametrize("kind", ["float", "cents", "int", "days"])
def test_rows_outside_the_range_do_not_pile_up_at_its_ends(kind, numbers):
    values = rng().normal(50, 20, ROWS)
    made = {
        "float": values,
        "cents": values.round(2),
        "int": values.round().astype(int),
        "days": np.datetime64("2024-01-01", "s") + values.round().astype(int) * 86_400,
    }[kind]
    low, high = (30, 60) if kind != "days" else ("2024-01-31", "2024-03-01")
    frame = pd.DataFrame({"x": made})
    found = through(frame, numbers, min=low, max=high)
    inside = frame["x"].between(pd.Timestamp(low), pd.Timestamp(high)) if kind == "days" else (
        frame["x"].between(low, high)
    )  # fmt: skip
    assert 0.3 < inside.mean() < 0.6
    kept = frame["x"][inside]
    assert found[inside].between(kept.min(), kept.max()).all()
    assert ((found >= low) & (found <= high)).all()
    # 16 % of the rows are below and 31 % above: clipped, the ends would have these shares.
    for end in (kept.min(), kept.max()):
        assert (found == end).mean() == pytest.approx((kept == end).mean(), abs=0.02)
    # The law inside is that of the rows inside; quartiles have a deviation of about .3.
    real, synthetic = (s.astype("int64") / 86_400 if kind == "days" else s for s in (kept, found))
    for share in (0.25, 0.5, 0.75):
        assert synthetic.quantile(share) == pytest.approx(real.quantile(share), abs=1.5)


def test_what_a_row_outside_draws_does_not_depend_on_the_rows_after_it():
    frame = pd.DataFrame({"x": rng().normal(50, 20, 500)})
    constraints = {"x": Constraint(max=55)}
    for numbers in ("mixture", "cells"):
        transformer = TableTransformer().fit(
            frame, table="t", constraints=constraints, numbers=numbers
        )
        whole, part = (transformer.encode(one, rng(3)) for one in (frame, frame[:90]))
        assert (whole.codes[:90] == part.codes).all()
        assert (whole.scalars[:90] == part.scalars).all()


def test_a_range_without_any_row_still_holds():
    frame = pd.DataFrame({"x": rng().normal(50, 20, 300)})
    found = through(frame, "cells", min=1000, max=2000)
    assert found.between(1000, 2000).all()


@pytest.mark.parametrize("values", [("new", "paid", "gone", "never"), ("never", "new", "paid")])
def test_members_of_a_set_that_never_occur_are_not_drawn(values):
    frame = pd.DataFrame({"x": rng().choice(["new", "paid", "other"], ROWS, p=[0.6, 0.3, 0.1])})
    transformer = TableTransformer().fit(
        frame, table="t", constraints={"x": Constraint(values=values)}
    )
    (layout,) = transformer.layout
    encoded = transformer.encode(frame, rng())
    # A model may draw any code.
    encoded.codes[:, 0] = rng().integers(0, layout.n_codes, ROWS)
    found = transformer.decode(encoded, rng())["x"]
    assert set(found) == {"new", "paid"}
