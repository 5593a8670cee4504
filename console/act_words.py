"""Sentences that say what an act about money will do, for its confirmation."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from console.lists import moment
from console.shown_plates import masked
from core.money import yuan
from lots.models import ParkingSession
from payments import refund_acts
from payments.channel_names import channel_label
from payments.channels import BY_HAND, WAIVER
from payments.external_payments import is_sent_by_reporter
from payments.models import Debt, Payment, Refund, RefundRequest, StaffAct
from payments.payment_moves import NotMovable
from presentation.templatetags.money_tags import grouped


def cash_words(act: StaffAct, *, may_return: bool) -> str:
    """Return what was taken, and how much too much; with the page that records its return, if they may."""
    payment = act.payment
    assert payment is not None
    excess = payment.amount_fen - payment.credited_fen
    facts = {"amount": grouped(yuan(payment.amount_fen)), "excess": grouped(yuan(excess))}
    if not excess:
        return _("Done: Cash in, ¥%(amount)s.") % facts
    if not may_return:
        return _("Done: Cash in, ¥%(amount)s. ¥%(excess)s is too much: the duty manager returns it.") % facts
    words = _("Done: Cash in, ¥%(amount)s. ¥%(excess)s is too much: return it to the driver.") % facts
    return _with_return(words, payment)


def balance_words(act: StaffAct, *, may_return: bool) -> str:
    """Return what a correction of a stay was, and what it moved: refunds to its payers, a balance it owes."""
    made = Refund.objects.filter(
        payment__session=act.session_id, reason=Refund.Reason.OVERPAID, created_at=act.at
    ).exclude(payment__provider=WAIVER)
    found = [_("Done: %(act)s.") % {"act": act.get_kind_display()}]
    refunds = made.select_related("payment").order_by("pk")
    found.extend(_refund_made(refund, may_return=may_return) for refund in refunds)
    debt = Debt.objects.filter(session=act.session_id, amount_fen__gt=0).first()
    if debt is not None:
        found.append(
            _("¥%(amount)s is now owed: an outstanding balance.") % {"amount": grouped(yuan(debt.amount_fen))}
        )
    return format_html_join(" ", "{}", ((sentence,) for sentence in found))


def _refund_made(refund: Refund, *, may_return: bool) -> str:
    payment, facts = refund.payment, {"amount": grouped(yuan(refund.amount_fen))}
    if payment.provider not in BY_HAND or is_sent_by_reporter(payment):
        return _("¥%(amount)s goes back to the payer by itself.") % facts
    if not may_return:
        return _("¥%(amount)s was paid too much: the duty manager returns it.") % facts
    return _with_return(_("¥%(amount)s was paid too much: return it to the driver.") % facts, payment)


def _with_return(words: str, payment: Payment) -> str:
    """Return the sentence with a link to where staff record that they have handed back the money."""
    address = reverse("console:payment", args=[payment.pk])
    return format_html('{} <a href="{}">{}</a>', words, address, _("Record that the driver has it"))


def coupon_words(act: StaffAct, due: int | None) -> str:
    """Return what a coupon took off, and what is left to pay."""
    facts = {"amount": grouped(yuan(act.amount_fen or 0)), "due": grouped(yuan(due or 0))}
    if due:
        return _("Coupon used: ¥%(amount)s off. ¥%(due)s is left to pay.") % facts
    return _("Coupon used: ¥%(amount)s off. Nothing is left to pay.") % facts


def refund_words(payment: Payment, values: dict[str, Any]) -> list[str]:
    """Return who gets how much by which way and when, whether a colleague must agree, what the stay owes."""
    amount = values["amount"]
    facts = {
        "number": payment.pk,
        "amount": grouped(yuan(amount)),
        "paid": grouped(yuan(payment.amount_fen)),
        "channel": channel_label(payment.provider),
    }
    found = [
        _("Payment %(number)s: ¥%(amount)s of the ¥%(paid)s paid by %(channel)s is refunded to the driver.")
        % facts
    ]
    if refund_acts.needs_second_person(payment, amount):
        found.append(
            _(
                "This is above the limit for one person:"
                " an owner or finance must approve it under To do first."
            )
        )
    found.append(_when(payment))
    if payment.reference:
        found.append(
            _("The parking system is not notified of a refund: a payment that it has counted stays counted.")
        )
    elif values["owed"] == "owed":
        found.append(_("The stay owes ¥%(amount)s again: the exit asks for it.") % facts)
    else:
        found.append(_("¥%(amount)s of the fee is waived: the driver does not owe it again.") % facts)
    found.append(_("Your name and the reason are recorded. It cannot be taken back."))
    return found


def request_words(asked: RefundRequest) -> str:
    """Return what a colleague asks to refund, and why."""
    words = (
        _("Refund of ¥%(amount)s requested. Reason: %(reason)s")
        if asked.still_owed
        else _("Refund of ¥%(amount)s and waiver of the fee requested. Reason: %(reason)s")
    )
    return words % {"amount": grouped(yuan(asked.amount_fen)), "reason": asked.reason}


def _when(payment: Payment) -> str:
    if payment.provider == "cash":
        return _("Hand out the cash, then record under To do that the driver has it.")
    if is_sent_by_reporter(payment):
        return _("The device that reported the payment sends it: hand out nothing yourself.")
    if payment.provider in BY_HAND:
        return _("No channel sends it: pay it out yourself, then record under To do that the driver has it.")
    return _(
        "The channel sends it the way it came: to a balance within minutes, to a bank card in one to three"
        " working days."
    )


def move_words(payment: Payment, to: ParkingSession) -> list[str]:
    """Return what both stays owe after a payment moved. Raises `NotMovable` for the stay that has it."""
    if to.pk == payment.session_id:
        raise NotMovable
    facts = {
        "amount": grouped(yuan(payment.amount_fen)),
        "source": payment.session_id,
        "target": to.pk,
        "plate": masked(to),
        "entry": moment(to.entered_at, "%m-%d %H:%M") or "?",
    }
    return [
        _("¥%(amount)s counts for stay %(target)s (%(plate)s, entered %(entry)s) from now on.") % facts,
        _("Stay %(source)s owes it again, unless it was exempt.") % facts,
        _("If stay %(target)s has then paid too much, the excess is refunded automatically.") % facts,
        _("Your name and the reason are recorded."),
    ]


def waive_words(session: ParkingSession, amount: int | None, due: int) -> list[str]:
    """Return what is waived and what is left to pay."""
    waived = due if amount is None else min(amount, due)
    facts = {
        "waived": grouped(yuan(waived)),
        "due": grouped(yuan(due)),
        "left": grouped(yuan(due - waived)),
        "stay": session.pk,
    }
    found = [_("¥%(waived)s of the ¥%(due)s that stay %(stay)s owes is waived: nobody pays it.") % facts]
    if due > waived:
        found.append(_("¥%(left)s stays due.") % facts)
    else:
        found.append(_("Nothing stays due: a car that waits at an exit may leave."))
    found.append(_("It is not income; the daily closing lists it as waived. Your name is recorded."))
    return found
