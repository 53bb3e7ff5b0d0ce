"""The magic in a real InteractiveShell, with a model that fits in microseconds."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.errors import CommandError, SchemaError
from synthohive_jupyter.events import CancelToken, EpochEnded
from synthohive_jupyter.io.frames import is_spark
from synthohive_jupyter.models import registry
from synthohive_jupyter.notebook.arguments import read_options, split
from synthohive_jupyter.notebook.display import choose
from synthohive_jupyter.notebook.feed import Feed
from synthohive_jupyter.notebook.interpolate import interpolate
from synthohive_jupyter.notebook.interrupt import stop_on_interrupt
from synthohive_jupyter.notebook.magics import SynthoHiveMagics
from synthohive_jupyter.notebook.options import VERBS, Options, WriteTarget
from synthohive_jupyter.notebook.result import SyntheticResult
from synthohive_jupyter.notebook.verbs import check
from synthohive_jupyter.notebook.verbs.table import FUNCTIONS
from tests.fakes import ResamplingModel
from tests.shells import loaded_shell
from tests.shop import CELL, make_shop

PARSER = SynthoHiveMagics.synthohive.parser
SHOP = make_shop(40)


@pytest.fixture
def shell(monkeypatch):
    """A shell with the extension, the shop's frames, and the quick model."""
    monkeypatch.setattr(registry, "model_class", lambda _name: ResamplingModel)
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    with loaded_shell(**SHOP.tables()) as ip:
        yield ip


def run(shell, line, cell=None):
    """Run a cell as a user does; return what it shows and the error, if there is one."""
    source = f"%synthohive {line}" if cell is None else f"%%synthohive {line}\n{cell}"
    with capture_output(display=False) as captured:
        outcome = shell.run_cell(source)
    return captured.stdout, outcome


def options(line):
    return read_options(PARSER, split(line))


# Loading


def test_loading_says_one_line_and_a_second_time_nothing(shell):
    with capture_output() as again:
        shell.run_line_magic("load_ext", "synthohive_jupyter")
        shell.run_line_magic("reload_ext", "synthohive_jupyter")
    lines = again.stdout.strip().splitlines()
    assert lines[0].startswith("The synthohive_jupyter extension is already loaded")
    assert lines[-1].endswith("%synthohive help")
    assert "embedded engine" in lines[-1]
    assert len([c for c in shell.configurables if isinstance(c, SynthoHiveMagics)]) == 1


def test_unloading_restores_everything(shell):
    shell.run_line_magic("unload_ext", "synthohive_jupyter")
    assert shell.find_magic("synthohive") is None
    assert shell.find_cell_magic("synthohive") is None
    assert not [c for c in shell.configurables if type(c).__name__ == "SynthoHiveMagics"]
    assert "SynthoHiveMagics" not in shell.magics_manager.registry
    with capture_output():
        shell.run_line_magic("load_ext", "synthohive_jupyter")
    assert shell.find_magic("synthohive") is not None


def test_unloading_gives_back_a_magic_of_the_same_name(shell):
    shell.run_line_magic("unload_ext", "synthohive_jupyter")
    shell.register_magic_function(lambda line: f"mine {line}", magic_name="synthohive")
    with capture_output():
        shell.run_line_magic("load_ext", "synthohive_jupyter")
    shell.run_line_magic("unload_ext", "synthohive_jupyter")
    assert shell.run_line_magic("synthohive", "x") == "mine x"


def test_loading_is_light():
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'synthohive_jupyter')\n"
        "heavy = {'torch', 'pyspark', 'pandas', 'numpy', 'anywidget', 'ipywidgets', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    environment = {**os.environ, "IPYTHONDIR": os.devnull + "-ipython"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == "[]"


# The first line


def test_everything_a_line_can_say():
    read = options(
        "fit -o shop --into made --overwrite --rows users=1e3,products=50 --scale 2 --epochs 30 "
        "--batch-size 100 --seed 7 --model CTGAN --spark s --write 'delta:out dir/x' --display text --debug"
    )
    assert read == Options(
        verb="fit", out="shop", into="made", overwrite=True, rows={"users": 1000, "products": 50},
        scale=2.0, epochs=30, batch_size=100, seed=7, model="ctgan", spark="s",
        write=WriteTarget("delta", "out dir/x"), display="text", debug=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "line", ["generate shop --rows a=1", "generate --rows a=1 shop", "--rows a=1 generate shop"]
)
def test_names_may_stand_anywhere(line):
    assert options(line) == Options("generate", ("shop",), rows={"a": 1})
    assert options("init a --spark s b").targets == ("a", "b")


def test_help_knows_the_verb_that_it_was_asked_of():
    assert options("fit --epochs 3 --help").targets == ("fit",)
    assert options("--help").targets == ()


def test_nothing_said_is_a_fit_with_defaults():
    assert options("") == Options()
    assert options("--into").into == "synth"


@pytest.mark.parametrize("line", ["--help", "-h", "help", "fit --epochs 3 --help"])
def test_help_wins(line):
    assert options(line).verb == "help"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fitt", "unknown verb 'fitt' (did you mean 'fit'?)"),
        (
            "train",
            "unknown verb 'train' (verbs: fit, check, explain, generate, convert, init, code, config, help)",
        ),
        ("--epoch 3", "unknown option '--epoch' (did you mean '--epochs'?)"),
        ("--epochs=x", "--epochs takes a whole number from 1, not 'x'"),
        ("--epochs 0", "--epochs takes a whole number from 1, not '0'"),
        ("--epochs 2.5", "--epochs takes a whole number from 1, not '2.5'"),
        ("--epochs inf", "--epochs takes a whole number from 1, not 'inf'"),
        ("--seed -1", "--seed takes a whole number from 0, not '-1'"),
        ("--epochs", "--epochs needs a value"),
        ("-o", "--out needs a value"),
        ("-o a -o b", "option '-o' is given twice"),
        ("-o a --out b", "option '--out' is given twice"),
        ("-o class", "-o takes the name of a variable, not 'class'"),
        ("-o a.b", "-o takes the name of a variable, not 'a.b'"),
        ("--scale 0", "--scale takes a number above 0, not '0'"),
        ("--rows users", "--rows is written users=1000,products=50; 'users' is not"),
        ("--rows a=1,a=2", "--rows names 'a' twice"),
        ("--rows a=x", "--rows a takes a whole number from 0, not 'x'"),
        ("--model tere", "--model does not know 'tere' (did you mean 'tree'?)"),
        ("--write delta", "--write is written delta:path, parquet:path or csv:path, not 'delta'"),
        ("--write dleta:x", "--write does not know 'dleta' (did you mean 'delta'?)"),
        ("--display txt", "--display does not know 'txt' (did you mean 'text'?)"),
        ("check -o x", "'check' does not take --out (it belongs to fit, generate and code)"),
        ("generate a --epochs 3", "'generate' does not take --epochs (it belongs to fit, explain and code)"),
        ("generate a --resume", "'generate' does not take --resume (it belongs to fit)"),
        ("convert a --to ymal", "--to does not know 'ymal' (did you mean 'yaml'?)"),
        ("config epochs", "'config' takes no name, but 'epochs' was given"),
        ("generate a b", "'generate' takes one name, but 'b' was given"),
        ("--overwrite", "--overwrite needs -o or --into"),
        ("-o 'x", "the first line cannot be read: No closing quotation"),
    ],
)  # fmt: skip
def test_mistakes_in_the_line_are_told(line, message):
    with pytest.raises(CommandError) as caught:
        options(line)
    assert str(caught.value) == message


def test_a_mistake_shows_no_traceback_and_debug_shows_it(shell):
    shown, outcome = run(shell, "--epoch 3", CELL)
    assert shown == "CommandError: unknown option '--epoch' (did you mean '--epochs'?)\n"
    assert isinstance(outcome.error_in_exec, CommandError)
    debugged, _ = run(shell, "--epoch 3 --debug", CELL)
    assert "Traceback" in debugged
    shell.run_line_magic("config", "SynthoHiveMagics.debug = True")
    assert "Traceback" in run(shell, "--epoch 3", CELL)[0]


def test_every_verb_has_a_function():
    assert list(FUNCTIONS) == list(VERBS)
    for verb, module in FUNCTIONS.items():
        found = importlib.import_module(f"synthohive_jupyter.notebook.verbs.{module}")
        assert callable(getattr(found, verb))


def test_an_unexpected_error_keeps_its_traceback(shell, monkeypatch):
    def broken(_request):
        raise ZeroDivisionError

    monkeypatch.setattr(check, "check", broken)
    assert "Traceback" in run(shell, "check", CELL)[0]


# The schema


def test_a_schema_error_is_shown_as_it_is_rendered(shell):
    shown, _ = run(shell, "", CELL.replace("-> users.id", "-> usrs.id"))
    assert shown == (
        "SchemaError: cell line 4, column 32: unknown table 'usrs'\n"
        "    orders:      id pk, user_id -> usrs.id, status cat, placed_at datetime, total float[0..]\n"
        "                                   ^^^^ did you mean 'users'?\n"
    )


def test_problems_of_the_data_have_their_place_too(shell):
    del shell.user_ns["products"]
    shell.user_ns["orders"] = SHOP.orders.assign(user_id=10_000)
    shown, _ = run(shell, "fit", CELL)
    assert "2 problems in %%synthohive (nothing was trained)" in shown
    assert "cell line 3, column 1: data for table 'products' not found" in shown
    assert "point by 'user_id' to no row of 'users'" in shown


def test_problems_that_the_engine_finds_have_their_place_too(shell):
    shell.user_ns["t"] = pd.DataFrame({"a": range(30), "x": 1.0})
    shown, _ = run(shell, "fit", "t: a pk, x float\n  @model nonesuch")
    assert "nonesuch" in shown
    assert shown.startswith("SchemaError: cell line ")


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("a: x int[0..{{limt}}]", "no variable is called 'limt'", (2, 13)),
        ("a: id pk\nb: x int[{{frame}}..]", "'frame' is a DataFrame", (3, 10)),
        ("a: {{1 + 1}}", "'{{1 + 1}}' is not the name of a variable", (2, 4)),
    ],
)
def test_interpolation_is_strict_and_tells_where(text, message, position):
    names = {"limit": 9, "frame": pd.DataFrame()}
    with pytest.raises(ValueError, match="cell line") as caught:
        interpolate(text, names, line=2)
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert (problem.line, problem.column) == position


def test_interpolation_in_line_and_body(shell):
    shell.user_ns.update(n=2, top=110, path="a name")
    _, outcome = run(
        shell, "fit --epochs {{ n }} --seed {{n}} -o r", CELL.replace("110", "{{top}}")
    )
    assert outcome.result.run.synthesizer.orchestrator.seed == 2
    assert shell.user_ns["r"].losses["epoch"].max() == 2


def test_a_wrong_name_in_the_line_is_shown_in_the_line(shell):
    shown, _ = run(shell, "fit --epochs {{m}}", CELL)
    assert shown.splitlines() == [
        "SchemaError: cell line 1, column 27: no variable is called 'm'",
        "    %%synthohive fit --epochs {{m}}",
        "                              ^^^^^",
    ]


def test_ipython_expands_nothing(shell):
    shell.user_ns["x"] = "users"
    assert "unknown verb '$x'" in run(shell, "$x")[0]
    assert "unknown verb '{x}'" in run(shell, "{x}")[0]


# fit


def test_fit_returns_and_binds_tables_with_valid_keys(shell):
    _, outcome = run(shell, "fit --epochs 2 --seed 7 -o shop", CELL)
    shop = shell.user_ns["shop"]
    assert outcome.result is shop
    assert list(shop) == ["users", "products", "orders", "order_items"]
    assert len(shop.users) == len(SHOP.users)
    assert set(shop.orders.user_id) <= set(shop.users.id)
    assert shop.report.valid
    assert shop.report.name == "shop"
    assert shop.report.seed == 7
    assert {linkage["table"] for linkage in shop.report.linkage} == {"orders", "order_items"}
    assert shop["order_items"] is shop.order_items
    assert shop.losses.columns[:2].tolist() == ["table", "epoch"]
    assert len(shop.losses) == 8
    assert shop.schema.get_table("orders").has_dependencies
    assert not set(shop.users.email) & set(SHOP.users.email)


def test_the_same_seed_gives_the_same_rows(shell):
    first = run(shell, "fit --epochs 1 --seed 3", CELL)[1].result
    second = run(shell, "fit --epochs 1 --seed 3", CELL)[1].result
    for table in first:
        pd.testing.assert_frame_equal(first[table], second[table])


def test_rows_and_scale(shell):
    made = run(shell, "fit --epochs 1 --rows users=10 --scale 2", CELL)[1].result
    assert len(made.users) == 10
    assert len(made.products) == 2 * len(SHOP.products)
    cell = CELL.replace("products:", "  @rows 7\nproducts:", 1)
    assert len(run(shell, "fit --epochs 1", cell)[1].result.users) == 7
    assert len(run(shell, "fit --epochs 1 --rows users=8", cell)[1].result.users) == 8
    # Of a child it is the exact total, whatever its parents come to.
    made = run(shell, "fit --epochs 1 --rows users=8,orders=33", cell)[1].result
    assert (len(made.users), len(made.orders)) == (8, 33)


def test_rows_are_checked_before_training(shell):
    shown, outcome = run(shell, "fit --rows usrs=3", CELL)
    assert isinstance(outcome.error_in_exec, CommandError)
    assert "unknown table 'usrs' (did you mean 'users'?)" in shown


def test_into_binds_tables_and_respects_what_is_there(shell):
    run(shell, "fit --epochs 1 --into", CELL)
    assert len(shell.user_ns["synth_users"]) == len(SHOP.users)
    assert not run(shell, "fit --epochs 1 --into", CELL)[1].error_in_exec
    shell.user_ns["synth_orders"] = "mine"
    shown, _ = run(shell, "fit --epochs 1 --into synth", CELL)
    assert "variables called synth_orders already" in shown
    assert shell.user_ns["synth_orders"] == "mine"
    run(shell, "fit --epochs 1 --into synth --overwrite", CELL)
    assert isinstance(shell.user_ns["synth_orders"], pd.DataFrame)


def test_out_does_not_replace_the_data(shell):
    shown, _ = run(shell, "fit --epochs 1 -o users", CELL)
    assert "variables called users already" in shown
    assert shell.user_ns["users"] is SHOP.users


def test_into_needs_names_that_variables_can_have(shell):
    shell.user_ns["my table"] = pd.DataFrame({"id": range(20), "x": 1.5})
    cell = '"my table": id pk, x float'
    assert "cannot make a variable called 'synth_my table'" in run(shell, "fit --into", cell)[0]
    assert len(run(shell, "fit --epochs 1 -o r", cell)[1].result["my table"]) == 20


def test_data_by_another_name(shell):
    shell.user_ns["people"] = SHOP.users
    del shell.user_ns["users"]
    cell = CELL.replace("products:", "  @data people\nproducts:", 1)
    assert len(run(shell, "fit --epochs 1", cell)[1].result.users) == len(SHOP.users)


def test_data_that_is_not_there_starts_no_engine(shell, monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("an engine was started")

    monkeypatch.setattr("synthohive_jupyter.notebook.data.open_session", refuse)
    shell.user_ns["users"] = [1, 2, 3]
    shown, _ = run(shell, "fit", CELL)
    assert "data for table 'users' not found" in shown
    shown, _ = run(shell, "fit", CELL.replace("products:", "  @data nobody\nproducts:", 1))
    assert "data 'nobody' for table 'users' not found" in shown


def test_configured_defaults_count_unless_the_cell_says_it(shell):
    shell.run_line_magic("config", "SynthoHiveMagics.epochs = 3")
    shell.run_line_magic("config", "SynthoHiveMagics.seed = 5")
    made = run(shell, "fit", CELL)[1].result
    assert made.losses["epoch"].max() == 3
    assert made.report.seed == 5
    assert run(shell, "fit --epochs 1 --seed 0", CELL)[1].result.report.seed == 0


def test_a_line_alone_cannot_fit(shell):
    assert "'fit' needs a schema" in run(shell, "fit")[0]


# What is shown


def test_semicolon_and_display_none_hide_the_result(shell):
    assert "synthetic" in run(shell, "fit --epochs 1 -o a", CELL)[0]
    shown, outcome = run(shell, "fit --epochs 1 -o b", CELL + ";")
    assert shown == ""
    assert outcome.result is None
    assert len(shell.user_ns["b"]) == 4
    assert run(shell, "fit --epochs 1 --display none -o c", CELL)[0] == ""


def test_a_hidden_line_can_be_assigned_and_shown_by_another_cell(shell):
    run(shell, "fit --epochs 1 -o a", CELL + ";")
    assert "synthetic" not in run(shell, "generate a --rows users=3;")[0]
    shell.run_cell("b = %synthohive generate a --rows users=3;")
    shell.execution_count += 1
    with capture_output() as captured:
        shell.run_cell("b")
    assert "synthetic" in captured.stdout


def test_text_bars_go_to_standard_error(shell, capsys):
    shell.run_cell(f"%%synthohive fit --epochs 2 --display text\n{CELL}")
    bars = capsys.readouterr().err
    assert "users: fitted in" in bars


@pytest.mark.parametrize(
    ("wanted", "variable", "in_kernel", "chosen"),
    [
        ("auto", "", True, "widget"),
        ("auto", "", False, "text"),
        ("auto", "none", True, "none"),
        ("auto", "auto", False, "text"),
        ("widget", "none", False, "widget"),
    ],
)
def test_which_display_is_chosen(monkeypatch, wanted, variable, in_kernel, chosen):
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", variable)
    assert choose(wanted, in_kernel=in_kernel) == chosen


def test_an_unknown_display_in_the_environment_is_told(shell, monkeypatch):
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "widgets")
    assert "SYNTHOHIVE_DISPLAY does not know 'widgets'" in run(shell, "check", CELL)[0]


def test_help_page_and_question_mark(shell):
    shown, _ = run(shell, "help")
    assert "%%synthohive fit --seed 7" in shown
    assert run(shell, "--help")[0] == shown
    assert "--batch-size" in shell.find_cell_magic("synthohive").__doc__


# check


def test_check_shows_matches_and_trains_nothing(shell):
    shown, outcome = run(shell, "check --display text", CELL)
    assert "user_id → users.id: 100 % found" in shown
    assert "users ──< orders  (user_id)" in shown
    assert outcome.result.valid


def test_explain_tells_what_would_be_learnt_and_why(shell):
    shown, outcome = run(shell, "explain --display text", CELL)
    page = outcome.result._repr_mimebundle_()["text/html"]
    for said in ("driver", "user_id -> users", "the first of its foreign keys by name", "siblings"):
        assert said in shown
        assert said.replace(">", "&gt;") in page
    assert "nothing is trained" in shown
    shown, outcome = run(shell, "explain", CELL.replace("users.id", "usrs.id"))
    assert isinstance(outcome.error_in_exec, SchemaError)


def test_check_shows_what_was_counted_before_the_error(shell):
    shell.user_ns["orders"] = SHOP.orders.assign(user_id=[9999, *SHOP.orders.user_id[1:]])
    shown, outcome = run(shell, "check --display text", CELL)
    assert "1 orphan" in shown
    assert "SchemaError" in shown
    assert outcome.result is None


# generate


def test_generate_makes_other_numbers_of_rows(shell):
    run(shell, "fit --epochs 1 --seed 7 -o shop", CELL)
    small = run(shell, "generate shop --rows users=5 -o small")[1].result
    assert len(small.users) == 5
    assert len(small.products) == len(SHOP.products)
    assert small.report.valid
    assert shell.user_ns["small"] is small
    assert len(run(shell, "generate small --scale 2")[1].result.users) == 2 * len(SHOP.users)


def test_generate_is_assignable_and_another_seed_gives_other_rows(shell):
    run(shell, "fit --epochs 1 --seed 7 -o shop", CELL)
    shell.run_cell("a = %synthohive generate shop --seed 1\nb = %synthohive generate shop --seed 2")
    a, b, shop = (shell.user_ns[name] for name in ("a", "b", "shop"))
    assert a.report.sampled_with == 1
    assert a.report.seed == 7
    assert not a.users.equals(b.users)
    again = run(shell, "generate shop")[1].result
    pd.testing.assert_frame_equal(again.users, shop.users)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("generate", "'generate' needs the name of a result (fit one first, with -o NAME)"),
        ("generate nobody", "no variable is called 'nobody'"),
        ("generate users", "'users' is a DataFrame, not a result"),
    ],
)
def test_generate_needs_a_result(shell, line, message):
    assert message in run(shell, line)[0]


# Results


def test_a_result_names_what_it_has(shell):
    shop = run(shell, "fit --epochs 1 -o shop", CELL)[1].result
    with pytest.raises(KeyError, match="no table is called 'usrs'"):
        shop["usrs"]
    with pytest.raises(AttributeError, match="tables: users, products"):
        _ = shop.usrs
    assert {"users", "report", "to_delta"} <= set(dir(shop))
    assert shop._ipython_key_completions_() == list(shop)
    assert not is_spark(shop.users)


def test_a_saved_result_generates_the_same_rows(shell, tmp_path):

    shop = run(shell, "fit --epochs 1 --seed 4 -o shop", CELL)[1].result
    shop.save(tmp_path / "model")
    loaded = Synthesizer.load(tmp_path / "model", model=ResamplingModel)
    again = loaded.sample(scale=1.0)
    pd.testing.assert_frame_equal(again["users"], shop.users)


# Interrupts


@contextlib.contextmanager
def stop_at(monkeypatch, table, presses=1):
    """Press ■ once, so many times, while ``table`` is trained."""
    feed_call = Feed.__call__
    pressed = []

    def press(self, event):
        feed_call(self, event)
        if isinstance(event, EpochEnded) and event.table == table and not pressed:
            pressed.append(True)
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Feed, "__call__", press)
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_the_first_stop_keeps_the_finished_tables(shell, monkeypatch):
    with stop_at(monkeypatch, "orders"):
        shown, outcome = run(shell, "fit --epochs 5 --seed 7 -o shop", CELL)
    shop = shell.user_ns["shop"]
    assert outcome.success
    assert list(shop) == ["users", "products"]
    assert shop.run.stopped
    assert "stopped; kept: products, users; not finished: orders, order_items" in shown
    assert "left out" not in shown
    with pytest.raises(AttributeError, match="the run was stopped"):
        _ = shop.orders
    assert isinstance(shop, SyntheticResult)


def test_the_second_stop_raises_and_restores(shell, monkeypatch):
    # Without this two presses at once are a double click.
    monkeypatch.setattr("synthohive_jupyter.notebook.interrupt.DOUBLE_CLICK_SECONDS", -1.0)
    with stop_at(monkeypatch, "products", presses=2):
        shown, outcome = run(shell, "fit --epochs 5 -o shop", CELL)
    assert isinstance(outcome.error_in_exec, KeyboardInterrupt) or "KeyboardInterrupt" in shown
    assert "shop" not in shell.user_ns


def test_a_stop_before_anything_is_finished_binds_nothing(shell, monkeypatch):
    with stop_at(monkeypatch, "products"):
        shown, _ = run(shell, "fit --epochs 5 -o shop", CELL)
    assert shown.startswith("RunInterrupted: stopped before the first table was finished")
    assert "Traceback" not in shown
    assert "shop" not in shell.user_ns


def test_a_stop_after_training_keeps_the_models(shell, monkeypatch):
    class Late(ResamplingModel):
        def fit(self, *arguments, **options):
            super().fit(*arguments, **options)
            if options["table_name"] == "order_items":
                signal.raise_signal(signal.SIGINT)
            return self

    monkeypatch.setattr(registry, "model_class", lambda _name: Late)
    shown, _ = run(shell, "fit --epochs 1 -o shop", CELL)
    assert "%synthohive generate shop makes the rows" in shown
    assert len(shell.user_ns["shop"]) == 0
    assert len(run(shell, "generate shop --rows users=5")[1].result.users) == 5


def test_other_threads_do_not_touch_the_handler():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with stop_on_interrupt(CancelToken()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_the_handler_is_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), stop_on_interrupt(CancelToken()):
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_training_is_told_and_the_display_ends(shell, monkeypatch):
    class Broken(ResamplingModel):
        def fit(self, *arguments, **options):
            from synthohive_jupyter.errors import TrainingError

            raise TrainingError("the critic is not a number; try a smaller learning rate")

    monkeypatch.setattr(registry, "model_class", lambda _name: Broken)
    shown, _ = run(shell, "fit --display text", CELL)
    assert "TrainingError: the critic is not a number" in shown
    assert "Traceback" not in shown
