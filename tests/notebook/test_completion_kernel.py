"""Tab in a real kernel: what a front end asks for, and the range that it then replaces."""

import os

import pytest
from jupyter_client.manager import start_new_kernel

from tests.shop import CELL

pytestmark = pytest.mark.kernel

PATIENCE = 60.0
SETUP = """\
import os
import pandas as pd
users = pd.DataFrame({"id": [1], "region": ["north"], "unit price": [1.0], "\U0001f600 mood": [1]})
orders = pd.DataFrame({"id": [1], "user_id": [1]})
%load_ext synthohive_jupyter
"""


WHOLE = pytest.mark.parametrize("complete", ["jedi", "python"], indirect=True)
LINES = pytest.mark.parametrize("complete", ["lines"], indirect=True)
BOTH = pytest.mark.parametrize("complete", ["jedi", "python", "lines"], indirect=True)


@pytest.fixture(scope="module")
def complete(request, tmp_path_factory):
    """Ask at ``|``; give the texts after each replacement, and the texts replaced."""
    folder = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(folder))
    settings = {
        "jedi": "%config IPCompleter.use_jedi = True",
        "python": "%config IPCompleter.use_jedi = False",
        # How kernels asked before 2018, and still do where they are told to.
        "lines": "%config IPCompleter.use_jedi = False\n"
        "get_ipython().kernel.use_experimental_completions = False",
    }
    reply = client.execute(SETUP + settings[request.param], reply=True, timeout=PATIENCE)
    assert reply["content"]["status"] == "ok", reply

    def ask(text):
        cursor = text.index("|")
        text = text.replace("|", "", 1)
        content = client.complete(text, cursor, reply=True, timeout=PATIENCE)["content"]
        assert content["status"] == "ok"
        start, end = content["cursor_start"], content["cursor_end"]
        assert end == cursor
        return [text[:start] + match + text[end:] for match in content["matches"]]

    yield ask
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@BOTH
def test_the_first_line(complete):
    assert complete("%%synthohive exp|") == ["%%synthohive explain"]
    assert complete("%%synthohive fit --mod|el") == ["%%synthohive fit --modelel"]
    assert complete("x = %synthohive init ord|") == ["x = %synthohive init orders"]


@WHOLE
def test_the_body(complete):
    head = "%%synthohive fit\n"
    assert complete(f"{head}use|") == [f"{head}users:"]
    assert complete(f"{head}users: id pk, reg| # more") == [f"{head}users: id pk, region # more"]
    assert complete(f"{head}users: id pk,\n  uni|") == [f'{head}users: id pk,\n  "unit price"']
    cell = CELL.replace("-> users.id", "-> us|")
    assert complete(head + cell) == [head + CELL]


@LINES
def test_a_line_alone(complete):
    assert complete("%%synthohive fit\nusers: id pk, reg|") == [
        "%%synthohive fit\nusers: id pk, region"
    ]
    assert complete("%%synthohive fit\n  @linkage neg|") == [
        "%%synthohive fit\n  @linkage negbinom"
    ]


@BOTH
def test_positions_count_characters_and_not_halves_of_them(complete):
    smile = "\U0001f600"
    head = "%%synthohive fit\n"
    before = f'{head}"{smile}{smile}": id # {smile}\nusers: id pk, "{smile} mood" int, '
    assert complete(f"{before}reg|") == [f"{before}region"]
    assert complete(f'{head}users: id pk, "{smile}|') == [f'{head}users: id pk, "{smile} mood"']


@BOTH
def test_python_is_completed_as_before(complete):
    assert "import os\nos.getcwd" in complete("import os\nos.getcw|")
    assert "def f(x) -> users" in complete("def f(x) -> use|")
    assert complete("%load_e|") == ["%load_ext"]
    assert complete("%%synthoh|") == ["%%synthohive"]
