"""The page a payer comes back to. Coming back proves nothing, and the page asks no channel: it reads our
database, and has the worker ask soon."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from django.utils.translation import gettext

from core import hot_sql
from core.database import DatabaseUnusable, usable
from driver.driver_view import driver_view
from lots.sign_register import sign_of_lot
from payments import outstanding
from payments.channel_orders import ask_soon
from payments.models import Payment, Refund
from payments.receipts import written
from presentation import formatting
from presentation.failures import Failure
from presentation.page_data import lot_facts
from presentation.respond import page

# Without a script the page asks again by itself: seconds of age up to which, and seconds between.
REFRESH = ((30, 3), (120, 6), (600, 20))
SELDOM = 60
LINE_BYTES = 75  # of a calendar file
WORRY = 30  # seconds after which the page offers the service phone


@driver_view("GET", "HEAD")
def status_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show that a payment is paid, being confirmed, or not paid; reload-safe, at its own address."""
    at = now()
    payment = payment_named(token)
    _have_asked(payment, at)
    lot = lot_facts(payment.lot, at=at)
    age = int((at - payment.created_at).total_seconds())
    # Two look-ups led to a shared one: the payer of either may be a stranger to the other.
    code = "" if payment.is_shared else payment.receipt_code or ""
    context: dict[str, Any] = {
        "state": state_of(payment),
        "lot": lot,
        "path": f"/t/{payment.token}",
        "amount": formatting.yuan(payment.amount_fen),
        "refresh": refresh_after(age),
        "again": "again" in request.GET,  # not at the first sight: the notice may be on its way
        "late": age >= WORRY,
        "sign_path": sign_path(payment),
        "receipt_code": code,
        "written_code": written(code),
        **settled(payment, lot.tz, at),
    }
    return page(request, "status.html", context)


@driver_view("GET")
def state(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 - a view's shape
    """Answer the state of a payment in one word, for the script of the waiting page."""
    payment = hot_sql.one(Payment, "token = %s", [token]) if may_be_token(token) else None
    if payment is None:
        raise Failure("payment_unknown")
    _have_asked(payment, now())
    return JsonResponse({"state": state_of(payment)})


@driver_view("GET", "HEAD")
def reminder(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 - a view's shape
    """Return the end of the exit window as a calendar file (RFC 5545) that reminds five minutes before."""
    payment = payment_named(token)
    leave = payment.session.exit_until
    if leave is None or payment.state != Payment.State.PAID:
        raise Failure("payment_unknown")
    lot = lot_facts(payment.lot, at=now())
    title = gettext("Leave before %(time)s") % {"time": f"{leave.astimezone(lot.tz):%H:%M}"}
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//PureCode//leave//EN", "BEGIN:VEVENT"),
        f"UID:{hashlib.sha256(payment.token.encode()).hexdigest()[:32]}",  # calendars are shared
        f"DTSTAMP:{_utc(payment.paid_at or leave)}",
        f"DTSTART:{_utc(leave)}",
        *_folded(f"SUMMARY:{_escaped(f'{title} · {lot.name}')}"),
        *("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_escaped(title)}", "TRIGGER:-PT5M", "END:VALARM"),
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    response = HttpResponse("\r\n".join(lines), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="leave.ics"'
    return response


def _have_asked(payment: Payment, at: datetime) -> None:
    """Have the worker ask the channel. A database that only reads still shows what it knows."""
    if payment.state not in Payment.UNFINISHED:
        return
    with suppress(DatabaseUnusable), usable():
        ask_soon(payment, at=at)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", " ".join(text.split()))


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 bytes, each but the first after a space (RFC 5545, 3.1)."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > LINE_BYTES:
            yield piece
            piece = " "
        piece += character
    yield piece


def sign_path(payment: Payment) -> str:
    """Return the address of a sign of this car park, to start again from; "" where it has none."""
    sign = sign_of_lot(payment.lot)
    return f"/p/{sign.code}" if sign else ""


def payment_named(token: str) -> Payment:
    payment = None
    if may_be_token(token):
        payment = Payment.objects.select_related("session", "lot__operator").filter(token=token).first()
    if payment is None:
        raise Failure("payment_unknown")
    return payment


def may_be_token(token: str) -> bool:
    return len(token) <= 26 and token.isascii() and token.isalnum()


def state_of(payment: Payment) -> str:
    if payment.state in Payment.UNFINISHED:
        return "pending"
    return "paid" if payment.state == Payment.State.PAID else "closed"


def refresh_after(age: int) -> int:
    """Return after how many seconds a page without script looks again: ever less often."""
    return next((pause for until, pause in REFRESH if age < until), SELDOM)


def settled(payment: Payment, zone: Any, at: datetime) -> dict[str, Any]:
    """Return what a paid page adds: when, until when the car may leave, and refunds."""
    if payment.paid_at is None:
        return {}
    session, here = payment.session, at.astimezone(zone)
    session.refresh_from_db(fields=["exit_until", "left_at"])
    leave = session.exit_until if payment.credited_fen else None
    refunds = [
        (formatting.yuan(refund.amount_fen), refund.state == Refund.State.DONE)
        for refund in payment.refunds.exclude(state=Refund.State.FAILED).order_by("pk")
    ]
    return {
        "paid_at": formatting.clock(payment.paid_at.astimezone(zone), on=here),
        "surplus": payment.credited_fen == 0,
        "leave": formatting.clock(leave.astimezone(zone), on=here) if leave else "",
        "seconds": max(0, int((leave - at).total_seconds())) if leave and session.left_at is None else 0,
        "gone": session.left_at is not None,
        "overdue": leave is not None and leave < at,
        "refunds": refunds,
        "owing": _owing(payment),
    }


def _owing(payment: Payment) -> str:
    """Return what an earlier stay of the car still owes; "" for nothing, or if others have this address."""
    debt = None if payment.is_shared else outstanding.known_at(payment)
    return formatting.yuan(debt.amount_fen) if debt else ""
