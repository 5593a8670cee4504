"""How far long stays have been priced before: who asks again, for a later moment, pays for the rest.

A car that stays for months is priced whenever someone looks: at a quote, at the exit, for each end that a
preview shows. Its cycles that are over never change, so they are walked once. Pure: what is remembered
changes no price. A course is never altered once it is known, so that threads may share it; other times that
are charged (a pass), another place or calendar are another course.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lots.tariffs.caps import RunningBill
from lots.tariffs.charging_rules import DAY, Basis, CycleStarts, Rule
from lots.tariffs.cycles import AT_FIRST, Cycles, Moved, Point, Times, without_free
from lots.tariffs.part_price import PriceState
from lots.tariffs.price_lines import PriceLine
from lots.tariffs.tariff_place import Place

LONG = 8  # cycles; a shorter stay is not worth the room
MOST_REMEMBERED = 16


@dataclass(frozen=True)
class Course:
    """A stay up to the end of a cycle: where the walk stands, and what it has come to."""

    point: Point
    bill: RunningBill


class Courses:
    """The stays under one rule."""

    def __init__(self, rule: Rule, scale: int = 1) -> None:
        """`scale`: the amounts of the rule are in 1/`scale` fen."""
        self.rule = rule
        self.scale = scale
        self._cycles = Cycles(rule)
        self._known: dict[object, Course] = {}
        self.dated = self._cycles.dated
        by_hours = rule.cycle.basis is Basis.ENTRY
        self._from_entry = by_hours and rule.cycle_starts is CycleStarts.ENTRY
        self._long = LONG * (rule.cycle.seconds if by_hours else DAY)

    def lines(
        self,
        charged: Times,
        place: Place,
        origin: int,
        *,
        entry: int,
        first: int | None = None,
        moved: Moved = (),
    ) -> list[PriceLine]:
        """Return the lines of a stay with these charged times; its lines count their time from `origin`.

        `entry`: when the stay began, though its first minutes may not be charged. `first`: the first second
        that no pass covers, if the steps count from there and not from the first charged one. `moved`: where
        visits were moved together.
        """
        begin, last = charged[0][0], charged[-1]
        if self._from_entry:
            begin = entry
        goes_on = not moved and last[1] - begin > self._long and self._cycles.may_go_on(charged, place.zone)
        key = (*charged[:-1], last[0], place, origin, begin, first) if goes_on else None
        course = self._known.get(key) if goes_on else None
        if course and course.point.start <= last[1]:
            point, bill = course.point, course.bill.copy()
        else:
            state = AT_FIRST if first is None else PriceState(since=first - begin)
            point, bill = Point(begin, state=state), RunningBill.of(self.rule, origin)
        over = rest = None
        for run in self._cycles.walk(charged, place.zone, self.rule.kind_of(place.calendar), point, moved):
            if run.whole:
                bill.add(run)
                over = run
            else:
                rest = run
        if goes_on and over and over.after.cycle > LONG:
            self._remember(key, Course(over.after, bill.copy()))
        if rest:
            bill.add(rest)
        return bill.lines()

    def without_free(self, charged: Times, place: Place, origin: int) -> tuple[Times, Sequence[PriceLine]]:
        """Return what is left of these times after the free minutes of a stay, and the line of these."""
        free = self.rule.free
        if free is None or not free.at_start or not charged:
            return charged, ()
        counted = None
        if free.charged_hours_only:
            whole = (0, charged[-1][1])
            counted = self._cycles.counted(charged, whole, place.zone, self.rule.kind_of(place.calendar))
        left, lines = without_free(charged, free, counted)
        return left, [line._replace(start=line.start - origin, end=line.end - origin) for line in lines]

    def _remember(self, key: object, course: Course) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = course
