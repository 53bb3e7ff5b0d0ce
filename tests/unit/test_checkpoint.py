"""Model files: what is written comes back, and nothing hostile or damaged gets in."""

import hashlib
import json
import os
import struct
import time

import pytest
import torch

from synthohive_jupyter.errors import ModelFileError, StorageError
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.checkpoint import CONFIG, TRAINING, WEIGHTS, TensorSpec
from synthohive_jupyter.models.strict_json import number, whole

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(7)}
EXPECTED = {"a.weight": TensorSpec("F32", (2, 3)), "b": TensorSpec("I64", ())}
CONFIGURATION = {"table": "users", "numbers": [1, 0.1, -2.5e-300, None], "text": "Ω"}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "deep" / "model"
    checkpoint.write(path, kind="ctgan", config=CONFIGURATION, tensors={WEIGHTS: TENSORS})
    return path


def load(path):
    found = checkpoint.read(path, kind="ctgan")
    return found, found.tensors(WEIGHTS, EXPECTED)


def test_what_is_written_comes_back(saved):
    found, tensors = load(saved)
    assert {name: found.config[name] for name in CONFIGURATION} == CONFIGURATION
    assert set(tensors) == set(TENSORS)
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert sorted(p.name for p in saved.iterdir()) == [CONFIG, WEIGHTS]
    assert [p.name for p in saved.parent.iterdir()] == ["model"]  # nothing temporary is left


def test_specs_are_those_of_the_tensors():
    assert checkpoint.specs(TENSORS) == EXPECTED
    assert TensorSpec.of(torch.empty(3, device="meta")) == TensorSpec("F32", (3,))


def test_nothing_is_overwritten_unasked(saved):
    with pytest.raises(StorageError, match="overwrite=True"):
        checkpoint.write(saved, kind="ctgan", config={}, tensors={})
    checkpoint.write(
        saved, kind="ctgan", config={"new": 1}, tensors={WEIGHTS: TENSORS}, overwrite=True
    )
    assert load(saved)[0].config["new"] == 1
    assert [p.name for p in saved.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("what", ["folder", "file", "link", "subfolder"])
def test_only_a_model_is_ever_overwritten(tmp_path, saved, what):
    place = tmp_path / "mine"
    if what == "file":
        place.write_text("my thesis")
    elif what == "link":
        place.symlink_to(saved)
    else:
        place.mkdir()
        (place / CONFIG).write_text("{}")
        (place / "thesis").mkdir() if what == "subfolder" else (place / "thesis.tex").touch()
    with pytest.raises(StorageError, match="not overwritten"):
        checkpoint.write(place, kind="ctgan", config={}, tensors={}, overwrite=True)
    assert place.exists()


def test_an_empty_folder_and_hidden_files_are_no_obstacle(tmp_path, saved):
    (tmp_path / "empty").mkdir()
    checkpoint.write(
        tmp_path / "empty", kind="ctgan", config={}, tensors={WEIGHTS: TENSORS}, overwrite=True
    )
    (saved / ".DS_Store").write_bytes(b"left by a file manager")
    load(saved)


def test_a_failed_write_leaves_the_old_model(saved, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        checkpoint.write(saved, kind="ctgan", config={}, tensors={WEIGHTS: TENSORS}, overwrite=True)
    load(saved)
    assert [p.name for p in saved.parent.iterdir()] == ["model"]


def test_a_failed_replacement_puts_the_old_model_back(saved, monkeypatch):
    rename = checkpoint.Path.rename

    def fails_for_the_new(self, target):
        if self.name.endswith(".new"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(checkpoint.Path, "rename", fails_for_the_new)
    with pytest.raises(StorageError, match="Input/output"):
        checkpoint.write(saved, kind="ctgan", config={}, tensors={WEIGHTS: TENSORS}, overwrite=True)
    load(saved)


def test_numbers_that_json_has_not_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        checkpoint.write(tmp_path / "m", kind="ctgan", config={"x": float("nan")}, tensors={})
    assert list(tmp_path.iterdir()) == []


# --- hostile and damaged directories ---


def edit(path, **changes):
    record = json.loads((path / CONFIG).read_text())
    (path / CONFIG).write_text(json.dumps({**record, **changes}))


def rewrite_header(path, change, *, body=None):
    """Change the header of the weights and forget the hash, as an attacker would."""
    data = (path / WEIGHTS).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    text = change(header)
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    data = struct.pack("<Q", len(text)) + text + (data[8 + length :] if body is None else body)
    put(path, data)


def put(path, data):
    (path / WEIGHTS).write_bytes(data)
    edit(path, members={WEIGHTS: hashlib.sha256(data).hexdigest()})


def cut_off(path):
    put(path, (path / WEIGHTS).read_bytes()[:20])


def three_bytes(path):
    put(path, b"\x01\x00\x00")


def huge_header(path):
    put(path, struct.pack("<Q", 2**62) + b"{}")


def header_over_the_cap(path):
    rewrite_header(path, lambda _: b" " * (checkpoint.MAX_HEADER_BYTES + 1))


def header_is_a_list(path):
    rewrite_header(path, lambda _: b"[]")


def header_with_metadata(path):
    rewrite_header(path, lambda h: {**h, "__metadata__": {"x": "y"}})


def wrong_type(path):
    rewrite_header(path, lambda h: {**h, "a.weight": {**h["a.weight"], "dtype": "I32"}})


def wrong_shape(path):
    rewrite_header(path, lambda h: {**h, "a.weight": {**h["a.weight"], "shape": [3, 2]}})


def enormous_shape(path):
    rewrite_header(path, lambda h: {**h, "a.weight": {**h["a.weight"], "shape": [2**40, 2**20]}})


def overlapping_offsets(path):
    rewrite_header(path, lambda h: {**h, "a.weight": {**h["a.weight"], "data_offsets": [0, 24]}})


def offsets_outside(path):
    rewrite_header(path, lambda h: {**h, "b": {**h["b"], "data_offsets": [2**40, 2**40 + 8]}})


def entry_is_a_number(path):
    rewrite_header(path, lambda h: {**h, "b": 3})


def extra_tensor(path):
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [32, 32]}
    rewrite_header(path, lambda h: {**h, "extra": entry})


def missing_tensor(path):
    rewrite_header(path, lambda h: {"a.weight": h["a.weight"]})


def body_too_long(path):
    rewrite_header(path, lambda h: h, body=b"\0" * 4096)


def flipped_bit(path):
    data = bytearray((path / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (path / WEIGHTS).write_bytes(data)


def no_weights(path):
    (path / WEIGHTS).unlink()


def weights_not_listed(path):
    edit(path, members={})


def no_config(path):
    (path / CONFIG).unlink()


def config_of_nan(path):
    (path / CONFIG).write_text((path / CONFIG).read_text().replace("0.1", "NaN"))


def config_of_infinity(path):
    (path / CONFIG).write_text((path / CONFIG).read_text().replace("0.1", "1e999"))


def config_of_endless_digits(path):
    (path / CONFIG).write_text((path / CONFIG).read_text().replace("0.1", "9" * 100_000))


def config_with_a_huge_integer(path):
    edit(path, seed=2**200)


def config_too_deep(path):
    edit(path, deep=json.loads("[" * 100 + "]" * 100))


def config_far_too_deep(path):
    (path / CONFIG).write_text('{"a":' * 500_000 + "1" + "}" * 500_000)


def config_with_a_name_twice(path):
    text = (path / CONFIG).read_text()
    (path / CONFIG).write_text(text.replace("{", '{"kind": "ctgan",', 1))


def config_is_no_text(path):
    (path / CONFIG).write_bytes(b"\xff\xfe\x00")


def config_is_a_pickle(path):
    (path / CONFIG).write_bytes(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93.")


def config_is_a_list(path):
    (path / CONFIG).write_text("[]")


def config_over_the_cap(path):
    with (path / CONFIG).open("r+b") as file:
        file.truncate(checkpoint.MAX_JSON_BYTES + 1)


def weights_over_the_cap(path):
    with (path / WEIGHTS).open("r+b") as file:  # sparse: no disk is used
        file.truncate(checkpoint.MAX_TENSOR_BYTES + 1)


def another_format(path):
    edit(path, format="pickle")


def newer_version(path):
    edit(path, format_version=checkpoint.FORMAT_VERSION + 1)


def no_version(path):
    edit(path, format_version=True)


def unknown_kind(path):
    edit(path, kind="os.system")


def kind_is_a_list(path):
    edit(path, kind=["ctgan"])


def member_outside(path):
    edit(path, members={"../../secret.safetensors": "0" * 64})


def absolute_member(path):
    edit(path, members={"/etc/passwd": "0" * 64})


def members_are_a_list(path):
    edit(path, members=[WEIGHTS])


def stray_file(path):
    (path / "model.pkl").write_bytes(b"\x80\x04.")


def stray_folder(path):
    (path / "nested").mkdir()


def linked_weights(path):
    (path / WEIGHTS).rename(path.parent / "elsewhere")
    (path / WEIGHTS).symlink_to(path.parent / "elsewhere")


def linked_config(path):
    (path / CONFIG).rename(path.parent / "elsewhere.json")
    (path / CONFIG).symlink_to(path.parent / "elsewhere.json")


def pipe_as_config(path):
    (path / CONFIG).unlink()
    os.mkfifo(path / CONFIG)


def folder_as_weights(path):
    (path / WEIGHTS).unlink()
    (path / WEIGHTS).mkdir()


def only_a_file(path):
    for member in path.iterdir():
        member.unlink()
    path.rmdir()
    path.write_text("{}")


HOSTILE = (
    absolute_member,
    another_format,
    body_too_long,
    config_far_too_deep,
    config_is_a_list,
    config_is_a_pickle,
    config_is_no_text,
    config_of_endless_digits,
    config_of_infinity,
    config_of_nan,
    config_over_the_cap,
    config_too_deep,
    config_with_a_huge_integer,
    config_with_a_name_twice,
    cut_off,
    enormous_shape,
    entry_is_a_number,
    extra_tensor,
    flipped_bit,
    folder_as_weights,
    header_is_a_list,
    header_over_the_cap,
    header_with_metadata,
    huge_header,
    kind_is_a_list,
    linked_config,
    linked_weights,
    member_outside,
    members_are_a_list,
    missing_tensor,
    newer_version,
    no_config,
    no_version,
    no_weights,
    offsets_outside,
    only_a_file,
    overlapping_offsets,
    pipe_as_config,
    stray_file,
    stray_folder,
    three_bytes,
    unknown_kind,
    weights_not_listed,
    weights_over_the_cap,
    wrong_shape,
    wrong_type,
)


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda attack: attack.__name__)
def test_a_hostile_directory_is_refused_quickly(saved, attack):
    load(saved)
    attack(saved)
    started = time.perf_counter()
    with pytest.raises(ModelFileError):
        load(saved)
    # A cap that is not kept would read, hash or allocate for seconds.
    assert time.perf_counter() - started < 2


def test_the_version_message_says_what_to_do(saved):
    newer_version(saved)
    with pytest.raises(ModelFileError, match=r"newer release .* upgrade"):
        load(saved)


def test_a_model_of_another_kind_is_named(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "KINDS", frozenset({"ctgan", "argn"}))
    with pytest.raises(ModelFileError, match="kind 'ctgan', not 'argn'"):
        checkpoint.read(saved, kind="argn")


def test_nothing_where_a_model_should_be(tmp_path):
    with pytest.raises(ModelFileError, match="there is no model"):
        load(tmp_path / "nowhere")


def test_a_member_that_is_not_there_is_missing(saved):
    found = checkpoint.read(saved, kind="ctgan")
    assert found.has(WEIGHTS)
    assert not found.has(TRAINING)
    with pytest.raises(ModelFileError, match=r"no training\.safetensors"):
        found.tensors(TRAINING, {})


def test_numbers_of_a_record_are_checked():
    assert whole({"step": 3}, "step") == 3
    assert number({"metric": 1}, "metric") == 1.0
    for value in (None, True, "3", -1, 2.5):
        with pytest.raises(ModelFileError, match="'step'"):
            whole({"step": value}, "step")
    for value in (None, True, "3"):
        with pytest.raises(ModelFileError, match="'metric'"):
            number({"metric": value}, "metric")
