"""What happens to real and to synthetic rows, and what is remembered in between."""

import json
import secrets

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from synthohive_jupyter.errors import ModelFileError, NotFittedError, PrivacyError
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.schema.metadata import Metadata

KEY = bytes(range(32))
RULES = {
    "users.email": "fake",
    "users.ssn": "mask",
    "users.badge": "hash",
    "users.secret": "drop",
    "users.nickname": "keep",
}


def describe(**columns):
    metadata = Metadata()
    metadata.add_table("users", pk="id", **columns)
    return metadata


def real_users(n=60):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": range(n),
            "email": [None if i % 6 == 0 else f"real.person{i}@corp-mail.test" for i in range(n)],
            "country": rng.choice(["France", "US"], n),
            "ssn": [
                f"{rng.integers(100, 899)}-{rng.integers(10, 99)}-{i + 1000}" for i in range(n)
            ],
            "badge": [float(7_000_000 + i) if i % 3 else np.nan for i in range(n)],
            "secret": [f"tumour-{i:05d}" for i in range(n)],
            "nickname": rng.choice(["ace", "kit"], n),
        },
        index=pd.RangeIndex(100, 100 + n),
    )


def sanitizer(rules=None, *, metadata=None, **kwargs):
    config = PrivacyConfig(RULES if rules is None else rules)
    return PIISanitizer(metadata or describe(), config, **{"seed": 7, "key": KEY, **kwargs})


def test_real_rows_keep_everything_but_personal_data():
    real = real_users()
    before = real.copy(deep=True)
    clean = sanitizer().sanitize("users", real)
    assert_frame_equal(real, before)
    assert clean.columns.tolist() == ["id", "email", "country", "ssn", "badge", "nickname"]
    assert_frame_equal(clean[["id", "country", "nickname"]], real[["id", "country", "nickname"]])
    for column in ("email", "badge"):
        assert_series_equal(clean[column].isna(), real[column].isna())
    assert clean["ssn"].eq("***-**-****").all()
    assert clean["email"].dropna().str.contains(r"@example\.").all()
    assert clean["badge"].dropna().str.fullmatch(r"[0-9a-f]{64}").all()
    for column in ("email", "ssn", "badge"):
        assert not set(clean[column].dropna()) & set(real[column].dropna().astype(str))


def test_only_harmless_columns_are_modelled():
    box = sanitizer()
    columns = real_users().columns
    assert box.modelled_columns("users", columns) == ("id", "country", "nickname")
    assert {c: r.action for c, r in box.plan("users", columns).items()} == {
        "email": "fake",
        "ssn": "mask",
        "badge": "hash",
        "secret": "drop",
        "nickname": "keep",
    }


def test_marked_columns_are_faked_without_a_configuration():
    box = PIISanitizer(describe(pii_cols=["ssn"]), seed=1)
    assert box.modelled_columns("users", ["id", "ssn"]) == ("id",)


def synthetic_users(n):
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "country": ["France", "US"] * (n // 2),
            "nickname": "ace",
        }
    )


def test_synthetic_rows_get_personal_data_of_their_own():
    real = real_users()
    box = sanitizer().fit("users", real)
    rows = synthetic_users(3000)
    made = box.regenerate("users", rows)
    assert made.columns.tolist() == ["id", "email", "country", "ssn", "badge", "nickname"]
    assert_frame_equal(made[["id", "country", "nickname"]], rows)
    assert made["ssn"].eq("***-**-****").all()
    assert made["badge"].dropna().is_unique
    assert made["badge"].dropna().str.fullmatch(r"[0-9a-f]{64}").all()
    assert made["email"].dropna().is_unique
    # Null shares 1/6 and 1/3; four standard deviations of a binomial of 3,000 rows are .035.
    assert made["email"].isna().mean() == pytest.approx(1 / 6, abs=0.035)
    assert made["badge"].isna().mean() == pytest.approx(1 / 3, abs=0.035)


def test_null_shares_can_be_given():
    box = sanitizer().fit("users", real_users())
    made = box.regenerate("users", synthetic_users(50), null_shares={"email": 0.0, "badge": 1.0})
    assert made["email"].notna().all()
    assert made["badge"].isna().all()
    with pytest.raises(PrivacyError, match="between 0 and 1"):
        box.regenerate("users", synthetic_users(2), null_shares={"email": 1.5})
    with pytest.raises(PrivacyError, match=r"users\.country: a null share"):
        box.regenerate("users", synthetic_users(2), null_shares={"country": 0.5})


def test_the_same_seed_gives_the_same_rows_whatever_the_key():
    real, rows = real_users(), synthetic_users(40)
    first = sanitizer().fit("users", real)
    second = sanitizer(key=secrets.token_bytes(32)).fit("users", real)
    assert_frame_equal(first.regenerate("users", rows, 3), second.regenerate("users", rows, 3))
    other = first.regenerate("users", rows, 4)
    assert (first.regenerate("users", rows, 3)["badge"] != other["badge"]).any()


def test_rows_can_be_made_in_parts():
    box = sanitizer().fit("users", real_users())
    rows = synthetic_users(60)
    whole = box.regenerate("users", rows, 3)
    parts = [
        box.regenerate("users", rows.iloc[a:b], 3, first_row=a) for a, b in ((0, 25), (25, 60))
    ]
    assert_frame_equal(whole, pd.concat(parts))


def test_real_row_five_and_synthetic_row_five_are_not_one_person():
    real = pd.DataFrame({"id": range(40), "name": [f"Jane Roe {i}" for i in range(40)]})
    box = sanitizer({"users.name": "fake"})
    clean = box.sanitize("users", real)
    made = box.regenerate("users", real[["id"]])
    assert (clean["name"] != made["name"]).mean() > 0.9


def test_no_fake_equals_a_real_value():
    """The real column is made of the very fakes that the seed would draw first."""
    blank = pd.DataFrame({"id": range(500), "who": "x", "tel": "x"})
    rules = {"users.who": "fake:name", "users.tel": "fake:phone_number"}
    naive = sanitizer(rules).fit("users", blank).regenerate("users", blank[["id"]])
    box = sanitizer(rules).fit("users", naive)
    made = box.regenerate("users", naive[["id"]])
    for column in ("who", "tel"):
        assert not set(naive[column]) & set(made[column])
    assert made["who"].str.match(r"[A-Z]").all()


def test_a_frequent_first_name_is_no_secret_but_a_rare_one_is():
    names = ["Mary"] * 50 + ["James"] * 50
    box = sanitizer({"users.first_name": "fake"})
    drawn = sanitizer({"users.first_name": "fake"}).fit(
        "users", pd.DataFrame({"id": [0], "first_name": "x"})
    )
    rows = pd.DataFrame({"id": range(3000)})
    rare = drawn.regenerate("users", rows)["first_name"].iloc[0]
    box.fit("users", pd.DataFrame({"id": range(101), "first_name": [*names, rare]}))
    made = set(box.regenerate("users", rows)["first_name"])
    assert rare not in made
    assert {"Mary", "James"} <= made


def test_a_loaded_sanitizer_makes_the_same_rows():
    real, rows = real_users(), synthetic_users(40)
    box = sanitizer().fit("users", real)
    record = json.loads(json.dumps(box.to_dict()))
    again = PIISanitizer.from_dict(record, describe(), seed=7)
    assert again.config == box.config
    assert_frame_equal(box.regenerate("users", rows, 3), again.regenerate("users", rows, 3))


def test_nothing_real_is_remembered():
    real = real_users()
    box = sanitizer(RULES | {"users.ssn": PiiRule("mask", keep_last=4)})
    box.sanitize("users", real)
    stored = json.dumps(box.to_dict()) + repr(box) + repr(vars(box)) + repr(box._memory)
    for column in ("email", "ssn", "badge", "secret"):
        for value in real[column].dropna().astype(str):
            assert value not in stored
            assert value.removesuffix(".0") not in stored
    for secret in (KEY.hex(), repr(KEY)[2:-1], str(KEY)):
        assert secret not in stored


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(version=2),
        lambda r: r.pop("config"),
        lambda r: r.update(tables=[]),
        lambda r: r["tables"]["users"].pop("columns"),
        lambda r: r["tables"]["users"]["pii"][0].update(provider="__class__"),
        lambda r: r["tables"]["users"]["pii"][0].update(null_share=7),
        lambda r: r["tables"]["users"]["pii"][0].update(action="steal"),
        lambda r: r["tables"]["users"]["pii"][0].update(dtype="object:code"),
        lambda r: r["tables"]["users"]["pii"][1].update(shapes={"***": "x"}),
        lambda r: r["tables"]["users"]["pii"][1].update(shapes={"***": -4}),
        lambda r: r["tables"]["users"]["pii"][1].update(shapes=None),
        lambda r: r["tables"].update(users=3),
    ],
)
def test_damaged_records_are_refused(change):
    record = json.loads(json.dumps(sanitizer().fit("users", real_users()).to_dict()))
    assert PIISanitizer.from_dict(record, describe())
    change(record)
    with pytest.raises(ModelFileError):
        PIISanitizer.from_dict(record, describe())


def test_a_custom_function_sees_the_column_and_harmless_columns_only():
    seen = []

    def initials(values, context):
        seen.append((values.copy(), context.columns.tolist()))
        context["country"] = "overwritten"
        values.iloc[0] = "overwritten"
        return values.str[:1]

    real = real_users()
    before = real.copy(deep=True)
    box = sanitizer(RULES | {"users.email": PiiRule("custom", function=initials)})
    clean = box.sanitize("users", real)
    assert_frame_equal(real, before)
    assert seen[0][1] == ["id", "country", "nickname"]
    assert seen[0][0].dropna().str.contains("corp-mail").all()
    assert clean["email"].iloc[1] == "r"
    box.regenerate("users", synthetic_users(30))
    assert seen[1][0].dropna().str.contains("@example").all()


@pytest.mark.parametrize(
    "function",
    [
        lambda values, context: values.head(3),
        lambda values, context: "x" * len(values),
        lambda values, context: None,
    ],
)
def test_a_custom_function_returns_one_value_a_row(function):
    box = sanitizer({"users.email": PiiRule("custom", function=function)})
    with pytest.raises(PrivacyError, match=r"users\.email: .* one value for each of 60 rows"):
        box.sanitize("users", real_users())


def test_the_error_of_a_custom_function_quotes_nothing():
    def failing(values, context):
        raise ValueError(values.iloc[1])

    box = sanitizer({"users.email": PiiRule("custom", function=failing)})
    with pytest.raises(PrivacyError, match=r"raised ValueError") as caught:
        box.sanitize("users", real_users())
    assert "corp-mail" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_wrong_rules_are_refused_at_once():
    with pytest.raises(PrivacyError, match=r"unknown table 'usrs'.*'users'"):
        sanitizer({"usrs.email": "mask"})


def test_a_rule_for_a_missing_column_is_refused():
    with pytest.raises(PrivacyError, match=r"users\.emial has a pii rule.*did you mean 'email'"):
        sanitizer({"users.emial": "mask"}).sanitize("users", real_users())


def test_rules_must_be_fitted_before_rows_are_made():
    with pytest.raises(NotFittedError, match="'users'"):
        sanitizer().regenerate("users", synthetic_users(2))


def test_tables_without_rules_pass_through():
    real = real_users()
    box = sanitizer({"users.nickname": "keep"})
    assert box.regenerate("users", real) is real
    assert box.sanitize("users", real) is real
    assert box.modelled_columns("users", real.columns) == tuple(real.columns)
