"""Nightly check of prices: every payment of a day is priced again from its stored inputs.

It changes nothing. A payment agrees; or its inputs are not what they were (a corrected stay, a permit, an
earlier stay or plate that is erased); or it diverges: the same inputs give another price. The log then has
its number.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from lots.calendars import calendar_of
from lots.models import TariffVersion
from lots.pricing import NoTariff, tariff_of, version_for
from lots.tariffs import Place
from payments.models import Payment

logger = logging.getLogger(__name__)

OTHER_ROWS = {"covered", "earlier_stays", "settled"}  # lines that depend on rows which may be gone
BATCH = 500


@dataclass
class Recomputed:
    """What the payments of one day came to. `diverged`: their ids."""

    agreed: int = 0
    inputs_differ: int = 0
    diverged: list[int] = field(default_factory=list)


def recompute_day(day: date, *, zone: Any) -> Recomputed:
    """Price again every charge that was paid on this date of the zone."""
    begin = datetime.combine(day, time(), zone)
    found = Recomputed()
    for payment in _paid(begin, datetime.combine(day + timedelta(days=1), time(), zone)):
        if price_again(payment) == payment.price_fen:
            found.agreed += 1
        elif _inputs_differ(payment):
            found.inputs_differ += 1
        else:
            found.diverged.append(payment.pk)
    report = "prices of %s again: %d agreed, %d inputs differ, %d diverged"
    logger.info(report, day, found.agreed, found.inputs_differ, len(found.diverged))
    if found.diverged:
        logger.error("payments whose price differs from their stored inputs: %s", found.diverged[:50])
    return found


def _paid(begin: datetime, end: datetime) -> Iterator[Payment]:
    paid = Payment.objects.filter(state=Payment.State.PAID, paid_at__gte=begin, paid_at__lt=end)
    yield from paid.select_related("session", "lot").iterator(chunk_size=BATCH)


def _inputs_differ(payment: Payment) -> bool:
    session, version = payment.session, _version(payment)
    if session.entered_at is None or payment.until < session.entered_at or payment.moved_at or not version:
        return True
    if tariff_of(version.pk).reentry or OTHER_ROWS & {line["code"] for line in payment.lines}:
        return True
    try:
        return version_for(session).pk != version.pk
    except NoTariff:
        return True


def price_again(payment: Payment) -> int | None:
    """Return what the stay of a payment costs up to its end, by the version that it names."""
    session, version = payment.session, _version(payment)
    if session.entered_at is None or version is None:
        return None
    place = Place(payment.lot.tz, calendar_of(payment.lot.zone))
    until = max(payment.until, session.entered_at)
    kind, seen = session.plate_kind, session.vehicle_class
    begin = max(session.entered_at, version.counts_from or session.entered_at)
    return tariff_of(version.pk).price(begin, max(until, begin), kind, seen=seen, place=place).fen


def _version(payment: Payment) -> TariffVersion | None:
    if payment.tariff_version is None:
        return None
    rows = TariffVersion.objects.filter(lot=payment.lot_id, version=payment.tariff_version)
    return rows.defer("document").first()
