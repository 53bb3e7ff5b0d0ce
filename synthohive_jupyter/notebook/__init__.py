"""Jupyter lives here and nowhere else: magics, panel, views."""
