"""Categories: rare levels, declared sets, order, families."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.codecs import RARE, count_families
from synthohive_jupyter.tabular.text import TextCodec
from synthohive_jupyter.tabular.transformer import TableTransformer


def fitted(cells, families=None, /, **declared):
    frame = pd.DataFrame({"x": cells})
    constraints = {"x": Constraint(**declared)} if declared else {}
    transformer = TableTransformer()
    return transformer.fit(frame, table="t", constraints=constraints, families=families), frame


def through(cells, /, **declared):
    transformer, frame = fitted(cells, **declared)
    encoded = transformer.encode(frame, np.random.default_rng(1))
    return transformer.decode(encoded, np.random.default_rng(2))["x"]


def every_code(transformer, rows=3000):
    """Return what comes out when a model draws all codes alike, those never seen too."""
    encoded = transformer.encode(pd.DataFrame({"x": [None] * rows}), np.random.default_rng(0))
    encoded.codes[:, 0] = np.arange(rows) % transformer.layout[0].n_codes
    return transformer.decode(encoded, np.random.default_rng(1))["x"]


def test_a_level_of_five_rows_is_kept_and_one_of_four_is_not():
    transformer, _ = fitted(["a"] * 50 + ["b"] * RARE + ["c"] * (RARE - 1))
    assert transformer.columns[0].codec.levels.tolist() == ["a", "b"]


def test_rare_levels_share_a_code_that_decodes_by_frequency():
    transformer, frame = fitted(["a"] * 3000 + ["b"] * 1000 + [f"rare {i}" for i in range(400)])
    codec = transformer.columns[0].codec
    assert transformer.layout[0].n_codes == 3
    assert codec.shares.tolist() == [3000 / 4400, 1000 / 4400, 400 / 4400]
    encoded = transformer.encode(frame, np.random.default_rng(0))
    assert set(encoded.codes[4000:, 0]) == {2}
    encoded.codes[:] = 2
    found = transformer.decode(encoded, np.random.default_rng(0))["x"]
    # 4400 draws with p = .75: four standard errors are .026.
    assert (found == "a").mean() == pytest.approx(0.75, abs=0.026)
    assert set(found) == {"a", "b"}


def test_a_pool_that_few_rows_share_gets_no_code():
    transformer, frame = fitted(["a"] * 50 + ["b"] * 50 + ["c"] * 2 + ["d"] * 2)
    assert transformer.layout[0].n_codes == 2
    assert set(transformer.encode(frame, np.random.default_rng(0)).codes[:, 0]) == {0, 1}


def test_levels_and_pools_are_counted_in_families():
    values = ["a"] * 40 + ["b"] * 40 + ["c"] * 40
    families = np.concatenate([np.arange(40), np.arange(40), np.repeat([1, 2, 3, 4], 10)])
    transformer, _ = fitted(values, families)
    assert transformer.columns[0].codec.levels.tolist() == ["a", "b"]
    assert transformer.layout[0].n_codes == 2
    assert count_families(np.array([0, 0, 1]), np.array([3, 3, 3]), 2).tolist() == [1, 1]


def test_declared_values_are_the_only_ones():
    values = ["new"] * 50 + ["paid"] * 30 + ["sent"] * 2 + ["oops"] * 18
    transformer, frame = fitted(values, values=("sent", "paid", "new", "lost"))
    codec = transformer.columns[0].codec
    assert codec.levels.tolist() == ["sent", "paid", "new", "lost"]
    # Declared levels are public, so two rows are enough; 'lost' was never seen, 'oops' is pooled.
    assert codec.shares.tolist() == [0.02, 0.3, 0.5, 0.0, 0.18]
    assert "oops" not in json.dumps(transformer.to_dict())
    assert set(every_code(transformer)) == {"sent", "paid", "new"}
    encoded = transformer.encode(frame, np.random.default_rng(0))
    found = transformer.decode(encoded, np.random.default_rng(0))["x"]
    assert (found[:82] == frame["x"][:82]).all()


def test_declared_values_that_nobody_has_are_drawn_alike():
    transformer, _ = fitted(["x"] * 30, values=("a", "b"))
    found = every_code(transformer)
    # 3000 draws with p = .5: four standard errors are .037.
    assert (found == "a").mean() == pytest.approx(0.5, abs=0.037)


def test_declared_values_of_numbers_come_back_as_numbers():
    found = through(pd.Series([1, 2, 2, 7] * 10), values=("1", "2"))
    assert found.dtype == "int64"
    assert set(found) == {1, 2}


def test_declared_values_of_another_type_are_an_error():
    with pytest.raises(DataError, match=r"t\.x: none of its declared values"):
        fitted([1, 2] * 9, values=("low", "high"))


def test_booleans_are_two_public_levels():
    transformer, _ = fitted([True] * 50 + [False])
    assert transformer.frequencies[0].tolist() == [1 / 51, 50 / 51]
    only, _ = fitted([True] * 50)
    assert only.layout[0].n_codes == 2
    assert set(every_code(only)) == {True}


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], ["no", "yes"], [1.0, None]])
def test_declared_booleans_of_any_type_stay_what_they_are(values):
    series = pd.Series(values * 30)
    found = through(series, dtype="bool")
    pd.testing.assert_series_equal(found, series, check_names=False)


def test_categoricals_keep_order_and_lose_levels_that_tell_of_few():
    levels = ["XL", "S", "M", "L", "unused"]
    values = pd.Categorical(["M", "S", "L"] * 9 + ["XL"], categories=levels, ordered=True)
    found = through(pd.Series(values))
    assert found.cat.categories.tolist() == ["S", "M", "L"]
    assert found.cat.ordered


def test_declared_values_keep_all_levels_of_a_categorical():
    values = pd.Series(pd.Categorical(["M", "S"] * 9, categories=["S", "M", "L"]))
    found = through(values, values=("S", "M", "L"))
    assert found.dtype == values.dtype


def test_many_levels_are_embedded_by_threshold_or_declaration():
    frame = pd.DataFrame({"many": [f"c{i % 60}" for i in range(600)], "few": ["a", "b"] * 300})
    frame["number"] = np.random.default_rng(0).normal(size=600)
    transformer = TableTransformer().fit(frame, table="t")
    assert [column.embedded for column in transformer.layout] == [True, False, False]
    transformer.fit(frame, table="t", high_cardinality=["few", "number"], embedding_threshold=99)
    assert [column.embedded for column in transformer.layout] == [False, True, False]


def test_columns_of_mostly_unique_text_become_text_and_declared_ones_stay_categories():
    values = ["Smith"] * 40 + [f"name {i}" for i in range(60)]
    assert isinstance(fitted(values)[0].columns[0].codec, TextCodec)
    declared = fitted(values, dtype="cat")[0].columns[0].codec
    assert isinstance(declared, CategoryCodec)
    assert declared.levels.tolist() == ["Smith"]


def test_levels_of_which_all_are_rare_become_text_or_numbers():
    texts = [f"{i:04d}" for i in range(100)]
    assert isinstance(fitted(texts, dtype="cat")[0].columns[0].codec, TextCodec)
    numbers = fitted(np.arange(100) * 1.5, dtype="cat")[0]
    assert numbers.layout[0].scalar_codes


def test_unknown_levels_are_taken_for_rare_ones_or_drawn():
    pooled, _ = fitted(["a"] * 50 + [f"rare {i}" for i in range(9)])
    plain, _ = fitted(["a", "b"] * 50)
    unknown = pd.DataFrame({"x": ["?"] * 100})
    assert set(pooled.encode(unknown, np.random.default_rng(0)).codes[:, 0]) == {1}
    assert set(plain.encode(unknown, np.random.default_rng(0)).codes[:, 0]) == {0, 1}


@pytest.mark.parametrize(
    "record",
    [
        {"form": "text", "levels": ["a", "a"], "shares": [0.5, 0.5]},
        {"form": "text", "levels": ["a", 1], "shares": [0.5, 0.5]},
        {"form": "bool", "levels": ["a"], "shares": [1.0]},
        {"form": "whole", "levels": [2**64], "shares": [1.0]},
        {"form": "float", "levels": [1.0], "shares": [0.1, 0.1, 0.8]},
        {"form": "text", "levels": [], "shares": [1.0]},
        {"form": "text", "levels": ["a"], "shares": [0.0, 1.0]},
        {"form": "text", "levels": ["a"], "shares": [2.0]},
        {"form": "other", "levels": ["a"], "shares": [1.0]},
    ],
)
def test_damaged_levels_are_refused(record):
    with pytest.raises(ModelFileError):
        CategoryCodec.from_dict(record)
