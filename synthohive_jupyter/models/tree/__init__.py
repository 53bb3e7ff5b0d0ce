"""TreeSynth: a chain of conditional trees, one a column."""
