"""Rules: how they are written, checked and stored."""

import subprocess
import sys

import pytest

from synthohive_jupyter.errors import PrivacyError
from synthohive_jupyter.privacy.config import ACTIONS, PiiRule, PrivacyConfig
from synthohive_jupyter.privacy.locales import LOCALES, choose_locale
from synthohive_jupyter.privacy.providers import PROVIDERS, VOCABULARIES, infer_provider
from synthohive_jupyter.schema.metadata import Metadata


@pytest.fixture
def shop():
    metadata = Metadata()
    metadata.add_table(
        "users",
        pk="id",
        pii_cols=["email", "ssn"],
        columns=["id", "email", "ssn", "phone", "region", "born", "died", "place"],
        checks=[("born", "died")],
        combinations=[("born", "place")],
        order_by="region",
    )
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"}, parent_context_cols=["phone"])
    metadata.add_table("countries", pk="code", keep=True)
    return metadata


def test_the_module_that_the_language_reads_is_light():
    code = (
        "import sys, synthohive_jupyter.privacy.config\n"
        "print([m for m in ('pandas', 'numpy', 'faker') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_rules_are_found_by_table_and_column():
    config = PrivacyConfig({"users.email": "fake:email", ("users", "a.b"): PiiRule("mask")})
    assert config.rule("users", "email") == PiiRule("fake", "email")
    assert config.rule("users", "a.b").action == "mask"
    assert config.rule("users", "name") is None
    assert config.rule("orders", "email") is None
    assert list(config.for_table("users")) == ["email", "a.b"]


@pytest.mark.parametrize("key", ["email", ".email", "users.", ("users",), ("a", "b", "c")])
def test_a_key_names_table_and_column(key):
    with pytest.raises(PrivacyError, match=r"table\.column"):
        PrivacyConfig({key: "mask"})


def test_a_column_has_one_rule():
    with pytest.raises(PrivacyError, match=r"'users\.email' has two pii rules"):
        PrivacyConfig({"users.email": "mask", ("users", "email"): "drop"})


def test_marked_columns_without_a_rule_are_faked(shop):
    config = PrivacyConfig({"users.ssn": "mask"}).with_defaults(shop)
    assert {c: r.action for c, r in config.for_table("users").items()} == {
        "email": "fake",
        "ssn": "mask",
    }


@pytest.mark.parametrize(
    ("place", "rule", "message", "hint"),
    [
        ("users.phone", "fke", "unknown pii action 'fke'", "'fake'"),
        ("users.phone", "fake:emial", "unknown fake provider 'emial'", "'email'"),
        ("users.phone", "fake:__class__", "unknown fake provider '__class__'", "providers:"),
        ("users.phone", "mask:email", "'mask' takes no provider", "fake:provider"),
        ("users.phone", PiiRule("custom"), "needs a function", "custom"),
        ("users.phone", PiiRule("mask", function=str), "takes no function", "custom"),
        ("users.phone", PiiRule("hash", keep_last=4), "keep_last", None),
        ("users.phone", PiiRule("mask", keep_last=-1), "keep_last", None),
        ("usrs.phone", "mask", "unknown table 'usrs'", "'users'"),
        ("users.id", "mask", "is a key", "remove"),
        ("orders.user_id", "mask", "is a key", "remove"),
        ("countries.name", "mask", "kept as it is", "remove keep"),
        ("users.region", "mask", "cannot order the rows", "another"),
        ("users.died", "mask", "cannot be part of a check", "remove"),
        ("users.place", "mask", "cannot be part of a combination", "remove"),
        ("users.phone", "mask", "cannot be a context", "another"),
    ],
)
def test_every_mistake_has_a_place_and_a_hint(shop, place, rule, message, hint):
    (problem,) = PrivacyConfig({place: rule}).validate(shop)
    assert message in problem.message
    assert hint is None or hint in problem.hint
    table, column = place.split(".")
    assert problem.locus == (table, "pii", column)


def test_all_problems_are_found_at_once(shop):
    config = PrivacyConfig({"users.phone": "fke", "usrs.x": "mask"}, locale="xx_XX")
    assert len(config.validate(shop)) == 3


def test_strict_tables_know_their_columns():
    metadata = Metadata()
    metadata.add_table("users", pk="id", columns=["id", "email"], strict=True)
    (problem,) = PrivacyConfig({"users.emial": "mask"}).validate(metadata)
    assert "'users.emial', which is not a declared column" in problem.message
    assert "'email'" in problem.hint


def test_keep_may_stand_where_the_others_may_not(shop):
    rules = {f"users.{c}": "keep" for c in ("region", "died", "phone", "email")}
    assert PrivacyConfig({**rules, "countries.name": "keep"}).validate(shop) == []


def test_a_configuration_survives_json():
    config = PrivacyConfig(
        {"t.a": "drop", "t.b": PiiRule("mask", keep_last=4), ("t", "c.d"): "fake:email"}, "fr_FR"
    )
    again = PrivacyConfig.from_dict(config.to_dict())
    assert again == config
    assert again.rule("t", "b").keep_last == 4


def test_functions_are_never_stored():
    config = PrivacyConfig({"t.a": PiiRule("custom", function=lambda s, c: s)})
    with pytest.raises(PrivacyError, match=r"t\.a: a custom function cannot be saved"):
        config.to_dict()


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"locale": "en_US", "rules": [["t", "a"]]},
        {"locale": "en_US", "rules": [["t", "a", "steal", None, 0]]},
        {"locale": "en_US", "rules": [["t", "a", "fake", "__init__", 0]]},
        {"locale": "en_US", "rules": [["t", "a", "mask", None, "x"]]},
        {"locale": "en_US", "rules": 3},
        [],
    ],
)
def test_damaged_records_are_refused(record):
    with pytest.raises(PrivacyError):
        PrivacyConfig.from_dict(record)


def test_every_action_is_a_rule_of_the_language():
    assert {PiiRule.parse(action).action for action in ACTIONS} == set(ACTIONS)
    assert [a for a in ACTIONS if PiiRule.parse(a).modelled] == ["keep"]


@pytest.mark.parametrize(
    ("column", "provider"),
    [
        ("Email", "email"),
        ("customerEmailAddress", "email"),
        ("mobile_phone", "phone_number"),
        ("Telefonnummer", "phone_number"),
        ("prénom", "first_name"),
        ("Vorname", "first_name"),
        ("cognome", "last_name"),
        ("apellidos", "last_name"),
        ("achternaam", "last_name"),
        ("sobrenome", "last_name"),
        ("full_name", "name"),
        ("CustomerName", "name"),
        ("company_name", "company"),
        ("user_name", "user_name"),
        ("address_line_1", "street_address"),
        ("ip_address", "ipv4"),
        ("zip", "postcode"),
        ("PLZ", "postcode"),
        ("code_postal", "postcode"),
        ("ville", "city"),
        ("IBAN", "iban"),
        ("card_number", "credit_card_number"),
        ("birthDate", "date_of_birth"),
        ("Geburtsdatum", "date_of_birth"),
        ("data_di_nascita", "date_of_birth"),
        ("SSN", "ssn"),
        ("passport_no", "passport_number"),
        ("qz17", None),
    ],
)
def test_the_column_name_tells_the_provider(column, provider):
    assert infer_provider(column) == provider


def test_tables_of_names_are_consistent_with_faker():
    from faker.config import AVAILABLE_LOCALES

    assert set(AVAILABLE_LOCALES) >= LOCALES
    assert set(PROVIDERS) >= VOCABULARIES


@pytest.mark.parametrize(
    ("country", "language", "tag", "locale"),
    [
        ("fr", None, None, "fr_FR"),
        ("FRA", None, None, "fr_FR"),
        ("Frankreich", None, None, "fr_FR"),
        ("française", None, None, "fr_FR"),
        ("UNITED STATES", None, None, "en_US"),
        ("日本", None, None, "ja_JP"),
        ("de-AT", None, None, "de_AT"),
        ("CH", "it", None, "it_CH"),
        ("CH", "ja", None, "de_CH"),
        (None, "Español", None, "es_ES"),
        ("DE", "fr", "pt-BR", "pt_BR"),
        (None, None, "fr_FR.UTF-8", "fr_FR"),
        ("Atlantis", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_row_chooses_its_locale(country, language, tag, locale):
    assert choose_locale(country, language, tag) == locale
