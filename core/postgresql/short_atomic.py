"""`atomic` for the few statements of a hot request, on a connection of the pool.

Django's way to a connection, into a transaction and out of both is 200 calls, a fifth of a settlement's. Here
the connection is used as the pool hands it out, and goes back where the last statement has committed. An
error and whatever else is unusual is left to Django; tests/test_round_trips.py runs both.
"""

from types import TracebackType
from typing import Any

from django.db.transaction import Atomic
from psycopg.pq import TransactionStatus


class ShortAtomic(Atomic):
    """An outermost `atomic` of a database wrapper that has no connection yet."""

    def __init__(self, here: Any) -> None:
        super().__init__(here.alias, savepoint=False, durable=False)
        self._here = here

    def __enter__(self) -> None:
        here = self._here
        here.take_from_pool()
        here.autocommit = here.connection._autocommit = False  # BEGIN goes with the first statement
        here.in_atomic_block = here.commit_on_exit = True
        here.atomic_blocks.append(self)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        here = self._here
        if exc_type is not None or not self._is_committed():
            super().__exit__(exc_type, exc_value, traceback)
            return
        here.atomic_blocks.pop()
        here.in_atomic_block = False
        here.autocommit = here.connection._autocommit = True
        here.give_to_pool()

    def _is_committed(self) -> bool:
        """Return whether the last statement ended the transaction, and nothing waits for its end."""
        here = self._here
        if here.needs_rollback or here.closed_in_transaction or here.savepoint_ids or here.run_on_commit:
            return False
        return bool(here.connection.pgconn.transaction_status == TransactionStatus.IDLE)
