"""The live picture of a run: the widget, the sink that keeps it current, and its page."""
