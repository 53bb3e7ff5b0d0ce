"""Measures: how near synthetic tables are to real ones, and whether their keys hold."""
