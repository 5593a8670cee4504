"""A coupon on the driver's page: one optional line, a link that may be scanned, a sum that can be redone."""

import re
from datetime import timedelta

import pytest

from lots.models import LookupCount, ParkingSession, Sign
from payments.coupons.coupon_issuing import revoke
from payments.coupons.coupon_models import Coupon, CouponUse
from payments.models import Payment
from payments.settling import settle
from tests.driver.conftest import charge_of, text
from tests.factories import NOON, see
from tests.payments.coupons.making import PLATE, hand_out, make_offer, make_shop

pytestmark = pytest.mark.both_engines

AT = NOON + timedelta(minutes=61)


@pytest.fixture
def shop(mall):
    return make_shop(mall.lot)


@pytest.fixture
def coupon(shop, parked):
    return hand_out(shop, make_offer(shop), AT, plate=None)


def hidden(page, name):
    return re.findall(rf'name="{name}" value="([^"]*)"', page)


def pay(mall, page, **more):
    return mall.pay(page, plate=PLATE, **more)


def tap(mall, page):
    """Use the coupons that the page offers to use."""
    return mall.send(f"{charge_of(page)}/coupon")


def test_lot_without_coupons_hides_coupon_field(mall, parked):
    assert "停车券" not in text(mall.search())


def test_coupon_field_is_collapsed_by_default(mall, coupon):
    page = text(mall.search())
    assert page.count("有停车券？") == 1
    assert "<details><summary>有停车券？" in page
    assert "10.00" in page


def test_first_page_omits_coupons(mall, coupon):
    assert "券" not in text(mall.get(f"/p/{mall.pure.code}"))


def test_coupon_lines_add_up_to_amount(mall, coupon):
    page = text(mall.search(coupon=coupon.code))
    for words in ("优惠前金额 <b>¥10.00</b>", "停车券：抵扣最先 1 小时 <b>−¥5.00</b>", "支付 ¥5.00"):
        assert words in page
    assert hidden(text(mall.search(coupon=coupon.code, part="1")), "coupon") == [coupon.code]


@pytest.mark.parametrize(
    ("kind", "value", "fields", "line", "due"),
    [
        ("minutes", 30, {"position": "shift_entry"}, "停车券：晚 30 分钟起计", "5.00"),
        ("minutes", 30, {"position": "deduct_tail"}, "停车券：抵扣最后 30 分钟", "5.00"),
        ("amount", 350, {}, "停车券：减 ¥3.50", "6.50"),
        ("percent", 20, {}, "停车券：减 20%", "8.00"),
    ],
)
def test_each_coupon_kind_has_one_line(mall, shop, parked, kind, value, fields, line, due):
    hand_out(shop, make_offer(shop, kind, value, **fields), AT)
    page = text(mall.search())
    assert line in page
    assert f"支付 ¥{due}" in page


@pytest.mark.parametrize("end", ["", "/hant", "/en"])
def test_coupon_line_follows_page_language(mall, coupon, end):
    page = text(mall.search(coupon=coupon.code, language=end))
    words = {
        "": ("有停车券？", "停车券：抵扣最先"),
        "/hant": ("有停車券？", "停車券：抵扣最先"),
        "/en": ("Have a parking coupon?", "Coupon: the first"),
    }[end]
    assert all(word in page for word in words)


def test_paying_with_coupon_holds_it(mall, coupon, channel):
    assert pay(mall, text(mall.search(coupon=coupon.code))).status_code == 200
    payment = Payment.objects.get()
    assert payment.amount_fen == 500
    coupon.refresh_from_db()
    assert coupon.state == "held"


def test_full_coupon_shows_exit_deadline(mall, shop, parked, channel):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    offered = text(mall.search(coupon=coupon.code))
    assert "0.00" in offered
    assert CouponUse.objects.count() == 0
    page = text(tap(mall, offered))
    for words in ("停车券已抵扣全部费用", "¥10.00", "−¥10.00", "0.00", "13:16", "前离场"):
        assert words in page
    assert channel.calls == []
    assert ParkingSession.objects.get().exit_until == AT + timedelta(minutes=15)
    assert "没有待缴的停车费" in text(mall.search())


def test_coupon_after_payment_announces_refund(mall, coupon, channel):
    pay(mall, text(mall.search()))
    settle(channel.pay(Payment.objects.get().number), cause="notice", at=AT)
    offered = text(mall.search(coupon=coupon.code))
    assert "¥5.00 将原路退回" in offered
    assert CouponUse.objects.count() == 0
    page = text(tap(mall, offered))
    assert "¥5.00 将原路退回" in page
    assert CouponUse.objects.count() == 1


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda c: revoke(c, why="x", at=AT), "已被撤回"),
        (lambda c: Coupon.objects.filter(pk=c.pk).update(valid_until=AT), "已过期"),
    ],
)
def test_invalid_coupon_shows_reason_and_full_fee(mall, coupon, spoil, why):
    spoil(coupon)
    page = text(mall.search(coupon=coupon.code))
    assert why in page
    assert "支付 ¥10.00" in page
    assert hidden(page, "coupon") == []
    assert "<details open><summary>有停车券？" in page


def test_malformed_coupon_is_budgeted_not_echoed(mall, coupon, budget):
    page = text(mall.search(coupon="<script>猜测"))
    assert "不是本停车场的停车券" in page
    assert "猜测" not in page
    assert set(LookupCount.objects.values_list("points", flat=True)) == {5}


def test_coupon_survives_mistyped_plate(mall, coupon):
    page = text(mall.search("沪A12346", coupon=coupon.code))
    assert hidden(page, "coupon") == [coupon.code]
    assert "支付 ¥5.00" in text(mall.search(coupon=hidden(page, "coupon")[0]))


def test_coupon_survives_expired_quote(mall, coupon, clock):
    page = text(mall.search(coupon=coupon.code))
    clock(AT + timedelta(minutes=6))
    again = text(pay(mall, page, coupon=coupon.code))
    assert "支付 ¥5.00" in again


def test_coupon_revoked_before_payment_charges_nothing(mall, coupon):
    page = text(mall.search(coupon=coupon.code))
    revoke(coupon, why="x", at=AT)
    again = text(pay(mall, page, coupon=coupon.code))
    assert "支付 ¥10.00" in again
    assert "已被撤回" in again
    assert not Payment.objects.exists()


def test_exit_lane_coupon_needs_no_plate(mall, coupon):
    see(mall.way_out, PLATE, AT)
    path = f"/p/{mall.exit_sign.code}"
    assert "有停车券？" in text(mall.get(path))
    page = text(mall.send(path, coupon=coupon.code))
    assert "支付 ¥5.00" in page
    assert PLATE not in page


def test_full_coupon_opens_exit_barrier(mall, shop, parked):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    see(mall.way_out, PLATE, AT)
    page = text(mall.send(f"/p/{mall.exit_sign.code}", coupon=coupon.code))
    assert "停车券已抵扣全部费用" in text(tap(mall, page))
    assert ParkingSession.objects.get().commands.filter(cause="paid").count() == 1


# the link


@pytest.mark.parametrize("spell", [str, str.lower, lambda c: f"{c[:4]}-{c[4:8]}-{c[8:]}"])
@pytest.mark.parametrize("door", ["c", "C"])
def test_coupon_link_prefills_lot_page(mall, coupon, spell, door):
    answer = mall.get(f"/{door}/{spell(coupon.code)}")
    page = text(answer)
    assert answer.status_code == 200
    assert f'<form id="ask" method="post" action="/p/{mall.pure.code}"' in page
    assert hidden(page, "coupon") == [coupon.code]
    assert "输入车牌后自动抵扣" in page
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def test_coupon_code_is_in_no_url(mall, coupon):
    for page in (text(mall.get(f"/c/{coupon.code}")), text(mall.search(coupon=coupon.code))):
        sends_to = re.findall(r'(?:action|data-back|data-state)="([^"]*)"', page)
        assert sends_to
        assert not [address for address in sends_to if coupon.code in address]


def test_language_links_preserve_coupon(mall, coupon):
    page = text(mall.get(f"/c/{coupon.code}"))
    assert f'href="/c/{coupon.code}/en"' in page
    assert hidden(text(mall.get(f"/c/{coupon.code}/en")), "coupon") == [coupon.code]


def test_revoked_coupon_link_still_allows_payment(mall, coupon):
    revoke(coupon, why="x", at=AT)
    page = text(mall.get(f"/c/{coupon.code}"))
    assert "已被撤回" in page
    assert hidden(page, "coupon") == []
    assert 'id="plate"' in page


def test_coupon_of_lot_without_signs_is_valid(mall, coupon):
    Sign.objects.update(revoked_at=AT)
    page = text(mall.get(f"/c/{coupon.code}"))
    assert "不是有效的停车券" not in page
    assert "021-5555 0100" in page


@pytest.mark.parametrize("code", ["x", "ABCDEFGHJKMN", "0" * 100, "%00"])
def test_invalid_coupon_link_skips_database(mall, code, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = mall.get(f"/c/{code}")
    assert answer.status_code == 404
    assert "不是有效的停车券" in text(answer)


def test_full_coupon_works_only_once(mall, shop, parked):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    see(mall.entry, "沪B12345", NOON)
    tap(mall, text(mall.search(coupon=coupon.code)))
    page = text(mall.search("沪B12345", coupon=coupon.code))
    assert "已经用过" in page
    assert "支付 ¥10.00" in page
    assert CouponUse.objects.count() == 1
