"""Results of a channel's bill, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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


def conclusion(run: BillRun) -> tuple[str, str | Promise]:
    """Return what came of a bill, as (class, text)."""
    if run.state == BillRun.State.DONE:
        return VERDICTS.get(run.verdict, ("failed", _("Has discrepancies")))
    return STATES[run.state]
