"""Delivers alerts by mail, or to a group webhook of WeCom or DingTalk.

A message is retried until it has arrived. No error shows the address: it contains a key.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F

from core.transport import OutcomeUnknown, PooledTransport
from monitoring.models import AlertMessage
from monitoring.webhooks import (
    DINGTALK_MAX_BYTES,
    WECOM_MAX_BYTES,
    dingtalk_address,
    text_message,
    was_accepted,
)

RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60)]  # then it counts as undelivered
JSON = {"Content-Type": "application/json; charset=utf-8"}

Way = AlertMessage.Way
log = structlog.get_logger("alerts")


class NotDelivered(Exception):
    """The message did not arrive, as far as we know."""


def ways() -> list[Way]:
    """Return the destinations that are configured."""
    configured = {
        Way.MAIL: settings.MAILERS and settings.ALERT_MAIL_TO,
        Way.WECOM: settings.ALERT_WECOM,
        Way.DINGTALK: settings.ALERT_DINGTALK,
    }
    return [way for way, is_open in configured.items() if is_open]


def send(row: AlertMessage, at: datetime) -> None:
    """Send one message that the worker has claimed, or put it off."""
    rows = AlertMessage.objects.filter(pk=row.pk)
    rows.update(tries=F("tries") + 1)
    try:
        SENDERS[Way(row.way)](row.text)
    except NotDelivered:
        log.warning("alert_not_delivered", way=row.way)
        later = RETRY_AFTER[row.tries] if row.tries < len(RETRY_AFTER) else None
        rows.update(next_check_at=None if later is None else at + later)
        return
    rows.update(sent_at=at, next_check_at=None)


def by_mail(text: str) -> None:
    first, _, more = text.partition("\n\n")  # alerts that arose at once are one message
    subject = first.partition("\n")[0][:150] + (" …" if more else "")
    try:
        EmailMessage(subject, text, to=settings.ALERT_MAIL_TO).send()
    except (OSError, SMTPException, ValueError):  # the last: a challenge that is no base64
        raise NotDelivered from None


def to_wecom(text: str) -> None:
    _post(settings.ALERT_WECOM, text_message(text, WECOM_MAX_BYTES))


def to_dingtalk(text: str) -> None:
    address = dingtalk_address(
        settings.ALERT_DINGTALK, settings.ALERT_DINGTALK_SECRET, int(time.time() * 1000)
    )
    _post(address, text_message(text, DINGTALK_MAX_BYTES))


def _post(address: str, body: bytes) -> None:
    transport = PooledTransport("alerts", connections=1)
    try:
        reply = transport.send("POST", address, JSON, body)
    except OutcomeUnknown:
        raise NotDelivered from None
    finally:
        transport.close()
    if not was_accepted(reply.status, reply.body):
        raise NotDelivered


SENDERS: dict[Way, Callable[[str], None]] = {
    Way.MAIL: by_mail,
    Way.WECOM: to_wecom,
    Way.DINGTALK: to_dingtalk,
}
