"""Figures of the project beside the real-holdout floor and its peers, always in one run."""
