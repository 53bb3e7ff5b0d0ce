"""Completion in a real InteractiveShell: what is offered where, and what is left alone."""

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from synthohive_jupyter.dsl.tables import PROPERTIES
from synthohive_jupyter.notebook.completion import matcher as matching
from synthohive_jupyter.notebook.completion.place import locate
from synthohive_jupyter.notebook.options import MODELS, OPTIONS, VERBS, options_of
from synthohive_jupyter.privacy.config import ACTIONS
from synthohive_jupyter.privacy.providers import PROVIDERS
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import COLUMN_TYPES, LINKAGE_METHODS
from tests.shop import CELL, make_shop

SHOP = make_shop(20)
ORDERS = "%%synthohive\nusers: id pk\norders: id pk, user_id -> users.id"


@pytest.fixture(scope="module", params=[False, True], ids=["python", "jedi"])
def interactive(request):
    config = Config()
    config.HistoryManager.enabled = False
    config.IPCompleter.use_jedi = request.param
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(interactive):
    before = dict(interactive.user_ns)
    interactive.user_ns.update(SHOP.tables())
    interactive.Completer.custom_matchers.clear()
    matching.register(interactive)
    yield interactive
    interactive.user_ns.clear()
    interactive.user_ns.update(before)


def completions(shell, text):
    """Return what is offered at ``|``: each as it is inserted, with what it replaces."""
    cursor = text.index("|")
    text = text.replace("|", "", 1)
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, cursor))
    assert all(each.end == cursor for each in found)
    return [(text[each.start : each.end], each.text) for each in found]


def offered(shell, text):
    return [inserted for _, inserted in completions(shell, text)]


def spellings(verb):
    return [s for option in options_of(verb) for s in reversed(option.spellings)]


# The first line


def test_an_empty_line_offers_verbs_and_then_options_of_the_default(shell):
    options = [s for s in spellings("fit") if s.startswith("--")]
    assert offered(shell, "%%synthohive |") == [*VERBS, *options]


@pytest.mark.parametrize("verb", VERBS)
def test_options_are_those_of_the_verb_and_no_others(shell, verb):
    assert set(offered(shell, f"%synthohive {verb} -|")) == set(spellings(verb))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%%synthohive ch|", ["check"]),
        ("%%synthohive fit --mod|", ["--model"]),
        ("%%synthohive --epochs 3 f|", ["fit"]),
        ("%%synthohive fit --model |", list(MODELS)),
        ("%%synthohive fit --model=t|", ["tree"]),
        ("%%synthohive fit --display w|", ["widget"]),
        ("%%synthohive fit --epochs |", []),
        ("%%synthohive fit --write p|", ["parquet:"]),
        ("%%synthohive fit --rows |\nusers: id pk\ncodes: x\n  @keep\norders: id", ["users=", "orders="]),
        ("%%synthohive fit --rows users=3,|\nusers: id pk\norders: id", ["orders="]),
        ("%%synthohive fit --rows users=|\nusers: id pk", []),
        ("%synthohive convert --to y|", ["yaml"]),
        ("%synthohive init o|", ["orders", "order_items"]),
        ("%synthohive init orders o|", ["order_items"]),
        ("%synthohive help lin|", ["linkage"]),
        ("%synthohive help @lin|", ["@linkage"]),
        ("%synthohive help not|", ["notations"]),
        ("%synthohive help a b|", []),
        ("%synthohive nonsense --|", []),
        ("%%synthohive fit --epochs {{to|", ["top"]),
        ("x = 1\n# more\n  y = %synthohive init us|", ["users"]),
    ],
)  # fmt: skip
def test_the_first_line(shell, text, expected):
    shell.user_ns["top"] = 3
    assert offered(shell, text) == expected


def test_an_option_is_offered_once(shell):
    found = offered(shell, "%%synthohive fit --epochs 3 --|")
    assert "--epochs" not in found
    assert "--seed" in found


def test_results_sessions_and_descriptions_of_the_notebook(shell):
    session = type("SparkSession", (), {"__module__": "pyspark.sql.session"})
    shell.user_ns.update(
        cluster=session(), shop_schema=Metadata(), note="no schema", text="a: id\n"
    )
    assert offered(shell, "%%synthohive fit --spark |") == ["cluster"]
    assert offered(shell, "%synthohive check |")[:2] == ["shop_schema", "text"]


def test_a_result_offers_itself_and_its_tables(shell, monkeypatch):
    from synthohive_jupyter.notebook import result

    class Earlier(dict):
        pass

    monkeypatch.setattr(result, "SyntheticResult", Earlier)
    shell.user_ns["made"] = Earlier(users=1, orders=2)
    assert offered(shell, "%synthohive generate m|") == ["made"]
    assert offered(shell, "x = %synthohive generate made --rows o|") == ["orders="]
    assert offered(shell, "%%synthohive fit -o |") == ["made"]


def test_paths(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake" / "deep").mkdir(parents=True)
    (tmp_path / "a folder").mkdir()
    for name in ("shop.sql", "shop.hive", "notes.txt", ".hidden.sql"):
        (tmp_path / name).touch()
    assert completions(shell, "%%synthohive fit --write delta:la|") == [("la", "lake/")]
    assert offered(shell, "%%synthohive fit --write delta:lake/|") == ["lake/deep/"]
    assert offered(shell, "%synthohive check sh|") == ["shop.hive", "shop.sql"]
    assert offered(shell, "%synthohive check nowhere/|") == []
    assert offered(shell, "%%synthohive fit --write delta:s3://bucket/|") == []
    assert offered(shell, "%%synthohive\nx: id\n  @data ./la|") == ["./lake/"]


# The body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|", ["users:", "products:", "orders:", "order_items:"]),
        ("us|", ["users:"]),
        ("US|", ["users:"]),
        ("use|", ["users:"]),
        ("us|:", ["users"]),
        ("users: id\n|", ["products:", "orders:", "order_items:"]),
        ("people: id\n  @data users\nu|", []),
        ("users: |", ["id", "email", "ssn", "region", "age"]),
        ("users: id pk, region cat, |", ["email", "ssn", "age"]),
        ("users: id pk, |\n  @strict\nproducts: id", ["email", "ssn", "region", "age"]),
        ("users: id pk, |, region cat", ["email", "ssn", "age"]),
        ("users: id pk,\n       e|", ["email"]),
        ("users: id pk,   # a comment,\n       e|", ["email"]),
        ("users: email|", ["email"]),
        ("people: id, r|\n  @data users", ["region"]),
        ("nobody: |", []),
        ("users: age int[|", []),
        ("users: region {|", []),
        ("users: email pii(|", [action for action in ACTIONS if action != "custom"]),
        ("users: email pii(m|", ["mask"]),
        ("users: email pii(fake:user|", ["user_name"]),
        ("users: email pii(mask:|", []),
        ("users: id # us|", []),
        ('users: "id # |', []),
    ],
)  # fmt: skip
def test_tables_and_columns(shell, text, expected):
    assert offered(shell, f"%%synthohive fit\n{text}") == expected


def test_the_likely_provider_comes_first(shell):
    found = offered(shell, "%%synthohive\nusers: email pii(fake:|")
    assert found[0] == "email"
    assert set(found) == set(PROVIDERS)


@pytest.mark.parametrize(
    ("column", "first"),
    [("id", ["pk", "int", "int["]), ("region", ["cat"]), ("age", ["int", "int["]), ("email", ["cat", "text", "id", "pii("])],
)  # fmt: skip
def test_types_that_fit_the_data_come_first(shell, column, first):
    found = offered(shell, f"%%synthohive\nusers: {column} |")
    assert found[: len(first)] == first
    assert {*COLUMN_TYPES, "pk", "unique", "high", "->", "pii("} <= set(found)
    assert offered(shell, "%%synthohive\norders: placed_at |")[0] == "datetime"


@pytest.mark.parametrize(
    ("entry", "missing", "there"),
    [
        ("age int |", COLUMN_TYPES, ["pk", "unique"]),
        ("age int[0..9] pk |", ["pk", "int"], ["unique"]),
        ("age -> products.id |", [*COLUMN_TYPES, "->", "pii("], ["?", "pk"]),
        ("age -> products.id? |", ["?"], ["pk"]),
        ("age pii(mask) |", ["pii("], ["cat"]),
    ],
)
def test_what_is_said_is_not_offered_again(shell, entry, missing, there):
    found = offered(shell, f"%%synthohive\nproducts: id pk\nusers: {entry}")
    assert not set(missing) & set(found)
    assert set(there) <= set(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user_id |", "-> users.id"),
        ("tenant_id |", "->"),
        ("user_id -|", "->"),
        ("user_id -> |", "users.id"),
        ("user_id -> us|", "users.id"),
        ("user_id -> users.|", "id"),
        ("user_id -> users.i|", "id"),
        ("user_id -> prod|", "products."),
        ("user_id -> products.|", "id"),
        ("(id, user_id) |", "->"),
        ("(id, user_id) -> te|", "tenants.(a, b)"),
        ("(id, user_id) -> tenants.(|", "a"),
        ("(id, user_id) -> tenants.(a, |", "b"),
        ("(id, |", "user_id"),
    ],
)
def test_keys(shell, text, expected):
    body = f"users: id pk, email\ntenants: a pk, b pk, c\norders: {text}"
    assert offered(shell, f"%%synthohive\n{body}")[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  @|", [f"@{name}" for name in PROPERTIES]),
        ("  |", [f"@{name}" for name in PROPERTIES]),
        ("  @dri|", ["@driver"]),
        ("  @context users.|", ["email", "ssn", "region", "age"]),
        ("  @context reg|", ["region"]),
        ("  @context users.region, users.a|", ["age"]),
        ("  @context users.region, us|", ["users.email", "users.ssn", "users.age"]),
        ("  @context users.region,\n    users.age, |", ["users.email", "users.ssn"]),
        ("  @context region, users.age, |", ["users.email", "users.ssn", "users.region"]),
        ("  @context users.region |", []),
        ("  @driver |", ["user_id"]),
        ("  @driver user_id |", []),
        ("  @linkage |", list(LINKAGE_METHODS)),
        ("  @model |", list(MODELS)),
        ("  @order pl|", ["placed_at"]),
        ("  @order n|", ["none"]),
        ("  @check |", ["id", "user_id", "status", "placed_at", "total"]),
        ("  @check total |", ["<="]),
        ("  @check total <|", ["<="]),
        ("  @check total <= |", ["id", "user_id", "status", "placed_at"]),
        ("  @check total <= id |", []),
        ("  @together status, |", ["id", "user_id", "placed_at", "total"]),
        ("  @data prod|", ["products"]),
        ("  @rows |", []),
        ("  @keep |", []),
        ("  @nonsense |", []),
    ],
)
def test_properties(shell, text, expected):
    assert offered(shell, f"{ORDERS}\n{text}") == expected


def test_a_property_is_offered_once_unless_it_may_be_repeated(shell):
    found = offered(shell, f"{ORDERS}\n  @driver user_id\n  @check id <= total\n  @|")
    assert "@driver" not in found
    assert "@check" in found


def test_context_is_offered_of_all_tables_above_and_neither_keys_nor_personal_data(shell):
    cell = CELL.replace("  @context orders.status, orders.total", "  @context |")
    assert offered(shell, f"%%synthohive\n{cell}") == [
        "orders.status", "orders.placed_at", "orders.total", "users.region", "users.age", "none",
    ]  # fmt: skip


def test_context_follows_the_driver_that_is_named(shell):
    body = (
        "%%synthohive\nusers: id pk, age\nproducts: id pk, price\n"
        "items: id pk, user_id -> users.id, product_id -> products.id\n"
    )
    assert offered(shell, f"{body}  @context |")[0] == "products.price"
    assert offered(shell, f"{body}  @driver user_id\n  @context |")[0] == "users.age"


def test_names_that_need_quotes(shell):
    names = ["unit price", "größe", "pk", 'a "b"', "名前", 7]
    shell.user_ns["odd table"] = pd.DataFrame([[1] * len(names)], columns=names)
    head = "%%synthohive\n"
    assert offered(shell, head + "od|") == ['"odd table":']
    assert offered(shell, head + '"odd table": |') == [
        '"unit price"', "größe", '"pk"', '"a ""b"""', "名前", "7",
    ]  # fmt: skip
    assert completions(shell, head + '"odd table": "uni|') == [('"uni', '"unit price"')]
    assert completions(shell, head + '"odd table": "uni|"') == [('"uni', '"unit price')]
    assert completions(shell, head + '"odd table": größe, 名|') == [("名", "名前")]
    assert offered(shell, head + '"odd|"') == ['"odd table']


def test_a_name_with_a_line_break_cannot_be_written_and_is_not_offered(shell):
    shell.user_ns["t"] = pd.DataFrame([[1, 2]], columns=["a\nb", "c"])
    assert offered(shell, "%%synthohive\nt: |") == ["c"]


def test_variables_inside_of_braces(shell):
    shell.user_ns.update(limit=9, limits=[1], _private=1)
    assert completions(shell, "%%synthohive\nt: x int[0..{{lim|}}]") == [("lim", "limit")]


# Where


@pytest.mark.parametrize(
    "text",
    [
        "us|",
        "x = us|",
        "def f(user_id) -> us|",
        "x: us|",
        "users: id, us|",
        "@conte|",
        "100 %synthohive us|",
        "print('%%synthohive')\nus|",
        "%%timeit\nus|",
        "%%synthohivex\nus|",
        "import os\n%%synthohive\nus|",
        "'''\nx: id pk -> us|",
    ],
)
def test_python_is_left_alone(shell, text):
    with_ours = completions(shell, text)
    matching.unregister(shell)
    assert with_ours == completions(shell, text)


def test_nothing_of_python_is_offered_inside(shell):
    shell.user_ns["zebra"] = 1
    for text in (
        "users: id pk, zeb|",
        "users: age int[zeb|",
        "# zeb|",
        "users: id pk\n  @rows zeb|",
    ):
        assert offered(shell, f"%%synthohive\n{text}") == []


@pytest.mark.parametrize(
    "body",
    ["CREATE TABLE users (us|", "tables:\n  us|:\n    id: int", "Table users {\n  us|\n}", '{"us|'],
)
def test_other_notations_are_not_completed_as_ours(shell, body):
    assert offered(shell, f"%%synthohive\n{body}") == []


@pytest.mark.parametrize("before", ["", "\n\n", "%%time\n", "%%capture out\n", "  "])
def test_cells_that_begin_otherwise(shell, before):
    assert offered(shell, f"{before}%%synthohive fit\nprod|") == ["products:"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("orders: id pk, user_id -> us|", ["users."]),
        ("users: id pk, em|", ["email"]),
        ('users: "id" pk, em|', ["email"]),
        ("  @linkage n|", ["negbinom"]),
        ("  @model tr|", ["tree"]),
    ],
)
def test_a_line_alone_is_known_by_what_python_could_not_mean(shell, line, expected):
    assert offered(shell, line) == expected


def test_the_older_way_of_asking_gives_the_line_alone(shell):
    line = "%%synthohive fit --mo"
    with pytest.warns(PendingDeprecationWarning):
        text, found = shell.Completer.complete(line_buffer=line, cursor_pos=len(line))
    assert (text, found) == ("--mo", ["--model"])
    with pytest.warns(PendingDeprecationWarning):
        assert shell.complete("", "users: id pk, em", 16)[1] == ["email"]


def test_a_second_registration_and_unregistration(shell):
    matching.register(shell)
    assert len(shell.Completer.custom_matchers) == 1
    shell.Completer.custom_matchers.append(print)
    matching.unregister(shell)
    assert shell.Completer.custom_matchers == [print]


def test_the_extension_registers_and_unregisters_it(shell):
    shell.Completer.custom_matchers.clear()
    with capture_output():
        shell.run_line_magic("load_ext", "synthohive_jupyter")
    assert offered(shell, "%%synthohive\nus|") == ["users:"]
    shell.run_line_magic("unload_ext", "synthohive_jupyter")
    assert shell.Completer.custom_matchers == []


def test_an_error_of_ours_breaks_nothing(shell, monkeypatch, capsys):
    def broken(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(matching, "_offer", broken)
    offered(shell, "%%synthohive\nus|")
    assert "Traceback" not in capsys.readouterr().err


def test_objects_that_raise_when_they_are_looked_at(shell):
    class Moody:
        @property
        def __class__(self):
            raise RuntimeError

    shell.user_ns["moody"] = Moody()
    assert offered(shell, "%%synthohive\nus|") == ["users:"]


def test_every_option_is_known_to_the_line():
    # A new option with values of its own needs a line in `completion.line`.
    with_values = {option.name for option in OPTIONS if option.value and not option.choices}
    assert with_values == {
        "out", "into", "rows", "scale", "epochs", "batch_size", "seed", "spark", "write",
    }  # fmt: skip


def test_the_place_inside_of_the_name_of_the_magic_is_left_to_ipython():
    assert locate("%%synthohive", 0, 12) is None
    assert locate("%%synthohive ", 0, 12) is None
    assert locate("%%synthohive ", 0, 13).line == ""
