"""Columns as codes: reversible encodings between a frame and what models learn from."""
