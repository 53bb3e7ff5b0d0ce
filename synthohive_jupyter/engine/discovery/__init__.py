"""Guesses at a description from the data alone: keys, links, types, rules and personal data."""
