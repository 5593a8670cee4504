"""manage.py pay_test wechat: pays one fen with a phone, and gets it back by itself."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import qrcode
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localtime, now

from payments import channel_test, channels
from payments.channel_names import ONLINE
from payments.channels import ChannelDown
from payments.models import Payment, Refund
from payments.providers.contract import Provider, Scene

EVERY = 2.0  # seconds between two questions
pause = time.sleep


class Command(BaseCommand):
    help = "Pay 0.01 yuan by scanning a code, wait until it is booked, refund it, wait until that is done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", choices=list(ONLINE))
        parser.add_argument("--merchant", help="the merchant's number, if there are several")
        parser.add_argument("--refund-minutes", type=int, default=10, help="how long to wait for the refund")

    def handle(
        self, *args: Any, channel: str, merchant: str | None, refund_minutes: int, **options: Any
    ) -> None:
        provider = _chosen(channel, merchant)
        payment = self._pay(provider)
        refund = channel_test.give_back(payment, at=now())
        self._step("refund", f"requested, number {refund.number}")
        try:
            self._refunded(refund, timedelta(minutes=refund_minutes))
        finally:
            channel_test.finish(payment, at=now())
        self.stdout.write("All is well: paid and refunded. The trial is not counted as income.")

    def _pay(self, provider: Provider) -> Payment:
        try:
            payment, hand_over = channel_test.begin(provider, at=now())
        except channel_test.NobodyToPay:
            raise CommandError("There is no operator yet: make a lot first (manage.py apply)") from None
        except ChannelDown:
            raise CommandError(
                "The channel refused the order: run manage.py check_merchants --online"
            ) from None
        self._step("order", f"made, number {payment.number}")
        self.stdout.write(_drawn(hand_over.qr))
        self.stdout.write(f"Scan it and pay 0.01 yuan before {localtime(payment.expires_at):%H:%M:%S}.")
        payment = _until(lambda at: channel_test.look(payment, at=at), _is_settled)
        if payment.state != Payment.State.PAID:
            channel_test.finish(payment, at=now())
            raise CommandError(f"Not paid in time: the order is {payment.state}")
        event = payment.events.filter(became="paid").get()
        assert payment.paid_at
        delay = (event.at - payment.paid_at).total_seconds()
        self._step("paid", f"known {delay:.0f} s later, by {event.cause}")
        if event.cause != "notice":
            self.stdout.write("  It was found by asking: see that notices arrive (health page).")
        return payment

    def _refunded(self, refund: Refund, patience: timedelta) -> None:
        end = now() + patience
        waiting = {Refund.State.REQUESTED, Refund.State.SENT}
        refund = _until(
            lambda at: channel_test.chase(refund, at=at),
            lambda row, at: row.state not in waiting or at >= end,
        )
        if refund.state != Refund.State.DONE:
            raise CommandError(
                f"The refund is {refund.state}; the worker goes on with it: see the payments page"
            )
        self._step("refund", "done")

    def _step(self, name: str, words: str) -> None:
        self.stdout.write(f"{localtime(now()):%H:%M:%S}  {name:<7} {words}")


def _drawn(text: str) -> str:
    """Return a code for a dark terminal, in one piece: a command ends each of its pieces with a line."""
    code, out = qrcode.QRCode(border=2), StringIO()
    code.add_data(text)
    code.print_ascii(out=out, invert=True)
    return out.getvalue()


def _chosen(channel: str, merchant: str | None) -> Provider:
    found = [
        each
        for (name, number), each in channels.providers().items()
        if name == channel and merchant in {None, number}
    ]
    if len(found) != 1:
        raise CommandError("There is no such merchant." if not found else "Say which with --merchant.")
    if Scene.SCREEN not in found[0].scenes():
        raise CommandError(
            "It makes no codes for a screen: add the product native (WeChat) or the scene screen (Alipay)"
        )
    return found[0]


def _is_settled(payment: Payment, _at: datetime) -> bool:
    return payment.state in {Payment.State.PAID, Payment.State.CLOSED}


def _until[R](look: Callable[[datetime], R], done: Callable[[R, datetime], bool]) -> R:
    """Look again and again until it is done."""
    while True:
        at = now()
        row = look(at)
        if done(row, at):
            return row
        pause(EVERY)
