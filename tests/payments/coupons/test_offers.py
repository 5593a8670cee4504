"""An offer says all that its worth depends on, or is refused."""

from typing import Any

import pytest

from payments.coupons.coupon_offers import OfferError, OfferNameTaken, add_offer, add_shop, read_offer
from tests.factories import NOON, TARIFF, make_lot

GOOD: dict[str, dict[str, Any]] = {
    "amount": {"kind": "amount", "value": 500},
    "minutes": {"kind": "minutes", "value": 60, "position": "deduct_head"},
    "percent": {"kind": "percent", "value": 20},
    "all_free": {"kind": "all_free"},
    "tariff": {"kind": "tariff", "tariff": TARIFF},
}
IN_DOLLARS = {**TARIFF, "format": 3, "currency": "USD"}
WITHOUT_CURRENCY = {name: value for name, value in TARIFF.items() if name != "currency"}
WHOLE: dict[str, Any] = {
    **GOOD["minutes"],
    "most_fen": 2000,
    "stackable": True,
    "per_stay": 2,
    "most_minutes": 300,
    "same_day": False,
    "valid_hours": 48,
    "entry": ["22:00", "06:00"],
    "funded_by": "operator",
}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.django_db
def test_each_offer_kind_is_accepted(kind):
    offer = add_offer(lot=make_lot(), document={"name": "券", **GOOD[kind]}, at=NOON)
    offer.refresh_from_db()
    assert (offer.kind, offer.same_day, offer.funded_by) == (kind, True, "shop")


@pytest.mark.django_db
def test_all_offer_fields_are_stored():
    offer = add_offer(lot=make_lot(), document={"name": " 券 ", **WHOLE}, at=NOON)
    offer.refresh_from_db()
    assert (offer.name, offer.most_fen, offer.per_stay, offer.most_minutes) == ("券", 2000, 2, 300)
    assert (offer.stackable, offer.same_day, offer.valid_hours) == (True, False, 48)
    assert (f"{offer.entry_from:%H:%M}", f"{offer.entry_to:%H:%M}") == ("22:00", "06:00")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (GOOD["amount"], "name"),
        ({"name": "x"}, "kind"),
        ({"name": "x", "kind": "free"}, "kind"),
        ({"name": "x", "kind": "minutes", "value": 60}, "position"),
        ({"name": "x", "kind": "minutes", "value": 60, "position": "head"}, "position"),
        ({"name": "x", "kind": "amount", "value": 5.0}, "value"),
        ({"name": "x", "kind": "amount", "value": True}, "value"),
        ({"name": "x", "kind": "amount", "value": 0}, "value"),
        ({"name": "x", "kind": "percent", "value": 100}, "value"),
        ({"name": "x", "kind": "amount"}, "value"),
        ({"name": "x", "kind": "all_free", "value": 5}, "value"),
        ({"name": "x", "kind": "amount", "value": 5, "position": "shift_entry"}, "position"),
        ({"name": "x", "kind": "tariff"}, "tariff"),
        ({"name": "x", "kind": "tariff", "tariff": WITHOUT_CURRENCY}, "tariff.currency"),
        ({"name": "x", "kind": "tariff", "tariff": {**TARIFF, "currency": "USD"}}, "tariff.currency"),
        ({"name": "x", "kind": "tariff", "tariff": IN_DOLLARS}, "tariff.currency"),
        ({"name": "x", **GOOD["amount"], "color": "red"}, "color"),
        ({"name": "x", **GOOD["amount"], "entry": ["9", "22"]}, "entry"),
        ({"name": "x", **GOOD["amount"], "entry": ["09:00", "09:00"]}, "entry"),
        ({"name": "x", **GOOD["amount"], "entry": "09:00"}, "entry"),
        ({"name": "x", **GOOD["amount"], "stackable": 1}, "stackable"),
        ({"name": "x", **GOOD["amount"], "funded_by": "me"}, "funded_by"),
        ([], ""),
    ],
)
def test_offer_error_names_invalid_field(document, path):
    with pytest.raises(OfferError) as error:
        read_offer(document)
    assert error.value.path.startswith(path)


@pytest.mark.django_db
def test_shop_and_offer_names_are_unique():
    lot = make_lot()
    add_shop(lot=lot, name="书店", at=NOON)
    add_shop(lot=make_lot(), name="书店", at=NOON)
    with pytest.raises(OfferNameTaken):
        add_shop(lot=lot, name="书店", at=NOON)
    add_offer(lot=lot, document={"name": "券", **WHOLE}, at=NOON)
    with pytest.raises(OfferNameTaken):
        add_offer(lot=lot, document={"name": "券", **WHOLE}, at=NOON)
