"""Whatever stands in a text of any notation, the answer is a description or a `SchemaError`."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.notations.writing import NOTATIONS, write
from synthohive_jupyter.errors import SchemaError
from tests.property.test_dsl_fuzz import CELLS, FIRST_LINE, PIECES, check_places, mutate

YAML = """\
# a shop
tables:
  users:
    columns:
      id: pk
      "e mail": pii(fake:email)
      age: {type: int, min: 18, max: 110, unique: true}
      region: {n, s}
      score: [0..9]
    rows: 100
  orders:
    columns:
      - id pk
      - user_id -> users.id?
      - a int
      - b int
    linkage: negbinom [0..20]
    context: [users.region, users.age]
    check: a <= b
    keep: false
"""
SQL = """\
-- a shop
CREATE TYPE public.mood AS ENUM ('ok', 'it''s');
CREATE TABLE IF NOT EXISTS public.users (
  -- synthohive: @rows 10
  id BIGSERIAL PRIMARY KEY,
  "e mail" VARCHAR(255) NOT NULL UNIQUE, -- synthohive: pii(fake:email)
  age INT DEFAULT 3 CHECK (age > 17 AND age BETWEEN 1 AND 110),
  m mood, d DATE CHECK (d >= '2020-01-01'),
  s TEXT CHECK (((s)::text = ANY ((ARRAY['a'::varchar, 'b'::varchar])::text[]))),
  boss INT REFERENCES users
);
CREATE TABLE orders (a INT, b INT, user_id INT NOT NULL, PRIMARY KEY (a, b), CHECK (a IS NOT NULL));
ALTER TABLE ONLY orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
INSERT INTO orders VALUES (1, 2);
"""
BACKTICKS = """\
CREATE TABLE `users` (`id` int(11) NOT NULL AUTO_INCREMENT, `e` enum('x','y'), PRIMARY KEY (`id`),
KEY `k` (`e`)) ENGINE=InnoDB;
"""
BRACKETS = """\
CREATE TABLE [dbo].[a b] ([id] INT IDENTITY(1,1) NOT NULL,
CONSTRAINT [pk] PRIMARY KEY CLUSTERED ([id] ASC)) ON [PRIMARY]
GO
"""
DBML = """\
// a shop
Enum mood {
  ok
  "in part" [note: 'x']
}
Table users as U [headercolor: #fff] {
  id integer [pk, increment]
  "e mail" varchar(255) [not null, unique, note: 'synthohive: pii(fake)']
  age int [default: 5, check: `age > 17`]
  m mood
  boss int [ref: > U.id]
  Note: 'synthohive: @rows 10'
  indexes {
    (m, age)
  }
}
Table shop.orders {
  a int
  b int
  indexes {
    (a, b) [pk]
  }
  note: '''
    synthohive: @linkage negbinom
  '''
}
Table items {
  x int [not null]
  y int [not null]
}
Ref: items.(x, y) > orders.(a, b) [delete: cascade]
"""
SDV = json.dumps(
    {
        "tables": {
            "users": {
                "primary_key": "id",
                "columns": {
                    "id": {"sdtype": "id", "regex_format": "x"},
                    "e mail": {"sdtype": "email", "pii": True},
                    "age": {"sdtype": "numerical", "computer_representation": "Int64"},
                    "d": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
                },
                "alternate_keys": ["e mail"],
            },
            "orders": {"columns": {"user_id": {"sdtype": "id"}, "n": {"sdtype": "categorical"}}},
        },
        "relationships": [
            {
                "parent_table_name": "users",
                "parent_primary_key": "id",
                "child_table_name": "orders",
                "child_foreign_key": "user_id",
            }
        ],
        "METADATA_SPEC_VERSION": "V1",
    },
    indent=1,
)
TEXTS = {
    "yaml": (YAML,), "sql": (SQL, BACKTICKS, BRACKETS), "dbml": (DBML,), "sdv": (SDV,),
    "written": tuple(write(compile_cell(c).program, n).text for c in CELLS for n in NOTATIONS[1:4]),
}  # fmt: skip


def check(text: str) -> bool:
    """Compile a text; return whether it was sound. Fails if a place is outside of it."""
    try:
        compile_any(text, first_line=FIRST_LINE)
    except SchemaError as error:
        check_places(error, text)
        return False
    return True


@pytest.mark.parametrize("notation", TEXTS)
def test_the_texts_that_are_mutated_are_sound(notation):
    assert all(map(check, TEXTS[notation]))


@pytest.mark.parametrize("notation", TEXTS)
def test_texts_with_accidents(notation):
    random_ = random.Random(notation)
    sound = sum(check(mutate(random_, TEXTS[notation])) for _ in range(400))
    # Both ends are there: accidents that do no harm, and accidents that do.
    assert 5 < sound < 395


_STARTS = (
    "",
    "tables:\n  ",
    "CREATE TABLE ",
    "Table x {\n",
    '{"tables": ',
    "Ref: ",
    "/*",
    "//",
    "--",
)
_TOKENS = (
    *PIECES, " ", "\n", "a", "CREATE", "TABLE", "Table", "tables:", "columns:", "&a", "*a", "!!str",
    "|", ">", "%YAML 1.1", "---", "...", "<<:", "CHECK", "PRIMARY KEY", "REFERENCES", "INT", "Note:",
    "'''", "$$", "E'", "ALTER TABLE", "GO", ";", "true", "null", "1e5", "\\u12", "indexes {", "~",
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_STARTS), st.text(max_size=60))
def test_any_text(start, text):
    check(start + text)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_STARTS), st.lists(st.sampled_from(_TOKENS), max_size=25))
def test_any_sequence_of_tokens(start, pieces):
    check(start + " ".join(pieces))


@pytest.mark.parametrize(
    "text",
    [
        "tables:\n  " + "{a: " * 200,
        "tables:\n  a: &x [*x, *x]\n",
        '{"tables": ' + "[" * 5000,
        "CREATE TABLE a (x INT CHECK (" + "(" * 3000 + "x > 1" + ")" * 3000 + "))",
        "Table a {\n x int [" + "pk," * 5000,
        "CREATE TABLE a (" + "x int," * 3000,
    ],
)
def test_texts_without_bottom(text):
    assert not check(text)
