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
from django.db import connections

from core.errors import ParkingError
from core.transport import NotSent, OutcomeUnknown
from lots.models import Lot
from payments import observations
from payments.channel_health import HEALTH
from payments.merchants import Merchant
from payments.numbers import new_number
from payments.providers.alipay import AlipayConfig, AlipayProvider
from payments.providers.contract import Observed, Provider, ProviderRefused, Scene
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
OUR_FAULT = {
    *("invalid_request", "param_error", "order_paid", "order_closed", "out_trade_no_used"),
    *("no_openid", "no_client_ip"),
}
PAYERS_FAULT = {"account_error"}  # a blocked account pays nowhere; the others still can
# Outside the start of an order, a no is about the order or the refund, except where it is about ourselves.
MISCONFIGURED = {
    *("sign_error", "no_auth", "appid_mchid_not_match", "mch_not_exists"),
    *("invalid_app_id", "invalid_signature", "insufficient_isv_permissions", "access_forbidden"),
}

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
    """Return the provider in force of each channel and merchant, by these two."""
    found = [_provider(each) for each in settings.MERCHANTS if not each.former]
    return {(provider.name, provider.merchant): provider for provider in found}


@cache
def former_providers() -> dict[tuple[str, str, str], Provider]:
    """Return the providers of credentials that are no longer in force, by name, merchant and app."""
    found = [_provider(each) for each in settings.MERCHANTS if each.former]
    return {(provider.name, provider.merchant, provider.app): provider for provider in found}


def every_provider() -> list[Provider]:
    return [*providers().values(), *former_providers().values()]


def _provider(merchant: Merchant) -> Provider:
    if isinstance(merchant.config, AlipayConfig):
        return AlipayProvider(merchant.config)
    return WechatProvider(merchant.config)


def lots_of(provider: Provider) -> frozenset[str] | None:
    """Return the lots whose money this provider takes; None: all that no other of its channel has by name."""
    for merchant in settings.MERCHANTS:
        if not merchant.former and (merchant.provider, merchant.name) == (provider.name, provider.merchant):
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


def available(
    lot: Lot, scene: Scene | None = None, *, at: datetime | None = None, currency: str = "CNY"
) -> list[Channel]:
    """Return the channels that drivers of this lot may choose from, best first; empty where none works.

    Without a scene, as on a page that must not depend on its visitor, every channel is there.
    """
    found = [
        provider
        for provider in of_lot(lot).values()
        if currency in provider.currencies
        and (provider.scenes() if scene is None else way(provider, scene))
        and _is_up(lot, provider, at)
    ]
    found.sort(key=lambda provider: provider.name != HOME.get(scene) if scene else False)
    return [Channel(provider.name, provider.name) for provider in found]


def way(provider: Provider, scene: Scene) -> Scene | None:
    """Return the scene that a provider starts in for a page that runs in `scene`; None where it cannot."""
    return _way(provider.name, provider.scenes(), scene)


@cache
def _way(name: str, offered: frozenset[Scene], scene: Scene) -> Scene | None:
    return next((each for each in WAYS[scene] if each in offered and (name, scene, each) not in NEVER), None)


def provider_for(lot: Lot, name: str) -> Provider:
    """Return the provider that takes this lot's money by the channel `name`, or raise `ChannelDown`."""
    try:
        return of_lot(lot)[name]
    except KeyError:
        raise ChannelDown(name) from None


def provider_named(name: str, merchant: str, app: str = "") -> Provider:
    """Return the provider with the credentials that a payment was made with, or raise `ChannelDown`.

    A payment remembers its merchant and its app; where both changed hands since, the former entry of the
    settings still speaks for it, for as long as the operator leaves it there.
    """
    if app and (former := former_providers().get((name, merchant, app))):
        return former
    try:
        return providers()[name, merchant]
    except KeyError:
        raise ChannelDown(name) from None


def readers_of(name: str, merchant: str) -> list[Provider]:
    """Return who may be able to read a notice to this merchant: the one in force first, then former ones."""
    in_force = providers().get((name, merchant))
    former = [each for key, each in former_providers().items() if key[:2] == (name, merchant)]
    if in_force is None and not former:
        raise ChannelDown(name)
    return former if in_force is None else [in_force, *former]


def note_failure(
    lot_id: int, provider: Provider, fault: Exception, *, at: datetime, call: str = "start"
) -> None:
    """Count a definite failure of a channel; enough of them hide it for a while, at this lot, everywhere."""
    if isinstance(fault, NotSent):
        return  # a limit of this process; the failures that led to it were counted
    reason = fault.reason if isinstance(fault, ProviderRefused) else "no_answer"
    if isinstance(fault, ProviderRefused) and _is_about_the_order(fault, call):
        return
    observations.count(provider.name, provider.merchant, f"{call}_failed", at=at)
    observations.flush([provider], at=at)
    if call == "refund" and isinstance(fault, ProviderRefused):
        return  # a merchant without the right to refund can still take money
    if HEALTH.failed((lot_id, provider.name, provider.merchant), at=at, call=call, reason=reason):
        log.error("channel_hidden", provider=provider.name, lot=lot_id, call=call)


def _is_about_the_order(refusal: ProviderRefused, call: str) -> bool:
    if refusal.for_now or refusal.reason in OUR_FAULT | PAYERS_FAULT:
        return True
    return call != "start" and refusal.reason not in MISCONFIGURED


def note_success(lot_id: int, provider: Provider) -> None:
    """Note that the channel answered: earlier failures no longer count, and a hidden one is back."""
    if HEALTH.worked((lot_id, provider.name, provider.merchant)):
        log.warning("channel_back", provider=provider.name, lot=lot_id)


def answers_of(provider: Provider) -> int:
    """Return a number that grows with each answer of the channel; always 0 where that is not counted."""
    return provider.answered if isinstance(provider, Observed) else 0


def _is_up(lot: Lot, provider: Provider, at: datetime | None) -> bool:
    key = (lot.id, provider.name, provider.merchant)
    if HEALTH.is_up(key):
        return True
    if at is not None and HEALTH.claim_probe(key, at=at):
        in_background(lambda: _probe(lot.pk, provider))
    return HEALTH.is_up(key)


def _probe(lot_id: int, provider: Provider) -> None:
    """Ask about an order that does not exist: no driver's order finds out whether the channel works again."""
    try:
        provider.query(new_number())
    except (OutcomeUnknown, ProviderRefused):
        return
    note_success(lot_id, provider)


def probe_hidden(*, at: datetime) -> int:
    """Ask the hidden channels whose turn it is, also where no driver comes by; return how many were asked."""
    asked = 0
    for key in HEALTH.hidden():
        lot_id, name, merchant = key
        provider = providers().get((name, merchant))
        if provider is not None and HEALTH.claim_probe(key, at=at):
            _probe(lot_id, provider)
            asked += 1
    return asked


def in_background(work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threading.Thread(target=run, daemon=True).start()
