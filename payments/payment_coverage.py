"""What a payment that has arrived covers of its stay: how much counts, and until when the car may leave.

Nothing here is written; `payments.settling` does that.
"""

from datetime import datetime

from lots import exit_grace
from lots.exit_grace import ExitRules
from lots.models import ParkingSession
from lots.pricing import NoTariff, price_session
from lots.session_facts import SessionFacts
from payments import settlements
from payments.coupons.discounts import used_bill
from payments.models import Payment


def credited_fen(facts: SessionFacts, payment: Payment, paid_at: datetime) -> int:
    """Return how much of a payment counts for its session; the rest is a surplus."""
    if payment.reference:
        return settlements.credited_fen(payment)
    return min(payment.amount_fen, _still_due(facts, payment, paid_at))


def _still_due(facts: SessionFacts, payment: Payment, paid_at: datetime) -> int:
    """Return what the stay still needed when the money moved, or less if that covers the payment.

    The price that was shown holds for its time. Nothing within the exit window that another payment opened:
    the car may leave as it is.
    """
    session = facts.session
    if session.may_leave(paid_at):
        return 0
    shown = payment.price_fen - max(payment.discount_fen, session.relief_fen) - session.paid_fen
    if shown >= payment.amount_fen:  # all of it counts, whatever the stay costs by now
        return shown
    by_now = price_at(session, max(paid_at, payment.until), facts) - session.paid_fen
    return max(0, by_now, shown)


def price_at(session: ParkingSession, until: datetime, facts: SessionFacts | None = None) -> int:
    """Return what the stay costs up to `until` with the coupons used for it.

    0 where that is unknown: settling must not fail for it. `facts`: where they were read already.
    """
    if session.entered_at is None:
        return 0
    until = min(until, session.left_at or until)
    try:
        if session.relief_fen:
            return used_bill(session, until=until).fen
        return facts.price(until=until).fen if facts else price_session(session, until=until)[0].fen
    except NoTariff:  # its entry was corrected to a time before any tariff: the charge alone stands
        return 0


def owes_nothing(session: ParkingSession, at: datetime) -> bool:
    return session.may_leave(at) or session.paid_fen >= price_at(session, at)


def exit_until(facts: SessionFacts, payment: Payment, credited: int, paid_at: datetime) -> datetime | None:
    """Return when the exit window ends that a payment opens; None where it opens none.

    Not where it came too late to cover the stay, or was only a part of what was due. Nor for another system's
    session: that system lets the car out.
    """
    if payment.reference:
        return None
    session = facts.session
    whole = session.relief_fen >= payment.discount_fen  # else one of its coupons was gone by then
    whole = whole and payment.amount_fen >= payment.due_fen
    in_time = whole and paid_at <= payment.expires_at
    if not in_time and session.paid_fen + credited < price_at(session, paid_at, facts):
        return None
    rules = ExitRules(facts.probed["exit_window"], facts.probed["jam_until"])
    return exit_grace.window_end(rules, paid_at)
