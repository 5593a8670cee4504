"""What the charged times of one stay cost under one rule, from its passes to its rounded sum. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from lots.tariffs.charged_time import covered, is_held, joined, total, without
from lots.tariffs.charging_rules import MINUTE, FreeMode, Pass, Rule, TurnFrom, whole_minutes
from lots.tariffs.courses import Courses
from lots.tariffs.cycles import Moved, Times
from lots.tariffs.offers import with_offers
from lots.tariffs.overnight import overnight_lines
from lots.tariffs.permit_times import AccessRight
from lots.tariffs.price_lines import PriceLine, Values
from lots.tariffs.sums import THOUSANDTHS, fine, is_fine, summed
from lots.tariffs.tariff_place import Place

NO_TIME = PriceLine("free_within", 0, {"minutes": 0})  # of a stay of which no second has passed


class Around(NamedTuple):
    """What else the price of a stay depends on.

    `origin`   the second from which its lines count their time.
    `packed`   whether the time between its times does not count.
    """

    place: Place
    rights: Sequence[AccessRight]
    origin: int
    packed: bool = False

    def note(self, code: str, values: Values, start: int, end: int) -> PriceLine:
        """Return a line that costs nothing, for this part of the stay."""
        return PriceLine(code, 0, values, start - self.origin, end - self.origin)


@dataclass(frozen=True)
class SingleStays:
    """The prices of single stays under named rules.

    `rules`: by the name of a class and season; with a > behind it, the other rule of long stays.
    """

    rules: Mapping[str, Rule]
    passes: tuple[Pass, ...]
    _courses: dict[tuple[str, bool], Courses] = field(default_factory=dict, init=False, compare=False)

    def lines(self, name: str, times: Times, around: Around, *, free: bool = True) -> list[PriceLine]:
        """Return the lines of these times as one stay, up to its rounded sum.

        `free`: it has the free minutes that the rule gives.
        """
        rule = self.rules[name]
        turn = rule.turn
        if turn and total(times) <= turn.after:
            turn = None  # it is not so long
        if turn and turn.since is TurnFrom.START:
            rule, name = turn.rule, f"{name}>"
        courses = self.courses_of(name, free=free)
        if turn and turn.since is TurnFrom.THEN:
            lines = self._turned(name, times, around, free=free)
        else:
            lines = _part(courses, times, around)
        return summed(rule, lines, courses.scale, self._held(times, around.rights))

    def up_to(
        self, name: str, stay: tuple[int, int], stop: int, around: Around, *, free: bool
    ) -> tuple[list[PriceLine], int]:
        """Return the lines of a stay up to where other prices begin, and where that is.

        Whether a stay is within a threshold depends on all of it; if it is, no other prices begin.
        """
        start, end = stay
        if free and stop < end and _frees_whole_stays(self.rules[name]):
            free = _is_free(self.rules[name], [stay], around)
            stop = end if free else stop
        return self.lines(name, [(start, stop)], around, free=free), stop

    def courses_of(self, name: str, *, free: bool) -> Courses:
        """Return the courses under a rule, with or without its free minutes, in fen or thousandths of one."""
        courses = self._courses.get((name, free))
        if courses is None:
            rule = self.rules[name]
            scale = THOUSANDTHS if is_fine(self.rules[name.removesuffix(">")]) else 1
            rule = rule if free else replace(rule, free=None)
            courses = Courses(fine(rule) if scale > 1 else rule, scale)
            self._courses[name, free] = courses
        return courses

    def _turned(self, name: str, times: Times, around: Around, *, free: bool) -> list[PriceLine]:
        """Return the lines of a stay of which the time beyond a limit is charged by another rule.

        Whether a stay is within a threshold depends on all of it, so that is asked before it is cut.
        """
        rule = self.rules[name]
        assert rule.turn, "only stays that turn are cut"
        if free and _frees_whole_stays(rule):
            if _is_free(rule, times, around):
                return _part(self.courses_of(name, free=True), times, around)
            free = False
        head, tail = _cut(times, rule.turn.after)
        lines = _part(self.courses_of(name, free=free), head, around)
        beyond = _part(self.courses_of(f"{name}>", free=False), tail, around)
        values: Values = {"minutes": whole_minutes(rule.turn.after)}
        note = around.note("turned", values, tail[0][0], tail[-1][1])
        return [*lines, note, *beyond]

    def _held(self, times: Times, rights: Sequence[AccessRight]) -> Pass | None:
        """Return the pass that the car had as it came in and that gives a percentage, the lowest one."""
        if not (self._reducing and rights and times):
            return None
        names = {right.name for right in rights if is_held(right, times[0][0])}
        held = (one for one in self._reducing if one.name in names)
        return min(held, key=lambda one: one.otherwise, default=None)

    @cached_property
    def _reducing(self) -> tuple[Pass, ...]:
        """The passes that give a percentage of the sum for the time that they do not cover."""
        return tuple(one for one in self.passes if one.otherwise != 100)


def _part(courses: Courses, times: Times, around: Around) -> list[PriceLine]:
    """Return the lines of these times under one rule, before the sum of the stay is made."""
    charged, notes = _uncovered(times, around)
    moved: Moved = ()
    if around.packed:
        moved = _moved(times)
        charged, times = _packed(charged, moved), _packed(times, moved)
    free = courses.rule.free
    first = charged[0][0] if charged and free and free.counts_in_steps else None
    charged, freed = courses.without_free(charged, around.place, around.origin)
    notes += freed
    if charged:
        stay = (times[0][0], times[-1][1])
        lines = courses.lines(charged, around.place, around.origin, entry=stay[0], first=first, moved=moved)
        notes += _with_amounts_and_offers(courses.rule, lines, charged, stay, around)
    return notes or [NO_TIME]


def _with_amounts_and_offers(
    rule: Rule, lines: list[PriceLine], charged: Times, stay: tuple[int, int], around: Around
) -> list[PriceLine]:
    """Return the lines of charged times with their nights and entry fee, or the offer that fits the stay."""
    zone = around.place.zone
    if rule.overnight:
        so_far = sum(line.fen for line in lines)
        least_of = so_far and so_far + rule.entry_fee
        lines += overnight_lines(rule.overnight, charged, zone, around.origin, least_of)
    if rule.entry_fee and any(line.fen for line in lines):
        start, end = charged[0][0] - around.origin, charged[-1][1] - around.origin
        lines.append(PriceLine("entry_fee", rule.entry_fee, {"amount_fen": rule.entry_fee}, start, end))
    if rule.offers:
        lines = with_offers(rule, lines, stay, zone, rule.kind_of(around.place.calendar))
    return lines


def _frees_whole_stays(rule: Rule) -> bool:
    """Return whether a stay is free or not by its whole length, however a turn cuts it."""
    free = rule.free
    return bool(free and free.seconds and free.at_start and free.mode is FreeMode.THRESHOLD)


def _is_free(rule: Rule, times: Times, around: Around) -> bool:
    """Return whether what no pass covers is within the free minutes."""
    charged, _ = _uncovered(times, around)
    return rule.free is not None and total(charged) <= rule.free.seconds


def _cut(times: Times, after: int) -> tuple[Times, Times]:
    """Return the first so many seconds of these times, and the rest."""
    head: Times = []
    for index, (start, end) in enumerate(times):
        if end - start > after:
            first = [(start, start + after)] if after else []
            return [*head, *first], [(start + after, end), *times[index + 1 :]]
        head.append((start, end))
        after -= end - start
    raise AssertionError("the stay is longer than that")


def _uncovered(times: Times, around: Around) -> tuple[Times, list[PriceLine]]:
    """Return what passes leave of these times, and a line for each pass that covers some of them."""
    charged, notes, place = times, [], around.place
    for right in around.rights if times else ():
        part = covered(right, times[0][0], times[-1][1], place.zone, place.calendar.kind_of_ordinal)
        left = without(charged, part)
        if taken := total(charged) - total(left):
            values: Values = {"right": right.name, "minutes": taken // MINUTE}
            notes.append(around.note("covered", values, part[0][0], part[-1][1]))
        charged = left
    return charged, notes


def _moved(times: Times) -> Moved:
    """Return where each of these times lies, and by how much it moved, with no time outside between them.

    The last keeps its place, those before move up to it.
    """
    found = []
    end = times[-1][1] if times else 0
    for start, until in reversed(times):
        found.append((start + end - until, end, end - until))
        end += start - until
    return tuple(reversed(found))


def _packed(charged: Times, moved: Moved) -> Times:
    """Return charged times as they were moved; what a pass covers remains between them."""
    return joined(
        [
            (a + later, b + later)
            for start, end, later in moved
            for a, b in charged
            if start <= a + later < end
        ]
    )
