"""Messages for refused actions, by the code of the error."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import ParkingError
from presentation.formatting import REFUSALS

MESSAGES = {
    "no_reason": _("Give a reason (200 characters at most)."),
    "reason_names_somebody": _(
        "Do not put plates or phone numbers in the reason: actions are stored for years, plates are not."
    ),
    "no_shift": _("You have no open shift in this lot. Open one before you handle cash."),
    "own_shift": _("The count of your own shift is corrected by a colleague. Ask one to sign in and do it."),
    "same_count": _("This amount is recorded already. Enter what the drawer really held."),
    "shift_open": _("You already have an open shift. Close it first."),
    "bad_amount": _("The amount is wrong. Please check it."),
    "no_tariff": _("No tariff applies to this stay, so no fee can be calculated."),
    "no_entry": _("The entry was not read, so no fee can be calculated. Correct the entry time first."),
    "currency_refused": _("The tariff is not in yuan, so no payment can be recorded here."),
    "nothing_owed": _("Nothing is due for this stay right now."),
    "refund_too_much": _("This exceeds what can still be refunded of this payment."),
    "refund_not_waiting": _(
        "This refund is not waiting for staff, or the channel does not support this. Reload and check again."
    ),
    "decided": _("Already handled, or a request is waiting for approval."),
    "same_person": _("You cannot approve your own request. Ask a colleague."),
    "made_by_asker": _(
        "This account was invited or reset by the person who asks, less than a day ago. Ask another"
        " colleague."
    ),
    "not_at_exit": _("No camera sees this car at the exit. If it has left, use “End the stay”."),
    "has_session": _(
        "A stay is held at this barrier: use “Manual release”, so that what it owes is recorded."
    ),
    "read_taken": _("This car has gone, or has been matched already."),
    "lane_changed": _("Nothing was done: another car, or none, stands in this lane now. Look again."),
    "lane_paid": _(
        "Nothing was recorded: a colleague has just taken the money for this car. Check before you take more."
    ),
    "nothing_left": _("There is nothing left to refund."),
    "not_movable": _(
        "This payment cannot be moved to that stay: it must be in the same lot, and part of it must "
        "count towards the fee."
    ),
    "earlier_payment_pending": _("A payment is still being confirmed. Try again in a few minutes."),
    "already_left": _("This stay has already ended."),
    "bad_time": _("Invalid time: it must not be in the future, and the exit must not be before the entry."),
    "stays_overlap": _("Overlaps another stay of this car; resolve that one first."),
    "stay_in_use": _("This stay has payments or staff actions; it cannot be deleted or merged."),
    "no_such_stay": _("This stay was not found."),
    "search_too_short": _(
        "Enter a full plate, at least 3 characters of one, a receipt code, a payment number or a "
        "channel number."
    ),
    "search_needs_lot": _("Choose a lot to search by part of a plate."),
    "bad_jam": _("Invalid time: between 1 minute and 4 hours from now."),
    "orphan_not_adoptable": _(
        "This is not a payment with an unknown order number, or its number is not in our format. "
        "Handle it on the channel's site, then mark it as resolved."
    ),
    "orphan_not_paid_there": _(
        "The channel does not confirm this payment or its amount. Check on the channel's site."
    ),
    "orphan_not_its_lot": _(
        "The merchant that received this payment does not collect for this lot; choose another."
    ),
    "settlement_not_open": _("The parking system has accepted this payment meanwhile, or it was refunded."),
    "channel_down": _("The channel is not available right now. Try again later."),
    "coupon_not_revocable": _("This coupon is used, in a payment or expired; it cannot be withdrawn."),
    **{f"coupon_{refusal}": words for refusal, words in REFUSALS.items()},
}


def message_of(error: ParkingError) -> str:
    """Return the message of an error; a general one if its code has none."""
    return str(MESSAGES.get(error.code, gettext("Not completed. Reload and try again.")))
