"""A real `InteractiveShell` with the extension, without a kernel."""

from __future__ import annotations

from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config


def new_shell(**variables):
    """Return a new shell, as after a restart of the kernel; ``greeting`` is what it has said."""
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    shell.user_ns.update(variables)
    with capture_output() as captured:
        shell.run_line_magic("load_ext", "synthohive_jupyter")
    shell.greeting = captured.stdout
    return shell


@contextmanager
def loaded_shell(**variables):
    """Give a new shell, and take it away."""
    yield new_shell(**variables)
    InteractiveShell.clear_instance()
