"""The page of one payment: its refunds, its events, and what staff may do about it."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console import act_words, money_forms
from console.act_panel import OfferedAct, carry_out
from console.shown_plates import masked
from core.money import yuan
from payments import refund_acts, refunds, staff_actions
from payments.booth import CASH, MANUAL
from payments.channels import BY_HAND, WAIVER, ChannelDown, provider_named
from payments.models import Payment, PaymentEvent, Refund, RefundRequest, StaffAct
from payments.receipts import written
from payments.staff_action_log import ActedBy
from presentation.templatetags.money_tags import grouped
from staff import second_person
from staff.access import access, can, requires


@requires("money.see")
@require_safe
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one payment, with what became of it."""
    row = _payment(request, pk)
    with timezone.override(row.lot.tz):
        return _page(request, row, list(_offers(request, row)))


@requires("money.see")
@require_POST
def payment_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one act on a payment or on one of its refunds or requests: `again-12` is about refund 12."""
    row = _payment(request, pk)
    with timezone.override(row.lot.tz):
        return carry_out(
            request,
            list(_offers(request, row)),
            act,
            back=reverse("console:payment", args=[pk]),
            again=lambda offers, status: _page(request, row, offers, status),
        )


def _payment(request: HttpRequest, pk: int) -> Payment:
    return access(request).one(Payment.objects.select_related("lot", "session__lot"), pk=pk)


def _page(request: HttpRequest, row: Payment, offers: list[OfferedAct], status: int = 200) -> HttpResponse:
    context = {
        "payment": row,
        "plate": masked(row.session),
        "left": _left(row),
        "refunds": row.refunds.order_by("pk"),
        "requests": row.refund_requests.select_related("asked_by", "decided_by").order_by("pk"),
        "history": history(row),
        "has_channel": row.provider not in {CASH, MANUAL, WAIVER},  # else its number is that of the act
        "receipt": _receipt(row),
        "offers": offers,
        "action": "console:payment-act",
        "about": row.pk,
    }
    return render(request, "console/payment.html", context, status=status)


def _receipt(row: Payment) -> dict[str, str] | None:
    """Return the code and address of the receipt where the payer saw no page that shows it."""
    no_page = row.events.filter(became=Payment.State.PAID, cause__in=["operator", "outside"])
    if row.provider == WAIVER or not row.receipt_code or not no_page.exists():
        return None
    return {"code": written(row.receipt_code), "url": f"{settings.PUBLIC_URL}/r"}


def history(row: Payment) -> list[tuple[str, PaymentEvent | StaffAct]]:
    """Return what happened to a payment, oldest first; of one moment, what staff did before what followed."""
    acts: list[tuple[str, PaymentEvent | StaffAct]] = [
        ("act", act) for act in row.acts.select_related("staff").order_by("pk")
    ]
    events = [("event", event) for event in row.events.select_related("refund").order_by("pk")]
    return sorted([*acts, *events], key=lambda one: one[1].at)


def _left(row: Payment) -> int:
    has_money = row.state == Payment.State.PAID and row.provider != WAIVER
    return refunds.left_of(row) if has_money else 0


def _offers(request: HttpRequest, row: Payment) -> Iterator[OfferedAct]:
    every = (*_request_offers(request, row), *_payment_offers(row), *_refund_offers(row))
    yield from (offer for offer in every if can(request, offer.action, row.lot_id))


def _payment_offers(row: Payment) -> Iterator[OfferedAct]:
    left = _left(row)
    if not left or row.provider == WAIVER:
        return
    yield OfferedAct(
        "refund",
        _("Refund"),
        lambda *args, **kwargs: money_forms.RefundForm(*args, left=left, **kwargs),
        lambda form, by, at: refund_acts.refund(
            row,
            amount_fen=form.cleaned_data["amount"],
            still_owed=form.cleaned_data["owed"] == "owed",
            by=by,
            at=at,
        ),
        action="refunds.ask",
        initial={"share": "all"},
        hint=_("Above ¥%(limit)s in total for one payment, a colleague must approve the refund.")
        % {"limit": grouped(yuan(settings.STAFF_REFUND_LIMIT))},
        foresee=lambda form, _at: act_words.refund_words(row, form.cleaned_data),
        danger=True,
    )
    if row.reference:  # another system owns the stay
        return
    yield OfferedAct(
        "move",
        _("Move to another stay"),
        money_forms.TargetForm,
        lambda form, by, at: staff_actions.move(row, to=form.session(row.lot), by=by, at=at),
        action="payments.move",
        foresee=lambda form, _at: act_words.move_words(row, form.session(row.lot)),
        hint=_(
            "For a payment made for the wrong car. Both stays are settled again: overpayments are "
            "refunded, shortfalls become due."
        ),
    )


def _request_offers(request: HttpRequest, row: Payment) -> Iterator[OfferedAct]:
    asked = RefundRequest.objects.filter(payment=row, decided_at=None).first()
    if asked is None or asked.asked_by_id == request.user.pk:
        return
    yield OfferedAct(
        "approve",
        _("Approve the refund"),
        money_forms.ActForm,
        lambda _form, by, at: _approve(asked, by=by, at=at),
        action="refunds.approve",
        hint=act_words.request_words(asked),
        danger=True,
    )
    yield OfferedAct(
        "decline",
        _("Decline the refund"),
        money_forms.ActForm,
        lambda _form, by, at: refund_acts.decline(asked, by=by, at=at),
        action="refunds.approve",
    )


def _approve(asked: RefundRequest, *, by: ActedBy, at: datetime) -> StaffAct:
    second_person.check(asked_by=asked.asked_by_id, approver=by.staff, at=at)
    return refund_acts.approve(asked, by=by, at=at)


def _refund_offers(row: Payment) -> Iterator[OfferedAct]:
    for refund in row.refunds.select_related("payment").order_by("pk"):
        yield from _offers_of(refund)


def _offers_of(refund: Refund) -> Iterator[OfferedAct]:
    of = _("Refund no. %(number)s") % {"number": refund.pk}
    abnormal = refund.state == Refund.State.ABNORMAL
    if abnormal or refund_acts.owed_by_merchant([refund]):
        yield OfferedAct(
            f"given-back-{refund.pk}",
            _("%(refund)s: money returned to the driver") % {"refund": of},
            money_forms.GivenBackForm,
            lambda form, by, at: refund_acts.given_back(
                refund, means=form.cleaned_data["means"], by=by, at=at
            ),
            action="refunds.ask",
            hint=_("Record this only once the driver has received the money."),
        )
    if abnormal and refund.payment.provider not in BY_HAND:
        found = refund.events.filter(cause=PaymentEvent.Cause.REFUNDED_THERE).order_by("-pk").first()
        yield OfferedAct(
            # A form that was made before the channel's refund was found decides nothing about it.
            f"retry-{refund.pk}" + (f"-{found.pk}" if found else ""),
            _("%(refund)s: ask the channel to refund again") % {"refund": of},
            money_forms.ActForm,
            lambda _form, by, at: refund_acts.retry(refund, by=by, at=at),
            action="refunds.ask",
            hint=_retry_hint(is_found=found is not None),
        )
        if _takes_abnormal(refund):
            yield OfferedAct(
                f"to-merchant-{refund.pk}",
                _("%(refund)s: move to the merchant account") % {"refund": of},
                money_forms.ActForm,
                lambda _form, by, at: refund_acts.to_merchant(refund, by=by, at=at),
                action="refunds.ask",
                hint=_(
                    "The channel pays into the merchant's bank account and finance transfers it to the "
                    "driver; then record “money returned to the driver”."
                ),
            )
    if refunds.is_out_of_reach(refund):
        yield from _outcome_offers(refund, of)
    lost = refund.state == Refund.State.FAILED and refund.reason == Refund.Reason.SURPLUS
    if lost and refunds.surplus_of(refund.payment) > 0:
        yield OfferedAct(
            f"again-{refund.pk}",
            _("%(refund)s: refund the overpayment again") % {"refund": of},
            money_forms.ActForm,
            lambda _form, by, at: refund_acts.promise_again(refund, by=by, at=at),
            action="refunds.ask",
            hint=_("The last refund failed; this one uses a new number."),
        )


def _outcome_offers(refund: Refund, of: str) -> Iterator[OfferedAct]:
    """Yield what staff may record of a refund whose merchant is no longer in the settings."""
    looked = _("This merchant is no longer in the settings, so the channel cannot be asked.")
    yield OfferedAct(
        f"found-paid-{refund.pk}",
        _("%(refund)s: the channel has paid it") % {"refund": of},
        money_forms.ActForm,
        lambda _form, by, at: refund_acts.state_refund(refund, is_paid=True, by=by, at=at),
        action="refunds.ask",
        hint=f"{looked} "
        + _("Record this only if the merchant's own pages at the channel, or its bank statement, show it."),
        danger=True,
    )
    yield OfferedAct(
        f"found-unpaid-{refund.pk}",
        _("%(refund)s: the channel has not paid it") % {"refund": of},
        money_forms.ActForm,
        lambda _form, by, at: refund_acts.state_refund(refund, is_paid=False, by=by, at=at),
        action="refunds.ask",
        hint=f"{looked} "
        + _(
            "Record this only if the merchant's own pages at the channel show that this refund was never "
            "made and is not under way. Then give the money back and record that."
        ),
        danger=True,
    )


def _retry_hint(*, is_found: bool) -> str:
    if is_found:
        return _(
            "The channel has refunded of this order already, and not through this system. If it was this "
            "refund, wait: tomorrow's bill settles it. Ask again only if the driver gets this money as well."
        )
    return _("The number stays the same, so the channel refunds only once.")


def _takes_abnormal(refund: Refund) -> bool:
    payment = refund.payment
    try:
        return isinstance(provider_named(payment.provider, payment.merchant), refunds.TakesAbnormal)
    except ChannelDown:
        return False
