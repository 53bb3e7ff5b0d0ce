"""What every model class promises to the engine: fit, sample, files, context, events."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import (
    DataError,
    SchemaError,
)
from synthohive_jupyter.models.base import BLOCK_ROWS, ConditionalGenerativeModel
from tests.contract.cases import LEARNING, digest


def test_it_is_a_model_with_a_kind(model_cls):
    assert issubclass(model_cls, ConditionalGenerativeModel)
    assert model_cls.kind


def test_columns_order_and_types_come_back(make, orders):
    sample = make().fit(orders, table_name="orders").sample(40, seed=1)
    assert list(sample.columns) == list(orders.columns)
    assert sample.dtypes.to_dict() == orders.dtypes.to_dict()
    assert len(sample) == 40
    assert sample.index.equals(pd.RangeIndex(40))
    assert sample["note"].isna().all()


def test_constraints_hold_and_checks_need_no_mending(make, orders):
    model = make().fit(orders, table_name="orders")
    sample = model.sample(2000, seed=1)
    assert sample["total"].between(10, 60).all()
    assert set(sample["status"]) <= {"new", "paid"}
    assert (sample["placed"] <= sample["shipped"]).all()
    free = model.sample(2000, seed=1, enforce_constraints=False)
    # The order of two columns holds by how they are coded: no model has to learn it.
    assert (free["placed"] <= free["shipped"]).all()


def test_no_rows_have_the_right_columns_and_types(make, orders, context):
    plain = make().fit(orders, table_name="orders").sample(0)
    given = make().fit(orders, context, table_name="orders").sample(0, context[:0])
    for empty in (plain, given):
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == orders.dtypes.to_dict()


def test_one_seed_one_result(make, orders, context):
    first, second = (make().fit(orders, context, table_name="orders", seed=5) for _ in range(2))
    assert digest(first.sample(150, context, seed=1)) == digest(second.sample(150, context, seed=1))
    assert digest(first.sample(150, context, seed=1)) != digest(first.sample(150, context, seed=2))


def test_the_first_rows_do_not_depend_on_how_many_follow(make, orders):
    model = make().fit(orders, table_name="orders")
    many = model.sample(BLOCK_ROWS + 10, seed=3)
    for few in (1, 7, BLOCK_ROWS, BLOCK_ROWS + 1):
        assert model.sample(few, seed=3).equals(many[:few])


def test_blocks_together_are_the_sample(make, orders, context):
    model = make(epochs=1).fit(orders, context, table_name="orders")
    given = context.iloc[np.arange(2 * BLOCK_ROWS + 10) % len(context)]
    blocks = list(model.sample_blocks(len(given), given, seed=3))
    assert [len(block) for block in blocks] == [BLOCK_ROWS, BLOCK_ROWS, 10]
    assert pd.concat(blocks, ignore_index=True).equals(model.sample(len(given), given, seed=3))


def test_unknown_parameters_and_tables_are_named(model_cls, make, metadata, orders):
    with pytest.raises(TypeError, match="'batchsize'; did you mean 'batch_size'"):
        model_cls(metadata, batchsize=3)
    with pytest.raises(SchemaError, match="'order'"):
        make().fit(orders, table_name="order")


def test_a_context_is_checked(make, orders, context):
    with pytest.raises(DataError, match="149"):
        make().fit(orders, context[:149], table_name="orders")
    model = make().fit(orders, context, table_name="orders")
    with pytest.raises(DataError, match=r"orders: .*context"):
        model.sample(5)
    with pytest.raises(DataError, match="__ctx__age"):
        model.sample(5, context[["__ctx__region"]][:5])
    with pytest.raises(DataError, match="4"):
        model.sample(5, context[:4])


def test_the_index_and_the_column_order_of_a_context_do_not_matter(make, orders, context):
    model = make().fit(orders, context, table_name="orders")
    wanted = model.sample(150, context, seed=1)
    turned = context[context.columns[::-1]].set_index(np.arange(150)[::-1] * 7)
    assert model.sample(150, turned, seed=1).equals(wanted)


def test_a_context_steers_the_rows_and_so_do_its_nulls(model_cls, metadata):
    rng = np.random.default_rng(0)
    region = pd.DataFrame({"region": rng.choice(["north", "south", None], 600)})
    usual = region["region"].map({"north": "ski", "south": "swim"}).fillna("walk")
    plan = np.where(rng.random(600) < 0.05, rng.choice(["ski", "swim", "walk"], 600), usual)
    model = model_cls(metadata, **LEARNING[model_cls])
    model.fit(pd.DataFrame({"plan": plan}), region, table_name="users")
    sample = model.sample(600, region, seed=1)
    right = (sample["plan"] == usual).groupby(region["region"].fillna("none")).mean()
    # In the data .97; a model that does not look would have .33.
    assert (right > 0.75).all()


def test_no_value_of_a_cell_is_in_the_events(make, orders):
    events = []
    marked = orders.assign(city=[f"SECRET{i}" for i in range(len(orders))])
    make().fit(marked, table_name="orders", on_event=events.append)
    assert "SECRET" not in str([event.to_dict() for event in events])
