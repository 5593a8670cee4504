"""A camera's push, answered without Django's request and response (docs/decisions/042).

What reads, records and answers is what the view uses too (`devices.vzenith.camera_views`). Here is only the
way in and out, for a plain POST of a camera that this process remembers. Everything else is left to the view,
which answers the same byte for byte: tests ask both (tests/driver/test_hot_push.py).
"""

import re
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error

from core.errors import ParkingError
from devices.vzenith.camera_views import HAS_NO_USUAL_ANSWER, pushed_at_once, response_of
from presentation.plain_posts import PlainAnswer, give_back_connection, is_plain_post, whole_body

_ADDRESS = re.compile("/d/vzenith/([A-Za-z0-9_-]{1,32})/([!-.0-~]{1,200})/push")


def answered(environ: dict[str, Any]) -> PlainAnswer | None:
    """Return the answer to a push, which was recorded; None where the view has to. Its body can be read."""
    address = _ADDRESS.fullmatch(environ["PATH_INFO"])
    if address is None or not is_plain_post(environ) or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if (body := whole_body(environ, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)) is None:
        return None
    environ[HAS_NO_USUAL_ANSWER] = True
    try:
        answer = pushed_at_once(address[1], address[2], body)
    except (Error, ParkingError):  # the view explains it
        return None
    finally:
        give_back_connection()
    return None if answer is None else PlainAnswer(answer, "push", partial(response_of, answer))
