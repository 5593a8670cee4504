"""What a lot took in on one business day (日报), from the ledger; and what came late for days already closed.

A payment counts for the day of the lot's own zone on which the channel says the money moved, a refund for
the day on which it was done. Once a day is closed, what is booked for it later counts as a correction of
the next open day: a closed figure never changes, and no fen is lost between two days.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, DateTimeField, F, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from lots.models import Lot
from payments import discrepancies
from payments.business_days import bounds, day_of
from payments.models import LedgerEntry
from payments.models.closing_models import BillRun, DayClosing, DayClosingEvent
from payments.reconciliation.bill_differences import count_waiting

IN, OUT = ("payment", "surplus"), ("refund",)
SHOWN = (*IN, *OUT, "waived")  # promises and failed refunds move no money
OWN_DAY = ""
MOST_BEHIND = timedelta(days=1)  # of a server's clock when it dates a booking

type Key = tuple[str, str, str]  # the corrected day or "", the account, the kind


@dataclass(frozen=True)
class Figure:
    """So many bookings of one kind on one account, of the day itself or late ones of `late_day`."""

    late_day: str
    provider: str
    merchant: str
    kind: str
    count: int
    fen: int

    @property
    def signed_fen(self) -> int:
        """What it adds to the day's money, in fen: negative for refunds, 0 for waived fees."""
        return self.fen if self.kind in IN else -self.fen if self.kind in OUT else 0


@dataclass(frozen=True)
class DayReport:
    lot: Lot
    day: date
    figures: tuple[Figure, ...]
    open_discrepancies: int

    @property
    def own(self) -> list[Figure]:
        return [each for each in self.figures if each.late_day == OWN_DAY]

    @property
    def corrections(self) -> list[Figure]:
        return [each for each in self.figures if each.late_day != OWN_DAY]

    @property
    def received_fen(self) -> int:
        return sum(each.fen for each in self.figures if each.kind in IN)

    @property
    def refunded_fen(self) -> int:
        return sum(each.fen for each in self.figures if each.kind in OUT)

    @property
    def net_fen(self) -> int:
        return self.received_fen - self.refunded_fen

    def frozen(self, last: int | None = None) -> dict[str, Any]:
        """Return the figures as they are kept when the day is closed; `last`: the booking up to which."""
        return {
            **({} if last is None else {"last_booking": last}),
            "lot": self.lot.slug,
            "day": self.day.isoformat(),
            "zone": self.lot.zone,
            "lines": [[*_key(each), each.count, each.fen] for each in self.figures],
            "received_fen": self.received_fen,
            "refunded_fen": self.refunded_fen,
            "net_fen": self.net_fen,
        }


def report(lot: Lot, day: date, *, up_to: int | None = None) -> DayReport:
    """Return a day's figures as they stand; `up_to`: with no booking above this number."""
    counts: Counter[Key] = Counter()
    sums: Counter[Key] = Counter()
    for key, count, fen in [*_own(lot, day, up_to), *_late(lot, day, up_to)]:
        counts[key] += count
        sums[key] += fen
    figures = tuple(_figure(key, counts[key], sums[key]) for key in sorted(counts))
    return DayReport(lot, day, figures, discrepancies.open_for(lot, until=day).count())


def thawed(lot: Lot, day: date, frozen: dict[str, Any], open_discrepancies: int) -> DayReport:
    """Return the report that was frozen when the day was closed."""
    figures = tuple(
        _figure((late, account, kind), count, fen) for late, account, kind, count, fen in frozen["lines"]
    )
    return DayReport(lot, day, figures, open_discrepancies)


def digest(frozen: dict[str, Any], follows: str) -> str:
    """Return the SHA-256 of frozen figures, chained to the closing before."""
    text = json.dumps(frozen, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{follows}\n{text}".encode()).hexdigest()


def _entries(lot: Lot, up_to: int | None) -> Any:
    rows = LedgerEntry.objects.filter(lot=lot, kind__in=SHOWN)
    return movements(rows if up_to is None else rows.filter(pk__lte=up_to))


def movements(rows: QuerySet[LedgerEntry]) -> Any:
    """Return bookings with `moved_at`, when the money moved, and `account`, where it lies or lay."""
    moved = Case(
        When(kind__in=OUT, then=Coalesce("refund__done_at", "at")),
        default=Coalesce("payment__paid_at", "at"),
        output_field=DateTimeField(),
    )
    account = Case(When(kind__in=OUT, then=F("credit")), default=F("debit"))
    return rows.annotate(moved_at=moved, account=account)


def _own(lot: Lot, day: date, up_to: int | None) -> Iterator[tuple[Key, int, int]]:
    start, end = bounds(day, lot.tz)
    # Nothing is booked before it moves, but by a clock that is behind.
    rows = _entries(lot, up_to).filter(at__gte=start - MOST_BEHIND)
    rows = rows.filter(moved_at__gte=start, moved_at__lt=end).order_by()
    named = rows.values_list("account", "kind")
    for account, kind, count, fen in named.annotate(count=Count("*"), fen=Sum("amount_fen")):
        yield (OWN_DAY, account, kind), count, fen


def _late(lot: Lot, day: date, up_to: int | None) -> Iterator[tuple[Key, int, int]]:
    """Yield what was booked for the closed days just before this one after they were closed."""
    covered = dict(_closed_before(lot, day))
    if not covered:
        return
    start, end = bounds(min(covered), lot.tz)[0], bounds(day, lot.tz)[0]
    later = _entries(lot, up_to).filter(pk__gt=min(covered.values()), moved_at__gte=start, moved_at__lt=end)
    rows = later.values_list("pk", "account", "kind", "amount_fen", "moved_at")
    for number, account, kind, fen, moved in rows.iterator(chunk_size=2000):
        of = day_of(moved, lot.tz)
        if of in covered and number > covered[of]:
            yield (of.isoformat(), account, kind), 1, fen


def _closed_before(lot: Lot, day: date) -> Iterator[tuple[date, int]]:
    """Yield the unbroken row of closed days before this one, and up to which booking each is covered.

    Late money of a day is shown by the next day that is still open. Once that is closed as well, only what
    neither of them has is left over.
    """
    events = DayClosingEvent.objects.filter(
        closing__lot=lot, closing__day__lt=day, closing__state=DayClosing.State.CLOSED
    ).filter(version=F("closing__version"))
    rows = events.order_by("-closing__day").values_list("closing__day", "figures__last_booking")
    covered = 0
    for of, last in rows.iterator(chunk_size=200):
        if of != day - timedelta(days=1):
            return
        day, covered = of, max(covered, last)
        yield of, covered


def bills_of(lot: Lot, day: date) -> list[tuple[BillRun, dict[str, int]]]:
    """Return the bills of the same date that name this lot, each with its share. Their day is Beijing's."""
    runs = count_waiting(BillRun.objects.filter(day=day, read_at__isnull=False))
    runs = runs.order_by("provider", "merchant")
    return [(run, run.by_lot[str(lot.pk)]) for run in runs if str(lot.pk) in run.by_lot]


def total(reports: Iterable[DayReport]) -> dict[str, int]:
    """Sum up several lots' reports of one date."""
    sums: Counter[str] = Counter(received_fen=0, refunded_fen=0, net_fen=0, open_discrepancies=0)
    for each in reports:
        sums.update(
            received_fen=each.received_fen,
            refunded_fen=each.refunded_fen,
            net_fen=each.net_fen,
            open_discrepancies=each.open_discrepancies,
        )
    return dict(sums)


def _key(figure: Figure) -> list[str]:
    return [figure.late_day, f"{figure.provider}:{figure.merchant}", figure.kind]


def _figure(key: Key, count: int, fen: int) -> Figure:
    """Read an account such as `channel:wechat:1900000109` or `waived:pujiang`."""
    late, account, kind = key
    provider, _, merchant = account.removeprefix("channel:").partition(":")
    return Figure(late, provider, merchant, kind, count, fen)
