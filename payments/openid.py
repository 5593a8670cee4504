"""The way to WeChat and back for the silent openid (静默授权): a random state, good once and not for long.

The state names a charge on our side alone, so neither a plate nor a stay travels. The openid itself goes
from one answer of WeChat's into one call and is stored nowhere.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from core.errors import ParkingError
from payments.models import WechatReturn
from payments.numbers import new_token
from payments.providers.contract import Provider, Scene

LIFE = timedelta(minutes=5)


@runtime_checkable
class AsksOpenid(Protocol):
    """A channel that takes no payment in its own browser without knowing which payer it is."""

    def oauth_address(self, redirect_uri: str, state: str) -> str: ...
    def openid_for(self, code: str) -> str: ...


class StaleReturn(ParkingError):
    """This way back was used already, is too old, or was never ours. No money moved.

    `used` is the row if it was used and is not too old: its driver may ask for another.
    """

    code = "stale_return"

    def __init__(self, used: WechatReturn | None = None) -> None:
        super().__init__(self.code)
        self.used = used


def asks_openid(provider: Provider, way: Scene | None) -> AsksOpenid | None:
    """Return the provider if it must learn the payer's openid before it can start in this scene."""
    return provider if way is Scene.WECHAT and isinstance(provider, AsksOpenid) else None


def new_state(*, charge: str, at: datetime, is_last: bool) -> str:
    """Return a fresh state for the sealed charge, and remember its digest."""
    state = new_token()
    WechatReturn.objects.create(charge=charge, digest=_digest(state), is_last=is_last, expires_at=at + LIFE)
    return state


def take_back(state: str, *, at: datetime) -> WechatReturn:
    """Return what a state stands for, once; raise `StaleReturn` from then on."""
    ways = WechatReturn.objects.filter(digest=_digest(state))
    is_first = ways.filter(used_at=None, expires_at__gt=at).update(used_at=at)
    back = ways.first()
    if back is None or not is_first:
        raise StaleReturn(back if back and at < back.expires_at else None)
    return back


def prune_states(*, before: datetime) -> int:
    return WechatReturn.objects.filter(expires_at__lt=before).delete()[0]


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
