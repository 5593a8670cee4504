"""The cache of failed sign-ins and used one-time codes (`CACHES`): in the database, for all processes.

A clock that was ahead dates what it counts into the future, where no window of minutes ever ends: staff who
tried five codes meanwhile, all wrong by that clock, could not sign in for as long as it was ahead.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils.timezone import now

LONGEST = timedelta(hours=1)  # that anything is counted for; see ACCOUNT_RATE_LIMITS


class SignInLimits(DatabaseCache):
    """Forgets what lasts longer than anything that is counted by the right clock."""

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        wanted = [*keys]
        self._forget_later_ones(wanted, version)
        return super().get_many(wanted, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self._forget_later_ones([key], version)
        return super().add(key, value, timeout, version)

    def _forget_later_ones(self, keys: Sequence[Any], version: int | None) -> None:
        found = [self.make_and_validate_key(key, version=version) for key in keys]
        connection = connections[router.db_for_write(self.cache_model_class)]
        latest = connection.ops.adapt_datetimefield_value(now() + LONGEST)
        places = ", ".join(["%s"] * len(found))
        names = (self._table, "cache_key", "expires")  # type: ignore[attr-defined] # the stubs leave it out
        table, key, expires = map(connection.ops.quote_name, names)
        if found:
            with connection.cursor() as cursor:
                sql = f"DELETE FROM {table} WHERE {key} IN ({places}) AND {expires} > %s"  # noqa: S608 - our own names
                cursor.execute(sql, [*found, latest])
