"""Readers of the event stream: the state of a run, and where it is written."""
