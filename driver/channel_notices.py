"""View for channels' notices (支付通知). The channel's provider reads them, `settle` acts on them.

`driver.hot_notice` answers the usual notice before the view is asked.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import structlog
from django.db import Error
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.body_length import announced_length
from core.database import repeated_after_deadlock
from payments import observations
from payments.channel_names import ONLINE
from payments.channel_orders import ask_now
from payments.channels import ChannelDown, readers_of
from payments.providers.contract import Answer, Notice, NoticeRefused, Provider
from payments.settling import RefundBeforePayment, settle

LARGEST = 64 * 1024
SERVICE_UNAVAILABLE, RETRY_AFTER = 503, "10"  # the channel repeats a notice by its own plan
log = structlog.get_logger("notices")


@csrf_exempt
@require_POST
def notice(request: HttpRequest, provider: str, merchant: str) -> HttpResponse:
    """Verify, settle and commit, then answer; without a commit the answer asks the channel to repeat."""
    at = now()
    try:
        channels = readers_of(provider, merchant)
    except ChannelDown:
        return _stranger(provider, merchant, at)
    if "HTTP_TRANSFER_ENCODING" in request.META:  # nothing of it would be read, and it would pass for forged
        return HttpResponse(status=411)
    length = announced_length(request.META)
    if length is None or length > LARGEST:
        return HttpResponse(status=413)
    try:
        body = request.body
    except UnreadablePostError:  # it stopped half way; the channel sends it again
        return HttpResponse(status=400)
    return response_of(answer_to(channels, request.headers, body, at))


def answer_to(channels: list[Provider], headers: Mapping[str, str], body: bytes, at: datetime) -> Answer:
    """Return the answer to a channel's notice, which is settled if it is genuine."""
    try:
        read = _read(channels, headers, body, at)
    except NoticeRefused as refusal:
        log.warning("notice_refused", provider=channels[0].name)
        _count(channels, at)
        return refusal.answer
    return _settle_all(read, at)


def _stranger(provider: str, merchant: str, at: datetime) -> HttpResponse:
    """Refuse a notice to a merchant that we do not have: its channel repeats it for a day. It is counted."""
    if provider in ONLINE:
        try:
            observations.note_stranger(provider, merchant, at=at)
        except Error:
            log.warning("stranger_not_counted", provider=provider)
    return HttpResponse(status=404)


def _read(channels: list[Provider], headers: Mapping[str, str], body: bytes, at: datetime) -> Notice:
    """Read a notice with the credentials in force, else with former ones: orders outlive a change."""
    *others, last = channels
    for channel in others:
        with suppress(NoticeRefused):
            return channel.read_notice(headers, body, at)
    return last.read_notice(headers, body, at)


def _count(channels: list[Provider], at: datetime) -> None:
    """Count a refusal if the database is available; the refusal itself needs none."""
    try:
        observations.flush(channels, at=at)
    except Error:
        log.warning("refusal_not_counted")


def _settle_all(read: Notice, at: datetime) -> Answer:
    try:
        _settle(read, at)
    except Error:
        log.exception("notice_not_settled")
        return read.try_again
    except RefundBeforePayment as early:
        ask_now(early.payment, at=at)
        return read.try_again
    return read.accept


@repeated_after_deadlock
def _settle(read: Notice, at: datetime) -> None:
    """Settle what a notice reports, each in a transaction of its own; repeated, they change nothing."""
    for statement in read.statements:
        settle(statement, cause="notice", at=at)


def response_of(answer: Answer) -> HttpResponse:
    """Return it as an HTTP response."""
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if answer.status == SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = RETRY_AFTER
    return response
