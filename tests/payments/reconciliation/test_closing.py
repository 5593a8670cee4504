"""Business days: what they sum up to, closing, opening again, and money that comes late."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core.csv_file import table
from core.database import wait_for_writers
from lots.models import Lane, ParkingSession
from payments import append_only, day_closing, day_report, ledger, refunds
from payments.amount_csv import Yuan
from payments.business_days import BEIJING, bounds, last_bill_day
from payments.day_closing import AlreadyMoved, DayNotOver, LaterDayClosed, ReasonNeeded, StillBooking
from payments.models import Discrepancy, Payment, Refund
from payments.models.closing_models import DayClosingEvent
from payments.numbers import new_number, new_token
from tests.factories import make_lot

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def clerk():
    return get_user_model().objects.create_user("账务小王", is_superuser=True)


def hour(hours, day=DAY, zone=BEIJING):
    return bounds(day, zone)[0] + timedelta(hours=hours)


def paid(lot, at, *, fen=1000, credited=None, provider="wechat", booked=None):
    """A payment whose money moved at `at` and was booked then or later."""
    lane, _ = Lane.objects.get_or_create(lot=lot, name="in", direction="entry")
    session = ParkingSession.objects.create(
        lot=lot, plate_kind="blue", entered_at=at - timedelta(hours=2), entry_lane=lane, paid_fen=0
    )
    credited = fen if credited is None else credited
    payment = Payment.objects.create(
        lot=lot,
        session=session,
        price_fen=fen,
        due_fen=fen,
        until=at,
        provider=provider,
        merchant="m1",
        number=new_number(),
        token=new_token(),
        amount_fen=fen,
        credited_fen=credited,
        state="paid",
        language="zh-hans",
        created_at=at,
        expires_at=at,
        paid_at=at,
    )
    for entry in ledger.entries_of(payment, credited_fen=credited, at=booked or at):
        entry.save()
    ParkingSession.objects.filter(pk=session.pk).update(paid_fen=credited)
    return payment


def close(lot, day=DAY, *, at=None, version=0, by=None, reason=""):
    return day_closing.close(lot, day, version=version, by=by, at=at or hour(35, day), reason=reason)


def lines(report):
    return [(f.late_day, f.provider, f.kind, f.count, f.fen) for f in report.figures]


def test_day_totals_are_grouped_by_channel(lot):
    paid(lot, hour(1))
    paid(lot, hour(2), fen=700, credited=200)
    paid(lot, hour(3), provider="alipay")
    paid(lot, hour(4), provider="cash", fen=300)
    back = refunds.record_external(paid(lot, hour(5)), number="X1", amount_fen=400, at=hour(6), cause="bill")
    assert back[0].reason == "external"
    paid(lot, hour(24))
    report = day_report.report(lot, DAY)
    assert lines(report) == [
        ("", "alipay", "payment", 1, 1000),
        ("", "cash", "payment", 1, 300),
        ("", "wechat", "payment", 3, 2200),
        ("", "wechat", "refund", 1, 400),
        ("", "wechat", "surplus", 1, 500),
    ]
    assert (report.received_fen, report.refunded_fen, report.net_fen) == (4000, 400, 3600)


def test_business_day_uses_lot_timezone():
    lot = make_lot(zone="Asia/Urumqi")  # two hours behind Beijing
    paid(lot, hour(25))
    assert day_report.report(lot, DAY).net_fen == 1000
    assert day_report.report(make_lot(), DAY).net_fen == 0
    assert day_report.report(lot, NEXT).net_fen == 0


def test_day_report_excludes_other_lots(lot):
    paid(make_lot(), hour(1))
    assert day_report.report(lot, DAY).figures == ()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_day_length_follows_dst(day, hours):
    from zoneinfo import ZoneInfo

    start, end = bounds(day, ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 11, 24, 2, 29, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 24, 2, 30, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_newest_bill_changes_at_1030_beijing(utc, day):
    assert last_bill_day(utc) == day


def test_closed_day_freezes_figures(lot, clerk):
    paid(lot, hour(1))
    event = close(lot, by=clerk)
    paid(lot, hour(2), booked=hour(40))
    seen = day_closing.day_of_lot(lot, DAY)
    assert (seen.is_closed, seen.report.net_fen, seen.last) == (True, 1000, event)
    assert (event.by, event.figures["net_fen"], len(event.digest)) == (clerk, 1000, 64)


def test_late_money_corrects_next_open_day(lot):
    paid(lot, hour(1))
    refunds.record_external(
        paid(lot, hour(3), booked=hour(3)), number="X", amount_fen=100, at=hour(4), cause="bill"
    )
    close(lot)
    paid(lot, hour(2), fen=500, booked=hour(40))
    close(lot, NEXT - timedelta(days=2), at=hour(36))
    report = day_report.report(lot, NEXT)
    assert lines(report) == [(DAY.isoformat(), "wechat", "payment", 1, 500)]
    assert day_report.report(lot, NEXT + timedelta(days=1)).figures == ()


def test_late_money_is_shown_once(lot):
    close(lot)
    paid(lot, hour(2), fen=500, booked=hour(40))
    close(lot, NEXT)
    paid(lot, hour(3), fen=70, booked=hour(70))
    days = [day_closing.day_of_lot(lot, DAY + timedelta(days=n)).report for n in range(4)]
    assert [day.net_fen for day in days] == [0, 500, 70, 0]


def test_every_fen_counts_exactly_once(lot):
    booked = [(1, 1), (20, 33), (20, 34.99), (30, 34.999), (2, 60), (40, 90), (1, 100), (60, 101)]
    closings = {35: DAY, 61: NEXT, 95: NEXT + timedelta(days=1)}
    moments = [(at, None, moved) for moved, at in booked] + [(at, day, 0) for at, day in closings.items()]
    moments.sort(key=lambda each: each[0])
    for at, day, moved in moments:
        if day:
            close(lot, day, at=hour(at))
        else:
            paid(lot, hour(moved), fen=100, booked=hour(at))
    days = [day_closing.day_of_lot(lot, DAY + timedelta(days=n)).report for n in range(6)]
    assert sum(day.net_fen for day in days) == 100 * len(booked)


@pytest.mark.parametrize("set_back", [10, 61, 33 * 60])
def test_no_money_is_lost_as_clock_turns(lot, set_back):
    """A closing, then the server's clock is set back by minutes: what is booked now is dated before it."""
    paid(lot, hour(1), fen=1)
    close(lot, at=hour(35))
    paid(lot, hour(2), fen=20, booked=hour(35) - timedelta(minutes=set_back))
    assert lines(day_report.report(lot, NEXT)) == [(DAY.isoformat(), "wechat", "payment", 1, 20)]
    close(lot, NEXT, at=hour(61))
    paid(lot, hour(3), fen=300, booked=hour(61) - timedelta(minutes=set_back))
    paid(lot, hour(30), fen=4000, booked=hour(61) - timedelta(minutes=set_back))
    days = [day_closing.day_of_lot(lot, DAY + timedelta(days=n)).report for n in range(4)]
    assert [day.net_fen for day in days] == [1, 20, 4300, 0]


@pytest.fixture
def in_flight(lot):
    """Book 700 fen in a transaction that stays open for a while after the event is set."""
    begun, end = Event(), Event()
    Lane.objects.create(lot=lot, name="in", direction="entry")

    def book():
        with transaction.atomic():
            paid(lot, hour(2), fen=700, booked=hour(34))
            begun.set()
            end.wait(60)
            sleep(0.1)
        connection.close()

    thread = Thread(target=book)
    thread.start()
    begun.wait(60)
    yield end
    end.set()
    thread.join(60)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_closing_covers_bookings_in_flight(lot, in_flight, monkeypatch):
    """One with a higher number is committed first, where the database has two writers at a time."""
    if connection.vendor == "postgresql":
        paid(lot, hour(2), fen=20, booked=hour(35))
        monkeypatch.setattr(day_closing, "wait_for_writers", partial(wait_for_writers, seconds=0))
        with pytest.raises(StillBooking):
            close(lot)
    monkeypatch.setattr(day_closing, "wait_for_writers", lambda *of: in_flight.set() or wait_for_writers(*of))
    close(lot)
    days = [day_closing.day_of_lot(lot, day).report for day in (DAY, NEXT)]
    assert [day.net_fen for day in days] == ([720, 0] if connection.vendor == "postgresql" else [0, 700])


@pytest.mark.parametrize("behind", [10, 23 * 60])
def test_clock_behind_loses_no_booking(lot, behind):
    """The money moved just after midnight, and a machine whose clock is behind dated it the day before."""
    paid(lot, hour(0.1), booked=hour(0.1) - timedelta(minutes=behind))
    assert day_report.report(lot, DAY).net_fen == 1000


@pytest.mark.parametrize("at", [hour(23.99), hour(24) + timedelta(minutes=1)])
def test_unfinished_day_cannot_be_closed(lot, at):
    with pytest.raises(DayNotOver):
        close(lot, at=at)


def test_second_closing_is_rejected(lot, clerk):
    seen = day_closing.day_of_lot(lot, DAY)
    close(lot, version=seen.version, by=clerk)
    with pytest.raises(AlreadyMoved):
        close(lot, version=seen.version)
    assert DayClosingEvent.objects.count() == 1


def make_open_discrepancy(lot, day=DAY):
    return Discrepancy.objects.create(
        kind="differs", provider="wechat", merchant="m1", number="N", lot=lot, day=day, seen_at=hour(30)
    )


def test_open_discrepancies_require_reason(lot):
    row = make_open_discrepancy(lot)
    for reason in ("", "   "):
        with pytest.raises(ReasonNeeded):
            close(lot, reason=reason)
    event = close(lot, reason="已联系微信支付客服")
    assert (event.reason, event.open_discrepancies) == ("已联系微信支付客服", 1)
    Discrepancy.objects.filter(pk=row.pk).update(resolved_at=hour(36))
    assert close(lot, NEXT).open_discrepancies == 0


@pytest.mark.parametrize(
    ("days", "other", "counts"), [(0, False, 1), (1, False, 0), (-9, False, 1), (0, True, 0)]
)
def test_discrepancies_count_per_lot_and_day(lot, days, other, counts):
    make_open_discrepancy(make_lot() if other else lot, DAY + timedelta(days=days))
    assert day_report.report(lot, DAY).open_discrepancies == counts


def test_reopening_requires_reason_and_is_recorded(lot, clerk):
    paid(lot, hour(1))
    first = close(lot, by=clerk)
    with pytest.raises(ReasonNeeded):
        day_closing.reopen(lot, DAY, version=1, by=clerk, at=hour(36), reason=" ")
    again = day_closing.reopen(lot, DAY, version=1, by=clerk, at=hour(36), reason="现金漏录")
    paid(lot, hour(2), booked=hour(37), provider="cash", fen=300)
    last = close(lot, version=2, at=hour(38), by=clerk)
    assert [first.kind, again.kind, last.kind] == ["closed", "reopened", "closed"]
    assert (first.figures["net_fen"], last.figures["net_fen"]) == (1000, 1300)
    assert day_closing.altered(lot) == []


def test_later_closed_day_blocks_reopening(lot):
    close(lot)
    close(lot, NEXT)
    with pytest.raises(LaterDayClosed):
        day_closing.reopen(lot, DAY, version=1, by=None, at=hour(80), reason="x")


def test_closing_history_is_append_only(lot):
    event = close(lot)
    rows = DayClosingEvent.objects.filter(pk=event.pk)
    for act in (lambda: rows.update(reason="x"), rows.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    with pytest.raises(AssertionError):
        event.save()


def test_altered_figures_fail_verification(lot, capsys):
    close(lot)
    event = close(lot, NEXT)
    call_command("close_day", "--verify")
    assert "all closings are as they were made" in capsys.readouterr().out
    append_only.drop(connection.schema_editor())  # as someone who owns the database could
    DayClosingEvent.objects.filter(pk=event.pk).update(figures={**event.figures, "net_fen": 1})
    with pytest.raises(SystemExit) as left:
        call_command("close_day", "--verify")
    assert left.value.code == 1
    assert capsys.readouterr().out == f"{lot.slug}  {NEXT}  closed 2026-11-22 03:00 UTC: changed since\n"


@pytest.mark.parametrize("more", [["--reopen"], ["--dry-run"], ["--day", "2026-11-20"], ["--reason", "x"]])
def test_verify_rejects_other_options(lot, more):
    with pytest.raises(CommandError, match="--verify"):
        call_command("close_day", lot.slug, "--verify", *more)


def test_deleted_closing_is_detected(lot):
    first, second = close(lot), close(lot, NEXT)
    append_only.drop(connection.schema_editor())
    DayClosingEvent.objects.filter(pk=first.pk).delete()
    assert day_closing.altered(lot) == [second]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1"])
def test_csv_cells_escape_formulas(text):
    assert f"'{text}" in table([[text]])
    assert table([[Yuan(-105)]]) == "\ufeff-1.05\r\n"


def test_refunds_count_on_completion_day(lot):
    payment = paid(lot, hour(1))
    refunds.record_external(payment, number="Y", amount_fen=100, at=hour(26), cause="bill")
    assert day_report.report(lot, DAY).refunded_fen == 0
    assert day_report.report(lot, NEXT).refunded_fen == 100
    assert Refund.objects.count() == 1
