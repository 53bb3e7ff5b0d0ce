"""Memory is bounded: by the frame when rows are drawn, and with very many levels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

CLEAR = Path("/proc/self/clear_refs")

pytestmark = pytest.mark.skipif(
    not os.access(CLEAR, os.W_OK), reason="the largest memory so far can be reset on Linux only"
)


@pytest.fixture(scope="module")
def peaks():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.peak"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_sampling_takes_its_blocks_and_the_frame_and_no_more(peaks, model_cls):
    found = peaks[model_cls.__name__]["sampling"]
    # Blocks and the frame that they become are twice the frame; the rest does not grow.
    assert np.diff(found["rows"]) < 2.4 * np.diff(found["frame"]) + 2


def test_memory_of_blocks_does_not_grow_with_their_number(peaks, model_cls):
    found = peaks[model_cls.__name__]["sampling"]
    # Four times the rows: frames of them all would take 4 MiB more.
    assert np.diff(found["frame"]) > 4
    assert np.diff(found["blocks"]) < 2


def test_very_many_levels_take_little_time_and_memory(peaks, model_cls):
    seconds, mebibytes = peaks[model_cls.__name__]["levels"]
    # Measured: .1 to 1 s and 10 to 90 MiB. One-hot codes of 2,000 rows alone would be 760 MiB.
    assert seconds < 10
    assert mebibytes < 250
