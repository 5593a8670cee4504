"""How the product uses its database: connections and failures."""

from django.db import connections


def return_connections() -> None:
    """Give this thread's pooled connections back, for while it waits for something else.

    Waiting must not use up the pool. Inside a transaction they stay.
    """
    for each in connections.all(initialized_only=True):
        if each.settings_dict["OPTIONS"].get("pool") and not each.in_atomic_block:
            each.close()
