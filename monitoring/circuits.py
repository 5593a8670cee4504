"""Records which outside parties do not answer, for the health page and the alerts of all processes."""

from django.db import Error
from django.utils.timezone import now

from core.outside import Party
from monitoring.models import OpenCircuit


def note(party: Party, is_open: bool) -> None:
    """Write or delete a party's row. A database that is away must not fail the caller."""
    kind, host, at = party.kind[:24], party.host[:120], now()
    try:
        if is_open:
            OpenCircuit.objects.update_or_create(
                kind=kind,
                host=host,
                defaults={"seen_at": at},
                create_defaults={"opened_at": at, "seen_at": at},
            )
        else:
            OpenCircuit.objects.filter(kind=kind, host=host).delete()
    except Error:
        return
