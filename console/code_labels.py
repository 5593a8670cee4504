"""How staff read codes: kinds of acts, moves of payments, and why something could not be done."""

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.errors import ParkingError
from payments.reports import labels

FAILURES = {
    "no_reason": _("Give a reason (200 characters at most)."),
    "reason_names_somebody": _(
        "Do not put plates or phone numbers in the reason: actions are stored for years, plates are not."
    ),
    "no_shift": _("You have no open shift in this lot. Open one before you handle cash."),
    "shift_open": _("You already have an open shift. Close it first."),
    "bad_amount": _("The amount is wrong. Please check it."),
    "no_tariff": _("No tariff applies to this stay, so no fee can be calculated."),
    "no_entry": _("The entry was not read, so no fee can be calculated. Correct the entry time first."),
    "nothing_owed": _("Nothing is due for this stay right now."),
    "refund_too_much": _("This exceeds what can still be refunded of this payment."),
    "refund_not_waiting": _(
        "This refund is not waiting for staff, or the channel does not support this. Reload and check again."
    ),
    "decided": _("Already handled, or a request is waiting for approval."),
    "same_person": _("You cannot approve your own request. Ask a colleague."),
    "not_at_exit": _("No camera sees this car at the exit. If it has left, use “End the stay”."),
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
    "channel_down": _("The channel is not available right now. Try again later."),
}
ACTS = {
    "cash": _("Cash in"),
    "manual": _("Record another payment"),
    "waived": _("Waiver"),
    "refund": _("Refund"),
    "refund_asked": _("Refund requested (needs a second approver)"),
    "refund_declined": _("Decline the refund"),
    "moved": _("Payment moved to another stay"),
    "entry": _("Correct the entry time"),
    "plate": _("Correct the plate"),
    "class": _("Correct the vehicle class"),
    "ended": _("End the stay"),
    "released": _("Manual release"),
    "merged": _("Stays merged"),
    "dropped": _("Stay deleted"),
    "retried": _("Refund requested again"),
    "to_merchant": _("Failed refund moved to the merchant account"),
    "given_back": _("Money returned to the driver"),
    "again": _("Overpayment refunded again"),
    "resolved": _("Discrepancy resolved"),
    "adopted": _("Unmatched payment credited to a stay"),
    "sent_back": _("Unmatched payment refunded"),
    "orphan_asked": _("Unmatched payment: action requested (needs a second approver)"),
    "orphan_declined": _("Request on an unmatched payment declined"),
    "jam": _("Exit congestion: more time to leave for all paid cars"),
    "jam_over": _("Exit congestion over"),
    "shift_opened": _("Open shift"),
    "shift_closed": _("Close shift"),
}
PAYMENT = {
    "new": _("New"),
    "unknown": _("Waiting for the channel"),
    "open": _("Awaiting payment"),
    "closing": _("Closing"),
    "closed": pgettext_lazy("payment", "Closed"),
    "paid": pgettext_lazy("payment", "Paid"),
}
REFUND, REASONS = labels.STATES, labels.REASONS
MEANS = {"": _("To the payer's account"), "cash": _("Cash at the booth"), "other": _("Other method")}
COMMANDS = {
    "queued": _("Waiting for the barrier to fetch it"),
    "sent": _("Sent to the barrier"),
    "opened": _("Barrier opened"),
    "failed": _("Barrier not opened"),
    "expired": _("Expired before it was fetched"),
}
COMMAND_CAUSES = {
    "entry": _("Entry"),
    "ticket": _("Entered with a ticket"),
    "paid": pgettext_lazy("stay", "Paid"),
    "nothing_owed": _("Nothing to pay"),
    "manual": _("Manual release"),
}
READS = {
    "entered": _("Read at the entry"),
    "left": _("Read when leaving"),
    "held": _("Read at the exit, payment due"),
    "duplicate": _("Repeat read"),
    "unread": _("Plate not read"),
    "unmatched": _("No entry on record"),
    "quarantined": _("Implausible time"),
    "late": _("Uploaded late"),
}
CAUSES = {
    "notice": _("Channel notice"),
    "query": _("Channel queried"),
    "close": _("Order closed"),
    "bill": _("Bill"),
    "start": _("Order placed"),
    "worker": _("Worker"),
    "operator": _("Recorded by staff"),
    "outside": _("Reported by an external channel"),
    "by_hand": _("Staff"),
    "waiver": _("Waiver"),
    "never_there": _("Unknown to the channel"),
    "refused not_enough": _("Channel: insufficient merchant balance"),
    "to_merchant": _("Moved to the merchant account"),
}
CHANNELS = {
    "sandbox": _("Sandbox"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "cash": _("Cash"),
    "manual": _("Other payment"),
    "waiver": _("Waiver"),
    "etc": "ETC",
    "plate_pay": _("Plate payment"),
    "other": _("External channel"),
}
DISCREPANCIES = {
    "unknown_number": _("Over: at the channel, not in our books"),
    "differs": _("Amount or merchant differs"),
    "over_refunded": _("Refunded too much, or with a different amount"),
    "missing_there": _("Short: in our books, not in the bill"),
    "books": _("Our ledger totals do not match"),
}


def failure(error: ParkingError) -> str:
    """Return the sentence for a known failure."""
    return str(FAILURES.get(error.code, gettext("Not completed. Reload and try again.")))


VEHICLES = {
    "small": _("Small vehicle"),
    "large": _("Large vehicle"),
    "extra_large": _("Extra large vehicle"),
    "special": _("Special vehicle"),
    "goods": _("Goods vehicle"),
    "motorcycle": _("Motorcycle"),
    "new_energy": _("New energy vehicle"),
}
