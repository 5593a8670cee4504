"""What a stay costs with its coupons: those used for it, shown by the driver, issued for its plate.

In that order, so that what a driver shows goes before what a shop attached. Reading only; `using` writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q

from core import hot_sql
from lots import sessions, tariffs
from lots.models import Lot, ParkingSession
from lots.pricing import price_session, pricing_by, pricing_of
from lots.tariffs import Price, Tariff
from payments.coupons import coupon_rules
from payments.coupons.coupon_codes import digest, read_code
from payments.coupons.coupon_models import Coupon, CouponOffer
from payments.coupons.coupon_rules import (
    CouponedPrice,
    CouponKind,
    CouponTerms,
    CouponWindow,
    Position,
    Pricing,
    Refusal,
    Right,
)

MOST_CODES = 8  # shown at once
State = Coupon.State

_PROBE = (
    "session_id = %s AND state = 'used' OR lot_id = %s AND plate_index = %s AND state IN ('issued', 'held')"
)


@dataclass(frozen=True)
class DiscountedSession:
    """A stay with its coupons, and why each one that was looked at does not count."""

    reduced: CouponedPrice
    coupons: dict[int, Coupon] = field(default_factory=dict)
    refused: tuple[tuple[str, Refusal], ...] = ()  # (code as shown, why)

    @property
    def fen(self) -> int:
        return self.reduced.fen

    @property
    def counting(self) -> list[Coupon]:
        """Return the coupons that take something."""
        return [self.coupons[one.key] for one in self.reduced.taken if one.fen]

    @property
    def shown(self) -> list[str]:
        """Return the codes that count."""
        return [coupon.code for coupon in self.counting if coupon.code]


def bill_of(
    session: ParkingSession,
    price: Price,
    *,
    until: datetime,
    at: datetime,
    codes: Sequence[str] = (),
    ids: Sequence[int] = (),
) -> DiscountedSession:
    """Return the stay's bill up to `until`, whose price without coupons is `price`.

    `codes` are those that the driver shows, `ids` coupons that counted when the driver saw the charge.
    """
    if not codes and not ids and not _any(session):
        return DiscountedSession(CouponedPrice(price))
    lot = hot_sql.by_id(Lot, session.lot_id)
    kept, free = _split(session, _found(session, codes, ids))
    refused = [(code, Refusal.UNKNOWN) for code in codes if not _known(code, [*kept, *free])]
    good: list[Coupon] = []
    for coupon in sorted(free, key=lambda coupon: (coupon.for_plate, coupon.pk)):
        why = why_not(coupon, session, lot=lot, at=at)
        good += [coupon] if why is None else []
        refused += [(coupon.code, why)] if why is not None and coupon.code else []
    return _bill(session, until, kept, good, refused)


def late_bill(
    session: ParkingSession, *, codes: Sequence[str] = (), ids: Sequence[int], at: datetime
) -> tuple[DiscountedSession | None, datetime]:
    """Return the bill of a paid session with coupons that come late, and until when it is priced.

    None where the session is not paid, its car has left, or no new coupon makes it cheaper than was paid.
    """
    until = paid_up_to(session, at=at)
    if not session.paid_fen or session.left_at is not None:
        return None, until
    bill = bill_of(session, price_session(session, until=until)[0], until=until, at=at, codes=codes, ids=ids)
    is_fresh = any(coupon.state != Coupon.State.USED for coupon in bill.counting)
    return (bill if is_fresh and bill.fen < session.paid_fen else None), until


def paid_up_to(session: ParkingSession, *, at: datetime) -> datetime:
    """Return until when the stay's price counts: within the exit window, when it was paid."""
    return session.paid_at if session.paid_at and session.may_leave(at) else at


def counting_bill(
    session: ParkingSession, price: Price, *, until: datetime, at: datetime
) -> DiscountedSession:
    """Return the bill with the coupons that count by themselves, whose price without coupons is `price`.

    Those of its plate and those used for it; of a car that has left, only the latter.
    """
    if session.left_at is None:
        return bill_of(session, price, until=until, at=at)
    return used_bill(session, until=until) if session.relief_fen else DiscountedSession(CouponedPrice(price))


def due_of(session: ParkingSession, *, at: datetime) -> int:
    """Return what a driver without a code must pay at `at`, in fen; see `lots.sessions.due_fen`.

    Raises `NoTariff`.
    """
    if session.may_leave(at):
        return 0
    until = session.priced_until(at)
    bill = counting_bill(session, price_session(session, until=until)[0], until=until, at=at)
    return max(0, bill.fen - session.paid_fen)


def due_of_many(rows: Sequence[ParkingSession], *, at: datetime) -> dict[int, int | None]:
    """Return what each session owes in fen by its id, as `due_of` does; None where that is unknown."""
    dues = sessions.due_of_many(rows, at=at)
    of_plates = {
        (row.lot_id, bytes(row.plate_index)): row
        for row in rows
        if row.plate_index is not None and dues.get(row.pk)
    }
    if not of_plates:
        return dues
    lots, indexes = {lot for lot, _ in of_plates}, {index for _, index in of_plates}
    found = Coupon.objects.filter(lot__in=lots, plate_index__in=indexes, state__in=Coupon.OPEN)
    for key in {(lot, bytes(index or b"")) for lot, index in found.values_list("lot", "plate_index")}:
        if (row := of_plates.get(key)) is not None:
            dues[row.pk] = due_of(row, at=at)
    return dues


def used_bill(session: ParkingSession, *, until: datetime) -> DiscountedSession:
    """Return the bill with the coupons that are used for this stay alone."""
    used = Coupon.objects.select_related("offer").filter(session=session, state=State.USED).order_by("pk")
    return _bill(session, until, list(used), [], [])


def why_not(coupon: Coupon, session: ParkingSession, *, lot: Lot, at: datetime) -> Refusal | None:
    """Return why this coupon cannot be used for this stay, whatever others there are."""
    if coupon.lot_id != session.lot_id:
        return Refusal.UNKNOWN
    if coupon.state == State.USED:
        return Refusal.USED
    if coupon.state == State.REVOKED:
        return Refusal.REVOKED
    if coupon.state == State.EXPIRED:
        return Refusal.EXPIRED
    if is_busy(coupon, session):
        return Refusal.IN_USE
    assert session.entered_at is not None
    return coupon_rules.refusal(window_of(coupon), entered_at=session.entered_at, at=at, zone=lot.tz)


def is_busy(coupon: Coupon, session: ParkingSession | None = None) -> bool:
    """Return whether a payment for another stay is on its way with this coupon."""
    from payments.models import CouponHandover, Payment  # here: it loads the models of this package

    if coupon.state != State.HELD or (session is not None and coupon.session_id == session.pk):
        return False
    if Payment.objects.filter(session=coupon.session_id, state__in=Payment.UNFINISHED).exists():
        return True
    if CouponHandover.objects.filter(coupon=coupon, state=CouponHandover.State.OPEN).exists():
        return True
    if _is_awaited(coupon):
        return True
    coupon.refresh_from_db(fields=["state"])  # that payment may have been settled between the two looks
    return coupon.state == State.USED


def _is_awaited(coupon: Coupon) -> bool:
    """Return whether a parking system has still to accept a payment that was made with this coupon."""
    from payments.models import Settlement

    reported = Settlement.objects.filter(
        payment__session=coupon.session_id, state__in=Settlement.UNFINISHED
    ).select_related("payment")
    return any(coupon.pk in row.payment.coupons for row in reported)


def window_of(coupon: Coupon) -> CouponWindow:
    offer = coupon.offer
    return CouponWindow(
        coupon.issued_at, coupon.valid_until, offer.same_day, offer.entry_from, offer.entry_to
    )


def right_of(coupon: Coupon, session: ParkingSession) -> Right:
    offer = coupon.offer
    return Right(
        coupon.pk,
        CouponKind(offer.kind),
        offer.value,
        Position(offer.position) if offer.position else Position.SHIFT_ENTRY,
        offer.most_fen,
        _other(offer, session),
    )


def terms_of(offer: CouponOffer) -> CouponTerms:
    return CouponTerms(offer.pk, offer.stackable, offer.per_stay, offer.most_minutes)


def _any(session: ParkingSession) -> bool:
    """Ask by hand: every quote and every car held at an exit does, and hardly any has a coupon."""
    values: list[Any] = [session.pk, session.lot_id, session.plate_index]
    return hot_sql.one(Coupon, _PROBE, values) is not None


def _found(session: ParkingSession, codes: Sequence[str], ids: Sequence[int]) -> list[Coupon]:
    mine = Q(session=session, state=State.USED)
    if session.plate_index is not None:
        mine |= Q(lot_id=session.lot_id, plate_index=session.plate_index, state__in=Coupon.OPEN)
    shown = {digest(code): code for code in map(read_code, codes[:MOST_CODES]) if code}
    if shown:
        mine |= Q(digest__in=list(shown))
    if ids:
        mine |= Q(pk__in=list(ids))
    found = list(Coupon.objects.select_related("offer").filter(mine).order_by("pk"))
    for coupon in found:
        coupon.code = shown.get(bytes(coupon.digest or b""))
    return found


def _split(session: ParkingSession, found: Iterable[Coupon]) -> tuple[list[Coupon], list[Coupon]]:
    kept: list[Coupon] = []
    free: list[Coupon] = []
    for coupon in found:
        used_here = coupon.state == State.USED and coupon.session_id == session.pk
        (kept if used_here else free).append(coupon)
    return kept, free


def _known(code: str, coupons: Iterable[Coupon]) -> bool:
    read = read_code(code)
    return read is not None and any(coupon.code == read for coupon in coupons)


def _bill(
    session: ParkingSession,
    until: datetime,
    kept: list[Coupon],
    good: list[Coupon],
    refused: list[tuple[str, Refusal]],
) -> DiscountedSession:
    assert session.entered_at is not None
    coupons = {coupon.pk: coupon for coupon in (*kept, *good)}
    shown = [(right_of(coupon, session), terms_of(coupon.offer)) for coupon in coupons.values()]
    chosen, apart = coupon_rules.choose(shown, kept=len(kept))
    pricing, _ = pricing_of(session)
    reduced = coupon_rules.reduce(pricing, session.entered_at, max(until, session.entered_at), chosen)
    new = {coupon.pk for coupon in good}
    apart |= {one.key: Refusal.NOTHING_LEFT for one in reduced.taken if not one.fen and one.key in new}
    refused += [(code, why) for key, why in apart.items() if (code := coupons[key].code)]
    return DiscountedSession(reduced, coupons, tuple(refused))


def _other(offer: CouponOffer, session: ParkingSession) -> Pricing | None:
    if offer.kind != CouponOffer.Kind.TARIFF:
        return None
    return pricing_by(_tariff(offer.pk), session)


@lru_cache(maxsize=256)
def _tariff(offer_id: int) -> Tariff:
    """Return an offer's parsed tariff, which is cached because an offer never changes."""
    return tariffs.read(CouponOffer.objects.get(pk=offer_id).tariff or {})
