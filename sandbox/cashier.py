"""The cashier page (收银台): one HTML page with a button for each thing that a payer or channel can do."""

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from sandbox.store import SandboxOrder

_PAGE = Template((Path(__file__).parent / "cashier.html").read_text(encoding="utf-8"))
_STYLE = re.search(r"<style>(.*)</style>", _PAGE.template, re.DOTALL)
assert _STYLE
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE[1].encode()).digest()).decode()

_GO = '<button class="go" name="action" value="pays">付款成功 <span lang="en">Pay</span></button>'
_LOGIN = (
    "logs_in",
    "登录",
    "Log in",
    "到这一步渠道才有这笔交易",
    "The trade exists at the channel from this step on",
)
_CHOICES = (
    (
        "refuses",
        "拒绝",
        "Declined",
        "付款被渠道拒绝，订单随即关闭",
        "The channel declines the payment and closes the order",
    ),
    ("abandons", "放弃", "Leave", "不付款，直接返回商户", "Go back without paying"),
    (
        "pays_late",
        "逾时到账",
        "Late payment",
        "先返回商户，约 {late} 秒后到账",
        "Payment and notice arrive about {late} s later",
    ),
    (
        "loses_notice",
        "通知丢失",
        "Notice lost",
        "已付款，但商户收不到通知",
        "Paid, but the notice never arrives",
    ),
    (
        "repeats_notice",
        "通知重复",
        "Notice repeated",
        "已付款，同一通知同时发三次",
        "Paid, the same notice is sent three times at once",
    ),
)
_STATES = {"paid": ("已付款", "Paid"), "closed": ("订单已关闭", "Order closed")}


def headers(order: SandboxOrder | None) -> dict[str, str]:
    """Return the page's headers. The policy allows forms to redirect to this order's merchant only."""
    back = urlsplit(order.exit_url) if order else None
    target = (
        f"'self' {back.scheme}://{back.netloc}" if back and back.netloc else "'self'" if back else "'none'"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        f"form-action {target}; base-uri 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page(order: SandboxOrder, state: str, late_seconds: float) -> bytes:
    """Return the page with the actions for an open order, or the outcome of a finished one."""
    return _PAGE.substitute(
        description=escape(order.description),
        amount=f"{order.amount_fen // 100}.{order.amount_fen % 100:02d}",
        number=escape(order.number),
        merchant=escape(order.merchant),
        choices=_form(order, late_seconds) if state == "open" else _ended(order, state),
    ).encode()


def not_found() -> bytes:
    return "沙箱：没有这笔订单。 Sandbox: no such order.".encode()


def _form(order: SandboxOrder, late_seconds: float) -> str:
    has_no_trade = order.kind == "alipay" and "acted" not in order.extra
    buttons = "\n".join(
        f'<button name="action" value="{action}">{name} <span lang="en">{english}</span>'
        f'<small>{hint}</small><small lang="en">{hint_english}</small></button>'
        for action, name, english, hint, hint_english in ((_LOGIN, *_CHOICES) if has_no_trade else _CHOICES)
    ).replace("{late}", f"{late_seconds:g}")
    return (
        f'<form method="post">\n{_GO}\n'
        f'<h2>模拟其他情况 <span lang="en">Other outcomes</span></h2>\n{buttons}\n</form>'
    )


def _ended(order: SandboxOrder, state: str) -> str:
    name, english = _STATES[state]
    back = f'<a class="back" href="{escape(order.exit_url)}">返回商户 <span lang="en">Back</span></a>'
    message = f'<p class="state">{name} <span lang="en">{english}</span></p>'
    return f"{message}\n{back}" if order.exit_url else message
