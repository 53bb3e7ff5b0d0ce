"""The models, and the frames that all of them have to cope with."""

import datetime as dt
import hashlib
from decimal import Decimal

import numpy as np
import pandas as pd

from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.tree.model import TreeSynth

FAST = {
    ARGN: {"batch_size": 30, "embedding_dim": 4, "hidden_dim": 16},
    CTGAN: {
        "batch_size": 30,
        "embedding_dim": 8,
        "generator_dim": (16,),
        "discriminator_dim": (16,),
        "min_steps_per_epoch": 2,
    },
    TreeSynth: {"batch_size": 30},
}
"""Model classes, with parameters that make a fit quick."""

LEARNING = {ARGN: {}, CTGAN: {"batch_size": 100, "epochs": 20}, TreeSynth: {}}
"""Parameters with which a plain rule is learnt in a second or two."""

ROWS = 150


def orders():
    """Return a table of every ordinary type, with nulls, that fits the metadata of `conftest`."""
    rng = np.random.default_rng(0)
    placed = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), unit="D")
    shipped = placed + pd.to_timedelta(rng.integers(0, 9, ROWS), unit="D")
    return pd.DataFrame(
        {
            "status": rng.choice(["new", "paid"], ROWS),
            "total": rng.uniform(10, 60, ROWS).round(2),
            "items": rng.integers(1, 9, ROWS),
            "discount": pd.array(rng.choice([5, 10, None], ROWS), dtype="Int64"),
            "gift": rng.random(ROWS) < 0.2,
            "city": rng.choice([f"city {i}" for i in range(12)], ROWS),
            "placed": placed,
            "shipped": shipped,
            "born": rng.choice([dt.date(1899, 5, 6), dt.date(1980, 1, 2), None], ROWS),
            "note": [None] * ROWS,
            "kind": pd.Categorical(rng.choice(["a", "b"], ROWS), categories=["b", "a"]),
        }
    )


def context():
    """Return a context of the orders, with nulls."""
    rng = np.random.default_rng(1)
    region = rng.choice(["north", "south", None], ROWS)
    return pd.DataFrame({"__ctx__region": region, "__ctx__age": rng.normal(40, 9, ROWS)})


def _typed():
    """Return columns of every type, without nulls, 60 rows."""
    rng = np.random.default_rng(2)
    days = rng.integers(-200, 200, 60)
    dates = np.array("1900-01-01", "M8[D]") + days
    return {
        "int64": pd.Series(rng.integers(-9, 9, 60)),
        "uint8": pd.Series(rng.integers(0, 9, 60), dtype="uint8"),
        "Int32": pd.Series(rng.integers(-9, 9, 60), dtype="Int32"),
        "float64": pd.Series(rng.normal(size=60)),
        "float32": pd.Series(rng.normal(size=60), dtype="float32"),
        "Float64": pd.Series(rng.normal(size=60).round(1), dtype="Float64"),
        "bool": pd.Series(rng.random(60) < 0.5),
        "boolean": pd.Series(rng.random(60) < 0.5, dtype="boolean"),
        "text": pd.Series(rng.choice(["x", "y", "z"], 60), dtype=object),
        "string": pd.Series(rng.choice(["x", "y"], 60), dtype="string"),
        "free text": pd.Series([f"note {i:03d}" for i in range(60)], dtype=object),
        "category": pd.Series(pd.Categorical(rng.choice(["a", "b"], 60), categories=["b", "a"])),
        "datetime64[ns]": pd.Series(dates.astype("M8[ns]")),
        "datetime64[s]": pd.Series(dates.astype("M8[s]")),
        "zone": pd.Series(dates.astype("M8[us]")).dt.tz_localize("UTC"),
        "date": pd.Series(dates.astype(object), dtype=object),
        "Decimal": pd.Series([Decimal(int(n)) / 4 for n in days], dtype=object),
    }


def with_nulls(share):
    """Return columns of every type with a share of nulls; types without nulls become wider."""
    rng = np.random.default_rng(3)
    found = {}
    for name, column in _typed().items():
        missing = rng.random(60) < share
        wide = {"int64": float, "uint8": "UInt8", "bool": object}.get(name)
        # A copy: the accessor of times hands out views that cannot be changed.
        found[name] = column.copy() if wide is None else column.astype(wide)
        found[name][missing] = None
    return pd.DataFrame(found)


def _extremes():
    rng = np.random.default_rng(4)
    ends = np.iinfo(np.int64)
    return pd.DataFrame(
        {
            "huge": rng.normal(size=120) * 1e300,
            "largest": np.where(rng.random(120) < 0.5, np.finfo(float).max, -np.finfo(float).max),
            "tiny": rng.normal(size=120) * 1e-300,
            "denormal": rng.integers(-9, 9, 120) * 5e-324,
            "single": (rng.normal(size=120) * 1e38).astype("float32"),
            "int64": rng.integers(ends.min, ends.max, 120, endpoint=True),
            "ends": rng.choice([ends.min, -1, ends.max], 120),
            "uint64": rng.integers(0, 2**64, 120, dtype=np.uint64),
            "UInt64": pd.array([2**64 - 1 - i % 7 for i in range(120)], dtype="UInt64"),
            "Decimal": [Decimal(int(n)).scaleb(-6) for n in rng.integers(-(10**17), 10**17, 120)],
            "cents": [Decimal(10**16 + i).scaleb(-2) for i in range(120)],
        }
    )


def _dates():
    rng = np.random.default_rng(5)
    years = rng.choice([1, 1066, 1582, 1899, 2262, 9999], 90)
    days = [
        dt.date(int(y), 1, 1) + dt.timedelta(int(n)) for y, n in zip(years, range(90), strict=True)
    ]
    old = np.array([day.isoformat() for day in days], "M8[D]")
    return pd.DataFrame(
        {
            "dates": pd.Series(days, dtype=object),
            "seconds": old.astype("M8[s]"),
            "micros": old.astype("M8[us]") + rng.integers(0, 10**6, 90),
            "nanos": np.array("1700-01-01", "M8[ns]") + rng.integers(0, 2**62, 90),
            "ISO": pd.Series([day.isoformat() for day in days], dtype=object),
        }
    )


def _unicode():
    rng = np.random.default_rng(6)
    texts = [
        "",
        " ",
        "ä",
        "日本語",
        "😀" * 9,
        "a\nb",
        "N/A",
        "nan",
        "\u202egnol",
        "e\u0301",
        "'\";--",
    ]
    names = ["naïve ☃", "列", "a b", "", "\u202e", "SELECT", "x.y", "__ctx__z", "0", "😀", "é"]
    return pd.DataFrame({name: rng.choice(texts, 80) for name in names})


SHAPES = {
    "one row": pd.DataFrame({"a": [1.5], "b": ["x"], "c": [None]}),
    "one column": pd.DataFrame({"a": np.arange(40) % 7}),
    "constant": pd.DataFrame({"a": [3] * 20, "b": ["x"] * 20}),
    "all null": pd.DataFrame({"a": [None] * 20, "b": [np.nan] * 20}),
    "numbers only": pd.DataFrame(
        np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc")
    ),
    "two rows": pd.DataFrame({"a": [1, 2], "b": [True, False]}),
}
"""Tables that are hardly tables."""

VALUES = {
    "every type": pd.DataFrame(_typed()),
    "some nulls": with_nulls(0.3),
    "mostly nulls": with_nulls(0.95),
    "only nulls": with_nulls(1.1),
    "extreme numbers": _extremes(),
    "dates of all times": _dates(),
    "unicode": _unicode(),
}
"""Tables of values that are seldom met."""


def digest(frame):
    """Return a hash of all values and types of a frame."""
    kinds = repr(frame.dtypes.to_dict()).encode()
    return hashlib.sha256(frame.to_csv(index=False).encode() + kinds).hexdigest()
