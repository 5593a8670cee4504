"""The silent openid (静默授权): which payer this is to our app, and nothing else about them.

WeChat takes no payment on a web page inside it without one. It needs no consent and no follow; it is
fetched when the driver presses Pay, handed to one call and stored nowhere. Its answers are not signed: they
come from a host of their own over TLS.
"""

import re
from urllib.parse import quote, urlencode

from core.transport import OutcomeUnknown, Transport
from payments.providers import message_fields
from payments.providers.contract import ProviderRefused
from payments.providers.wechat.wechat_config import WechatConfig

_STATE = re.compile(r"[0-9A-Za-z]{1,128}", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z_-]{8,512}", re.ASCII)
_OPENID = re.compile(r"[0-9A-Za-z_-]{16,128}", re.ASCII)
_BUSY = -1


def address(config: WechatConfig, redirect_uri: str, state: str) -> str:
    """Return where to send the browser; it comes back to `redirect_uri` with a `code` and our `state`."""
    if not _STATE.fullmatch(state):
        raise ValueError("a state is letters and digits")
    asked = f"appid={config.payer_app}&redirect_uri={quote(redirect_uri, safe='')}"
    asked += f"&response_type=code&scope=snsapi_base&state={state}"
    return f"{config.open_url}/connect/oauth2/authorize?{asked}#wechat_redirect"


def openid_for(config: WechatConfig, transport: Transport, code: str) -> str:
    """Return the openid for a code, which works once. A refusal is `oauth_` and WeChat's own number."""
    if not _CODE.fullmatch(code):
        raise ProviderRefused("oauth_40029")
    asked = urlencode(
        {
            "appid": config.payer_app,
            "secret": config.app_secret,
            "code": code,
            "grant_type": "authorization_code",
        }
    )
    reply = transport.send("GET", f"{config.api_url}/sns/oauth2/access_token?{asked}", {}, b"")
    if reply.status != 200:
        raise OutcomeUnknown("no clear answer")
    answer = message_fields.believed(lambda: message_fields.read_object(reply.body))
    error = answer.get("errcode", 0)
    if type(error) is not int or error == _BUSY:
        raise OutcomeUnknown("no clear answer")
    if error:
        raise ProviderRefused(f"oauth_{error}")
    if answer.get("is_snapshotuser"):  # a page that WeChat only previews: its openid is made up
        raise ProviderRefused("oauth_snapshot")
    return message_fields.believed(lambda: message_fields.text(answer, "openid", _OPENID))
