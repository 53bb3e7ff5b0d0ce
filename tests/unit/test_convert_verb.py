"""``%synthohive convert``: the text as it is, usable as text, and what is said beside it."""

import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.dsl.notations.writing import NOTATIONS as WRITTEN
from synthohive_jupyter.notebook.options import NOTATIONS
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.schema.metadata import Metadata
from tests.shells import loaded_shell

CELL = "users: id pk, region cat\norders: id pk, user_id -> users.id"


@pytest.fixture
def shell():
    with loaded_shell() as ip:
        yield ip


def run(shell, text):
    with capture_output() as captured:
        result = shell.run_cell(text)
    return result.result, captured


def test_the_choices_are_what_can_be_written():
    assert set(NOTATIONS) == set(WRITTEN)


def test_a_cell_is_written_as_sql_and_the_text_is_plain_text(shell):
    converted, captured = run(shell, f"%%synthohive convert --to sql\n{CELL}\n")
    assert isinstance(converted, str)
    assert converted.startswith("CREATE TABLE users (\n  id INTEGER PRIMARY KEY,\n")
    assert repr(converted) == str(converted) == converted[:]
    (told,) = captured.outputs
    assert told.data["text/plain"] == (
        "note: 1 setting is in comments (synthohive: …), which are read back here and nowhere else"
    )


def test_a_line_names_text_a_description_or_a_file(shell, tmp_path, monkeypatch):
    shop = Metadata()
    shop.add_table("users", pk="id", pii_cols=["mail"])
    shell.user_ns.update(shop=shop, text="Table users {\n id int [pk]\n mail varchar\n}")
    run(shell, "ddl = %synthohive convert shop --to compact")
    assert shell.user_ns["ddl"] == "users: id pk, mail pii(fake)\n"
    run(shell, "ddl = %synthohive convert text --to yaml")
    assert shell.user_ns["ddl"] == "tables:\n  users:\n    columns:\n      id: pk\n      mail:\n"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.sql").write_text("CREATE TABLE a (x INT DEFAULT 3);")
    converted, captured = run(shell, "%synthohive convert shop.sql --to compact")
    assert converted == "a: x int\n"
    (told,) = captured.outputs
    assert "DEFAULT (1)" in told.data["text/plain"]


def test_a_diagram_is_drawn_where_the_front_end_can(shell):
    converted, _ = run(shell, f"%%synthohive convert --to mermaid\n{CELL}\n")
    bundle, _ = shell.display_formatter.format(converted)
    assert bundle["text/vnd.mermaid"] == str(converted) == bundle["text/plain"] + "\n"
    assert converted.startswith("erDiagram\n")
    plain, _ = shell.display_formatter.format(
        run(shell, f"%%synthohive convert --to dbml\n{CELL}")[0]
    )
    assert list(plain) == ["text/plain"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (f"%%synthohive convert\n{CELL}", "needs --to with one of: compact, yaml, sql, dbml"),
        ("%synthohive convert nothing --to sql", "no file or variable is called 'nothing'"),
        ("%synthohive convert broken --to sql", "line break"),
        ("%synthohive convert odd --to sql", "line break"),
    ],
)
def test_what_cannot_be_converted(shell, call, message):
    odd = Metadata()
    odd.add_table("a\nb", pk=None, columns=["x"])
    shell.user_ns.update(odd=odd, broken='CREATE TABLE a ("x\ny" INT)')
    with capture_output() as captured:
        shell.run_cell(call)
    assert message in captured.stderr + captured.stdout


def test_private_columns_stay_private_on_every_way(shell):
    shop = Metadata()
    shop.add_table("users", pk="id", pii_cols=["mail"])
    shell.user_ns["shop"] = shop
    for notation in ("yaml", "sql", "dbml"):
        text, _ = run(shell, f"%synthohive convert shop --to {notation}")
        shell.user_ns["text"] = str(text)
        back, _ = run(shell, "%synthohive convert text --to compact")
        assert back == "users: id pk, mail pii(fake)\n"
    assert PrivacyConfig().with_defaults(shop).rule("users", "mail").action == "fake"
