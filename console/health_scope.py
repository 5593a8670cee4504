"""Whose health a person sees, and which of its faults are muted: one answer for the page and the header."""

from collections.abc import Iterable
from datetime import datetime

from core import row_security
from lots.models import Lot
from monitoring.models import Silence
from monitoring.signal_rules import Level, Signal
from staff.access import Access


def scope(person: Access) -> tuple[bool, list[Lot]]:
    """Return whether someone sees every lot of the site, and so the machine; and the lots that they see."""
    return sees_machine(person), list(person.lots())


def sees_machine(person: Access, action: str | None = None) -> bool:
    """Return whether someone sees every lot of the site, and so the machine they all run on."""
    others = Lot.objects.exclude(pk__in=person.lots(action).values("pk")).filter(is_trial=False)
    with row_security.every_operator():
        return bool(person.user.is_superuser) or not others.exists()


def muted_kinds(at: datetime) -> set[str]:
    """Return the kinds of signals that are muted now; that holds for the whole site."""
    return set(Silence.objects.filter(until__gt=at).values_list("kind", flat=True))


def unmuted(signals: Iterable[Signal], muted: set[str]) -> list[Signal]:
    """Return the faults that are not muted."""
    return [signal for signal in signals if signal.level == Level.RED and signal.kind not in muted]
