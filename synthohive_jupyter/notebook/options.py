"""The verbs and options of ``%%synthohive``: the one list that reader, help and completion use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthohive_jupyter.models.registry import ModelClasses

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS = tuple(ModelClasses())
DISPLAYS = ("auto", "widget", "text", "none")
FORMATS = ("delta", "parquet", "csv")
NOTATIONS = ("compact", "yaml", "sql", "dbml", "mermaid")
DEFAULT_PREFIX = "synth"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a cell can be asked to do.

    Attributes:
        help: What it does, in one line.
        names: What the words after it name, for the usage line; ``""`` where there is none.
        most: How many words may follow; ``None`` for any number.
    """

    help: str
    names: str = ""
    most: int | None = 1


VERBS: Mapping[str, Verb] = {
    "fit": Verb("check, learn, generate as many rows as the real data has, bind", "FILE"),
    "check": Verb("compare the description with the data; nothing is trained", "FILE"),
    "explain": Verb("what would be learnt, from whom, and what it would cost", "FILE"),
    "generate": Verb("more rows of a result, without learning again", "RESULT"),
    "convert": Verb("write a description in another notation", "RESULT|FILE"),
    "init": Verb("write a first description of your frames into the next cell", "FRAME …", None),
    "code": Verb("the Python script that does the same", "RESULT"),
    "config": Verb("the defaults in force, and where they come from", most=0),
    "help": Verb("the help, or its page about a topic", "TOPIC"),
}

_RESULT = ("fit", "generate", "code")
_VOLUME = ("fit", "generate", "explain", "code")
_TRAINING = ("fit", "explain", "code")
_DATA = ("fit", "check", "explain", "generate", "init", "code")
_SHOWN = ("fit", "check", "explain", "generate")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the first line.

    Attributes:
        spellings: The ways to write it, the long one last.
        verbs: The verbs that listen to it; any other one refuses it.
        help: What it does, in one line.
        value: What follows it, for the usage line; ``""`` for a mere switch.
        choices: The values it takes, where they are few.
        otherwise: The value where the option stands alone; ``None`` where it needs one.
    """

    spellings: tuple[str, ...]
    verbs: tuple[str, ...]
    help: str
    value: str = ""
    choices: tuple[str, ...] = ()
    otherwise: str | None = None

    @property
    def name(self) -> str:
        """The attribute of `Options` that holds it."""
        return self.spellings[-1].removeprefix("--").replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option(("-o", "--out"), _RESULT, "bind the result to a variable", "NAME"),
    Option(
        ("--into",),
        _RESULT,
        f"bind each table to PREFIX_table (PREFIX is {DEFAULT_PREFIX} if left out)",
        "PREFIX",
        otherwise=DEFAULT_PREFIX,
    ),
    Option(("--overwrite",), ("fit", "generate"), "let -o and --into replace your variables"),
    Option(
        ("--rows",),
        _VOLUME,
        "rows of tables; of children exact totals",
        "TABLE=N,…",
    ),
    Option(("--scale",), _VOLUME, "rows relative to the real data", "X"),
    Option(("--epochs",), _TRAINING, "passes over each table", "N"),
    Option(("--batch-size",), _TRAINING, "rows of one training step", "N"),
    Option(("--seed",), _RESULT, "the same seed gives the same rows", "N"),
    Option(("--model",), _TRAINING, "model of the rows", "NAME", MODELS),
    Option(("--resume",), ("fit",), "go on where the same cell was stopped"),
    Option(("--spark",), _DATA, "variable that holds the Spark session", "NAME"),
    Option(("--write",), _RESULT, "write PATH/table too: delta, parquet or csv", "FORMAT:PATH"),
    Option(("--to",), ("convert",), "the notation to write", "NOTATION", NOTATIONS),
    Option(("--display",), _SHOWN, "the panel, text bars, nothing, or what fits", "HOW", DISPLAYS),
    Option(("--debug",), tuple(VERBS), "show errors with their traceback"),
    Option(("-h", "--help"), tuple(VERBS), "show the help page"),
)


def options_of(verb: str) -> tuple[Option, ...]:
    """Return the options that a verb listens to."""
    return tuple(option for option in OPTIONS if verb in option.verbs)


@dataclass(frozen=True, slots=True)
class WriteTarget:
    """Where ``--write`` puts the tables: ``path/<table>`` each, in ``format``."""

    format: str
    path: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the first line of a cell says; ``None`` where it says nothing.

    Attributes:
        verb: One of `VERBS`.
        targets: The words after the verb: names of results, frames, files or topics.
        out: Variable for the result.
        into: Prefix of variables for the tables.
        rows: Rows of tables; of a child the exact total.
        write: Storage to publish to.
    """

    verb: str = "fit"
    targets: tuple[str, ...] = ()
    out: str | None = None
    into: str | None = None
    overwrite: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    scale: float | None = None
    epochs: int | None = None
    batch_size: int | None = None
    seed: int | None = None
    model: str | None = None
    resume: bool = False
    spark: str | None = None
    write: WriteTarget | None = None
    to: str | None = None
    display: str | None = None
    debug: bool = False

    @property
    def target(self) -> str | None:
        """The first word after the verb."""
        return self.targets[0] if self.targets else None
