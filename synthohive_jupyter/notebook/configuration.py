"""Defaults and where they come from: ``%config``, ``[tool.synthohive]`` of a project, built in.

An option of a cell wins over all of them. The project's file is the nearest ``pyproject.toml`` from
the working directory upwards, read again when it has changed. Its values are checked by the same
traits as those of ``%config``.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Enum, Int, TraitError, Unicode

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.wording import plain
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from traitlets import TraitType
    from traitlets.config import Configurable

    from synthohive_jupyter.notebook.options import Options

FILE = "pyproject.toml"
SECTION = "tool.synthohive"
BUILT_IN = "built in"
CONFIG = "%config"
IPYTHON_FILE = "IPython's configuration"
THIS_LINE = "this line"

MAX_BYTES = 1_000_000
"""A project file that is longer is not read."""

LONGEST_VALUE = 40
"""Characters of a wrong value that are shown."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The defaults in force; the fields are the traits of the magic.

    Attributes:
        origins: Name of each default to where its value comes from: `BUILT_IN`, the path of the
            project's file, `CONFIG`, `IPYTHON_FILE`, or `THIS_LINE`.
        helps: Name of each default to what it means.
        problem: What is wrong with the project's file, which then counts for nothing; else
            ``None``.
    """

    epochs: int
    batch_size: int
    seed: int | None
    model: str
    display: str
    debug: bool
    spark: str | None
    checkpoints: str
    origins: Mapping[str, str] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def overridden(self, options: Options) -> Settings:
        """Return the settings of one call: what its first line says wins."""
        said = {name: getattr(options, name, None) for name in self.origins}
        # By identity: a seed may be 0, which equals False.
        given = {name: v for name, v in said.items() if v is not None and v is not False}
        return replace(self, **given, origins={**self.origins, **dict.fromkeys(given, THIS_LINE)})

    def require_sound(self) -> None:
        """Refuse to work with a project's file that is wrong.

        Raises:
            CommandError: Naming the file and the key.
        """
        if self.problem is not None:
            raise CommandError(self.problem)


def resolve(magics: Configurable) -> Settings:
    """Return the defaults in force: what ``%config`` set, else the project's file, else built in.

    Args:
        magics: The magic with its traits.

    Returns:
        The settings. A mistake in the project's file is told in ``problem`` and not raised, so that
        ``help`` and ``config`` still answer.
    """
    traits = settings_of(type(magics))
    path, given, problem = None, {}, None
    try:
        path = find_file(Path.cwd())
        given = {} if path is None else _checked(path, _section(path), traits)
    except CommandError as error:
        problem = str(error)
    except OSError:
        path = None  # the working directory is gone
    values, origins = {}, {}
    for name, trait in traits.items():
        values[name], origins[name] = getattr(magics, name), _set_by(magics, name, trait)
        if origins[name] == BUILT_IN and name in given:
            values[name], origins[name] = given[name], str(path)
    helps = {name: str(trait.help) for name, trait in traits.items()}
    return Settings(**values, origins=origins, helps=helps, problem=problem)


def settings_of(cls: type[Configurable]) -> dict[str, TraitType[Any, Any]]:
    """Return the traits of a magic that can be configured, in the order of `Settings`."""
    traits = cls.class_own_traits(config=True)
    return {name: traits[name] for name in Settings.__dataclass_fields__ if name in traits}


def _set_by(magics: Configurable, name: str, trait: TraitType[Any, Any]) -> str:
    """Return what set a trait."""
    section, value = type(magics).__name__, getattr(magics, name)
    application = magics.parent and magics.parent.parent
    written = application.config[section] if application is not None else {}
    # What comes from the command line is text as long as nobody has read it.
    if name in written and str(written[name]) == str(value):
        return IPYTHON_FILE
    # A value may also have been assigned, without the loader of configurations.
    if name in magics.config[section] or value != trait.default_value:
        return CONFIG
    return BUILT_IN


def find_file(folder: Path) -> Path | None:
    """Return the nearest ``pyproject.toml`` in a folder or above it."""
    return next((f / FILE for f in (folder, *folder.parents) if (f / FILE).is_file()), None)


def _section(path: Path) -> Mapping[str, Any]:
    """Return ``[tool.synthohive]`` of a file."""
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=8)
def _read(path: Path, _changed: int, size: int) -> Mapping[str, Any]:
    """Read a file; the time of its last change makes a changed file another one."""
    if size > MAX_BYTES:
        raise CommandError(f"{plain(path)} is too long to be read")
    try:
        document: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{plain(path)} is damaged: {plain(error)}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{plain(path)} is damaged: it is not UTF-8 text") from None
    except OSError as error:
        raise CommandError(f"{plain(path)} cannot be read ({type(error).__name__})") from None
    for part in SECTION.split("."):
        document = document.get(part, {})
        if not isinstance(document, dict):
            raise CommandError(f"'{part}' in {plain(path)} must be a table: [{SECTION}]")
    return document


def _checked(
    path: Path, given: Mapping[str, Any], traits: Mapping[str, TraitType[Any, Any]]
) -> dict[str, Any]:
    """Return the values of the section as the traits take them; ``batch-size`` is taken too."""
    checked = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in traits:
            near = suggest(name, traits) or f"known: {', '.join(traits)}"
            raise CommandError(f"[{SECTION}] of {plain(path)} has no '{plain(key)}' ({near})")
        if name in checked:
            raise CommandError(f"[{SECTION}] of {plain(path)} has '{name}' twice")
        checked[name] = _value(path, name, value, traits[name])
    return checked


def _value(path: Path, name: str, value: object, trait: Any) -> object:  # noqa: ANN401 - untyped
    # Python takes true for 1, and traitlets 1 for true.
    fits = isinstance(trait, Bool) == isinstance(value, bool)
    try:
        checked = trait.validate(None, value) if fits else None
    except TraitError:
        fits = False
    if fits:
        return checked
    shown = plain(repr(value))
    if len(shown) > LONGEST_VALUE:
        shown = f"{shown[:LONGEST_VALUE]}…"
    raise CommandError(
        f"'{name}' in [{SECTION}] of {plain(path)} takes {takes(trait)}, not {shown}"
    )


def takes(trait: TraitType[Any, Any]) -> str:
    """Return what a trait takes, in words."""
    if isinstance(trait, Enum):
        return " or ".join(map(str, trait.values or ()))
    if isinstance(trait, Bool):
        return "true or false"
    if isinstance(trait, Int):
        return f"a whole number from {trait.min}"
    return "text" if isinstance(trait, Unicode) else trait.info()
