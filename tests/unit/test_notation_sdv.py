"""Metadata of SDV: what is read, what is said of the rest, and where it is wrong."""

import json

import pytest

from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.errors import SchemaError
from tests.notations import compact, rendered

ONE = {
    "METADATA_SPEC_VERSION": "SINGLE_TABLE_V1",
    "primary_key": "id",
    "columns": {
        "id": {"sdtype": "id", "regex_format": "U_[0-9]{3}"},
        "mail": {"sdtype": "email", "pii": True},
        "phone": {"sdtype": "phone_number"},
        "ip": {"sdtype": "ipv4_address", "pii": False},
        "age": {"sdtype": "numerical", "computer_representation": "Int64"},
        "score": {"sdtype": "numerical", "computer_representation": "Float"},
        "n": {"sdtype": "numerical"},
        "born": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
        "seen": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M"},
        "k": {"sdtype": "categorical"},
        "b": {"sdtype": "boolean"},
        "other": {"sdtype": "unknown", "pii": True},
        "code": {"sdtype": "id"},
    },
    "alternate_keys": ["code", ["k", "b"]],
    "sequence_index": "seen",
    "sequence_key": "k",
}


def test_sdv_metadata_of_one_table():
    cell = compile_any(json.dumps(ONE, indent=2))
    assert render(cell.program) == (
        "table: id pk, mail pii(fake:email), phone pii(fake:phone_number), ip cat, age int, score float, n,\n"
        "       born date, seen datetime, k cat, b bool, other pii(fake), code id unique\n"
        "  @order seen\n"
    )
    assert cell.notices == (
        "table.id: 'regex_format' is left out",
        "table: an alternate key of several columns is left out",
        "table: the sequence key is left out: make a table of it that this one refers to",
        "the metadata does not name its table: it is called 'table'",
    )


SEVERAL = {
    "tables": {
        "hotels": {"primary_key": "hotel_id", "columns": {"hotel_id": {"sdtype": "id"}}},
        "guests": {
            "primary_key": "guest_email",
            "columns": {
                "guest_email": {"sdtype": "email", "pii": True},
                "hotel_id": {"sdtype": "id"},
                "address": {"sdtype": "address"},
            },
        },
    },
    "relationships": [
        {
            "parent_table_name": "hotels",
            "parent_primary_key": "hotel_id",
            "child_table_name": "guests",
            "child_foreign_key": "hotel_id",
        }
    ],
    "METADATA_SPEC_VERSION": "MULTI_TABLE_V1",
}


def test_sdv_metadata_of_several_tables():
    assert compact(json.dumps(SEVERAL)) == (
        "hotels: hotel_id pk\n"
        "guests: guest_email pk, hotel_id -> hotels.hotel_id?, address pii(fake:address)\n"
    )


def test_an_unknown_table_of_sdv_metadata_has_its_place():
    text = json.dumps(SEVERAL, indent=1).replace('name": "hotels"', 'name": "hotel"')
    assert rendered(text) == (
        "SchemaError: cell line 30, column 25: unknown table 'hotel'\n"
        '       "parent_table_name": "hotel",\n'
        "                            ^^^^^^^ did you mean 'hotels'?"
    )


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ('{"a": 1,}', 9, "expected a key"),
        ('{"a" 1}', 6, "expected ':'"),
        ('{"a": 1 "b": 2}', 9, "expected ','"),
        ("{'a': 1}", 2, "expected a key"),
        ('{"a": "x}', 7, "this text is not closed"),
        ('{"a": nul}', 7, "expected a value"),
        ('{"a": 1} x', 10, "expected the end of the text"),
        ('{"tables": [' + "[" * 30, 32, "nested too deeply"),
        ('{"fields": {}}', 1, "expected metadata of SDV"),
        ('{"METADATA_SPEC_VERSION": "V9", "columns": {}}', 27, "unknown version 'V9'"),
        ('{"columns": {"a": {}}}', 14, "'a' has no sdtype"),
        ('{"columns": {"a": 1}}', 19, "expected what the column is"),
        ('{"columns": {"a": {"sdtype": "id"}, "a": {"sdtype": "id"}}}', 37, "declared twice"),
        ('{"tables": {"a": {"columns": {}}}, "relationships": [{}]}', 54, "is not complete"),
        ('{"tables": {"a": {"columns": {}}}, "relationships": 3}', 53, "'relationships' is a list"),
        ('{"tables": {"a": {"columns": {}}}, "relationships": [3]}', 54, "a relationship of two"),
        ('{"tables": {"a": 3}}', 18, "expected the columns of a table"),
        ('{"tables": {"a": {"columns": {}}, "a": {"columns": {}}}}', 35, "declared twice"),
    ],
)
def test_mistakes_in_sdv_metadata(text, column, message):
    with pytest.raises(SchemaError) as caught:
        compile_any(text)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == (2, column)
    assert message in problem.message
