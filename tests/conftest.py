"""What every test shares."""

import os

# Two cores run many small fits: threads that wait for each other would cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Nothing of the tests is kept in the cache of whoever runs them.
os.environ["SYNTHOHIVE_CHECKPOINTS"] = "off"


def pytest_terminal_summary(terminalreporter):
    """Print what `scripts/run_tests.py` has done in other processes, or left out."""
    for line in os.environ.get("SYNTHOHIVE_TEST_NOTES", "").splitlines():
        terminalreporter.write_line(line)
