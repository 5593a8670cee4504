"""Which part of a stay is charged: earlier stays that count with it, and what passes cover. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lots.tariffs.charging_rules import DAY, Reentry, Window
from lots.tariffs.cycles import Times
from lots.tariffs.json_fields import length
from lots.tariffs.permit_times import AccessRight
from lots.tariffs.timeline import FIRST_DAY, KindOf, offset, regions, seconds_since_1970


@dataclass(frozen=True)
class EarlierSession:
    """A stay of the same car in the same lot that is over."""

    entered_at: datetime
    left_at: datetime


def counted_together(
    reentry: Reentry, earlier: Iterable[EarlierSession], entered_at: int, zone: ZoneInfo
) -> Times:
    """Return the earlier stays that the one which begins at `entered_at` continues, oldest first."""
    known = sorted((seconds_since_1970(one.entered_at), seconds_since_1970(one.left_at)) for one in earlier)
    group: Times = []
    for start, end in [*(one for one in known if one[0] < entered_at), (entered_at, entered_at)]:
        if group and not _continues(reentry, group, start, zone):
            group = []
        group.append((start, end))
    return group[:-1]


def _continues(reentry: Reentry, group: Times, start: int, zone: ZoneInfo) -> bool:
    first, last = group[0][0], max(end for _, end in group)
    if reentry.window is Window.DAY:
        return _day(first, zone) == _day(start, zone)
    return start - (last if reentry.window is Window.LEFT else first) <= reentry.seconds


def _day(at: int, zone: ZoneInfo) -> int:
    return (at + offset(zone, at)) // DAY


def joined(times: Iterable[tuple[int, int]]) -> Times:
    """Return these times in order, those that touch or overlap as one; what ends before it begins is none."""
    found: Times = []
    for start, end in sorted(times):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def covered(right: AccessRight, start: int, end: int, zone: ZoneInfo, kind_of: KindOf) -> Times:
    """Return when within [start, end) the right covers the car."""
    start = max(start, seconds_since_1970(right.valid_from))
    end = min(end, seconds_since_1970(right.valid_until))
    if start >= end:
        return []
    found: Times = []
    for a, b, shift in regions(zone, start, end):
        for day in range((a + shift) // DAY - 1, (b + shift) // DAY + 1):
            begin = day * DAY + right.start - shift
            if kind_of(FIRST_DAY + day) in right.days:
                found.append((max(a, begin), min(b, begin + length(right.start, right.end))))
    return joined(found)


def is_held(right: AccessRight, at: int) -> bool:
    """Return whether the car has the right at this moment, whatever it covers then."""
    begins, ends = seconds_since_1970(right.valid_from), seconds_since_1970(right.valid_until)
    return begins <= at < ends or begins == at == ends


def without(times: Times, taken: Times) -> Times:
    """Return what is left of `times` outside `taken`, both ascending and apart."""
    left: Times = []
    for start, end in times:
        for a, b in taken:
            if a < end and b > start:
                if start < a:
                    left.append((start, a))
                start = max(start, b)
        if start < end:
            left.append((start, end))
    return left


def total(times: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in times)
