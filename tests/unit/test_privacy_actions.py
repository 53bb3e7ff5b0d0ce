"""Masks, pseudonyms and their key."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import PrivacyError
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.privacy.masks import mask
from synthohive_jupyter.privacy.pseudonyms import KEY_VARIABLE, Pseudonyms, find_key
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.schema.metadata import Metadata

KEY = bytes(range(32))


def sanitizer(rules, *, key=KEY, **columns):
    metadata = Metadata()
    metadata.add_table("users", pk="id", **columns)
    return PIISanitizer(metadata, PrivacyConfig(rules), seed=7, key=key)


@pytest.mark.parametrize(
    ("text", "keep_last", "expected"),
    [
        ("Ann-Lee O'Hara", 0, "***-*** *'****"),
        ("+33 (0)6 12", 2, "+** (*)* 12"),
        ("café", 0, "****"),
        ("a#b?c^d", 0, "*******"),
        ("1234", 4, "**34"),
        ("7", 4, "*"),
        ("", 0, ""),
    ],
)
def test_masks_hide_all_but_separators(text, keep_last, expected):
    assert mask(text, keep_last) == expected


def test_shapes_keep_their_frequencies_and_rare_ones_are_pooled():
    codes = ["AB-12"] * 300 + ["123"] * 100 + ["x" * 11 + "/y", "x" * 12 + "/y"] * 3 + ["a.b.c.d"]
    box = sanitizer({"users.code": "mask"})
    box.fit("users", pd.DataFrame({"id": range(len(codes)), "code": codes}))
    stored = box.to_dict()["tables"]["users"]["pii"][0]["shapes"]
    assert stored == {"**-**": 300, "***": 100, "****/****": 6, "********": 1}
    made = box.regenerate("users", pd.DataFrame({"id": range(4000)}))["code"]
    # Three of four; five standard deviations of a binomial of 4,000 rows are .035.
    assert (made == "**-**").mean() == pytest.approx(300 / 407, abs=0.035)


def test_what_a_mask_leaves_visible_is_random_in_synthetic_rows():
    real = pd.DataFrame({"id": range(50), "card": [f"4000-{i:04d}-77{i:02d}" for i in range(50)]})
    box = sanitizer({"users.card": PiiRule("mask", keep_last=4)})
    assert box.sanitize("users", real)["card"].str.fullmatch(r"\*{4}-\*{4}-77\d\d").all()
    made = box.regenerate("users", pd.DataFrame({"id": range(400)}))["card"]
    assert made.str.fullmatch(r"\*{4}-\*{4}-\d{4}").all()
    assert made.nunique() > 300


def test_pseudonyms_agree_within_a_column_and_nowhere_else():
    real = pd.DataFrame({"id": range(4), "a": [7, 7, 8, 9], "b": [7.0, 7.0, np.nan, 9.0]})
    clean = sanitizer({"users.a": "hash", "users.b": "hash"}).sanitize("users", real)
    assert clean["a"][0] == clean["a"][1] != clean["a"][2]
    assert not set(clean["a"]) & set(clean["b"].dropna())
    other = sanitizer({"users.a": "hash"}, key=bytes(32)).sanitize("users", real)
    assert not set(clean["a"]) & set(other["a"])


def test_a_whole_number_has_one_pseudonym_whatever_its_type():
    ints = pd.DataFrame({"id": [1], "a": [7]})
    digests = {
        sanitizer({"users.a": "hash"}).sanitize("users", ints.astype({"a": t}))["a"][0]
        for t in ("int64", "float64", "Int64", "object", "str")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (bytes(range(32)).hex(), bytes(range(32))),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", bytes(range(32))),
        ("correct horse battery staple and more", b"correct horse battery staple and more"),
        ("a" * 40, b"a" * 40),
    ],
)
def test_the_key_comes_from_the_environment(monkeypatch, text, key):
    monkeypatch.setenv(KEY_VARIABLE, text)
    assert find_key() == key


def test_a_short_key_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "hunter2-hunter2")
    with pytest.raises(PrivacyError, match="fewer than 32 bytes") as caught:
        sanitizer({}, key=None)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(PrivacyError, match="fewer than 32 bytes"):
        sanitizer({}, key=b"short")


def test_without_a_key_each_run_has_its_own(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert len(find_key()) == 32
    assert find_key() != find_key()
    assert "hidden" in repr(Pseudonyms(KEY))
