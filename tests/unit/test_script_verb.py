"""``%synthohive code``: the script that does the same as a cell, byte for byte."""

import ast
import subprocess
import sys

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.notebook.options import WriteTarget
from synthohive_jupyter.notebook.pycode import call, literal
from synthohive_jupyter.notebook.recipe import Recipe, Source
from synthohive_jupyter.notebook.script import Script, script_of
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.schema.metadata import Constraint, Metadata
from tests.hostile import HOSTILE
from tests.shells import loaded_shell
from tests.shop import CELL, make_shop

SHOP = make_shop(60)

EVERYTHING = """\
users:       id pk, email pii(fake:email), ssn pii(mask), region cat {north, south, east}, age int[18..110]
  @rows 50
products:    id pk, category cat, price float[0..999]
  @keep
orders:      id pk, user_id -> users.id?, status cat, placed_at datetime[2020-01-01..], total float[0..]
  @data    purchases
  @linkage negbinom [0..40]
  @context users.region
  @order   placed_at
  @strict
order_items: id pk, order_id -> orders.id, product_id -> products.id, quantity int high, unit_price float[0..]
  @driver  order_id
  @context none
  @order   none
  @model   tree
  @check   quantity <= unit_price
"""


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    items = SHOP.order_items.assign(unit_price=SHOP.order_items["unit_price"] + 5)
    frames = {**SHOP.tables(), "purchases": SHOP.orders, "order_items": items}
    with loaded_shell(**frames) as ip:
        yield ip


def run(shell, line, cell=None):
    source = f"%synthohive {line}" if cell is None else f"%%synthohive {line}\n{cell}"
    with capture_output():
        outcome = shell.run_cell(source)
    outcome.raise_error()
    return outcome.result


def executed(script, folder, tables, name):
    """Run a script in a process of its own; return its tables."""
    for variable, frame in tables.items():
        frame.to_parquet(folder / f"{variable}.parquet")
    lines = [
        str(script),
        f"for table, frame in {name}.items():",
        "    frame.to_pickle(table + '.made')",
    ]
    (folder / "script.py").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(  # noqa: PLW1510 - looked at below
        [sys.executable, "-W", "error", "script.py"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {path.stem: pd.read_pickle(path) for path in folder.glob("*.made")}


# The same rows


@pytest.mark.parametrize(
    ("line", "again", "cell"),
    [
        ("--model tree -o shop", "generate shop --rows users=33,products=9 --seed 5 -o more", CELL),
        ("--model tree --scale 0.5 --epochs 2 --batch-size 77 -o shop", None, EVERYTHING),
    ],
)
def test_the_script_makes_the_rows_of_the_cell(shell, tmp_path, line, again, cell):
    made = run(shell, f"fit {line}", cell)
    if again is not None:
        made = run(shell, again)
    script = run(shell, "code")
    variables = ("users", "products", "orders", "order_items", "purchases")
    tables = {name: shell.user_ns[name] for name in variables}
    found = executed(script, tmp_path, tables, "more" if again else "shop")
    assert found.keys() == set(made)
    for name, frame in made.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_a_cell_can_be_written_as_a_script_without_being_run(shell):
    written = run(shell, "code --model tree --seed 7 --into made -o shop", CELL)
    assert "shop" not in shell.user_ns
    run(shell, "fit --model tree --seed 7 --into made -o shop", CELL)
    assert str(run(shell, "code shop")) == str(written)
    assert str(run(shell, "code")) == str(written)
    assert 'made_orders = shop["orders"]' in str(written)
    assert (
        "seed"
        not in str(run(shell, "code", CELL))
        .split("synthesizer.fit")[1]
        .split("\n")[0]
        .split("#")[0]
    )


def test_without_a_run_there_is_nothing_to_write(shell):
    with capture_output(display=False) as captured:
        shell.run_cell("%synthohive code")
    assert (
        "CommandError: 'code' writes the script of a run, and there is none yet" in captured.stdout
    )


# Everything that a description can say


def recipe(metadata, privacy=PrivacyConfig(), **more):  # noqa: B008 - frozen
    sources = {name: Source("pandas", f"v{i}") for i, name in enumerate(metadata.tables)}
    told = {
        "sources": sources,
        "model": "auto",
        "epochs": 3,
        "batch_size": 9,
        "seed": 1,
        "rows": {},
    }
    return Recipe(metadata, privacy, **(told | more))


def described(script):
    """Return the description and the rules that a script builds, without fitting anything."""
    tree = ast.parse(str(script))
    known = [part for part in tree.body if not _works(part)]
    names = {}
    exec(compile(ast.Module(known, []), "script", "exec"), names)
    return names["metadata"], names.get("privacy", PrivacyConfig())


def _works(part):
    text = ast.unparse(part)
    return any(word in text for word in ("synthesizer", "Synthesizer(", "read_parquet", "tables"))


@pytest.mark.parametrize("cell", [CELL, EVERYTHING.replace("@rows 50", "@together region, age")])
def test_a_cell_comes_back_whole(cell):
    compiled = compile_cell(cell)
    metadata, privacy = described(script_of(recipe(compiled.metadata, compiled.privacy)))
    assert metadata == compiled.metadata
    assert privacy == compiled.privacy


def test_rules_that_are_more_than_a_word():
    metadata = Metadata()
    metadata.add_table("a.b", pk="id", pii_cols=["c", "d"])
    rules = {("a.b", "c"): PiiRule("mask", keep_last=4), ("a.b", "d"): "fake:name"}
    privacy = PrivacyConfig(rules, locale="fr_FR")
    script = script_of(recipe(metadata, privacy))
    assert "import Metadata, PiiRule, PrivacyConfig, Synthesizer" in str(script)
    assert described(script) == (metadata, privacy)
    assert "rivacy" not in str(script_of(recipe(metadata)))


def test_hostile_names_are_text_and_nothing_else():
    metadata = Metadata()
    for name in HOSTILE:
        metadata.add_table(
            name or "x",
            pk=name,
            constraints={name: Constraint("cat", values=(name,))},
            columns=[name],
        )
    rules = {(name or "x", name): PiiRule("keep") for name in HOSTILE}
    sources = {name: Source("place", name) for name in metadata.tables}
    script = script_of(recipe(metadata, PrivacyConfig(rules), sources=sources, into="made"))
    found, privacy = described(script)
    assert found == metadata
    assert privacy == PrivacyConfig(rules)
    assert all(c.isprintable() or c == "\n" for c in str(script))
    calls = {
        ast.unparse(n.func) for n in ast.walk(ast.parse(str(script))) if isinstance(n, ast.Call)
    }
    assert calls == {
        "Metadata", "metadata.add_table", "PrivacyConfig", "Synthesizer", "synthesizer.fit",
        "synthesizer.sample",
    }  # fmt: skip


def test_places_and_spark_frames_are_read_by_the_package():
    metadata = Metadata()
    for name in ("a", "b", "c"):
        metadata.add_table(name, pk="id")
    sources = {
        "a": Source("pandas", "frame"), "b": Source("spark", "lake"), "c": Source("place", "db.c"),
    }  # fmt: skip
    text = str(script_of(recipe(metadata, sources=sources)))
    assert '"a": pd.read_parquet("./frame.parquet"),  # variable frame' in text
    assert '"b": "./lake.parquet",  # variable lake' in text
    assert '"c": "db.c",  # read by Spark' in text
    assert "pandas" not in str(script_of(recipe(metadata, sources={"c": sources["c"]})))


@pytest.mark.parametrize("name", ["synthesizer", "places", "class"])
def test_names_that_the_script_needs_itself_are_left_to_it(name):
    more = {"out": name, "write": WriteTarget("csv", "x")}
    text = str(script_of(recipe(compile_cell(CELL).metadata, **more)))
    ast.parse(text)
    assert "tables = synthesizer.sample(scale=1.0)" in text
    assert "in tables.items():" in text


def test_what_was_written_is_written():
    metadata = compile_cell(CELL).metadata
    more = {"write": WriteTarget("delta", "lake/shop/"), "out": "shop"}
    text = str(script_of(recipe(metadata, **more)))
    assert '"order_items": "lake/shop/order_items",' in text
    assert text.endswith(
        "for table, frame in shop.items():\n"
        '    storage.write_pandas(frame, places[table], format="delta")\n'
    )


# The text


def test_scripts_are_laid_out_as_formatters_would(tmp_path):
    compiled = compile_cell(EVERYTHING)
    more = {"write": WriteTarget("csv", "x"), "into": "made", "rows": {"users": 5}}
    (tmp_path / "made.py").write_text(
        str(script_of(recipe(compiled.metadata, compiled.privacy, **more)))
    )
    done = subprocess.run(  # noqa: PLW1510 - looked at below
        [sys.executable, "-m", "ruff", "format", "--diff", "--isolated", "made.py"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_notebook_shows_it_in_colours_and_no_name_ends_the_block():
    script = Script('x = "````"\n')
    bundle = script._repr_mimebundle_()
    assert bundle["text/plain"] == str(script) == repr(script)
    assert bundle["text/markdown"] == '`````python\nx = "````"\n`````'


@pytest.mark.parametrize("text", [*HOSTILE, "it's", 'say "x"', "both ' and \"", "\\", "\ud800"])
def test_literals_are_read_back(text):
    for value in (text, (text,), [text, 1], {text: {text: None}}, {(text, text): 2.5}, (), {}, []):
        assert ast.literal_eval(literal(value)) == value
        assert ast.literal_eval(literal(value, used=80)) == value
    assert literal("it's a word") == '"it\'s a word"'
    assert call("f", {"a": 1}, "x") == 'f("x", a=1)'
