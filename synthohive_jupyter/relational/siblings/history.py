"""History as context: what a row is told of its siblings.

A model draws rows given a context and knows of no families. So the rows of a family are drawn one
rank after the other, for all families at once, and each row's context says which of how many it is
and what the sibling before it and the first one hold. Any model that reads a context thereby keeps
what siblings have in common, and how they follow each other.

Two things are not left to the model, since small mistakes in them add up from row to row. They are
drawn ahead of it, by trees of their own (see `ahead`), and are part of its context:

- the *place* of a row on the `Timeline` of the column that orders siblings: a step from the one
  before, never backwards and never past the data;
- whether a column *repeats* the sibling before, or returns to what the first one holds, where the
  data does so more often than by chance: such a value is copied, whatever the model draws. A career
  with one club comes back as one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.keys.references import number_in_family
from synthohive_jupyter.relational.siblings.ahead import Ahead
from synthohive_jupyter.relational.siblings.drawing import turns
from synthohive_jupyter.relational.siblings.gates import recurring
from synthohive_jupyter.relational.siblings.given import Numbers
from synthohive_jupyter.relational.siblings.past import (
    ANEW,
    COPY,
    FIRST,
    PREVIOUS,
    Now,
    Past,
    observed,
)
from synthohive_jupyter.relational.siblings.timeline import Timeline, run_lengths
from synthohive_jupyter.relational.siblings.values import array_of, differ, joined, replaced, same
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.records import part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.relational.siblings.drawing import Turn
    from synthohive_jupyter.relational.siblings.values import Array

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What siblings are told of each other.

    Attributes:
        names: Columns of the table, in their order.
        columns: Those that siblings are told of, without that of the timeline.
        ahead: What is drawn ahead of the model.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    ahead: Ahead

    @classmethod
    def plain(cls, names: Sequence[str], columns: Sequence[str]) -> Self:
        """Return the history that leaves all to the model, and has nothing to learn."""
        return cls(tuple(names), tuple(columns), Ahead.nothing())

    @classmethod
    def learn(
        cls,
        rows: pd.DataFrame,
        family: Positions,
        *,
        columns: Sequence[str],
        order_by: str | None,
        table: str,
        above: pd.DataFrame | None = None,
        rules: Mapping[str, Constraint] | None = None,
        unit: Positions | None = None,
    ) -> Self:
        """Learn from the rows of the data.

        Args:
            rows: Rows to model, those of a family together and in their order, nulls last.
            family: Number of each row's family.
            columns: Columns that siblings are told of.
            order_by: Column that orders siblings. Where it is among ``columns``, and a number, date
                or time, it becomes a timeline; else it stays a column like others.
            table: Name of the table, for errors.
            above: What each row's parent holds, where there is any of it.
            rules: What is declared of the columns.
            unit: What rare values are counted in, a number for each row; families where ``None``.

        Raises:
            DataError: If a column cannot be modelled.
        """
        families = pd.factorize(family)[0].astype(np.int64)
        units = families if unit is None else pd.factorize(unit)[0].astype(np.int64)
        timeline = None
        if order_by is not None and order_by in columns:
            rule = (rules or {}).get(order_by)
            timeline = Timeline.fit(rows[order_by], units, table=table, rule=rule)
        told = tuple(name for name in columns if timeline is None or name != order_by)
        arrays = {name: array_of(rows[name]) for name in told}
        repeating, returning = recurring(arrays, number_in_family(family))
        plain = cls.plain(tuple(rows.columns), told)
        if timeline is None and not repeating:
            return plain
        parents = pd.DataFrame(index=rows.index) if above is None else above
        # One row a family: its other rows say the same of the parent.
        parents = parents.loc[~pd.Series(families, parents.index).duplicated()]
        given, numbers = Numbers.fit(parents, table=table)
        shown, held = Numbers.fit(rows[list(told)], table=table, families=units)
        ahead = replace(plain.ahead, timeline=timeline, above=given, shown=shown)
        places = ahead.places(rows, table=table)
        past, now = observed(
            rows, family, places, held, columns=told, repeating=repeating, returning=returning
        )
        grown = ahead.grown(past, now, numbers[families], units, table=table)
        return replace(plain, ahead=grown)

    def encode(self, rows: pd.DataFrame, family: Positions) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the columns that a model learns of the data, and what each row is told.

        Args:
            rows: Rows as in `learn`.
            family: Number of each row's family.

        >>> rows = pd.DataFrame({"day": [1, 2, 5] * 9, "n": [5, 6, 7] * 9})
        >>> family = np.repeat(np.arange(9), 3)
        >>> history = History.learn(
        ...     rows, family, columns=["day", "n"], order_by="day", table="visits"
        ... )
        >>> own, told = history.encode(rows, family)
        >>> list(own), list(told)[:5]
        (['n'], ['__sib__rank', '__sib__left', '__sib__place', '__sib__step', '__sib__ties'])
        >>> told["__prev__n"].tolist()[:3]
        [<NA>, 5, 6]
        """
        places, nothing = self.ahead.places(rows), np.zeros((len(rows), 0), np.float32)
        repeating, returning = tuple(self.ahead.repeats), tuple(self.ahead.returns)
        past, now = observed(
            rows, family, places, nothing,
            columns=self.columns, repeating=repeating, returning=returning,
        )  # fmt: skip
        return rows[list(self.modelled)], pd.DataFrame(self._told(past, now))

    @property
    def timed(self) -> bool:
        """Whether the order is kept here, as steps in time; else it is as a model draws it."""
        return self.ahead.timeline is not None

    @property
    def modelled(self) -> tuple[str, ...]:
        """The columns that are left to a model, in the order of the table."""
        timeline = self.ahead.timeline
        return tuple(name for name in self.names if timeline is None or name != timeline.name)

    @property
    def sources(self) -> dict[str, str]:
        """Names of the context that hold values of siblings, to the columns that these are of."""
        repeating = self.ahead.repeats
        found = {PREVIOUS + name: name for name in self.columns}
        return found | {prefix + name: name for prefix in (FIRST, COPY) for name in repeating}

    def rules(self, rules: Mapping[str, Constraint]) -> dict[str, Constraint]:
        """Return what is declared of the columns that a model sees, the told ones included.

        Of what is told only the type counts: it is what siblings hold already.

        Args:
            rules: What is declared of the columns of the table.
        """
        own = {name: rule for name, rule in rules.items() if name in self.modelled}
        told = self.sources.items()
        return own | {new: Constraint(dtype=rules[c].dtype) for new, c in told if c in rules}

    def draw(
        self,
        sizes: Positions,
        above: pd.DataFrame,
        sample: Callable[[pd.DataFrame, int], pd.DataFrame],
        *,
        rng: np.random.Generator,
    ) -> pd.DataFrame:
        """Draw whole families, rank by rank.

        Args:
            sizes: Number of rows of each family.
            above: Context of each family, one row for each; the columns of `learn`, if any.
            sample: Draws one row for each row of a context: the columns `modelled`; also given
                the first rank. It is not called where there are no such columns.
            rng: Source of places and repetitions.

        Returns:
            The rows, family by family, in the order of their ranks, in the types of the data.
        """
        shared = {str(name): array_of(above[name]) for name in above.columns}
        numbers = self.ahead.above.of(above)
        past = self._nobody(int((sizes > 0).sum()))
        pieces, places, spots = [], [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
        starts = np.cumsum(sizes) - sizes
        for turn in turns(sizes):
            mine = past.of(turn.living)
            now = self.ahead.draw(mine, turn, numbers[turn.family], rng)
            rows = self._rows(mine, now, shared, turn.family, sample)
            past = self._after(mine, now, turn, rows)
            pieces.append(rows)
            places.append(now.place)
            spots.append(starts[turn.family] + turn.rank)
        if not pieces:
            none = spots[0]
            now = replace(Now.unknown(none, none), copies=self._never(0))
            pieces.append(self._rows(self._nobody(0), now, shared, none, sample))
        order = np.argsort(np.concatenate(spots))
        whole = {name: joined([rows[name] for rows in pieces])[order] for name in self.modelled}
        if self.ahead.timeline is not None:
            own = self.ahead.timeline.column(np.concatenate(places)[order])
            whole[self.ahead.timeline.name] = array_of(own)
        return pd.DataFrame({name: whole[name] for name in self.names})

    def _rows(
        self,
        past: Past,
        now: Now,
        shared: Mapping[str, Array],
        family: Positions,
        sample: Callable[[pd.DataFrame, int], pd.DataFrame],
    ) -> dict[str, Array]:
        """Draw rows; what repeats a sibling is copied from it."""
        if not self.modelled:
            return {}
        context = {name: array[family] for name, array in shared.items()} | self._told(past, now)
        drawn = sample(pd.DataFrame(context, copy=False), int(now.rank[:1].sum()))
        found = {name: array_of(drawn[name]) for name in self.modelled}
        for name, codes in now.copies.items():
            found[name] = replaced(found[name], codes != ANEW, past.copied(name, codes))
        return found

    def _after(self, past: Past, now: Now, turn: Turn, drawn: Mapping[str, Array]) -> Past:
        """Return what the rows leave to the next ones of the families that go on."""
        ends, begun = turn.ends, bool(past.before.any())
        held = {name: drawn[name][ends] for name in self.columns}
        first = {name: (past.first if begun else drawn)[name][ends] for name in self.ahead.repeats}
        shape = (len(ends), len(self.ahead.repeats))
        runs, away = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
        at = np.arange(len(turn.rank))
        for place, name in enumerate(self.ahead.repeats if begun else ()):
            opens = at == turn.begin
            before = replaced(drawn[name][np.maximum(at - 1, 0)], opens, past.previous[name])
            alike = same(drawn[name], before)
            runs[:, place] = run_lengths(alike, turn.begin, past.runs[:, place])[ends]
            away[:, place] = differ(held[name], first[name])
        return Past(
            np.ones(len(ends), dtype=np.bool_),
            now.place[ends],
            (past.start if begun else now.place)[ends],
            now.step[ends],
            now.ties[ends],
            runs,
            away,
            self.ahead.shown.of(pd.DataFrame(held, index=pd.RangeIndex(len(ends)))),
            held,
            first,
        )

    def _told(self, past: Past, now: Now) -> dict[str, Array]:
        return past.told(now, timed=self.ahead.timeline is not None)

    def _nobody(self, rows: int) -> Past:
        """Return the past of first siblings, in the types of the data as far as they are known."""
        nothing = np.full(rows, None, dtype=object)
        typed = {name: array_of(own) for name, own in self.ahead.shown.nulls(rows).items()}
        held = {name: typed.get(name, nothing) for name in self.columns}
        repeating, numbers = tuple(self.ahead.repeats), len(self.ahead.shown.scales)
        return Past.nobody(rows, held, repeating=repeating, numbers=numbers)

    def _never(self, rows: int) -> dict[str, NDArray[np.int8]]:
        return {name: np.zeros(rows, dtype=np.int8) for name in self.ahead.repeats}

    def to_dict(self) -> dict[str, Any]:
        """Return the history as JSON-safe values: averages, counts, shared levels, and no row."""
        names = {"names": list(self.names), "columns": list(self.columns)}
        return names | self.ahead.to_dict()

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a history; `ModelFileError` if the record is damaged."""
        names, columns = _read_names(record, "names"), _read_names(record, "columns")
        ahead = Ahead.from_dict(record)
        own = set() if ahead.timeline is None else {ahead.timeline.name}
        fits = own.isdisjoint(columns) and {*columns, *own} <= set(names)
        if not (fits and {*ahead.shown.names, *ahead.repeats} <= set(columns)):
            raise ModelFileError("a saved history is damaged: its parts are not of one table")
        return cls(names, columns, ahead)


def _read_names(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    items = part(record, name, list)
    if not all(type(item) is str for item in items) or len(set(items)) < len(items):
        raise ModelFileError("a saved history is damaged: it names no columns")
    return tuple(items)
