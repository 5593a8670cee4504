"""Each night: a parking system's own paid list of the day against our books, where it has a call for that.

One row a lot and day, repeated each hour for two days where the list could not be read; a system that offers
none is asked once. Payments that it lacks may come late: it is read again each hour, and what it lacks at the
last reading counts. What differs becomes a task. Payments that the system has not accepted yet are tasks
already.
"""

from collections import Counter
from datetime import date, datetime, timedelta

from django.utils.timezone import localtime

from core.claims import LEASE, Queue
from core.jobs import job, queue_job
from lots.models import Lot, ParkingSystemLink
from lots.systems import REMOTE, system_of
from lots.systems.parking_system import ListsPayments, Paid, Unreachable
from payments.business_days import bounds
from payments.models import Discrepancy, SystemListRun
from payments.system_comparison import ComparedPayment, Comparison, compare_rows

FROM_HOUR = 3  # by the lot's clock: late payments have been counted by then
MARGIN, LATER = (
    timedelta(minutes=10),
    timedelta(hours=26),
)  # their clock, and payments accepted after midnight
AGAIN, GIVEN_UP_AFTER = timedelta(hours=1), 48
LAST_READING = 6  # of a list that lacks payments
MOST_TASKS = 500  # of one day: more is one fault of a list, not many of payments
Kind = Discrepancy.Kind


@job(every=timedelta(minutes=10), lasting=True)
def plan_lists(at: datetime) -> int:
    """Plan yesterday's list of each lot whose system gives one."""
    named = [name for name, system in REMOTE.items() if issubclass(system, ListsPayments)]
    lots = Lot.objects.filter(system__in=named, closed_at=None, system_link__isnull=False)
    return sum(_plan(lot, at) for lot in lots)


def _plan(lot: Lot, at: datetime) -> bool:
    here = localtime(at, lot.tz)
    if here.hour < FROM_HOUR:
        return False
    day = here.date() - timedelta(days=1)
    _, is_new = SystemListRun.objects.get_or_create(lot=lot, day=day, defaults={"next_check_at": at})
    return is_new


def _work(run: SystemListRun, at: datetime) -> None:
    begin, end = bounds(run.day, run.lot.tz)
    system = system_of(run.lot)
    listed: list[Paid] | Unreachable = (
        system.paid_list(begin - MARGIN, min(at, end + LATER))
        if isinstance(system, ListsPayments)
        else Unreachable("not_configured")
    )
    mine = SystemListRun.objects.filter(pk=run.pk, next_check_at=at + LEASE)
    if isinstance(listed, Unreachable):
        is_final = listed.fault == "not_offered" or run.checks >= GIVEN_UP_AFTER
        later = None if is_final else at + AGAIN
        mine.update(fault=listed.fault[:40], checks=run.checks + 1, next_check_at=later)
        return
    found = _compare(run.lot, run.day, listed)
    if found.short and run.checks + 1 < LAST_READING:
        mine.update(fault="list_is_late", checks=run.checks + 1, next_check_at=at + AGAIN)
        return
    count = sum(map(len, (found.differs, found.over, found.short, found.unreported, found.twice)))
    _note(run, found, at)
    mine.update(
        equal=found.equal,
        equal_fen=found.equal_fen,
        differences=count,
        fault="",
        done_at=at,
        next_check_at=None,
    )


def _compare(lot: Lot, day: date, listed: list[Paid]) -> Comparison:
    counted = Counter(paid.number for paid in listed)
    theirs = {paid.number: paid.fen for paid in reversed(listed)}
    twice = [(number, theirs[number]) for number, count in counted.items() if count > 1]
    return compare_rows(lot, day, theirs, twice)


def _note(run: SystemListRun, found: Comparison, at: datetime) -> None:
    code = ParkingSystemLink.objects.filter(lot=run.lot).values_list("lot_code", flat=True).first() or ""
    kinds = (
        (Kind.SYSTEM_OVER, found.over),
        (Kind.SYSTEM_SHORT, found.short),
        (Kind.SYSTEM_DIFFERS, [*found.differs, *found.twice]),
    )
    rows = [(kind, row) for kind, several in kinds for row in several]
    for kind, row in rows[:MOST_TASKS]:
        _task(run, kind, row, code, at)


def _task(run: SystemListRun, kind: Kind, row: ComparedPayment, code: str, at: datetime) -> None:
    Discrepancy.objects.get_or_create(
        kind=kind,
        provider=run.lot.system[:16],
        merchant=code[:64],
        number=row.number[:64],
        provider_number="",
        defaults={
            "amount_fen": row.ours_fen if row.theirs_fen is None else row.theirs_fen,
            "lot": run.lot,
            "day": run.day,
            "seen_at": at,
        },
    )


compare_lists = queue_job(
    "payments.system_lists.compare_lists",
    Queue(
        lambda: SystemListRun.objects.filter(next_check_at__isnull=False).select_related("lot"),
        _work,
        party=("lot_id",),
    ),
    every=timedelta(minutes=1),
)
