"""The public page of what a lot charges: the price board that the law on marked prices asks for.

It says who charges, where, how much and by which method, what is free and for whom, what a late exit costs,
where to complain, which version this is and since when, and which comes next. A bill names its version, so
each version that was ever in force has its page, so a driver who entered before a change can check the sum.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import now

from core.hooks import remarks_of
from driver import page_cache
from driver.driver_view import driver_view
from lots.calendars import calendar_of
from lots.models import Lot
from lots.plates import PlateKind
from lots.pricing import next_version, version_at
from lots.tariffs import Place, Tariff, examples
from lots.tariffs.examples import MONDAY_AT_TEN
from monitoring import payment_speed
from presentation import board_examples, class_boards, inline, price_board
from presentation.failures import Failure
from presentation.formatting import duration, money
from presentation.page_data import LotFacts, TariffState, lot_facts, text_of
from presentation.respond import CachedPage, render

EVENING = MONDAY_AT_TEN.replace(hour=20)
COMPLAINTS = ("12315", "12345")  # market supervision, and the city


@driver_view("GET", "HEAD")
def tariff_page(request: HttpRequest, slug: str, version: int | None = None) -> HttpResponse:
    key = slug if version is None else f"{slug}/{version}"
    answer = page_cache.TARIFFS.page(key, lambda: _facts(slug, version), _page).answer(request)
    answer._csp_config = inline.TARIFF_POLICY  # type: ignore[attr-defined] # Django's own name for it
    return answer


def _facts(slug: str, number: int | None) -> LotFacts:
    lot, at = Lot.objects.select_related("operator").filter(slug=slug).first(), now()
    if lot is None:
        raise Failure("not_found")
    facts = replace(
        lot_facts(lot, at=at), remarks=remarks_of(lot, at=at), speed=payment_speed.medians([lot.pk], at=at)
    )
    if number is not None:
        return _of_version(facts, lot, number, at)
    if lot.system == Lot.System.BUILTIN and (coming := next_version(lot, at)):
        facts = replace(
            facts,
            next_version=coming.version,
            next_from=coming.valid_from,
            next_tariff=text_of(coming),
        )
    return facts


def _of_version(facts: LotFacts, lot: Lot, number: int, at: datetime) -> LotFacts:
    """Return the facts with one version in the place of the one in force. One called off is none.

    In front of another vendor's system those of before stay readable: a receipt names one of them.
    """
    version = lot.tariffs.filter(version=number, withdrawn_at=None).first()
    is_ours = lot.system == Lot.System.BUILTIN
    if version is None or (not is_ours and version.valid_from > at):
        raise Failure("not_found")
    current = version_at(lot, at) if is_ours else None
    state = TariffState.PAST if version.valid_from <= at else TariffState.TO_COME
    if current is not None and current.version == number:
        state = TariffState.IN_FORCE
    return replace(
        facts,
        tariff_version=number,
        tariff=text_of(version),
        tariff_from=version.valid_from,
        tariff_state=state,
    )


def _page(lot: LotFacts) -> CachedPage:
    path = f"/lot/{lot.slug}/tariff"
    here = path if lot.tariff_state == TariffState.IN_FORCE else f"{path}/{lot.tariff_version}"
    context: dict[str, Any] = {"lot": lot, "path": path, "here": here, "tariff_style": inline.TARIFF_STYLE}
    context["complaints"] = " / ".join(
        [lot.complaint_phones, *(one for one in COMPLAINTS if one not in lot.complaint_phones)]
    )
    context["speed"] = dict(lot.speed)
    context["remarks"] = [remark.line() for remark in lot.remarks]
    if lot.tariff:
        context |= _board_context(price_board.tariff_of(lot.tariff), lot)
    if lot.next_tariff and lot.next_from:
        coming = price_board.tariff_of(lot.next_tariff)
        context["next_board"] = price_board.usual_board(coming)
        context["next_from"] = _unbroken(lot.moment(lot.next_from))
    return CachedPage(render("tariff.html", context).encode())


def _board_context(tariff: Tariff, lot: LotFacts) -> dict[str, Any]:
    place = Place(lot.tz, calendar_of(lot.zone))
    return {
        "board": price_board.usual_board(tariff),
        "conditions": price_board.conditions(tariff),
        "late": price_board.after_window(tariff),
        "classes": class_boards.class_boards(tariff, place),
        "clock": tariff.follows_the_clock,
        "examples": _examples(tariff, place),
        "valid_from": _unbroken(lot.moment(lot.tariff_from)),
    }


def _unbroken(moment: str) -> SafeString:
    """Return a date and time whose date stays in one line: Chromium breaks lines after a hyphen."""
    day, _, clock = moment.partition(" ")
    return format_html('<span class="day">{}</span> {}', day, clock)


def _examples(tariff: Tariff, place: Place) -> Sequence[tuple[str, ...]]:
    """Return stays and what they cost from 10 o'clock; where the clock matters, from 20 o'clock too."""
    if not tariff.follows_the_clock:
        return board_examples.worked_examples(tariff, place)
    tariff = board_examples.without_seasons(tariff)
    came = EVENING.replace(tzinfo=place.zone)

    def late(minutes: int) -> int:
        return tariff.price(came, came + timedelta(minutes=minutes), PlateKind.ORDINARY, place=place).fen

    return [
        (duration(minutes), *(money(one, tariff.currency) for one in (fen, late(minutes))))
        for minutes, fen in examples(tariff, place=place)
    ]
