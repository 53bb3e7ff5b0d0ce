"""The cell language: text to `Metadata`, with a position for every problem."""
