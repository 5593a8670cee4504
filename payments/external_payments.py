"""Money that a channel outside of this system took: ETC, 无感支付, a booth of another house (外部收款).

A device that may do so (`Reporter`) says what was paid for which plate. The report ends in `settle` like any
channel's word: a stay that was paid by phone a moment before is not charged twice, and the second payment
goes back. It is idempotent by the reporter's own number within its lot and channel.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from core.errors import ParkingError
from core.vault import plate_index
from lots.models import Device, ParkingSession
from lots.plate_reads import by_our_clock
from lots.plates import Plate
from lots.pricing import NoTariff
from lots.sessions import find_open
from payments.booth import record_money
from payments.models import Discrepancy, Payment, Refund, Reporter
from payments.numbers import CAPITALS_AND_DIGITS
from payments.providers.contract import Outcome, Statement
from payments.refusals import CurrencyRefused
from payments.settling import settle


class NotAReporter(ParkingError):
    """This device has no permission to report payments."""

    code = "not_a_reporter"


class UnknownRefund(ParkingError):
    """This lot and channel have no such refund to carry out."""

    code = "unknown_refund"


@dataclass(frozen=True)
class Reported:
    """What became of a report: how much counts for the stay, and how much is refunded (fen)."""

    known: bool  # False: no stay of this plate was found, or none with a price; staff see the money
    credited_fen: int = 0
    surplus_fen: int = 0
    refund: Refund | None = None


def reporter_of(device: Device) -> Reporter:
    """Return what lets this device report, or raise `NotAReporter`."""
    found = Reporter.objects.filter(device=device, device__revoked_at=None).first()
    if found is None:
        raise NotAReporter
    return found


def report(
    *,
    device: Device,
    number: str,
    plate: Plate | None,
    amount_fen: int,
    paid_at: datetime,
    at: datetime,
) -> Reported:
    """Record that the device's channel took `amount_fen` for this plate. Repeating it changes nothing.

    A repeat that differs, and money for a plate that has no stay here or is none, or whose stay no tariff
    prices, become discrepancies for staff. The time is corrected as a stored read's is; one that cannot be
    true counts as now. Raises `NotAReporter` or `BadAmount`.
    """
    reporter = reporter_of(device)
    paid_at = min(by_our_clock(device, paid_at, at) or at, at)
    ours = our_number(reporter, number)
    statement = Statement(
        reporter.channel,
        device.lot.slug,
        ours,
        Outcome.PAID,
        provider_number=number,
        amount_fen=amount_fen,
        at=paid_at,
    )
    known = Payment.objects.filter(
        provider=statement.provider, merchant=statement.merchant, number=ours
    ).exists()
    session = None if known else _session(device, plate, paid_at)
    if known or session is None or not _record(session, reporter, statement, device, at):
        settle(statement, cause="outside", at=at)
    return _answer(statement)


def _record(
    session: ParkingSession, reporter: Reporter, statement: Statement, device: Device, at: datetime
) -> bool:
    """Make the payment of a report; False where the same report was faster, or the stay has no price."""
    assert statement.amount_fen is not None
    assert statement.at is not None
    try:
        record_money(
            session,
            provider=reporter.channel,
            number=statement.number,
            provider_number=statement.provider_number,
            amount_fen=statement.amount_fen,
            paid_at=statement.at,
            cause="outside",
            at=at,
            lane=device.lane,
        )
    except (IntegrityError, NoTariff, CurrencyRefused):
        return False
    Discrepancy.objects.filter(  # an earlier report came before the stay was known
        kind=Discrepancy.Kind.UNKNOWN_NUMBER,
        provider=statement.provider,
        merchant=statement.merchant,
        number=statement.number,
        amount_fen=statement.amount_fen,
        resolved_at=None,
    ).update(resolved_at=at)
    return True


def _session(device: Device, plate: Plate | None, paid_at: datetime) -> ParkingSession | None:
    """Return the stay that was paid for: the open one, unless it began later; else the last before."""
    if plate is None:
        return None
    inside = find_open(device.lot_id, plate)
    if inside is not None and inside.entered_at is not None and inside.entered_at <= paid_at:
        return inside
    index = plate_index(device.lot_id, plate.text)
    earlier = ParkingSession.objects.filter(lot_id=device.lot_id, plate_index=index, entered_at__lte=paid_at)
    return earlier.order_by("-entered_at").first()


def _answer(statement: Statement) -> Reported:
    payment = Payment.objects.filter(
        provider=statement.provider, merchant=statement.merchant, number=statement.number
    ).first()
    if payment is None or payment.state != Payment.State.PAID:
        return Reported(known=False)
    refund = payment.refunds.filter(reason=Refund.Reason.SURPLUS).order_by("-pk").first()
    surplus = payment.amount_fen - payment.credited_fen
    return Reported(True, payment.credited_fen, surplus, refund)


def is_sent_by_reporter(payment: Payment) -> bool:
    """Return whether a device carries out refunds of a payment, so that staff must not hand out the money."""
    return Reporter.objects.filter(
        device__lot=payment.lot_id, channel=payment.provider, gives_back=True
    ).exists()


def to_give_back(device: Device) -> list[Refund]:
    """Return the refunds that this device's channel is to carry out, oldest first."""
    reporter = reporter_of(device)
    waiting = Refund.objects.filter(
        payment__lot_id=device.lot_id,
        payment__provider=reporter.channel,
        state=Refund.State.ABNORMAL,
    )
    rows = waiting.select_related("payment").order_by("pk")
    return list(rows[:100]) if reporter.gives_back else []


@transaction.atomic
def gave_back(*, device: Device, number: str, done: bool, at: datetime) -> Refund:
    """Record what became of a refund at the reporter's channel. The first word counts.

    Raises `NotAReporter` or `UnknownRefund`.
    """
    reporter = reporter_of(device)
    mine = Refund.objects.filter(
        payment__lot_id=device.lot_id, payment__provider=reporter.channel, number=number
    )
    refund = mine.select_related("payment").first()
    if refund is None or not reporter.gives_back:
        raise UnknownRefund
    payment = refund.payment
    statement = Statement(
        payment.provider,
        payment.merchant,
        payment.number,
        Outcome.REFUND_DONE if done else Outcome.REFUND_FAILED,
        amount_fen=refund.amount_fen,
        refund_number=refund.number,
    )
    settle(statement, cause="outside", at=at)
    refund.refresh_from_db()
    return refund


def our_number(reporter: Reporter, number: str) -> str:
    """Return the 26 characters that stand for a reporter's number in its lot and channel, always the same."""
    digest = hashlib.sha256(f"{reporter.channel}|{reporter.device.lot_id}|{number}".encode()).digest()
    value, letters = int.from_bytes(digest), []
    for _ in range(25):
        value, place = divmod(value, len(CAPITALS_AND_DIGITS))
        letters.append(CAPITALS_AND_DIGITS[place])
    return "X" + "".join(letters)
