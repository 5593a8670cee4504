"""A charge at its own address: seen again, paid, expired; its answers give away no plate."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lots.models import GateCommand, ParkingSession, Sign
from payments.models import Payment
from payments.settling import settle
from tests.driver.conftest import PLATE, charge_of, text
from tests.factories import NOON, make_lot, see
from tests.payments.coupons.making import hand_out, make_offer, make_shop

pytestmark = pytest.mark.both_engines

AT = NOON + timedelta(minutes=61)
EXPIRED = AT + timedelta(minutes=5)


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def found(mall, parked):
    form = {"path": f"/p/{mall.pure.code}", "data": f"plate={PLATE}", "content_type": FORM}
    return mall.browser.post(**form)


def test_form_leads_to_address_of_the_charge(mall, found):
    assert found.status_code == 303
    assert found["Location"].startswith("/q/")
    assert len(found["Location"]) <= 203
    assert found["Cache-Control"] == "no-store"


def test_address_shows_the_fee_again(mall, found):
    pages = {text(mall.get(found["Location"])) for _ in range(3)}
    (page,) = pages
    assert "支付 ¥10.00" in page
    assert "沪A***45" in page
    assert PLATE not in page
    assert "A·12345" not in page


@pytest.mark.parametrize(("end", "words"), [("/hant", "停車約"), ("/en", "about 2 hours")])
def test_language_switch_keeps_the_fee(mall, found, end, words):
    page = text(mall.get(found["Location"] + end))
    assert words in page
    assert f'href="{found["Location"]}"' in page


def test_seeing_a_charge_writes_nothing(mall, found):
    mall.get(found["Location"])
    with CaptureQueriesContext(connection) as queries:
        mall.get(found["Location"])
    assert all(query["sql"].lstrip().startswith("SELECT") for query in queries)
    assert len(queries) <= 4  # sign, lot, session; the facts of the page are in the process


def test_expired_charge_asks_for_the_plate(mall, found, clock):
    clock(EXPIRED)
    answer = mall.get(found["Location"])
    assert answer.status_code == 410
    page = text(answer)
    assert f'method="post" action="/p/{mall.pure.code}"' in page
    assert "没有扣款" in page
    assert "支付 ¥" not in page


def test_expired_payment_without_plate_charges_nothing(mall, found, clock, channel):
    clock(EXPIRED)
    answer = mall.send(found["Location"] + "/pay", channel="fake")
    assert answer.status_code == 200
    assert "没有扣款" in text(answer)
    assert 'id="plate"' in text(answer)
    assert channel.calls == []


@pytest.mark.parametrize("token", ["x", "A" * 90, "沪A12345", "%2e%2e", "x" * 500])
@pytest.mark.parametrize("act", ["", "/pay", "/coupon"])
def test_forged_charge_asks_no_database(mall, token, act, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = mall.send(f"/q/{token}{act}", channel="fake") if act else mall.get(f"/q/{token}")
    assert answer.status_code == 404
    assert token not in text(answer) or len(token) == 1


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("", ("缴费链接已失效", "没有扣款", "重新扫描标识牌上的二维码，再输入车牌号")),
        ("/hant", ("繳費連結已失效", "沒有扣款")),
        ("/en", ("no longer valid", "Nothing was charged", "scan the code on the sign again")),
    ],
)
def test_charge_past_its_keys_leads_on(mall, found, clock, end, words):
    clock(AT + timedelta(days=2))
    answer = mall.get(found["Location"] + end)
    assert answer.status_code == 404
    for each in words:
        assert each in text(answer)


def test_revoked_signs_charge_takes_no_money(mall, found, channel):
    Sign.objects.filter(pk=mall.pure.pk).update(revoked_at=AT)
    for answer in (mall.get(found["Location"]), mall.send(found["Location"] + "/pay", channel="fake")):
        assert answer.status_code == 410
        assert "不再使用" in text(answer) or "停用" in text(answer)
    assert channel.calls == []


def test_charge_of_moved_sign_is_unknown(mall, found):
    Sign.objects.filter(pk=mall.pure.pk).update(lot=make_lot())
    assert mall.get(found["Location"]).status_code == 404


def test_paid_charge_owes_nothing(mall, found, channel):
    mall.send(found["Location"] + "/pay", channel="fake")
    settle(channel.pay(Payment.objects.get().number), cause="notice", at=AT)
    assert "没有待缴的停车费" in text(mall.get(found["Location"]))
    assert "没有待缴的停车费" in text(mall.send(found["Location"] + "/pay", channel="fake"))
    assert Payment.objects.count() == 1


def test_second_phone_pays_the_same_order(mall, found, channel):
    for _ in range(2):
        assert mall.send(found["Location"] + "/pay", channel="fake").status_code == 200
    assert Payment.objects.count() == 1
    assert Payment.objects.get().sign == mall.pure


def test_forgotten_plate_is_not_shown(mall, found):
    ParkingSession.objects.update(plate=None, plate_index=None)
    page = text(mall.get(found["Location"]))
    assert "支付 ¥10.00" in page
    assert 'class="plate"' not in page


def test_coupon_code_leads_to_a_new_charge(mall, found):
    shop = make_shop(mall.lot)
    coupon = hand_out(shop, make_offer(shop), AT, plate=None)
    page = text(mall.send(found["Location"] + "/coupon", coupon=coupon.code))
    assert "支付 ¥5.00" in page
    assert coupon.code not in page
    assert charge_of(page) != found["Location"]


def test_covering_coupon_needs_a_tap(mall, found, channel):
    shop = make_shop(mall.lot)
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT)
    page = text(mall.search())
    coupon.refresh_from_db()
    assert coupon.state == "issued"
    assert "/pay" not in page
    for _ in range(2):  # a second tap changes nothing
        assert "停车券已抵扣全部费用" in text(mall.send(f"{charge_of(page)}/coupon"))
    coupon.refresh_from_db()
    assert coupon.state == "used"


def test_sign_releases_settled_car(mall, parked):
    see(mall.way_out, PLATE, AT)
    ParkingSession.objects.update(paid_fen=1000)
    mall.get(f"/p/{mall.exit_sign.code}")
    assert GateCommand.objects.get(session__isnull=False, lane=mall.way_out.lane).cause == "nothing_owed"


def test_look_up_opens_no_barrier(mall, parked):
    see(mall.way_out, PLATE, AT)
    mall.get(f"/p/{mall.exit_sign.code}")
    mall.search()
    assert not GateCommand.objects.filter(lane=mall.way_out.lane).exists()
