"""Scripts of `%synthohive code` and written results, with data in an engine."""

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.io.frames import from_pandas, to_pandas
from synthohive_jupyter.io.spark import SparkIO
from tests.shells import loaded_shell
from tests.shop import CELL, make_shop

pytestmark = pytest.mark.engine

SHOP = make_shop(40)


@pytest.fixture
def shell(monkeypatch, engine):
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    with loaded_shell(spark=engine.spark) as ip:
        yield ip


def run(shell, source):
    with capture_output():
        outcome = shell.run_cell(source)
    outcome.raise_error()
    return outcome.result


def fit(shell, options="", cell=CELL):
    return run(shell, f"%%synthohive fit --model tree --seed 7 {options}\n{cell}")


def test_spark_frames_and_paths_are_read_by_the_script(shell, engine, tmp_path):
    for name, frame in SHOP.tables().items():
        frame.to_parquet(tmp_path / f"{name}.parquet", coerce_timestamps="us")
        if name != "users":
            shell.user_ns[name] = from_pandas(frame, engine.spark)
    place = tmp_path / "users.parquet"
    cell = CELL.replace("products:", f'  @data "{place}"\nproducts:', 1)
    made = fit(shell, f"-o shop --write parquet:{tmp_path}/cell", cell=cell)
    script = str(run(shell, "%synthohive code"))
    assert '"orders": "./orders.parquet",  # variable orders' in script
    assert f'"users": "{place}",  # read by Spark' in script
    script = script.replace(f"{tmp_path}/cell", f"{tmp_path}/script")
    script += 'for table, frame in shop.items():\n    frame.to_pickle(table + ".made")\n'
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, frame in made.pandas.items():
        pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / f"{name}.made"), frame)
        parts = [pd.read_parquet(tmp_path / side / name) for side in ("cell", "script")]
        pd.testing.assert_frame_equal(*parts)


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_results_are_written_where_they_are_told(shell, engine, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HOME", str(tmp_path))
    shell.user_ns.update(SHOP.tables())
    shop = fit(shell, "-o shop")
    for _ in range(2):  # what lies there is replaced
        written = getattr(shop, f"to_{kind}")(Path("~/lake") / kind)
    assert list(written) == list(shop)
    storage = SparkIO(engine.spark)
    for name, place in written.items():
        assert len(to_pandas(storage.read_dataset(place))) == len(shop[name])
        assert (tmp_path / "lake" / kind / name).is_dir()
    assert f"~/lake/{kind}/users" in repr(written)


def test_what_is_no_data_set_is_never_replaced(shell, tmp_path):
    shell.user_ns.update(SHOP.tables())
    shop = fit(shell)
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "thesis.txt").write_text("years of work")
    with pytest.raises(StorageError):
        shop.to_parquet(tmp_path)
    assert (tmp_path / "users" / "thesis.txt").read_text() == "years of work"


def test_what_the_pages_say_of_results_works(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell.user_ns.update(SHOP.tables())
    fit(shell, "-o shop")
    page = files("synthohive_jupyter.notebook.help") / "pages" / "topics" / "results.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for line in "".join(examples).splitlines():
        run(shell, line)
    assert (tmp_path / "synthetic" / "users").is_dir()
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`shop\.(\w+)", readme) if name != "model"}
    assert {"users", "report", "losses", "to_delta"} <= named <= set(dir(shell.user_ns["shop"]))
    line = re.search(r"`%(synthohive generate shop [^`]*)`", readme)[1]
    run(shell, f"%{line.replace('100000', '90')}")
    assert len(shell.user_ns["big"].users) == 90
