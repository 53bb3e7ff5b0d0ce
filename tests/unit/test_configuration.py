"""Defaults: where they come from, which one wins, and what is told of a wrong file."""

import os
import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Application, Config

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.configuration import (
    BUILT_IN,
    CONFIG,
    IPYTHON_FILE,
    THIS_LINE,
    Settings,
    resolve,
)
from synthohive_jupyter.notebook.magics import SynthoHiveMagics
from synthohive_jupyter.notebook.options import Options
from synthohive_jupyter.notebook.verbs.config import ConfigTable


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory below a project's."""
    below = tmp_path / "notebooks" / "deep"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(below)
    monkeypatch.delenv("SYNTHOHIVE_DISPLAY", raising=False)
    return tmp_path


@pytest.fixture
def make_shell():
    """Make a shell below an application that has read a configuration file, as IPython does."""

    def make(**values):
        config = Config()
        config.HistoryManager.enabled = False
        config.SynthoHiveMagics.update(values)
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance(parent=Application(config=config))
        with capture_output():
            shell.run_line_magic("load_ext", "synthohive_jupyter")
        return shell

    yield make
    InteractiveShell.clear_instance()


def magics_of(shell):
    return next(c for c in shell.configurables if isinstance(c, SynthoHiveMagics))


def write(folder, text):
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    # Two changes within one tick of the clock are told apart by the size alone.
    os.utime(path, ns=(0, hash(text) % 10**12))
    return path


def shown(shell, line):
    with capture_output(display=False) as captured:
        shell.run_cell(line)
    return re.sub(r"^Out\[\d+\]: \n?", "", captured.stdout)


def test_every_trait_is_a_field_and_every_field_a_trait(make_shell):
    settings = resolve(magics_of(make_shell()))
    configurable = set(SynthoHiveMagics.class_own_traits(config=True))
    assert set(settings.origins) == configurable
    assert configurable == set(Settings.__dataclass_fields__) - {"origins", "helps", "problem"}
    assert all(settings.helps.values())


def test_without_anything_all_is_built_in(folder, make_shell):
    settings = resolve(magics_of(make_shell()))
    assert set(settings.origins.values()) == {BUILT_IN}
    assert (settings.epochs, settings.seed, settings.model) == (300, None, "auto")


def test_who_wins_and_where_it_is_seen(folder, make_shell):
    path = write(
        folder, '[tool.synthohive]\nepochs = 7\nseed = 8\nmodel = "TREE"\nbatch-size = 9\n'
    )
    shell = make_shell(seed=1)
    shell.run_line_magic("config", "SynthoHiveMagics.batch_size = 2")
    settings = resolve(magics_of(shell))
    assert (settings.epochs, settings.seed, settings.model, settings.batch_size) == (
        7,
        1,
        "tree",
        2,
    )
    assert settings.origins["epochs"] == str(path)
    assert settings.origins["seed"] == IPYTHON_FILE
    assert settings.origins["batch_size"] == CONFIG
    shell.run_line_magic("config", "SynthoHiveMagics.seed = 3")
    assert resolve(magics_of(shell)).origins["seed"] == CONFIG


def test_the_built_in_value_set_again_wins_over_the_file(folder, make_shell):
    write(folder, "[tool.synthohive]\nepochs = 7\n")
    shell = make_shell()
    shell.run_line_magic("config", "SynthoHiveMagics.epochs = 300")
    assert resolve(magics_of(shell)).epochs == 300


def test_the_nearest_file_counts_and_is_read_again_when_it_changes(folder, make_shell):
    magics = magics_of(make_shell())
    write(folder, "[tool.synthohive]\nepochs = 7\n")
    assert resolve(magics).epochs == 7
    write(folder, "[tool.synthohive]\nepochs = 70\n")
    assert resolve(magics).epochs == 70
    write(folder / "notebooks", "[project]\n")
    assert resolve(magics).epochs == 300


def test_the_file_is_not_read_again_as_long_as_it_is_the_same(folder, make_shell, monkeypatch):
    import tomllib

    reads = []
    real = tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: reads.append(1) or real(text))
    magics = magics_of(make_shell())
    write(folder, "[tool.synthohive]\nepochs = 5\n")
    assert [resolve(magics).epochs for _ in range(3)] == [5, 5, 5]
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.synthohive]\nepoch = 3", "has no 'epoch' (did you mean 'epochs'?)"),
        ("[tool.synthohive]\nxyz = 3", "has no 'xyz' (known: epochs, batch_size, seed, model"),
        ("[tool.synthohive]\nepochs = 'x'", "takes a whole number from 1, not 'x'"),
        ("[tool.synthohive]\nepochs = 0", "takes a whole number from 1, not 0"),
        ("[tool.synthohive]\nepochs = true", "takes a whole number from 1, not True"),
        ("[tool.synthohive]\nseed = -1", "takes a whole number from 0, not -1"),
        ("[tool.synthohive]\nmodel = 'tere'", "takes ctgan or argn or tree or auto, not 'tere'"),
        ("[tool.synthohive]\ndebug = 1", "takes true or false, not 1"),
        ("[tool.synthohive]\nspark = 1", "takes text, not 1"),
        ("[tool.synthohive]\nbatch-size = 1\nbatch_size = 2", "has 'batch_size' twice"),
        ("[tool.synthohive]\nmodel = '" + "y" * 99 + "'", "not 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…"),
        ("[tool]\nsynthohive = 3", "'synthohive' in"),
        ("[tool.synthohive\n", "is damaged: "),
        ("tool = 3", "'tool' in"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_its_path_and_key(folder, make_shell, text, message):
    path = write(folder, text)
    settings = resolve(magics_of(make_shell()))
    assert str(path) in settings.problem
    assert message in settings.problem
    assert set(settings.origins.values()) == {BUILT_IN}
    with pytest.raises(CommandError, match=r"pyproject\.toml"):
        settings.require_sound()


def test_a_file_that_is_no_text(folder, make_shell):
    (folder / "pyproject.toml").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in resolve(magics_of(make_shell())).problem


def test_with_a_wrong_file_nothing_works_but_help_and_config(folder, make_shell):
    write(folder, "[tool.synthohive]\nepoch = 3")
    shell = make_shell()
    told = shown(shell, "%%synthohive check\nusers: id")
    assert told.startswith("CommandError: [tool.synthohive] of ")
    assert "did you mean 'epochs'?" in told
    assert "Verbs" in shown(shell, "%synthohive help")
    table = shown(shell, "%synthohive config")
    assert table.startswith("✗ [tool.synthohive] of ")
    assert "epochs" in table


def test_the_table_shows_value_and_origin(folder, make_shell, monkeypatch):
    path = write(folder, "[tool.synthohive]\nepochs = 7\n")
    shell = make_shell()
    lines = shown(shell, "%synthohive config").splitlines()
    assert lines[0].split()[:3] == ["Default", "Value", "From"]
    (epochs,) = [line for line in lines if line.startswith("epochs")]
    assert epochs.split()[:3] == ["epochs", "7", str(path)]
    assert "Passes over each table." in epochs
    (seed,) = [line for line in lines if line.startswith("seed")]
    assert seed.split()[:4] == ["seed", "–", "built", "in"]
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "text")
    (display,) = [line for line in repr(table_of(shell)).splitlines() if line.startswith("display")]
    assert display.split()[:3] == ["display", "text", "SYNTHOHIVE_DISPLAY"]


def table_of(shell):
    return ConfigTable(resolve(magics_of(shell)))


def test_the_table_in_html_escapes_what_it_shows(folder, make_shell, monkeypatch):
    hostile = folder / "<img src=x onerror=alert(1)>"
    hostile.mkdir()
    monkeypatch.chdir(hostile)
    write(hostile, "[tool.synthohive]\nepochs = 7\n")
    page = table_of(make_shell())._repr_mimebundle_()["text/html"]
    assert "<img" not in page
    assert "&lt;img" in page
    assert "epochs" in page


def test_config_takes_no_schema_and_no_name(folder, make_shell):
    shell = make_shell()
    assert "'config' takes no schema" in shown(shell, "%%synthohive config\nusers: id")
    assert "'config' takes no name" in shown(shell, "%synthohive config x")


def test_debug_may_stand_in_the_file(folder, make_shell):
    write(folder, "[tool.synthohive]\ndebug = true\n")
    shell = make_shell()
    assert "Traceback" in shown(shell, "%synthohive nonsense")


def test_a_working_directory_that_is_gone(folder, make_shell, monkeypatch):
    shell = make_shell()
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert resolve(magics_of(shell)).problem is None


def test_what_a_line_says_wins_also_where_it_is_nought(folder, make_shell):
    settings = resolve(magics_of(make_shell()))
    called = settings.overridden(Options(seed=0, epochs=3))
    assert (called.seed, called.epochs, called.model) == (0, 3, settings.model)
    assert called.origins["seed"] == called.origins["epochs"] == THIS_LINE
    assert called.origins["model"] == called.origins["debug"] == BUILT_IN
    assert settings.origins["seed"] == BUILT_IN
