"""Settling, and reads at an exit, written with the ORM alone: the oracle for the hot paths.

They say in the plainest words what must be stored; nothing here is shared with the code that is tested but
rules that are pure or have tests of their own (prices, exit windows, refunds, barriers).
"""

from datetime import datetime

from django.db import transaction

from core.vault import plate_index, seal_plate
from lots import gates
from lots.exit_grace import window_end
from lots.models import Device, GateCommand, ParkingSession, PlateRead
from lots.plates import parse
from lots.pricing import price_session
from payments import outstanding, refunds
from payments.models import Discrepancy, LedgerEntry, Payment, PaymentEvent, Refund
from payments.numbers import new_receipt_code
from payments.providers.contract import Statement


@transaction.atomic
def settle(statement: Statement, *, at: datetime) -> None:
    """Record a payment of a session without coupons whose money has arrived."""
    payment = Payment.objects.select_for_update().filter(
        provider=statement.provider, merchant=statement.merchant, number=statement.number
    ).first()  # fmt: skip
    if payment is None:
        return _report(statement, Discrepancy.Kind.UNKNOWN_NUMBER, at)
    session = ParkingSession.objects.select_for_update(of=("self",)).get(pk=payment.session_id)
    others = Payment.objects.filter(
        provider=statement.provider, provider_number=statement.provider_number or None
    ).exclude(pk=payment.pk)
    agreed = (payment.amount_fen, payment.app, "CNY")
    if (statement.amount_fen, statement.app, statement.currency) != agreed or others.exists():
        return _report(statement, Discrepancy.Kind.DIFFERS, at)
    if payment.state == Payment.State.PAID:
        return None
    paid_at = min(max(statement.at or at, payment.created_at), at)
    price = max(_price(session, max(paid_at, payment.until)), payment.price_fen)
    is_open = session.exit_until is not None and paid_at <= session.exit_until
    credited = min(payment.amount_fen, 0 if is_open else max(0, price - session.paid_fen))
    _book(payment, credited, at)
    if credited:
        whole = payment.amount_fen >= payment.due_fen and paid_at <= payment.expires_at
        session.paid_fen += credited
        session.paid_at = max(paid_at, session.paid_at or paid_at)
        if whole or session.paid_fen >= _price(session, paid_at):
            end = window_end(session.lot, paid_at)
            session.exit_until = max(end, session.exit_until or end)
        session.save()
    PaymentEvent.objects.create(payment=payment, was=payment.state, became="paid", cause="notice", at=at)
    Payment.objects.filter(pk=payment.pk).update(
        state="paid",
        paid_at=paid_at,
        provider_number=statement.provider_number or None,
        receipt_code=new_receipt_code(),
        next_check_at=None,
        credited_fen=credited,
    )
    payment.refresh_from_db()
    if credited:
        outstanding.note_paid(session, fen=credited, at=at)
        in_window = session.exit_until is not None and at <= session.exit_until
        if in_window or session.paid_fen >= _price(session, at):
            gates.release(session, lane=payment.lane, cause=GateCommand.Cause.PAID, at=at)
    if surplus := payment.amount_fen - credited:
        refunds.request_refund(payment, amount_fen=surplus, reason=Refund.Reason.SURPLUS, at=at)
    return None


@transaction.atomic
def leave(device: Device, plate: str, at: datetime) -> PlateRead:
    """Record the read of a car that stands at an exit, and let it out if it owes nothing."""
    index = plate_index(device.lot_id, parse(plate).text)
    session = ParkingSession.objects.select_for_update(of=("self",)).get(
        lot_id=device.lot_id, plate_index=index, left_at=None
    )
    Device.objects.filter(pk=device.pk).update(last_seen_at=at, clock_offset=0)
    is_open = session.exit_until is not None and at <= session.exit_until
    owes = not is_open and _price(session, at) > session.paid_fen
    read = PlateRead.objects.create(
        lot_id=device.lot_id,
        lane=device.lane,
        device=device,
        key=f"twin {plate}",
        direction="exit",
        captured_at=at,
        received_at=at,
        plate=seal_plate(device.lot_id, parse(plate).text),
        plate_index=index,
        plate_kind=parse(plate).kind,
        outcome="held" if owes else "left",
        moved_at=None if owes else at,
        session=session,
    )
    if not owes:
        GateCommand.objects.create(
            lot_id=device.lot_id,
            lane=device.lane,
            session=session,
            read=read,
            cause="paid" if session.paid_fen else "nothing_owed",
            state="sent",
            issued_at=at,
            expires_at=at + gates.LIFETIME,
            sent_at=at,
        )
        session.left_at, session.exit_lane, session.departure = at, device.lane, "released"
        session.save()
    return read


def _price(session: ParkingSession, until: datetime) -> int:
    return price_session(session, until=min(until, session.left_at or until))[0].fen


def _book(payment: Payment, credited: int, at: datetime) -> None:
    channel = f"channel:{payment.provider}:{payment.merchant}"
    for kind, credit, fen in (
        ("payment", "parking", credited),
        ("surplus", "to_refund", payment.amount_fen - credited),
    ):
        if fen:
            LedgerEntry.objects.create(
                lot_id=payment.lot_id,
                kind=kind,
                debit=channel,
                credit=credit,
                amount_fen=fen,
                payment=payment,
                at=at,
            )


def _report(statement: Statement, kind: str, at: datetime) -> None:
    Discrepancy.objects.get_or_create(
        kind=kind,
        provider=statement.provider,
        merchant=statement.merchant,
        number=statement.number,
        provider_number=statement.provider_number,
        amount_fen=statement.amount_fen,
        defaults={"seen_at": at},
    )
