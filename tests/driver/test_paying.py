"""From the fee to the cashier and back: nothing is believed but the channel's word."""

from datetime import timedelta

import pytest

from lots.models import ParkingSession
from payments.checkout import settle
from payments.models import Payment
from tests.driver.conftest import PLATE, charge_of, text
from tests.factories import NOON, see

PAYING = NOON + timedelta(minutes=61)


@pytest.fixture
def charge(mall, parked):
    """The address of the charge that a search showed."""
    return charge_of(text(mall.search()))


def pay(mall, charge, end="", **fields):
    return mall.send(f"{charge}/pay{end}", **{"channel": "fake", "plate": PLATE, **fields})


@pytest.fixture
def payment(mall, charge):
    pay(mall, charge)
    return Payment.objects.get()


def test_handover_page_links_to_cashier(mall, charge, channel):
    answer = pay(mall, charge)
    cashier = f"https://cashier.example/{Payment.objects.get().number}"
    assert answer.status_code == 200
    assert f'<meta http-equiv="refresh" content="0;url={cashier}">' in text(answer)
    assert f'href="{cashier}"' in text(answer)
    assert f'href="/t/{Payment.objects.get().token}"' in text(answer)
    assert answer["Cache-Control"] == "no-store"


def test_double_tap_reuses_same_payment(mall, charge):
    pay(mall, charge)
    pay(mall, charge)
    assert Payment.objects.count() == 1


def test_payment_stores_page_language(mall, charge):
    assert "Go to the cashier" in text(pay(mall, charge, "/en"))
    assert Payment.objects.get().language == "en"


def test_expired_charge_is_renewed_before_charging(mall, charge, clock):
    clock(PAYING + timedelta(hours=1))
    answer = pay(mall, charge)
    assert "没有扣款" in text(answer)
    assert "支付 ¥15.00" in text(answer)
    assert not Payment.objects.exists()


def test_expired_lane_charge_is_renewed(mall, parked, clock):
    see(mall.way_out, PLATE, PAYING)
    charge = charge_of(text(mall.get(f"/p/{mall.exit_sign.code}")))
    late = clock(PAYING + timedelta(minutes=6))
    ParkingSession.objects.update(entered_at=late - timedelta(minutes=130))
    answer = mall.send(f"{charge}/pay", channel="fake")
    assert answer.status_code == 200
    assert "没有扣款" in text(answer)


def test_unresponsive_channel_reports_no_charge(mall, charge, channel):
    channel.fault = "unknown"
    answer = pay(mall, charge)
    assert answer.status_code == 503
    assert "支付渠道没有响应，没有扣款" in text(answer)
    assert "支付 ¥10.00" in text(answer)


def test_stay_already_paid_owes_nothing(mall, charge):
    ParkingSession.objects.update(paid_fen=1000, paid_at=PAYING, exit_until=PAYING + timedelta(minutes=15))
    assert "未查到需要缴纳的费用" in text(pay(mall, charge))


def test_payment_requires_channel(mall, charge):
    assert pay(mall, charge, channel="").status_code == 400


@pytest.mark.parametrize("fields", [{"channel": "nope"}, {"plate": "<svg>"}])
def test_forged_payment_fields_are_handled_safely(mall, charge, fields):
    answer = pay(mall, charge, **fields)
    assert answer.status_code < 500 or answer.status_code == 503
    assert "<svg>" not in text(answer)


def status(mall, payment, end=""):
    return mall.get(f"/t/{payment.token}{end}")


def test_return_page_shows_pending_payment(mall, payment):
    answer = status(mall, payment)
    assert "正在确认支付结果" in text(answer)
    assert '<noscript><meta http-equiv="refresh" content="3">' in text(answer)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("age", "pause"), [(0, 3), (29, 3), (30, 6), (200, 20), (3000, 60)])
def test_noscript_refresh_interval_grows(mall, payment, clock, age, pause):
    clock(PAYING + timedelta(seconds=age))
    assert f'content="{pause}"' in text(status(mall, payment))


@pytest.mark.parametrize(("age", "shown"), [(5, False), (30, True)])
def test_service_phone_appears_after_delay(mall, payment, clock, age, shown):
    clock(PAYING + timedelta(seconds=age))
    assert ('id="late" hidden' not in text(status(mall, payment))) is shown


def test_state_endpoint_returns_payment_state(mall, payment, channel):
    answer = mall.get(f"/t/{payment.token}/state")
    assert (answer.json(), answer["Cache-Control"]) == ({"state": "pending"}, "no-store")
    channel.pay(payment.number)
    Payment.objects.update(asked_at=None)
    assert mall.get(f"/t/{payment.token}/state").json() == {"state": "paid"}


def test_paid_page_shows_deadline_and_receipt(mall, payment, channel, clock):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    page = text(status(mall, payment))
    payment.refresh_from_db()
    for words in ("支付成功", "10.00", "请于 <b>13:16</b> 前离场", payment.receipt_code):
        assert words in page
    assert "refresh" not in page.split("</head>")[0]


def test_exit_deadline_uses_lot_timezone(mall, payment, channel):
    mall.lot.zone = "Asia/Tokyo"
    mall.lot.save()
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    assert "<b>14:16</b>" in text(status(mall, payment))


def test_expired_exit_window_is_shown(mall, payment, channel, clock):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    clock(PAYING + timedelta(minutes=20))
    assert "离场时限已于 13:16 结束" in text(status(mall, payment))


def test_closed_payment_reports_no_charge(mall, payment):
    Payment.objects.update(state=Payment.State.CLOSED, next_check_at=None)
    page = text(status(mall, payment))
    assert "没有完成，没有扣款" in page
    assert "重新扫描" in page


def test_duplicate_payment_announces_refund(mall, payment, channel):
    ParkingSession.objects.update(paid_fen=1000, paid_at=PAYING, exit_until=PAYING + timedelta(minutes=15))
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    page = text(status(mall, payment))
    assert "此前已支付" in page
    assert "正在退款 ¥10.00" in page


@pytest.mark.parametrize("end", ["/hant", "/en"])
def test_result_language_follows_path(mall, payment, channel, end):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    words = {"/hant": "請於", "/en": "Please leave before"}
    assert words[end] in text(status(mall, payment, end))


@pytest.mark.parametrize("token", ["X", "0" * 26, "<svg>", "x" * 200])
def test_unknown_payment_returns_404(mall, token):
    answer = mall.get(f"/t/{token}")
    assert answer.status_code == 404
    assert "<svg>" not in text(answer)
    assert mall.get(f"/t/{token}/state").status_code == 404


def test_status_page_omits_plate(mall, payment, channel):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    assert PLATE not in text(status(mall, payment))
