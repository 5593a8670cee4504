"""Nightly check of prices: every payment of a day is priced again from its stored inputs.

It corrects nothing. A payment agrees; or its inputs are not what they were (a corrected stay, a permit, a
plate that is erased, or an earlier one that may be); or it diverges: the same inputs give another price. The
health page then says so, and `PriceCheck` has its number.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from lots.calendars import calendar_of
from lots.earlier_sessions import earlier_sessions
from lots.models import TariffVersion
from lots.pricing import NoTariff, tariff_of, version_for
from lots.tariffs import Place, Tariff
from payments.models import Payment, PriceCheck

logger = logging.getLogger(__name__)

OTHER_ROWS = {"covered", "settled"}  # lines that depend on rows which may be gone
FREE_USED = {"free_used_today", "free_used_day", "free_used_month"}  # stored as a line of the charge
PERIODS = ("week", "month")  # what the stays of the same one before cost is stored too, as week_before
BATCH = 500


@dataclass
class Recomputed:
    """What the payments of one day came to, in one lot or in all. `diverged`: their ids."""

    agreed: int = 0
    inputs_differ: int = 0
    diverged: list[int] = field(default_factory=list)


def recompute_day(day: date, *, zone: Any, at: datetime) -> Recomputed:
    """Price again every charge that was paid on this date of the zone; store what came of it for each lot.

    Returns the sum over all lots. Repeating it replaces what was stored.
    """
    by_lot: defaultdict[int, Recomputed] = defaultdict(Recomputed)
    begin, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    for payment in _paid(begin, end):
        found = by_lot[payment.lot_id]
        if price_again(payment) == payment.price_fen:
            found.agreed += 1
        elif _inputs_differ(payment, at):
            found.inputs_differ += 1
        else:
            found.diverged.append(payment.pk)
    with transaction.atomic():
        for lot, found in by_lot.items():
            PriceCheck.objects.update_or_create(lot_id=lot, day=day, defaults={"done_at": at, **vars(found)})
    return _reported(day, by_lot.values())


def _reported(day: date, lots: Collection[Recomputed]) -> Recomputed:
    """Log and return the sum over all lots."""
    found = Recomputed(
        sum(one.agreed for one in lots),
        sum(one.inputs_differ for one in lots),
        [pk for one in lots for pk in one.diverged],
    )
    report = "prices of %s again: %d agreed, %d inputs differ, %d diverged"
    logger.info(report, day, found.agreed, found.inputs_differ, len(found.diverged))
    if found.diverged:
        logger.error("payments whose price differs from their stored inputs: %s", found.diverged[:50])
    return found


def _paid(begin: datetime, end: datetime) -> Iterator[Payment]:
    paid = Payment.objects.filter(state=Payment.State.PAID, paid_at__gte=begin, paid_at__lt=end)
    yield from paid.select_related("session", "lot").iterator(chunk_size=BATCH)


def _inputs_differ(payment: Payment, at: datetime) -> bool:
    session, version = payment.session, _version(payment)
    if session.entered_at is None or payment.until < session.entered_at or payment.moved_at or not version:
        return True
    tariff = tariff_of(version.pk)
    if OTHER_ROWS & {line["code"] for line in payment.lines}:
        return True
    if tariff.reentry and _earlier_differ(payment, tariff, at):
        return True
    try:
        return version_for(session).pk != version.pk
    except NoTariff:
        return True


def _earlier_differ(payment: Payment, tariff: Tariff, at: datetime) -> bool:
    """Return whether a payment was made with other stays before it, or one of them may be erased by now."""
    session, lot = payment.session, payment.lot
    if session.plate_index is None or session.entered_at is None:
        return True
    place = Place(lot.tz, calendar_of(lot.zone))
    count, since = tariff.stays_before(session.entered_at, earlier_sessions(tariff, session), place)
    charged = [line["values"]["stays"] for line in payment.lines if "stays" in line["values"]]
    return charged not in ([], [count]) or since < at - timedelta(hours=lot.retention_hours)


def price_again(payment: Payment) -> int | None:
    """Return what the stay of a payment costs up to its end, by the version that it names."""
    session, version = payment.session, _version(payment)
    if session.entered_at is None or version is None:
        return None
    place = Place(payment.lot.tz, calendar_of(payment.lot.zone))
    until = max(payment.until, session.entered_at)
    kind, seen = session.plate_kind, session.vehicle_class
    begin = max(session.entered_at, version.counts_from or session.entered_at)
    free_used = any(line["code"] in FREE_USED for line in payment.lines)
    before = {line["code"]: line["values"].get("before_fen", 0) for line in payment.lines}
    tariff = tariff_of(version.pk)
    price = tariff.price(
        begin,
        max(until, begin),
        kind,
        seen=seen,
        place=place,
        earlier=earlier_sessions(tariff, session),
        free_used=free_used,
        **{f"{period}_fen": before.get(f"{period}_before", 0) for period in PERIODS},
    )
    return price.fen


def _version(payment: Payment) -> TariffVersion | None:
    if payment.tariff_version is None:
        return None
    rows = TariffVersion.objects.filter(lot=payment.lot_id, version=payment.tariff_version)
    return rows.defer("document").first()
