"""Calls to WeChat Pay: signed, to the main host or its backup, and believed only when signed.

A success must be signed. A refusal may come unsigned, so its code only says what to do next; a signature
that is there must be good. A server fault, a broken answer and a redirect leave the outcome unknown.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import structlog

from core.transport import OutcomeUnknown, Reply, Transport
from payments.providers import message_fields
from payments.providers.contract import ProviderRefused
from payments.providers.wechat.wechat_config import WechatConfig
from payments.providers.wechat.wechat_signing import SCHEME, SIGNATURE, KeyRing, sign

AVOID_MAIN = timedelta(minutes=5)

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}", re.ASCII)
_REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_REASONS = {
    "ORDERPAID": "order_paid",  # WeChat writes this one without a line between
    "BANK_ERROR": "try_again",  # both: the same call again, under the same number
    "BIZERR_NEED_RETRY": "try_again",
}
log = structlog.get_logger("wechat")


class WechatClient:
    """The connection of one merchant. `clock_skew` is how far WeChat's clock was ahead of ours."""

    def __init__(
        self, config: WechatConfig, ring: KeyRing, transport: Transport, clock: Callable[[], datetime]
    ) -> None:
        self.config, self.ring, self.clock = config, ring, clock
        self.clock_skew: timedelta | None = None
        self.answered = self.not_signed = 0
        self._transport = transport
        self._main_failed: datetime | None = None

    def call(self, method: str, path: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the signed answer, an empty one for 204; raise what it means where it is no success."""
        body = b"" if asked is None else json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        reply = self.send(method, path, body)
        must_be_signed = SIGNATURE in reply.headers or reply.status < 300
        if must_be_signed and not self.ring.is_signed(reply.headers, reply.body, self.clock()):
            self.not_signed += 1
            self._log("wechat_answer_not_signed", reply)
            raise OutcomeUnknown("no signed answer")
        self.answered += 1
        if reply.status == 200:
            return message_fields.believed(lambda: message_fields.read_object(reply.body))
        if reply.status == 204:
            return {}
        raise self.refusal(reply)

    def send(self, method: str, path: str, body: bytes = b"", *, transport: Transport | None = None) -> Reply:
        """Send one signed request and return the answer, not yet believed.

        It is sent once. After a network failure the next call goes to the other host: a caller that repeats
        this one, with the same number, thereby tries both.
        """
        base = self._base()
        try:
            reply = (transport or self._transport).send(
                method, base + path, self._headers(method, path, body), body
            )
        except OutcomeUnknown:
            self._main_failed = self.clock() if base == self.config.base_url else None
            raise
        self._compare_clocks(reply)
        return reply

    def refusal(self, reply: Reply) -> OutcomeUnknown | ProviderRefused:
        """Return what an answer without success means."""
        self._log("wechat_refused", reply)
        if reply.status == 429:
            return ProviderRefused("frequency_limited")
        if 400 <= reply.status < 500:
            with suppress(ValueError):
                code = message_fields.text(message_fields.read_object(reply.body), "code", _CODE)
                if code != "SYSTEM_ERROR":
                    return ProviderRefused(_REASONS.get(code, code.lower()))
        return OutcomeUnknown("no clear answer")

    def _base(self) -> str:
        failed = self._main_failed
        avoid = failed is not None and self.clock() < failed + AVOID_MAIN
        return self.config.backup_url if avoid else self.config.base_url

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        config = self.config
        timestamp, nonce = str(int(self.clock().timestamp())), secrets.token_hex(16)
        signature = sign(config.private_key, method, path, timestamp, nonce, body)
        headers = {
            "Accept": "application/json",
            "Authorization": f'{SCHEME} mchid="{config.mchid}",nonce_str="{nonce}",timestamp="{timestamp}",'
            f'serial_no="{config.serial}",signature="{signature}"',
            "User-Agent": "purecode",
            "Wechatpay-Serial": config.answer_serial,
        }
        return headers | ({"Content-Type": "application/json"} if body else {})

    def _compare_clocks(self, reply: Reply) -> None:
        """Record how far our clock is off: beyond five minutes WeChat rejects our requests, and we reject its
        notices."""
        with suppress(ValueError, TypeError):
            self.clock_skew = parsedate_to_datetime(reply.headers.get("date", "")) - self.clock()

    def _log(self, event: str, reply: Reply) -> None:
        """Log what WeChat's support asks for, and nothing of the content."""
        request_id = reply.headers.get("request-id", "")
        known = request_id if _REQUEST_ID.fullmatch(request_id) else ""
        log.warning(event, status=reply.status, request_id=known)
