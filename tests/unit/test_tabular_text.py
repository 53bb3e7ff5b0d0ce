"""Text: the format is kept, the text is not, keys are unique."""

import json
import re
import uuid

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.bijection import MAX_DOMAIN, permute
from synthohive_jupyter.tabular.patterns import MAX_ORDINAL, TextPattern
from synthohive_jupyter.tabular.transformer import TableTransformer


def random_uuids(n):
    rng = np.random.default_rng(0)
    return [str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(n)]


def fitted(texts, **kwargs):
    return TextPattern.fit(pd.Series(texts, dtype=object), **kwargs)


def test_keys_keep_their_format_and_are_unique():
    rng = np.random.default_rng(0)
    pattern = fitted([f"AB-{rng.integers(1000, 9999)}-{chr(97 + i % 26)}" for i in range(600)])
    made = pattern.generate(np.arange(50_000), seed=3)
    assert len(set(made)) == 50_000
    assert all(re.fullmatch(r"AB-[1-9]\d{3}-[a-z]", text) for text in made)
    assert (pattern.generate(np.array([7, 3]), seed=3) == made[[7, 3]]).all()
    assert (pattern.generate(np.arange(50), seed=4) != made[:50]).any()


@pytest.mark.parametrize("n", [1, 3, 500])
def test_uuids_stay_valid(n):
    made = fitted(random_uuids(n)).generate(np.arange(2000), seed=1)
    assert len(set(made)) == 2000
    found = [uuid.UUID(text) for text in made]
    assert {one.version for one in found} == {4}
    assert {one.variant for one in found} == {uuid.RFC_4122}
    assert [str(one) for one in found] == made.tolist()


def test_used_up_formats_grow_longer_and_stay_unique():
    pattern = fitted([f"K{i}" for i in range(10)] + [f"K{i}" for i in range(10, 40)])
    made = pattern.generate(np.arange(5000), seed=0)
    assert len(set(made)) == 5000
    assert all(re.fullmatch(r"K\d{1,5}", text) for text in made)


@pytest.mark.parametrize("texts", [[], [None], [""], ["a"], ["a", "bb", "c-c"], ["漢字"] * 9])
def test_any_column_gives_unique_keys(texts):
    made = fitted(texts).generate(np.arange(3000), seed=0)
    assert len(set(made)) == 3000


def test_shares_of_formats_are_kept():
    pattern = fitted([f"{i:04d}" for i in range(3000)] + [f"X{i:06d}" for i in range(1000)])
    # Slots of the generator are 1024ths; 4 standard errors of 20,000 draws are .012.
    made = pattern.generate(np.arange(1024), seed=0)
    assert np.mean([text[0] == "X" for text in made]) == pytest.approx(0.25, abs=1 / 1024)
    sampled = pattern.sample(20_000, np.random.default_rng(0))
    assert np.mean([text[0] == "X" for text in sampled]) == pytest.approx(0.25, abs=0.012)


def test_words_of_any_length_keep_capitals_and_blanks():
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    names = [
        " ".join("".join(rng.choice(letters, rng.integers(3, 12))).title() for _ in range(2))
        for _ in range(400)
    ]
    made = fitted(names).sample(500, np.random.default_rng(1))
    assert all(re.fullmatch(r"[A-Z][a-z]{2,10} [A-Z][a-z]{2,10}", text) for text in made)
    assert not set(made) & set(names)


def test_free_text_uses_the_characters_of_the_column():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("aeo  "), rng.integers(20, 190))) for _ in range(200)]
    made = fitted(texts).sample(300, np.random.default_rng(1))
    assert set("".join(made)) <= set("aeo ")
    lengths = [len(text) for text in made]
    assert 20 <= min(lengths) <= max(lengths) < 190


def test_no_text_and_no_rare_character_is_stored():
    texts = [f"person-{i:05d}" for i in range(500)] + ["Ωmega-secret", "jane@doe.org"]
    saved = json.dumps(fitted(texts).to_dict(), ensure_ascii=False)
    assert not [text for text in texts if text in saved]
    assert "Ω" not in saved
    assert "@" not in saved
    assert "secret" not in saved


def test_what_one_family_repeats_is_no_format():
    texts = [f"{i:06d}" for i in range(200)] + ["smith-" + c for c in "abcdefghijkl"]
    families = np.concatenate([np.arange(200), np.full(12, 999)])

    def heads(pattern):
        return {"".join(one.head for one in template.parts[:6]) for template in pattern.templates}

    assert "smith-" in heads(fitted(texts))
    assert "smith-" not in heads(fitted(texts, families=families))


def test_one_text_in_many_rows_is_no_format_either():
    pattern = fitted(["hunter2"] * 100)
    assert "hunter" not in "".join(part.head for part in pattern.templates[0].parts)
    assert "hunter2" not in pattern.sample(100, np.random.default_rng(0))


def test_long_columns_are_learnt_from_a_part_that_the_seed_chooses():
    texts = pd.Series([f"{i:05d}" for i in range(30_000)])
    one, two = (TextPattern.fit(texts, rng=np.random.default_rng(s)) for s in (1, 2))
    assert one == TextPattern.fit(texts, rng=np.random.default_rng(1))
    assert [len(p.templates) for p in (one, two, TextPattern.fit(texts))] == [1, 1, 1]


def test_the_first_texts_do_not_depend_on_how_many_follow():
    pattern = fitted(random_uuids(50) + [f"{i:04d}" for i in range(50)])
    few, many = (pattern.sample(n, np.random.default_rng(5)) for n in (10, 1000))
    assert (few == many[:10]).all()


def test_a_saved_pattern_is_the_same_pattern():
    pattern = fitted(random_uuids(50) + ["Ann Lee"] * 9 + [f"{i:04d}" for i in range(50)])
    again = TextPattern.from_dict(json.loads(json.dumps(pattern.to_dict())))
    assert again == pattern
    assert (again.generate(np.arange(99), 1) == pattern.generate(np.arange(99), 1)).all()


@pytest.mark.parametrize(
    "parts",
    [
        [["", "", [1]]],
        [["a", "", [2]]],
        [["a", "", [0]]],
        [["a", "", []]],
        [["a", "", [10**9]]],
        [["aa", "", [1]]],
        [["a\0", "", [1]]],
        ["a"],
        [["a", "", [1]]] * 1001,
    ],
)
def test_damaged_templates_are_refused(parts):
    with pytest.raises(ModelFileError):
        TextPattern.from_dict({"templates": [{"share": 1.0, "exact": True, "parts": parts}]})


@pytest.mark.parametrize("ordinal", [-1, MAX_ORDINAL + 1])
def test_ordinals_out_of_range_are_refused(ordinal):
    with pytest.raises(ValueError, match="ordinals"):
        fitted(["ab", "cd"]).generate(np.array([ordinal]), seed=0)


def test_the_largest_ordinals_still_find_room():
    ordinals = np.array([0, 1, MAX_ORDINAL - 1, MAX_ORDINAL])
    for texts in (["ab", "cd"], random_uuids(5), ["abcdefghijklmnop"] * 5):
        assert len(set(fitted(texts).generate(ordinals, seed=0))) == 4


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000, 65_537])
def test_the_bijection_reaches_every_number_once(size):
    assert (np.sort(permute(np.arange(size), size, key=5)) == np.arange(size)).all()


def test_the_bijection_of_a_large_domain_stays_inside():
    numbers = np.random.default_rng(0).integers(0, MAX_DOMAIN, 5000)
    images = permute(numbers, MAX_DOMAIN, key=1)
    assert len(np.unique(images)) == len(np.unique(numbers))
    assert 0 <= images.min() <= images.max() < MAX_DOMAIN
    # A keyed permutation looks uniform: the mean of 5,000 draws within 4 standard errors.
    assert images.mean() / MAX_DOMAIN == pytest.approx(0.5, abs=4 * 0.2887 / 5000**0.5)


def test_text_columns_decode_to_new_text_with_the_nulls_of_the_model():
    values = [f"user{i:05d}" if i % 3 else None for i in range(3000)]
    frame = pd.DataFrame({"x": values})
    transformer = TableTransformer().fit(frame, table="t")
    encoded = transformer.encode(frame, np.random.default_rng(0))
    found = transformer.decode(encoded, np.random.default_rng(1))["x"]
    assert (found.isna() == frame["x"].isna()).all()
    assert found.dropna().str.fullmatch(r"user0\d{4}").all()
    assert transformer.frequencies[0] == pytest.approx([1 / 3, 2 / 3])
