"""The only reader and writer of model files: a directory of JSON and safetensors.

Loading never executes anything. A file is taken to be hostile: only members with allowed names are
opened, no links are followed, sizes and depths have caps, JSON holds finite numbers only, and the
names, shapes and types of tensors must be those of the architecture *before* any is read. Hashes
show damage; they are no signature, so a model is worth the trust of the place it came from.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors

from synthohive_jupyter.errors import ModelFileError, StorageError
from synthohive_jupyter.models.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

FORMAT = "synthohive-model"
FORMAT_VERSION = 1
KINDS = frozenset({"argn", "ctgan", "tree"})
"""Kinds of models that a file may claim to be."""

CONFIG, WEIGHTS, TRAINING = "config.json", "weights.safetensors", "training.safetensors"
MEMBERS = frozenset({CONFIG, WEIGHTS, TRAINING})

MAX_JSON_BYTES = 64 << 20
MAX_TENSOR_BYTES = 2 << 30
MAX_HEADER_BYTES = 4 << 20

_SIZES = {"F32": 4, "F64": 8, "I64": 8, "I32": 4}
"""Types of tensors that models have, with their bytes."""

_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a tensor must be: its type as safetensors writes it, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @classmethod
    def of(cls, tensor: Tensor) -> TensorSpec:
        """Return the specification of a tensor; it may lie on the meta device."""
        name = {"float32": "F32", "float64": "F64", "int64": "I64", "int32": "I32"}
        return cls(name[str(tensor.dtype).removeprefix("torch.")], tuple(tensor.shape))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model directory whose configuration has been read and checked, and no tensor yet.

    Attributes:
        path: The directory.
        config: The configuration, without what this module adds.
    """

    path: Path
    config: dict[str, Any]
    _hashes: dict[str, str]

    def has(self, member: str) -> bool:
        """Return whether the directory has a member."""
        return member in self._hashes

    def tensors(self, member: str, expected: Mapping[str, TensorSpec]) -> dict[str, Tensor]:
        """Read the tensors of a member.

        Args:
            member: `WEIGHTS` or `TRAINING`.
            expected: Exactly the tensors that there must be.

        Raises:
            ModelFileError: If the file is damaged, or holds other tensors.
        """
        if member not in self._hashes:
            raise ModelFileError(f"{self.path} has no {member}")
        with _open(self.path / member, MAX_TENSOR_BYTES) as file:
            _check_header(file, f"{self.path}/{member}", expected)
            file.seek(0)
            data = file.read()
        if hashlib.sha256(data).hexdigest() != self._hashes[member]:
            raise ModelFileError(f"{self.path}/{member} is damaged: its hash is another one")
        from safetensors.torch import load

        try:
            return dict(load(data))
        except (safetensors.SafetensorError, ValueError) as error:
            raise ModelFileError(f"{self.path}/{member} is damaged") from error


def read(path: str | Path, *, kind: str) -> Checkpoint:
    """Open a model directory and check its configuration.

    Args:
        path: The directory.
        kind: The kind of model that the caller can read.

    Raises:
        ModelFileError: If anything in it is not what `write` writes.
    """
    checkpoint = read_any(path)
    found = checkpoint.config.get("kind")
    if found != kind:
        raise ModelFileError(f"{checkpoint.path} holds a model of kind {found!r}, not {kind!r}")
    return checkpoint


def read_any(path: str | Path) -> Checkpoint:
    """Open a model directory of any kind in `KINDS`; see `read`."""
    path = Path(path)
    _check_members(path)
    with _open(path / CONFIG, MAX_JSON_BYTES) as file:
        config = parse_json(file.read(), f"{path}/{CONFIG}")
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ModelFileError(f"{path} does not hold a model of this package")
    version = config.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelFileError(f"{path} has no format version")
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{path} was written by a newer release (format {version}, this one reads "
            f"{FORMAT_VERSION}); upgrade synthohive-jupyter"
        )
    kind = config.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelFileError(f"{path} holds a model of an unknown kind")
    hashes = config.pop("members", None)
    if not isinstance(hashes, dict) or not set(hashes) <= MEMBERS - {CONFIG}:
        raise ModelFileError(f"{path}/{CONFIG} names members that a model does not have")
    for member, value in hashes.items():
        if not isinstance(value, str) or not (path / member).exists():
            raise ModelFileError(f"{path} has no {member}")
    return Checkpoint(path, config, hashes)


def _check_members(path: Path) -> None:
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except FileNotFoundError:
        raise ModelFileError(f"there is no model at {path}") from None
    except OSError as error:
        raise ModelFileError(f"{path} is not a model directory") from error
    # Names with a dot in front are left by file managers; they are never opened.
    if strange := [n for n in names if n not in MEMBERS and not n.startswith(".")]:
        raise ModelFileError(f"{path} holds {strange[0][:80]!r}, which no model has")
    if CONFIG not in names:
        raise ModelFileError(f"{path} has no {CONFIG}")


def _open(path: Path, limit: int) -> Any:  # noqa: ANN401 - a binary file
    """Open a regular file, no link, no device, of at most ``limit`` bytes."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise ModelFileError(f"{path} is not a regular file (links are not followed)")
        if found.st_size > limit:
            raise ModelFileError(f"{path} is larger than {limit:,} bytes")
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def _check_header(
    file: Any,  # noqa: ANN401 - a binary file
    where: str,
    expected: Mapping[str, TensorSpec],
) -> None:
    """Compare the header of a safetensors file with the architecture."""
    total = os.fstat(file.fileno()).st_size
    start = file.read(_LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    if len(start) < _LENGTH_BYTES or length > min(MAX_HEADER_BYTES, total - _LENGTH_BYTES):
        raise ModelFileError(f"{where} is damaged: the header is cut off or too large")
    header = parse_json(file.read(length), where)
    if not isinstance(header, dict) or "__metadata__" in header:
        raise ModelFileError(f"{where} is damaged: the header is not one of ours")
    if missing := sorted(set(expected) - set(header)):
        raise ModelFileError(f"{where} lacks the tensor {missing[0]!r}")
    if extra := sorted(set(header) - set(expected)):
        raise ModelFileError(f"{where} has a tensor {extra[0][:80]!r} that its model has not")
    size = 0
    for name, spec in expected.items():
        wanted = {"dtype": spec.dtype, "shape": list(spec.shape)}
        entry = header[name]
        found = {k: entry.get(k) for k in wanted} if isinstance(entry, dict) else None
        if found != wanted:
            raise ModelFileError(f"{where}: tensor {name!r} has another type or shape")
        size += _SIZES[spec.dtype] * math.prod(spec.shape)
    if size != total - _LENGTH_BYTES - length:
        raise ModelFileError(f"{where} is damaged: it is too short or too long")


def write(
    path: str | Path,
    *,
    kind: str,
    config: Mapping[str, Any],
    tensors: Mapping[str, Mapping[str, Any]],
    overwrite: bool = False,
) -> None:
    """Write a model directory: everything, or nothing.

    It is written beside its place and then renamed. Where a model is replaced, the old one is
    moved aside first and comes back if the renaming fails.

    Args:
        path: The directory; its parents are made.
        kind: One of `KINDS`.
        config: JSON-safe values; ``format``, ``kind`` and ``members`` are added.
        tensors: Member (`WEIGHTS`, `TRAINING`) to named tensors, of torch or of numpy.
        overwrite: Replace a model that is there. Anything else is never replaced.

    Raises:
        StorageError: If something is in the way, or writing fails.
    """
    path = Path(path)
    _check_free(path, overwrite=overwrite)
    record = {"format": FORMAT, "format_version": FORMAT_VERSION, "kind": kind, **config}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        staged.mkdir()
    except OSError as error:
        raise StorageError(f"cannot write a model to {path}: {error.strerror}") from error
    try:
        hashes = {}
        for member, named in tensors.items():
            data = _packed(named)
            hashes[member] = hashlib.sha256(data).hexdigest()
            _write_file(staged / member, data)
        text = json.dumps(record | {"members": hashes}, allow_nan=False, indent=1)
        _write_file(staged / CONFIG, text.encode())
        _publish(staged, path)
    except OSError as error:
        raise StorageError(f"cannot write a model to {path}: {error.strerror}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _packed(named: Mapping[str, Any]) -> bytes:
    """Return tensors as safetensors holds them; arrays of numpy need no torch."""
    if all(isinstance(tensor, np.ndarray) for tensor in named.values()):
        from safetensors.numpy import save as save_arrays

        return save_arrays({k: np.ascontiguousarray(a) for k, a in named.items()})
    from safetensors.torch import save

    return save({k: t.contiguous() for k, t in named.items()})


def _check_free(path: Path, *, overwrite: bool) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not overwrite:
        raise StorageError(f"{path} exists already; choose another place, or overwrite=True")
    folder = path.is_dir() and not path.is_symlink()
    names = {p.name for p in path.iterdir() if p.name[0] != "."} if folder else {path.name}
    if names and (CONFIG not in names or names - MEMBERS):
        raise StorageError(f"{path} is no model directory, so it is not overwritten")


def _write_file(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(staged: Path, path: Path) -> None:
    if not path.exists():
        staged.rename(path)
        return
    aside = staged.with_suffix(".old")
    path.rename(aside)
    try:
        staged.rename(path)
    except OSError:
        with suppress(OSError):
            aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def specs(tensors: Mapping[str, Tensor] | Sequence[tuple[str, Tensor]]) -> dict[str, TensorSpec]:
    """Return the specification of each named tensor."""
    return {name: TensorSpec.of(tensor) for name, tensor in dict(tensors).items()}
