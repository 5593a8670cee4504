"""Differences that a person must look at, one row each; resolved when they explain themselves."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from lots.models import Lot
from payments import channels
from payments.models import Discrepancy, Payment, Refund


def report(
    kind: Discrepancy.Kind,
    *,
    provider: str,
    merchant: str,
    number: str,
    at: datetime,
    provider_number: str = "",
    amount_fen: int | None = None,
    lot_id: int | None = None,
    day: date | None = None,
) -> Discrepancy:
    """Note it. One that is there already is kept, and learns the lot and the bill's day if it had none.

    The same money with another amount is another row: a person sees each claim, also after the first one was
    resolved. One of unknown amount learns it.
    """
    key = {
        "kind": kind,
        "provider": provider,
        "merchant": merchant,
        "number": number[:64],
        "provider_number": provider_number[:64],
    }
    same = Discrepancy.objects.filter(**key)
    if amount_fen is not None and not same.filter(amount_fen=amount_fen).exists():
        same.filter(amount_fen=None, resolved_at=None).update(amount_fen=amount_fen)
    row, _ = Discrepancy.objects.get_or_create(**key, amount_fen=amount_fen, defaults={"seen_at": at})
    for name, value in {"lot_id": lot_id, "day": day}.items():
        if value is not None:
            Discrepancy.objects.filter(pk=row.pk, **{f"{name}__isnull": True}).update(**{name: value})
    return row


def found_after_all(provider: str, merchant: str, day: date, *, at: datetime) -> int:
    """Put away that these were missing in the bill: a day's bill, which was read to its end, has them."""
    of_day = Q(bill_mark__day=day) | Exists(Refund.objects.filter(payment=OuterRef("pk"), billed_on=day))
    ours = Payment.objects.filter(of_day, provider=provider, merchant=merchant, number=OuterRef("number"))
    return Discrepancy.objects.filter(
        Exists(ours),
        kind=Discrepancy.Kind.MISSING_THERE,
        provider=provider,
        merchant=merchant,
        resolved_at=None,
    ).update(resolved_at=at)


def of_unknown_amount(payment: Payment) -> QuerySet[Discrepancy]:
    """Return what its channel reported of refunds whose amount is in no bill yet.

    Alipay's notice of a refund that is not ours gives only the sum of all refunds so far.
    """
    return Discrepancy.objects.filter(
        kind=Discrepancy.Kind.OVER_REFUNDED,
        provider=payment.provider,
        merchant=payment.merchant,
        number=payment.number,
        amount_fen=None,
        resolved_at=None,
    )


def amount_is_known(payment: Payment, *, at: datetime) -> int:
    """Put away that a refund of unknown amount was made at the channel: its bill has it, and it is booked."""
    paid_out_twice = payment.refunds.values("number")
    return of_unknown_amount(payment).exclude(provider_number__in=paid_out_twice).update(resolved_at=at)


def open_for(lot: Lot, *, until: date) -> QuerySet[Discrepancy]:
    """Return what is open for a lot up to a day: its own, and what no lot is known of at its merchants."""
    merchants = Q(provider="")  # what our own books say against each other
    for name, merchant in _merchants_of(lot):
        merchants |= Q(provider=name, merchant=merchant)
    return Discrepancy.objects.filter(
        Q(lot=lot) | (Q(lot=None) & merchants),
        Q(day__lte=until) | Q(day=None),
        resolved_at=None,
    )


def takes_money_of(row: Discrepancy, lot: Lot) -> bool:
    """Return whether the merchant that a difference is about takes, or may have taken, this lot's money."""
    return (row.provider, row.merchant) in _merchants_of(lot)


def _merchants_of(lot: Lot) -> list[tuple[str, str]]:
    """Return who takes this lot's money; a merchant of "all others" may be."""
    return [
        key
        for key, provider in channels.providers().items()
        if (lots := channels.lots_of(provider)) is None or lot.slug in lots
    ]
