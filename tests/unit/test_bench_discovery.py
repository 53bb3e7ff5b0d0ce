"""The measure of the guesses: labels and databases are what they say."""

from collections import Counter

import pytest

from benchmarks.discovery import Score, key_score
from benchmarks.key_schemas import SCHEMAS, database
from benchmarks.personal_columns import OTHER, PERSONAL
from synthohive_jupyter.io.frames import facts


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_database_fits_its_description(name):
    metadata, frames = database(name)
    metadata.validate_schema(facts(frames, metadata))


def test_no_name_has_two_labels():
    names = [
        n.strip() for kinds in (PERSONAL, OTHER) for text in kinds.values() for n in text.split(",")
    ]
    twice = {name for name, times in Counter(names).items() if times > 1}
    # What these hold is seen in the values alone.
    assert twice <= {"notes", "remarks", "comment", "commentaire", "feedback", "user_id"}


def test_scores_count_what_is_missing_and_wrong():
    score = Score()
    score.add({"a", "b"}, {"b", "c", "d"})
    assert (score.recall, score.precision, score.missing) == (0.5, 1 / 3, ["a"])
    primary, foreign = key_score([database("sport")])
    assert (primary.recall, primary.precision, foreign.recall, foreign.precision) == (1, 1, 1, 1)
