"""From the fee to the cashier and back: nothing is believed but the channel's word."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lots.models import ParkingSession, Sign
from monitoring import payment_speed
from monitoring.models import SpeedCount
from payments.models import Debt, Payment, Refund
from payments.payment_jobs import chase_payments
from payments.refunds import request_refund
from payments.settling import settle
from payments.staff_actions import end_session
from tests.driver.conftest import PLATE, charge_of, text
from tests.factories import NOON, see
from tests.payments.acting import by

pytestmark = pytest.mark.both_engines

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
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "支付暂时打不开，没有扣款" in text(answer)
    assert "支付 ¥10.00" in text(answer)


def test_frozen_channel_replaces_no_order(mall, charge, channel):
    """The order no longer fits, and its channel does not say whether it was paid."""
    assert pay(mall, charge).status_code == 200
    Payment.objects.update(amount_fen=500)
    channel.fault = "unknown"
    answer = pay(mall, charge)
    assert (answer.status_code, answer["Retry-After"]) == (409, "60")
    assert "不会重复扣款" in text(answer)
    assert Payment.objects.count() == 1


def test_stay_already_paid_owes_nothing(mall, charge):
    ParkingSession.objects.update(paid_fen=1000, paid_at=PAYING, exit_until=PAYING + timedelta(minutes=15))
    assert "没有待缴的停车费" in text(pay(mall, charge))


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
    assert f'<noscript><meta http-equiv="refresh" content="3;url=/t/{payment.token}?again">' in text(answer)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("age", "pause"), [(0, 3), (29, 3), (30, 6), (200, 20), (3000, 60)])
def test_noscript_refresh_interval_grows(mall, payment, clock, age, pause):
    clock(PAYING + timedelta(seconds=age))
    assert f'content="{pause};' in text(status(mall, payment))


@pytest.mark.parametrize(("age", "shown"), [(5, False), (30, True)])
def test_service_phone_appears_after_delay(mall, payment, clock, age, shown):
    clock(PAYING + timedelta(seconds=age))
    assert ('id="late" hidden' not in text(status(mall, payment))) is shown


def test_state_endpoint_returns_payment_state(mall, payment, channel):
    answer = mall.get(f"/t/{payment.token}/state")
    assert (answer.json(), answer["Cache-Control"]) == ({"state": "pending"}, "no-store")
    channel.pay(payment.number)
    chase_payments(PAYING)  # the worker asks: the page itself never does
    assert mall.get(f"/t/{payment.token}/state").json() == {"state": "paid"}


def test_paid_page_shows_deadline_and_receipt(mall, payment, channel, clock):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    page = text(status(mall, payment))
    payment.refresh_from_db()
    for words in ("支付成功", "10.00", "请于 <b>13:16</b> 前离场", payment.receipt_code):
        assert words in page
    assert "refresh" not in page.split("<main>")[0]


def test_exit_deadline_uses_lot_timezone(mall, payment, channel):
    mall.lot.zone = "Asia/Tokyo"
    mall.lot.save()
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    assert "<b>14:16</b>" in text(status(mall, payment))


def test_expired_exit_window_is_shown(mall, payment, channel, clock):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    clock(PAYING + timedelta(minutes=20))
    assert "离场时限已于 13:16 结束" in text(status(mall, payment))
    assert "没有待缴的停车费" in text(mall.send(f"/t/{payment.token}/pay", way="new"))  # the hour is paid


def test_refund_before_leaving_leads_to_fee(mall, payment, channel):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    payment.refresh_from_db()
    request_refund(payment, amount_fen=1000, reason=Refund.Reason.STAFF, at=PAYING)
    assert 'name="way" value="new"' in text(status(mall, payment))


def test_closed_payment_reports_no_charge(mall, payment):
    Payment.objects.update(state=Payment.State.CLOSED, next_check_at=None)
    page = text(status(mall, payment))
    assert "¥10.00 未支付，没有扣款" in page
    assert "重新支付" in page


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


# --- a stay that left unpaid before ---


@pytest.fixture
def owing(mall, parked, clock):
    """The car left once without paying 10 yuan, came back, and owes 5 more."""
    end_session(ParkingSession.objects.get(), left_at=PAYING, by=by(), at=PAYING)
    see(mall.entry, PLATE, PAYING + timedelta(minutes=30))
    return clock(PAYING + timedelta(minutes=61))


def paid_at(mall, channel, at, page):
    mall.pay(page)
    payment = Payment.objects.latest("pk")
    settle(channel.pay(payment.number), cause="notice", at=at)
    payment.refresh_from_db()
    return payment


def test_paid_page_names_an_earlier_debt(mall, owing, channel):
    payment = paid_at(mall, channel, owing, text(mall.search()))
    assert "此前还有一次停车未缴费：¥10.00" in text(status(mall, payment))
    assert PLATE not in text(status(mall, payment))
    fee = text(resume(mall, payment, "earlier"))
    assert "支付 ¥10.00" in fee
    later = paid_at(mall, channel, owing, fee)
    assert later.session_id < payment.session_id
    for each in (payment, later):
        assert "未缴费" not in text(status(mall, each))
    assert "没有待缴的停车费" in text(resume(mall, payment, "earlier"))


def test_shared_page_names_no_debt(mall, owing, channel):
    payment = paid_at(mall, channel, owing, text(mall.search()))
    Payment.objects.update(is_shared=True)
    assert "未缴费" not in text(status(mall, payment))
    assert "没有待缴的停车费" in text(resume(mall, payment, "earlier"))


def test_paid_page_names_no_later_debt(mall, owing, channel):
    payment = paid_at(mall, channel, owing, text(mall.search()))
    Debt.objects.update(since=owing + timedelta(seconds=1))
    assert "未缴费" not in text(status(mall, payment))


# --- on from an unfinished payment ---


def resume(mall, payment, way, end=""):
    return mall.send(f"/t/{payment.token}/pay{end}", way=way)


def test_status_page_asks_no_channel(mall, payment, channel):
    asked = len(channel.calls)
    status(mall, payment)
    mall.get(f"/t/{payment.token}/state")
    payment.refresh_from_db()
    assert len(channel.calls) == asked
    assert payment.next_check_at == PAYING  # the worker does, in its next turn


def test_waiting_pages_query_every_three_seconds(mall, payment, clock):
    status(mall, payment)
    Payment.objects.update(next_check_at=PAYING + timedelta(minutes=1))
    clock(PAYING + timedelta(seconds=2))
    status(mall, payment)
    payment.refresh_from_db()
    assert payment.next_check_at == PAYING + timedelta(minutes=1)


def test_pending_page_leads_on_at_second_sight(mall, payment):
    assert 'id="on" hidden' in text(status(mall, payment))
    page = text(mall.get(f"/t/{payment.token}?again"))
    assert 'id="on" hidden' not in page
    assert "继续支付" in page
    assert "换一种方式" in page
    assert f'href="/p/{mall.pure.code}"' in page


def test_continuing_reuses_the_open_order(mall, payment):
    answer = resume(mall, payment, "same")
    assert "前往收银台" in text(answer)
    assert Payment.objects.count() == 1


def test_other_channel_shows_current_fee(mall, payment, clock):
    clock(PAYING + timedelta(hours=1))
    page = text(resume(mall, payment, "new"))
    assert "支付 ¥15.00" in page
    assert "沪A***45" in page
    assert PLATE not in page


def test_expired_order_continues_with_the_fee(mall, payment, clock):
    clock(PAYING + timedelta(hours=1))
    assert "支付 ¥15.00" in text(resume(mall, payment, "same"))


def test_closed_payment_leads_to_a_payable_fee(mall, payment, clock):
    Payment.objects.update(state=Payment.State.CLOSED, next_check_at=None)
    assert "支付 ¥10.00" in text(resume(mall, payment, "same"))


def test_resuming_a_paid_payment_shows_its_result(mall, payment, channel):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    answer = mall.submit(f"/t/{payment.token}/pay/en", way="same")
    assert (answer.status_code, answer["Location"]) == (303, f"/t/{payment.token}/en")
    assert "没有待缴的停车费" in text(resume(mall, payment, "new"))


def test_paid_page_counts_down_and_reminds(mall, payment, channel):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    page = text(status(mall, payment))
    assert 'data-s="900"' in page
    calendar = mall.get(f"/t/{payment.token}/leave.ics")
    assert calendar["Content-Type"] == "text/calendar; charset=utf-8"
    lines = text(calendar).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert "DTSTART:20261124T051600Z" in lines
    assert "TRIGGER:-PT5M" in lines
    assert PLATE[1:] not in text(calendar)
    assert payment.token not in text(calendar)


def test_reminder_of_a_long_name_is_folded(mall, payment, channel):
    mall.lot.name = "浦江，广场; 一号、二号与三号楼地下停车库（含访客区、装卸区）B1 至 B4 层\n"
    mall.lot.save()
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    calendar = text(mall.get(f"/t/{payment.token}/leave.ics"))
    assert max(len(line.encode()) for line in calendar.split("\r\n")) <= 75
    unfolded = calendar.replace("\r\n ", "")
    assert (
        "浦江，广场\\; 一号、二号与三号楼地下停车库（含访客区、装卸区）B1 至 B4 层\r\nBEGIN:VALARM"
        in unfolded
    )


@pytest.mark.parametrize(
    ("end", "title"),
    [("", "请在 13:16 前离场"), ("/hant", "請在 13:16 前離場"), ("/en", "Leave before 13:16")],
)
def test_reminder_speaks_the_pages_language(mall, payment, channel, end, title):
    settle(channel.pay(payment.number), cause="notice", at=PAYING)
    address = f"/t/{payment.token}/leave.ics{end}"
    assert f'href="{address}"' in text(mall.get(f"/t/{payment.token}{end}"))
    assert title in text(mall.get(address)).replace("\r\n ", "")


@pytest.mark.parametrize("way", ["same", "new"])
def test_lot_without_signs_denies_no_payment(mall, payment, way):
    Sign.objects.update(revoked_at=PAYING)
    page = text(resume(mall, payment, way))
    assert "未找到这笔支付记录" not in page
    assert "021-5555 0100" in page


def test_unpaid_payment_has_no_reminder(mall, payment):
    assert mall.get(f"/t/{payment.token}/leave.ics").status_code == 404


def test_repeated_look_at_state_writes_nothing(mall, payment, clock, django_assert_num_queries):
    clock(PAYING)
    address = f"/t/{payment.token}/state"
    with django_assert_num_queries(2):
        mall.get(address)
    for later in (0, 1):  # the worker's turn has come; then it has set the next one
        clock(PAYING + timedelta(seconds=later))
        Payment.objects.update(next_check_at=PAYING + timedelta(seconds=30 * later))
        with django_assert_num_queries(1):
            assert mall.get(address).json() == {"state": "pending"}
    clock(PAYING + timedelta(seconds=4))
    with django_assert_num_queries(2):
        mall.get(address)


def test_script_gets_cashier_in_header(mall, charge):
    page, script = pay(mall, charge), pay(mall, charge, part="1")
    number = Payment.objects.get().number
    assert page["X-Cashier"] == script["X-Cashier"] == f"https://cashier.example/{number}"
    assert (script.status_code, script.content, script["Content-Length"]) == (200, b"", "0")
    assert script["Content-Security-Policy"] == page["Content-Security-Policy"]


def test_script_gets_no_cashier_of_a_fault(mall, charge, channel):
    channel.fault = "unknown"
    answer = pay(mall, charge, part="1")
    assert (answer.status_code, "X-Cashier" in answer.headers) == (503, False)


def test_order_names_the_lot(mall, charge, channel):
    pay(mall, charge)
    assert next(iter(channel.orders.values())).description == "停车费 浦江广场"


# --- the page of a lot without a sign ---


def test_lot_page_settles_a_car_that_left(mall, parked, clock):
    page = text(mall.get("/lot/pujiang/pay"))
    assert "已离场还没缴费" in page
    assert f'action="/p/{mall.pure.code}"' in page
    assert mall.get("/lot/nowhere/pay").status_code == 404


# --- how long it takes ---


def test_tap_on_pay_is_counted_in_buckets(mall, charge):
    pay(mall, charge, ms="7400,1900")
    rows = SpeedCount.objects.order_by("step").values_list("lot__slug", "step", "seconds", "count")
    assert list(rows) == [("pujiang", "fee", 8, 1), ("pujiang", "tap", 2, 1)]


def test_settled_payments_are_counted_once(mall, payment, channel):
    settle(channel.pay(payment.number), cause="notice", at=PAYING + timedelta(seconds=9))
    tomorrow = PAYING + timedelta(days=1)
    assert payment_speed.count_settled(at=tomorrow) == 1
    assert payment_speed.count_settled(at=tomorrow) == 0
    row = SpeedCount.objects.get(step="paid")
    assert (row.lot, row.seconds, row.count) == (mall.lot, 10, 1)


def test_price_board_shows_medians(mall):
    for _ in range(20):  # at the time of today, as the page shows the last weeks
        payment_speed.note_tap(mall.lot.pk, "7400,1900", at=timezone.now())
    page = text(mall.get("/lot/pujiang/tariff"))
    assert "缴费用时" in page
    assert "8 秒" in page
