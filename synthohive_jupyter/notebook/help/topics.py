"""The topics of the help, and other words that lead to them."""

from __future__ import annotations

from importlib import resources

from synthohive_jupyter.dsl.columns import MARKS
from synthohive_jupyter.dsl.tables import PROPERTIES
from synthohive_jupyter.notebook.options import MODELS, NOTATIONS, OPTIONS, VERBS
from synthohive_jupyter.privacy.config import ACTIONS
from synthohive_jupyter.schema.tables import COLUMN_TYPES

SUBJECTS = (
    "schema", "keys", "numbers", "categories", "dates", "text", "pii", "notations", "models",
    "options", "results", "stop", "errors",
)  # fmt: skip
"""Topics that are neither a verb nor a property."""

TOPICS = (*VERBS, *SUBJECTS, *(f"@{name}" for name in PROPERTIES))
"""Every topic, by the name that is shown."""

_GROUPS = {
    "int": "numbers", "float": "numbers", "cat": "categories", "bool": "categories",
    "date": "dates", "datetime": "dates", "id": "text", "pk": "keys", "unique": "keys",
    "high": "categories", "->": "keys", "types": "numbers", "resume": "stop", "interrupt": "stop",
    "script": "code", "privacy": "pii", "yaml": "notations", "topics": "help", "default": "config",
}  # fmt: skip

ALIASES: dict[str, str] = {
    **dict.fromkeys((o.spellings[-1].removeprefix("--") for o in OPTIONS), "options"),
    **dict.fromkeys(NOTATIONS, "notations"),
    **dict.fromkeys(MODELS, "models"),
    **dict.fromkeys(ACTIONS, "pii"),
    **{word: _GROUPS[word] for word in (*COLUMN_TYPES, *MARKS) if word in _GROUPS},
    **_GROUPS,
}
"""Other words, and the topic that answers them."""


def topic_of(word: str) -> str | None:
    """Return the topic that a word asks for, or ``None``.

    >>> topic_of("linkage"), topic_of("float"), topic_of("--epochs"), topic_of("check")
    ('@linkage', 'numbers', 'options', 'check')
    """
    asked = word.lower()
    for name in (asked, f"@{asked}", ALIASES.get(asked.removeprefix("--"), "")):
        if name in TOPICS:
            return name
    return None


def read_page(topic: str) -> str:
    """Return the Markdown of a topic."""
    folder = "properties" if topic.startswith("@") else "verbs" if topic in VERBS else "topics"
    page = resources.files("synthohive_jupyter.notebook.help").joinpath(
        "pages", folder, f"{topic.removeprefix('@')}.md"
    )
    return page.read_text(encoding="utf-8")
