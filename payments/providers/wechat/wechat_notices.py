"""WeChat Pay's notices: verified over the raw bytes, opened with the APIv3 key, read by the whitelist.

WeChat now and then sends a notice with a wrong signature, `WECHATPAY/SIGNTEST/…`, to see whether it is
refused. It is refused like any other forgery: a special case would fail that probe (document 4013053249).
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from payments.providers import message_fields
from payments.providers.contract import Answer, Notice, NoticeRefused, Statement
from payments.providers.wechat.wechat_config import WechatConfig
from payments.providers.wechat.wechat_signing import KeyRing, unseal
from payments.providers.wechat.wechat_statements import read_order, read_refund_news

MAX_NOTICE = 64 * 1024
FAIL = '{"code":"FAIL","message":"失败"}'.encode()

_READERS = {
    "TRANSACTION.SUCCESS": read_order,
    "REFUND.SUCCESS": read_refund_news,
    "REFUND.ABNORMAL": read_refund_news,
    "REFUND.CLOSED": read_refund_news,
}


def read_notice(
    config: WechatConfig, ring: KeyRing, headers: Mapping[str, str], body: bytes, at: datetime
) -> Notice:
    lowered = {name.lower(): value for name, value in headers.items()}
    if len(body) <= MAX_NOTICE and ring.is_signed(lowered, body, at):
        with suppress(ValueError):
            statements = _statements(config, message_fields.read_object(body))
            return Notice(statements, accept=Answer(204), try_again=Answer(503, FAIL))
    raise NoticeRefused(Answer(401, FAIL))


def _statements(config: WechatConfig, notice: Mapping[str, Any]) -> tuple[Statement, ...]:
    event = notice.get("event_type")
    read = _READERS.get(event) if isinstance(event, str) else None
    if read is None:
        return ()  # an event we know nothing of: accepted and passed over
    return (
        read(
            config,
            message_fields.read_object(unseal(config.api_keys, message_fields.inner(notice, "resource"))),
        ),
    )
