"""Takes alerts out of the house: by mail, or to a group robot of WeCom or DingTalk.

A message is tried again until it has arrived. No error tells the address it went to: that holds a key.
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
from monitoring.webhooks import DINGTALK_MOST, WECOM_MOST, dingtalk_address, text_message, was_taken

LEASE = timedelta(minutes=1)
STEPS = [
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60)
]  # then it is given up, and shown as such
JSON = {"Content-Type": "application/json; charset=utf-8"}

Way = AlertMessage.Way
log = structlog.get_logger("alerts")


class NotDelivered(Exception):
    """It did not arrive, as far as we know."""


def ways() -> list[Way]:
    """Return the ways out that the settings open."""
    opened = {
        Way.MAIL: settings.MAILERS and settings.ALERT_MAIL_TO,
        Way.WECOM: settings.ALERT_WECOM,
        Way.DINGTALK: settings.ALERT_DINGTALK,
    }
    return [way for way, is_open in opened.items() if is_open]


def send_due(*, at: datetime) -> int:
    """Send what is due; whoever moves a row's time first has it."""
    taken = [
        row
        for row in AlertMessage.objects.filter(next_check_at__lte=at).order_by("next_check_at")[:20]
        if AlertMessage.objects.filter(pk=row.pk, next_check_at=row.next_check_at).update(
            next_check_at=at + LEASE, tries=F("tries") + 1
        )
    ]
    return sum(_send(row, at) for row in taken)


def _send(row: AlertMessage, at: datetime) -> bool:
    rows = AlertMessage.objects.filter(pk=row.pk)
    try:
        SENDERS[Way(row.way)](row.text)
    except NotDelivered:
        log.warning("alert_not_delivered", way=row.way)
        later = STEPS[row.tries] if row.tries < len(STEPS) else None
        rows.update(next_check_at=None if later is None else at + later)
        return False
    rows.update(sent_at=at, next_check_at=None)
    return True


def by_mail(text: str) -> None:
    subject = text.partition("\n")[0][:150]
    try:
        EmailMessage(subject, text, to=settings.ALERT_MAIL_TO).send()
    except (OSError, SMTPException):
        raise NotDelivered from None


def to_wecom(text: str) -> None:
    _post(settings.ALERT_WECOM, text_message(text, WECOM_MOST))


def to_dingtalk(text: str) -> None:
    address = dingtalk_address(
        settings.ALERT_DINGTALK, settings.ALERT_DINGTALK_SECRET, int(time.time() * 1000)
    )
    _post(address, text_message(text, DINGTALK_MOST))


def _post(address: str, body: bytes) -> None:
    transport = PooledTransport(connections=1)
    try:
        reply = transport.send("POST", address, JSON, body)
    except OutcomeUnknown:
        raise NotDelivered from None
    finally:
        transport.close()
    if not was_taken(reply.status, reply.body):
        raise NotDelivered


SENDERS: dict[Way, Callable[[str], None]] = {
    Way.MAIL: by_mail,
    Way.WECOM: to_wecom,
    Way.DINGTALK: to_dingtalk,
}
