"""Where the schema of a call comes from."""

import pytest

from synthohive_jupyter.errors import CommandError, SchemaError
from synthohive_jupyter.notebook.binding import Binder
from synthohive_jupyter.notebook.configuration import Settings
from synthohive_jupyter.notebook.options import Options
from synthohive_jupyter.notebook.schema_text import schema_of
from synthohive_jupyter.notebook.verbs.request import Request

SCHEMA = "users: id pk, age int\n"


def request(target=None, body=None, **namespace):
    options = Options("check", () if target is None else (target,))
    return Request(
        options=options,
        body=body,
        namespace=namespace,
        settings=Settings(1, 10, None, "tree", "none", False, None, "off"),
        binder=Binder(namespace, namespace.update),
        display="none",
        silent=False,
        publish=print,
        next_cell=print,
    )


def test_the_body_of_a_cell_counts_its_lines_from_the_magic():
    assert list(schema_of(request(body=SCHEMA)).metadata.tables) == ["users"]
    with pytest.raises(SchemaError) as caught:
        schema_of(request(body="users: id pk, age itn\n"))
    assert caught.value.problems[0].line == 2


def test_a_line_names_a_variable_or_a_file(tmp_path):
    assert list(schema_of(request("text", text=SCHEMA)).metadata.tables) == ["users"]
    file = tmp_path / "shop.hive"
    file.write_text(SCHEMA, encoding="utf-8")
    assert list(schema_of(request(str(file))).metadata.tables) == ["users"]
    file.write_text("users: id pk, age itn\n", encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        schema_of(request(str(file)))
    assert caught.value.problems[0].line == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (request(), "'check' needs a schema: write %%synthohive check as the first line of a cell"),
        (request(body=" \n"), "'check' needs a schema"),
        (request("shop", SCHEMA), "'check' takes its schema from the cell; remove 'shop'"),
        (request("nothing"), "no file or variable is called 'nothing'"),
        (request("number", number=3), "no schema is in 'number'"),
    ],
)
def test_what_is_no_schema_is_told(call, message):
    with pytest.raises(CommandError) as caught:
        schema_of(call)
    assert str(caught.value).startswith(message)


def test_a_file_that_is_no_text_is_told(tmp_path):
    file = tmp_path / "shop.hive"
    file.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(CommandError, match="cannot be read as text"):
        schema_of(request(str(file)))
    file.write_bytes(b"#" * 5_000_000)
    with pytest.raises(CommandError, match="too long"):
        schema_of(request(str(file)))
