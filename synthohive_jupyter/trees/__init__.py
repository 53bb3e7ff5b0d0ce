"""Conditional trees: grown, pruned, filled with counts and averages, and drawn from."""
