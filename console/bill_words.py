"""Results of a channel's bill, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.channel_words import CHECKS
from payments.models.closing_models import BillRun

VERDICTS: dict[str, tuple[str, str | Promise]] = {
    BillRun.Verdict.OK: ("paid", _("Agreed")),
    BillRun.Verdict.FIXED: ("paid", _("Booked")),
}
STATES: dict[str, tuple[str, str | Promise]] = {
    BillRun.State.WAITING: ("", _("Waiting for the bill")),
    BillRun.State.CHECKING: ("", _("Verifying")),
    BillRun.State.FAILED: ("failed", _("Bill not obtained")),
}
HANDLED = ("paid", _("Discrepancies handled"))
_AGAIN = _("It is fetched again automatically.")
_ASK = _("It is fetched again automatically. If this stays, ask the channel for the bill of this day.")
FAULTS: dict[str, tuple[str | Promise, str | Promise]] = {  # why there is no bill, and what to do
    "not_ready": (_("The channel is still preparing the bill"), _AGAIN),
    "outcome_unknown": (_("The channel did not answer"), _AGAIN),
    "channel_down": (
        _("The merchant is no longer configured"),
        _("Put the merchant back into the settings until its last bills are in."),
    ),
    "damaged": (
        _("Bill damaged: totals do not match the lines, or the file is incomplete; not used"),
        _ASK,
    ),
    "damaged merchant": (
        _("The bill is another merchant's; not used"),
        _("Check the merchant number and its keys on the page of the lot's payment channels."),
    ),
    "damaged day": (_("The bill is of another day; not used"), _ASK),
    "damaged columns": (
        _("The bill's columns are not those agreed; not used"),
        _("The channel may have changed its format: tell technical support."),
    ),
}
_BROKEN = (_("Processing failed"), _("Contact technical support."))
_REFUSED = _("On the page of the lot's payment channels, press “Check online”; then ask the channel.")


def fault_words(fault: str) -> tuple[str, str]:
    """Return why a bill was not had, and what to do; of a channel's refusal its meaning or its code."""
    refused = fault.removeprefix("refused ")
    if refused == fault:
        what, then = FAULTS.get(fault, _BROKEN)
        return str(what), str(then)
    known = str(CHECKS[refused]) if refused in CHECKS else ""
    return gettext("Refused by the channel: %(why)s") % {"why": known or refused.upper()}, str(_REFUSED)


def conclusion(run: BillRun) -> tuple[str, str | Promise]:
    """Return what came of a bill that `count_waiting` has read, as (class, text)."""
    if run.state != BillRun.State.DONE:
        return STATES[run.state]
    if run.verdict in VERDICTS:
        return VERDICTS[run.verdict]
    return ("failed", _("Has discrepancies")) if run.left else HANDLED  # type: ignore[attr-defined]
