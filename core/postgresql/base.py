"""The database engine of settings (`ENGINE`): Django's own, with a pool that outlives the database.

What to know before a change:

1. `core.hot_sql` is the only caller of what Django's wrapper does not have: `in_one_trip`, `may_borrow` and
   `short_atomic`. All other code uses the ORM, and meets only the pool.
2. Where a connection is: in the pool; kept by a request from its first query to its end (Django's way); or
   borrowed by `_borrowed` for one statement, or by `ShortAtomic` for one transaction, and then back at once.
   A request borrows only while it keeps none. Processes without `HOT`, and patient work, never borrow.
3. Where a transaction ends: BEGIN goes with its first statement, COMMIT may go with its last (`commits`).
   After that the connection is idle, and `_commit` has nothing left to do.
4. `pipeline` sends statements past psycopg's cursors and shares its store of prepared statements; a pooler
   such as PgBouncer takes none (`prepare_threshold` is None then).
5. After a restart of PostgreSQL every pooled connection is dead. Each is discarded when it is taken, at the
   cost of a look at its socket, so that no request fails for it. A SELECT that is alone is sent without that
   look, which is a call of the system and gives the interpreter to another thread; it is sent again, after
   one, where its connection was dead. While the database is away, one request a
   second waits for the pool; the others fail at once, so that no thread is held.
6. psycopg's and Django's private names are used (`_prepared`, `_autocommit`, `_pool`): after an upgrade of
   either, run tests/test_round_trips.py on PostgreSQL.
"""

import select
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg import Error
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from core.database import PATIENT_STATEMENT_MS, is_patient
from core.postgresql import pipeline
from core.postgresql.pipeline import StatementResult, Statements
from core.postgresql.short_atomic import ShortAtomic

AWAY_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection from the pool. `HOT` in the settings: this process has the short time-outs of a page."""

    _away_until: ClassVar[float] = 0.0
    _faults_seen: ClassVar[int] = 0
    _pooled_params: ClassVar[dict[str, dict[str, Any]]] = {}  # by alias
    _has_patience = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool:
            return super().get_new_connection(conn_params)
        pooled = super().get_new_connection
        connection = self._from_pool(lambda: pooled(conn_params))
        if self.settings_dict.get("HOT") and is_patient():
            connection.execute(f"SET statement_timeout = {PATIENT_STATEMENT_MS}; SET lock_timeout = 3000")
            self._has_patience = True
        return connection

    def _from_pool(self, take: Callable[[], Any], *, looks: bool = True) -> Any:
        """Return a connection that `take` takes out of the pool: a living one, where it `looks`."""
        if time.monotonic() < DatabaseWrapper._away_until:
            raise PoolTimeout("the database was away a moment ago")
        try:
            connection = _living(take) if looks else take()
        except PoolTimeout:
            if self._has_new_faults():  # else all connections are in use, and the database is there
                DatabaseWrapper._away_until = time.monotonic() + AWAY_SECONDS
            raise
        DatabaseWrapper._away_until = 0.0
        return connection

    def get_connection_params(self) -> dict[str, Any]:
        """Return them as they were when the pool was made: each request asks."""
        if self.alias not in self._connection_pools:  # type: ignore[attr-defined] # the stubs leave it out
            DatabaseWrapper._pooled_params[self.alias] = super().get_connection_params()
        return {**DatabaseWrapper._pooled_params[self.alias]}

    def in_one_trip(self, queries: Statements, *, commits: bool = False) -> list[StatementResult]:
        """Return what each statement answered, without the cost of a cursor.

        Where `atomic` has opened a transaction, BEGIN goes with its first statement. `commits`: COMMIT goes
        with the last, and `atomic` then has nothing left to commit.
        """
        self.validate_no_broken_transaction()
        if len(queries) == 1 and not commits and self.may_borrow():
            return [self._borrowed(*queries[0])]
        self.ensure_connection()
        is_idle = self.connection.pgconn.transaction_status == TransactionStatus.IDLE
        begins = is_idle and not self.connection.autocommit
        whole = [*([("BEGIN", ())] if begins else []), *queries, *([("COMMIT", ())] if commits else [])]
        with self.wrap_database_errors:
            if len(whole) == 1:
                return [pipeline.run_alone(self.connection, *whole[0])]
            found = pipeline.run(self.connection, whole)
        return found[begins : begins + len(queries)]

    def _has_new_faults(self) -> bool:
        """Return whether the pool failed to connect since this was asked last."""
        faults = self.connection_faults()
        is_new = faults > DatabaseWrapper._faults_seen
        DatabaseWrapper._faults_seen = faults
        return is_new

    def connection_faults(self) -> int:
        """Return how often the pool has failed to connect."""
        return int(self.pool.get_stats().get("connections_errors", 0))

    def may_borrow(self) -> bool:
        """Return whether statements may take a connection of the pool that their request does not keep."""
        is_free = self.connection is None and not self.in_atomic_block
        return is_free and bool(self.settings_dict.get("HOT") and self.pool) and not is_patient()

    def _borrowed(self, sql: str, params: Sequence[Any]) -> StatementResult:
        """Run one statement on a connection of the pool, which goes back at once.

        Django's own way to a connection and back costs as much as the statement.
        """
        with self.wrap_database_errors:
            if _may_be_repeated(sql):
                connection = self._from_pool(self._taken, looks=False)
                try:
                    return pipeline.run_alone(connection, sql, params)
                except Error:
                    if not connection.closed:
                        raise
                finally:
                    connection._pool.putconn(connection)
            connection = self._from_pool(self._taken)
            try:
                return pipeline.run_alone(connection, sql, params)
            finally:
                connection._pool.putconn(connection)

    def short_atomic(self) -> ShortAtomic:
        """Return `atomic` for where `may_borrow`."""
        return ShortAtomic(self)

    def take_from_pool(self) -> None:
        """Do what `connect` does. What it sets up and checks is so in each connection of the pool."""
        self.savepoint_ids, self.atomic_blocks, self.run_on_commit = [], [], []
        self.needs_rollback = self.closed_in_transaction = self.errors_occurred = False
        self.close_at = time.monotonic()  # when the request ends
        with self.wrap_database_errors:
            self.connection = self._from_pool(self._taken)

    def give_to_pool(self) -> None:
        """Do what `close` does outside a transaction."""
        connection, self.connection = self.connection, None
        connection._pool.putconn(connection)

    def _taken(self) -> Any:
        pool = self.pool
        if pool.closed:
            pool.open()
        return pool.getconn()

    def _set_autocommit(self, autocommit: bool) -> None:
        """Set it as psycopg does, which outside a transaction only notes it."""
        if self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self.connection._autocommit = autocommit
        else:
            super()._set_autocommit(autocommit)  # type: ignore[misc] # the stubs leave it out

    def _commit(self) -> None:
        """Commit; nothing is left to do where the last statement did (see `in_one_trip`)."""
        has_none = self.connection and self.connection.pgconn.transaction_status == TransactionStatus.IDLE
        if self.queries_logged or not has_none:
            super()._commit()  # type: ignore[misc] # the stubs leave it out

    def _close(self) -> None:
        if self._has_patience and self.connection is not None:
            self._has_patience = False
            try:
                self.connection.execute("RESET statement_timeout; RESET lock_timeout")
            except self.Database.Error:
                self.connection.close()
        super()._close()  # type: ignore[misc] # the stubs leave it out


@cache
def _may_be_repeated(sql: str) -> bool:
    """Return whether a statement changes nothing, so that it does no harm where its connection breaks."""
    return sql.lstrip().startswith("SELECT")


def _living(take: Callable[[], Any]) -> Any:
    while True:  # each dead one leaves the pool, so this ends
        connection = take()
        if not _is_dead(connection):
            return connection
        connection.close()
        connection._pool.putconn(connection)


def _is_dead(connection: Any) -> bool:
    """Return whether the server has closed an idle connection: else nothing is there to be read."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
