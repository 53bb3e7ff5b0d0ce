"""Names for results among the user's variables; nothing of theirs is lost by accident."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from synthohive_jupyter.notebook.options import Options
    from synthohive_jupyter.notebook.result import SyntheticResult
    from synthohive_jupyter.notebook.runs.run import Run


class Binder:
    """Binds results to variables.

    Args:
        namespace: Variables of the notebook.
        push: Sets variables there.

    Attributes:
        last: The run behind the last result of this kernel, bound or not.
    """

    def __init__(
        self, namespace: Mapping[str, Any], push: Callable[[dict[str, Any]], None]
    ) -> None:
        self._namespace = namespace
        self._push = push
        self._own: dict[str, weakref.ref[Any]] = {}
        self.last: Run | None = None

    def require_free(self, options: Options, tables: Iterable[str]) -> None:
        """Refuse names that would replace a variable of the user's; called before any work.

        Variables bound by an earlier run may be replaced, and so may whatever ``-o`` names, except
        for a frame: that is most likely the data.

        Raises:
            CommandError: With all such names, or a table whose name is no variable name.
        """
        from synthohive_jupyter.notebook.data import is_frame

        names = _names(options, tables)
        odd = [name for name in names if not name.isidentifier()]
        if odd:
            raise CommandError(
                f"--into cannot make a variable called '{odd[0]}'; bind the result with -o, and "
                "take the table with brackets"
            )
        if options.overwrite:
            return
        taken = [name for name in names if self.is_users(name)]
        if options.out is not None and self.is_users(options.out):
            taken += [options.out] if is_frame(self._namespace[options.out]) else []
        if taken:
            raise CommandError(
                f"there are variables called {', '.join(taken)} already; choose another name, or "
                "write --overwrite"
            )

    def bind(self, options: Options, result: SyntheticResult) -> None:
        """Bind the result, and its tables where ``--into`` asks for them."""
        names = dict(zip(_names(options, result), result, strict=True)) if options.into else {}
        values: dict[str, Any] = {name: result[table] for name, table in names.items()}
        if options.out is not None:
            values[options.out] = result
        self.last = result.run
        self._own.update({name: weakref.ref(value) for name, value in values.items()})
        self._push(values)

    def is_users(self, name: str) -> bool:
        """Return whether there is a variable of that name which no run has bound."""
        if name not in self._namespace:
            return False
        own = self._own.get(name)
        return own is None or own() is not self._namespace[name]


def _names(options: Options, tables: Iterable[str]) -> list[str]:
    return [] if options.into is None else [f"{options.into}_{table}" for table in tables]
