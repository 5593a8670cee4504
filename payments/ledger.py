"""Bookings. Each moves fen from one account to another in one append-only row, so legs sum to zero."""

from collections import Counter
from datetime import datetime

from core import hot_sql, hot_writes
from payments.channels import WAIVER
from payments.coupons.coupon_models import CouponUse
from payments.models import LedgerEntry, Payment, Refund

PARKING = "parking"
TO_REFUND = "to_refund"
VALIDATED, DISCOUNTS = "validated", "discounts"
Kind = LedgerEntry.Kind


def channel_account(payment: Payment) -> str:
    """Return where the money of a payment lies; a waived fee is what the operator bears itself."""
    if payment.provider == WAIVER:
        return f"waived:{payment.merchant}"
    return f"channel:{payment.provider}:{payment.merchant}"


def paid_back_from(refund: Refund) -> str:
    """Return the account that a refund is paid from: its channel's, the booth's drawer, or another."""
    lot = refund.payment.lot.slug
    if refund.means == Refund.Means.CASH:
        return f"channel:cash:{lot}"
    if refund.means == Refund.Means.ELSEWHERE:
        return f"elsewhere:{lot}"
    return channel_account(refund.payment)


def entries_of(payment: Payment, *, credited_fen: int, at: datetime) -> list[LedgerEntry]:
    """Return the entries for money that arrived, not yet stored.

    What the stay needed is earned, the rest is owed back.
    """
    channel, found = channel_account(payment), []
    if credited_fen:
        kind = Kind.WAIVED if payment.provider == WAIVER else Kind.PAYMENT
        found.append(_entry(payment, kind, channel, PARKING, credited_fen, at))
    if surplus := payment.amount_fen - credited_fen:
        found.append(_entry(payment, Kind.SURPLUS, channel, TO_REFUND, surplus, at))
    return found


def book_promise(refund: Refund, *, at: datetime) -> None:
    """Book that earned money is now owed back."""
    _book(refund.payment, Kind.REFUND_PROMISED, PARKING, TO_REFUND, refund.amount_fen, at, refund)


def book_refund(refund: Refund, *, at: datetime) -> None:
    """Book that the money was given back."""
    account = paid_back_from(refund)
    _book(refund.payment, Kind.REFUND_DONE, TO_REFUND, account, refund.amount_fen, at, refund)


def book_failure(refund: Refund, *, at: datetime) -> None:
    """Book that the channel could not give earned money back: it is earned still."""
    _book(refund.payment, Kind.REFUND_FAILED, TO_REFUND, PARKING, refund.amount_fen, at, refund)


def book_coupon(use: CouponUse, *, shop_fen: int, discount_fen: int, at: datetime) -> None:
    """Book what a coupon took more (or less, where negative) than before: the shop's part and the operator's.

    No driver's money moves, so no account of a payment does.
    """
    for account, fen in ((f"shop:{use.shop_id}", shop_fen), (DISCOUNTS, discount_fen)):
        if not fen:
            continue
        debit, credit = (account, VALIDATED) if fen > 0 else (VALIDATED, account)
        entry = LedgerEntry(
            lot_id=use.lot_id,
            kind=Kind.COUPON if fen > 0 else Kind.COUPON_LESS,
            debit=debit,
            credit=credit,
            amount_fen=abs(fen),
            payment_id=use.payment_id,
            coupon_use=use,
            at=at,
        )
        hot_writes.insert(entry)


def balances() -> dict[str, int]:
    """Return the balance of each account in fen; debits count up, and all of them sum to zero."""
    totals: Counter[str] = Counter()
    for debit, credit, amount in LedgerEntry.objects.values_list("debit", "credit", "amount_fen").iterator():
        totals[debit] += amount
        totals[credit] -= amount
    return dict(totals)


def _book(
    payment: Payment,
    kind: Kind,
    debit: str,
    credit: str,
    fen: int,
    at: datetime,
    refund: Refund | None = None,
) -> None:
    hot_writes.insert(_entry(payment, kind, debit, credit, fen, at, refund))


def _entry(
    payment: Payment,
    kind: Kind,
    debit: str,
    credit: str,
    fen: int,
    at: datetime,
    refund: Refund | None = None,
) -> LedgerEntry:
    return hot_sql.new(
        LedgerEntry,
        lot_id=payment.lot_id,
        kind=kind,
        debit=debit,
        credit=credit,
        amount_fen=fen,
        payment_id=payment.pk,
        refund_id=refund.pk if refund else None,
        at=at,
    )
