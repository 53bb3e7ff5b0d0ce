"""Hostile names and values through every view, in JupyterLab: nothing of them becomes active."""

from __future__ import annotations

import json
from contextlib import contextmanager

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.browser.hostile_data import PARENTS, ROOTS
from tests.browser.lab import CELL_MS, ROOT, SCREENSHOTS

pytestmark = pytest.mark.browser

SETUP = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.browser import hostile_data
from tests.hostile import ONE_LINE
text = hostile_data.cell(); small = "\\n".join(text.splitlines()[:2])
globals().update(hostile_data.frames())
%load_ext synthohive_jupyter"""
ERRORS = """\
shell = get_ipython()
for name in ONE_LINE:
    for line, body in (
        ("check", f"t: id pk, x -> {hostile_data.quoted(name)}.id"),
        ("check", name),
        ("fit --model=" + name, "t: id pk"),
        (name, "t: id pk"),
    ):
        try:
            shell.run_cell_magic("synthohive", line, body)
        except Exception:
            shell.showtraceback()"""
CELLS = {
    "setup": SETUP,
    "check": "%synthohive check text",
    "explain": "%synthohive explain text",
    "fit": "%synthohive fit text --model tree --seed 1 -o r",
    "ctgan": "%synthohive fit small --model ctgan --epochs 3 --seed 1 -o s",
    "card": "r",
    "panel": "r.run",
    "values": "r[hostile_data.ROOTS[0]]",
    "yaml": "%synthohive convert text --to yaml",
    "sql": "%synthohive convert text --to sql",
    "dbml": "%synthohive convert text --to dbml",
    "mermaid": "%synthohive convert text --to mermaid",
    "code": "%synthohive code r",
    "errors": ERRORS,
    "page": "r.report.save('report.html')",
    "init": "%synthohive init",
}
PLAIN = [name for name in (*PARENTS, *ROOTS) if not set(name) & set("\"'\\")]
"""Names that every notation writes as they are."""
PLACES = {name: place for place, name in enumerate(CELLS)}
# Of JupyterLab itself an output may hold anything; of ours none of these, and no handler.
ACTIVE = """(root) => {
    const found = [];
    // Links that JupyterLab itself makes of addresses in texts, of files and data too.
    const linked = (e) => e.tagName === "A" && e.rel === "noopener" && e.target === "_blank"
        && e.protocol !== "javascript:" && e.closest(".jp-RenderedText") !== null;
    const tags = "script,iframe,frame,object,embed,link,meta,base,form,input,textarea,select,"
        + "video,audio,source,template,plaintext,xmp,marquee,noscript,body,a[href],math";
    for (const node of document.querySelectorAll(root)) {
        for (const element of node.querySelectorAll(tags)) {
            // JupyterLab's affair: formulas in frames of pandas. Ours: the field that finds a table.
            const own = element.closest(".dataframe") || element.matches(".shj input.shj-find");
            if (!linked(element) && !own) found.push(element.outerHTML);
        }
        for (const element of node.querySelectorAll("*")) {
            for (const { name, value } of element.attributes) {
                const address = ["src", "href", "action", "data", "xlink:href"].includes(name);
                const inside = /^(data:image\\/|blob:|#)/.test(value);
                if (name === "href" && linked(element)) continue;
                if (name.startsWith("on") || (address && !inside)) found.push(`${name}=${value}`);
                if (name === "style" && /pwned|invalid|fixed/.test(value)) found.push(value);
                if (name === "id" && ["x", "main"].includes(value)) found.push(`id=${value}`);
            }
        }
    }
    return found;
}"""


@contextmanager
def watched(page, allowed):
    """Fail if the page opens a dialog or a window, leaves, or asks another place for anything."""
    seen = []
    own = (allowed, allowed.replace("http", "ws"), "data:", "blob:")

    def note(event):
        if not getattr(event, "url", "").startswith(own):
            seen.append(event)

    def dismiss(dialog):
        seen.append(dialog)
        dialog.dismiss()

    for kind in ("popup", "request"):
        page.on(kind, note)
    page.on("dialog", dismiss)

    yield
    assert seen == []
    for frame in page.frames:
        assert frame.evaluate("() => window.pwned") is None
    found = page.evaluate(ACTIVE, ".jp-OutputArea-output, .shj, .shj-card")
    assert not found, "\n".join(found)


def test_nothing_hostile_is_active(open_notebook, lab, browser):
    address, work = lab
    view = open_notebook("hostile-views", list(CELLS.values()), height=2000)
    page = view.page
    with watched(page, address):
        for name, place in PLACES.items():
            view.run(place)
            for button in view.output(place).locator(".shj-fold").all():
                button.click()
            for summary in view.output(place).locator("details > summary").all():
                summary.click()
            check_shown(name, view.output(place))
        view.screenshot("hostile")
        saved = view.save()
    assert page.errors == []
    reopen(open_notebook, work, address, saved)
    open_pages(browser, work, saved)


def check_shown(name, output):
    """The names are there to be read."""
    text = output.inner_text()
    if name in {"check", "explain", "fit", "card", "panel", "yaml", "code", "init"}:
        for table in PLAIN:
            assert table in text, (name, table)
    if name == "errors":
        assert "Traceback" not in text


def reopen(open_notebook, work, address, saved):
    """Open a copy that nobody trusts: its HTML is cleaned by JupyterLab, the text is there."""
    copy = nbformat.from_dict(json.loads(json.dumps(saved)))
    copy.metadata["copied"] = True
    nbformat.write(copy, work / "hostile-copy.ipynb")
    view = open_notebook("hostile-copy", height=2000)
    with watched(view.page, address):
        view.page.locator(".shj-card").first.wait_for(timeout=CELL_MS)
        view.page.wait_for_timeout(1000)
        view.screenshot("hostile-untrusted")


def open_pages(browser, work, saved):
    """Open what the report and nbconvert write, as files."""
    (work / "converted.html").write_text(HTMLExporter().from_notebook_node(saved)[0])
    for name in ("report", "converted"):
        context = browser.new_context(offline=True)
        page = context.new_page()
        dialogs = []
        page.on("dialog", lambda dialog, seen=dialogs: (seen.append(dialog), dialog.dismiss()))
        page.goto((work / f"{name}.html").as_uri(), timeout=20_000)
        assert page.evaluate("() => window.pwned") is None
        assert dialogs == []
        assert page.locator(".shj-card").count() > 0
        assert page.evaluate(ACTIVE, ".shj-card") == []
        page.screenshot(path=SCREENSHOTS / f"hostile-{name}.png")
        context.close()
