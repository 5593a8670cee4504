"""Every page that a driver may ever see, made in one process, for a browser to look at at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from playwright.sync_api import Page, Route

from driver import page_cache, sign_page
from driver.proof_of_work import Challenge
from lots import lookup_budget
from lots.models import ParkingSession
from lots.sign_register import revoke
from payments import channels
from payments.invoices.invoice_handling import record_issued
from payments.invoices.invoice_models import InvoiceRequest, RedLetter
from payments.models import Payment, Refund
from payments.providers.contract import HandOver
from payments.refunds import request_refund
from payments.settling import settle
from payments.staff_actions import end_session
from tests.driver.conftest import PLATE, Mall
from tests.driver.test_admission import spend_all
from tests.factories import NOON, see
from tests.payments.acting import by

SHOWN = "http://localhost/shown"
PAYING = NOON + timedelta(minutes=61)
BUYER = {"kind": "company", "title": "上海示例贸易有限公司", "tax_number": "91350100M000100Y43"}


@dataclass
class Gallery:
    """Hangs up answers under a name; each begins where the car owes 10 yuan and is to be paid now."""

    mall: Mall
    channel: Any
    clock: Callable[..., Any]
    patch: pytest.MonkeyPatch
    end: str

    def first(self) -> Any:
        return self.mall.get(f"/p/{self.mall.pure.code}{self.end}")

    def fee(self) -> Any:
        return self.mall.search(language=self.end)

    def nothing_owed(self) -> Any:
        return self.mall.search("沪AD9999", self.end)

    def wrong_plate(self) -> Any:
        return self.mall.search("沪A123", self.end)

    def fee_without_channel(self) -> Any:
        self.patch.setattr(channels, "providers", dict)
        return self.fee()

    def part_paid(self) -> Any:
        ParkingSession.objects.update(paid_fen=500, paid_at=NOON, exit_until=NOON)
        return self.fee()

    def exit_with_car(self) -> Any:
        see(self.mall.way_out, PLATE, PAYING)
        return self.mall.get(f"/p/{self.mall.exit_sign.code}{self.end}")

    def exit_without_car(self) -> Any:
        return self.mall.get(f"/p/{self.mall.exit_sign.code}{self.end}")

    def entry(self) -> Any:
        return self.mall.get(f"/p/{self.mall.entry_sign.code}{self.end}")

    def no_ticket(self) -> Any:
        return self.mall.send(f"/p/{self.mall.entry_sign.code}/ticket{self.end}")

    def ticket(self) -> Any:
        see(self.mall.entry, None, PAYING)
        return self.no_ticket()

    def hand_over(self) -> Any:
        return self._pressed(self.fee())

    def hand_over_code(self) -> Any:
        return self._handing(HandOver(qr="weixin://wxpay/bizpayurl?pr=abcdefghi"))

    def hand_over_bridge(self) -> Any:
        return self._handing(HandOver(bridge={"package": "prepay_id=wx1"}))

    def _handing(self, hand_over: HandOver) -> Any:
        start = self.channel.start
        self.patch.setattr(self.channel, "start", lambda *words: start(*words) and hand_over)
        return self.hand_over()

    def _pressed(self, fee: Any) -> Any:
        return self.mall.pay(fee.content.decode(), plate=PLATE)

    def expired(self) -> Any:
        fee = self.fee()
        self.clock(PAYING + timedelta(hours=1))
        return self._pressed(fee)

    def channel_down(self) -> Any:
        self.channel.fault = "unknown"
        return self.hand_over()

    def earlier_pending(self) -> Any:
        self.hand_over()
        self.channel.fault = "unknown"
        self.clock(PAYING + timedelta(hours=2))
        return self._pressed(self.fee())

    def payment(self) -> Payment:
        self.hand_over()
        return Payment.objects.get()

    def status(self, payment: Payment) -> Any:
        return self.mall.get(f"/t/{payment.token}{self.end}")

    def confirming(self) -> Any:
        return self.status(self.payment())

    def confirming_long(self) -> Any:
        payment = self.payment()
        self.clock(PAYING + timedelta(seconds=40))
        return self.status(payment)

    def settled(self) -> Payment:
        payment = self.payment()
        settle(self.channel.pay(payment.number), cause="notice", at=payment.created_at)
        return payment

    def paid(self) -> Any:
        return self.status(self.settled())

    def paid_shared(self) -> Any:
        payment = self.settled()
        Payment.objects.update(is_shared=True)
        return self.status(payment)

    def paid_owing(self) -> Any:
        """The car left once without paying, and came back."""
        end_session(ParkingSession.objects.get(), left_at=PAYING, by=by(), at=PAYING)
        see(self.mall.entry, PLATE, PAYING + timedelta(minutes=30))
        self.clock(PAYING + timedelta(minutes=61))
        return self.paid()

    def paid_overdue(self) -> Any:
        payment = self.settled()
        self.clock(PAYING + timedelta(minutes=20))
        return self.status(payment)

    def paid_and_left(self) -> Any:
        payment = self.settled()
        ParkingSession.objects.update(left_at=PAYING)
        self.clock(PAYING + timedelta(days=1))
        return self.status(payment)

    def surplus(self) -> Any:
        payment = self.payment()
        ParkingSession.objects.update(
            paid_fen=1000, paid_at=PAYING, exit_until=PAYING + timedelta(minutes=15)
        )
        settle(self.channel.pay(payment.number), cause="notice", at=PAYING)
        return self.status(payment)

    def resumed(self) -> Any:
        payment = self.payment()
        return self.mall.send(f"/t/{payment.token}/pay{self.end}", way="new")

    def arrears(self) -> Any:
        return self.mall.get(f"/lot/pujiang/pay{self.end}")

    def ticket_unknown(self) -> Any:
        return self.mall.get(f"/e/{'x' * 60}{self.end}")

    def not_paid(self) -> Any:
        payment = self.payment()
        Payment.objects.update(state=Payment.State.CLOSED, next_check_at=None)
        return self.status(payment)

    def payment_unknown(self) -> Any:
        return self.mall.get(f"/t/{'X' * 26}{self.end}")

    def receipt_find(self) -> Any:
        return self.mall.get(f"/r{self.end}")

    def receipt_unknown(self) -> Any:
        return self.mall.send(f"/r{self.end}", code="7K3M-9QPT-2XWD")

    def too_many_codes(self) -> Any:
        while self.receipt_unknown().status_code == 404:
            pass
        return self.receipt_unknown()

    def behind(self, path: str, payment: Payment, **fields: str) -> Any:
        payment.refresh_from_db()
        return self.mall.send(f"{path}{self.end}", code=str(payment.receipt_code), **fields)

    def receipt(self) -> Any:
        return self.behind("/r", self.settled())

    def receipt_refunded(self) -> Any:
        payment = self.settled()
        for fen in (300, 250):
            request_refund(payment, amount_fen=fen, reason=Refund.Reason.STAFF, at=PAYING)
        Refund.objects.filter(amount_fen=300).update(state=Refund.State.DONE, done_at=PAYING)
        return self.behind("/r", payment)

    def invoice(self) -> Any:
        return self.behind("/r/invoice", self.settled())

    def invoice_wrong(self) -> Any:
        return self.behind("/r/invoice", self.settled(), title="", tax_number="91350100M000100Y44")

    def invoice_asked(self) -> Any:
        return self.behind("/r/invoice", self.settled(), **BUYER)

    def invoice_rejected(self) -> Any:
        return self._invoice(InvoiceRequest.State.REJECTED, reason="buyer")

    def invoice_at_issuer(self) -> Any:
        return self._invoice(InvoiceRequest.State.SENT, amount_fen=1000, next_check_at=PAYING)

    def invoice_withdrawn(self) -> Any:
        self.invoice_asked()
        return self.behind("/r/invoice", Payment.objects.get(), withdraw="1")

    def invoice_issued(self) -> Any:
        self.invoice_asked()
        row = InvoiceRequest.objects.get()
        number = "24312000000012345678"
        link = f"https://invoices.example/{number}"
        record_issued(row, invoice_number=number, link=link, amount_fen=1000, cause="issuer", at=PAYING)
        RedLetter.objects.create(request=row, amount_fen=400, created_at=PAYING)
        return self.behind("/r/invoice", Payment.objects.get())

    def _invoice(self, state: str, **fields: Any) -> Any:
        self.invoice_asked()
        InvoiceRequest.objects.update(state=state, done_at=PAYING, **fields)
        return self.behind("/r/invoice", Payment.objects.get())

    def rights(self) -> Any:
        return self.behind("/r/data", self.settled())

    def rights_asked(self) -> Any:
        payment = self.settled()
        self.behind("/r/data", payment, topic="entry")
        return self.behind("/r/data", payment, erase="1")

    def rights_erased(self) -> Any:
        payment = self.settled()
        ParkingSession.objects.update(left_at=PAYING)
        return self.behind("/r/data", payment, erase="1")

    def tariff(self) -> Any:
        return self.mall.get(f"/lot/pujiang/tariff{self.end}")

    def privacy(self) -> Any:
        return self.mall.get(f"/lot/pujiang/privacy{self.end}")

    def closed_lot(self) -> Any:
        self.mall.lot.closed_at = NOON
        self.mall.lot.save()
        return self.first()

    def closed_lot_search(self) -> Any:
        self.closed_lot()
        return self.fee()

    def revoked(self) -> Any:
        revoke(self.mall.pure, at=NOON)
        return self.first()

    def unknown_code(self) -> Any:
        return self.mall.get(f"/p/FALSE{self.end}")

    def not_found(self) -> Any:
        return self.mall.get(f"/nothing{self.end}")

    def proof_of_work(self) -> Any:
        self._ask_for_proof()
        return self.fee()

    def lane_proof_of_work(self) -> Any:
        self._ask_for_proof()
        return self.mall.get(f"/p/{self.mall.exit_sign.code}{self.end}")

    def _ask_for_proof(self) -> None:
        """Let no phone solve the puzzles: their page would lead on before it has been looked at."""
        self.patch.setattr(Challenge, "zeros", 31)
        spend_all(lookup_budget.LOOKUPS, self.mall.lot)

    def foreign(self) -> Any:
        return self.mall.browser.post(
            f"/p/{self.mall.pure.code}{self.end}", headers={"origin": "https://elsewhere.example"}
        )

    def charge_over(self) -> Any:
        return self.mall.get(f"/q/{'x' * 90}{self.end}")

    def no_database(self) -> Any:
        return self._failing(OperationalError)

    def our_fault(self) -> Any:
        return self._failing(RuntimeError)

    def _failing(self, error: type[Exception]) -> Any:
        def fail(*_: Any) -> None:
            raise error

        self.first()
        page_cache.ROWS.clear()
        self.patch.setattr(sign_page, "find_sign", fail)
        self.mall.browser.raise_request_exception = False
        return self.fee()


NAMES = [
    name
    for name, value in vars(Gallery).items()
    if callable(value) and not name.startswith("_") and name not in {"payment", "status", "settled", "behind"}
]


def hang(page: Page, answer: HttpResponse) -> None:
    """Show an answer in the browser, headers and all; nothing else is to be had from its host."""

    def give(route: Route) -> None:
        if route.request.url == SHOWN:
            route.fulfill(status=answer.status_code, headers=dict(answer.items()), body=answer.content)
        elif route.request.url.endswith("/state"):
            route.fulfill(json={"state": "pending"})  # else the page says that there is no network
        else:
            route.abort("aborted")

    page.unroute_all()
    page.route("**/*", give)
    page.goto(SHOWN)
