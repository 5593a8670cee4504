"""Shops, offers and external collectors in a lot's document."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from payments.coupons.coupon_codes import address, read_code, reveal
from payments.coupons.coupon_issuing import LimitReached, issue_codes
from payments.coupons.coupon_models import Coupon, CouponOffer, Shop
from tests.factories import NOON, make_lot

pytestmark = pytest.mark.django_db
OFFERS = [
    {"name": "停 1 小时", "kind": "minutes", "value": 60, "position": "deduct_head"},
    {"name": "减 5 元", "kind": "amount", "value": 500},
]


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def run(lot, tmp_path):
    """Apply a document that has these shops, and return what the command prints."""

    def applied(*shops, **sections):
        places = {"operator": {"legal_name": lot.operator.legal_name}, "lot": {"slug": lot.slug}}
        file = tmp_path / "lot.json"
        file.write_text(json.dumps({**places, **({"shops": shops} if shops else {}), **sections}))
        out = StringIO()
        call_command("apply", str(file), stdout=out)
        return out.getvalue()

    return applied


def test_shop_gets_offers_and_limits(run):
    values = run({"name": "书店", "per_day": 50, "pays_percent": 80, "offers": OFFERS})
    shop = Shop.objects.get()
    assert (shop.per_day, shop.pays_percent, shop.per_plate_day) == (50, 80, 1)
    assert [one.name for one in shop.offers.order_by("pk")] == ["停 1 小时", "减 5 元"]
    assert "hands out 停 1 小时" in values


def test_offers_are_reused_and_limits_updated(run):
    run({"name": "书店", "offers": OFFERS}, {"name": "影院", "offers": ["减 5 元"]})
    assert run({"name": "影院", "per_hour": 9}) == "shop 影院: per_hour None → 9\n"
    cinema = Shop.objects.get(name="影院")
    assert (cinema.per_hour, cinema.offers.get().name, CouponOffer.objects.count()) == (9, "减 5 元", 2)
    same = {"name": "书店", "offers": OFFERS}
    assert run(same) == "Nothing to change\n"


@pytest.mark.parametrize(
    ("offers", "where"),
    [
        (["没有"], r"shops\[0\].offers\[0\]: there is no offer"),
        ([{"name": "x"}], r"shops\[0\].offers\[0\].kind: "),
        ({"name": "x"}, r"shops\[0\].offers: must be a list"),
        ([OFFERS[0], OFFERS[0]], r"shops\[0\].offers\[1\]: stands here twice"),
        ([OFFERS[0], {**OFFERS[0], "value": 90}], r"shops\[0\].offers\[1\]: .*other terms"),
    ],
    ids=str,
)
def test_invalid_offers_write_nothing(run, offers, where):
    with pytest.raises(CommandError, match=f"Nothing was written.\n{where}"):
        run({"name": "书店", "offers": offers})
    assert not Shop.objects.exists()
    assert not CouponOffer.objects.exists()


@pytest.mark.parametrize(
    "limit", [{"pays_percent": 101}, {"per_day": -1}, {"per_hour": "9"}, {"x": 1}], ids=str
)
def test_invalid_limits_are_named(run, limit):
    with pytest.raises(CommandError, match=rf"shops\[0\].{next(iter(limit))}: "):
        run({"name": "书店", **limit})


@pytest.mark.parametrize(
    "entry",
    [{"device": "nobody", "channel": "etc"}, {"device": "gate", "channel": "x"}, {"channel": "etc"}],
    ids=str,
)
def test_invalid_collectors_are_named(run, entry):
    with pytest.raises(CommandError, match=r"external_collectors\[0\]"):
        run(external_collectors=[entry])


def test_code_addresses_are_distinct(lot, run):
    run({"name": "书店", "offers": OFFERS})
    shop, offer = Shop.objects.get(), CouponOffer.objects.get(name="减 5 元")
    coupons = issue_codes(shop=shop, offer=offer, count=3, request="r", at=NOON)
    lines = {address(coupon.code or "") for coupon in coupons}
    assert len(lines) == 3
    assert all(line.startswith("HTTP://TESTSERVER/C/") for line in lines)
    assert {read_code(line.rsplit("/", 1)[1]) for line in lines} == {
        reveal(coupon.sealed_code) for coupon in Coupon.objects.all()
    }


def test_applied_limit_counts(lot, run):
    run({"name": "书店", "per_day": 1, "offers": OFFERS})
    shop, offer = Shop.objects.get(), CouponOffer.objects.get(name="减 5 元")
    with pytest.raises(LimitReached):
        issue_codes(shop=shop, offer=offer, count=2, request="r", at=NOON)
    assert not Coupon.objects.exists()
