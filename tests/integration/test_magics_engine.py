"""The magic with data in an engine: Spark frames, temp views, paths, and writing."""

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.io.frames import from_pandas, is_spark, to_pandas
from synthohive_jupyter.io.spark import SparkIO
from synthohive_jupyter.models import registry
from tests.fakes import ResamplingModel
from tests.shells import loaded_shell
from tests.shop import CELL, make_shop

pytestmark = pytest.mark.engine

SHOP = make_shop(40)


@pytest.fixture
def shell(monkeypatch, engine):
    monkeypatch.setattr(registry, "model_class", lambda _name: ResamplingModel)
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    with loaded_shell(spark=engine.spark) as ip:
        assert "Spark session: 'spark' of the notebook" in ip.greeting
        yield ip


def run(shell, source):
    with capture_output(display=False) as captured:
        outcome = shell.run_cell(source)
    assert outcome.error_in_exec is None, captured.stdout
    return captured.stdout, outcome.result


def fit(shell, options="", cell=CELL):
    return run(shell, f"%%synthohive fit --epochs 1 --seed 7 {options}\n{cell}")[1]


def test_spark_frames_in_spark_frames_out_and_the_rows_are_those_of_pandas(shell, engine):
    shell.user_ns.update(SHOP.tables())
    from_frames = fit(shell)
    shell.user_ns.update({n: from_pandas(f, engine.spark) for n, f in SHOP.tables().items()})
    made = fit(shell)
    assert all(is_spark(made[table]) for table in made)
    assert made.report.valid
    assert made.orders.count() == len(made.pandas["orders"])
    assert len(made.users.columns) == len(from_frames.users.columns)
    assert len(made.pandas["users"]) == len(from_frames.users)


def test_check_names_the_engine(shell, engine):
    shell.user_ns.update({n: from_pandas(f, engine.spark) for n, f in SHOP.tables().items()})
    shown, report = run(shell, f"%%synthohive check\n{CELL}")
    assert report.engine != "pandas"
    assert report.engine in shown
    assert "user_id → users.id: 100 % found" in shown


def test_temp_views_are_found_by_name(shell, engine):
    for name, frame in SHOP.tables().items():
        from_pandas(frame, engine.spark).createOrReplaceTempView(name)
    try:
        assert len(fit(shell).pandas["users"]) == len(SHOP.users)
    finally:
        for name in SHOP.tables():
            engine.spark.catalog.dropTempView(name)


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_write_and_read_back_by_path(shell, engine, tmp_path, kind):
    shell.user_ns.update(SHOP.tables())
    made = fit(shell, f"--write {kind}:{tmp_path}/out -o shop")
    written = to_pandas(SparkIO(engine.spark).read_dataset(tmp_path / "out" / "users"))
    assert sorted(written["id"]) == sorted(made.users["id"])
    assert made.report.state["tables"]["users"]["written"] == kind
    cell = "".join(
        f'{name}: id pk\n  @data "{tmp_path}/out/{name}"\n' for name in ("users", "products")
    )
    for name in SHOP.tables():
        del shell.user_ns[name]
    assert len(fit(shell, cell=cell).pandas["users"]) == len(SHOP.users)


def test_a_path_where_nothing_is_gets_a_place_in_the_cell(shell, tmp_path):
    with capture_output(display=False) as captured:
        shell.run_cell(f'%%synthohive check\nusers: id pk\n  @data "{tmp_path}/nothing"')
    assert "SchemaError: cell line 3" in captured.stdout
    assert "not found" in captured.stdout


def test_results_write_and_give_spark_frames(shell, engine, tmp_path):
    shell.user_ns.update(SHOP.tables())
    shop = fit(shell, "-o shop")
    places = shop.to_parquet(tmp_path / "copy")
    assert set(places) == set(shop)
    frame = shop.spark["orders"]
    assert is_spark(frame)
    assert shop.spark["orders"] is frame
    assert frame.count() == len(shop.orders)
    again = to_pandas(SparkIO(engine.spark).read_dataset(places["orders"]))
    key = again.sort_values("id", ignore_index=True)["user_id"]
    pd.testing.assert_series_equal(key, shop.orders["user_id"], check_dtype=False)


def test_a_session_that_is_none_is_told(shell):
    shell.user_ns.update(SHOP.tables(), other=3)
    with capture_output(display=False) as captured:
        shell.run_cell(f"%%synthohive fit --spark other --write csv:x\n{CELL}")
    assert "SessionError: 'other' is of type int, not a Spark session" in captured.stdout
    assert "Traceback" not in captured.stdout
