"""The bound itself: sampling error alone keeps it, and a small systematic error does not."""

import numpy as np
import pandas as pd
import pytest

from tests.known_truth.laws import ALPHA, View, counted, ratios, truth_of, worst

TRUTH = {"a": {0: 0.5, 1: 0.45, 2: 0.05}, "b": {0: 0.01, 1: 0.99}}
P = np.array([[0.5, 0.45, 0.05, 0.0], [0.01, 0.99, 0.0, 0.0]])
VIEW = View("two cells", TRUTH, lambda tables: tables["t"])


def multinomial(rng, n, p):
    return np.array([rng.multinomial(n, cell) for cell in p]).astype(float)


def test_sampling_error_alone_keeps_the_bound():
    rng, times = np.random.default_rng(0), 3000
    broken = 0
    for _ in range(times):
        learnt, made = multinomial(rng, 400, P), multinomial(rng, 900, P)
        broken += np.abs(ratios(P, made, learnt, learning=0.0)).max() > 1
    # At most one in a thousand is expected, Bernstein's inequality being generous.
    assert broken / times <= 3 * ALPHA


@pytest.mark.parametrize("shift", [0.15, -0.15])
def test_a_systematic_error_breaks_it(shift):
    rng = np.random.default_rng(1)
    wrong = P + np.array([[shift, -shift, 0, 0], [0, 0, 0, 0]])
    made, learnt = multinomial(rng, 3000, wrong), multinomial(rng, 3000, P)
    assert worst(VIEW, made, learnt, learning=0.03) > 1
    assert worst(VIEW, made, learnt, learning=0.16) < 1


def test_an_outcome_that_cannot_be_and_a_cell_without_rows_break_it():
    learnt = multinomial(np.random.default_rng(2), 500, P)
    strange = learnt.copy()
    strange[0, 3] += 60
    assert worst(VIEW, strange, learnt, learning=0.03) > 1
    few = learnt.copy()
    few[1] *= 0.01
    assert worst(VIEW, few, learnt, learning=0.03) == float("inf")


def test_counting_knows_cells_and_outcomes():
    assert (truth_of(VIEW) == P).all()
    rows = pd.DataFrame({"g": ["a", "a", "b", "a"], "outcome": [0, 2, 1, 7]})
    assert counted(VIEW, {"t": rows}).tolist() == [[1, 0, 1, 1], [0, 1, 0, 0]]
    with pytest.raises(AssertionError, match="does not know"):
        counted(VIEW, {"t": rows.assign(g="c")})
