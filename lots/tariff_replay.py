"""What the stays of last month would have cost by another tariff: times and kinds of vehicle, nothing else.

Each stay is priced by itself, once by each rule: coupons, passes, and what one stay owes to another are left
out on both sides, so that the difference is the rules' alone.
"""

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import QuerySet

from lots.models import Lot, ParkingSession
from lots.tariffs import Place, Tariff

DAYS = 30
MOST = 20_000  # stays; about two seconds
BATCH = 1000
LARGEST = 10
STEPS = (-5000, -2000, -500, 0, 500, 2000, 5000)  # fen; where one group of differences ends

type Stay = tuple[datetime, datetime, str, str]  # entered, left, kind of plate, seen as


@dataclass(frozen=True, order=True)
class ReplayedSession:
    """One stay, by how long it was and at which hour it began. Never which car, and not on which day."""

    change: int
    minutes: int
    hour: int
    before: int
    after: int


@dataclass
class TariffReplay:
    """The sums of both rules over the same stays, in fen."""

    stays: int = 0
    before: int = 0
    after: int = 0
    dearer: int = 0
    cheaper: int = 0
    whole: bool = True  # False: more than MOST stays, the latest of them counted
    groups: Counter[int] = field(default_factory=Counter)  # by place in STEPS; no change is not in it
    largest: list[ReplayedSession] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return self.dearer + self.cheaper

    @property
    def change(self) -> int:
        return self.after - self.before


def replay(
    lot: Lot,
    *,
    old: Tariff,
    new: Tariff,
    place: Place,
    at: datetime,
    most: int = MOST,
    progress: Callable[[int, int], None] | None = None,
) -> TariffReplay:
    """Price the stays that ended in the last 30 days by both rules; `progress` gets how many of how many."""
    stays = _stays(lot, at)
    some = islice(stays, most)
    counted = _counted(some, min(_rows(lot, at).count(), most), progress) if progress else some
    found = compare(counted, old=old, new=new, place=place)
    found.whole = next(stays, None) is None
    return found


def compare(stays: Iterable[Stay], *, old: Tariff, new: Tariff, place: Place) -> TariffReplay:
    """Price these stays by both rules. Pure."""
    found = TariffReplay()
    heap: list[tuple[int, int, ReplayedSession]] = []
    for number, (entered_at, left_at, kind, seen) in enumerate(stays):
        before, after = (
            one.price(entered_at, left_at, kind, seen=seen, place=place).fen for one in (old, new)
        )
        found.stays += 1
        found.before += before
        found.after += after
        if before == after:
            continue
        change = after - before
        found.dearer += change > 0
        found.cheaper += change < 0
        found.groups[group_of(change)] += 1
        minutes = (left_at - entered_at) // timedelta(minutes=1)
        one = ReplayedSession(change, minutes, entered_at.astimezone(place.zone).hour, before, after)
        (heapq.heappush if len(heap) < LARGEST else heapq.heappushpop)(heap, (abs(change), -number, one))
    found.largest = [one for _, _, one in sorted(heap, reverse=True)]
    return found


def group_of(change: int) -> int:
    """Return the group of a change: those above STEPS[group - 1], up to STEPS[group]."""
    return bisect_left(STEPS, change)


def _counted(stays: Iterable[Stay], total: int, progress: Callable[[int, int], None]) -> Iterator[Stay]:
    for number, stay in enumerate(stays):
        if number % BATCH == 0:
            progress(min(number, total), total)
        yield stay


def _rows(lot: Lot, at: datetime) -> QuerySet[ParkingSession]:
    return ParkingSession.objects.exclude(departure=ParkingSession.Departure.MISSED).filter(
        lot=lot,
        entered_at__isnull=False,
        left_at__gt=at - timedelta(days=DAYS),
        left_at__lte=at,
    )


def _stays(lot: Lot, at: datetime) -> Iterator[Stay]:
    """Yield the stays whose both ends were seen, latest first. A forgotten stay still has its times."""
    chosen = (
        _rows(lot, at)
        .order_by("-left_at", "-pk")
        .values_list("entered_at", "left_at", "plate_kind", "vehicle_class")
    )
    for entered_at, left_at, kind, seen in chosen.iterator(chunk_size=BATCH):
        assert entered_at is not None
        assert left_at is not None
        yield entered_at, left_at, kind, seen
