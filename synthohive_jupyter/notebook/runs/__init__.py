"""Runs of cells: what is kept of one for ``--resume``, and the fit behind a result."""
