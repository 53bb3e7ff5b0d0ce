"""Every test of this folder runs with every model."""

import pytest

from synthohive_jupyter.schema.metadata import Metadata
from tests.contract import cases


@pytest.fixture(params=list(cases.FAST), ids=lambda cls: cls.__name__)
def model_cls(request):
    return request.param


@pytest.fixture
def metadata():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "orders",
        pk="id",
        fk={"user_id": "users.id"},
        constraints={"total": {"min": 10, "max": 60}, "status": {"values": ("new", "paid")}},
        checks=[("placed", "shipped")],
        high_cardinality_cols=["city"],
    )
    return metadata


@pytest.fixture
def make(model_cls, metadata):
    """Return a function that makes a model whose fit is quick."""
    return lambda **changed: model_cls(
        metadata, **{"epochs": 2, **cases.FAST[model_cls], **changed}
    )


@pytest.fixture
def orders():
    return cases.orders()


@pytest.fixture
def context():
    return cases.context()
