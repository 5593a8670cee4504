"""Races: each effect happens once. Real threads, real connections, PostgreSQL.

SQLite lets one writer in at a time, so there the same tests only show that no call is refused.
"""

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection

from lots import gates, permits
from lots.corrections import drop
from lots.models import GateCommand, ParkingSession, Permit, PermitExtension, PlateRead
from lots.plates import parse
from lots.tickets import NoCarWaiting, issue_ticket
from payments import checkout, ledger, payment_jobs
from payments.channel_orders import query
from payments.models import LedgerEntry, Payment, PaymentEvent, Refund
from payments.providers.contract import Outcome
from payments.refunds import TooMuch, request_refund
from payments.refusals import ChargeExpired
from payments.settling import settle
from tests.factories import NOON, make_device, see
from tests.payments.conftest import fakes
from tests.payments.payment_steps import look_up, start_paying

__all__ = ["fakes"]

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)


def at_once(*calls, delays=None):
    """Run the calls on threads of their own, let go together; return what each answered or raised."""
    line = Barrier(len(calls))
    answers = [None] * len(calls)

    def run(number, call):
        try:
            connection.ensure_connection()
            line.wait(timeout=120)
            time.sleep(delays[number] if delays else 0)
            answers[number] = call()
        except Exception as error:  # noqa: BLE001 - handed to the test
            answers[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def faults(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


@pytest.fixture
def parked(entry):
    see(entry, PLATE, NOON)
    return ParkingSession.objects.get()


def order(lot, channel="one", at=LEAVING):
    token = look_up(lot=lot, plate=parse(PLATE), at=at)
    return lambda: start_paying(token, channel, at=at)


def pay(fake, payment, at=LEAVING):
    statement = fake.pay(payment.number)
    return lambda: settle(statement, cause="notice", at=at)


def test_concurrent_notices_settle_once(lot, parked, way_out, fakes):
    see(way_out, PLATE, LEAVING)
    payment = order(lot)()
    assert not faults(at_once(*[pay(fakes[0], payment)] * 10))
    parked.refresh_from_db()
    assert parked.paid_fen == 1000
    assert PaymentEvent.objects.filter(became="paid").count() == LedgerEntry.objects.count() == 1
    assert GateCommand.objects.filter(cause="paid").count() == 1


def test_concurrent_notice_and_query_settle_once(lot, parked, fakes):
    payment = order(lot)()
    notice = pay(fakes[0], payment)
    assert not faults(at_once(notice, lambda: query(payment, at=LEAVING), notice))
    parked.refresh_from_db()
    assert (parked.paid_fen, PaymentEvent.objects.filter(became="paid").count()) == (1000, 1)


def test_concurrent_pay_presses_share_an_attempt(lot, parked, fakes):
    payments = at_once(*[order(lot) for _ in range(4)])
    assert not faults(payments)
    assert len({payment.pk for payment in payments}) == Payment.objects.count() == 1


def test_concurrent_look_ups_note_sharing(lot, parked, fakes):
    presses = [order(lot, at=LEAVING + timedelta(seconds=n)) for n in range(4)]
    assert not faults(at_once(*presses))
    assert Payment.objects.get().is_shared


@pytest.mark.parametrize("has_coupons", [False, True])
def test_paying_for_deleted_stay_is_refused(lot, parked, fakes, monkeypatch, has_coupons):
    """Staff delete a misread stay after its charge was asked for again, before the payment is stored."""
    if has_coupons:
        monkeypatch.setattr(checkout, "hold", lambda *_, **__: True)
        monkeypatch.setattr(checkout, "record_of", with_coupons(checkout.record_of))
    press, choose = order(lot), checkout.provider_for
    monkeypatch.setattr(checkout, "provider_for", lambda *named: drop(parked) or choose(*named))
    with pytest.raises(ChargeExpired):
        press()
    assert not fakes[0].calls


def with_coupons(record_of):
    return lambda *named, **more: replace(record_of(*named, **more), coupons=[1])


def test_concurrent_channels_refund_one_payment(lot, parked, fakes):
    payments = at_once(order(lot, "one"), order(lot, "two"))
    assert not faults(at_once(pay(fakes[0], payments[0]), pay(fakes[1], payments[1])))
    parked.refresh_from_db()
    assert parked.paid_fen == 1000
    assert Refund.objects.get().amount_fen == 1000
    at_once(*[lambda: payment_jobs.send_refunds(LEAVING)] * 3)
    assert Refund.objects.get().state == "done"
    assert {name: fen for name, fen in ledger.balances().items() if fen}["parking"] == -1000


def test_concurrent_entry_reads_make_one_session(lot, entry):
    beside = make_device(lot, "entry")
    verdicts = at_once(*[lambda device=device: see(device, PLATE, NOON) for device in (entry, beside)])
    assert not faults(verdicts)
    assert ParkingSession.objects.count() == 1
    assert sum(verdict.opens(NOON) for verdict in verdicts) == 1


def test_concurrent_exit_reads_open_once(lot, parked, way_out):
    beside = make_device(lot, "exit")
    soon = NOON + timedelta(minutes=10)
    verdicts = at_once(*[lambda device=device: see(device, PLATE, soon) for device in (way_out, beside)])
    assert not faults(verdicts)
    assert sum(verdict.opens(soon) for verdict in verdicts) == 1
    assert GateCommand.objects.filter(cause="nothing_owed").count() == 1


def test_repeated_event_is_one_read(entry):
    verdicts = at_once(*[lambda: see(entry, PLATE, NOON, key="same")] * 10)
    assert not faults(verdicts)
    assert len({verdict.command.pk for verdict in verdicts}) == 1
    assert PlateRead.objects.count() == ParkingSession.objects.count() == GateCommand.objects.count() == 1


@pytest.mark.parametrize("round_", range(30))
def test_payment_during_exit_read_opens_once(lot, parked, way_out, fakes, round_):
    payment = order(lot)()
    answers = at_once(
        pay(fakes[0], payment),
        lambda: see(way_out, PLATE, LEAVING),
        delays=[max(0, round_ - 15) / 2000, max(0, 15 - round_) / 2000],
    )
    assert not faults(answers)
    opened = answers[1].opens(LEAVING)
    fetched = gates.take_commands(way_out, at=LEAVING)
    assert opened + len(fetched) == 1
    parked.refresh_from_db()
    assert (parked.left_at, parked.paid_fen) == (LEAVING, 1000)


def test_workers_claim_each_row_once(lot, entry, fakes):
    for number in range(12):
        plate = f"沪A100{number:02}"
        see(entry, plate, NOON)
        token = look_up(lot=lot, plate=parse(plate), at=LEAVING)
        start_paying(token, "one", at=LEAVING)
    fakes[0].calls.clear()
    later = LEAVING + timedelta(seconds=6)
    done = at_once(*[lambda: payment_jobs.chase_payments(later)] * 3)
    assert not faults(done)
    assert sum(done) == fakes[0].calls.count("query") == 12


def test_concurrent_polls_get_command_once(lot, parked, way_out, fakes):
    see(way_out, PLATE, LEAVING)
    pay(fakes[0], order(lot)())()
    handed = at_once(*[lambda: gates.take_commands(way_out, at=LEAVING)] * 4)
    assert not faults(handed)
    assert sum(len(commands) for commands in handed) == 1


def test_concurrent_acknowledgements_apply_once(lot, parked, way_out, fakes):
    see(way_out, PLATE, LEAVING)
    pay(fakes[0], order(lot)())()
    (command,) = gates.take_commands(way_out, at=LEAVING)
    answers = at_once(
        *[
            lambda opened=opened: gates.acknowledge(way_out, command.pk, opened=opened, at=LEAVING)
            for opened in (True, False, True, False)
        ]
    )
    assert not faults(answers)
    parked.refresh_from_db()
    command.refresh_from_db()
    assert (parked.left_at is not None) == (command.state == "opened")


@pytest.mark.parametrize("milliseconds", [0, 4, 8, 12])
def test_return_during_failed_opening_is_kept(entry, way_out, parked, milliseconds):
    """The exit's barrier reports that it stayed down while the same plate comes in again."""
    command = see(way_out, PLATE, NOON + timedelta(minutes=5)).command
    again = NOON + timedelta(minutes=9)
    answers = at_once(
        lambda: gates.acknowledge(way_out, command.pk, opened=False, at=again),
        lambda: see(entry, PLATE, again),
        delays=[0, milliseconds / 1000],
    )
    assert not faults(answers)
    assert ParkingSession.objects.filter(left_at=None).count() == 1


def test_concurrent_refunds_never_exceed_payment(lot, parked, fakes):
    payment = order(lot)()
    pay(fakes[0], payment)()
    payment.refresh_from_db()
    answers = at_once(
        *[lambda: request_refund(payment, amount_fen=600, reason=Refund.Reason.STAFF, at=LEAVING)] * 4
    )
    assert [type(answer) for answer in faults(answers)] == [TooMuch] * 3
    parked.refresh_from_db()
    assert (parked.paid_fen, Refund.objects.count()) == (400, 1)


def test_concurrent_refund_results_finish_once(lot, parked, fakes):
    payment = order(lot)()
    pay(fakes[0], payment)()
    payment.refresh_from_db()
    for number in range(10):
        refund = request_refund(payment, amount_fen=100, reason=Refund.Reason.OVERPAID, at=LEAVING)
        statement = fakes[0].statement(
            payment.number,
            outcome=[Outcome.REFUND_DONE, Outcome.REFUND_FAILED][number % 2],
            amount_fen=100,
            refund_number=refund.number,
        )
        fakes[0].refunds[refund.number] = statement.outcome
        notice = [lambda statement=statement: settle(statement, cause="notice", at=LEAVING)] * 3
        assert not faults(at_once(lambda: payment_jobs.send_refunds(LEAVING), *notice))
    parked.refresh_from_db()
    payment.refresh_from_db()
    assert (parked.paid_fen, payment.reserved_refund_fen) == (500, 500)
    assert {name: fen for name, fen in ledger.balances().items() if fen} == {
        "channel:one:m": 500,
        "parking": -500,
    }


def test_concurrent_ticket_presses_issue_one(lot, entry):
    see(entry, None, NOON)
    answers = at_once(*[lambda: issue_ticket(lane=entry.lane, at=NOON)] * 4)
    assert [type(answer) for answer in faults(answers)] == [NoCarWaiting] * 3
    assert ParkingSession.objects.count() == GateCommand.objects.count() == 1


@pytest.mark.parametrize("round_", range(6))
def test_concurrent_replays_make_one_session(lot, entry, way_out, round_):
    later = NOON + timedelta(hours=5)
    replays = [
        lambda device=device, when=when: see(device, PLATE, when, offline=True, received=later)
        for device, when in ((entry, NOON), (way_out, LEAVING))
    ]
    assert not faults(at_once(*replays, delays=[round_ / 4000, 0]))
    session = ParkingSession.objects.get()
    assert (session.entered_at, session.left_at) == (NOON, LEAVING)


@pytest.mark.parametrize("round_", range(6))
def test_payment_survives_session_rebuild(lot, parked, entry, fakes, round_):
    payment = order(lot)()
    early = NOON - timedelta(minutes=3)
    answers = at_once(
        pay(fakes[0], payment),
        lambda: see(entry, PLATE, early, offline=True, received=LEAVING),
        lambda: see(
            add_entry_camera(lot), PLATE, early + timedelta(seconds=5), offline=True, received=LEAVING
        ),
        delays=[round_ / 1000, 0, 0],
    )
    assert not faults(answers)
    assert sum(ParkingSession.objects.values_list("paid_fen", flat=True)) == 1000


def add_entry_camera(lot):
    return make_device(lot, "entry")


@pytest.mark.parametrize("round_", range(6))
def test_command_fetch_survives_replay(lot, parked, entry, way_out, fakes, round_):
    see(way_out, PLATE, LEAVING)
    pay(fakes[0], order(lot)())()
    answers = at_once(
        lambda: gates.take_commands(way_out, at=LEAVING),
        lambda: see(entry, PLATE, NOON - timedelta(minutes=2), offline=True, received=LEAVING),
        lambda: gates.take_commands(way_out, at=LEAVING),
        delays=[round_ / 1000, 0, 0],
    )
    assert not faults(answers)
    assert len(answers[0]) + len(answers[2]) == 1
    assert not ParkingSession.objects.filter(left_at=None).exists()


# permits


def grant_permit(lot, at=LEAVING):
    terms = {"valid_from": NOON, "valid_until": NOON + timedelta(days=30), "source": "staff"}
    return lambda: permits.grant(lot=lot, plate=parse(PLATE), **terms, at=at)


def test_concurrent_grants_create_one_permit(lot, parked):
    rights = at_once(*[grant_permit(lot)] * 6)
    assert not faults(rights)
    assert len({permit.pk for permit in rights}) == Permit.objects.count() == 1


def test_concurrent_extensions_apply_once(lot, parked):
    permit, until = grant_permit(lot)(), NOON + timedelta(days=60)
    assert not faults(at_once(*[lambda: permits.extend(permit, until=until, at=LEAVING)] * 4))
    assert PermitExtension.objects.count() == 1


def test_concurrent_plate_changes_apply_once(lot, parked):
    permit = grant_permit(lot)()
    answers = at_once(
        *[
            lambda plate=plate: permits.change_plate(permit, plate=parse(plate), why="换车", at=LEAVING)
            for plate in ("沪B22222", "沪C33333")
        ]
    )
    assert [type(fault) for fault in faults(answers)] == [permits.Closed]
    assert Permit.objects.filter(closed_at=None).count() == 1


@pytest.mark.parametrize("late", [0, 0.01, 0.03])
def test_revocation_during_exit_stays_consistent(lot, parked, way_out, late):
    """Either the car is gone, and one command let it out, or it stands there and owes what came after."""
    permit = grant_permit(lot, at=NOON)()
    revoke = partial(permits.revoke, permit, why="退租", at=NOON + timedelta(minutes=30))
    leave = partial(see, way_out, PLATE, LEAVING)
    verdict, revoked = at_once(leave, revoke, delays=[late, 0.03 - late])
    assert not faults([verdict, revoked])
    parked.refresh_from_db()
    out = GateCommand.objects.filter(session=parked, lane=way_out.lane).count()
    assert (parked.left_at, verdict.due_fen, out) in [(LEAVING, None, 1), (None, 500, 0)]


def test_grant_during_exit_opens_once(lot, parked, way_out):
    answers = at_once(lambda: see(way_out, PLATE, LEAVING), grant_permit(lot), grant_permit(lot))
    assert not faults(answers)
    assert GateCommand.objects.filter(session=parked, lane=way_out.lane).count() == 1
