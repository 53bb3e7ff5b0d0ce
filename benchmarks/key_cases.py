"""Databases whose declared keys are hidden from the guesses of `benchmarks.discovery`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.databases import SETS
from benchmarks.key_schemas import SCHEMAS, database
from synthohive_jupyter.dsl.compiler import compile_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthohive_jupyter.schema.metadata import Metadata

Frames = dict[str, pd.DataFrame]
RANDOM_SCHEMAS = 200


def random_cases() -> list[tuple[Metadata, Frames]]:
    """Return random databases; their key columns have names of their tables, and little data."""
    from hypothesis import HealthCheck, given, settings

    from tests.property.databases import databases

    cases: list[tuple[Metadata, Frames]] = []

    @settings(max_examples=RANDOM_SCHEMAS, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(databases(max_rows=40))
    def collect(case: object) -> None:
        cases.append((case.metadata, case.data))  # type: ignore[attr-defined]  # of the tests, which have no types

    collect()
    return cases


def project_cases(folder: Path) -> Iterator[tuple[str, tuple[Metadata, Frames]]]:
    """Return the databases of the project: real ones, and those of its tests."""
    from tests.shop import CELL, make_shop
    from tests.tenants import tangled

    for name in SETS:
        found = SETS[name](folder)
        yield name, (found.metadata, found.train)
    yield "shop", (compile_cell(CELL).metadata, make_shop().tables())
    yield "tenants", tangled(np.random.default_rng(0))


def fixture_frames(path: Path) -> Frames:
    """Return the tables of a fixture of Django."""
    rows: dict[str, list[dict[str, object]]] = {}
    for record in json.loads(path.read_text(encoding="utf-8")):
        name = record["model"].partition(".")[2]
        rows.setdefault(name, []).append({"id": record["pk"], **record["fields"]})
    return {name: pd.DataFrame(records) for name, records in rows.items()}


CHINOOK = """
artist: id pk
album: id pk, artist -> artist.id
employee: id pk, reports_to -> employee.id?
customer: id pk, support_rep -> employee.id
genre: id pk
mediatype: id pk
playlist: id pk
track: id pk, album -> album.id, genre -> genre.id, mediatype -> mediatype.id
invoice: id pk, customer -> customer.id
invoiceline: id pk, invoice -> invoice.id, track -> track.id
playlisttrack: id pk, playlist -> playlist.id, track -> track.id
"""


def all_cases(folder: Path, chinook: Path | None) -> dict[str, list[tuple[Metadata, Frames]]]:
    """Return the databases by the name of their row."""
    cases = {name: [case] for name, case in project_cases(folder)}
    cases[f"{len(SCHEMAS)} styles of naming"] = [database(name) for name in SCHEMAS]
    cases[f"{RANDOM_SCHEMAS} random databases"] = random_cases()
    if chinook is not None:
        declared = compile_cell(CHINOOK.lstrip()).metadata
        cases["Chinook (real, a fixture of Django)"] = [(declared, fixture_frames(chinook))]
    return cases
