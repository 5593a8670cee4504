"""Money for an order that is not ours: staff let it count for a stay or send it back."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from lots.models import ParkingSession
from payments import ledger, payment_jobs, refunds, staff_actions, unmatched
from payments.channels import ChannelDown
from payments.models import Debt, Discrepancy, Payment, Refund, StaffAct
from payments.models.closing_models import BillLine, BillRun
from payments.providers.contract import Order, Outcome, Statement
from payments.receipts import written
from payments.refund_acts import Decided, SamePerson
from payments.settling import settle
from payments.unmatched import NotAdoptable, NotItsLot, NotPaidThere
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, signed_in
from tests.payments.acting import LATER, LEAVING, OTHER, PLATE, by, fresh, park, pay

pytestmark = pytest.mark.django_db
NUMBER = "PRESTORED" + "0" * 17


@pytest.fixture
def lot():
    return make_lot(slug="lot-x")


@pytest.fixture
def parked(lot):
    return park(make_device(lot, "entry"))


@pytest.fixture
def orphan(lot, channel):
    return receive_unmatched(channel, 1000)


def receive_unmatched(channel, fen, number=NUMBER):
    """The channel took money for an order that our books, restored from yesterday, do not have."""
    channel.orders[number] = Order(number, fen, LEAVING, "", "", "")
    channel.taken_at = LEAVING
    settle(channel.pay(number), cause="notice", at=LEAVING)
    return Discrepancy.objects.get(number=number)


def set_refund_limit(settings, fen=10_000):
    settings.STAFF_REFUND_LIMIT = fen


def test_adopted_payment_pays_the_stay(lot, parked, orphan, settings):
    set_refund_limit(settings)
    act = unmatched.adopt(orphan, to=parked, by=by(), at=LEAVING)
    payment = Payment.objects.get()
    assert (payment.number, payment.state, payment.credited_fen) == (NUMBER, "paid", 1000)
    assert fresh(parked).exit_until == LEAVING + timedelta(minutes=15)
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000}
    assert (act.kind, act.session, act.discrepancy, act.amount_fen) == ("adopted", parked, orphan, 1000)
    assert fresh(orphan).resolved_at == LEAVING
    assert list(payment.events.values_list("cause", flat=True)) == ["operator"]


def test_surplus_of_adopted_payment_is_refunded(lot, parked, channel, settings):
    set_refund_limit(settings)
    pay(lot, channel)
    unmatched.adopt(receive_unmatched(channel, 700), to=parked, by=by(), at=LEAVING)
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.payment.number) == (700, "surplus", NUMBER)
    payment_jobs.send_refunds(LEAVING)
    assert fresh(refund).state == "done"
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000, "to_refund": 0}


def test_adopted_payment_clears_debt(lot, parked, orphan, settings):
    set_refund_limit(settings)
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert Debt.objects.get().amount_fen == 1000
    unmatched.adopt(orphan, to=parked, by=by(), at=LATER)
    assert Debt.objects.get().amount_fen == 0


def test_payment_without_stay_is_refunded(lot, parked, orphan, channel, settings):
    set_refund_limit(settings)
    unmatched.send_back(orphan, lot=lot, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    payment, refund = Payment.objects.get(), Refund.objects.get()
    assert (payment.credited_fen, refund.amount_fen, refund.state) == (0, 1000, "done")
    assert channel.refunds == {refund.number: Outcome.REFUND_DONE}
    assert (payment.session.plate, payment.session.left_at, payment.session.needs_review) == (
        None,
        LEAVING,
        False,
    )
    assert fresh(parked).paid_fen == 0
    assert ledger.balances() == {"channel:fake:m1": 0, "to_refund": 0}


def test_lost_stays_payment_becomes_income(lot, parked, orphan, channel, settings):
    set_refund_limit(settings)
    act = unmatched.count_as_income(orphan, lot=lot, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER)
    payment = Payment.objects.get()
    assert (payment.credited_fen, payment.paid_at, payment.session.paid_fen) == (1000, LATER, 1000)
    assert (payment.session.plate, payment.session.needs_review) == (None, False)
    assert payment.receipt_code
    assert not Refund.objects.exists()
    assert not Debt.objects.exists()
    assert fresh(parked).paid_fen == 0
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000}
    assert (act.kind, act.payment, act.discrepancy, act.lot) == ("income", payment, orphan, lot)
    assert fresh(orphan).resolved_at == LATER
    settle(channel.pay(NUMBER), cause="notice", at=LATER)
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000}


@pytest.mark.parametrize("way", ["count_as_income", "send_back"])
def test_income_settles_the_systems_difference(lot, orphan, settings, way):
    set_refund_limit(settings)
    there, other = (
        Discrepancy.objects.create(
            kind="system_over", provider="keytop", number=number, amount_fen=1000, lot=lot, seen_at=LEAVING
        )
        for number in (NUMBER, "ANOTHER")
    )
    getattr(unmatched, way)(orphan, lot=lot, by=by(), at=LATER)
    assert (fresh(there).resolved_at is not None) == (way == "count_as_income")
    assert fresh(other).resolved_at is None


@pytest.mark.parametrize(
    ("way", "back", "parking", "sent"),
    [
        ("count_as_income", 300, -700, 0),  # the bill's refund comes off the income
        ("send_back", 300, None, 700),  # only the rest is sent
        ("send_back", 1000, None, 0),
        ("gone_back", 1000, None, 0),
        ("adopt", 1000, 0, 0),  # the stay owes its fee
    ],
)
def test_refund_on_the_bill_counts_once(lot, parked, orphan, channel, settings, way, back, parking, sent):
    """The refund was lost with its payment: the driver gets it once."""
    set_refund_limit(settings)
    over = refund_on_the_bill(back)
    where = {"to": parked} if way == "adopt" else {"lot": lot}
    more = {"number": "R1"} if way == "gone_back" else {}
    getattr(unmatched, way)(orphan, **where, **more, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER)
    made = Refund.objects.filter(external_number="R1").get()
    assert (made.amount_fen, made.state, made.billed_on) == (back, "done", date(2026, 11, 24))
    rest = Refund.objects.exclude(pk=made.pk)
    assert sum(each.amount_fen for each in rest) == sent
    assert len(channel.refunds) == rest.count()
    books = ledger.balances()
    assert books["channel:fake:m1"] == 1000 - back - sent
    assert books.get("parking") == parking
    assert books.get("to_refund", 0) == 0
    assert fresh(over).resolved_at == LATER


@pytest.mark.parametrize("outcome", ["refund_pending", "refund_abnormal", "refund_failed"])
def test_unfinished_refund_is_not_booked(lot, orphan, settings, outcome):
    set_refund_limit(settings)
    over = refund_on_the_bill(1000, outcome)
    if outcome == "refund_failed":
        unmatched.count_as_income(orphan, lot=lot, by=by(), at=LATER)
    else:  # it may still be done
        with pytest.raises(NotPaidThere):
            unmatched.count_as_income(orphan, lot=lot, by=by(), at=LATER)
    assert not Refund.objects.exists()
    assert Payment.objects.count() == (outcome == "refund_failed")
    assert fresh(over).resolved_at is None


def refund_on_the_bill(fen, outcome="refund_done"):
    """A bill has a refund of the money whose order our books do not have."""
    day = date(2026, 11, 24)
    run = BillRun.objects.create(
        provider="fake", merchant="m1", day=day, state="done", verdict="open", created_at=LEAVING
    )
    BillLine.objects.create(
        run=run,
        verdict="missing_here",
        became="open",
        number=NUMBER,
        refund_number="R1",
        amount_fen=fen,
        outcome=outcome,
        at=LEAVING,
    )
    return Discrepancy.objects.create(
        kind="over_refunded",
        provider="fake",
        merchant="m1",
        number=NUMBER,
        provider_number="R1",
        amount_fen=fen,
        day=day,
        seen_at=LEAVING,
    )


@pytest.mark.parametrize("is_gone", [False, True])
def test_lot_without_tariff_sends_money_back(lot, orphan, channel, settings, is_gone):
    """A lot in front of another parking system has no tariff of its own."""
    set_refund_limit(settings)
    lot.tariffs.all().delete()
    if is_gone:
        unmatched.gone_back(orphan, lot=lot, number="CONSOLE-1", by=by(), at=LEAVING)
    else:
        unmatched.send_back(orphan, lot=lot, by=by(), at=LEAVING)
        payment_jobs.send_refunds(LEAVING)
    assert (Refund.objects.get().amount_fen, Refund.objects.get().state) == (1000, "done")
    assert ledger.balances() == {"channel:fake:m1": 0, "to_refund": 0}
    assert fresh(orphan).resolved_at == LEAVING


def test_refund_at_channel_is_booked_external(lot, orphan, channel, settings):
    set_refund_limit(settings, 0)  # the money is gone: nobody needs to approve that
    unmatched.gone_back(orphan, lot=lot, number="CONSOLE-1", by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    refund = Refund.objects.get()
    assert (refund.external_number, refund.state, refund.done_at) == ("CONSOLE-1", "done", LEAVING)
    assert channel.refunds == {}  # it is not sent a second time
    assert refunds.record_external(
        refund.payment, amount_fen=1000, number="CONSOLE-1", cause="bill", at=LATER
    ) == [refund]


@pytest.mark.parametrize(
    ("way", "asked", "done"),
    [
        ("adopt", "orphan_asked", "adopted"),
        ("send_back", "orphan_asked", "sent_back"),
        ("count_as_income", "income_asked", "income"),
    ],
)
def test_adoption_above_limit_needs_approval(lot, parked, orphan, settings, way, asked, done):
    set_refund_limit(settings, 999)
    ask = getattr(unmatched, way)
    where = {"to": parked} if way == "adopt" else {"lot": lot}
    assert ask(orphan, **where, by=by(), at=LEAVING).kind == asked
    with pytest.raises(Decided):  # one request at a time
        ask(orphan, **where, by=by("wang"), at=LEAVING)
    with pytest.raises(SamePerson):
        unmatched.approve(orphan, by=by(), at=LEAVING)
    assert not Payment.objects.exists()
    press = by("wang")
    for _ in range(2):
        act = unmatched.approve(orphan, by=press, at=LEAVING)
    payment = Payment.objects.get()
    assert (act.kind, payment.session_id == parked.pk) == (done, way == "adopt")
    assert Refund.objects.exists() == (way == "send_back")
    with pytest.raises(NotAdoptable):
        unmatched.approve(fresh(orphan), by=by("wang"), at=LEAVING)


def test_declined_request_can_be_repeated(lot, orphan, settings):
    set_refund_limit(settings, 999)
    unmatched.send_back(orphan, lot=lot, by=by(), at=LEAVING)
    unmatched.decline(orphan, by=by("wang"), at=LEAVING)
    assert (unmatched.request_of(orphan), fresh(orphan).resolved_at) == (None, None)
    unmatched.send_back(orphan, lot=lot, by=by(), at=LEAVING)
    assert unmatched.request_of(orphan) is not None


def test_channel_must_confirm_the_payment(lot, parked, orphan, channel, settings):
    set_refund_limit(settings)
    channel.fault = "unknown"
    with pytest.raises(ChannelDown):
        unmatched.adopt(orphan, to=parked, by=by(), at=LEAVING)
    channel.fault = ""
    for outcome in (Outcome.CLOSED, Outcome.NOT_FOUND, Outcome.OPEN):
        channel.outcomes[NUMBER] = outcome
        with pytest.raises(NotPaidThere):
            unmatched.send_back(orphan, lot=lot, by=by(), at=LEAVING)
    assert not StaffAct.objects.exists()
    assert not Payment.objects.exists()


def test_differing_or_foreign_payment_is_refused(lot, parked, channel, settings):
    set_refund_limit(settings)
    foreign = receive_unmatched(channel, 500, "FOREIGN" * 5)
    differs = Discrepancy.objects.create(
        kind="differs", provider="fake", merchant="m1", number="D1", amount_fen=5, seen_at=LEAVING
    )
    for row in (foreign, differs):
        with pytest.raises(NotAdoptable):
            unmatched.adopt(row, to=parked, by=by(), at=LEAVING)


@pytest.mark.parametrize("way", ["adopt", "count_as_income", "send_back", "gone_back"])
def test_known_payment_is_not_booked_twice(lot, parked, channel, orphan, settings, way):
    set_refund_limit(settings)
    known = pay(lot, channel)
    Payment.objects.filter(pk=known.pk).update(provider_number=channel.query(NUMBER).provider_number)
    where = {
        "adopt": {"to": parked},
        "count_as_income": {"lot": lot},
        "send_back": {"lot": lot},
        "gone_back": {"lot": lot, "number": "CONSOLE-1"},
    }
    with pytest.raises(NotAdoptable):
        getattr(unmatched, way)(orphan, **where[way], by=by(), at=LEAVING)
    assert (Payment.objects.get(), fresh(orphan).resolved_at) == (known, None)
    assert not Refund.objects.exists()
    assert not StaffAct.objects.exists()


def test_payment_requires_its_merchants_lot(lot, orphan, settings):
    set_refund_limit(settings)
    Discrepancy.objects.filter(pk=orphan.pk).update(lot=lot)
    elsewhere = make_lot()
    with pytest.raises(NotItsLot):
        unmatched.send_back(fresh(orphan), lot=elsewhere, by=by(), at=LEAVING)
    etc = Discrepancy.objects.create(
        kind="unknown_number", provider="etc", merchant="lot-x", number="X1", amount_fen=5, seen_at=LEAVING
    )
    with pytest.raises(NotItsLot):
        unmatched.send_back(etc, lot=elsewhere, by=by(), at=LEAVING)


def test_unmatched_etc_payment_can_be_assigned(lot, parked, settings):
    set_refund_limit(settings)
    form_data = Statement(
        "etc", "lot-x", "X1", Outcome.PAID, provider_number="E1", amount_fen=1000, at=LEAVING
    )
    settle(form_data, cause="outside", at=LEAVING)
    unmatched.adopt(Discrepancy.objects.get(), to=parked, by=by(), at=LEAVING)
    assert fresh(parked).paid_fen == 1000
    settle(form_data, cause="outside", at=LATER)  # the reporter repeats it
    assert (fresh(parked).paid_fen, Payment.objects.count()) == (1000, 1)


def test_adopted_payment_has_bill_date(lot, parked, orphan, settings):
    set_refund_limit(settings)
    Discrepancy.objects.filter(pk=orphan.pk).update(day=date(2026, 11, 24))
    unmatched.adopt(fresh(orphan), to=parked, by=by(), at=LATER)
    assert Payment.objects.get().billed_on == date(2026, 11, 24)


def test_page_requires_approval_hides_plate(lot, parked, orphan, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    set_refund_limit(settings, 500)
    first, second = (person(lot) for _ in range(2))
    page = f"/console/discrepancies/{orphan.pk}"
    assert f'href="{page}"' in first.get("/console/tasks").content.decode()
    shown = first.get(page).content.decode()
    assert all(words in shown for words in ("计入一次停车", "退回付款人", "已在渠道后台退回", NUMBER))
    wrong = first.post(f"{page}/adopt", form_data(lot="lot-x", target=OTHER))
    assert wrong.status_code == 409
    assert "找不到这条停车记录" in wrong.content.decode()
    assert first.post(f"{page}/adopt", form_data(lot="lot-x", target=PLATE)).status_code == 302
    assert "批准" not in first.get(page).content.decode()
    asked = second.get(page).content.decode()
    assert f"停车记录 {parked.pk}" in asked
    assert f'href="/console/stays/{parked.pk}"' in asked  # who approves looks at the stay first
    act = uuid4()
    for _ in range(2):  # the second press finds the act, though the difference is put away
        done = second.post(f"{page}/approve", form_data(act=act))
        assert (done.status_code, done.headers["Location"]) == (302, "/console/tasks")
    assert ParkingSession.objects.get().paid_fen == 1000
    assert PLATE not in "".join(StaffAct.objects.values_list("subject", flat=True))


def test_income_page_shows_the_evidence(lot, orphan, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    set_refund_limit(settings, 500)
    there = Discrepancy.objects.create(
        kind="system_over",
        provider="keytop",
        number=NUMBER,
        amount_fen=1000,
        lot=lot,
        day=date(2026, 11, 24),
        seen_at=LEAVING,
    )
    first, second = (person(lot) for _ in range(2))
    page = f"/console/discrepancies/{orphan.pk}"
    shown = first.get(page).content.decode()
    assert f'href="/console/discrepancies/{there.pk}"' in shown
    assert "停车系统已为 2026-11-24 的一次停车计入这笔款" in shown
    assert first.post(f"{page}/income", form_data(lot="lot-x")).status_code == 302
    assert "按 lot-x 的收入入账" in second.get(page).content.decode().replace(lot.name, "lot-x")
    assert second.post(f"{page}/approve", form_data()).status_code == 302
    assert "长款按收入入账" in second.get(page).content.decode()
    payment = Payment.objects.get()
    code = written(payment.receipt_code)
    assert code in second.get(f"/console/payments/{payment.pk}").content.decode()
    form = "application/x-www-form-urlencoded"
    receipt = second.post("/r", f"code={code}", content_type=form, follow=True)
    assert (receipt.status_code, "¥10.00" in receipt.content.decode()) == (200, True)


def test_page_preselects_only_known_lot(lot, orphan, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    make_lot(slug="sister", operator=lot.operator)
    client = signed_in(make_person(Role.FINANCE, operator=lot.operator))
    Discrepancy.objects.filter(pk=orphan.pk).update(lot=lot)
    page = f"/console/discrepancies/{orphan.pk}"
    known = client.get(page).content.decode()
    assert 'value="lot-x"' in known
    assert 'value="sister"' not in known
    Discrepancy.objects.filter(pk=orphan.pk).update(lot=None)
    assert '<option value="" selected>请选择</option>' in client.get(page).content.decode()
    assert client.post(f"{page}/send-back", form_data(lot="")).status_code == 422
    assert not StaffAct.objects.exists()


def form_data(**fields):
    return {"act": uuid4(), "reason": "备份恢复后补记", **fields}


def person(lot):
    return signed_in(make_person(Role.FINANCE, lot=lot))
