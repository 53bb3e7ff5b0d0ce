"""The ``%%synthohive`` magic: reads the first line, calls a command, shows mistakes kindly.

Loading is light: neither torch, pyspark, pandas nor the engine is imported before a cell runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, CaselessStrEnum, Int, Unicode

from synthohive_jupyter.errors import SchemaError, SynthoHiveError
from synthohive_jupyter.io.session import find_session
from synthohive_jupyter.notebook.arguments import read_options, split, with_options
from synthohive_jupyter.notebook.binding import Binder
from synthohive_jupyter.notebook.completion.matcher import register, unregister
from synthohive_jupyter.notebook.configuration import Settings, resolve
from synthohive_jupyter.notebook.interpolate import interpolate
from synthohive_jupyter.notebook.options import DISPLAYS, MODELS, Options
from synthohive_jupyter.notebook.wording import plain

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from synthohive_jupyter.notebook.verbs.request import Request

NAME = "synthohive"

ALWAYS_ANSWERED = ("config", "help")
"""Verbs that answer even where a configuration is wrong: they tell what to do about it."""


@magics_class
class SynthoHiveMagics(Magics):
    """Defaults of ``%%synthohive``; an option of a cell overrides them."""

    epochs = Int(300, min=1, help="Passes over each table.").tag(config=True)
    batch_size = Int(500, min=1, help="Rows of one training step.").tag(config=True)
    seed = Int(None, allow_none=True, min=0, help="Root seed; None draws a new one.").tag(
        config=True
    )
    model = CaselessStrEnum(
        MODELS, "auto", help="Model of the rows; auto takes what suits each table."
    ).tag(config=True)
    display = CaselessStrEnum(
        DISPLAYS, "auto", help="The panel, text bars, nothing, or what fits the place."
    ).tag(config=True)
    spark = Unicode(
        None, allow_none=True, help="Variable that holds the Spark session; None looks for one."
    ).tag(config=True)
    checkpoints = Unicode(
        "auto", help="Folder that --resume goes on from; auto is a private one, off is none."
    ).tag(config=True)
    debug = Bool(default_value=False, help="Show mistakes with their traceback.").tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell=shell)
        self._shell = shell
        self.binder = Binder(shell.user_ns, shell.push)
        self.replaced: dict[str, Any] = {}

    @no_var_expand
    @line_cell_magic
    @with_options
    def synthohive(self, line: str, cell: str | None = None) -> object:
        """Describe, fit and generate a relational database; %synthohive help tells how."""
        settings = resolve(self)
        try:
            return self._answer(line, cell, settings)
        except SynthoHiveError as error:
            if not (settings.debug or "--debug" in line.split()):
                _show_without_traceback(error)
            raise

    def _answer(self, line: str, cell: str | None, settings: Settings) -> object:
        names = self._shell.user_ns
        text, body, silent = _without_semicolon(line, cell)
        options = self._options(text, names, is_cell=cell is not None)
        if options.verb not in ALWAYS_ANSWERED:
            settings.require_sound()
        if body is not None:
            body = interpolate(body, names, line=2)
        # Everything heavy hangs on the commands: they are imported with the first one.
        from synthohive_jupyter.notebook.verbs.table import answer

        silent = silent or options.display == "none"
        called = settings.overridden(options)
        result = answer(self._request(options, body, called, silent=silent))
        return self._hidden(result, is_cell=cell is not None) if silent else result

    def _options(self, text: str, names: Mapping[str, Any], *, is_cell: bool) -> Options:
        prefix = f"{'%%' if is_cell else '%'}{NAME} "
        # Only to tell what is wrong, with its position in the line as it is written.
        interpolate(text, names, line=1, prefix=prefix)
        words = [interpolate(word, names, line=1) for word in split(text)]
        magic: Any = type(self).synthohive
        return read_options(magic.parser, words)

    def _request(
        self, options: Options, body: str | None, settings: Settings, *, silent: bool
    ) -> Request:
        from synthohive_jupyter.notebook.display import choose, in_kernel
        from synthohive_jupyter.notebook.verbs.request import Request

        display = settings.display
        if options.verb not in ALWAYS_ANSWERED:
            display = choose(display, in_kernel=in_kernel())
        return Request(
            options=options,
            body=body,
            namespace=self._shell.user_ns,
            settings=settings,
            binder=self.binder,
            display=display,
            silent=silent,
            publish=_publish,
            next_cell=self._shell.set_next_input,
        )

    def _hidden(self, result: Any, *, is_cell: bool) -> Any:  # noqa: ANN401 - of any command
        """Return a result so that this cell shows nothing of it.

        A line may be assigned to a variable, so it has to give the result.
        """
        if is_cell or not isinstance(result, Mapping):
            return None
        now = self._shell.execution_count
        result.hide_while(lambda: self._shell.execution_count == now)  # type: ignore[attr-defined]
        return result


def _publish(bundle: dict[str, str]) -> None:
    from IPython.display import display

    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def _without_semicolon(line: str, cell: str | None) -> tuple[str, str | None, bool]:
    """Take off the ``;`` that silences a cell, from its end or from a single line."""
    if cell is not None and cell.rstrip().endswith(";"):
        return line, cell.rstrip()[:-1], True
    if line.rstrip().endswith(";"):
        return line.rstrip()[:-1], cell, True
    return line, cell, False


def _show_without_traceback(error: SynthoHiveError) -> None:
    """Let IPython show the text of a mistake alone, by the hook that it has for this."""
    text = error.rendered if isinstance(error, SchemaError) and error.rendered else None
    shown = text or f"{type(error).__name__}: {error}"
    lines = [plain(line) for line in shown.split("\n")]
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]


def load(shell: InteractiveShell) -> None:
    """Register the magic and say what will be used; loading twice changes nothing."""
    if _registered(shell) is not None:
        return
    magics = SynthoHiveMagics(shell)
    table = shell.magics_manager.magics
    magics.replaced = {kind: table[kind][NAME] for kind in table if NAME in table[kind]}
    shell.register_magics(magics)
    register(shell)
    _prepare_language()
    print(greeting(shell))  # noqa: T201 - the one line of %load_ext


def _prepare_language() -> None:
    """Build the grammar now: the first cell, often one with a mistake, is answered at once then."""
    from synthohive_jupyter.dsl.compiler import compile_cell

    compile_cell("table: id pk")


def unload(shell: InteractiveShell) -> None:
    """Take the magic away again, and give back what had its name before."""
    magics = _registered(shell)
    if magics is None:
        return
    for kind, table in shell.magics_manager.magics.items():
        table.pop(NAME, None)
        if kind in magics.replaced:
            table[NAME] = magics.replaced[kind]
    shell.magics_manager.registry.pop(SynthoHiveMagics.__name__, None)
    _configurables(shell).remove(magics)
    unregister(shell)


def _registered(shell: InteractiveShell) -> SynthoHiveMagics | None:
    return next((c for c in _configurables(shell) if isinstance(c, SynthoHiveMagics)), None)


def _configurables(shell: InteractiveShell) -> list[Any]:
    # Annotated too narrowly in IPython: it holds every configurable object of the shell.
    return shell.configurables


def greeting(shell: InteractiveShell) -> str:
    """Return the line of ``%load_ext``: version, engine and session, help. Starts nothing."""
    session = find_session(namespace=shell.user_ns)
    if session is None:
        engine = "pandas; the embedded engine starts when something needs it"
    else:
        engine = f"Spark session: {session.origin} ({session.kind})"
    return f"synthohive_jupyter {version('synthohive-jupyter')} · {engine} · %synthohive help"
