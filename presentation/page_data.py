"""Data of a page about its sign and lot: plain values, equal when the page would be equal.

Nothing here depends on the visitor, so one page can be made per sign and language, cached, and shown
without the database when that is down.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from core import hot_sql
from core.hooks import Remark
from lots import lane_codes
from lots.contacts import dialled
from lots.models import Lane, Lot, Operator, Sign, TariffVersion
from lots.systems import takes_coupons
from payments.coupons.coupon_models import CouponOffer

_SOURCE = """
FROM lots_operator p
LEFT JOIN lots_tariffversion v ON v.id = (
    SELECT t.id FROM lots_tariffversion t
    WHERE t.lot_id = %s AND t.valid_from <= %s AND t.withdrawn_at IS NULL
    ORDER BY t.valid_from DESC, t.version DESC LIMIT 1)
LEFT JOIN payments_couponoffer c ON c.lot_id = %s AND c.ended_at IS NULL
WHERE p.id = %s
"""


class TariffState(StrEnum):
    """Whether a version holds for a car that comes in now."""

    IN_FORCE = "in_force"
    PAST = "past"
    TO_COME = "to_come"


@dataclass(frozen=True)
class LotFacts:
    """One car park as its public pages show it."""

    slug: str
    name: str
    address: str
    zone: str
    province: str
    exit_window: int
    retention_hours: int
    closed: bool
    legal_name: str
    contact: str
    service_phone: str
    complaint_phones: str
    cash_information: str
    tariff_version: int | None
    tariff: str  # the document as JSON text: hashable, and equal for an equal rule
    takes_coupons: bool = False
    keeps_pictures: bool = False  # asked for by the privacy page alone
    systems: tuple[tuple[str, str], ...] = ()  # these two as well: who else receives data
    recipients: tuple[tuple[str, str, str], ...] = ()
    tariff_from: datetime | None = None
    tariff_state: TariffState = TariffState.IN_FORCE  # of a version that was asked for by its number
    next_version: int | None = None  # these three are asked for by the tariff page alone
    next_from: datetime | None = None
    next_tariff: str = ""
    speed: tuple[tuple[str, int], ...] = ()  # only for the price board
    remarks: tuple[Remark, ...] = ()  # only for the price board and the privacy page

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def moment(self, at: datetime | None) -> str:
        """Write a time by the lot's own clock; nothing where there is none."""
        return f"{at.astimezone(self.tz):%Y-%m-%d %H:%M}" if at else ""

    def second(self, at: datetime | None) -> str:
        """Write a time to the second, as a tariff counts and a receipt proves it."""
        return f"{at.astimezone(self.tz):%Y-%m-%d %H:%M:%S}" if at else ""

    @property
    def phone_link(self) -> str:
        return dialled(self.service_phone)


@dataclass(frozen=True)
class SignFacts:
    """One sign: where it hangs and which way of paying it opens."""

    code: str
    number: int
    place: str
    lot: LotFacts
    at_exit: bool = False
    at_entry: bool = False
    has_screen: bool = False  # at an exit: only the code on its screen shows a fee


def lot_facts(lot: Lot, *, at: datetime) -> LotFacts:
    """Read what the pages of `lot` say, its operator and its tariff in force included, in one statement.

    In front of another vendor's system there is no tariff in force: that system prices by rules of its own,
    and a price of ours on a page would not be the one that is charged.
    """
    found = hot_sql.joined(
        {"p": Operator, "v": TariffVersion, "c": CouponOffer}, _SOURCE, [lot.pk, at, lot.pk, lot.operator_id]
    )
    assert found is not None, "a lot has an operator"
    operator, version, offer = found
    if lot.system != Lot.System.BUILTIN:
        version = None
    return LotFacts(
        slug=lot.slug,
        name=lot.name,
        address=lot.address,
        zone=lot.zone,
        province=lot.province,
        exit_window=lot.exit_window,
        retention_hours=lot.retention_hours,
        closed=lot.closed_at is not None,
        legal_name=operator.legal_name,
        contact=operator.contact,
        service_phone=operator.service_phone,
        complaint_phones=operator.complaint_phones,
        cash_information=operator.cash_information,
        tariff_version=version.version if version else None,
        tariff=text_of(version) if version else "",
        tariff_from=version.valid_from if version else None,
        takes_coupons=offer is not None and takes_coupons(lot),
    )


def text_of(version: TariffVersion) -> str:
    return json.dumps(version.document, sort_keys=True)


def sign_facts(sign: Sign, *, at: datetime) -> SignFacts:
    """Read what the pages behind `sign` say. Where many lots share a process nearly each charge does."""
    return facts_at(sign, lot_facts(sign.lot, at=at))


def facts_at(sign: Sign, lot: LotFacts) -> SignFacts:
    """Return the facts of a sign whose lot's facts are known."""
    direction = sign.lane.direction if sign.lane else ""
    changes = sign.lane is not None and lane_codes.changes(sign.lane)
    return SignFacts(
        code=sign.code,
        number=sign.number,
        place=sign.place,
        lot=lot,
        at_exit=direction in {Lane.Direction.EXIT, Lane.Direction.BOTH},
        at_entry=direction in {Lane.Direction.ENTRY, Lane.Direction.BOTH},
        has_screen=changes
        and sign.lot.system == Lot.System.BUILTIN,  # the code names a car that we have read
    )
