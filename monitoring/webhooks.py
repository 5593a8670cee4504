"""The text messages of group robots: WeCom (企业微信群机器人) and DingTalk (钉钉自定义机器人). Pure.

Both take JSON by POST at an address that contains a key, and answer `{"errcode": 0}`. DingTalk can ask
for a signature: HMAC-SHA256 of "milliseconds, line feed, secret" under the secret, in the query. WeCom has
none.
"""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote_plus

from core import shallow_json

WECOM_MAX_BYTES = 2048  # bytes of text; a longer one is rejected
DINGTALK_MAX_BYTES = 18_000


def text_message(content: str, max_bytes: int) -> bytes:
    """Return the body, its text cut to `max_bytes` between two characters."""
    cut = content.encode()[:max_bytes].decode(errors="ignore")
    return json.dumps({"msgtype": "text", "text": {"content": cut}}, ensure_ascii=False).encode()


def dingtalk_address(url: str, secret: str, milliseconds: int) -> str:
    """Return the robot's address, signed where there is a secret."""
    if not secret:
        return url
    text = f"{milliseconds}\n{secret}".encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).decode()
    return f"{url}&timestamp={milliseconds}&sign={quote_plus(signature)}"


def was_accepted(status: int, body: bytes) -> bool:
    """Return whether the webhook accepted the message: it answers rejections with 200 too."""
    try:
        answer = shallow_json.loads(body)
    except ValueError:
        return False
    return status == 200 and isinstance(answer, dict) and answer.get("errcode") == 0
