"""Laws that hold for any value: nothing real comes out, forms and nulls stay."""

import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.privacy.masks import COVER, SEPARATORS, MaskShapes, mask
from synthohive_jupyter.privacy.pseudonyms import Pseudonyms, comparable
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.schema.metadata import Metadata

texts = st.text(max_size=24)
# Letters only: four digits may stand in a share of nulls for no reason.
telling = st.text(st.characters(categories=["L"]), min_size=4, max_size=12)
columns = st.lists(st.none() | telling, min_size=1, max_size=30)
rules = st.sampled_from(
    [PiiRule("mask"), PiiRule("mask", keep_last=4), PiiRule("hash"), PiiRule("fake", "name"),
     PiiRule("fake", "email"), PiiRule("fake", "neutral"), PiiRule("drop")]
)  # fmt: skip

# The record's own words; a value made of them would be found in it for no reason.
OWN_WORDS = (
    json.dumps(PIISanitizer(Metadata(), PrivacyConfig(), key=bytes(32)).to_dict())
    + " null_share provider unique shapes column dtype action object users drop mask hash fake email name neutral true false null"
)


def sanitizer(rule, seed=0):
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    return PIISanitizer(metadata, PrivacyConfig({"users.x": rule}), seed=seed, key=bytes(32))


@given(texts, st.integers(0, 30))
def test_masks_show_separators_and_at_most_half(text, keep_last):
    masked = mask(text, keep_last)
    assert len(masked) == len(text)
    shown = [a for a, b in zip(text, masked, strict=True) if b != COVER and a not in SEPARATORS]
    assert len(shown) <= min(keep_last, sum(c.isalnum() for c in text) / 2)
    assert all(b in (a, COVER) for a, b in zip(text, masked, strict=True))


@given(st.lists(texts, max_size=40))
def test_shapes_count_every_row_and_hold_only_separators(values):
    shapes = MaskShapes.fit(pd.Series(values, dtype=object).to_numpy()).shapes
    assert sum(shapes.values()) == len(values)
    assert set("".join(shapes)) <= SEPARATORS | {COVER}


@settings(max_examples=60, deadline=None)
@given(columns, rules, st.integers(0, 2**53))
def test_nothing_real_comes_out_and_nothing_real_is_stored(values, rule, seed):
    real = pd.DataFrame({"id": range(len(values)), "x": pd.Series(values, dtype=object)})
    box = sanitizer(rule, seed)
    clean = box.sanitize("users", real)
    made = box.regenerate("users", real[["id"]])
    stored = json.dumps(box.to_dict(), ensure_ascii=False)
    for value in real["x"].dropna():
        assert value in OWN_WORDS or value not in stored
    for frame in (clean, made):
        if rule.action != "drop":
            assert not set(frame["x"].dropna()) & set(real["x"].dropna())
    if rule.action != "drop":
        assert clean["x"].isna().tolist() == real["x"].isna().tolist()


@settings(max_examples=30, deadline=None)
@given(columns, rules)
def test_storing_changes_no_row_that_met_no_real_value(values, rule):
    real = pd.DataFrame({"id": range(len(values)), "x": pd.Series(values, dtype=object)})
    box = sanitizer(rule).fit("users", real)
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    again = PIISanitizer.from_dict(json.loads(json.dumps(box.to_dict())), metadata, key=bytes(32))
    first, second = (b.regenerate("users", real[["id"]], 5) for b in (box, again))
    pd.testing.assert_frame_equal(first, second)


@given(st.lists(texts, min_size=1, max_size=20))
def test_pseudonyms_are_a_function_of_the_value_and_separate_places(values):
    array = pd.Series(values, dtype=object).to_numpy()
    box = Pseudonyms(bytes(32))
    digests = box.digests("t", "c", array)
    assert len(set(digests)) == len(set(values))
    # The two places read the same when table and column are simply joined.
    assert not set(box.digests("a", "bc", array)) & set(box.digests("ab", "c", array))


@given(texts)
def test_what_differs_only_in_writing_compares_equal(text):
    first, second = comparable(pd.Series([text, f" {text.casefold()}-"], dtype=object).to_numpy())
    if any(c.isalnum() and c != "0" for c in text.casefold()):
        assert first == second
