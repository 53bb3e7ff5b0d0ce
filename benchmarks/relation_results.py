"""The page of results of one database: against train, against the holdout, key by key, the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.results import as_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.databases import DatabaseSet
    from benchmarks.results import Row

Columns = dict[str, "tuple[str, Callable[[float], str]]"]


def _points(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"


def _seconds(value: float) -> str:
    return f"{value:.1f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def table(rows: Sequence[Row], columns: Columns) -> str:
    """Return rows as a Markdown table; a column that nobody has is left out, so is such a row."""
    medians = [(row, row.median()) for row in rows]
    known = {
        label: (name, text)
        for label, (name, text) in columns.items()
        if any(median.get(name) is not None for _, median in medians)
    }
    lines = [["model", *known], ["---"] * (len(known) + 1)]
    for row, median in medians:
        values = [(median.get(name), text) for name, text in known.values()]
        cells = ["–" if value is None else text(value) for value, text in values]
        if set(cells) - {"–"}:
            seeds = "" if len(row.seeds) > 1 else " ¹"
            lines.append([row.label + seeds, *cells])
    return as_lines(lines) if len(lines) > 2 else ""


def sections(data: DatabaseSet, rows: Sequence[Row]) -> dict[str, str]:
    """Return every table of a set by its heading."""
    real = data.seen(data.train)
    driver = data.metadata.driving_key(data.child)
    assert driver is not None
    root, child, key = driver.parent, data.child, f"{data.child}.{driver.name}"
    keys = [f"{name}.{k.name}" for name, k in real.foreign_keys()]
    found = {
        "Against train": table(rows, _likeness("train", root, child, key)),
        "Against the holdout": table(rows, _likeness("holdout", root, child, key)),
        "Counts, windows, cost": table(rows, _costs(root, child, key)),
        "What is counted besides": table(rows, _besides(rows)),
    }
    if len(keys) > 1:
        found |= _key_by_key(data, rows, keys)
    found["Memory of rows and families"] = table(rows, _alarms())
    return {heading: text for heading, text in found.items() if text}


def _likeness(side: str, root: str, child: str, key: str) -> Columns:
    names = {
        "cardinality": f"cardinality|{key}",
        "count × parent": f"counts|{key}",
        f"C2ST {root}": f"c2st|{root}",
        f"C2ST {child}": f"c2st|{child}",
        "C2ST joined": f"joined|{key}",
        "C2ST-Agg": f"agg|{root}",
        f"shapes {child}": f"shapes|{child}",
        f"pairs {child}": f"pairs|{child}",
        "1-hop": f"hop|{key}",
        "coherence": f"coherence|{child}",
        f"C2ST {root}, all columns": f"c2st beyond|{root}",
    }
    return {label: (f"{side}|{name}", _points) for label, name in names.items()}


def _costs(root: str, child: str, key: str) -> Columns:
    return {
        **{f"{name} rows": (f"both|rows|{name}", _whole) for name in (root, child)},
        "integrity": ("both|integrity", _points),
        "1-hop gap closed": (f"both|gap hop|{key}", _points),
        "count gain kept": ("both|kept", _points),
        "outside the window %": ("both|outside", _percent),
        "fit CPU s": ("fit_cpu", _seconds),
        "fit s": ("fit_wall", _seconds),
        "sample CPU s": ("sample_cpu", _seconds),
        "sample s": ("sample_wall", _seconds),
        "peak MiB": ("peak_mib", _whole),
    }


def _besides(rows: Sequence[Row]) -> Columns:
    """Return what is counted for one set alone, and the hierarchies."""
    columns: Columns = {}
    for name in rows[0].seeds[0]["figures"]:
        kind, _, what = name.removeprefix("both|").partition("|")
        if kind == "fact":
            columns[what] = (name, _points)
        elif kind in {"depth", "fan-out", "in circles"}:
            columns[f"{kind} {what}"] = (name, _points)
    return columns


def _key_by_key(data: DatabaseSet, rows: Sequence[Row], keys: Sequence[str]) -> dict[str, str]:
    """Return one table for each measure of links, with a column for each key or pair of keys."""
    names = list(dict.fromkeys(name for row in rows for name in row.seeds[0]["figures"]))

    def wide(start: str) -> Columns:
        return {
            name.removeprefix(start): (name, _points) for name in names if name.startswith(start)
        }

    tables = [n for n in data.train if n != data.child]
    return {
        "C2ST of the other tables, against train": table(
            rows,
            {f"{m} {n}": (f"train|{m}|{n}", _points) for n in tables for m in ("c2st", "agg")},
        ),
        "Rows per parent: 1-KS, zeros included": table(
            rows, {key: (f"train|cardinality|{key}", _points) for key in keys}
        ),
        "1-hop pairs": table(rows, wide("train|hop|")),
        "1-hop: share of the gap between random keys and the holdout that is closed": table(
            rows, wide("both|gap hop|")
        ),
        "C2ST of the rows beside each parent": table(rows, wide("train|joined|")),
        "2-hop pairs": table(rows, wide("train|2-hop|")),
        "2-hop: share of the gap closed": table(rows, wide("both|gap 2-hop|")),
        "V-hop pairs: columns of two parents of one row": table(rows, wide("train|V-hop|")),
        "V-hop: share of the gap closed": table(rows, wide("both|gap V-hop|")),
        "The same second parent again in a family": table(rows, wide("both|repeats|")),
        "… in train": table(rows[:1], wide("both|repeats of train|")),
        "Different second parents of a family: 1-KS": table(rows, wide("both|variety|")),
    }


def _alarms() -> Columns:
    columns: Columns = {
        "DCR families": ("both|dcr families", _points),
        "DCR rows": ("both|dcr rows", _points),
    }
    for label, name in (
        ("family copies %", "copies"),
        ("of 3 rows and more %", "copies of 3"),
        ("row copies %", "row copies"),
        ("personal value %", "personal"),
    ):
        for side in ("train", "holdout"):
            columns[f"{label}, {side}"] = (f"{side}|{name}", _percent)
    return columns


def page(data: DatabaseSet, rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """Return the page of results of a set."""
    sizes = ", ".join(f"{len(frame):,} {name}" for name, frame in data.train.items())
    held = ", ".join(f"{len(frame):,} {name}" for name, frame in data.holdout.items())
    few = "¹ One seed or one sample. " if any(len(row.seeds) == 1 for row in rows) else ""
    computer = about["machine"]
    circumstances = (
        f"{computer['processor']}, {computer['cores']} cores, threads: "
        f"{about['limits']['threads']}; load {about['begun']['load']} to {about['ended']['load']}; "
        f"{about['ended']['date'][:10]}, commit {about['commit']}.\n"
    )
    test = "accuracy" if data.measure == "accuracy" else "area under the ROC curve"
    description = (
        f"{data.about}\n\nTrain: {sizes}. Held back: {held}. Medians of {about['seeds']} seeds. "
        f"{few}C2ST is the {test} of boosted trees, .5 is perfect.\n"
    )
    parts = [f"# {data.name}: relations\n", description]
    parts += [f"## {heading}\n\n{text}" for heading, text in sections(data, rows).items()]
    notes = [*about["left_out"], *about["failed"]]
    if notes:
        parts.append("".join(f"- {note}\n" for note in notes))
    return "\n".join([*parts, circumstances])
