"""Help pages: what is written in ``pages/``, together with the options, which stand in one list."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.help.topics import SUBJECTS, TOPICS, read_page, topic_of
from synthohive_jupyter.notebook.help.usage import EXAMPLE, INTRODUCTION
from synthohive_jupyter.notebook.options import OPTIONS, VERBS, options_of
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthohive_jupyter.notebook.options import Option


@dataclass(frozen=True, slots=True)
class HelpPage:
    """A page: Markdown where it can be shown, else text.

    Attributes:
        markdown: Its text.
    """

    markdown: str

    def __repr__(self) -> str:
        return as_text(self.markdown)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/markdown": self.markdown}


def page_of(word: str | None) -> HelpPage:
    """Return the page of a topic, or the first page.

    Raises:
        CommandError: If there is no such topic.
    """
    if word is None:
        return HelpPage(_front())
    topic = topic_of(word)
    if topic is None:
        bare = [name.removeprefix("@") for name in TOPICS]
        near = suggest(word, bare) or f"topics: {', '.join(dict.fromkeys(bare))}"
        raise CommandError(f"there is no help about '{word}' ({near})")
    text = read_page(topic)
    if topic in VERBS:
        text += f"\n## Options\n\n{_options(options_of(topic))}"
    elif topic == "options":
        text += f"\n{_options(OPTIONS, verbs=True)}"
    return HelpPage(text)


def _front() -> str:
    """Return the first page: an example, the verbs, and the topics."""
    verbs = "\n".join(f"- `{name}`: {verb.help}" for name, verb in VERBS.items())
    subjects = ", ".join(f"`{name}`" for name in SUBJECTS)
    properties = ", ".join(f"`{name}`" for name in TOPICS if name.startswith("@"))
    return (
        f"# %%synthohive\n\n{INTRODUCTION}\n\n```\n{EXAMPLE}```\n\n## Verbs\n\n{verbs}\n\n"
        f"## Topics\n\n`%synthohive help TOPIC` tells more about a verb or\n\n"
        f"- the language: {subjects}\n- properties of a table: {properties}\n"
    )


def _options(options: Iterable[Option], *, verbs: bool = False) -> str:
    lines = []
    for option in options:
        value = f" {option.value}" if option.value else ""
        choices = f": {', '.join(option.choices)}" if option.choices else ""
        takers = f" ({', '.join(option.verbs)})" if verbs and len(option.verbs) < len(VERBS) else ""
        spelt = ", ".join(option.spellings)
        lines.append(f"- `{spelt}{value}`: {option.help}{choices}{takers}\n")
    return "".join(lines)


def as_text(markdown: str) -> str:
    r"""Return Markdown as text for a terminal: examples set in, headings plain, words unmarked.

    >>> print(as_text("# fit\n\nSee `help`.\n\n```\nx: id\n```\n"))
    fit
    ===
    <BLANKLINE>
    See help.
    <BLANKLINE>
        x: id
    """
    lines, in_example = [], False
    for line in markdown.rstrip().split("\n"):
        if line.startswith("```"):
            in_example = not in_example
        elif in_example:
            lines.append(textwrap.indent(line, "    "))
        elif heading := re.match(r"(#+) (.*)", line):
            lines += [heading[2], ("=" if heading[1] == "#" else "-") * len(heading[2])]
        else:
            lines.append(re.sub(r"^- ", "• ", line).replace("`", ""))
    return "\n".join(lines)
