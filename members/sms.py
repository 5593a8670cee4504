"""Texts to phones (短信): rows that the worker sends, through one method that a gateway has to know.

No request waits for a gateway. A row holds the message sealed until it is sent, and not for longer than the
message is worth: a code that comes too late is not sent at all.
"""

import hashlib
import hmac
import json
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from core.claims import LEASE
from core.transport import OutcomeUnknown, PooledTransport, Transport
from core.vault import Unreadable, seal, unseal
from members.member_keys import unseal_phone
from members.models import Consent, Member, Outgoing
from members.phone_numbers import masked

CONTEXT = "member text"
NOTICE_WITHIN = timedelta(days=2)
AGAIN = (timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
log = structlog.get_logger("members")


@dataclass(frozen=True)
class Text:
    """One message. `kind` lets a gateway choose its approved template; `code` stands in `text` too."""

    phone: str = field(repr=False)
    kind: str
    text: str = field(repr=False)
    code: str = field(repr=False, default="")


class SmsSender(Protocol):
    """Sends one text, once; raises `OutcomeUnknown` if it may or may not have been sent."""

    def send(self, text: Text) -> None: ...


class ConsoleSender:
    """For a demo: prints the text, to a masked number."""

    def send(self, text: Text) -> None:
        sys.stdout.write(f"[SMS {masked(text.phone)}] {text.text}\n")
        sys.stdout.flush()


class HttpSender:
    """A gateway at `url`: one signed POST a text (docs/members.md)."""

    def __init__(
        self,
        url: str,
        key: bytes,
        *,
        transport: Transport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url, self._key, self._clock = url, key, clock
        self._transport = transport or PooledTransport("sms")

    def send(self, text: Text) -> None:
        values = {"phone": text.phone, "kind": text.kind, "text": text.text, "code": text.code}
        body = json.dumps(values, ensure_ascii=False).encode()
        nonce, timestamp = secrets.token_hex(16), str(int(self._clock().timestamp()))
        signed = f"POST\n{urlsplit(self._url).path}\n{timestamp}\n{nonce}\n".encode() + body
        headers = {
            "Content-Type": "application/json",
            "X-Purecode-Timestamp": timestamp,
            "X-Purecode-Nonce": nonce,
            "X-Purecode-Signature": hmac.new(self._key, signed, hashlib.sha256).hexdigest(),
        }
        reply = self._transport.send("POST", self._url, headers, body)
        if not 200 <= reply.status < 300:
            raise OutcomeUnknown(f"the gateway says {reply.status}")


def sender() -> SmsSender:
    """Return the way that the settings name."""
    return _gateway(settings.SMS_URL, settings.SMS_KEY) if settings.SMS_URL else ConsoleSender()


@cache
def _gateway(url: str, key: bytes) -> HttpSender:
    """Return the one sender to a gateway, which keeps its connections open between texts."""
    return HttpSender(url, key)


def enqueue(text: Text, *, at: datetime, within: timedelta) -> Outgoing:
    """Have the worker send a text; call it in the transaction of what the text is about."""
    values = {"phone": text.phone, "kind": text.kind, "text": text.text, "code": text.code}
    return Outgoing.objects.create(
        message=seal(json.dumps(values), CONTEXT), next_check_at=at, expires_at=at + within
    )


def notify(member: Member, kind: str, words: Promise, *, at: datetime, **facts: str) -> None:
    """Notify a member of a change of the account, in the language they joined in, and whom to call."""
    operator = member.operator
    try:
        phone = unseal_phone(operator.pk, member.phone)
    except Unreadable:
        return
    agreed = Consent.objects.filter(member=member).order_by("-pk").first()
    facts |= {"operator": operator.legal_name, "phone": operator.service_phone}
    with translation.override(agreed.language if agreed else settings.LANGUAGE_CODE):
        enqueue(Text(phone, kind, str(words) % facts), at=at, within=NOTICE_WITHIN)


def carry_out(row: Outgoing, at: datetime) -> None:
    """Send one text that the worker has claimed, and delete it; try again later where that failed."""
    if at < row.expires_at and (text := _opened(row)) is not None:
        try:
            sender().send(text)
        except OutcomeUnknown:
            log.warning("sms_not_sent", kind=text.kind, tries=row.tries + 1)
            later = AGAIN[min(row.tries, len(AGAIN) - 1)]
            Outgoing.objects.filter(pk=row.pk, next_check_at=at + LEASE).update(
                next_check_at=at + later, tries=row.tries + 1
            )
            return
    Outgoing.objects.filter(pk=row.pk).delete()


def _opened(row: Outgoing) -> Text | None:
    with suppress(Unreadable):
        return Text(**json.loads(unseal(row.message, CONTEXT)))
    return None
