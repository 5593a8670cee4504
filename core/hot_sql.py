"""Hand-written SQL for the hot paths: charge, settle, entry and exit.

A queryset takes ten times as long to build its SQL as the database takes to run it. These four requests
therefore write out their conditions; columns and conversions come from the models, so that both engines
agree. Everything else uses the ORM, against which this is tested (tests/lots/test_hot.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.models import AutoField, Model
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


def both[M: Model, N: Model](
    model: type[M], other: type[N], on: str, where: str, params: Sequence[Any]
) -> tuple[M, N] | None:
    """Return the first row that matches `where` with its row of `other`.

    The conditions name the two tables `a` and `b`.
    """
    found = rows(_pair(model, other, on, where), params)
    return _read_pair(model, other, found)


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
    locking = " FOR UPDATE OF a, b" if connection.features.has_select_for_update else ""
    found, others = in_one_trip((_pair(model, other, on, where) + locking, params), then)
    return _read_pair(model, other, found), others


def _pair(model: type[Model], other: type[Model], on: str, where: str) -> str:
    return (
        f"SELECT {columns(model, 'a')}, {columns(other, 'b')} FROM {model._meta.db_table} a"  # noqa: S608
        f" JOIN {other._meta.db_table} b ON {on} WHERE {where} LIMIT 1"
    )


def _read_pair[M: Model, N: Model](model: type[M], other: type[N], found: Rows) -> tuple[M, N] | None:
    wide = width(model)
    return (read(model, found[0][:wide]), read(other, found[0][wide:])) if found else None


@contextmanager
def short_transaction(*, savepoint: bool = True) -> Iterator[None]:
    """Open a transaction that its last write may end, on PostgreSQL in the round trip of that write.

    The function that makes the last write passes `commits`: to `insert_all`, `together` or `advance`. It
    counts only where no other block is open: a write never ends a transaction that a caller has opened.
    Without it, and on SQLite, the end of the block commits, as that of `atomic`. What a block writes after a
    write that commits would be a transaction of its own.
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
    return len(_fields(model))


def by_id[M: Model](model: type[M], pk: Any, *, lock: bool = False) -> M:
    """Return the row that a foreign key names. Raises `ObjectDoesNotExist`."""
    row = one(model, "id = %s", _prepared(model, {"id": pk}), lock=lock)
    if row is None:
        raise ObjectDoesNotExist(model._meta.label)
    return row


def insert[M: Model](row: M) -> M:
    """Write a new row, as `save` would, and give it its id."""
    names, values = _written(row)
    statement = _insert(type(row), names)
    ((pk,),) = rows(statement, values)
    if row.pk is None:
        row.pk = pk
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def change(row: Model, *, where: dict[str, Any], **values: Any) -> bool:
    """Set `values` if the stored row still matches `where`; False if it does not. `row` stays as it is."""
    statement = changing(row, where=where, **values)
    return bool(run(statement.alone, statement.params))


@dataclass(frozen=True)
class WriteStatement:
    """A write that goes `along` with others: in their statement on PostgreSQL, after them on SQLite."""

    insert: str  # "INSERT INTO table (columns)", or nothing
    update: str  # "UPDATE table SET …", or nothing
    condition: str
    params: list[Any]

    @property
    def alone(self) -> str:
        if self.insert:
            return f"{self.insert} VALUES ({_places(len(self.params))})"
        return f"{self.update} WHERE {self.condition}"

    @property
    def after_first(self) -> str:
        """Return it as a part of a statement in which `first` changed a row, or did not."""
        if self.insert:
            return f"{self.insert} SELECT {_places(len(self.params))} FROM first RETURNING 1"  # noqa: S608
        return f"{self.update} FROM first WHERE {self.condition} RETURNING 1"


def insertion(row: Model) -> WriteStatement:
    """Return the statement that writes a new row whose id is not needed."""
    names, values = _written(row)
    return WriteStatement(f"INSERT INTO {type(row)._meta.db_table} ({', '.join(names)})", "", "", values)


def changing(row: Model, *, where: dict[str, Any], **values: Any) -> WriteStatement:
    """Return the statement of `change`."""
    model = type(row)
    chosen = {
        name: str(value)
        for name, value in where.items()
        if isinstance(value, str) and value in _choices(model, name)
    }
    conditions = {"id": row.pk, **{name: value for name, value in where.items() if value is not None}}
    conditions = {name: value for name, value in conditions.items() if name not in chosen}
    empty = tuple(name for name, value in where.items() if value is None)
    update, condition = _update(model, tuple(values), tuple(conditions), tuple(chosen.items()), empty)
    return WriteStatement("", update, condition, [*_prepared(model, values), *_prepared(model, conditions)])


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


@cache
def _choices(model: type[Model], name: str) -> frozenset[str]:
    field: Any = model._meta.get_field(name)
    return frozenset(dict(field.choices or ()))


def together(
    first: WriteStatement, *others: WriteStatement, commits: bool = False, is_durable: bool = True
) -> bool:
    """Run `first`, and the others only if it changed a row: all or nothing. Return whether it did.

    PostgreSQL gets one statement, so that the rows cost one round trip and need no BEGIN and COMMIT.
    `commits`: see `short_transaction`. Without `is_durable` this does not wait for the disk: a power cut
    right after may undo the rows, all of them.
    """
    may_be_lost = not is_durable and not connection.in_atomic_block  # else the caller's rows would be, too
    if connection.vendor != "postgresql":
        with _unflushed() if may_be_lost else nullcontext(), transaction.atomic(savepoint=False):
            if not run(first.alone, first.params):
                return False
            for each in others:
                run(each.alone, each.params)
            return True
    parts = [f"first AS ({first.alone} RETURNING 1)"]
    parts += [f"other{number} AS ({each.after_first})" for number, each in enumerate(others)]
    params = [value for each in (first, *others) for value in each.params]
    unflushed = ", set_config('synchronous_commit', 'off', true)" if may_be_lost else ""  # of this statement
    statement = f"WITH {', '.join(parts)} SELECT count(*){unflushed} FROM first"  # noqa: S608
    ((count, *_),) = in_one_trip((statement, params), commits=commits)[0]
    return bool(count)


@contextmanager
def _unflushed() -> Iterator[None]:
    """Commit without a wait for the disk, on SQLite: its log stays whole, its last rows may be lost."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    (level,) = here.connection.execute("PRAGMA synchronous").fetchone()
    here.connection.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        here.connection.execute(f"PRAGMA synchronous={level}")


def insert_all(*new: Model, along: Sequence[WriteStatement] = (), commits: bool = False) -> None:
    """Write new rows, and give each its id. A row may name one before it, which has no id yet.

    `along`: updates of other rows. PostgreSQL gets one statement. `commits`: see `short_transaction`.
    """
    if connection.vendor != "postgresql":
        for row in new:
            _take_ids(row)
            insert(row)
        for each in along:
            run(each.alone, each.params)
        return
    _is_stored(new, in_one_trip(_writing(new, along), commits=commits)[0][0])


def insert_unless_there(
    first: Model, *others: Model, along: Sequence[WriteStatement] = (), given: Query | None = None
) -> bool:
    """Write new rows as `insert_all` does, unless a row that a constraint keeps apart from `first` is there.

    Return whether they were written. What is `along` is written in any case. `given`: a condition without
    which nothing is. On PostgreSQL this is one statement, which needs no BEGIN and COMMIT.
    """
    new = (first, *others)
    if connection.vendor != "postgresql":
        return _insert_one_by_one(new, along, given)
    found = rows(*_writing(new, along, unless_there=True, given=given))
    if found:
        _is_stored(new, found[0])
    return bool(found)


def _insert_one_by_one(new: Sequence[Model], along: Sequence[WriteStatement], given: Query | None) -> bool:
    is_alone = not (new[1:] or along or given or connection.in_atomic_block)  # a transaction of its own
    with nullcontext() if is_alone else transaction.atomic():
        if given and not rows(f"SELECT 1 WHERE {given[0]}", given[1]):
            return False
        names, values = _written(new[0])
        unless_there = _insert(type(new[0]), names).replace(" RETURNING", " ON CONFLICT DO NOTHING RETURNING")
        if found := rows(unless_there, values):
            _is_stored(new[:1], found[0])
            insert_all(*new[1:])
        if found or not given:
            for each in along:
                run(each.alone, each.params)
        return bool(found)


def _writing(
    new: Sequence[Model],
    along: Sequence[WriteStatement],
    *,
    unless_there: bool = False,
    given: Query | None = None,
) -> Query:
    """Return the one statement that writes new rows, and returns their ids, and what is `along`."""
    shape: list[tuple[type[Model], bool, tuple[tuple[str, int], ...]]] = []
    params: list[Any] = []
    for number, row in enumerate(new):
        model, has_id, places = type(row), row.pk is not None, _places_of(row, new[:number])
        shape.append((model, has_id, tuple(places.items())))
        _, fields = _inserted(model, has_id=has_id)
        params += _values(row, [each for each in fields if each[0] not in places] if places else fields)
        if given and not number:
            params += given[1]
    condition = given[0] if given else ""
    chain = _chain(tuple(shape), condition, unless_there=unless_there)
    parts = [chain, *_along(along, params, after_new=given is not None)]
    names = [f"new{number}" for number in range(len(new))]
    ids = ", ".join(f"{name}.id" for name in names)
    return f"WITH {', '.join(parts)} SELECT {ids} FROM {', '.join(names)}", params  # noqa: S608


@cache
def _chain(
    shape: tuple[tuple[type[Model], bool, tuple[tuple[str, int], ...]], ...],
    given: str,
    *,
    unless_there: bool,
) -> str:
    """Return the parts of a statement that insert rows one after the other.

    `shape` says of each its model, whether it has an id, and which columns take the id of which row before.
    """
    parts = []
    for number, (model, has_id, places) in enumerate(shape):
        named, (names, fields) = dict(places), _inserted(model, has_id=has_id)
        values = [f"new{named[attname]}.id" if attname in named else "%s" for attname, *_ in fields]
        into = f"INSERT INTO {model._meta.db_table} ({', '.join(names)})"
        before = ", ".join(f"new{place}" for place in range(number))
        source = f"SELECT {', '.join(values)}"
        source += f" FROM {before}" if number else f" WHERE {given}" if given else ""
        conflict = " ON CONFLICT DO NOTHING" if unless_there and not number else ""
        parts.append(f"new{number} AS ({into} {source}{conflict} RETURNING id)")
    return ", ".join(parts)


def _along(statements: Sequence[WriteStatement], params: list[Any], *, after_new: bool = False) -> list[str]:
    """Return statements as parts of another one, to whose `params` theirs are added.

    `after_new`: updates that are made only if its first new row is.
    """
    for each in statements:
        params += each.params
    texts = [
        f"{each.update} FROM new0 WHERE {each.condition}" if after_new else each.alone for each in statements
    ]
    return [f"along{number} AS ({text})" for number, text in enumerate(texts)]


def _is_stored(new: Sequence[Model], ids: Sequence[Any]) -> None:
    for row, pk in zip(new, ids, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    for row in new:
        _take_ids(row)


def _take_ids(row: Model) -> None:
    """Copy the ids of the rows that this one names, as far as they got them since."""
    for attname, named in _named_without_id(row):
        setattr(row, attname, named.pk)


def _places_of(row: Model, before: Sequence[Model]) -> dict[str, int]:
    """Return which of the rows before it each foreign key names, where that one has no id yet."""
    if not before:
        return {}
    return {
        attname: next(place for place, other in enumerate(before) if other is named)
        for attname, named in _named_without_id(row)
        if named.pk is None
    }


def _named_without_id(row: Model) -> list[tuple[str, Any]]:
    """Return the rows that this one names but for their ids, each with the attribute for its id."""
    found, named = vars(row), row._state.fields_cache
    return [
        (field.attname, named[field.name])
        for field in _relations(type(row))
        if found[field.attname] is None and named.get(field.name) is not None
    ]


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
    return [_stored_time(value) if isinstance(value, datetime) else value for value in params]


def _stored_time(value: datetime) -> str:
    """Return a time as Django writes it, without the ten calls of its way there: UTC, which is not named."""
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
    table = _fields(model)
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
    return ", ".join(f"{alias}.{field.column}" for field in _fields(model))


@cache
def _converters(model: type[Model]) -> dict[int, tuple[Sequence[Any], Any]]:
    compiler: Any = model._default_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.setup_query()
    return dict(compiler.get_converters([column for column, *_ in compiler.select]))


@cache
def _relations(model: type[Model]) -> tuple[Any, ...]:
    return tuple(field for field in _fields(model) if field.is_relation)


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in _fields(model)]


@cache
def _fields(model: type[Model]) -> tuple[Any, ...]:
    return tuple(model._meta.concrete_fields)


@cache
def _select(model: type[Model]) -> str:
    return f"SELECT {', '.join(field.column for field in _fields(model))} FROM {model._meta.db_table}"  # noqa: S608


@cache
def _insert(model: type[Model], columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({_places(len(columns))}) RETURNING id"  # noqa: S608


def _places(count: int) -> str:
    return ", ".join(["%s"] * count)


@cache
def _update(
    model: type[Model],
    names: tuple[str, ...],
    conditions: tuple[str, ...],
    chosen: tuple[tuple[str, str], ...],
    empty: tuple[str, ...],
) -> tuple[str, str]:
    table = model._meta.db_table
    named = (*names, *conditions, *dict(chosen), *empty)
    column: dict[str, Any] = {name: model._meta.get_field(name).column for name in named}  # type: ignore[union-attr]
    sets = ", ".join(f"{column[name]} = %s" for name in names)
    wheres = " AND ".join(
        [
            *(f"{table}.{column[name]} = %s" for name in conditions),
            *(f"{table}.{is_constant(column[name], value)}" for name, value in chosen),
            *(f"{table}.{column[name]} IS NULL" for name in empty),
        ]
    )
    return f"UPDATE {table} SET {sets}", wheres  # noqa: S608


def _written(row: Model) -> tuple[tuple[str, ...], list[Any]]:
    """Return the columns that an INSERT of a row names, and their values."""
    names, fields = _inserted(type(row), has_id=row.pk is not None)
    return names, _values(row, fields)


type _Typed = tuple[str, Any, Any]  # a field's attribute, the field, and the type that `_type_of` returns


@cache
def _inserted(model: type[Model], *, has_id: bool) -> tuple[tuple[str, ...], tuple[_Typed, ...]]:
    """Return the columns that an INSERT names, and their fields; without an id that the database gives."""
    fields = [field for field in _fields(model) if has_id or not isinstance(field, AutoField)]
    typed = tuple((field.attname, field, _type_of(field)) for field in fields)
    return tuple(field.column for field in fields), typed


def _values(row: Model, fields: Iterable[_Typed]) -> list[Any]:
    """Return the values of a row as its columns take them: most need nothing, and cost no call."""
    found = vars(row)
    return [
        value if (value := found[attname]) is None or type(value) is own else _value(field, own, value)
        for attname, field, own in fields
    ]


def _value(field: Any, own: Any, value: Any) -> Any:
    """Return a value as its column takes it; `own`: the type that needs nothing, see `_type_of`."""
    if value is None or type(value) is own:
        return value
    if own is str and isinstance(value, str):  # a member of choices or of a StrEnum
        return str.__str__(value)
    return field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)


def _type_of(field: Any) -> type | None:
    """Return the type whose values a field does not change."""
    known = _AS_THEY_ARE | (_POSTGRESQL if connection.vendor == "postgresql" else {})
    return next((own for kind, own in known.items() if isinstance(field, kind)), None)


def _prepared(model: type[Model], values: dict[str, Any]) -> list[Any]:
    known = _named(model)
    return [_value(*known[name], value) for name, value in values.items()]


@cache
def _named(model: type[Model]) -> dict[str, tuple[Any, Any]]:
    """Return the fields of a model with their types, by both names of each."""
    typed = [(field, _type_of(field)) for field in _fields(model)]
    return {name: pair for pair in typed for name in (pair[0].name, pair[0].attname)}
