"""What the product answers a notice, genuine or not, and what is then in its books."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.timezone import now

from driver import channel_notices
from lots.models import ParkingSession
from monitoring import measurements
from monitoring.signal_rules import Level, judge
from monitoring.signal_words import text_of
from payments import channels, discrepancies, observations, payment_jobs
from payments.models import ChannelCount, Discrepancy, LedgerEntry, Payment, Refund
from payments.providers.contract import Answer, Notice, Outcome
from payments.providers.wechat import WechatProvider
from payments.refusals import NothingOwed
from payments.settling import settle
from tests.factories import make_device, make_lot, see
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up_session, start_paying
from tests.payments.providers.wechat import known

pytestmark = pytest.mark.django_db
MERCHANT = known.settings()["mchid"]


@pytest.fixture
def payment(monkeypatch):
    """An open payment at WeChat Pay of 10 yuan. A call to the channel would fail the test."""
    wechat = known.provider()
    monkeypatch.setattr(channels, "providers", lambda: {("wechat", MERCHANT): wechat})
    monkeypatch.setattr(channels, "former_providers", dict)
    fake = FakeProvider("wechat", MERCHANT, wechat.app)
    monkeypatch.setattr(WechatProvider, "start", lambda _, order, payer: fake.start(order, payer))
    return start()


def start():
    see(make_device(make_lot(), "entry"), "沪A12345", now() - timedelta(minutes=61))
    quote = look_up_session(ParkingSession.objects.latest("pk"), at=now())
    channel = next(iter(channels.providers()))[0]
    return start_paying(quote, channel, at=now())


def transaction(payment, *, amount_fen=None, currency="CNY", **changes):
    """Return what WeChat seals into its notice of a payment."""
    return {
        **known.ORDER,
        "out_trade_no": payment.number,
        "transaction_id": f"42{payment.pk:026d}",
        "success_time": now().isoformat(timespec="seconds"),
        "amount": {"total": payment.amount_fen if amount_fen is None else amount_fen, "currency": currency},
        **changes,
    }


def deliver(
    order,
    *,
    event="TRANSACTION.SUCCESS",
    at=None,
    by="platform",
    provider="wechat",
    merchant=MERCHANT,
    body=None,
):
    body = known.notice(order, event) if body is None else body
    headers = known.signed(body, at or now(), by)
    return (
        Client()
        .post(f"/n/{provider}/{merchant}", body, content_type="application/json", headers=headers)
        .status_code
    )


def state(payment):
    payment.refresh_from_db()
    return payment.state


def test_forged_notice_changes_nothing(payment):
    assert deliver(transaction(payment), by="stranger") == 401
    assert (state(payment), Discrepancy.objects.count()) == ("open", 0)


def test_late_replayed_notice_is_refused(payment):
    order = transaction(payment)
    assert [deliver(order), deliver(order)] == [204, 204]
    assert deliver(order, at=now() - timedelta(minutes=6)) == 401
    assert (state(payment), LedgerEntry.objects.count()) == ("paid", 1)
    assert payment.events.filter(became="paid").count() == 1


def test_unknown_payment_number_is_recorded(payment):
    order = transaction(payment, out_trade_no="UNKNOWN" + "0" * 19)
    assert [deliver(order), deliver(order)] == [204, 204]
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount_fen) == ("unknown_number", payment.amount_fen)
    assert state(payment) == "open"


@pytest.mark.parametrize("change", [{"amount_fen": 999}, {"amount_fen": 1001}, {"currency": "USD"}], ids=str)
def test_mismatched_amount_is_never_credited(payment, change):
    assert deliver(transaction(payment, **change)) == 204
    assert Discrepancy.objects.get().kind == "differs"
    assert (state(payment), LedgerEntry.objects.count()) == ("open", 0)


@pytest.mark.parametrize("known", [True, False])
def test_each_wrong_amount_is_a_row(payment, known):
    """A second claim about one order, also after the first was resolved, is not silent."""
    number = payment.number if known else "UNKNOWN" + "0" * 19
    claims = [transaction(payment, out_trade_no=number, amount_fen=fen) for fen in (999, 1, 999)]
    assert deliver(claims[0]) == 204
    Discrepancy.objects.update(resolved_at=now())
    assert [deliver(claim) for claim in claims[1:]] == [204, 204]
    rows = Discrepancy.objects.order_by("pk").values_list("amount_fen", "lot", "resolved_at")
    lot = payment.lot_id if known else None
    assert [row[:2] for row in rows] == [(999, lot), (1, lot)]
    assert rows[1][2] is None


def test_foreign_merchant_notice_settles_nothing(payment):
    assert deliver(transaction(payment, mchid="1900000001")) == 204
    assert Discrepancy.objects.get().kind == "unknown_number"
    assert state(payment) == "open"


def test_unknown_merchant_notice_is_rejected(payment):
    assert deliver(transaction(payment), merchant="m-2") == 404
    assert state(payment) == "open"


@pytest.fixture
def nothing_counted(monkeypatch):
    monkeypatch.setattr(observations, "_last", 0.0)
    observations._strangers.clear()


def test_removed_merchant_notices_are_shown(payment, nothing_counted):
    Payment.objects.filter(pk=payment.pk).update(merchant="m-2")
    assert deliver(transaction(payment), merchant="m-2") == 404  # so the channel repeats it for a day
    (signal,) = [one for one in judge(measurements.measure(at=now())) if one.kind == "unknown_merchant"]
    assert (signal.level, signal.subject, signal.values["count"]) == (Level.RED, "wechat m-2", 1)
    assert "加回去" in str(text_of(signal).advice)


def test_invented_merchants_are_counted_together(payment, nothing_counted):
    for number in range(50):
        assert deliver(transaction(payment), merchant=f"made-up-{number}") == 404
        assert deliver(transaction(payment), provider="nobody", merchant="x") == 404
    assert len(observations._strangers) <= observations.MOST_STRANGERS + 1
    observations.flush((), at=now(), at_once=True)
    assert measurements.unknown_merchants(now()) == {"wechat": (50, False)}
    assert ChannelCount.objects.count() == 1


def test_unknown_notice_type_changes_nothing(payment):
    assert deliver(transaction(payment), event="PROMOTION") == 204
    assert state(payment) == "open"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 401), (b"[]", 401), (b"\xff", 401), (b"{" + b" " * channel_notices.LARGEST + b"}", 413)],
    ids=["no JSON", "no object", "no text", "too large"],
)
def test_malformed_notice_is_refused(payment, body, status):
    assert deliver({}, body=body) == status


def test_huge_content_length_is_refused(payment):
    address = f"/n/wechat/{MERCHANT}"
    answer = Client().post(address, b"{}", content_type="application/json", CONTENT_LENGTH=str(10**9))
    assert answer.status_code == 413


def test_database_outage_requests_redelivery(payment, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(channel_notices, "settle", away)
        assert deliver(transaction(payment)) == 503
    assert deliver(transaction(payment)) == 204
    assert state(payment) == "paid"


def test_notice_before_response_is_preserved(channel, monkeypatch):
    really = FakeProvider.start

    def overtaken(self, order, payer):
        answer = really(self, order, payer)
        settle(self.pay(order.number), cause="notice", at=now())
        return answer

    monkeypatch.setattr(FakeProvider, "start", overtaken)
    with pytest.raises(NothingOwed):
        start()
    payment = Payment.objects.get()
    assert payment.state == "paid"
    assert list(payment.events.order_by("pk").values_list("was", "became")) == [("new", "paid")]


def test_refund_notice_waits_for_payment(channel, monkeypatch):
    """Made by hand in the channel's own console, for a payment whose own notice was lost."""
    monkeypatch.setattr(channels, "former_providers", dict)
    payment = start()
    channel.pay(payment.number)
    back = channel.statement(
        payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number="DESK-1"
    )
    monkeypatch.setattr(
        FakeProvider, "read_notice", lambda *_: Notice((back,), Answer(204), Answer(503)), raising=True
    )

    def news():
        return Client().post("/n/fake/m1", b"{}", content_type="application/json").status_code

    assert news() == 503
    assert (state(payment), Refund.objects.count(), Discrepancy.objects.count()) == ("open", 0, 0)
    payment_jobs.chase_payments(now())
    assert state(payment) == "paid"
    assert [news(), news()] == [204, 204]
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_fen, refund.reason) == ("done", 300, "external")
    payment.session.refresh_from_db()
    assert (payment.session.paid_fen, Discrepancy.objects.count()) == (700, 0)


def test_discrepancy_learns_its_amount(payment):
    """A notice names a refund without its amount, which the bill has. Two amounts are two rows."""
    named = {"provider": "wechat", "merchant": "m", "number": "N1", "provider_number": "R1", "at": now()}
    kind = Discrepancy.Kind.OVER_REFUNDED
    rows = [discrepancies.report(kind, **named, amount_fen=fen) for fen in (None, 500, 500, 700, 700)]
    assert [row.pk - rows[0].pk for row in rows] == [0, 0, 0, 1, 1]
    assert list(Discrepancy.objects.order_by("pk").values_list("amount_fen", flat=True)) == [500, 700]
