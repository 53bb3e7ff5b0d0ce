"""Patterns of any text: unique keys, a saved form without the text, the same after loading."""

import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.tabular.bijection import MAX_DOMAIN, permute
from synthohive_jupyter.tabular.patterns import MAX_ORDINAL, TextPattern

FEW = settings(max_examples=60, deadline=None)

any_texts = st.lists(st.none() | st.text(max_size=12), max_size=30)
key_like = st.lists(st.from_regex(r"[A-Z]{1,3}-?[0-9a-f]{1,6}", fullmatch=True), max_size=40)


@given(
    texts=any_texts | key_like,
    ordinals=st.lists(st.integers(0, 3000) | st.integers(0, MAX_ORDINAL), unique=True),
    seed=st.integers(0, 2**63 - 1),
)
@FEW
def test_different_ordinals_give_different_texts(texts, ordinals, seed):
    pattern = TextPattern.fit(pd.Series(texts, dtype=object))
    made = pattern.generate(np.array(ordinals, dtype=np.int64), seed)
    assert len(set(made)) == len(ordinals)
    again = TextPattern.from_dict(json.loads(json.dumps(pattern.to_dict())))
    assert (again.generate(np.array(ordinals, dtype=np.int64), seed) == made).all()


@given(texts=any_texts | key_like, n=st.integers(0, 50), seed=st.integers(0, 99))
@FEW
def test_samples_are_texts_and_the_first_ones_do_not_depend_on_the_rest(texts, n, seed):
    pattern = TextPattern.fit(pd.Series(texts, dtype=object))
    made = pattern.sample(50, np.random.default_rng(seed))
    assert all(isinstance(text, str) for text in made)
    assert (pattern.sample(n, np.random.default_rng(seed)) == made[:n]).all()


@given(secret=st.text("ÄÖÜΩ☃ß漢", min_size=2, max_size=6), times=st.integers(1, 100))
@FEW
def test_no_character_of_few_values_is_stored(secret, times):
    texts = [f"user {i:03d}" for i in range(50)] + [secret] * times
    saved = json.dumps(TextPattern.fit(pd.Series(texts)).to_dict(), ensure_ascii=False)
    assert not set(secret) & set(saved)


@given(size=st.integers(1, MAX_DOMAIN), key=st.integers(-(2**70), 2**70), data=st.data())
@FEW
def test_the_bijection_stays_inside_and_never_meets_itself(size, key, data):
    numbers = data.draw(st.lists(st.integers(0, size - 1), unique=True, min_size=1))
    images = permute(np.array(numbers), size, key)
    assert len(set(images.tolist())) == len(numbers)
    assert 0 <= images.min() <= images.max() < size
