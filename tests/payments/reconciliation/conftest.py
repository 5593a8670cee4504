"""A mall with a merchant at each channel of the sandbox, spoken to by the production clients.

The sandbox lives for the whole run, so each test has a day of its own, weeks back.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.utils.timezone import now

from lots.models import Lot
from lots.plates import parse
from payments import channels
from payments.business_days import BEIJING, bounds
from payments.channel_orders import query
from payments.charge_token import unseal
from payments.checkout import start_payment
from payments.models import Payment, Refund
from payments.models.closing_models import BillRun
from payments.providers.contract import Payer, Provider, RefundOrder, Scene
from payments.providers.wechat import WechatProvider
from payments.reconciliation import bill_runs
from payments.settling import settle
from tests.factories import make_device, make_lot, see
from tests.payments.payment_steps import look_up
from tests.payments.providers.alipay.conftest import AlipayMerchant, alipay_at
from tests.payments.providers.conftest import new_number, transport
from tests.payments.providers.wechat import known
from tests.payments.providers.wechat.conftest import OPENID
from tests.sandbox import SandboxServer, notice_sink, sandbox_keys, sandbox_process, sandbox_server
from tests.waiting import wait_for

__all__ = ["notice_sink", "sandbox_keys", "sandbox_process", "sandbox_server", "transport"]

_days = count(30, 3)
_cars = count(10000)
PRICE = 1000


@dataclass
class Mall:
    """One lot, one merchant, one day of theirs."""

    lot: Lot
    provider: Provider
    server: SandboxServer
    day: date

    def __post_init__(self):
        self.entry = make_device(self.lot, "entry")

    @property
    def noon(self) -> datetime:
        return self.at(12)

    def at(self, hours: float) -> datetime:
        """That many hours into the day, in Beijing."""
        return bounds(self.day, BEIJING)[0] + timedelta(hours=hours)

    def started(self) -> Payment:
        """An order whose payer has come to the cashier."""
        at, plate = now(), f"沪A{next(_cars)}"
        see(self.entry, plate, at - timedelta(minutes=61))
        shown = look_up(lot=self.lot, plate=parse(plate), at=at)
        is_wechat = self.provider.name == "wechat"
        payer = Payer(Scene.WECHAT, openid=OPENID) if is_wechat else Payer(Scene.BROWSER)
        charge = unseal(shown.token, at=at)
        payment, hand_over = start_payment(
            charge, lot=self.lot, channel=self.provider.name, payer=payer, at=at
        )
        if not is_wechat:
            merchant = AlipayMerchant(self.server, self.provider)
            _, cashier, _ = merchant.visit(hand_over.url)
            self.server.press(cashier, "logs_in")
        return payment

    def paid_there(self, at: datetime | None = None) -> Payment:
        """An order that was paid at the channel at that time, that we do not know of."""
        payment = self.started()
        self.server.act(payment.number, "loses_notice")
        self.backdate(payment, at or self.noon)
        return payment

    def paid(self, at: datetime | None = None) -> Payment:
        """An order that we know of."""
        payment = self.paid_there(at)
        query(payment, at=now())
        payment.refresh_from_db()
        assert payment.state == Payment.State.PAID
        return payment

    def paid_here(self, at: datetime | None = None) -> Payment:
        """One that only we believe to be paid."""
        payment = self.started()
        moment = at or self.noon
        order_before(payment, moment)
        settle(paid_word(payment, moment), cause="notice", at=now())
        payment.refresh_from_db()
        return payment

    def backdate(self, row: Payment | Refund, at: datetime) -> None:
        if isinstance(row, Payment):
            order_before(row, at)
        self.server.control(backdate=at.isoformat(), number=row.number)

    def refunded_by_hand(self, payment: Payment, fen: int, at: datetime | None = None) -> str:
        """Refund at the channel itself, past our books; return the channel's number of it."""
        number = new_number()
        order = RefundOrder(number, payment.number, fen, payment.amount_fen, self.server.notices.url)
        self.provider.refund(order)
        wait_for(lambda: self.provider.query_refund(order).outcome == "refund_done")
        self.server.control(backdate=(at or self.noon).isoformat(), number=number)
        return number

    def run(self, day: date | None = None) -> BillRun:
        return bill_runs.ensure(self.provider.name, self.provider.merchant, day or self.day, at=self.noon)[0]

    def reconcile(self, day: date | None = None, *, steps: int = 20, at: datetime | None = None) -> BillRun:
        """Let the worker go on with the day's run until it waits or is done."""
        run, at = self.run(day), at or now()
        for _ in range(steps):
            claimed = bill_runs.claim(at=at, only=run)
            if claimed is None:
                break
            bill_runs.work_on(claimed, at=at)
        run.refresh_from_db()
        return run


def order_before(payment: Payment, at: datetime) -> None:
    """Let the order be older than its payment: no time before it is believed."""
    Payment.objects.filter(pk=payment.pk).update(created_at=at - timedelta(minutes=1))


def paid_word(payment: Payment, at: datetime):
    from payments.providers.contract import Outcome, Statement

    return Statement(
        payment.provider,
        payment.merchant,
        payment.number,
        Outcome.PAID,
        app=payment.app,
        provider_number=f"P{payment.number}",
        amount_fen=payment.amount_fen,
        at=at,
    )


def lines(run: BillRun) -> list[tuple[str, str]]:
    return list(run.lines.order_by("pk").values_list("verdict", "became"))


@pytest.fixture(params=["wechat", "alipay"])
def mall(request, db, sandbox_server, sandbox_keys, transport, settings, monkeypatch) -> Mall:
    settings.PUBLIC_URL = "https://pay.example.test"
    provider: Provider
    if request.param == "wechat":
        read = json.loads((sandbox_keys / "wechat" / "settings.json").read_text())
        hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), sandbox_server.url)
        config = known.config({**read, **hosts, "products": "jsapi,h5,native"})
        provider = WechatProvider(config, transport=transport, bill_transport=transport)
    else:
        provider = alipay_at(sandbox_server.url, sandbox_keys, transport)
    monkeypatch.setattr(channels, "providers", lambda: {(provider.name, provider.merchant): provider})
    monkeypatch.setattr(bill_runs, "providers", lambda: {(provider.name, provider.merchant): provider})
    day = datetime.now(UTC).astimezone(BEIJING).date() - timedelta(days=next(_days))
    return Mall(make_lot(), provider, sandbox_server, day)
