"""`PrivacyConfig`: which columns hold personal data, and what happens to each.

Pure description: the language builds it, so no pandas, no numpy and no Faker are imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from synthohive_jupyter.errors import PrivacyError, Problem
from synthohive_jupyter.privacy.locales import DEFAULT_LOCALE, LOCALES
from synthohive_jupyter.privacy.providers import PROVIDERS, canonical
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.validate import context_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synthohive_jupyter.schema.metadata import Metadata

Action = Literal["drop", "mask", "hash", "fake", "keep", "custom"]
ACTIONS: tuple[Action, ...] = ("drop", "mask", "hash", "fake", "keep", "custom")
_NEEDS_PROVIDER = frozenset({"fake", "custom"})


@dataclass(frozen=True, slots=True)
class PiiRule:
    """What happens to one column of personal data.

    A rule is checked by `problem` and `PrivacyConfig.validate`, not when it is made, so that all
    mistakes of a description can be shown at once.

    Attributes:
        action: ``drop``, ``mask``, ``hash``, ``fake``, ``keep`` or ``custom``.
        provider: What to fake (``"email"``); ``None`` infers it from the column name. For ``fake``
            and ``custom`` only.
        function: For ``custom``: ``function(values, context) -> values``, both of the same length,
            ``context`` being the columns of these rows that are not personal data.
        keep_last: For ``mask``: letters and digits at the end that stay visible, at most half.

    >>> PiiRule.parse("fake:email")
    PiiRule(action='fake', provider='email', function=None, keep_last=0)
    """

    action: Action
    provider: str | None = None
    function: Callable[..., Any] | None = field(default=None, compare=False)
    keep_last: int = 0

    @classmethod
    def parse(cls, text: str) -> PiiRule:
        """Read the form of the cell language: ``action`` or ``action:provider``."""
        action, _, provider = text.partition(":")
        return cls(cast("Action", action.strip()), provider.strip() or None)

    @property
    def modelled(self) -> bool:
        """Whether the model learns the column (``keep``)."""
        return self.action == "keep"

    def problem(self) -> tuple[str, str | None] | None:
        """Return what is wrong with the rule and a hint, or ``None`` if nothing is."""
        if self.action not in ACTIONS:
            near = suggest(str(self.action), ACTIONS)
            return f"unknown pii action '{self.action}'", near or f"actions: {', '.join(ACTIONS)}"
        if self.provider is not None:
            if self.action not in _NEEDS_PROVIDER:
                return f"pii action '{self.action}' takes no provider", "write fake:provider"
            if canonical(self.provider) is None:
                near = suggest(self.provider, PROVIDERS)
                listing = f"providers: {', '.join(sorted(PROVIDERS))}"
                hint = f"{near} {listing}" if near else listing
                return f"unknown fake provider '{self.provider}'", hint
        if (self.function is not None) != (self.action == "custom"):
            what = "needs a function" if self.action == "custom" else "takes no function"
            return f"pii action '{self.action}' {what}", "custom goes with a function"
        if self.keep_last < 0 or (self.keep_last and self.action != "mask"):
            return "keep_last is a number from 0 and belongs to the action 'mask'", None
        return None


RuleKey = tuple[str, str] | str


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """The rules of a database.

    Attributes:
        rules: ``(table, column)`` or ``"table.column"`` to a `PiiRule` or its text form
            (``"mask"``, ``"fake:email"``). A name with a dot in it needs the pair.
        locale: Locale of fakes in rows whose context names none.

    Raises:
        PrivacyError: If a key of ``rules`` names no table and column, or names one twice.

    >>> config = PrivacyConfig({"users.email": "fake", ("users", "ssn"): PiiRule("mask")})
    >>> config.rule("users", "ssn").action
    'mask'
    >>> list(config.for_table("users"))
    ['email', 'ssn']
    """

    rules: Mapping[RuleKey, PiiRule | str] = field(default_factory=dict)
    locale: str = DEFAULT_LOCALE

    def __post_init__(self) -> None:
        read: dict[RuleKey, PiiRule | str] = {}
        for key, rule in self.rules.items():
            place = _place(key)
            if place in read:
                raise PrivacyError(f"'{'.'.join(place)}' has two pii rules; leave one of them out")
            read[place] = PiiRule.parse(rule) if isinstance(rule, str) else rule
        object.__setattr__(self, "rules", read)

    def items(self) -> Iterator[tuple[tuple[str, str], PiiRule]]:
        """Return ``((table, column), rule)`` of every rule."""
        # __post_init__ has brought keys and rules to one form.
        yield from cast("dict[tuple[str, str], PiiRule]", self.rules).items()

    def rule(self, table: str, column: str) -> PiiRule | None:
        """Return the rule of a column, or ``None`` where it is no personal data."""
        return cast("PiiRule | None", self.rules.get((table, column)))

    def for_table(self, table: str) -> dict[str, PiiRule]:
        """Return the rules of a table by column."""
        return {column: rule for (owner, column), rule in self.items() if owner == table}

    def with_defaults(self, metadata: Metadata) -> PrivacyConfig:
        """Return the configuration with the ``pii_cols`` that have no rule faked."""
        marked = [(t.name, column) for t in metadata.tables.values() for column in t.pii_cols]
        rules: dict[RuleKey, PiiRule | str] = {place: PiiRule("fake") for place in marked}
        return PrivacyConfig({**rules, **dict(self.items())}, self.locale)

    def validate(self, metadata: Metadata) -> list[Problem]:
        """Return everything that is wrong with the rules; ``pii_cols`` are checked as well."""
        problems = []
        if self.locale not in LOCALES:
            near = suggest(self.locale, LOCALES)
            problems.append(Problem(f"unknown locale '{self.locale}' of fakes", hint=near))
        for (table, column), rule in self.with_defaults(metadata).items():
            locus = (table, "pii", column)
            wrong = rule.problem() or _placement(metadata, table, column, rule)
            if wrong is not None:
                problems.append(Problem(wrong[0], hint=wrong[1], locus=locus))
        return problems

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON-safe values.

        Raises:
            PrivacyError: If a rule has a function: code is never stored.
        """
        rules = []
        for (table, column), rule in self.items():
            if rule.function is not None:
                raise PrivacyError(
                    f"{table}.{column}: a custom function cannot be saved; use another pii action, "
                    "or fit in the session that needs it"
                )
            rules.append([table, column, rule.action, rule.provider, rule.keep_last])
        return {"locale": self.locale, "rules": rules}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> PrivacyConfig:
        """Rebuild a configuration from `to_dict`.

        Raises:
            PrivacyError: If the record is damaged.
        """
        try:
            rules: dict[RuleKey, PiiRule | str] = {
                (str(table), str(column)): PiiRule(action, provider, keep_last=int(last))
                for table, column, action, provider, last in record["rules"]
            }
            config = cls(rules, str(record["locale"]))
        except (KeyError, TypeError, ValueError):
            raise PrivacyError("the privacy record is damaged") from None
        for (table, column), rule in config.items():
            if wrong := rule.problem():
                raise PrivacyError(f"{table}.{column}: {wrong[0]}")
        return config


def _place(key: RuleKey) -> tuple[str, str]:
    if isinstance(key, str):
        table, dot, column = key.partition(".")
        if dot and table and column:
            return table, column
    elif len(key) == 2:  # noqa: PLR2004 - table and column
        return key
    raise PrivacyError(f"a pii rule needs 'table.column' or (table, column), not {key!r}")


def _placement(
    metadata: Metadata, table: str, column: str, rule: PiiRule
) -> tuple[str, str | None] | None:
    """Return why ``rule`` cannot stand at this column, and a hint; ``None`` if it can."""
    config = metadata.tables.get(table)
    if config is None:
        return f"pii rule for unknown table '{table}'", suggest(table, metadata.tables)
    place, marked = f"'{table}.{column}'", column in config.pii_cols
    keys = {c for key in config.foreign_keys for c in key.columns} | set(config.primary_key)
    replaced = not rule.modelled
    # What the schema itself says of marked columns is not said twice.
    checks = (
        (
            config.strict and column not in config.known_columns,
            f"pii rule for {place}, which is not a declared column",
            suggest(column, config.known_columns),
        ),
        (
            column in keys and not marked,
            f"{place} is a key: keys are always replaced by new ones",
            "remove the pii rule",
        ),
        (
            replaced and config.keep,
            f"'{table}' is kept as it is, so {place} would stay in it",
            "remove keep, or the pii rule",
        ),
        (
            replaced and column == config.order_column,
            f"{place} is personal data and cannot order the rows",
            "order by another column",
        ),
        (
            replaced and any(column in pair for pair in config.checks),
            f"{place} is personal data and cannot be part of a check",
            "remove the check",
        ),
        (
            replaced and not marked and any(column in group for group in config.combinations),
            f"{place} is personal data and cannot be part of a combination",
            "remove it from the combination",
        ),
        (
            replaced and not marked and (table, column) in _contexts(metadata),
            f"{place} is personal data and cannot be a context",
            "take another column",
        ),
    )
    return next(((message, hint) for wrong, message, hint in checks if wrong), None)


def _contexts(metadata: Metadata) -> set[tuple[str, str]]:
    """Return every column that conditions another table."""
    return {
        context_column(metadata, name, written)
        for name, config in metadata.tables.items()
        for written in config.parent_context_cols or ()
        if metadata.driving_key(name) is not None
    }
