"""The payment channels that this installation has, built once from its settings."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from lots.errors import ParkingError
from lots.models import Lot
from payments.providers.base import Provider
from payments.providers.sandbox import SandboxProvider
from payments.providers.transport import PooledTransport


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
    found: list[Provider] = []
    if settings.SANDBOX_URL:
        found.append(SandboxProvider(settings.SANDBOX_URL, settings.SANDBOX_KEY, transport=PooledTransport()))
    return {(provider.name, provider.merchant): provider for provider in found}


def available(lot: Lot) -> list[Channel]:  # noqa: ARG001 - lots get merchants of their own with the real channels
    """Return the channels that drivers of this lot may choose from; empty where none works."""
    return [Channel(name, name) for name, _ in providers()]


def provider_named(name: str, merchant: str | None = None) -> Provider:
    """Return a provider, or raise `ChannelDown` where the settings have none of that name."""
    for (known, its_merchant), provider in providers().items():
        if known == name and merchant in {None, its_merchant}:
            return provider
    raise ChannelDown(name)
