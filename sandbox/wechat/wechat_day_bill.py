"""The trade bill (交易账单): one day of payments and refunds in yuan, with a backtick before each cell."""

import gzip
import hashlib
from collections.abc import Iterator
from datetime import date, datetime

from sandbox.store import SandboxOrder, SandboxRefund, Store
from sandbox.wechat.wechat_messages import BANK, BEIJING, OPENID

HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_REFUND_STATES = {"processing": "PROCESSING", "done": "SUCCESS", "failed": "FAIL", "abnormal": "CHANGE"}


def make(store: Store, merchant: str, day: date) -> bytes | None:
    """Return the day's bill as text, or None for a day without trades."""
    rows, paid, refunded, fees = [], 0, 0, 0
    for order in list(store.orders.values()):
        if order.kind == "wechat" and order.merchant == merchant:
            if _day(order.paid_at) == day:
                rows.append(_payment(order))
                paid += order.amount_fen
                fees += fee_fen(order.amount_fen)
            for refund in _refunds(store, order, day):
                rows.append(_refund(refund, order))
                refunded += refund.amount_fen
                fees -= fee_fen(refund.amount_fen)
    if not rows:
        return None
    totals = [str(len(rows)), _yuan(paid), _yuan(refunded), "0.00", _fee(fees), _yuan(paid), _yuan(refunded)]
    lines = [HEADER, *map(_line, rows), SUMMARY, _line(totals)]
    return ("\ufeff" + "".join(f"{line}\r\n" for line in lines)).encode()


def compressed(text: bytes, damage: str = "") -> tuple[bytes, str]:
    """Return the compressed file and the hash of its text. `damage`: `hash`, `cut`, `sum` or `gzip`."""
    if damage == "sum":
        head, _, last = text.rstrip().rpartition(b"\r\n")
        text = head + b"\r\n" + last.replace(b"`", b"`9", 1) + b"\r\n"
    digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    if damage == "hash":
        digest = "0" * 40
    if damage == "cut":
        text = text[: len(text) * 2 // 3]
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    file = gzip.compress(text)
    return file[: len(file) // 2] if damage == "gzip" else file, digest


def _refunds(store: Store, order: SandboxOrder, day: date) -> Iterator[SandboxRefund]:
    for refund in list(store.refunds.values()):
        if refund.payment_number == order.number and _day(refund.extra["created_at"]) == day:
            yield refund


def _payment(order: SandboxOrder) -> list[str]:
    amount = _yuan(order.amount_fen)
    return [
        *_common(order, order.paid_at, "SUCCESS"),
        *(amount, _yuan(order.extra["coupon_fen"])),
        *("0", "0", "0.00", "0.00", "", ""),
        *(order.description, "", _fee(fee_fen(order.amount_fen)), "0.60%", amount, "0.00", ""),
    ]


def _refund(refund: SandboxRefund, order: SandboxOrder) -> list[str]:
    amount = _yuan(refund.amount_fen)
    return [
        *_common(order, refund.extra["created_at"], "REFUND"),
        *("0.00", "0.00"),
        *(refund.extra["refund_id"], refund.number, amount, "0.00", "ORIGINAL", _REFUND_STATES[refund.state]),
        *(order.description, "", _fee(-fee_fen(refund.amount_fen)), "0.60%", "0.00", amount, ""),
    ]


def _common(order: SandboxOrder, at: str, state: str) -> list[str]:
    partner = order.extra["sp_mchid"]
    return [
        f"{datetime.fromisoformat(at).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        order.extra["appid"],
        partner or order.merchant,
        order.merchant if partner else "0",
        "",
        order.channel_number,
        order.number,
        order.extra["openid"] or OPENID,
        order.extra["trade_type"],
        state,
        BANK,
        order.currency,
    ]


def _day(at: str) -> date | None:
    return datetime.fromisoformat(at).astimezone(BEIJING).date() if at else None


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def fee_fen(amount_fen: int) -> int:
    """Return the channel's fee in fen: 0.6 %, rounded. It is returned with a refund."""
    return (amount_fen * 6 + 500) // 1000


def _fee(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{_yuan(abs(fen))}000"


def _line(cells: list[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)
