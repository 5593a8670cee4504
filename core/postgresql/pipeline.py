"""Several statements in one round trip, by libpq's pipeline mode (docs/decisions/037).

Each statement still has a snapshot of its own, in their order: one that follows a lock sees what others had
committed before the lock was given. psycopg's own pipeline objects cost as much as the round trips that they
save, so its connection is driven directly; the names of prepared statements are those of its own store.
"""

from collections.abc import Generator, Sequence
from functools import cache
from typing import Any, NamedTuple

from psycopg import Connection, errors, generators, pq
from psycopg.adapt import PyFormat, Transformer

type Statements = Sequence[tuple[str, Sequence[Any]]]

_FAILED = {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED}


class StatementResult(NamedTuple):
    rows: list[tuple[Any, ...]]
    changed: int  # how many rows it changed, or returned


def run(connection: Connection[Any], statements: Statements) -> list[StatementResult]:
    """Return what each statement answered; one that fails raises, and none after it runs."""
    transformer = _transformer_of(connection)
    sent = [_Sent(connection, transformer, sql, params) for sql, params in statements]
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    try:
        results = connection.wait(_exchange(pgconn, sent))
    finally:
        if pgconn.status == pq.ConnStatus.OK:
            pgconn.exit_pipeline_mode()
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, encoding=connection.info.encoding)
    return [each.answer() for each in sent]


def run_alone(connection: Connection[Any], sql: str, params: Sequence[Any]) -> StatementResult:
    """As `run`, of one statement: libpq sends it and waits in one call."""
    sent = _Sent(connection, _transformer_of(connection), sql, params)
    pgconn = connection.pgconn
    result = sent.result = sent.execute(pgconn)
    if result.status == pq.ExecStatus.FATAL_ERROR:
        if pgconn.status != pq.ConnStatus.OK:
            raise errors.OperationalError("the connection is lost")
        raise errors.error_from_result(result, encoding=connection.info.encoding)
    return sent.answer()


class _Sent:
    """One statement on its way, and its result."""

    def __init__(
        self, connection: Connection[Any], transformer: Any, sql: str, params: Sequence[Any]
    ) -> None:
        self._connection, self._transformer = connection, transformer
        self._query = _numbered(sql)
        self._values: Sequence[Any] = ()
        self._formats: Any = None
        types: tuple[int, ...] = ()
        if params:
            self._values = transformer.dump_sequence(params, [PyFormat.AUTO] * len(params))
            self._formats, types = transformer.formats, transformer.types
        self._key = (self._query, types)
        self.is_new = False
        self._name = b""
        self.result: Any = None

    def send(self, pgconn: Any) -> int:
        """Send it, prepared first where this connection has not seen it; return how many answers come."""
        store = self._connection._prepared
        if store.prepare_threshold is None:  # a pooler hands the server's session to others
            pgconn.send_query_params(self._query, self._values, self._key[1], self._formats)
            return 1
        self._name = store._names.get(self._key) or b""
        if self._name:
            store._names.move_to_end(self._key)
        else:
            self.is_new, self._name = True, self._next_name()
            pgconn.send_prepare(self._name, self._query, self._key[1])
        pgconn.send_query_prepared(self._name, self._values, self._formats)
        return 1 + self.is_new

    def execute(self, pgconn: Any) -> Any:
        """Return what the server answers, prepared first where this connection has not seen it."""
        store = self._connection._prepared
        if store.prepare_threshold is None:
            return pgconn.exec_params(self._query, self._values, self._key[1], self._formats)
        self._name = store._names.get(self._key) or b""
        if self._name:
            store._names.move_to_end(self._key)
        else:
            self.is_new, self._name = True, self._next_name()
            prepared = pgconn.prepare(self._name, self._query, self._key[1])
            if prepared.status in _FAILED:
                return prepared
            self.note_prepared()
        return pgconn.exec_prepared(self._name, self._values, self._formats)

    def _next_name(self) -> bytes:
        store = self._connection._prepared
        store._prepared_idx += 1
        return f"_pg3_{store._prepared_idx - 1}".encode()

    def note_prepared(self) -> None:
        """Make the connection's next statements use the new prepared one."""
        store = self._connection._prepared
        store._names[self._key] = self._name
        store._rotate()

    def answer(self) -> StatementResult:
        if self.result.status != pq.ExecStatus.TUPLES_OK:
            return StatementResult([], self.result.command_tuples or 0)
        self._transformer.set_pgresult(self.result)
        rows = self._transformer.load_rows(0, self.result.ntuples, tuple)
        return StatementResult(rows, len(rows))


def _transformer_of(connection: Any) -> Any:
    """Return what converts the values of this connection's statements: it learns each type once."""
    found = getattr(connection, "purecode_transformer", None)
    if found is None:
        found = connection.purecode_transformer = Transformer(connection)
    return found


def _exchange(pgconn: Any, sent: Sequence[_Sent]) -> Generator[Any, Any, list[Any]]:
    """Send everything, then take one answer after another. A generator as psycopg's own."""
    answers = [each.send(pgconn) for each in sent]
    pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    taken = []
    for each, count in zip(sent, answers, strict=True):
        for _ in range(count):
            (each.result,) = yield from generators.fetch_many(pgconn)
            taken.append(each.result)
        if each.is_new and not any(result.status in _FAILED for result in taken[-count:]):
            each.note_prepared()
    yield from generators.fetch_many(pgconn)  # the end of the pipeline
    return taken


@cache
def _numbered(sql: str) -> bytes:
    """Return the statement with `$1`, `$2`, … for each `%s`; it has no other percent sign."""
    first, *rest = sql.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(rest, 1))]).encode()
