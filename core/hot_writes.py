"""Writes of the hot paths: several rows in one statement, so that they cost one round trip.

PostgreSQL lets a statement that changes rows be a part (`WITH`) of another. What a car's entry stores,
`insert_unless_there(session, read, command, along=[contact], given=("<the device is unchanged>", …))`, is

    WITH new0 AS (INSERT INTO lots_parkingsession (lot_id, …) SELECT %s, … WHERE <the device is unchanged>
                  ON CONFLICT DO NOTHING RETURNING id),
         new1 AS (INSERT INTO lots_plateread (session_id, …) SELECT new0.id, %s, … FROM new0 RETURNING id),
         new2 AS (INSERT INTO lots_gatecommand (session_id, read_id, …) SELECT new0.id, new1.id, %s, …
                  FROM new0, new1 RETURNING id),
         along0 AS (UPDATE lots_device SET last_seen_at = %s FROM new0 WHERE lots_device.id = %s)
    SELECT new0.id, new1.id, new2.id FROM new0, new1, new2

A part runs once for each row of the parts that its FROM names: it takes their ids from there, and where
`new0` wrote nothing, nothing is written. SQLite has no such statements: it gets the same rows one by one, in
a transaction. The values are prepared as `save` would (see `core.hot_sql`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import AutoField, Model

from core import hot_sql
from core.hot_sql import Query, fields_of, is_constant, prepared, prepared_value, type_of

UNLESS_THERE = " ON CONFLICT DO NOTHING"

type _Typed = tuple[str, Any, Any]  # a field's attribute, the field, and what `type_of` returns


def insert[M: Model](row: M) -> M:
    """Write a new row, as `save` would, and give it its id."""
    names, values = _written(row)
    statement = _insert(type(row), names)
    ((pk,),) = hot_sql.rows(statement, values)
    if row.pk is None:
        row.pk = pk
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def change(row: Model, *, where: dict[str, Any], **values: Any) -> bool:
    """Set `values` if the stored row still matches `where`; False if it does not. `row` stays as it is."""
    statement = changing(row, where=where, **values)
    return bool(hot_sql.run(statement.alone, statement.params))


@dataclass(frozen=True)
class WriteStatement:
    """A write that others go along with, or that goes along with them."""

    insert: str  # "INSERT INTO table (columns)", or nothing
    update: str  # "UPDATE table SET …", or nothing
    condition: str
    params: list[Any]

    @property
    def alone(self) -> str:
        if self.insert:
            return f"{self.insert} VALUES ({_places(len(self.params))})"
        return f"{self.update} WHERE {self.condition}"

    def after(self, part: str) -> str:
        """Return it as a part of a statement that is done if `part` wrote a row, and not otherwise."""
        if self.insert:
            return f"{self.insert} SELECT {_places(len(self.params))} FROM {part}"  # noqa: S608
        return f"{self.update} FROM {part} WHERE {self.condition}"


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
    return WriteStatement("", update, condition, [*prepared(model, values), *prepared(model, conditions)])


def together(
    first: WriteStatement, *others: WriteStatement, commits: bool = False, is_durable: bool = True
) -> bool:
    """Run `first`, and the others only if it changed a row: all or nothing. Return whether it did.

    PostgreSQL gets one statement, so that the rows cost one round trip and need no BEGIN and COMMIT.
    `commits`: see `hot_sql.short_transaction`. Without `is_durable` this does not wait for the disk: a power
    cut right after may undo the rows, all of them.
    """
    may_be_lost = not is_durable and not connection.in_atomic_block  # else the caller's rows would be, too
    if connection.vendor != "postgresql":
        with _unflushed() if may_be_lost else nullcontext(), transaction.atomic(savepoint=False):
            if not hot_sql.run(first.alone, first.params):
                return False
            for each in others:
                hot_sql.run(each.alone, each.params)
            return True
    parts = [f"first AS ({first.alone} RETURNING 1)"]
    parts += [f"along{number} AS ({each.after('first')})" for number, each in enumerate(others)]
    params = [value for each in (first, *others) for value in each.params]
    unflushed = ", set_config('synchronous_commit', 'off', true)" if may_be_lost else ""  # of this statement
    statement = f"WITH {', '.join(parts)} SELECT count(*){unflushed} FROM first"  # noqa: S608
    ((count, *_),) = hot_sql.in_one_trip((statement, params), commits=commits)[0]
    return bool(count)


def insert_all(*new: Model, along: Sequence[WriteStatement] = (), commits: bool = False) -> None:
    """Write new rows, and give each its id. A row may name one before it, which has no id yet.

    `along`: writes to other rows. PostgreSQL gets one statement. `commits`: see `hot_sql.short_transaction`.
    """
    if connection.vendor == "postgresql":
        _note_stored(new, hot_sql.in_one_trip(_in_one_statement(new, along), commits=commits)[0][0])
        return
    for row in new:
        _take_ids(row)
        insert(row)
    for each in along:
        hot_sql.run(each.alone, each.params)


def insert_unless_there(
    first: Model, *others: Model, along: Sequence[WriteStatement] = (), given: Query | None = None
) -> bool:
    """Write what `insert_all` does, or nothing where a constraint allows no second row like `first`.

    Return whether it was written. `given`: a condition without which nothing is. On PostgreSQL this is one
    statement, which needs no BEGIN and COMMIT.
    """
    new = (first, *others)
    if connection.vendor == "postgresql":
        found = hot_sql.rows(*_in_one_statement(new, along, given, unless_there=True))
        if found:
            _note_stored(new, found[0])
        return bool(found)
    is_alone = not (others or along or given or connection.in_atomic_block)  # a transaction of its own
    with nullcontext() if is_alone else transaction.atomic():
        if given and not hot_sql.rows(f"SELECT 1 WHERE {given[0]}", given[1]):
            return False
        names, values = _written(first)
        insertion_or_none = _insert(type(first), names).replace(" RETURNING", f"{UNLESS_THERE} RETURNING")
        found = hot_sql.rows(insertion_or_none, values)
        if found:
            _note_stored(new[:1], found[0])
            insert_all(*others, along=along)
        return bool(found)


class _Insert(NamedTuple):
    """What the text of a row's INSERT depends on."""

    model: type[Model]
    has_id: bool  # else the database gives one
    ids_from: tuple[tuple[str, int], ...]  # foreign keys that take the id of a row before it: name and number


def _in_one_statement(
    new: Sequence[Model],
    along: Sequence[WriteStatement],
    given: Query | None = None,
    *,
    unless_there: bool = False,
) -> Query:
    """Return the statement that writes new rows and what goes along, and returns the new rows' ids."""
    inserts, params = [], []
    for number, row in enumerate(new):
        ids_from = _ids_from(row, new[:number])
        has_id = vars(row)["id"] is not None
        inserts.append(_Insert(type(row), has_id, tuple(ids_from.items())))
        fields = _inserted(type(row), has_id=has_id)[1]
        params += _values(row, [each for each in fields if each[0] not in ids_from] if ids_from else fields)
        if given and row is new[0]:
            params += given[1]
    parts = [_insert_parts(tuple(inserts), given[0] if given else "", unless_there=unless_there)]
    for number, each in enumerate(along):
        parts.append(f"along{number} AS ({each.after('new0')})")
        params += each.params
    names = [f"new{number}" for number in range(len(new))]
    ids = ", ".join(f"{name}.id" for name in names)
    return f"WITH {', '.join(parts)} SELECT {ids} FROM {', '.join(names)}", params  # noqa: S608


@cache
def _insert_parts(inserts: tuple[_Insert, ...], given: str, *, unless_there: bool) -> str:
    """Return the parts `new0`, `new1`, … of a statement, each after all before it."""
    parts: list[str] = []
    for number, (model, has_id, ids_from) in enumerate(inserts):
        (names, fields), before = _inserted(model, has_id=has_id), dict(ids_from)
        values = [f"new{before[attname]}.id" if attname in before else "%s" for attname, *_ in fields]
        text = f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {', '.join(values)}"
        if number:
            text += f" FROM {', '.join(f'new{place}' for place in range(number))}"
        else:
            text += (f" WHERE {given}" if given else "") + (UNLESS_THERE if unless_there else "")
        parts.append(f"new{number} AS ({text} RETURNING id)")
    return ", ".join(parts)


def _note_stored(new: Sequence[Model], ids: Sequence[Any]) -> None:
    for row, pk in zip(new, ids, strict=True):
        vars(row)["id"] = pk  # as `row.pk`, which asks the model each time what its key is called
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    for row in new:
        _take_ids(row)


def _take_ids(row: Model) -> None:
    """Copy the ids of the rows that this one names, as far as they got them since."""
    for attname, named in _named_without_id(row):
        vars(row)[attname] = vars(named)["id"]  # a setter would forget the row that is named


def _ids_from(row: Model, before: Sequence[Model]) -> dict[str, int]:
    """Return which of the rows before it each foreign key names, where that one has no id yet."""
    if not before:
        return {}
    return {
        attname: next(place for place, other in enumerate(before) if other is named)
        for attname, named in _named_without_id(row)
        if vars(named)["id"] is None
    }


def _named_without_id(row: Model) -> list[tuple[str, Any]]:
    """Return the rows that this one names but for their ids, each with the attribute for its id."""
    found, named = vars(row), row._state.fields_cache
    return [
        (field.attname, named[field.name])
        for field in _relations(type(row))
        if found[field.attname] is None and named.get(field.name) is not None
    ]


@cache
def _relations(model: type[Model]) -> tuple[Any, ...]:
    return tuple(field for field in fields_of(model) if field.is_relation)


@cache
def _choices(model: type[Model], name: str) -> frozenset[str]:
    field: Any = model._meta.get_field(name)
    return frozenset(dict(field.choices or ()))


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


@cache
def _inserted(model: type[Model], *, has_id: bool) -> tuple[tuple[str, ...], tuple[_Typed, ...]]:
    """Return the columns that an INSERT names, and their fields; without an id that the database gives."""
    fields = [field for field in fields_of(model) if has_id or not isinstance(field, AutoField)]
    typed = tuple((field.attname, field, type_of(field)) for field in fields)
    return tuple(field.column for field in fields), typed


def _values(row: Model, fields: Iterable[_Typed]) -> list[Any]:
    """Return the values of a row as its columns take them: most need nothing, and cost no call."""
    found = vars(row)
    return [
        value
        if (value := found[attname]) is None or type(value) is own
        else prepared_value(field, own, value)
        for attname, field, own in fields
    ]
