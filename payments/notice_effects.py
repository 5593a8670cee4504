"""Effects of a parking system's own notice: never money, and a repeat changes nothing."""

import hashlib
from datetime import datetime, timedelta

from django.db.models import Q

from core.jobs import job
from lots.models import Lot, ParkingSystemLink, SystemNotice
from lots.systems.notices import NoticeKind, SystemEvent
from payments.models import Payment, Settlement

RETENTION = timedelta(days=7)
NOTE_AGAIN = timedelta(seconds=30)
Kind = SystemNotice.Kind


def receive(lot: Lot, notice: SystemEvent, *, at: datetime) -> bool:
    """Record a verified notice; False where it came before.

    Of a payment of ours the system is asked at once, and that it was counted is remembered: a later answer
    that the car has left gives nothing back. What was paid over there is no longer asked for here.
    """
    _record_notice(lot, at)
    if notice.kind is NoticeKind.HEARTBEAT:
        return True
    kind = Kind(notice.kind)
    ours = Payment.objects.filter(lot=lot, number=notice.number) if notice.number else Payment.objects.none()
    if kind == Kind.PAID and ours.exists():
        kind = Kind.SETTLED
    keeps = kind in {Kind.PAID, Kind.LEFT}
    counted = notice.number[:64] if kind == Kind.SETTLED and notice.is_counted else ""
    digest = hashlib.blake2s(f"{notice.kind} {notice.identity}".encode(), digest_size=16).digest()
    _, is_new = SystemNotice.objects.get_or_create(
        lot=lot,
        digest=digest,
        defaults={
            "kind": kind,
            "reference": notice.session[:64] if keeps else counted,
            "amount_fen": notice.amount_fen if keeps else None,
            "at": at,
        },
    )
    if is_new and kind == Kind.SETTLED:
        waiting = Settlement.objects.filter(payment__in=ours, state__in=Settlement.UNFINISHED)
        refused = {} if notice.is_counted else {"fault": "", "may_be_counted": False}  # its word is known
        waiting.update(next_check_at=at, **refused)
    return is_new


def _record_notice(lot: Lot, at: datetime) -> None:
    """Note the time, at most twice a minute: a busy lot sends many."""
    old = Q(last_notice_at=None) | Q(last_notice_at__lt=at - NOTE_AGAIN)
    ParkingSystemLink.objects.filter(old, lot=lot).update(last_notice_at=at)


def was_counted(lot: Lot, number: str) -> bool:
    """Return whether the system has reported that it counted the payment with this number."""
    return SystemNotice.objects.filter(lot=lot, reference=number, kind=Kind.SETTLED).exists()


def is_over(lot: Lot, session: str, *, since: datetime) -> bool:
    """Return whether a stay was paid over there, or its car left, after a charge for it was shown here."""
    return _reported(lot, session, (Kind.PAID, Kind.LEFT), since)


def paid_elsewhere(lot: Lot, session: str, *, since: datetime) -> bool:
    """Return whether a stay was paid in another way after a charge for it was shown here."""
    return _reported(lot, session, (Kind.PAID,), since)


def _reported(lot: Lot, session: str, kinds: tuple[Kind, ...], since: datetime) -> bool:
    """Ask no database where it is our own system: that one sends no notices."""
    if lot.system == Lot.System.BUILTIN or not session:
        return False
    return SystemNotice.objects.filter(lot=lot, reference=session, kind__in=kinds, at__gte=since).exists()


@job(every=timedelta(hours=1), lasting=True)
def forget_notices(at: datetime) -> int:
    """Delete notices that are old: a repeat of one of them would change nothing any more."""
    return SystemNotice.objects.filter(at__lt=at - RETENTION).delete()[0]
