"""Row-level security by operator on PostgreSQL: a console page sees rows of its user's operators, or none.

    with row_security.console():         # a request of the console: no rows of any operator
        row_security.show({1, 2})        # those of the user's operators

A page that forgets its filter therefore shows nothing of another operator. Each statement, or transaction, of
such a request begins with `set_config(…, true)`: role and operators end with the transaction, so that a pool
in transaction mode (PgBouncer) cannot hand them to another request. It costs no round trip, because both
statements leave in one pipeline.

`apply` makes the policies from the models after each migrate: a row belongs to the operator that its foreign
keys lead to. Rows of no operator (`lot` is null) are shown only with all operators. The policies are forced,
so the owner of the tables, as whom drivers' pages, devices and the worker connect, has a policy of its own.
SQLite has no such thing: there the filters of the pages stand alone.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ForeignKey, Model

if TYPE_CHECKING:  # on SQLite nothing else imports it, and that would be an eighth of a process's start
    import psycopg

ROLE = "purecode_console"
EVERY = "all"
# Opened by a code or by the user's own id, before it is known which operators a request may see.
OPEN = {"staff.Grant", "staff.Invitation", "staff.ClerkInvitation"}
# Money of no known lot belongs to a merchant; which operator's that is stands in the settings. Pages filter.
OF_A_MERCHANT = {"payments.Discrepancy", "payments.BillLine"}
_SET = "SELECT set_config('role', %s, true), set_config('purecode.operators', %s, true)"
_scope: ContextVar[str | None] = ContextVar("operators", default=None)  # None: no request of the console


def show(operators: Iterable[int] | None) -> None:
    """Show the rows of these operators, or of all (None), to the rest of this request of the console."""
    if _scope.get() is not None:
        _scope.set(EVERY if operators is None else f"{{{','.join(map(str, sorted(operators)))}}}")


@contextmanager
def every_operator() -> Iterator[None]:
    """Show the rows of all operators: for what the program computes itself and never shows as rows."""
    if (before := _scope.get()) is None:
        yield
        return
    _scope.set(EVERY)
    try:
        yield
    finally:
        _scope.set(before)


@contextmanager
def console() -> Iterator[None]:
    """Run what is in the block as the console's role, with no operator yet. Does nothing on SQLite."""
    if connection.vendor != "postgresql":
        yield
        return
    token, statements = _scope.set(""), _Statements()
    try:
        with connection.execute_wrapper(statements):
            yield
    finally:
        _scope.reset(token)
        statements.undo()


class _Statements:
    """Puts role and operators before the first statement of each transaction."""

    def __init__(self) -> None:
        self.applied: str | None = None

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        from psycopg import ServerCursor
        from psycopg.pq import TransactionStatus

        database: BaseDatabaseWrapper = context["connection"]
        raw: psycopg.Connection[Any] = database.connection
        scope = _scope.get() or ""
        status = raw.info.transaction_status
        if status == TransactionStatus.INERROR:
            self.applied = None
            return execute(sql, params, many, context)
        if status == TransactionStatus.INTRANS and self.applied == scope:
            if sql.startswith("ROLLBACK TO"):  # to before it was set, perhaps
                self.applied = None
            return execute(sql, params, many, context)
        with database.wrap_database_errors:
            if isinstance(context["cursor"].cursor, ServerCursor):
                with raw.transaction():
                    raw.execute(_SET, (ROLE, scope))
                    found = execute(sql, params, many, context)
            else:
                with raw.pipeline():
                    raw.execute(_SET, (ROLE, scope))
                    found = execute(sql, params, many, context)
        self.applied = scope
        return found

    def undo(self) -> None:
        """Reset a transaction that began before the request, as in tests, to the connection's own role."""
        from psycopg.pq import TransactionStatus

        raw = connection.connection
        is_open = raw is not None and raw.info.transaction_status == TransactionStatus.INTRANS
        if self.applied is not None and is_open:
            raw.execute(_SET, ("none", ""))


# --- policies ---

_NAME, _OWNER = "by_operator", "of_the_owner"
_OPERATORS = "(SELECT nullif(current_setting('purecode.operators', true), ''))"
_ALL = f"{_OPERATORS} = '{EVERY}'"


def conditions() -> dict[str, str]:
    """Return, for each table whose rows belong to an operator, the SQL condition under which they show."""
    found: dict[str, str] = {}
    for model in apps.get_models():
        if model._meta.label not in OPEN and (condition := _condition(model)):
            found[model._meta.db_table] = condition
    return found


def _condition(model: type[Model]) -> str | None:
    label = model._meta.label
    if label in {"lots.Operator", "lots.Lot"}:
        column = "id" if label == "lots.Operator" else "operator_id"
        return f"CASE WHEN {_ALL} THEN true ELSE {column} = ANY ({_OPERATORS}::bigint[]) END"
    if _column(model, "lot"):
        own = "lot_id = ANY (ARRAY(SELECT id FROM lots_lot))"
        if not _is_empty(model, "lot"):
            return own
        if label in OF_A_MERCHANT:
            return f"{own} OR lot_id IS NULL"
        rest = _ALL
        if _column(model, "staff"):
            operators = "operator_id = ANY (ARRAY(SELECT id FROM lots_operator))"
            rest += f" OR staff_id = ANY (ARRAY(SELECT user_id FROM staff_grant WHERE {operators}))"  # noqa: S608
        if _column(model, "operator"):
            rest = "operator_id = ANY (ARRAY(SELECT id FROM lots_operator))"
            rest += f" OR operator_id IS NULL AND {_ALL}" if _is_empty(model, "operator") else ""
        return f"{own} OR lot_id IS NULL AND ({rest})"
    if _column(model, "operator"):
        return "operator_id = ANY (ARRAY(SELECT id FROM lots_operator))"
    return _by_parents(model)


def _by_parents(model: type[Model]) -> str | None:
    """Return the condition of a table that belongs to an operator through rows of other tables."""
    parents = [field for field in model._meta.concrete_fields if _leads_on(field)]
    if not parents:
        return None
    if required := [field for field in parents if not field.null]:
        parents = required[:1]
    table = model._meta.db_table
    shown = [
        f"EXISTS (SELECT 1 FROM {field.related_model._meta.db_table} parent"  # type: ignore[union-attr] # noqa: S608
        f" WHERE parent.id = {table}.{field.column})"
        for field in parents
    ]
    if not required:
        none = " AND ".join(f"{field.column} IS NULL" for field in parents)
        shown.append(none if model._meta.label in OF_A_MERCHANT else f"{none} AND {_ALL}")
    return " OR ".join(shown)


def _leads_on(field: Any) -> bool:
    parent = field.related_model
    return (
        isinstance(field, ForeignKey)
        and parent is not field.model
        and parent._meta.label not in OPEN
        and _condition(parent) is not None
    )


def _column(model: type[Model], name: str) -> bool:
    return any(field.column == f"{name}_id" for field in model._meta.concrete_fields)


def _is_empty(model: type[Model], name: str) -> bool:
    try:
        return model._meta.get_field(name).null
    except FieldDoesNotExist:
        return False


def apply(database: BaseDatabaseWrapper, role: str = ROLE) -> None:
    """Make the console's role where this account may, and give it policies and grants that are missing.

    Tables that have the policy already are not locked.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        cursor.execute(
            "SELECT relname, obj_description(policies.oid, 'pg_policy') FROM pg_policy policies"
            " JOIN pg_class ON pg_class.oid = polrelid WHERE polname = %s",
            [_NAME],
        )
        made = dict(cursor.fetchall())
        for table, condition in conditions().items():
            mark = hashlib.sha256(condition.encode()).hexdigest()[:16]
            if made.get(table) == mark:
                continue
            for statement in (
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
                f"DROP POLICY IF EXISTS {_NAME} ON {table}",
                f"DROP POLICY IF EXISTS {_OWNER} ON {table}",
                f"CREATE POLICY {_NAME} ON {table} TO {role} USING ({condition})",
                f"CREATE POLICY {_OWNER} ON {table} TO CURRENT_USER USING (true)",
                f"COMMENT ON POLICY {_NAME} ON {table} IS '{mark}'",
            ):
                cursor.execute(statement)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")


def after_migrate(*, app_config: AppConfig, using: str, **_: Any) -> None:
    """Receive `post_migrate`, which is sent for each app; the last one finds all tables."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if app_config is last and connections[using].vendor == "postgresql":
        apply(connections[using])
