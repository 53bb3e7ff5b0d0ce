"""``init`` writes a cell that runs: whatever frames there are, and says what is wrong if none."""

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.models import registry
from synthohive_jupyter.notebook.first_schema import FirstSchema
from tests.fakes import ResamplingModel
from tests.shells import loaded_shell
from tests.shop import make_shop

SHOP = make_shop(60)


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setattr(registry, "model_class", lambda _name: ResamplingModel)
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    frames = {name: frame.copy() for name, frame in SHOP.tables().items()}
    with loaded_shell(**frames) as ip:
        ip.written = []
        monkeypatch.setattr(
            ip, "set_next_input", lambda text, replace=False: ip.written.append(text)
        )
        yield ip


def init(shell, line=""):
    with capture_output():
        return shell.run_line_magic("synthohive", f"init {line}")


def message(shell, line):
    with capture_output(display=False) as captured:
        shell.run_cell(f"%synthohive init {line}")
    return captured.stdout


def test_the_next_cell_holds_a_schema_that_the_data_fits(shell):
    view = init(shell, "users orders")
    assert shell.written == [str(view)]
    first, _, body = str(view).partition("\n")
    assert first == "%%synthohive check"
    assert list(compile_cell(body).metadata.tables) == ["users", "orders"]
    with capture_output(display=False) as captured:
        outcome = shell.run_cell(shell.written[0])
    assert outcome.success
    assert "100 % found" in str(outcome.result), captured.stdout


def test_the_cell_can_be_fitted_as_it_stands(shell):
    cell = str(init(shell)).replace("check", "fit -o made --into syn", 1)
    with capture_output():
        outcome = shell.run_cell(cell)
    assert outcome.success
    made = shell.user_ns["made"]
    assert set(made) == {"users", "products", "orders", "order_items"}
    assert not set(made.users["email"]) & set(SHOP.users["email"])
    # Neither the result's tables nor a second name of a frame are data.
    shell.user_ns.update(again=shell.user_ns["users"], made_users=made.users, _hidden=SHOP.users)
    assert set(init(shell).discovery.metadata.tables) == set(made)


def test_names_that_need_quotes(shell):
    odd = pd.DataFrame({"Kunden Nr": range(1, 41), "unit price": 1.5, 'say "x"': ["u", "v"] * 20})
    shell.user_ns["größe"] = odd
    shell.user_ns["pk"] = pd.DataFrame({"größe_Kunden Nr": range(1, 41), "none": range(40)})
    body = str(init(shell, "größe pk")).partition("\n")[2]
    cell = compile_cell(body)
    assert cell.metadata.tables["größe"].primary_key == ("Kunden Nr",)
    assert list(cell.metadata.tables["größe"].known_columns) == list(odd.columns)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("usrs", "there is no DataFrame called 'usrs'"),
        ("usrs", "did you mean 'users'?"),
        ("number", "'number' is a int, not a DataFrame"),
        ("empty", "'empty' has no rows"),
        ("bare", "'bare' has no columns"),
        ("numbered", "has a column called 0, which is no text"),
        ("twice", "two columns have this name"),
    ],
)
def test_what_cannot_be_guessed_from_is_told(shell, line, said):
    shell.user_ns.update(
        number=3,
        empty=pd.DataFrame({"a": []}),
        bare=pd.DataFrame(index=[1, 2]),
        numbered=pd.DataFrame([[1, 2]]),
        twice=pd.DataFrame([[1, 2]], columns=["a", "a"]),
    )
    text = message(shell, line)
    assert said in text
    assert "Traceback" not in text
    assert shell.written == []


def test_without_frames_it_says_what_to_do(shell):
    for name in SHOP.tables():
        del shell.user_ns[name]
    shell.user_ns["empty"] = pd.DataFrame({"a": []})
    assert "make one first" in message(shell, "")


def test_a_schema_in_the_cell_is_refused(shell):
    with capture_output(display=False) as captured:
        shell.run_cell("%%synthohive init\nusers: id pk")
    assert "'init' writes a schema and takes none" in captured.stdout


def test_the_view_says_why_in_text_and_html(shell):
    view = init(shell, "users orders")
    assert isinstance(view, FirstSchema)
    bundle = view._repr_mimebundle_()
    assert str(view) in bundle["text/plain"]
    for part in ("users.email", "pii(fake)", "sure", "its name says so", "change check to fit"):
        assert part in bundle["text/plain"]
    assert "<details" in bundle["text/html"]
    assert "its name says so" in bundle["text/html"]
    emails = set(SHOP.users["email"]) | set(SHOP.users["ssn"])
    assert not any(value in text for value in emails for text in bundle.values())


def test_hostile_names_stay_text(shell):
    name = "<script>alert(1)</script>"
    shell.user_ns["t"] = pd.DataFrame({"id": range(30), name: range(30), "a\nb": 1, "c\x1b[31m": 1})
    bundle = init(shell, "t")._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"]
    assert "\x1b" not in bundle["text/html"]
    compile_cell(shell.written[0].partition("\n")[2])
