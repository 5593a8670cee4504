"""Which bills are due, who works on one, and what happens when one cannot be had.

A run is a row with a `next_check_at`, leased to one worker by a conditional update. A bill is used only once
it was read to its end: until then its run keeps nothing but lines and marks, and another try begins by
taking them back. A day waits for the day before, so that rows around midnight find their bill.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from itertools import batched
from time import monotonic
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.transport import OutcomeUnknown
from payments import discrepancies
from payments.business_days import BEIJING, day_of, last_bill_day
from payments.channels import ChannelDown, provider_named, providers
from payments.models import Refund
from payments.models.closing_models import BillLine, BillRun
from payments.providers.contract import BillDamaged, BillNotReady, BillRow, ProviderRefused
from payments.reconciliation import bill_marks, bill_settlement, missing_rows
from payments.reconciliation.bill_comparison import BATCH, JudgedRow, Tally, judge

LEASE = timedelta(minutes=30)  # longer than a bill of a million rows takes
RETRY = timedelta(minutes=30)
TRIES = 8  # then an alarm: four hours after the bill was promised
LATER = timedelta(days=1)  # between tries after that
RETENTION = 80  # days: channels keep bills for about three months
SLICE = 100  # lines dealt with at a time
State, Verdict, Became = BillRun.State, BillRun.Verdict, BillLine.Became

log = structlog.get_logger("reconciliation")


def plan(*, at: datetime) -> int:
    """Make the runs that are due: yesterday's of each merchant, and each day since its newest one."""
    last, made = last_bill_day(at), 0
    for (name, merchant), provider in providers().items():
        if not provider.has_bills:
            continue
        newest = BillRun.objects.filter(provider=name, merchant=merchant).order_by("-day").first()
        day = max(newest.day + timedelta(days=1), last - timedelta(days=RETENTION)) if newest else last
        while day <= last:
            made += ensure(name, merchant, day, at=at)[1]
            day += timedelta(days=1)
    return made


def ensure(provider: str, merchant: str, day: date, *, at: datetime) -> tuple[BillRun, bool]:
    """Return the run of a day, and whether it is new."""
    return BillRun.objects.get_or_create(
        provider=provider,
        merchant=merchant,
        day=day,
        defaults={"created_at": at, "next_check_at": at},
    )


def repeat(run: BillRun, *, at: datetime) -> bool:
    """Start a run again, for example because its bill was mended; False while a worker is at it."""
    run.refresh_from_db(fields=["state", "leased_until"])
    if run.leased_until is not None and run.leased_until > at:
        return False
    return run.advance(
        State.WAITING,
        at=at,
        cause="repeated",
        unchanged=("leased_until",),
        next_check_at=at,
        leased_until=None,
        attempts=0,
        fault="",
    )


def check_now(run: BillRun, *, at: datetime) -> bool:
    """Check the open lines of a read bill now, not later; False where the run is not at that point."""
    return bool(
        BillRun.objects.filter(pk=run.pk, state=State.CHECKING, leased_until=None).update(next_check_at=at)
    )


def claim(*, at: datetime, only: BillRun | None = None) -> BillRun | None:
    """Return a run that is due, now leased to the caller; None where nothing is due."""
    before = BillRun.objects.filter(
        provider=OuterRef("provider"),
        merchant=OuterRef("merchant"),
        day__lt=OuterRef("day"),
        state=State.WAITING,
    )
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    due = BillRun.objects.filter(free, next_check_at__lte=at)
    due = due.filter(pk=only.pk) if only else due.exclude(Exists(before) & Q(state=State.WAITING))
    for run in due.order_by("day", "pk")[:10]:
        taken = BillRun.objects.filter(free, pk=run.pk, next_check_at=run.next_check_at)
        if taken.update(leased_until=at + LEASE):
            run.leased_until = at + LEASE
            return run
    return None


def work_on(run: BillRun, *, at: datetime) -> None:
    """Take a claimed run one step on: read its bill, or deal with some of its lines."""
    if run.state in {State.WAITING, State.FAILED}:
        _read(run, at)
    else:
        _check(run, at)


class _TakenOver(Exception):
    """Another worker has the run: this one slept through its lease, or staff had the bill read again."""


@contextmanager
def _held(run: BillRun) -> Iterator[None]:
    """Open a transaction in which no one else takes the run. Raises `_TakenOver` if someone has."""
    with transaction.atomic():
        if _ours(run).select_for_update(of=("self",), no_key=True).first() is None:
            raise _TakenOver
        yield


def _ours(run: BillRun) -> QuerySet[BillRun]:
    """Return the run as long as this worker has it."""
    return BillRun.objects.filter(pk=run.pk, leased_until=run.leased_until)


def _read(run: BillRun, at: datetime) -> None:
    """Read the bill. Of two workers the later one reads all of it, and the earlier one writes no more."""
    with suppress(_TakenOver):
        _read_whole(run, at)


def _read_whole(run: BillRun, at: datetime) -> None:
    try:
        provider = provider_named(run.provider, run.merchant)
        _take_back(run)
        tally = Tally()
        for batch in batched(provider.fetch_bill(run.day), BATCH):
            _keep(run, batch, tally)
    except (BillNotReady, BillDamaged, OutcomeUnknown, ProviderRefused, ChannelDown) as fault:
        _take_back(run)
        _postpone(run, fault, at)
        return
    except (OperationalError, InterfaceError, _TakenOver):
        raise
    except Exception:
        _take_back(run)
        _postpone(run, None, at)
        raise
    _keep_totals(run, tally, at)


def _keep(run: BillRun, batch: Sequence[BillRow], tally: Tally) -> None:
    """Mark what agrees and keep a line of the rest."""
    with _held(run):
        lots = bill_marks.mark_agreeing(run.provider, run.merchant, run.day, batch)
        tally.add_agreed([row for row in batch if not row.refund_number and row.number in lots], lots)
        rest = [row for row in batch if row.refund_number or row.number not in lots]
        if rest:
            _keep_judged(run, judge(run.provider, run.merchant, run.day, rest, {None}), tally)


def _keep_judged(run: BillRun, rows: Iterable[JudgedRow], tally: Tally) -> None:
    """Mark what agrees of rows that were judged one by one, and keep a line of the rest."""
    payments, refunds, lines = [], [], []
    for judged in rows:
        tally.add(judged)
        if judged.verdict is not None:
            lines.append(_line(run, judged, judged.verdict))
        elif judged.refunds:
            refunds += [refund.pk for refund in judged.refunds]
        elif judged.payment is not None and not judged.row.refund_number:
            payments.append(judged.payment.pk)
    bill_marks.mark(payments, run.day)
    Refund.objects.filter(pk__in=refunds).update(billed_on=run.day)
    BillLine.objects.bulk_create(lines)


def _line(run: BillRun, judged: JudgedRow, verdict: BillLine.Verdict) -> BillLine:
    row = judged.row
    return BillLine(
        run=run,
        verdict=verdict,
        payment_id=judged.payment.pk if judged.payment else None,
        refund=judged.refunds[0] if judged.refunds else None,
        number=row.number,
        refund_number=row.refund_number,
        provider_number=row.provider_number,
        amount_fen=row.amount_fen,
        outcome=row.outcome.value,
        at=row.at,
    )


def _take_back(run: BillRun) -> None:
    """Forget what an earlier try has read: lines and marks."""
    refunds = Refund.objects.filter(payment__provider=run.provider, payment__merchant=run.merchant)
    with _held(run):
        BillLine.objects.filter(run=run).delete()
        bill_marks.take_back(run)
        refunds.filter(billed_on=run.day).update(billed_on=None)


def _postpone(run: BillRun, fault: Exception | None, at: datetime) -> None:
    """Try again in half an hour; after some hours sound the alarm once and try daily."""
    attempts = run.attempts + 1
    given_up = run.state == State.FAILED or attempts >= TRIES
    why = reason(fault)
    gone = day_of(at, BEIJING) - run.day > timedelta(days=RETENTION)
    if given_up and run.state != State.FAILED:
        log.error("bill_not_had", provider=run.provider, merchant=run.merchant, day=str(run.day), reason=why)
    _move_on(
        run,
        State.FAILED if given_up else State.WAITING,
        at,
        attempts=min(attempts, 1000),
        fault=why,
        next_check_at=None if given_up and gone else at + (LATER if given_up else RETRY),
    )


def reason(fault: Exception | None) -> str:
    """Return a short stable name of a fault; never what a channel wrote at length."""
    names = {BillNotReady: "not_ready"}
    if isinstance(fault, BillDamaged):
        return f"damaged {fault.what}".rstrip()
    if isinstance(fault, ProviderRefused):
        return f"refused {fault.reason}"[:40]
    return names.get(type(fault)) or str(getattr(fault, "code", "broken"))  # type: ignore[arg-type]


def _keep_totals(run: BillRun, tally: Tally, at: datetime) -> None:
    """Store the sums of a complete bill, and a line for each of our rows that it lacks."""
    total, count = tally.total, 0
    for lines in batched(missing_rows.lines(run), missing_rows.BATCH):
        with _held(run):
            count += len(BillLine.objects.bulk_create(lines))
    discrepancies.found_after_all(run.provider, run.merchant, run.day, at=at)
    if not total["payments"] and count:
        log.error("bill_empty_but_paid", provider=run.provider, merchant=run.merchant, day=str(run.day))
    _move_on(
        run,
        State.CHECKING,
        at,
        verdict=Verdict.NONE,
        fault="",
        read_at=at,
        done_at=None,
        next_check_at=at,
        agreed=tally.agreed,
        by_lot={str(lot): dict(counted) for lot, counted in tally.by_lot.items()},
        **{name: total[name] for name in ("payments", "payments_fen", "refunds", "refunds_fen", "fee_milli")},
    )


def _check(run: BillRun, at: datetime) -> None:
    """Deal with some lines. What the channel does not answer about is tried again, then left for a person.

    Each is booked at its own time: asking about a hundred lines may take minutes.
    """
    begun = monotonic()
    pending = run.lines.filter(became=Became.PENDING).select_related("run", "payment", "refund")
    fresh = pending.filter(asked=0)
    # Payments first, they have no refund number: a refund implies that its order was paid.
    for line in (fresh if fresh.exists() else pending).order_by("refund_number", "pk")[:SLICE]:
        if not _ours(run).exists():
            return
        _deal(line, at + timedelta(seconds=monotonic() - begun))
    left = run.lines.filter(became=Became.PENDING)
    if left.filter(asked=0).exists():
        _release(run, next_check_at=at)
    elif left.exists():
        _release(run, next_check_at=at + RETRY)
    else:
        _finish(run, at)


def _deal(line: BillLine, at: datetime) -> None:
    """Deal with one line; one that cannot be dealt with holds up no other."""
    try:
        line.became = bill_settlement.deal(line, at=at)
        if line.became == Became.PENDING and line.asked >= bill_settlement.ASK_AT_MOST:
            line.became = bill_settlement.give_up(line, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("line_failed", line=line.pk)
        line.asked += 1
    changed = {name: getattr(line, name) for name in ("became", "asked", "due_day", "payment", "refund")}
    BillLine.objects.filter(pk=line.pk).update(**changed)  # which is gone once the bill is read again


def _finish(run: BillRun, at: datetime) -> None:
    became = Counter(run.lines.values_list("became", flat=True))
    verdict = Verdict.OPEN if became[Became.OPEN] else Verdict.FIXED if became else Verdict.OK
    if became and set(became) == {Became.EXPLAINED}:
        verdict = Verdict.OK
    _move_on(run, State.DONE, at, verdict=verdict, done_at=at, next_check_at=None)
    log_result = log.error if verdict == Verdict.OPEN else log.info
    log_result(
        "bill_reconciled",
        provider=run.provider,
        merchant=run.merchant,
        day=str(run.day),
        verdict=str(verdict),
        agreed=run.agreed,
        **{str(name): count for name, count in became.items()},
    )


def _move_on(run: BillRun, to: BillRun.State, at: datetime, **values: Any) -> None:
    """Move a run and give it back, unless another worker has taken it over meanwhile."""
    run.advance(to, at=at, cause="worked on", unchanged=("leased_until",), leased_until=None, **values)
    run.refresh_from_db()


def _release(run: BillRun, **values: object) -> None:
    """Write what came of it and give the run back, unless another worker has taken it over meanwhile."""
    _ours(run).update(leased_until=None, **values)
    run.refresh_from_db()
