"""Absolute addresses of the surfaces, built from settings.

A process serves only the surfaces that `SURFACES` names, so it can neither reverse the routes of
another surface nor link to them by a path of its own.
"""

from django.conf import settings


def public_url(path: str) -> str:
    """Return the address of a driver-facing page, such as `/lot/pujiang/tariff`."""
    return f"{settings.PUBLIC_URL}{path}"


def device_url(path: str) -> str:
    """Return the address of `path` on the device surface."""
    return f"{settings.DEVICE_URL}{path}"


def console_url(path: str) -> str:
    """Return the address of a console page."""
    return f"{settings.CONSOLE_URL}{path}"
