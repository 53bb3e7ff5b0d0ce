"""Personal data is found by names, by values, and not where a name only looks like it."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.privacy.detect import detect
from synthohive_jupyter.privacy.telling.names import read_name
from synthohive_jupyter.privacy.telling.plausible import _TEXTS
from synthohive_jupyter.privacy.telling.values import SHAPES, shape_of
from synthohive_jupyter.privacy.telling.words import KINDS, PARTS, PHRASES

RNG = np.random.default_rng(3)
EMAILS = [f"person{n}@mail{n % 7}.test" for n in range(60)]
SSNS = [f"{n % 800 + 100}-{n % 90 + 10}-{n * 37 % 9000 + 1000}" for n in range(60)]
PLAIN = ["red", "green", "blue"] * 20


def kind_of(column, values, table="t"):
    found = detect(table, {column: pd.Series(values)}).get(column)
    return None if found is None else found.kind


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("email", "email"), ("workEmail", "email"), ("E-Mail-Adresse", "email"),
        ("courriel", "email"), ("Telefonnummer", "phone"), ("num_telefono", "phone"),
        ("Vorname", "first_name"), ("prénom", "first_name"), ("apellido", "last_name"),
        ("customer_name", "name"), ("date_naissance", "birth_date"), ("Straße", "address"),
        ("code_postal", "postcode"), ("steuer_id", "national_id"), ("kreditkarte", "card"),
        ("billingpostalcode", "postcode"), ("client_ip", "ip"), ("username", "user_name"),
        ("Kennzeichen", "plate"), ("pasaporte", "passport"), ("kontonummer", "iban"),
    ],
)  # fmt: skip
def test_names_in_four_languages_tell_their_kind(column, kind):
    assert (read_name(column).kind, read_name(column).certain) == (kind, True)


@pytest.mark.parametrize(
    "column",
    ["email_count", "name_length", "product_name", "ip_count", "phone_type", "has_phone",
     "email_verified", "address_id", "birth_weight", "file_name", "ssn_provided", "card_limit"],
)  # fmt: skip
def test_names_about_such_data_are_none(column):
    assert read_name(column).kind is None
    assert kind_of(column, RNG.integers(0, 9, 60)) is None
    assert kind_of(column, PLAIN) is None


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (EMAILS, "email"),
        (SSNS, "national_id"),
        ([f"+49 30 {n:07d}" for n in range(2_000_000, 2_000_060)], "phone"),
        (["DE89370400440532013000", "GB82WEST12345698765432"] * 9, "iban"),
        (["4111 1111 1111 1111", "5500005555555559"] * 9, "card"),
        ([f"10.0.{n}.7" for n in range(60)], "ip"),
        ([f"02:00:5e:10:00:{n:02x}" for n in range(60)], "mac"),
        ([f"{n} Baker Street" for n in range(60)], "address"),
        (["SW1A 1AA", "M1 1AE", "EC1A 1BB"] * 9, "postcode"),
        (["Maria Schmidt", "John Brown", "Marie Martin", "Ana García"] * 9, "name"),
        (["Thomas", "Julia", "Peter", "Anna", "Laura"] * 9, "first_name"),
    ],
)
def test_values_tell_their_kind_under_any_name(values, kind):
    assert kind_of("col_7", values) == kind


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("version", [f"10.{n}.2.7" for n in range(60)]),
        ("order_number", [f"{n:04d}-{n * 7 % 90:02d}-{n * 3:04d}" for n in range(60)]),
        ("col_7", [f"2024-01-{n % 28 + 1:02d}" for n in range(60)]),
        ("col_7", ["4111 1111 1111 1112"] * 9),
        ("col_7", ["DE00370400440532013000"] * 9),
        ("company", ["Schmidt AG", "Meyer GmbH", "Martin SA", "Smith Group"] * 9),
        ("price", RNG.gamma(2, 30, 60)),
        ("email", [True, False] * 30),
        ("phone", RNG.random(60)),
        ("email", PLAIN),
    ],
)
def test_values_that_only_look_alike_are_none(column, values):
    assert kind_of(column, values) is None


def test_a_name_is_a_persons_in_a_table_of_people():
    words = [f"Zzy{n}x".translate(str.maketrans("0123456789", "abcdefghij")) for n in range(60)]
    assert kind_of("name", words, "patients") == "name"
    assert kind_of("name", words, "products") is None
    assert kind_of("name", words, "x") is None


def test_free_text_is_judged_by_what_is_in_it():
    calm = ["the parcel came two days late again"] * 50
    assert kind_of("notes", calm) is None
    assert kind_of("notes", [f"{t} {n}" for n, t in enumerate(calm)]) is None
    assert kind_of("notes", [*calm, "please write to ann@mail.test about it"]) == "text"


def test_dates_that_span_lives_are_births_among_people_only():
    births = pd.date_range("1940-01-01", "2004-01-01", periods=60)
    columns = {"col_1": pd.Series(EMAILS), "col_2": pd.Series(births)}
    assert detect("t", columns)["col_2"].kind == "birth_date"
    assert detect("t", {"col_2": columns["col_2"]}) == {}
    recent = {**columns, "col_2": pd.Series(pd.date_range("2020-01-01", periods=60))}
    assert set(detect("t", recent)) == {"col_1"}


def test_family_names_are_found_beside_given_ones():
    given = ["Thomas", "Julia", "Peter", "Anna", "Laura"] * 8
    family = ["Schmidt", "Xyrqu", "Qqwert", "Zzyzx", "Wexq"] * 8
    found = detect("t", {"col_1": pd.Series(given), "col_2": pd.Series(family)})
    assert found["col_2"].reason == "beside given names, most like family names"
    assert detect("t", {"col_2": pd.Series(family)}) == {}


def test_rules_fit_what_the_column_holds():
    columns = {
        "mail_of_owner": pd.Series(EMAILS),
        "ssn": pd.Series(SSNS),
        "card_no": pd.Series(RNG.integers(10**15, 10**16, 60)),
        "dob": pd.Series([dt.date(1960 + n % 40, 1, 1) for n in range(60)]),
        "ip": pd.Series([f"2001:db8::{n:x}" for n in range(60)]),
    }
    rules = {name: finding.rule for name, finding in detect("t", columns).items()}
    assert {n: (r.action, r.provider) for n, r in rules.items()} == {
        "mail_of_owner": ("fake", None),  # the name says it already
        "ssn": ("mask", None),
        "card_no": ("fake", "credit_card_number"),  # numbers stay numbers
        "dob": ("fake", None),
        "ip": ("fake", "ipv6"),
    }
    assert all(rule.problem() is None for rule in rules.values())


def test_no_value_is_part_of_a_finding():
    columns = {"col_1": pd.Series(EMAILS), "col_2": pd.Series(SSNS), "age": pd.Series(range(60))}
    text = repr(detect("people", columns))
    assert not any(value in text for value in (*EMAILS, *SSNS))


@pytest.mark.parametrize(
    "values",
    [
        [],
        [None, None],
        [[1], [2]],
        [b"\x80", "a"],
        [1, "a", 2.5],
        [np.nan],
        [np.inf, 1.0],
        ["", " "],
    ],
)
@pytest.mark.parametrize("column", ["email", "col_7", "", "name", "🙂"])
def test_nothing_breaks_it(column, values):
    detect("t", {column: pd.Series(values, dtype=object)})


def test_every_word_tells_a_known_kind():
    assert {*PHRASES.values(), *PARTS.values(), *SHAPES} <= set(KINDS)
    assert set(_TEXTS) == set(KINDS)
    assert shape_of([]) == (None, 0.0)
