"""Own lots, tested on a clock.

A row a lot says when; who takes a row first tests it; what got worse is an alarm.

The test runs beside the worker in a thread of its own, so that no payment waits for a browser. A row is
taken by moving its time ahead; a worker that dies in between only delays that lot by the lease.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils.timezone import now

from compliance.models import SelfCheck, SelfCheckAlarm
from lots.models import Lot
from lots.sign_qr import sign_address
from selfcheck.chrome import NoBrowser, Options, find_axe

LEASE = timedelta(minutes=30)
NO_BROWSER = (
    "服务器没有安装自查用的浏览器，请联系服务器管理员（docs/selfcheck.md）。"  # as results are: in Chinese
)
log = structlog.get_logger("selfcheck")
_pool = ThreadPoolExecutor(1, thread_name_prefix="selfcheck")
_running: list[Future[None]] = []


def start_due(*, at: datetime) -> int:
    """Begin the test of one lot that is due, if none is under way here; return how many were begun.

    Without SELFCHECK_HOURS, only the lots that staff asked for are due.
    """
    if any(not future.done() for future in _running):
        return 0
    if settings.SELFCHECK_HOURS:
        enrol(at=at)
    row = claim(at=at)
    if row is None:
        return 0
    _running[:] = [_pool.submit(_test, row.pk)]
    return 1


def enrol(*, at: datetime) -> None:
    """Create each lot's row; the first test is due at once."""
    known = SelfCheck.objects.values("lot")
    rows = [SelfCheck(lot=lot, next_check_at=at) for lot in Lot.objects.exclude(pk__in=known)]
    SelfCheck.objects.bulk_create(rows, ignore_conflicts=True)


def claim(*, at: datetime) -> SelfCheck | None:
    """Claim the row that has waited longest, for LEASE; None if none is due or others were faster."""
    due = SelfCheck.objects.filter(next_check_at__lte=at)
    if not settings.SELFCHECK_HOURS:
        due = due.filter(asked_at__isnull=False)
    for row in due.order_by("next_check_at")[:5]:
        taken = SelfCheck.objects.filter(pk=row.pk, next_check_at=row.next_check_at).update(
            next_check_at=at + LEASE
        )
        if taken:
            return row
    return None


def stage_of(row: SelfCheck, *, at: datetime) -> str:
    """Return whether a lot waits for its test, is being tested, or has a time for the next; "" for none."""
    if not settings.SELFCHECK_HOURS and row.asked_at is None:
        return ""
    if row.next_check_at <= at:
        return "due"
    planned = row.checked_at and row.checked_at + _every()
    return "next" if row.next_check_at == planned or row.next_check_at > at + LEASE else "running"


def _every() -> timedelta:
    return timedelta(hours=settings.SELFCHECK_HOURS or 24)


def _test(pk: int) -> None:
    """Test a claimed lot. A failure is logged; the test is tried again when its lease ends."""
    try:
        row = SelfCheck.objects.select_related("lot").get(pk=pk)
        document = result_of(row.lot)
        record(row, document, at=now())
    except NoBrowser as error:
        log.warning("no_browser", reason=str(error))
        _note_no_browser(row)
    except Exception as error:  # noqa: BLE001 - no caller would see it: this is a thread
        log.warning("selfcheck_failed", error=type(error).__name__)
    finally:
        close_old_connections()


def _note_no_browser(row: SelfCheck) -> None:
    """Show staff why, and let them retry; the lease stays, for a worker on a machine with a browser."""
    rows = SelfCheck.objects.filter(pk=row.pk)
    rows.update(asked_at=None)
    rows.filter(document__isnull=True).update(
        document={"verdict": "unknown", "why": [NO_BROWSER], "rules": []}
    )


def result_of(lot: Lot) -> dict[str, Any] | None:
    """Return the result for the lot's pure code as it is printed; None where no sign hangs."""
    from selfcheck.checking import Page, check  # with all rules: a web process needs none of them
    from selfcheck.hosts import Lists

    sign = lot.signs.pure().first()
    if sign is None:
        return None
    # One's own address may well be a private one, and its certificate is the machine's business.
    options = Options(allow_private=True, axe=find_axe(), cashiers=_sandbox())
    return check([Page(sign_address(sign), options=options)], lists=Lists(), parallel=1)[0].document


def _sandbox() -> tuple[str, ...]:
    return (settings.SANDBOX_URL.partition("//")[2],) if settings.SANDBOX_URL else ()


@transaction.atomic
def record(row: SelfCheck, document: dict[str, Any] | None, *, at: datetime) -> SelfCheckAlarm | None:
    """Store a result, schedule the next test, and raise an alarm if the page got worse.

    A test without a result is stored as such, and compared with nothing: the document stays.
    """
    row.next_check_at = at + _every()
    row.checked_at, row.asked_at = at, None
    row.verdict = document["verdict"] if document else "unknown"
    alarm = _alarm(row, document, at) if document and row.verdict != "unknown" else None
    if document and (row.verdict != "unknown" or row.document is None):
        row.document = document
    row.save()
    return alarm


def _alarm(row: SelfCheck, document: dict[str, Any], at: datetime) -> SelfCheckAlarm | None:
    from selfcheck.verdicts import compare  # with all rules, see `result_of`

    if row.document is None:
        before: dict[str, Any] = {"verdict": "pure", "rules": []}  # our pages are made to be pure
        if document["verdict"] != "not_pure":
            return None
    else:
        before = row.document
    change = compare(before, document)
    if not change.relapsed:
        return None
    log.warning("page_got_worse", lot=row.lot_id, rules=list(change.worse))
    return SelfCheckAlarm.objects.create(
        lot_id=row.lot_id,
        at=at,
        was=change.was.value,
        became=change.now.value,
        worse=" ".join(change.worse)[:200],
    )


def handle(alarm: SelfCheckAlarm, *, by: Any, reason: str, at: datetime) -> bool:
    """Close an alarm with who did what; False if someone had closed it already."""
    return alarm.advance(
        SelfCheckAlarm.State.HANDLED,
        at=at,
        cause="handled",
        handled_at=at,
        handled_by=by,
        reason=reason[:200],
    )


def make_due(lot: Lot, *, at: datetime) -> None:
    """Make a lot due at once. A test that is under way is not begun again."""
    row, made = SelfCheck.objects.get_or_create(lot=lot, defaults={"next_check_at": at, "asked_at": at})
    if not made and stage_of(row, at=at) != "running":
        SelfCheck.objects.filter(pk=row.pk).update(next_check_at=at, asked_at=at)
