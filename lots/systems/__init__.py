"""Parking systems: our own, and those of others that a lot stands in front of; one module each.

A new one implements `ParkingSystem` of `parking_system.py`, gets a value in `Lot.System`, and a line here.
"""

from collections.abc import Callable

from lots.models import Lot
from lots.systems.aike import AikeSystem
from lots.systems.bolian import BolianSystem
from lots.systems.builtin import BuiltinSystem
from lots.systems.generic import GenericSystem
from lots.systems.hikvision import Hikvision8700System, HikvisionSystem
from lots.systems.jieshun import JieshunSystem
from lots.systems.keytop import KeytopSystem
from lots.systems.links import link_of
from lots.systems.notices import SendsNotices
from lots.systems.parking_system import (
    ChargeQuery,
    ClosesAutopay,
    ConfirmsNothing,
    ListsPayments,
    NothingDue,
    PaidCharge,
    ParkingSystem,
    PricesCoupons,
    TakesCoupons,
    TryAgain,
    Unreachable,
)
from lots.systems.pcloud import PcloudSystem
from lots.systems.remote import RemoteSystem
from lots.systems.vendor_fields import COUPONS

REMOTE: dict[str, type[RemoteSystem]] = {
    Lot.System.AIKE: AikeSystem,
    Lot.System.BOLIAN: BolianSystem,
    Lot.System.GENERIC: GenericSystem,
    Lot.System.HIKVISION: HikvisionSystem,
    Lot.System.HIKVISION_8700: Hikvision8700System,
    Lot.System.JIESHUN: JieshunSystem,
    Lot.System.KEYTOP: KeytopSystem,
    Lot.System.PCLOUD: PcloudSystem,
}


type Act = (
    type[ClosesAutopay]
    | type[ConfirmsNothing]
    | type[ListsPayments]
    | type[PricesCoupons]
    | type[SendsNotices]
    | type[TakesCoupons]
)


class NotSetUp:
    """A lot whose parking system is named but cannot be reached: no link, or its key is gone."""

    can_ask_again = False

    def charge(self, _: ChargeQuery) -> NothingDue | Unreachable:
        return Unreachable("not_configured")

    def settle(self, _: PaidCharge) -> TryAgain:
        return TryAgain("not_configured")


def _remote(lot: Lot) -> ParkingSystem:
    link = link_of(lot)
    return REMOTE[lot.system](link) if link else NotSetUp()


SYSTEMS: dict[str, Callable[[Lot], ParkingSystem]] = {
    Lot.System.BUILTIN: BuiltinSystem,
    **dict.fromkeys(REMOTE, _remote),
}


def system_of(lot: Lot) -> ParkingSystem:
    """Return the parking system that answers for this lot."""
    return SYSTEMS[lot.system](lot)


def can(lot: Lot, what: Act) -> bool:
    """Return whether the lot's system has these further acts; asks no database."""
    return lot.system in REMOTE and issubclass(REMOTE[lot.system], what)


def counts_coupons(system: ParkingSystem) -> bool:
    """Return whether another vendor's system counts our coupons, and the vendor has agreed to it."""
    if not isinstance(system, RemoteSystem) or system.link.options.get(COUPONS) != "yes":
        return False
    return isinstance(system, PricesCoupons | TakesCoupons)


def takes_coupons(lot: Lot) -> bool:
    """Return whether parking coupons count in this lot."""
    return lot.system == Lot.System.BUILTIN or counts_coupons(system_of(lot))
