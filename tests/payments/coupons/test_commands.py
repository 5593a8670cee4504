"""The two commands: a shop with its offers, and coupons from the shell."""

import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from payments.coupons.coupon_codes import read_code, reveal
from payments.coupons.coupon_models import Coupon, CouponOffer, Shop
from tests.factories import make_lot

pytestmark = pytest.mark.django_db
OFFERS = [
    {"name": "停 1 小时", "kind": "minutes", "value": 60, "position": "deduct_head"},
    {"name": "减 5 元", "kind": "amount", "value": 500},
]


def run_command(*words, **more):
    out = StringIO()
    call_command(*words, stdout=out, **more)
    return out.getvalue()


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def file(tmp_path):
    def write(offers):
        path = tmp_path / "offers.json"
        path.write_text(json.dumps(offers), encoding="utf-8")
        return str(path)

    return write


def test_add_shop_creates_offers_and_limits(lot, file):
    said = run_command(
        "add_shop", "pujiang", "书店", "--offers", file(OFFERS), "--per-day", "50", "--pays-percent", "80"
    )
    shop = Shop.objects.get()
    assert (shop.per_day, shop.pays_percent, shop.per_plate_day) == (50, 80, 1)
    assert [one.name for one in shop.offers.order_by("pk")] == ["停 1 小时", "减 5 元"]
    assert "停 1 小时, 减 5 元" in said


def test_add_shop_reuses_offers_updates_limits(lot, file):
    run_command("add_shop", "pujiang", "书店", "--offers", file(OFFERS))
    run_command("add_shop", "pujiang", "影院", "--offers", file(["减 5 元"]))
    run_command("add_shop", "pujiang", "影院", "--per-hour", "9")
    cinema = Shop.objects.get(name="影院")
    assert (cinema.per_hour, cinema.offers.get().name, CouponOffer.objects.count()) == (9, "减 5 元", 2)


@pytest.mark.parametrize(
    "offers", [["没有"], [{"name": "x"}], {"name": "x"}, [OFFERS[0], OFFERS[0]]], ids=str
)
def test_invalid_offers_write_nothing(lot, file, offers):
    with pytest.raises(CommandError, match="Nothing was written"):
        run_command("add_shop", "pujiang", "书店", "--offers", file(offers))
    assert not Shop.objects.exists()
    assert not CouponOffer.objects.exists()


def test_add_shop_dry_run_writes_nothing(lot, file):
    assert "2 offers" in run_command("add_shop", "pujiang", "书店", "--offers", file(OFFERS), "--dry-run")
    assert not Shop.objects.exists()


def test_issue_coupon_prints_links(lot, file):
    run_command("add_shop", "pujiang", "书店", "--offers", file(OFFERS))
    lines = run_command("issue_coupon", "pujiang", "书店", "减 5 元", "--count", "3").split()
    assert len(set(lines)) == 3
    assert all(line.startswith("HTTP://TESTSERVER/C/") for line in lines)
    assert {read_code(line.rsplit("/", 1)[1]) for line in lines} == {
        reveal(coupon.sealed_code) for coupon in Coupon.objects.all()
    }


def test_issue_coupon_reads_plate_from_stdin(lot, file, monkeypatch):
    run_command("add_shop", "pujiang", "书店", "--offers", file(OFFERS))
    monkeypatch.setattr("sys.stdin", io.StringIO("沪A12345\n"))
    said = run_command("issue_coupon", "pujiang", "书店", "减 5 元", "--plate")
    assert Coupon.objects.get().for_plate
    assert "12345" not in said


def test_issue_coupon_names_reached_limit(lot, file):
    run_command("add_shop", "pujiang", "书店", "--offers", file(OFFERS), "--per-day", "1")
    with pytest.raises(CommandError, match="per_day"):
        run_command("issue_coupon", "pujiang", "书店", "减 5 元", "--count", "2")
    assert not Coupon.objects.exists()
