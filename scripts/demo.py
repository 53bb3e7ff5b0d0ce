"""`make demo`: run the quickstart notebook on real data and leave a page with its pictures."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from traitlets.config import Config

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_quickstart.ipynb"
OUT = ROOT / "artifacts" / "demo"
TIMEOUT_SECONDS = 600


def main() -> int:
    """Execute the notebook in a kernel of its own; return the exit status."""
    started = time.monotonic()
    OUT.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    try:
        execute(notebook)
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
        (OUT / "quickstart.html").write_text(page, encoding="utf-8")
        nbformat.write(notebook, OUT / "quickstart.ipynb")
    print(summary(notebook))
    print(f"\nThe page with the pictures: {(OUT / 'quickstart.html').relative_to(ROOT)}")
    print(f"Delta tables: {(OUT / 'nyc').relative_to(ROOT)}/<table>")
    print(f"{time.monotonic() - started:.0f} s in all")
    return 0


def execute(notebook: nbformat.NotebookNode) -> None:
    """Run the notebook in ``OUT``; its kernel opens no port that others here could reach."""
    with tempfile.TemporaryDirectory() as sockets:
        config = Config()
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(Path(sockets) / "kernel")
        NotebookClient(
            notebook,
            timeout=TIMEOUT_SECONDS,
            kernel_name="python3",
            config=config,
            resources={"metadata": {"path": str(OUT)}},
        ).execute()


def summary(notebook: nbformat.NotebookNode) -> str:
    """Return what the notebook's cells tagged ``summary`` printed."""
    texts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        if "summary" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
    ]
    return "\n".join(texts)


if __name__ == "__main__":
    sys.exit(main())
