"""The walk through the end of a shift and of a day: what is open, in order, each a link away."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.task_page import ages_of
from core.money import yuan
from lots.models import Lot
from payments.business_days import bounds
from payments.discrepancies import open_for
from payments.models import Refund, RefundRequest, Shift
from presentation.templatetags.money_tags import grouped
from staff.access import access


@dataclass(frozen=True)
class ClosingStep:
    """One step: what it is, whether it is done, what is open, and where that is settled."""

    title: str
    is_done: bool
    text: str
    address: str = ""


def shift_steps(request: HttpRequest, shift: Shift) -> list[ClosingStep]:
    """Return the steps that end a shift: cash to hand back, one's own requests, the blind count, the sign."""
    lot, is_closed = shift.lot, shift.closed_at is not None
    found = [_given_back(request, lot), _requests(request, lot)]
    counted = (
        _counted(shift)
        if is_closed
        else _("Count the drawer before you look at any figure; what should be in it is shown afterwards.")
    )
    found.append(ClosingStep(_("Count the drawer"), is_closed, counted, "" if is_closed else "#close"))
    sign = (
        _("Print this page, sign it together with the person who takes over, and keep it with the cash.")
        if is_closed
        else _("After the count, this page can be printed and signed.")
    )
    return [*found, ClosingStep(_("Print and sign"), False, sign)]


_FOUND = gettext_lazy(
    "If the count was wrong or the money turns up later, another owner, accountant or duty manager corrects"
    " the count on this page. Where there is none, the cashier does."
)


def _counted(shift: Shift) -> str:
    difference = shift.difference_fen or 0
    facts = {
        "counted": grouped(yuan(shift.last_count_fen or 0)),
        "difference": grouped(yuan(abs(difference))),
    }
    if difference == 0:
        return _("Counted ¥%(counted)s, as it should be") % facts
    if difference < 0:
        short = _("Counted ¥%(counted)s, ¥%(difference)s too little") % facts
        return _("%(short)s. %(advice)s") % {"short": short, "advice": _FOUND}
    over = _("Counted ¥%(counted)s, ¥%(difference)s too much") % facts
    return _("%(short)s. %(advice)s") % {"short": over, "advice": _FOUND}


def day_steps(
    request: HttpRequest, lot: Lot, day: date, *, bills: int, is_over: bool, is_closed: bool, at: datetime
) -> list[ClosingStep]:
    """Return the steps that close a day: shifts, money to hand back, bills, differences by age, the sign."""
    return [
        _shifts(request, lot, day),
        _given_back(request, lot),
        _requests(request, lot),
        ClosingStep(
            _("Bills of the channels are in"),
            bool(bills),
            _("Bills that are in: %(count)s") % {"count": bills}
            if bills
            else _("None yet: they arrive by half past ten the next morning. A cash-only lot has none."),
            reverse("console:bills"),
        ),
        _differences(lot, day, at),
        _close(is_over=is_over, is_closed=is_closed),
    ]


def _shifts(request: HttpRequest, lot: Lot, day: date) -> ClosingStep:
    start, end = bounds(day, lot.tz)
    count = Shift.objects.filter(lot=lot, closed_at=None, opened_at__lt=end).count()
    odd = list(_with_difference(lot, start, end))
    still = _("Open shifts: %(count)s") % {"count": count} if count else _("No shift of this day is open.")
    address = _if_may(request, lot, "shifts.see", _shifts_page([] if count else odd))
    text = " ".join([still, *map(_difference, odd)])
    return ClosingStep(_("Shifts are closed"), not count, text, address if count or odd else "")


def _differences(lot: Lot, day: date, at: datetime) -> ClosingStep:
    ages = ages_of(open_for(lot, until=day), at=at)
    text = " · ".join(age.words for age in ages) or _("No difference is open.")
    address = f"{reverse('console:tasks')}?lot={lot.slug}" if ages else ""
    return ClosingStep(_("Differences are explained"), not ages, text, address)


def _close(*, is_over: bool, is_closed: bool) -> ClosingStep:
    if is_closed:
        text = _("This day is closed.")
    elif is_over:
        text = _("Compare the figures below, then close the day with your name.")
    else:
        text = _("This day can be closed once it has ended.")
    return ClosingStep(_("Close and sign"), is_closed, text, "#sign" if is_over and not is_closed else "")


def _with_difference(lot: Lot, start: datetime, end: datetime) -> QuerySet[Shift]:
    """Return the shifts closed in that time whose drawer held more or less than it should."""
    closed = Shift.objects.filter(lot=lot, closed_at__gte=start, closed_at__lt=end)
    return closed.with_difference().order_by("pk")


def _difference(shift: Shift) -> str:
    fen = shift.difference_fen or 0
    facts = {"shift": shift.pk, "difference": grouped(yuan(abs(fen)))}
    if fen < 0:
        return _("Shift %(shift)s: ¥%(difference)s short") % facts
    return _("Shift %(shift)s: ¥%(difference)s over") % facts


def _shifts_page(odd: list[Shift]) -> str:
    if len(odd) == 1:
        return reverse("console:shift", args=[odd[0].pk])
    return reverse("console:shifts") + ("?state=differs" if odd else "")


def _given_back(request: HttpRequest, lot: Lot) -> ClosingStep:
    waiting = Refund.objects.filter(payment__lot=lot, state=Refund.State.ABNORMAL).count()
    return _step_of_tasks(
        request, lot, _("Money to hand back"), _("Refunds that wait for a person: %(count)s"), waiting
    )


def _requests(request: HttpRequest, lot: Lot) -> ClosingStep:
    waiting = RefundRequest.objects.filter(payment__lot=lot, decided_at=None).count()
    return _step_of_tasks(
        request, lot, _("Refunds to approve"), _("Refunds that wait for approval: %(count)s"), waiting
    )


def _step_of_tasks(request: HttpRequest, lot: Lot, title: str, how_many: str, waiting: int) -> ClosingStep:
    text = how_many % {"count": waiting} if waiting else _("Nothing is waiting.")
    address = _if_may(request, lot, "money.see", f"{reverse('console:tasks')}?lot={lot.slug}")
    return ClosingStep(title, not waiting, text, address if waiting else "")


def _if_may(request: HttpRequest, lot: Lot, action: str, address: str) -> str:
    return address if access(request).may(action, lot.pk) else ""
