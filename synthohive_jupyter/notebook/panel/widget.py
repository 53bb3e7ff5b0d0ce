"""`RunPanel`, the widget that draws a run in a notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from synthohive_jupyter.notebook.panel.page_files import module, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class RunPanel(anywidget.AnyWidget):
    """Draws a run; ``state`` is a whole snapshot, increments come as messages.

    Attributes:
        state: `RunState.snapshot` as JSON text. A notebook file puts each element of a list on a
            line of its own; as a text the curves of a hundred tables stay under a megabyte.
    """

    _esm = module()
    _css = style()
    state = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        return "SynthoHive run (the panel needs a live notebook)"

    def show_state(self, snapshot: Mapping[str, Any]) -> None:
        """Send a whole snapshot, which is also what a saved notebook keeps."""
        self.state = packed(snapshot)

    def show_increment(self, change: Mapping[str, Any]) -> None:
        """Send what has changed."""
        self.send({"kind": "increment", "change": packed(change)})

    def answer_stop(self) -> None:
        """Tell the page that the stop was heard."""
        self.send({"kind": "stopping"})

    def on_stop(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` when the page asks for a stop, where it cannot interrupt the kernel.

        ipykernel 7.4 hands a widget's messages to the shell that last published to it. That is the
        busy one here, and a stop would wait for the end of the run; a route of its own lets it
        come in on the subshell that the page has chosen. Other versions have no such method.
        """

        def received(_widget: object, content: object, _buffers: object) -> None:
            if isinstance(content, dict) and content.get("kind") == "stop":
                heard()

        self.on_msg(received)
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda _data, chosen: chosen  # noqa: SLF001 - see above


def packed(record: Mapping[str, Any]) -> str:
    r"""Return a record as compact JSON; ASCII, so that no name is beyond the message encoding.

    >>> packed({"a": [1, None], "b": "\u00e9"})
    '{"a":[1,null],"b":"\\u00e9"}'
    """
    return json.dumps(record, separators=(",", ":"), allow_nan=False)


def show(panel: RunPanel) -> Callable[[dict[str, str]], None]:
    """Display a panel; the returned function puts a still bundle in its place."""
    from IPython.display import display

    handle: Any = display(panel, display_id=True)  # type: ignore[no-untyped-call]

    def end(bundle: dict[str, str]) -> None:
        if handle is not None:
            handle.update(bundle, raw=True)

    return end
