"""What every test shares."""

import os

# Two cores run many small fits: threads that wait for each other would cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")
