"""Measures memory, in a process of its own: ``python -m tests.contract.peak``."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

from synthohive_jupyter.schema.metadata import Metadata
from tests.contract.cases import FAST

MIB = 2.0**20
SIZES = (30_000, 120_000)
STATUS = Path("/proc/self/status")


def memory(name):
    """Return a figure of Linux in MiB: ``VmRSS`` now, ``VmHWM`` at most since `forget`."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def forget():
    """Let the largest memory begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def metadata(**table):
    made = Metadata()
    made.add_table("users", pk=None, **table)
    return made


def sampling(cls):
    """Return what blocks and what whole samples of two sizes take beside the frame, all in MiB."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({f"c{i}": rng.normal(size=300) for i in range(6)})
    model = cls(metadata(), **FAST[cls], epochs=1).fit(data, table_name="users")
    draws = {
        "blocks": lambda rows: sum(map(len, model.sample_blocks(rows))),
        "rows": model.sample,
    }
    draws["blocks"](10_000)
    found = {"frame": [rows * data.iloc[0].nbytes / MIB for rows in SIZES]}
    # Blocks first: what a whole sample has taken and given back, they would not take anew.
    for name, draw in draws.items():
        found[name] = []
        for rows in SIZES:
            forget()
            before = memory("VmRSS")
            kept = draw(rows)
            found[name].append(memory("VmHWM") - before)
            del kept
    return found


def levels(cls, count):
    """Return CPU seconds and MiB of a fit and a sample with so many levels."""
    rng = np.random.default_rng(0)
    names = tuple(f"level {i}" for i in range(count))
    data = pd.DataFrame({"level": rng.choice(names, 2000), "x": rng.normal(size=2000)})
    forget()
    before, began = memory("VmRSS"), time.process_time()
    model = cls(metadata(constraints={"level": {"values": names}}), **FAST[cls], epochs=1)
    model.fit(data, table_name="users")
    sample = model.sample(2000, seed=1)
    assert set(sample["level"]) <= set(names)
    return time.process_time() - began, memory("VmHWM") - before


if __name__ == "__main__":
    print(
        json.dumps(
            {
                cls.__name__: {
                    "sampling": sampling(cls),
                    "levels": levels(cls, 100_000),
                }
                for cls in FAST
            }
        )
    )
