"""What the tests of the guesses share."""

import numpy as np
import pandas as pd

from synthohive_jupyter.engine.discovery.guess import discover
from synthohive_jupyter.io.frames import facts

N = 200
ID = np.arange(1, N + 1)


def frame(**columns):
    return pd.DataFrame(columns)


def tables(frames):
    """Return the guessed tables of frames, which the data has to fit."""
    found = discover(frames)
    found.metadata.validate_schema(facts(frames, found.metadata))
    assert found.privacy.validate(found.metadata) == []
    return found.metadata.tables
