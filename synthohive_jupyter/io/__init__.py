"""Frames, sessions and storage: the only place that knows Spark."""
