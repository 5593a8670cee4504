"""Hand-written SQL for the hot paths: charge, settle, entry and exit.

A queryset takes ten times as long to build its SQL as the database takes to run it. These four requests
therefore write out their conditions; columns and conversions come from the models, so that both engines
agree. Everything else uses the ORM, against which this is tested (tests/lots/test_hot.py).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import AutoField, Model


def one[M: Model](model: type[M], where: str, params: Sequence[Any], *, lock: bool = False) -> M | None:
    """Return the first row that matches `where`; `lock` locks it to the end of the transaction."""
    locking = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    statement = f"{_select(model)} WHERE {where} LIMIT 1{locking}"
    with connection.cursor() as cursor:
        cursor.execute(statement, _adapted(params))
        row = cursor.fetchone()
    return None if row is None else read(model, row)


def several[M: Model](model: type[M], where: str, params: Sequence[Any]) -> list[M]:
    """Return the rows that match `where`, which should be few."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_select(model)} WHERE {where}", _adapted(params))
        rows = cursor.fetchall()
    return [read(model, row) for row in rows]


def rows(statement: str, params: Iterable[Any]) -> list[Sequence[Any]]:
    """Return the rows of a statement that names its columns by `columns`; see `read`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, _adapted(params))
        return list(cursor.fetchall())


def columns(model: type[Model], alias: str) -> str:
    """Return the model's columns for a SELECT, with the table alias `alias`."""
    return ", ".join(f"{alias}.{field.column}" for field in _fields(model))


def width(model: type[Model]) -> int:
    """Return the number of columns that `columns` names."""
    return len(_fields(model))


def by_id[M: Model](model: type[M], pk: Any, *, lock: bool = False) -> M:
    """Return the row that a foreign key names. Raises `ObjectDoesNotExist`."""
    row = one(model, "id = %s", [_value(model._meta.pk, pk)], lock=lock)
    if row is None:
        raise ObjectDoesNotExist(model._meta.label)
    return row


def insert[M: Model](row: M) -> M:
    """Write a new row, as `save` would, and give it its id."""
    model = type(row)
    fields = [field for field in _fields(model) if not (isinstance(field, AutoField) and row.pk is None)]
    values = [_value(field, getattr(row, field.attname)) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insert(model, tuple(field.column for field in fields)), values)
        pk = cursor.fetchone()[0]
    if row.pk is None:
        row.pk = pk
    row._state.adding, row._state.db = False, connection.alias
    return row


def change(row: Model, *, where: dict[str, Any], **values: Any) -> bool:
    """Set `values` if the stored row still matches `where`; False if it does not. `row` stays as it is."""
    model = type(row)
    conditions = {"id": row.pk, **{name: value for name, value in where.items() if value is not None}}
    empty = tuple(name for name, value in where.items() if value is None)
    params = [*_prepared(model, values), *_prepared(model, conditions)]
    return bool(run(_update(model, tuple(values), tuple(conditions), empty), params))


def run(statement: str, params: Iterable[Any]) -> int:
    """Run a statement that changes rows; return how many it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, _adapted(params))
        return int(cursor.rowcount)


def _adapted(params: Iterable[Any]) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in params]


def read[M: Model](model: type[M], row: Sequence[Any]) -> M:
    """Return a model instance for a stored row, each value converted as a queryset would."""
    values = list(row)
    for place, (converters, expression) in _converters(model).items():
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    return model.from_db(connection.alias, _names(model), values)


@cache
def _converters(model: type[Model]) -> dict[int, tuple[Sequence[Any], Any]]:
    compiler: Any = model._default_manager.all().query.get_compiler(connection.alias)
    compiler.setup_query()
    return dict(compiler.get_converters([column for column, *_ in compiler.select]))


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
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({places}) RETURNING id"  # noqa: S608


@cache
def _update(
    model: type[Model], names: tuple[str, ...], conditions: tuple[str, ...], empty: tuple[str, ...]
) -> str:
    column = {name: model._meta.get_field(name).column for name in (*names, *conditions, *empty)}  # type: ignore[union-attr]
    sets = ", ".join(f"{column[name]} = %s" for name in names)
    wheres = " AND ".join(
        [*(f"{column[name]} = %s" for name in conditions), *(f"{column[name]} IS NULL" for name in empty)]
    )
    return f"UPDATE {model._meta.db_table} SET {sets} WHERE {wheres}"  # noqa: S608


def _value(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)


def _prepared(model: type[Model], values: dict[str, Any]) -> list[Any]:
    return [_value(model._meta.get_field(name), value) for name, value in values.items()]
