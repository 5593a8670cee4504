"""The page of one difference between a bill and our books: what to compare; money of no order of ours (长款)
is counted for a stay or as income, or sent back.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from console import money_forms
from console.act_panel import OfferedAct, carry_out, done_before, known_act
from core.money import yuan
from payments import staff_actions, unmatched
from payments.channels import BY_HAND
from payments.models import Discrepancy, Payment, StaffAct
from payments.staff_action_log import ActedBy
from presentation.templatetags.money_tags import grouped
from staff import second_person
from staff.access import access, can, requires

Kind = Discrepancy.Kind
_SYSTEM = gettext_lazy(
    "Ask the vendor of the parking system for this number: its books and ours differ. Record what was found."
)
WHAT_TO_DO: dict[str, Promise] = {
    Kind.UNKNOWN_NUMBER: gettext_lazy(
        "The channel took this money under a number that we do not have. If you know the car, credit it to"
        " its stay. If its stay was lost with a restored backup, count it as income. If nobody parked for it,"
        " refund it to the payer. If another system of yours made the order, record that."
    ),
    Kind.MISSING_THERE: gettext_lazy(
        "We recorded this payment, the channel's bill does not have it. Look for its number in the merchant "
        "platform: around midnight it may stand in the next day's bill. If it is not there, ask the channel. "
        "Then record what you found."
    ),
    Kind.DIFFERS: gettext_lazy(
        "The channel's bill has another amount, merchant or state. Compare the payment with the merchant "
        "platform: what the channel received counts. Refund what was paid too much, then record what you "
        "found."
    ),
    Kind.OVER_REFUNDED: gettext_lazy(
        "The channel refunded more than we recorded, or another amount. Someone may have refunded in the "
        "merchant platform by hand: compare its refunds with those of the payment, then record what you "
        "found."
    ),
    Kind.SYSTEM_OVER: gettext_lazy(
        "The parking system has counted a payment that our books do not have. If a backup was restored since,"
        " the channel's bill has the same number as an unmatched payment: count that as income, and this"
        " difference is closed with it. If not, ask the vendor, and record what was found."
    ),
    Kind.SYSTEM_SHORT: _SYSTEM,
    Kind.SYSTEM_DIFFERS: _SYSTEM,
    Kind.BOOKS: gettext_lazy(
        "Sums of our own books do not agree: ask the technician who maintains the server."
    ),
}


@requires("tasks.resolve")
@require_safe
def orphan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one difference, and what may be done about it or was done."""
    row = get_object_or_404(_mine(request), pk=pk)
    return _page(request, row, [] if row.resolved_at else list(_offers(request, row)))


@requires("tasks.resolve")
@require_POST
def orphan_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do it; what is done leaves the list of tasks."""
    if known_act(request) is not None:
        return done_before(request, reverse("console:tasks"))
    row = _row(request, pk)
    return carry_out(
        request,
        list(_offers(request, row)),
        act,
        back=reverse("console:tasks"),
        again=lambda offers, status: _page(request, row, offers, status),
    )


def _row(request: HttpRequest, pk: int) -> Discrepancy:
    return get_object_or_404(_mine(request), pk=pk, resolved_at=None)


def _mine(request: HttpRequest) -> QuerySet[Discrepancy]:
    return access(request).within_or_without_lot(Discrepancy.objects.all())


def _ours(row: Discrepancy, payment: Payment | None) -> int | None:
    """Return our amount of a payment of which the bill has another; None for a refund."""
    if payment is None or row.kind != Kind.DIFFERS:
        return None
    return None if payment.refunds.filter(number=row.provider_number).exists() else payment.amount_fen


def _page(
    request: HttpRequest, row: Discrepancy, offers: list[OfferedAct], status: int = 200
) -> HttpResponse:
    payment = access(request).within(Payment.objects.filter(number=row.number)).first()
    context = {
        "row": row,
        "what_to_do": WHAT_TO_DO.get(row.kind, ""),
        "payment": payment,
        "ours": _ours(row, payment),
        "asked": unmatched.request_of(row),
        "counted_there": unmatched.counted_there(row).first() if unmatched.can_be_taken(row) else None,
        "acts": row.acts.select_related("staff", "session").order_by("pk"),
        "offers": offers,
        "action": "console:orphan-act",
        "about": row.pk,
    }
    return render(request, "console/orphan.html", context, status=status)


def _offers(request: HttpRequest, row: Discrepancy) -> Iterator[OfferedAct]:
    asked = unmatched.request_of(row)
    if asked is not None:
        if asked.staff_id != request.user.pk and can(request, "refunds.approve", asked.lot_id or 0):
            yield from _decisions(row, asked)
    elif unmatched.can_be_taken(row):
        yield from _ways(request, row)
    yield OfferedAct(
        "put-away",
        _("Mark as resolved"),
        money_forms.ActForm,
        lambda _form, by, at: staff_actions.resolve(row, by=by, at=at),
        action="tasks.resolve",
        hint=_(
            "Only the reason is recorded, nothing is booked. Use it, for example, if the order was "
            "found in another system."
        ),
    )


def _decisions(row: Discrepancy, asked: StaffAct) -> Iterator[OfferedAct]:
    yield OfferedAct(
        "approve",
        _("Approve"),
        money_forms.ActForm,
        lambda _form, by, at: _approve(row, asked, by=by, at=at),
        action="refunds.approve",
        danger=True,
    )
    yield OfferedAct(
        "decline",
        _("Decline"),
        money_forms.ActForm,
        lambda _form, by, at: unmatched.decline(row, by=by, at=at),
        action="refunds.approve",
    )


def _approve(row: Discrepancy, asked: StaffAct, *, by: ActedBy, at: datetime) -> StaffAct:
    second_person.check(asked_by=asked.staff_id, approver=by.staff, at=at)
    return unmatched.approve(row, by=by, at=at)


def _ways(request: HttpRequest, row: Discrepancy) -> Iterator[OfferedAct]:
    where = (
        access(request).lots().order_by("name").filter(pk=row.lot_id)
        if row.lot_id
        else access(request).lots().order_by("name")
    )
    limit = _("The channel is queried first. Above ¥%(limit)s, a colleague must approve.") % {
        "limit": grouped(yuan(settings.STAFF_REFUND_LIMIT))
    }
    yield OfferedAct(
        "adopt",
        _("Credit to a stay"),
        partial(money_forms.AdoptForm, lots=where),
        lambda form, by, at: unmatched.adopt(row, to=form.session(form.cleaned_data["lot"]), by=by, at=at),
        action="tasks.resolve",
        hint=limit + _(" Any excess is refunded to the payer automatically."),
    )
    yield OfferedAct(
        "income",
        _("Count as income: the stay is lost"),
        partial(money_forms.BookToLotForm, lots=where),
        lambda form, by, at: unmatched.count_as_income(row, lot=form.cleaned_data["lot"], by=by, at=at),
        action="tasks.resolve",
        hint=limit
        + _(
            " For a stay that a restored backup does not have. Name the evidence in the reason, such as the"
            " parking system's record. The payment's page then has the receipt code for the payer."
        ),
    )
    yield OfferedAct(
        "send-back",
        _("Refund to the payer"),
        partial(money_forms.BookToLotForm, lots=where),
        lambda form, by, at: unmatched.send_back(row, lot=form.cleaned_data["lot"], by=by, at=at),
        action="tasks.resolve",
        hint=limit,
        danger=True,
    )
    if row.provider not in BY_HAND:
        yield OfferedAct(
            "gone-back",
            _("Already refunded on the channel's site"),
            partial(money_forms.GoneBackForm, lots=where),
            lambda form, by, at: unmatched.gone_back(
                row, lot=form.cleaned_data["lot"], number=form.cleaned_data["number"], by=by, at=at
            ),
            action="tasks.resolve",
            hint=_("Enter the refund number shown on the channel's site: it must match the next day's bill."),
        )
