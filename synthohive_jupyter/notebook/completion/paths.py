"""Folders and files, for the options and properties that take a path."""

from __future__ import annotations

import itertools
import os

from synthohive_jupyter.notebook.completion.offers import Candidate, going_on

MOST = 1000
"""Entries of a folder that are looked at; nobody reads a longer list."""


def paths(fragment: str, suffixes: tuple[str, ...] | None = None) -> tuple[Candidate, ...]:
    """Return folders, and files with one of the suffixes, that go on with a path.

    Args:
        fragment: What has been typed of it.
        suffixes: Ends of file names; ``None`` for folders alone.
    """
    if "://" in fragment:
        return ()  # a storage elsewhere: to list it would take a session
    folder, name = os.path.split(fragment)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:  # noqa: PTH111 - as it is typed
            found = [_shown(entry, suffixes) for entry in itertools.islice(entries, MOST)]
    except (OSError, ValueError):
        return ()
    hidden = name.startswith(".")
    usable = sorted(
        text
        for text in found
        if text and (hidden or not text.startswith(".")) and not set(text) & set(" \t\n\r#\"'")
    )
    head = fragment[: len(fragment) - len(name)]
    return tuple(Candidate(head + text, "path") for text in going_on(name, usable))


def _shown(entry: os.DirEntry[str], suffixes: tuple[str, ...] | None) -> str | None:
    if entry.is_dir():
        return f"{entry.name}/"
    fits = suffixes is not None and entry.name.lower().endswith(suffixes)
    return entry.name if fits else None
