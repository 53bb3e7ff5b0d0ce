"""What ``code`` shows: a Python script that does the same as a cell, by public names alone."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.engine.artifacts import folder_names
from synthohive_jupyter.notebook.pycode import call, literal
from synthohive_jupyter.notebook.wording import plain
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.schema.tables import Constraint, TableConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.notebook.recipe import Recipe, Source

_TABLES = "tables"
"""What the result is called where the cell has given it no name that a script can use."""

_TAKEN = {"synthesizer", "storage", "places", *keyword.kwlist}


@dataclass(frozen=True, slots=True)
class Script:
    """A Python script; ``str`` is its text, and a notebook shows it in colours, to be copied.

    Attributes:
        text: The source.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        runs = re.findall(r"`+", self.text)
        fence = "`" * max(3, *(len(run) + 1 for run in runs), 3)
        markdown = f"{fence}python\n{self.text}{fence}"
        return {"text/plain": self.text, "text/markdown": markdown}


def script_of(recipe: Recipe) -> Script:
    """Return the script of a recipe; its rows are the cell's, byte for byte.

    Every name and value is written as a literal, so that none of them can be code.
    """
    parts = [
        _head(recipe),
        _metadata(recipe),
        _privacy(recipe.privacy),
        _data(recipe.sources),
        _fit(recipe),
        _sample(recipe),
        _write(recipe),
    ]
    return Script("\n\n".join(part for part in parts if part) + "\n")


def _head(recipe: Recipe) -> str:
    names = {"Metadata", "Synthesizer"}
    if _rules(recipe.privacy) or recipe.privacy != PrivacyConfig():
        names.add("PrivacyConfig")
    if any(isinstance(rule, PiiRule) for rule in _rules(recipe.privacy).values()):
        names.add("PiiRule")
    told = f"Written by %synthohive code (synthohive_jupyter {version('synthohive-jupyter')})."
    lines = [f'"""{told}"""', ""]
    if any(source.kind == "pandas" for source in recipe.sources.values()):
        lines += ["import pandas as pd", ""]
    return "\n".join([*lines, f"from synthohive_jupyter import {', '.join(sorted(names))}"])


def _metadata(recipe: Recipe) -> str:
    calls = [
        call("metadata.add_table", _arguments(table), table.name)
        for table in recipe.metadata.tables.values()
    ]
    return "\n".join(["metadata = Metadata()", *calls])


def _arguments(table: TableConfig) -> dict[str, object]:
    """Return the arguments of `Metadata.add_table` that are not its defaults."""
    usual = TableConfig(table.name)
    found: dict[str, Any] = {"pk": table.pk}
    for field in fields(table):
        value = getattr(table, field.name)
        if field.name not in {"name", "pk"} and value != getattr(usual, field.name):
            found[field.name] = value
    if table.constraints:
        found["constraints"] = {c: _constraint(rule) for c, rule in table.constraints.items()}
    return found


def _constraint(constraint: Constraint) -> dict[str, object]:
    parts = {field.name: getattr(constraint, field.name) for field in fields(constraint)}
    return {k: v for k, v in parts.items() if v != getattr(Constraint(), k)}


def _rules(privacy: PrivacyConfig) -> dict[tuple[str, str], PiiRule | str]:
    """Return the rules, each as text where that says all of it."""
    found: dict[tuple[str, str], PiiRule | str] = {}
    for place, rule in privacy.items():
        text = rule.action if rule.provider is None else f"{rule.action}:{rule.provider}"
        found[place] = text if PiiRule.parse(text) == rule else rule
    return found


class _Call:
    """A call among literals."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _privacy(privacy: PrivacyConfig) -> str:
    if privacy == PrivacyConfig():
        return ""
    rules = {_place(*place): _rule(rule) for place, rule in _rules(privacy).items()}
    said = {} if privacy.locale == PrivacyConfig().locale else {"locale": privacy.locale}
    return f"privacy = {call('PrivacyConfig', said, rules)}"


def _place(table: str, column: str) -> str | tuple[str, str]:
    """Return the key of a rule: one text, unless its dot could be another one."""
    return f"{table}.{column}" if table and column and "." not in table else (table, column)


def _rule(rule: PiiRule | str) -> object:
    if isinstance(rule, str):
        return rule
    given = {"provider": rule.provider, "keep_last": rule.keep_last}
    return _Call(call("PiiRule", {k: v for k, v in given.items() if v}, rule.action))


def _data(sources: Mapping[str, Source]) -> str:
    files = folder_names({s.name for s in sources.values() if s.kind != "place"})
    lines = []
    for table, source in sources.items():
        value, said = literal(source.name), "read by Spark"
        if source.kind != "place":
            # With a slash it is a path, and no name of a table.
            value, said = literal(f"./{files[source.name]}.parquet"), f"variable {source.name}"
        if source.kind == "pandas":
            value = f"pd.read_parquet({value})"
        lines.append(f"    {literal(table)}: {value},  # {plain(said)}")
    told = "# Where the data is."
    if files:
        told += " The variables are those of the notebook: put their own places here."
    return "\n".join([told, "data = {", *lines, "}"])


def _fit(recipe: Recipe) -> str:
    names = "metadata, privacy" if _privacy(recipe.privacy) else "metadata"
    settings: dict[str, object] = {"epochs": recipe.epochs, "batch_size": recipe.batch_size}
    seeded = "" if recipe.seed is not None else "  # without a seed each run draws its own"
    if recipe.seed is not None:
        settings["seed"] = recipe.seed
    learn = call("synthesizer.fit", settings, _Call("data")) + seeded
    return f"synthesizer = Synthesizer({names}, model={literal(recipe.model)})\n{learn}"


def _name(recipe: Recipe) -> str:
    return _TABLES if recipe.out is None or recipe.out in _TAKEN else recipe.out


def _sample(recipe: Recipe) -> str:
    name = _name(recipe)
    rows = [dict(recipe.rows)] if recipe.rows else []
    settings: dict[str, object] = {"scale": recipe.scale}
    if recipe.sampled_with not in {None, recipe.seed}:
        settings["seed"] = recipe.sampled_with
    lines = [f"{name} = {call('synthesizer.sample', settings, *rows)}"]
    if recipe.into is not None:
        pairs = [(f"{recipe.into}_{table}", literal(table)) for table in recipe.sources]
        # A cell refuses the others; here they must not become code.
        lines += [f"{own} = {name}[{quoted}]" for own, quoted in pairs if own.isidentifier()]
    return "\n".join(lines)


def _write(recipe: Recipe) -> str:
    if recipe.write is None:
        return ""
    name, base = _name(recipe), recipe.write.path.rstrip("/")
    places = {t: f"{base}/{folder}" for t, folder in folder_names(recipe.sources).items()}
    shown = literal({table: places[table] for table in recipe.sources})
    form = literal(recipe.write.format)
    return "\n".join(
        [
            "storage = synthesizer.orchestrator.storage()",
            f"places = {shown}",
            f"for table, frame in {name}.items():",
            f"    storage.write_pandas(frame, places[table], format={form})",
        ]
    )
