"""Why no payment was started. No money moved in any of them."""

from core.errors import ParkingError


class NothingOwed(ParkingError):
    """Absent, still free, exempt or already paid. The driver's page never shows which (the plate oracle)."""

    code = "nothing_owed"


class NoEntry(ParkingError):
    """The entry is not known and the tariff states no price for that: correct the entry time first."""

    code = "no_entry"


class ChargeExpired(ParkingError):
    """The amount is no longer certain, or its time is over: ask for a new charge."""

    code = "charge_expired"


class CurrencyRefused(ParkingError):
    """The tariff is in a currency that no channel takes here: the books are in yuan."""

    code = "currency_refused"


class ForgedCharge(ParkingError):
    """The text is no charge that we sealed, or it was altered."""

    code = "forged_charge"


class ForeignCharge(ParkingError):
    """The charge was sealed for another lot."""

    code = "foreign_charge"


class SystemUnreachable(ParkingError):
    """The lot's parking system does not answer, or answers with a fault. It is never "no such car"."""

    code = "system_unreachable"
