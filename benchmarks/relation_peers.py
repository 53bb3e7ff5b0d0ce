"""The process of a peer on two linked tables: ``-m benchmarks.relation_peers JOB``.

mostlyai-engine learns one table in the context of another; the other one it learns alone. That is
what its authors' kit does too, whose platform is not installed here.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import pandas as pd
from mostlyai.engine import TabularARGN, set_random_state

from benchmarks.relation_worker import Tables, serve

if TYPE_CHECKING:
    from collections.abc import Mapping


class MostlyAI:
    """TabularARGN of its authors: a root, and its children in the root's context.

    Args:
        schema: The description; one root and one child.
        minutes: Most minutes of training of the child.
    """

    def __init__(self, schema: Mapping[str, Any], *, minutes: float) -> None:
        records = {table["name"]: table for table in schema["tables"]}
        self._child = next(name for name, table in records.items() if table["fk"])
        (self._key,), target = records[self._child]["fk"][0]
        self._root, self._primary = target.split(".")
        self._minutes = minutes
        self._folders: list[tempfile.TemporaryDirectory[str]] = []
        self._models: dict[str, Any] = {}
        self._rows = 0

    def fit(self, tables: Tables, *, seed: int) -> None:
        """Fit the root, where it has columns, and the children."""
        root, child = tables[self._root], tables[self._child]
        self._rows = len(root)
        if root.shape[1] > 1:
            self._models[self._root] = self._model(seed).fit(root.drop(columns=self._primary))
        else:
            # The engine asks for a column of the context: one that says nothing.
            root = root.assign(nothing=0)
        model = self._model(
            seed, tgt_context_key=self._key, ctx_data=root, ctx_primary_key=self._primary
        )
        self._models[self._child] = model.fit(child)

    def sample(self, *, seed: int) -> Tables:
        """Draw roots, and the children of each."""
        set_random_state(seed)
        keys = pd.DataFrame({self._primary: range(1, self._rows + 1)})
        if self._root in self._models:
            drawn = self._models[self._root].sample(self._rows).reset_index(drop=True)
            roots = above = pd.concat([keys, drawn], axis=1)
        else:
            roots, above = keys, keys.assign(nothing=0)
        children = self._models[self._child].sample(ctx_data=above)
        return {self._root: roots, self._child: children}

    def _model(self, seed: int, **more: Any) -> TabularARGN:  # noqa: ANN401 - the engine's options
        folder = tempfile.TemporaryDirectory()
        self._folders.append(folder)
        return TabularARGN(
            device="cpu",
            workspace_dir=folder.name,
            random_state=seed,
            max_training_time=self._minutes,
            **more,
        )


if __name__ == "__main__":
    serve(lambda job, schema: MostlyAI(schema, **job.parameters))
