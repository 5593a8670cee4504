"""Nightly check of prices: every paid quote of a day is priced again from its stored inputs.

It changes nothing. A quote agrees; or its inputs are not what they were (a corrected stay, a permit, an
earlier stay or plate that is erased); or it diverges: the same inputs give another price. The log then has
its number.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from lots.calendars import calendar_of
from lots.models import ParkingSession
from lots.pricing import NoTariff, tariff_of, version_for
from lots.tariffs import Place
from payments.models import Payment, Quote

logger = logging.getLogger(__name__)

OTHER_ROWS = {"covered", "earlier_stays", "settled"}  # lines that depend on rows which may be gone
BATCH = 500


@dataclass
class Recomputed:
    """What the quotes of one day came to. `diverged`: the ids of the quotes."""

    agreed: int = 0
    inputs_differ: int = 0
    diverged: list[int] = field(default_factory=list)


def recompute_day(day: date, *, zone: Any) -> Recomputed:
    """Price again every quote that was paid on this date of the zone."""
    begin = datetime.combine(day, time(), zone)
    found = Recomputed()
    for quote in _paid(begin, datetime.combine(day + timedelta(days=1), time(), zone)):
        if price_again(quote) == quote.price_fen:
            found.agreed += 1
        elif _inputs_differ(quote):
            found.inputs_differ += 1
        else:
            found.diverged.append(quote.pk)
    report = "prices of %s again: %d agreed, %d inputs differ, %d diverged"
    logger.info(report, day, found.agreed, found.inputs_differ, len(found.diverged))
    if found.diverged:
        logger.error("quotes whose price differs from their stored inputs: %s", found.diverged[:50])
    return found


def _paid(begin: datetime, end: datetime) -> Iterator[Quote]:
    paid = Payment.objects.filter(state=Payment.State.PAID, paid_at__gte=begin, paid_at__lt=end)
    rows = Quote.objects.filter(pk__in=paid.values("quote_id")).select_related("session", "lot", "tariff")
    yield from rows.iterator(chunk_size=BATCH)


def _inputs_differ(quote: Quote) -> bool:
    session: ParkingSession = quote.session
    if session.entered_at is None or quote.until < session.entered_at:
        return True
    tariff = tariff_of(quote.tariff_id, quote.tariff.document)
    if tariff.reentry or OTHER_ROWS & {line["code"] for line in quote.lines}:
        return True
    try:
        return version_for(session).pk != quote.tariff_id
    except NoTariff:
        return True


def price_again(quote: Quote) -> int | None:
    """Return what the stay of a quote costs up to its end, by the version that it names."""
    session: ParkingSession = quote.session
    if session.entered_at is None:
        return None
    tariff = tariff_of(quote.tariff_id, quote.tariff.document)
    place = Place(quote.lot.tz, calendar_of(quote.lot.zone))
    until = max(quote.until, session.entered_at)
    kind, seen = session.plate_kind, session.vehicle_class
    return tariff.price(session.entered_at, until, kind, seen=seen, place=place).fen
