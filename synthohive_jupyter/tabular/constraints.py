"""What the schema demands of rows, after decoding: made to hold (`enforce`), or counted.

Decoding already stays inside declared ranges and sets, and most demands between columns
(``a <= b``, fixed combinations) hold by how the columns are coded. Here the rest is met, also in
tables that something else has touched. ``unique`` needs the whole table at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, Problem
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular import boxes, declared
from synthohive_jupyter.tabular.unique import Room

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from synthohive_jupyter.tabular.codecs import Flags, Values
    from synthohive_jupyter.tabular.storage import Storage


@dataclass(slots=True)
class _Cells:
    """A column in canonical form, and what it may hold."""

    series: pd.Series[Any]
    storage: Storage
    held: Values
    nulls: Flags
    limits: declared.Limits
    allowed: Values | None
    fixed: bool
    changed: bool = False

    @classmethod
    def of(
        cls, series: pd.Series[Any], constraint: Constraint, table: str, *, fixed: bool = False
    ) -> Self:
        storage = declared.storage_of(series, constraint, table=table)
        values, nulls = storage.read(series, table=table)
        limits = declared.limits(constraint, storage, table=table, column=str(series.name))
        texts = constraint.values  # noqa: PD011 - a field of the constraint, not of a frame
        allowed = None if texts is None else declared.allowed(texts, storage)
        return cls(series, storage, values, nulls, limits, allowed, fixed)

    def may_hold(self, values: Values) -> Flags:
        """Return which values are within the range and the set."""
        low, high = self.limits
        fits = np.ones(len(values), dtype=np.bool_)
        if low is not None:
            fits &= values >= low
        if high is not None:
            fits &= values <= high
        if self.allowed is not None:
            fits &= pd.Index(self.allowed).get_indexer(pd.Index(values)) >= 0
        return fits

    @property
    def wrong(self) -> Flags:
        """Rows outside the range or the set; nulls are never."""
        return ~self.nulls & ~self.may_hold(self.held)

    def correct(self) -> None:
        """Move rows into the range, or to the nearest value of the set."""
        rows = self.wrong
        if not rows.any():
            return
        low, high = self.limits
        values = self.held
        if low is not None or high is not None:
            values = np.clip(values, low, high).astype(values.dtype)
        if self.allowed is not None and len(self.allowed):
            values = np.where(rows, self._nearest(values), values)
        self.assign(rows, values)

    def _nearest(self, values: Values) -> Values:
        assert self.allowed is not None
        fits = self.allowed[self.may_hold(self.allowed)]
        choice = fits if len(fits) else self.allowed
        if self.storage.kind in {"number", "temporal"}:
            choice = np.sort(choice)
            middles = choice[:-1] / 2 + choice[1:] / 2
            return choice[np.searchsorted(middles, values)]
        # Text and booleans have no distance: the commonest value that is allowed.
        place = pd.Index(choice).get_indexer(pd.Index(self.held[~self.nulls]))
        counts = np.bincount(place[place >= 0], minlength=len(choice))
        return np.full(len(values), choice[counts.argmax()], dtype=choice.dtype)

    def make_unique(self, constraint: Constraint, table: str, *, upward: bool) -> None:
        """Move repetitions to the nearest values that are free, or those above."""
        choices, place = self._choices(constraint), (table, str(self.series.name))
        room = Room(self.storage, self.limits, choices, place, upward)
        values = self.held.copy()
        values[~self.nulls] = room.distinct(self.held[~self.nulls])
        self.assign(values != self.held, values)
        self.fixed = True

    def _choices(self, constraint: Constraint) -> Values | None:
        """Return the values that a unique column has, where it is not free to have others."""
        if self.allowed is not None:
            choices = self.allowed[self.may_hold(self.allowed)]
            return np.sort(choices) if self.storage.kind in {"number", "temporal"} else choices
        if self.storage.kind == "bool":
            return np.array([False, True])
        if constraint.dtype == "cat" or self.storage.categorical:
            return pd.unique(self.held[~self.nulls])
        return None

    def assign(self, rows: Flags, values: Values) -> None:
        """Replace the values of some rows."""
        self.held = np.where(rows, values, self.held).astype(self.storage.canonical)
        self.changed = True

    def written(self) -> pd.Series[Any]:
        """Return the column in its own type, with its index."""
        levels = None
        if isinstance(self.series.dtype, pd.CategoricalDtype):
            names = pd.Series(self.series.dtype.categories, name=self.series.name)
            old = self.storage.read(names, table="")[0]
            levels = pd.unique(np.concatenate([old, self.held[~self.nulls]]))
        found = self.storage.write(self.held, self.nulls, levels)
        found.index = self.series.index
        return found

    def converted(self, other: _Cells) -> Values:
        """Return the values of another column in the canonical form of this one."""
        if other.storage == self.storage:
            return other.held
        return self.storage.read(other.written(), table="")[0]

    def ordered(self) -> Any:  # noqa: ANN401 - an array or a series
        """Return something that compares with that of another column of this kind."""
        if self.storage.kind == "temporal":
            unit = "s" if self.storage.unit == "D" else self.storage.unit
            ticks = self.held.view(f"M8[{self.storage.unit}]").astype(f"M8[{unit}]")
            return pd.Series(ticks)
        if self.storage.unsigned:
            return boxes.unsigned(self.held)
        return self.held / 10.0**self.storage.scale if self.storage.scale else self.held


def enforce(
    frame: pd.DataFrame,
    constraints: Mapping[str, Constraint],
    checks: Sequence[tuple[str, str]] = (),
    *,
    table: str = "",
    fixed: Collection[str] = (),
) -> pd.DataFrame:
    """Return the frame with every range, set, check and uniqueness held; types and nulls stay.

    Values are clipped into ranges and moved to the nearest value of sets. Where ``a <= b`` does not
    hold, the two values are swapped if each may stand in the other's place; else b is raised to a,
    or a lowered to b. A row that cannot be mended (the ranges exclude it) is left. In a column
    that is unique, repetitions move to the nearest free values on its grid and in its range, those
    of free text become new texts of its format; nulls may repeat.

    Args:
        frame: The rows; it is not changed.
        constraints: Column name to what is declared; names that are no columns are left out.
        checks: Pairs ``(a, b)`` with ``a <= b`` where neither is null.
        table: Name of the table, for messages.
        fixed: Columns that no check may change, such as those of combinations.

    >>> frame = pd.DataFrame({"low": [1, 9], "high": [5, 2]})
    >>> enforce(frame, {"low": Constraint(max=8)}, [("low", "high")]).to_dict("list")
    {'low': [1, 2], 'high': [5, 8]}

    Raises:
        DataError: If a check compares columns of different kinds, or a unique column has fewer
            different values than rows.
    """
    cells = _read(frame, constraints, checks, table, fixed)
    for cell in cells.values():
        cell.correct()
    pairs = [(cells[a], cells[b]) for a, b in checks if a in cells and b in cells]
    _settle(pairs, table)
    unique = [name for name in cells if name in constraints and constraints[name].unique]
    for name in _from_below(unique, checks):
        # What may not be below a column that stands already rises first, and then only rises.
        held_up = [pair for pair in pairs if pair[1] is cells[name] and pair[0].fixed]
        _settle(held_up, table)
        cells[name].make_unique(constraints[name], table, upward=bool(held_up))
    if unique:
        _settle(pairs, table)
    found = frame.copy(deep=False)
    for name, cell in cells.items():
        if cell.changed:
            found[name] = cell.written()
    return found


def violations(
    frame: pd.DataFrame,
    constraints: Mapping[str, Constraint],
    checks: Sequence[tuple[str, str]] = (),
    *,
    table: str = "",
) -> list[Problem]:
    """Return every demand that rows break, with their number and never with a value.

    Args:
        frame: The rows.
        constraints: Column name to what is declared; names that are no columns are left out.
        checks: Pairs ``(a, b)`` with ``a <= b`` where neither is null.
        table: Name of the table, for messages.

    >>> frame = pd.DataFrame({"age": [17, 40]})
    >>> violations(frame, {"age": Constraint(min=18)}, table="users")[0].message
    "'users.age': 1 row is outside the declared range or set"
    """
    cells = _read(frame, constraints, checks, table)
    problems = []
    for name, cell in cells.items():
        place = f"{table}.{name}" if table else name
        locus = (table, "constraint", name)
        if count := int(cell.wrong.sum()):
            message = f"'{place}': {_rows(count)} outside the declared range or set"
            problems.append(Problem(message, locus=locus))
        if name in constraints and constraints[name].unique:
            twice = int(pd.Series(cell.held[~cell.nulls]).duplicated().sum())
            message = f"'{place}' is declared unique: {_rows(twice)} a repetition"
            problems += [Problem(message, locus=locus)] if twice else []
    for a, b in checks:
        if a in cells and b in cells and (count := int(_broken(cells[a], cells[b], table).sum())):
            message = f"'{a} <= {b}' does not hold: {_rows(count)} the other way round"
            problems.append(Problem(message, locus=(table, "check", f"{a} <= {b}")))
    return problems


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _read(
    frame: pd.DataFrame,
    constraints: Mapping[str, Constraint],
    checks: Sequence[tuple[str, str]],
    table: str,
    fixed: Collection[str] = (),
) -> dict[str, _Cells]:
    # Columns of which only the type is declared have nothing to hold.
    demanding = [n for n, one in constraints.items() if one != Constraint(dtype=one.dtype)]
    names = dict.fromkeys([*demanding, *(name for pair in checks for name in pair)])
    return {
        name: _Cells.of(
            frame[name], constraints.get(name, Constraint()), table, fixed=name in fixed
        )
        for name in names
        if name in frame.columns
    }


def _broken(low: _Cells, high: _Cells, table: str) -> Flags:
    """Return where ``low <= high`` does not hold; nowhere in nulls."""
    both = ~low.nulls & ~high.nulls
    if not both.any():
        return both
    if low.storage.kind != high.storage.kind:
        raise DataError(
            f"check '{low.series.name} <= {high.series.name}' compares {low.storage.kind} with "
            f"{high.storage.kind}",
            table=table,
        )
    return np.asarray(low.ordered() > high.ordered(), dtype=np.bool_) & both


def _from_below(names: Sequence[str], checks: Sequence[tuple[str, str]]) -> list[str]:
    """Return columns in an order in which a comes before b where ``a <= b``."""
    depth = dict.fromkeys(names, 0)
    for _ in checks:
        for low, high in checks:
            if low in depth and high in depth:
                depth[high] = max(depth[high], depth[low] + 1)
    return sorted(names, key=lambda name: depth[name])


def _settle(pairs: Sequence[tuple[_Cells, _Cells]], table: str) -> None:
    """Mend the rows of all checks, until nothing changes any more."""
    # Each swap moves the larger value towards the end of the order, so this settles like a sort.
    for _ in range(3 * len(pairs)):
        mended = [_mend(low, high, table) for low, high in pairs]
        if not any(mended):
            break


def _mend(low: _Cells, high: _Cells, table: str) -> bool:
    """Mend the rows of one check as far as they can be; return whether something changed."""
    rows = _broken(low, high, table)
    if not rows.any():
        return False
    before = low.held.copy(), high.held.copy()
    if low.storage == high.storage and not low.fixed and not high.fixed:
        swap = rows & low.may_hold(high.held) & high.may_hold(low.held)
        smaller, larger = high.held, low.held
        low.assign(swap, smaller)
        high.assign(swap, larger)
        rows &= ~swap
    rows = _lift(low, high, rows, up=True, table=table)
    _lift(high, low, rows, up=False, table=table)
    return any((old != new.held).any() for old, new in zip(before, (low, high), strict=True))


def _lift(source: _Cells, target: _Cells, rows: Flags, *, up: bool, table: str) -> Flags:
    """Set the target to the source where it may be; return the rows still broken.

    On a coarser grid (dates against times) the target goes one step further.
    """
    if not rows.any() or target.fixed:
        return rows
    old = target.held
    low, high = (source, target) if up else (target, source)
    nearest = target.converted(source)
    for step in (0, 1 if up else -1):
        wanted = (
            nearest + step if step and target.storage.kind in {"number", "temporal"} else nearest
        )
        trial = rows & target.may_hold(wanted)
        target.assign(trial, wanted)
        failed = _broken(low, high, table) & trial
        target.assign(failed, old)
        rows = rows & (failed | ~trial)
        if not rows.any():
            break
    return rows
