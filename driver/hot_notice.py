"""A channel's notice, answered without Django's request and response (docs/decisions/042).

What reads, settles and answers is what the view uses too (`driver.channel_notices`). Here is only the way in
and out, for a plain POST under a known host to a merchant that is set up here. Everything else is left to the
view, which answers the same byte for byte: tests ask both (tests/driver/test_hot_notice.py).
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.utils.timezone import now

from driver.channel_notices import LARGEST, answer_to, response_of
from payments.channels import ChannelDown, readers_of
from presentation.plain_posts import (
    PlainAnswer,
    give_back_connection,
    is_known_host,
    is_plain_post,
    whole_body,
)

_ADDRESS = re.compile("/n/([a-z]{1,16})/([0-9A-Za-z_-]{1,64})")


def answered(environ: dict[str, Any]) -> PlainAnswer | None:
    """Return the answer to a notice, which was settled; None where the view has to. Its body can be read."""
    address = _ADDRESS.fullmatch(environ["PATH_INFO"])
    if address is None or not is_plain_post(environ) or not is_known_host(environ.get("HTTP_HOST")):
        return None
    at = now()
    try:
        channels = readers_of(address[1], address[2])
    except ChannelDown:
        return None
    if (body := whole_body(environ, limit=LARGEST)) is None:
        return None
    try:
        answer = answer_to(channels, _headers(environ), body, at)
    finally:
        give_back_connection()
    return PlainAnswer(answer.body, (answer.status, answer.content_type), partial(response_of, answer))


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request, their names in lower case."""
    return {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
