"""The app that a page runs in, by its user agent. It orders the channels and forbids none."""

import re

from payments.providers.contract import Scene

_PHONE = re.compile(r"Android|iPhone|iPad|iPod|HarmonyOS|OpenHarmony|Mobile|UCBrowser|MQQBrowser", re.ASCII)


def scene_of(user_agent: str) -> Scene:
    """Return the scene; a browser that we do not know is a screen, which another phone can scan."""
    if "MicroMessenger" in user_agent:
        return Scene.WECHAT
    if "AlipayClient" in user_agent:
        return Scene.ALIPAY
    return Scene.BROWSER if _PHONE.search(user_agent) else Scene.SCREEN
