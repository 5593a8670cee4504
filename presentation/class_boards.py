"""The boards beside the usual one: of each class of vehicles, and of each season, with a price of its own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lots.tariffs import MINUTE, Tariff, examples
from lots.tariffs.charging_rules import HOUR, VehicleClass
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.season_edges import of_vehicle
from lots.tariffs.seasons import Season, Span
from lots.tariffs.tariff_place import Place
from presentation.board_examples import example_amounts, without_seasons
from presentation.formatting import listed, on_days
from presentation.price_board import prices_end, rule_board
from presentation.vehicle_words import class_title, class_titles, plates

SEASON_SEARCH = 3 * 366  # days


@dataclass(frozen=True)
class ClassBoard:
    """What vehicles of one class are charged: who they are, the sentences, the examples (none: exempt)."""

    title: str
    kinds: str
    sentences: list[str]
    examples: list[tuple[str, str]]  # the amounts with their sign
    entry: str = ""  # of a season: the time of day at which its examples enter, on one of its dates
    has_dates: bool = True  # of a season: these dates are some, not all


def class_boards(tariff: Tariff, place: Place) -> list[ClassBoard]:
    """Return a board for each class of vehicles with a price of its own."""
    boards = [_class_board(tariff, one, place) for one in tariff.classes]
    return boards + [board for season in tariff.seasons for board in _season_boards(tariff, season, place)]


def _class_board(tariff: Tariff, one: VehicleClass, place: Place) -> ClassBoard:
    title, kinds = class_title(one), plates(one.kinds)
    if one.rule is None:
        return ClassBoard(title, kinds, [_("Free of charge.")], [])
    shown = example_amounts(tariff, examples(without_seasons(tariff), place=place, vehicle=one))
    return ClassBoard(
        title, kinds, rule_board(one.rule, tariff.currency, seasonal=bool(tariff.seasons)), shown
    )


def _season_boards(tariff: Tariff, season: Season, place: Place) -> list[ClassBoard]:
    """Return the boards of a season: for vehicles of no class, and for each class with a price of its own."""
    title = season_title(season)
    boards = []
    entry = _entry_in(season, place)
    for vehicle, rule in season.rules.items():
        alone = replace(tariff, rule=rule, classes=(), seasons=(), ends=None)
        if season.ends:  # then the others count
            alone = of_vehicle(replace(tariff, seasons=(season, *tariff.seasons)), vehicle)
        shown = example_amounts(tariff, examples(alone, place=place, entry=entry))
        who = f"{title} · {class_titles(tariff)[vehicle]}" if vehicle else title
        board = [*rule_board(rule, tariff.currency, seasonal=True), *prices_end(season.ends)]
        when = f"{entry:%H:%M}"
        boards.append(ClassBoard(who, _entries(season), board, shown, when, season.has_dates))
    return boards


def season_title(season: Season) -> str:
    """Return the heading of a season's prices."""
    return str(SEASONS.get(season.name, SEASONS["other" if season.has_dates else "other_times"]))


def _entries(season: Season) -> str:
    """Return the dates and the hours in which a car enters that is charged by the prices of a season."""
    dates = listed([*(str(HOLIDAYS[name]) for name in season.holidays), *map(_dates, season.spans)])
    found = [_("entry: %(dates)s") % {"dates": on_days(season.days, dates)}] if season.has_dates else []
    if season.has_hours:
        times = f"{hh_mm(season.start)}–{end_hh_mm(season.end)}"
        found.append(_("time of entry: %(hours)s") % {"hours": times})
    return _("; ").join(found)


def _entry_in(season: Season, place: Place) -> datetime:
    """Return 10 o'clock, or the first hour, on the first date of a season; on a Monday if none is near."""
    ten = MONDAY_AT_TEN.replace(tzinfo=place.zone)
    if not season.enters(ten.hour * HOUR):
        ten = ten.replace(hour=season.start // HOUR, minute=season.start % HOUR // MINUTE)
    for days in range(SEASON_SEARCH):
        entry = ten + timedelta(days=days)
        day = entry.date()
        if season.holds(day, place.calendar):
            return entry
    return ten


def _dates(span: Span) -> str:
    return span.first if span.first == span.last else _("%(first)s to %(last)s") % vars(span)


HOLIDAYS = {
    "new_year": gettext_lazy("New Year holiday"),
    "spring_festival": gettext_lazy("Spring Festival holiday"),
    "qingming": gettext_lazy("Qingming holiday"),
    "labour_day": gettext_lazy("Labour Day holiday"),
    "dragon_boat": gettext_lazy("Dragon Boat holiday"),
    "mid_autumn": gettext_lazy("Mid-Autumn holiday"),
    "national_day": gettext_lazy("National Day holiday"),
}
SEASONS = {
    "peak": gettext_lazy("Peak season"),
    "off_peak": gettext_lazy("Off season"),
    "golden_week": gettext_lazy("Golden-week holidays"),
    "short_holiday": gettext_lazy("Short holidays"),
    "other": gettext_lazy("Special dates"),
    "other_times": gettext_lazy("By time of entry"),
}
