"""The models by the names that cells and descriptions use; imported when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from synthohive_jupyter.models.base import ConditionalGenerativeModel
from synthohive_jupyter.schema.suggestions import suggest

ModelClass = type[ConditionalGenerativeModel]

_HOMES = {
    "ctgan": ("ctgan.model", "CTGAN"),
    "argn": ("argn.model", "ARGN"),
    "tree": ("tree.model", "TreeSynth"),
    "auto": ("auto", "AutoModel"),
}
_ALIASES = {name.casefold(): key for key, (_, name) in _HOMES.items()}


class ModelClasses(Mapping[str, ModelClass]):
    """Name to class: the built-in models, and others by the name of their class.

    Names are compared without case; a built-in model answers to the name of its class too.

    Args:
        others: Further classes.

    Example:
        >>> sorted(ModelClasses())
        ['argn', 'auto', 'ctgan', 'tree']
        >>> "TreeSynth" in ModelClasses()
        True
    """

    def __init__(self, *others: ModelClass) -> None:
        self._others = {
            cls.__name__.casefold(): cls
            for cls in others
            if cls.__name__.casefold() not in {*_HOMES, *_ALIASES}
        }

    def __getitem__(self, name: str) -> ModelClass:
        key = name.casefold()
        key = _ALIASES.get(key, key)
        if key in self._others:
            return self._others[key]
        module, cls = _HOMES[key]
        found: ModelClass = getattr(import_module(f"synthohive_jupyter.models.{module}"), cls)
        return found

    def __contains__(self, name: object) -> bool:
        # Asking for the name alone imports nothing.
        key = name.casefold() if isinstance(name, str) else None
        return key in self._others or key in _HOMES or key in _ALIASES

    def __iter__(self) -> Iterator[str]:
        yield from _HOMES
        yield from self._others

    def __len__(self) -> int:
        return len(_HOMES) + len(self._others)


def model_class(model: object) -> ModelClass:
    """Return the class that is meant by a class or a name.

    Raises:
        TypeError: If it is neither a name nor a subclass of `ConditionalGenerativeModel`.
        ValueError: If no model has the name.
    """
    if isinstance(model, type) and issubclass(model, ConditionalGenerativeModel):
        return model
    if not isinstance(model, str):
        raise TypeError(
            "a model is a subclass of ConditionalGenerativeModel, or one of the names "
            f"{', '.join(_HOMES)}"
        )
    classes = ModelClasses()
    if model not in classes:
        raise ValueError(
            f"no model is called {model!r} ({suggest(model, classes) or ', '.join(classes)})"
        )
    return classes[model]
