"""Passes and white lists from a table: one row a car. All of it or nothing, and every bad row is named.

    号牌,停车证,开始,结束,时段            plate,pass,from,until,hours
    沪A12345,月卡,2026-12-01,2026-12-31,           a pass of the lot's tariff
    沪B22222,,2026-12-01,2027-11-30,07:00-20:00    the white list, in these hours

Both dates count whole. A row for a car whose permit of this kind runs already extends it, where it goes on
from there. Titles in Chinese or English, in any order; UTF-8 or, as Excel writes it in China, GB 18030. What
is reported of a row is its number and the reason, never its plate.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from core.csv_file import NotATable, lines_of, plain_text
from core.errors import ParkingError
from core.spreadsheet_times import read_time
from lots import permits, sessions
from lots.models import Lot, Permit
from lots.permits import ALWAYS, AlreadyRuns, BadTerm, Closed, Hours, NoSuchPass, Source
from lots.plates import Plate, PlateError, parse
from lots.tariffs import TariffError
from lots.tariffs.json_fields import time_of_day

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COLUMNS = {
    "plate": ("号牌", "号牌号码", "车牌", "车牌号", "车牌号码"),
    "pass": ("停车证", "类型", "卡类型", "月卡类型"),
    "from": (
        *("开始", "开始日期", "起始日期", "生效日期", "开始时间", "起始时间", "生效时间"),
        *("有效期起", "有效期开始", "有效开始时间"),
    ),
    "until": (
        *("结束", "结束日期", "到期", "到期日", "到期日期", "截止日期", "终止日期", "失效日期", "有效期至"),
        *("结束时间", "到期时间", "截止时间", "失效时间", "有效期止", "有效期结束", "有效结束时间"),
    ),
    "hours": ("时段",),
}
NAMED = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
PASS_WORDS = {  # what staff call a pass → its name in the tariff; the white list has none
    "": ("白名单", "白名单（免费）", "白名单(免费)", "white list (free)", "white list"),
    "day": ("日票", "日卡", "day pass"),
    "night": ("夜间票", "夜卡", "night ticket"),
    "month": ("月卡", "月租", "monthly pass"),
}
PASS_NAMES = {word: name for name, words in PASS_WORDS.items() for word in words}
MUST = {"plate", "from", "until"}
MOST = 2000  # rows of one file: it is one transaction, and SQLite has one writer
LARGEST = 500_000  # bytes of one file
LONGEST = timedelta(days=3660)
LAST_MINUTE = time(23, 59)
FIRST, LAST = 1900, 9000  # years; beyond them a day has no moment in some zone


class _Fault(ParkingError):
    """What is wrong with one row."""


@dataclass
class Imported:
    """Result of an import, or of its rehearsal."""

    granted: int = 0
    extended: int = 0
    unchanged: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)  # (row as a spreadsheet counts, why)
    seen: set[int] = field(default_factory=set, repr=False)  # permits that this file has granted

    @property
    def rows(self) -> int:
        return self.granted + self.extended + self.unchanged + len(self.faults)


def import_rights(
    *, lot: Lot, data: bytes, dry_run: bool, at: datetime, by: "User | None" = None
) -> Imported:
    """Grant or extend what the table says. Where a row is bad nothing is written. Raises `NotATable`.

    A dry run does it all and takes it back, so that it cannot say anything else than the real one.
    """
    rows = rows_of(data)
    done = Imported()
    sold = {one.name for one in permits.passes_of(lot, at)}
    with transaction.atomic():
        sessions.lock_for_rebuild(lot.pk)  # two files at once would wait for each other's cars
        for number, row in rows:
            try:
                with transaction.atomic():
                    _one(lot, row, done, sold, at=at, by=by)
            except _Fault as fault:
                done.faults.append((number, str(fault)))
        if dry_run or done.faults:
            transaction.set_rollback(True)
    return done


def example_of(lot: Lot, *, at: datetime, called: Callable[[str], str]) -> str:
    """Return rows that this lot could import today: a pass, as staff call it, and the white list."""
    today = at.astimezone(lot.tz).date()
    days = f"{today},{today + timedelta(days=30)}"
    sold = [f"沪A12345,{called(one.name)},{days}," for one in permits.passes_of(lot, at)[:1]]
    return "\n".join([*sold, f"沪B22222,,{days},07:00-20:00"])


def term_of(lot: Lot, first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moments between which both days and those between them lie. Raises `BadTerm`."""
    if not timedelta(0) <= last - first <= LONGEST or not FIRST <= first.year <= LAST:
        raise BadTerm
    begin, end = (datetime.combine(day, time(), lot.tz) for day in (first, last + timedelta(days=1)))
    return begin.astimezone(UTC), end.astimezone(UTC)


def _read(row: Mapping[str, str], *, is_pass: bool) -> tuple[Plate, Hours, date, date]:
    """Return plate, hours, first and last day of a row. Raises `_Fault` with all that is wrong with them."""
    faults: list[str] = []

    def tried[T](read: Callable[[str], T], text: str) -> T | None:
        try:
            return read(text)
        except _Fault as fault:
            faults.extend({str(fault)} - set(faults))
            return None

    plate, hours = tried(_plate, row["plate"]), tried(_hours, row["hours"])
    first, last = tried(_day, row["from"]), tried(_last_day, row["until"])
    if is_pass and hours is not None and hours is not ALWAYS:
        faults.append(_("hours of a pass are set by the tariff; leave the hours empty"))
    if plate is None or hours is None or first is None or last is None or faults:
        raise _Fault(_("; ").join(faults))
    return plate, hours, first, last


def _one(
    lot: Lot,
    row: Mapping[str, str],
    done: Imported,
    sold: Collection[str],
    *,
    at: datetime,
    by: "User | None",
) -> None:
    name = row["pass"] if row["pass"] in sold else PASS_NAMES.get(row["pass"].lower(), row["pass"])
    plate, hours, first, last = _read(row, is_pass=bool(name))
    try:
        valid_from, valid_until = term_of(lot, first, last)
        permit = permits.grant(
            lot=lot,
            plate=plate,
            name=name,
            valid_from=valid_from,
            valid_until=valid_until,
            hours=hours,
            source=Source.IMPORT,
            at=at,
            by=by,
        )
    except BadTerm:
        raise _Fault(
            _("the end date is before the start date, in the past, or more than ten years ahead")
        ) from None
    except NoSuchPass:
        raise _Fault(_no_such_pass(row["pass"][:40], sold)) from None
    except AlreadyRuns as known:
        _extend(known.permit, valid_from, valid_until, hours, name, at=at, by=by)
        done.extended += 1
        return
    if permit.granted_at == at and permit.source == Source.IMPORT and permit.pk not in done.seen:
        done.granted += 1
        done.seen.add(permit.pk)
    else:
        done.unchanged += 1


def _no_such_pass(word: str, sold: Iterable[str]) -> str:
    """Return that the lot has no pass by this word, and what to write instead."""
    known = pgettext("list", ", ").join(_as_staff_say(PASS_WORDS.get(name, (name,))) for name in sorted(sold))
    if not known:
        return _(
            "the tariff in force has no passes, so none called “%(name)s”; add it to the tariff first, or "
            "leave the pass empty for the white list"
        ) % {"name": word}
    words = {"name": word, "known": known}
    return _("the tariff in force has no pass called “%(name)s”, only: %(known)s") % words


def _as_staff_say(words: Sequence[str]) -> str:
    """Return the first of these words in the language of the page; the last is English."""
    return words[0] if (get_language() or "").startswith("zh") else words[-1]


def _extend(
    permit: Permit,
    valid_from: datetime,
    valid_until: datetime,
    hours: Hours,
    name: str,
    *,
    at: datetime,
    by: "User | None",
) -> None:
    if not name and permits.hours_of(permit) != hours:
        raise _Fault(_("this car is already listed with different hours; cancel that permit first"))
    if not permit.valid_from <= valid_from <= permit.valid_until < valid_until:
        raise _Fault(
            _("this car already has such a permit and the dates do not join; extend or cancel that one")
        )
    try:
        permits.extend(permit, until=valid_until, at=at, by=by)
    except (BadTerm, Closed):  # another user's change came in between
        raise _Fault(_("this car's permit was just changed; try again")) from None


def _plate(text: str) -> Plate:
    try:
        return parse(text)
    except PlateError:
        raise _Fault(_("invalid plate")) from None


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day of the lot's own
        except ValueError:
            continue
    moment = read_time(f"{text}.0" if re.fullmatch(r"\d{5}", text) else text)  # as Excel stores a day
    if moment is not None and moment.time() == time():
        return moment.date()
    raise _Fault(_("write dates as 2026-12-31"))


def _last_day(text: str) -> date:
    """Return a permit's last day; parking systems often write its last second, 2026-12-31 23:59:59."""
    moment = read_time(text)
    return moment.date() if moment is not None and moment.time() >= LAST_MINUTE else _day(text)


def _hours(text: str) -> Hours:
    if not text:
        return ALWAYS
    as_keyed = unicodedata.normalize("NFKC", text).translate(_DASHES)
    begin, _dash, end = (
        f"0{part}" if _ONE_DIGIT.match(part) else part for part in map(str.strip, as_keyed.partition("-"))
    )
    try:
        return Hours(time_of_day(begin, ""), time_of_day(end, "", end=True))
    except TariffError:  # an end left out is no time of day either
        raise _Fault(_("write hours as 07:00-20:00")) from None


_DASHES = str.maketrans("\u2014\u2013~\u223c\u301c\u81f3", "------")  # dashes, tildes and the word for "to"
_ONE_DIGIT = re.compile(r"[0-9]:")


def rows_of(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that hold something, numbered as a spreadsheet does. Raises `NotATable`."""
    if len(data) > LARGEST:
        raise NotATable(_("The file is larger than 500 KB; split it."))
    lines = lines_of(plain_text(data))
    titles = [NAMED.get(title.strip().lower(), "") for title in lines[0]] if lines else []
    missing = [_title(name) for name in COLUMNS if name in MUST - set(titles)]
    if missing or len(set(filter(None, titles))) != len(list(filter(None, titles))):
        raise NotATable(_wrong_titles(missing))
    rows = [(number, _named(titles, line)) for number, line in enumerate(lines[1:], 2) if any(line)]
    if not rows:
        raise NotATable(_("There are no cars in the file."))
    if len(rows) > MOST:
        raise NotATable(_("A file can have at most %(most)s rows; split it.") % {"most": MOST})
    return rows


def _wrong_titles(missing: list[str]) -> str:
    """Return what is wrong with the first row. What stands there is not shown: it may be a car's row."""
    if missing:
        words = _("The first row must hold the titles plate, pass, from, until, hours. Missing: %(missing)s.")
        return words % {"missing": pgettext("list", ", ").join(missing)}
    return _("A title in the first row appears twice. Keep one column for each.")


def _title(name: str) -> str:
    return _as_staff_say((COLUMNS[name][0], name))


def _named(titles: Iterable[str], line: list[str]) -> dict[str, str]:
    cells = dict.fromkeys(COLUMNS, "")
    cells |= {title: value.strip() for title, value in zip(titles, line, strict=False) if title}
    return cells
