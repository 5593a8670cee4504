"""The payment channels that this installation has, built once from its settings, and who may choose which.

Where the payer's page runs (its scene) orders the channels and decides how one starts; it takes none away
that could work there.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import structlog
from django.conf import settings

from lots.errors import ParkingError
from lots.models import Lot
from payments.health import HEALTH
from payments.merchants import Merchant
from payments.numbers import new_number
from payments.providers.alipay import AlipayConfig, AlipayProvider
from payments.providers.base import OutcomeUnknown, Provider, ProviderRefused, Scene
from payments.providers.sandbox import SandboxProvider
from payments.providers.transport import PooledTransport
from payments.providers.wechat import WechatProvider

WAYS = {  # in which scenes a channel may start for a page that runs in this one, best first
    Scene.WECHAT: (Scene.WECHAT, Scene.BROWSER),
    Scene.ALIPAY: (Scene.ALIPAY, Scene.BROWSER),
    Scene.BROWSER: (Scene.BROWSER,),
    Scene.SCREEN: (Scene.SCREEN, Scene.BROWSER),
}
HOME = {Scene.WECHAT: "wechat", Scene.ALIPAY: "alipay"}  # whose own browser it is
# WeChat refuses its own H5 pages inside itself; only the bridge opens its cashier there.
NEVER = {("wechat", Scene.WECHAT, Scene.BROWSER)}
WAIVER = "waiver"  # the operator bears the fee: no money moves
BY_HAND = frozenset({"cash", "manual", "etc", "plate_pay", "other"})  # no call of ours sends their money back
OUR_FAULT = {"invalid_request", "param_error", "order_paid", "order_closed", "no_openid", "no_client_ip"}

log = structlog.get_logger("channels")


class ChannelDown(ParkingError):
    """This channel takes no payment now; no money moved."""

    code = "channel_down"


@dataclass(frozen=True)
class Channel:
    name: str
    label: str


@cache
def providers() -> dict[tuple[str, str], Provider]:
    """Return every provider by its name and merchant."""
    found: list[Provider] = [_provider(merchant) for merchant in settings.MERCHANTS]
    if settings.SANDBOX_URL and settings.SANDBOX_KEY and not found:
        found.append(SandboxProvider(settings.SANDBOX_URL, settings.SANDBOX_KEY, transport=PooledTransport()))
    return {(provider.name, provider.merchant): provider for provider in found}


def _provider(merchant: Merchant) -> Provider:
    if isinstance(merchant.config, AlipayConfig):
        return AlipayProvider(merchant.config)
    return WechatProvider(merchant.config)


def lots_of(provider: Provider) -> frozenset[str] | None:
    """Return the lots whose money this provider takes; None: all that no other of its channel has by name."""
    for merchant in settings.MERCHANTS:
        if (merchant.provider, merchant.name) == (provider.name, provider.merchant):
            lots: frozenset[str] | None = merchant.lots
            return lots
    return None


def of_lot(lot: Lot) -> dict[str, Provider]:
    """Return the provider of each channel that takes this lot's money, in the order of the settings."""
    chosen: dict[str, Provider] = {}
    for provider in providers().values():
        lots = lots_of(provider)
        if lots is None:
            chosen.setdefault(provider.name, provider)
        elif lot.slug in lots:
            chosen[provider.name] = provider
    return chosen


def available(lot: Lot, scene: Scene | None = None, *, at: datetime | None = None) -> list[Channel]:
    """Return the channels that drivers of this lot may choose from, best first; empty where none works.

    Without a scene, as on a page that must not depend on its visitor, every channel is there.
    """
    found = [
        provider
        for provider in of_lot(lot).values()
        if (provider.scenes() if scene is None else way(provider, scene)) and _is_up(lot, provider, at)
    ]
    found.sort(key=lambda provider: provider.name != HOME.get(scene) if scene else False)
    return [Channel(provider.name, provider.name) for provider in found]


def way(provider: Provider, scene: Scene) -> Scene | None:
    """Return the scene that a provider starts in for a page that runs in `scene`; None where it cannot."""
    offered = provider.scenes()
    ways = (each for each in WAYS[scene] if (provider.name, scene, each) not in NEVER)
    return next((each for each in ways if each in offered), None)


def provider_for(lot: Lot, name: str) -> Provider:
    """Return the provider that takes this lot's money by the channel `name`, or raise `ChannelDown`."""
    try:
        return of_lot(lot)[name]
    except KeyError:
        raise ChannelDown(name) from None


def provider_named(name: str, merchant: str) -> Provider:
    """Return the provider that a payment was made with, or raise `ChannelDown` where it is gone."""
    try:
        return providers()[name, merchant]
    except KeyError:
        raise ChannelDown(name) from None


def note_failure(lot_id: int, provider: Provider, fault: Exception, *, at: datetime) -> None:
    """Count a definite failure of a channel; enough of them hide it for a while."""
    if isinstance(fault, ProviderRefused) and (fault.for_now or fault.reason in OUR_FAULT):
        return
    if HEALTH.failed((lot_id, provider.name, provider.merchant), at=at):
        log.error("channel_hidden", provider=provider.name, lot=lot_id)


def note_success(lot_id: int, provider: Provider) -> None:
    HEALTH.worked((lot_id, provider.name, provider.merchant))


def _is_up(lot: Lot, provider: Provider, at: datetime | None) -> bool:
    key = (lot.pk, provider.name, provider.merchant)
    if not HEALTH.is_up(key) and at is not None and HEALTH.claim_probe(key, at=at):
        in_background(lambda: _probe(lot.pk, provider))
    return HEALTH.is_up(key)


def _probe(lot_id: int, provider: Provider) -> None:
    """Ask about an order that does not exist: no driver's order finds out whether the channel works again."""
    try:
        provider.query(new_number())
    except (OutcomeUnknown, ProviderRefused):
        return
    note_success(lot_id, provider)
    log.warning("channel_back", provider=provider.name, lot=lot_id)


def in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
