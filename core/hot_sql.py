"""Hand-written SQL for the hot paths: charge, settle, entry and exit.

A queryset takes ten times as long to build its SQL as the database takes to run it. These four requests
therefore write out their conditions; columns and conversions come from the models, so that both engines
agree. Everything else uses the ORM, against which this is tested (tests/lots/test_hot.py).

Here are reads, round trips and the transaction around them; `core.hot_writes` has the writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.models import Model
from django.db.models.base import ModelState

type Query = tuple[str, Iterable[Any]]  # a statement and the values of its places
type Rows = Sequence[Sequence[Any]]

# Fields that pass on a value of this type unchanged, as both engines' drivers take it (a time as `_adapted`
# writes it); the others, and values of other types, are prepared as a queryset would. `_POSTGRESQL`: only
# psycopg takes these.
_AS_THEY_ARE: dict[type, type] = {
    models.CharField: str,
    models.TextField: str,
    models.IntegerField: int,
    models.ForeignKey: int,
    models.BooleanField: bool,
    models.DateTimeField: datetime,
    models.BinaryField: bytes,
}
_POSTGRESQL = {models.UUIDField: UUID}


def one[M: Model](model: type[M], where: str, params: Sequence[Any], *, lock: bool = False) -> M | None:
    """Return the first row that matches `where`; `lock` locks it to the end of the transaction."""
    locking = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    found = rows(f"{_select(model)} WHERE {where} LIMIT 1{locking}", params)
    return read(model, found[0]) if found else None


def one_and[M: Model](
    model: type[M], where: str, params: Sequence[Any], then: Query
) -> tuple[M | None, Rows]:
    """Return the first row that matches, locked, and the rows of a statement that runs after the lock."""
    locking = " FOR UPDATE" if connection.features.has_select_for_update else ""
    found, others = in_one_trip((f"{_select(model)} WHERE {where} LIMIT 1{locking}", params), then)
    return (read(model, found[0]) if found else None), others


def both_and[M: Model, N: Model](
    model: type[M], other: type[N], on: str, where: str, params: Sequence[Any], then: Query
) -> tuple[tuple[M, N] | None, Rows]:
    """Return the first row that matches `where` with its row of `other`, and the rows of a later statement.

    The first is locked, then its other one; `then` runs after the locks. The conditions name the two tables
    `a` and `b`.
    """
    pair = (
        f"SELECT {columns(model, 'a')}, {columns(other, 'b')} FROM {model._meta.db_table} a"  # noqa: S608
        f" JOIN {other._meta.db_table} b ON {on} WHERE {where} LIMIT 1"
    )
    locking = " FOR UPDATE OF a, b" if connection.features.has_select_for_update else ""
    found, others = in_one_trip((pair + locking, params), then)
    if not found:
        return None, others
    wide = width(model)
    return (read(model, found[0][:wide]), read(other, found[0][wide:])), others


@contextmanager
def short_transaction(*, savepoint: bool = True) -> Iterator[None]:
    """Open a transaction that its last write may end, on PostgreSQL in the round trip of that write.

    The function that makes the last write passes `commits`: to `insert_all` or `together` (`core.hot_writes`)
    or `advance`. It counts only where no other block is open: a write never ends a transaction that a
    caller has opened. Without it, and on SQLite, the end of the block commits, as that of `atomic`. What a
    block writes after a write that commits would be a transaction of its own.
    """
    here: Any = connections[DEFAULT_DB_ALIAS]
    borrows = _has_pipeline(here) and here.may_borrow()
    block: Any = here.short_atomic() if borrows else transaction.atomic(savepoint=savepoint)
    block.may_end_early = True
    with block:
        yield


def _may_end_early(here: Any) -> bool:
    """Return whether the only open transaction is a `short_transaction`."""
    return len(here.atomic_blocks) == 1 and hasattr(here.atomic_blocks[0], "may_end_early")


def in_one_trip(*queries: Query, commits: bool = False) -> list[Rows]:
    """Return the rows of each statement of a transaction, on PostgreSQL in one round trip with its BEGIN.

    `commits`: they end it (see `short_transaction`). Each statement sees what was committed before it began.
    """
    here: Any = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up at each use
    adapted = [(statement, _adapted(here, params)) for statement, params in queries]
    if _has_pipeline(here):
        return [each.rows for each in here.in_one_trip(adapted, commits=commits and _may_end_early(here))]
    return [_executed(here, *query)[0] for query in adapted]


def _has_pipeline(here: Any) -> bool:
    """Return whether statements can go together: not where each one is watched."""
    return hasattr(here, "in_one_trip") and not _is_watched(here)


def _is_watched(here: Any) -> bool:
    return bool(here.execute_wrappers or here.queries_logged)


def _executed(here: Any, statement: str, params: Sequence[Any]) -> tuple[Rows, int]:
    """Return the rows of a statement, and how many it changed.

    On SQLite without Django's cursors, which parse the statement each time and cost more than it does.
    """
    if here.vendor != "sqlite" or _is_watched(here):
        with here.cursor() as cursor:
            cursor.execute(statement, params)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount
    here.validate_no_broken_transaction()
    here.ensure_connection()
    with here.wrap_database_errors:
        cursor = here.connection.execute(_with_question_marks(statement), params)
        return (cursor.fetchall() if cursor.description else []), cursor.rowcount


@cache
def _with_question_marks(statement: str) -> str:
    """Return a statement as SQLite takes it; it has no other percent sign."""
    return statement.replace("%s", "?")


def joined(models: dict[str, type[Model]], source: str, params: Sequence[Any]) -> list[Any] | None:
    """Return the first row of `source` ("FROM … JOIN … WHERE …") as one instance for each table alias.

    None in place of an instance that an outer join did not find.
    """
    names = ", ".join(columns(model, alias) for alias, model in models.items())
    found = rows(f"SELECT {names} {source} LIMIT 1", params)
    if not found:
        return None
    instances, place = [], 0
    for model in models.values():
        values = found[0][place : place + width(model)]
        instances.append(None if values[0] is None else read(model, values))
        place += width(model)
    return instances


def several[M: Model](model: type[M], where: str, params: Sequence[Any]) -> list[M]:
    """Return the rows that match `where`, which should be few."""
    return [read(model, row) for row in rows(f"{_select(model)} WHERE {where}", params)]


def rows(statement: str, params: Iterable[Any]) -> Rows:
    """Return the rows of a statement that names its columns by `columns`; see `read`."""
    return in_one_trip((statement, params))[0]


def width(model: type[Model]) -> int:
    """Return the number of columns that `columns` names."""
    return len(fields_of(model))


def by_id[M: Model](model: type[M], pk: Any, *, lock: bool = False) -> M:
    """Return the row that a foreign key names. Raises `ObjectDoesNotExist`."""
    row = one(model, "id = %s", prepared(model, {"id": pk}), lock=lock)
    if row is None:
        raise ObjectDoesNotExist(model._meta.label)
    return row


def is_constant(column: str, value: str) -> str:
    """Return the condition that a column has this value of its choices, written out.

    As a parameter it could not use an index that is kept for that value alone, and SQLite would compile the
    statement again each time, to see whether it could: 130 µs of a charge's 190.
    """
    if not str(value).isidentifier():
        raise ValueError(f"no constant: {value}")
    return f"{column} = '{value}'"


def unindexed(column: str) -> str:
    """Return a column's value without its index, where an index of another column finds far fewer rows.

    An engine's statistics may be of a moment when no row had a rare state: it would then look among all rows
    of that state, or all since a time, and not among those of one session.
    """
    return f"COALESCE({column}, NULL)"


def run(statement: str, params: Iterable[Any]) -> int:
    """Run a statement that changes rows; return how many it changed."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    if _has_pipeline(here):
        return int(here.in_one_trip([(statement, _adapted(here, params))])[0].changed)
    return _executed(here, statement, _adapted(here, params))[1]


def _adapted(here: Any, params: Iterable[Any]) -> list[Any]:
    """Return parameters with times as SQLite stores them; psycopg takes them as they are."""
    if here.vendor == "postgresql":
        return list(params)
    return [_stored_time(value) if type(value) is datetime else value for value in params]


def _stored_time(value: datetime) -> str:
    """Return a time as Django writes it, without the ten calls of its way there: UTC, which is not named."""
    if value.tzinfo is UTC:  # as nearly all are
        return str(value)[: -len("+00:00")]
    return str(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)


def read[M: Model](model: type[M], row: Sequence[Any]) -> M:
    """Return a model instance for a stored row, each value converted as a queryset would.

    Without `Model.__init__`, which sets one field after the other and sends signals that nothing here
    receives: most of the calls that a row takes.
    """
    values = list(row)
    for place, (converters, expression) in _converters(model).items():
        if values[place] is not None:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
    found = model.__new__(model)
    found._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    found.__dict__.update(zip(_names(model), values, strict=True))
    return found


def new[M: Model](model: type[M], **values: Any) -> M:
    """Return what `model(**values)` returns, with all fields set at once (see `read`)."""
    row = model.__new__(model)
    row._state = state = ModelState()
    fixed, made, related = _defaults(model)
    found = fixed | values
    for name, make in made:
        if name not in values:
            found[name] = make()
    for name, attname, back in related:
        if name in values:
            named = found.pop(name)
            found[attname] = None if named is None else named.pk
            state.fields_cache[name] = named
            if back and named is not None:
                named._state.fields_cache[back] = row
    if len(found) != width(model):
        raise TypeError(f"{model.__name__} has no such fields: {sorted(values)}")
    row.__dict__.update(found)
    return row


@cache
def _defaults(
    model: type[Model],
) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...], tuple[tuple[str, str, str], ...]]:
    """Return the defaults of a model's fields, what makes those that are made each time, and its relations.

    Of a relation its two names, and the one under which the other row knows its only one.
    """
    table = fields_of(model)
    made = {f.attname: f.get_default for f in table if f.has_default() and callable(f.default)}
    fixed = {field.attname: field.get_default() for field in table if field.attname not in made}
    related = [
        (field.name, field.attname, field.remote_field.cache_name if field.one_to_one else "")
        for field in table
        if field.is_relation
    ]
    return fixed, tuple(made.items()), tuple(related)


@cache
def columns(model: type[Model], alias: str) -> str:
    """Return the model's columns for a SELECT, with the table alias `alias`."""
    return ", ".join(f"{alias}.{field.column}" for field in fields_of(model))


@cache
def _converters(model: type[Model]) -> dict[int, tuple[Sequence[Any], Any]]:
    compiler: Any = model._default_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.setup_query()
    return dict(compiler.get_converters([column for column, *_ in compiler.select]))


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in fields_of(model)]


@cache
def fields_of(model: type[Model]) -> tuple[Any, ...]:
    return tuple(model._meta.concrete_fields)


@cache
def _select(model: type[Model]) -> str:
    return f"SELECT {', '.join(field.column for field in fields_of(model))} FROM {model._meta.db_table}"  # noqa: S608


def prepared_value(field: Any, own: Any, value: Any) -> Any:
    """Return a value as its column takes it; `own`: the type that needs nothing, see `type_of`."""
    if value is None or type(value) is own:
        return value
    if own is str and isinstance(value, str):  # a member of choices or of a StrEnum
        return str.__str__(value)
    return field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)


def type_of(field: Any) -> type | None:
    """Return the type whose values a field does not change."""
    known = _AS_THEY_ARE | (_POSTGRESQL if connection.vendor == "postgresql" else {})
    return next((own for kind, own in known.items() if isinstance(field, kind)), None)


def prepared(model: type[Model], values: dict[str, Any]) -> list[Any]:
    known = _named(model)
    return [prepared_value(*known[name], value) for name, value in values.items()]


@cache
def _named(model: type[Model]) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a model with their types, by both names of each."""
    typed = [(field, type_of(field)) for field in fields_of(model)]
    return {name: pair for pair in typed for name in (pair[0].name, pair[0].attname)}
