"""The busy tables can be divided by lot: what is unique or referred to is so within one (docs/cluster.md)."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, ForeignKey, Model, UniqueConstraint

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cluster.md"
# What every read, stay and payment writes a row of. The rest is small, or written by staff.
BUSY = (
    *("lots.PlateRead", "lots.ParkingSession", "lots.GateCommand", "lots.SystemSession"),
    *("payments.Payment", "payments.LedgerEntry", "payments.Settlement", "payments.ZeroBill"),
    *("payments.CouponUse",),
)
# Written as often, with no column for the lot: they belong to one row of a busy table and move with it.
BELONGS_TO = {
    "payments.PaymentEvent": "payment",
    "payments.Refund": "payment",
    "payments.SettlementEvent": "settlement",
}
RANDOM = "random, 64 bits and more: two lots never draw the same"
FOLLOWS = "a row of one lot: adding the lot changes nothing"
# Unique without the lot, and why a unique index of each part is as good.
EXCEPTIONS = {
    "lots.PlateRead": {"device, key": "a device is of one lot: adding the lot changes nothing"},
    "lots.GateCommand": {"read": FOLLOWS},
    "lots.SystemSession": {"session": FOLLOWS},
    "payments.Payment": {
        "token": RANDOM,
        "receipt_code": RANDOM,
        "session, provider": FOLLOWS,
        "number, provider, merchant": RANDOM,
        "provider_number, provider": "the channel's own: never given twice, and settled in one part alone",
    },
    "payments.Refund": {"number": RANDOM, "payment, external_number, reason": FOLLOWS},
    "payments.LedgerEntry": {"payment, kind": FOLLOWS, "refund, kind": FOLLOWS},
    "payments.Settlement": {"payment": FOLLOWS},
    "payments.CouponUse": {"coupon": FOLLOWS},
}


def model(label: str) -> type[Model]:
    return apps.get_model(label)


def uniques(found: type[Model]) -> list[str]:
    """Return what is unique, as names of columns."""
    single = [each.name for each in found._meta.fields if each.unique and not each.primary_key]
    several = [
        ", ".join(each.fields or [re.sub(r"^F\((\w+)\)$", r"\1", str(one)) for one in each.expressions])
        for each in found._meta.constraints
        if isinstance(each, UniqueConstraint)
    ]
    return [*single, *several]


def names_lot(unique: str) -> bool:
    return re.search(r"\blot(_id)?\b", unique) is not None


@pytest.mark.parametrize("label", BUSY)
def test_busy_table_names_its_lot(label):
    lot: Field = model(label)._meta.get_field("lot")
    assert not lot.null


@pytest.mark.parametrize("label", [*BUSY, *BELONGS_TO])
def test_unique_keys_hold_the_lot(label):
    without = {unique for unique in uniques(model(label)) if not names_lot(unique)}
    assert without == set(EXCEPTIONS.get(label, {}))


@pytest.mark.parametrize(("label", "owner"), BELONGS_TO.items())
def test_lotless_row_joins_its_parent(label, owner):
    field = model(label)._meta.get_field(owner)
    assert isinstance(field, ForeignKey)
    assert not field.null
    assert field.related_model._meta.label in BUSY


@pytest.mark.parametrize("label", [*BUSY, *BELONGS_TO])
def test_busy_table_refers_within_its_lot(label):
    """To other busy rows, which are of the same lot, or to tables that each part has a copy of."""
    small = {"lots.Lot", "lots.Lane", "lots.Device", "lots.Sign", "payments.Shop", "payments.Coupon"}
    for field in model(label)._meta.fields:
        if isinstance(field, ForeignKey):
            target = field.related_model._meta.label
            assert target in {*BUSY, *BELONGS_TO, *small}, f"{label}.{field.name}"


def test_page_names_each_exception():
    text = PAGE.read_text(encoding="utf-8")
    for label, exceptions in EXCEPTIONS.items():
        for unique in exceptions:
            assert f"| `{label}` | {unique} |" in text
