"""Days that are counted once for the reports: equal to live counts, and dropped where a time changes."""

from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils.timezone import localtime, now

from lots.models import Lot, ParkingSession
from payments.business_days import day_of
from payments.models import SessionDay
from payments.payment_jobs import count_session_days
from payments.reports import occupancy
from payments.reports.report import ReportRange
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
DAYS = 12
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def session(lot, entered, left):
    return ParkingSession.objects.create(lot=lot, plate_kind="", entered_at=entered, left_at=left)


def fill(lots, *, count=150, seed=1):
    """Give these lots random sessions of the last days, some with no entry, some that are still inside."""
    dice, at = Random(seed), now()
    for number in range(count):
        entered = at - timedelta(minutes=dice.randrange(60 * 24 * DAYS))
        left = min(at, entered + timedelta(minutes=dice.choice([1, 15, 16, 90, 800, 4000])))
        session(
            dice.choice(lots),
            None if number % 20 == 0 else entered,
            None if number % 20 == 1 else left,
        )


def count_all():
    while count_session_days(now()):
        pass


def reports(lots, *, days=DAYS, back=0):
    last = day_of(now(), lots[0].tz) - back * DAY
    asked = ReportRange(lots, last - days * DAY, last)
    return [
        (made.rows, made.totals, made.bars) for made in (occupancy.by_hour(asked), occupancy.by_length(asked))
    ]


def live(lots, **period):
    """Return the reports with no day counted before."""
    SessionDay.objects.all().delete()
    return reports(lots, **period)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "America/New_York"])
def test_counted_days_equal_live_counts(zone):
    lots = [make_lot(zone=zone) for _ in range(3)]
    fill(lots)
    expected = live(lots), live(lots, days=4, back=5), live(lots[:1])
    count_all()
    assert SessionDay.objects.count() >= (DAYS - 3) * len(lots)
    assert (reports(lots), reports(lots, days=4, back=5), reports(lots[:1])) == expected


def test_clock_change_days_equal_live_counts():
    lot = make_lot(zone="Europe/Berlin")
    begin = datetime(2026, 10, 23, tzinfo=lot.tz)  # the 25th has 25 hours
    for number in range(90):
        session(lot, begin + number * HOUR, begin + number * HOUR + HOUR / 2)
    asked = ReportRange([lot], begin.date(), begin.date() + 4 * DAY)
    expected = occupancy.by_hour(asked)
    count_all()
    assert len(SessionDay.objects.get(day=begin.date() + 2 * DAY).hours) == 50 * 4
    assert occupancy.by_hour(asked) == expected


def test_missing_lot_is_counted_live():
    lots = [make_lot() for _ in range(2)]
    fill(lots)
    expected = live(lots)
    count_all()
    SessionDay.objects.filter(lot=lots[0], day=day_of(now() - 6 * DAY, lots[0].tz)).delete()
    assert reports(lots) == expected


def test_days_of_yesterday_and_today_are_live():
    lot = make_lot()
    fill([lot])
    count_all()
    assert SessionDay.objects.latest("day").day < day_of(now() - DAY, lot.tz)


def oldest(lot):
    return ParkingSession.objects.filter(lot=lot, entered_at__isnull=False).earliest("entered_at")


CHANGES = {
    "entry": lambda lot, _: ParkingSession.objects.filter(pk=oldest(lot).pk).update(
        entered_at=F("entered_at") - DAY
    ),
    "exit": lambda lot, at: ParkingSession.objects.filter(pk=oldest(lot).pk).update(left_at=at - 8 * DAY),
    "reopened": lambda lot, _: ParkingSession.objects.filter(pk=oldest(lot).pk).update(left_at=None),
    "unknown entry": lambda lot, at: ParkingSession.objects.filter(pk=oldest(lot).pk).update(
        entered_at=None, left_at=at - 8 * DAY
    ),
    "deleted": lambda lot, _: oldest(lot).delete(),
    "added": lambda lot, at: session(lot, at - 5 * DAY, at - 4 * DAY),
    "added inside": lambda lot, at: session(lot, at - 5 * DAY, None),
    "zone": lambda lot, _: Lot.objects.filter(pk=lot.pk).update(zone="America/New_York"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_counted_time_is_counted_again(name):
    lot, other = make_lot(), make_lot()
    fill([lot, other])
    count_all()
    untouched = SessionDay.objects.filter(lot=other).count()
    CHANGES[name](lot, now())
    lot.refresh_from_db()
    assert SessionDay.objects.filter(lot=other).count() == untouched
    before = reports([lot])
    count_all()
    assert reports([lot]) == before == live([lot])


def test_entries_and_exits_drop_no_counts():
    lot = make_lot()
    fill([lot])
    car = session(lot, now() - 6 * DAY, None)
    count_all()
    days = SessionDay.objects.count()
    session(lot, now(), None)
    ParkingSession.objects.filter(pk=car.pk).update(left_at=now(), paid_fen=500)
    assert SessionDay.objects.count() == days


def test_correction_in_console_is_counted_again():
    lot, at = make_lot(), now()
    fill([lot])
    car = session(lot, at - 7 * DAY, None)
    count_all()
    owner = signed_in(make_person(Role.OWNER, operator=lot.operator))
    left = localtime(at - 5 * DAY, lot.tz)
    form = {"act": str(uuid4()), "reason": "出口没有识别到", "left": f"{left:%Y-%m-%dT%H:%M}"}
    assert owner.post(f"/console/stays/{car.pk}/end", form).status_code == 302
    assert SessionDay.objects.filter(lot=lot).latest("day").day < left.date()
    count_all()
    assert reports([lot]) == live([lot])
