"""LightGBM's C interface, as much of it as one tree needs.

The library is loaded without its Python package: importing that takes scikit-learn and SciPy along,
2.5 CPU seconds and 100 MB, several times what a chain of trees costs to fit.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

_NAMES = ("lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll")
_FOLDERS = ("lib", "bin", ".", "..")
_FLOAT32 = 0
_RUNTIMES = ("libgomp", "libomp")


@cache
def load_library() -> ctypes.CDLL:
    """Load the library of the installed package ``lightgbm``.

    Raises:
        TrainingError: If it is not there, or lacks the OpenMP runtime; it says what to install.
    """
    package = find_spec("lightgbm")
    roots = [] if package is None else [Path(p) for p in package.submodule_search_locations or ()]
    places = [root / folder / name for root in roots for folder in _FOLDERS for name in _NAMES]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise TrainingError("LightGBM, which grows the trees, is not there: pip install lightgbm")
    try:
        library = ctypes.CDLL(str(found))
    except OSError as error:
        message = "LightGBM, which grows the trees, cannot be loaded on this machine"
        if any(name in str(error) for name in _RUNTIMES):
            message = (
                "LightGBM, which grows the trees, needs the OpenMP runtime, and it is not there. "
                "Install it (Debian and Ubuntu: apt install libgomp1; macOS: brew install libomp) "
                "and restart Python"
            )
        raise TrainingError(message) from error
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


class Handle:
    """Something that the library holds, freed when nobody holds this any more."""

    def __init__(self, kind: str) -> None:
        self._library = load_library()
        self._free = getattr(self._library, f"LGBM_{kind}Free")
        self.pointer = ctypes.c_void_p()

    def call(self, name: str, *arguments: Any) -> None:  # noqa: ANN401 - what ctypes takes
        """Call a function of the library.

        Raises:
            TrainingError: If it fails.
        """
        if getattr(self._library, f"LGBM_{name}")(*arguments):
            reason = self._library.LGBM_GetLastError().decode(errors="replace")
            raise TrainingError(f"LightGBM could not grow a tree: {reason}")

    def __del__(self) -> None:
        if self.pointer.value:
            self._free(self.pointer)


class BinnedRows(Handle):
    """Rows of features, each as the number of its bin.

    Args:
        parameters: Parameters of LightGBM.
    """

    def __init__(self, parameters: Mapping[str, object]) -> None:
        super().__init__("Dataset")
        self._parameters = as_text(parameters)

    @classmethod
    def of(cls, features: Features, parameters: Mapping[str, object]) -> Self:
        """Return all rows of a matrix, shape (rows, features), with the label 0."""
        made = cls(parameters)
        rows, width = features.shape
        cells = np.ascontiguousarray(features, np.float32)
        made.call(
            "DatasetCreateFromMat",
            cells.ctypes.data_as(ctypes.c_void_p), ctypes.c_int(_FLOAT32),
            ctypes.c_int32(rows), ctypes.c_int32(width), ctypes.c_int(1),
            made._parameters, None, ctypes.byref(made.pointer),
        )  # fmt: skip
        made.label(np.zeros(rows, np.float32))
        return made

    def subset(self, rows: NDArray[Any]) -> BinnedRows:
        """Return some of the rows, given by sorted places."""
        made = BinnedRows({})
        places = np.ascontiguousarray(rows, np.int32)
        made.call(
            "DatasetGetSubset",
            self.pointer, places.ctypes.data_as(ctypes.c_void_p), ctypes.c_int32(len(places)),
            self._parameters, ctypes.byref(made.pointer),
        )  # fmt: skip
        return made

    def label(self, values: NDArray[Any]) -> None:
        """Give the rows the numbers by which leaves shall differ, shape (rows,)."""
        numbers = np.ascontiguousarray(values, np.float32)
        self.call(
            "DatasetSetField",
            self.pointer, b"label", numbers.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_int(len(numbers)), ctypes.c_int(_FLOAT32),
        )  # fmt: skip


def grow_one(rows: BinnedRows, parameters: Mapping[str, object]) -> str:
    """Grow one tree and return it as the text of a model file of LightGBM."""
    booster, ended = Handle("Booster"), ctypes.c_int()
    booster.call(
        "BoosterCreate", rows.pointer, as_text(parameters), ctypes.byref(booster.pointer)
    )  # fmt: skip
    booster.call("BoosterUpdateOneIter", booster.pointer, ctypes.byref(ended))
    size = ctypes.c_int64()
    buffer = ctypes.create_string_buffer(1)
    # The first call tells the size only.
    for _ in range(2):
        buffer = ctypes.create_string_buffer(max(size.value, 1))
        booster.call(
            "BoosterSaveModelToString",
            booster.pointer, ctypes.c_int(0), ctypes.c_int(-1), ctypes.c_int(0),
            ctypes.c_int64(len(buffer)), ctypes.byref(size), buffer,
        )  # fmt: skip
    return buffer.value.decode()


def as_text(parameters: Mapping[str, object]) -> bytes:
    """Return parameters as the library reads them.

    >>> as_text({"verbose": -1, "deterministic": True, "interaction_constraints": [[0, 2]]})
    b'verbose=-1 deterministic=true interaction_constraints=[0,2]'
    """
    return " ".join(f"{name}={_value(value)}" for name, value in parameters.items()).encode()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(part).replace(" ", "") for part in value)
    return str(value)
