"""Client of Alipay's gateway: signed requests, verified answers, and what its refusals mean."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from core.transport import OutcomeUnknown, Reply, Transport
from payments.providers.alipay.alipay_answers import open_answer
from payments.providers.alipay.alipay_config import AlipayConfig
from payments.providers.alipay.alipay_signing import request_text, sign
from payments.providers.alipay.alipay_values import beijing
from payments.providers.contract import ProviderRefused

DONE, CALL_LIMITED = "10000", "40005"
FORM = "application/x-www-form-urlencoded; charset=utf-8"

# Alipay's words, without their prefix and in lower case, as the words that all channels share.
SHARED = {
    "trade_not_exist": "order_not_found",
    "trade_has_success": "order_paid",
    "trade_has_close": "order_closed",
    "context_inconsistent": "invalid_request",
    "discordant_repeat_request": "invalid_request",
    "seller_balance_not_enough": "not_enough",
    "app_call_limited": "frequency_limited",
}
_IN_DOUBT = frozenset({"system_error", "unknow_error", "unknown_error"})  # the first misspelling is Alipay's
_CODE = re.compile(r"[0-9]{5}", re.ASCII)
_WORD = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)


class Gateway:
    """Alipay's gateway for one app. `clock_skew` is how far its clock was ahead of ours of late."""

    def __init__(self, config: AlipayConfig, transport: Transport, clock: Callable[[], datetime]) -> None:
        self._config, self._transport, self._clock = config, transport, clock
        self.clock_skew: timedelta | None = None
        self.answered = self.not_signed = 0

    def page(self, method: str, asked: Mapping[str, Any], notify_url: str, return_url: str) -> str:
        """Return the address of a page of Alipay's: signed, and opened by the payer's browser, not by us."""
        content = _content(asked)
        common = self._common(method, content, notify_url=notify_url, return_url=return_url)
        gateway = self._config.page_gateway or self._config.gateway
        return f"{gateway}?{urlencode({**common, 'biz_content': content})}"

    def call(self, method: str, asked: Mapping[str, Any], notify_url: str = "") -> dict[str, Any]:
        """Return Alipay's signed answer to a call that succeeded; raise what any other answer means.

        As in Alipay's own packages, the order is in the body and everything else in the address:
        nothing there is about a person, and the gateway learns the charset before it reads the body.
        """
        content = _content(asked)
        address = f"{self._config.gateway}?{urlencode(self._common(method, content, notify_url=notify_url))}"
        body = urlencode({"biz_content": content}).encode()
        reply = self._transport.send("POST", address, {"Content-Type": FORM}, body)
        self._notice_clock(reply)
        if reply.status != 200:
            raise OutcomeUnknown("no usable answer")
        return self._open(method, reply.body)

    def _common(self, method: str, content: str, **addresses: str) -> dict[str, str]:
        parameters = {
            "app_id": self._config.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": beijing(self._clock()),
            "version": "1.0",
        } | {name: address for name, address in addresses.items() if address}
        text = request_text({**parameters, "biz_content": content})
        return {**parameters, "sign": sign(self._config.private_key, text)}

    def _notice_clock(self, reply: Reply) -> None:
        with suppress(ValueError, TypeError):
            theirs = parsedate_to_datetime(reply.headers["date"]) if "date" in reply.headers else None
            self.clock_skew = theirs - self._clock() if theirs and theirs.tzinfo else self.clock_skew

    def _open(self, method: str, body: bytes) -> dict[str, Any]:
        answer = None
        with suppress(ValueError):
            answer = open_answer(body, method, self._config.alipay_public_key)
        if answer is None:
            raise OutcomeUnknown("an answer that makes no sense")
        code, word = _text(answer.content, "code", _CODE), _text(answer.content, "sub_code", _WORD)
        self.answered += answer.signed
        self.not_signed += not answer.signed
        if not answer.signed:  # its code helps to set up the keys, and decides nothing
            raise OutcomeUnknown(f"no signed answer (it claims {code or '?'} {word or '?'})")
        if code == DONE:
            return answer.content
        reason = _reason(code, word)
        if not reason or reason in _IN_DOUBT:
            raise OutcomeUnknown(f"Alipay cannot say ({code or '?'} {word or '?'})")
        raise ProviderRefused(reason)


def _reason(code: str, word: str) -> str:
    """Return Alipay's reason for a definite refusal; empty if there was none."""
    if code == CALL_LIMITED:
        return "frequency_limited"
    if not code.startswith("4"):
        return ""
    own = word.rpartition(".")[2].lower().replace("-", "_") or f"code_{code}"
    return SHARED.get(own, own)


def _content(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":"))


def _text(message: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = message.get(name)
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
