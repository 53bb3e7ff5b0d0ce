"""What the fit of a table depends on, part by part: so that a resumed run can say what differs.

A mark holds a name for each part and a digest of it: one-way, and never a value.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.engine.artifacts import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.engine.fitting import TableFitter
    from synthohive_jupyter.relational.steps import Plan, TableStep

Mark = dict[str, str]
"""Name of a part, as a message says it, to its digest."""


def table_mark(fitter: TableFitter, step: TableStep) -> Mark:
    """Return the mark of one table's fit: equal marks mean equal outcomes.

    The tables that it looks at belong to it with their description and their data.

    Args:
        fitter: Settings and data.
        step: The table.
    """
    settings, metadata = fitter.settings, fitter.fitted.metadata.to_dict()
    described = {table["name"]: table for table in metadata["tables"]}
    rules = fitter.fitted.sanitizer.config.items()
    parts: dict[str, Any] = {
        "the version of the files": VERSION,
        "its place in the plan": asdict(step),
        "the model": (settings.model_cls.__name__, step.model),
        "the number of epochs": settings.epochs,
        "the batch size": settings.batch_size,
        "the checkpoint interval": settings.checkpoint_interval,
        "a parameter of the model": dict(settings.model_kwargs),
        "the seed": settings.seed,
    }
    for table in _looked_at(step, fitter.fitted.plan):
        whose = "its %s" if table == step.table else f"the %s of '{table}'"
        parts[whose % "description"] = described[table]
        parts[whose % "privacy rules"] = [(p, repr(rule)) for p, rule in rules if p[0] == table]
        parts[whose % "data"] = fitter.tables.digest(table)
    return {name: _digest(part) for name, part in parts.items()}


def changes(now: Mapping[str, str], earlier: Mapping[str, str]) -> str:
    """Return in words what differs between two marks; empty where nothing does.

    >>> changes({"the seed": "1", "its data": "a"}, {"the seed": "2", "its data": "b"})
    'the seed and its data have changed'
    >>> changes({"the seed": "1"}, {"the seed": "2"})
    'the seed has changed'
    """
    differing = [name for name in now if earlier.get(name) != now[name]]
    differing += [name for name in earlier if name not in now]
    # Of what follows from the description the plan is a part: said where nothing else explains it.
    told = [name for name in differing if name != "its place in the plan"] or differing
    if not told:
        return ""
    *first, last = told
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{listed} {'have' if first or last.endswith('rules') else 'has'} changed"


def content_digest(frame: pd.DataFrame) -> str:
    """Return a digest of all cells, names and types of a frame, in the order of its rows.

    >>> one, two = pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]})
    >>> content_digest(one) == content_digest(one.copy())
    True
    >>> content_digest(one) == content_digest(two)
    False
    """
    digest = hashlib.sha256(ascii([(str(c), str(t)) for c, t in frame.dtypes.items()]).encode())
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        try:
            hashes = pd.util.hash_pandas_object(column, index=False)
        except (TypeError, UnicodeEncodeError):  # lists, and halves of surrogate pairs
            hashes = pd.util.hash_pandas_object(column.map(ascii), index=False)
        digest.update(hashes.to_numpy().tobytes())
    return digest.hexdigest()


def _looked_at(step: TableStep, plan: Plan) -> list[str]:
    """Return the table itself, and then all others that its fit reads."""
    near = {*step.parents, *step.ancestors, *(key.parent for key in step.other_keys)}
    return [step.table, *sorted((near | set(_above(step, plan))) - {step.table})]


def _above(step: TableStep, plan: Plan) -> Iterator[str]:
    """Yield the tables above along the driving keys."""
    while step.driver is not None:
        yield step.driver.parent
        step = plan.step(step.driver.parent)


def _digest(part: object) -> str:
    text = json.dumps(part, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
