"""Completion of lines and cells of the magic: verbs, options, and the names of the user."""
