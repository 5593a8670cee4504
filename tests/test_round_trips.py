"""Hot acts are few round trips to the database, and store what their slow twins store (tests.slow_twins)."""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)
from django.db.models import CheckConstraint, Q

from core import database, hot_sql, hot_writes
from core.postgresql import pipeline
from lots.models import Device, GateCommand, Lot, ParkingSession, PlateRead
from lots.plates import parse
from lots.pricing import price_session
from payments import outstanding
from payments.models import Debt, Discrepancy, LedgerEntry, Payment, PaymentEvent, Refund
from payments.settling import settle
from tests import slow_twins
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.conftest import channel
from tests.payments.payment_steps import look_in_lane, look_up, start_paying

__all__ = ["channel"]

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]
PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)
WRITTEN = [
    ParkingSession,
    PlateRead,
    GateCommand,
    Payment,
    PaymentEvent,
    LedgerEntry,
    Refund,
    Debt,
    Discrepancy,
]
# What differs between two lots, or is drawn by chance.
OWN = {"id", "plate", "plate_index", "key", "token", "number", "provider_number", "receipt_code"}


class OneCar:
    """A lot with one car inside that has a payment on its way."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.lot = make_lot()
        self.entry, self.way_out = make_device(self.lot, "entry"), make_device(self.lot, "exit")
        see(self.entry, PLATE, NOON)
        self.session = ParkingSession.objects.get(lot=self.lot)

    def order(self, at: Any = LEAVING) -> Payment:
        return start_paying(look_up(lot=self.lot, plate=parse(PLATE), at=at), at=at)

    def paid(self, at: Any = LEAVING) -> None:
        settle(self.channel.pay(self.order(at).number), cause="notice", at=at)


@pytest.fixture
def car(channel: Any) -> OneCar:
    return OneCar(channel)


def stored(lot: Lot) -> dict[str, list[dict[str, Any]]]:
    """Return all rows that belong to a lot, without what is its own, in no order of theirs."""
    return {
        model.__name__: sorted(map(_without_own, _of(model, lot).values()), key=repr) for model in WRITTEN
    }


def _without_own(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (value is not None) if name in OWN or name.endswith("_id") else value
        for name, value in row.items()
    }


def _of(model: type[models.Model], lot: Lot) -> models.QuerySet[Any]:
    rows = model._default_manager.all()
    if model in (PaymentEvent, Refund):
        return rows.filter(payment__lot=lot)
    return rows if model is Discrepancy else rows.filter(lot=lot)


@contextmanager
def round_trips(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Count how often this thread waits for PostgreSQL."""
    connection.ensure_connection()
    count, wait = [0], connection.connection.wait

    def watched(steps: Any) -> Any:
        """Pass on what an exchange waits for; one that never waits needed no answer."""
        try:
            asked = steps.send(None)
            count[0] += 1
            while True:
                asked = steps.send((yield asked))
        except StopIteration as end:
            return end.value

    def counted(steps: Any, *args: Any, **kwargs: Any) -> Any:
        return wait(watched(steps), *args, **kwargs)

    def alone(*args: Any) -> Any:
        count[0] += 1
        return run_alone(*args)

    run_alone = pipeline.run_alone
    with monkeypatch.context() as patch:
        patch.setattr(connection.connection, "wait", counted)
        patch.setattr(pipeline, "run_alone", alone)
        yield count


# Starting a payment


@pytest.fixture
def durable(car: OneCar) -> OneCar:
    """A car whose database waits for the disk, as in production: that of tests does not."""
    waits = "SET synchronous_commit = on" if connection.vendor == "postgresql" else "PRAGMA synchronous=FULL"
    with connection.cursor() as cursor:
        cursor.execute(waits)
    return car


def flushes() -> bool:
    """Return whether a commit of this connection waits for the disk."""
    asked = "SHOW synchronous_commit" if connection.vendor == "postgresql" else "PRAGMA synchronous"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return cursor.fetchone()[0] in {"on", 2}


def test_only_open_does_not_wait_for_disk(durable: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row before the call waits, the channel's answer does not; whatever follows waits again."""
    waits: list[tuple[str, bool]] = []
    in_one_trip = hot_sql.in_one_trip

    def watched(*queries: hot_sql.Query, commits: bool = False) -> list[hot_sql.Rows]:
        waits.extend((sql, "synchronous_commit" not in sql and flushes()) for sql, _ in queries)
        return in_one_trip(*queries, commits=commits)

    def run(sql: str, params: Any) -> int:
        waits.append((sql, flushes()))
        return run_alone(sql, params)

    run_alone = hot_sql.run
    monkeypatch.setattr(hot_sql, "in_one_trip", watched)
    monkeypatch.setattr(hot_sql, "run", run)
    assert durable.order().state == "open"
    written = [(sql, waited) for sql, waited in waits if "INSERT" in sql or "UPDATE" in sql]
    assert [waited for sql, waited in written if "INSERT INTO payments_payment " in sql] == [True]
    assert [waited for sql, waited in written if "UPDATE payments_payment" in sql] == [False]
    assert flushes()


def test_open_in_callers_transaction_waits_for_disk(durable: OneCar) -> None:
    with transaction.atomic():
        assert durable.order().state == "open"
        assert flushes()


# Settling


def plain(car: OneCar) -> Any:
    return car.channel.pay(car.order().number)


def too_late(car: OneCar) -> Any:
    """The money came two hours after the order had run out; its price no longer covers the session."""
    return replace(car.channel.pay(car.order().number), at=LEAVING + timedelta(hours=2))


def second(car: OneCar) -> Any:
    """Another payment has opened the exit window meanwhile."""
    payment = car.order()
    ParkingSession.objects.filter(pk=car.session.pk).update(
        paid_fen=1000, paid_at=LEAVING, exit_until=LEAVING + timedelta(minutes=15)
    )
    return car.channel.pay(payment.number)


def partly_paid(car: OneCar) -> Any:
    payment = car.order()
    ParkingSession.objects.filter(pk=car.session.pk).update(paid_fen=400)
    return car.channel.pay(payment.number)


def held(car: OneCar) -> Any:
    payment = car.order()
    see(car.way_out, PLATE, LEAVING, key="held")
    return car.channel.pay(payment.number)


def by_lane_code(car: OneCar) -> Any:
    see(car.way_out, PLATE, LEAVING, key="held")
    shown = look_in_lane(lane=car.way_out.lane, at=LEAVING)
    return car.channel.pay(start_paying(shown, at=LEAVING).number)


def left_unpaid(car: OneCar) -> Any:
    payment = car.order()
    car.session.left_at = LEAVING
    ParkingSession.objects.filter(pk=car.session.pk).update(left_at=LEAVING)
    outstanding.record(car.session, fen=1000, at=LEAVING)
    return car.channel.pay(payment.number)


def closed_before(car: OneCar) -> Any:
    payment = car.order()
    payment.advance(Payment.State.CLOSED, at=LEAVING, cause="close")
    return car.channel.pay(payment.number)


def another_amount(car: OneCar) -> Any:
    return replace(car.channel.pay(car.order().number), amount_fen=999)


def another_currency(car: OneCar) -> Any:
    return replace(car.channel.pay(car.order().number), currency="USD")


def unknown(car: OneCar) -> Any:
    return replace(car.channel.pay(car.order().number), number="X" * 20, provider_number="PX")


CASES = [
    plain,
    too_late,
    second,
    partly_paid,
    held,
    by_lane_code,
    left_unpaid,
    closed_before,
    another_amount,
    another_currency,
    unknown,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_settle_matches_its_slow_twin(case: Callable[[OneCar], Any], channel: Any) -> None:
    at = LEAVING + timedelta(hours=2) if case is too_late else LEAVING
    cars, reported = [OneCar(channel), OneCar(channel)], []
    acts: list[Callable[..., Any]] = [partial(settle, cause="notice"), slow_twins.settle]
    for car, act in zip(cars, acts, strict=True):
        statement = case(car)
        for _ in range(2):  # a repeat changes nothing
            act(statement, at=at)
        reported.append(Discrepancy.objects.count())
        Discrepancy.objects.all().delete()
    assert stored(cars[0].lot) == stored(cars[1].lot)
    assert reported[0] == reported[1] == int(case in {another_amount, another_currency, unknown})


@pytest.mark.postgresql
def test_settle_is_two_round_trips(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = plain(car)
    with round_trips(monkeypatch) as count:
        payment = settle(statement, cause="notice", at=LEAVING)
    assert payment is not None
    assert payment.state == Payment.State.PAID
    assert count == [2]
    assert connection.connection.pgconn.transaction_status == 0
    car.session.refresh_from_db()
    assert car.session.paid_fen == 1000


@pytest.mark.postgresql
def test_settle_inside_a_transaction_can_be_undone(car: OneCar) -> None:
    statement = plain(car)
    with transaction.atomic():
        settle(statement, cause="notice", at=LEAVING)
        transaction.set_rollback(True)
    assert Payment.objects.get().state == Payment.State.OPEN
    assert not LedgerEntry.objects.exists()


# A car at an exit


def read_tariff(car: OneCar) -> None:
    """Have the process read the lot's tariff, which it does once."""
    price_session(car.session, until=LEAVING)


@pytest.mark.parametrize("paid", [True, False])
def test_exit_matches_its_slow_twin(channel: Any, paid: bool) -> None:
    cars = [OneCar(channel), OneCar(channel)]
    for car in cars:
        if paid:
            car.paid()
    see(cars[0].way_out, PLATE, LEAVING)
    slow_twins.leave(cars[1].way_out, PLATE, LEAVING)
    assert stored(cars[0].lot) == stored(cars[1].lot)
    seen = [Device.objects.get(pk=car.way_out.pk) for car in cars]
    assert seen[0].last_seen_at == seen[1].last_seen_at == LEAVING


@pytest.mark.postgresql
@pytest.mark.parametrize("paid", [True, False])
def test_exit_is_two_round_trips(car: OneCar, monkeypatch: pytest.MonkeyPatch, paid: bool) -> None:
    if paid:
        car.paid()
    read_tariff(car)
    see(car.way_out, "沪B99999", LEAVING)  # the camera's clock is noted once a minute
    device = Device.objects.select_related("lane").get(pk=car.way_out.pk)
    with round_trips(monkeypatch) as count:
        verdict = see(device, PLATE, LEAVING)
    assert verdict.opens(LEAVING) is paid
    assert count == [2]
    assert ParkingSession.objects.filter(left_at=LEAVING).exists() is paid


@pytest.mark.postgresql
def test_repeated_exit_read_changes_nothing(car: OneCar) -> None:
    verdicts = [see(car.way_out, PLATE, LEAVING, key="same") for _ in range(2)]
    assert verdicts[0].read == verdicts[1].read
    assert PlateRead.objects.filter(outcome="held").count() == 1


@pytest.mark.postgresql
def test_entry_is_one_round_trip(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device.objects.select_related("lane").get(pk=car.entry.pk)
    with round_trips(monkeypatch) as count:
        see(device, "沪B12345", NOON)
    assert count == [1]


# What a statement names as a constant


def with_constants(condition: Any) -> Iterator[str]:
    """Yield the fields that the condition of an index compares with constants."""
    for child in condition.children:
        if isinstance(child, Q):
            yield from with_constants(child)
        elif child[1] is not None and not child[0].endswith("__isnull"):
            yield child[0].partition("__")[0]


def columns_of_partial_indexes() -> set[str]:
    models = [model._meta for model in apps.get_models()]
    rules = [rule for meta in models for rule in (*meta.indexes, *meta.constraints)]
    rules = [rule for rule in rules if not isinstance(rule, CheckConstraint)]
    conditions = [rule.condition for rule in rules if getattr(rule, "condition", None)]
    return {name for condition in conditions for name in with_constants(condition)}


def test_hot_statements_name_constants(car: OneCar) -> None:
    """A parameter would hide that an index is for that value, and have SQLite compile them each time."""
    seen: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        car.paid()
        see(car.way_out, PLATE, LEAVING)
        see(car.entry, "沪B12345", NOON)
    columns = columns_of_partial_indexes()
    assert {"state", "outcome"} <= columns
    wheres = [where for sql in seen for where in sql.split("WHERE")[1:]]
    assert "'held'" in str(wheres)
    found = re.findall(rf"\b({'|'.join(columns)}) = %s", "\n".join(wheres))
    assert found == []


@pytest.mark.parametrize("value", ["", "a'b", "a b", "1"])
def test_odd_constant_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no constant"):
        hot_sql.is_constant("state", value)


# The connection


@pytest.mark.postgresql
def test_failed_statement_undoes_those_before(car: OneCar) -> None:
    update = ("UPDATE lots_parkingsession SET paid_fen = paid_fen + %s WHERE id = %s", [1, car.session.pk])
    for last in (("SELECT 1 / %s", [0]), ("SELECT nothing FROM nowhere", [])):
        with pytest.raises(DatabaseError), hot_sql.short_transaction():
            hot_sql.in_one_trip(update, last, commits=True)
    car.session.refresh_from_db()
    assert car.session.paid_fen == 0
    with transaction.atomic():
        assert hot_sql.in_one_trip(("SELECT %s + 1", [1]), ("SELECT 3", [])) == [[(2,)], [(3,)]]


@pytest.mark.postgresql
def test_prepared_statement_survives_rollback(car: OneCar) -> None:
    for _ in range(3):
        with transaction.atomic():
            assert hot_sql.in_one_trip(("SELECT %s::int", [7])) == [[(7,)]]
            transaction.set_rollback(True)
        assert Lot.objects.get() == car.lot


@pytest.mark.postgresql
@pytest.mark.parametrize("threshold", [1, None])
def test_failed_single_statement_leaves_the_connection(
    car: OneCar, monkeypatch: pytest.MonkeyPatch, threshold: int | None
) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", threshold)
    for wrong in ("SELECT 1 / %s", "SELECT nothing FROM nowhere WHERE %s = 1"):
        for _ in range(2):
            with pytest.raises(DatabaseError):
                hot_sql.rows(wrong, [0])
            assert hot_sql.rows("SELECT %s + 1, %s", [1, "停"]) == [(2, "停")]
    assert hot_sql.run("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", car.lot.pk]) == 1
    assert hot_sql.run("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", 0]) == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("is_known", [True, False])
def test_single_statement_on_a_lost_connection_raises(car: OneCar, is_known: bool) -> None:
    if is_known:
        hot_sql.rows("SELECT %s + 2", [1])
    with socket.socket(fileno=os.dup(connection.connection.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OperationalError):
        hot_sql.rows("SELECT %s + 2", [1])
    connection.close()
    assert hot_sql.rows("SELECT %s + 2", [1]) == [(3,)]


@pytest.mark.postgresql
def test_single_statement_borrows_a_connection(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOT", True)
    connection.close()
    for _ in range(3):
        assert hot_sql.rows("SELECT %s::timestamptz", [NOON]) == [(NOON,)]
        with pytest.raises(DatabaseError):
            hot_sql.rows("SELECT 1 / %s", [0])
    assert hot_sql.run("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", car.lot.pk]) == 1
    assert connection.connection is None
    assert Lot.objects.get().name == "x"  # it was committed
    assert connection.connection is not None


@pytest.mark.postgresql
@pytest.mark.parametrize("statement", ["SELECT %s + 3", "WITH one AS (SELECT %s + 3) SELECT * FROM one"])
def test_borrowed_connections_may_be_dead(borrowing: OneCar, statement: str) -> None:
    """As after a restart of PostgreSQL: all of the pool, and more than one request comes."""
    for _ in range(2):
        here: Any = connections[DEFAULT_DB_ALIAS]
        taken = [here._taken() for _ in range(3)]
        for each in taken:
            with socket.socket(fileno=os.dup(each.pgconn.socket)) as wire, suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)  # one that nobody took since the last round is shut already
            each._pool.putconn(each)
        for _ in range(4):
            assert hot_sql.rows(statement, [1]) == [(4,)]


@pytest.mark.postgresql
@pytest.mark.parametrize("within", [database.patient, transaction.atomic])
def test_transaction_and_patience_keep_a_connection(
    car: OneCar, monkeypatch: pytest.MonkeyPatch, within: Callable[[], Any]
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOT", True)
    connection.close()
    with within():
        assert hot_sql.rows("SELECT %s + 1", [1]) == [(2,)]
        assert connection.connection is not None


@pytest.fixture
def borrowing(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> OneCar:
    """A car at a process of drivers or devices, whose requests begin without a connection."""
    monkeypatch.setitem(connection.settings_dict, "HOT", True)
    connection.close()
    return car


@pytest.mark.postgresql
def test_short_transaction_gives_its_connection_back(borrowing: OneCar) -> None:
    update = ("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", borrowing.lot.pk])
    with hot_sql.short_transaction():
        assert hot_sql.in_one_trip(("SELECT %s + 1", [1])) == [[(2,)]]
        hot_sql.in_one_trip(update, commits=True)
    assert connection.connection is None
    assert Lot.objects.get().name == "x"
    assert connection.get_autocommit()


@pytest.mark.postgresql
def test_short_transaction_begins_as_atomic(borrowing: OneCar) -> None:
    """The wrapper is in the same state, whichever way it got its connection."""
    states, own = [], {"connection", "close_at", "atomic_blocks"}
    for block in (transaction.atomic(), hot_sql.short_transaction()):
        with block:
            here = vars(connections[DEFAULT_DB_ALIAS])
            assert here["close_at"] <= time.monotonic()
            assert len(here["atomic_blocks"]) == 1
            states.append({name: value for name, value in here.items() if name not in own})
        connection.close()
    assert states[0] == states[1]


@pytest.mark.postgresql
@pytest.mark.parametrize("ends", ["error", "broken statement", "rollback", "open"])
def test_short_transaction_ends_as_atomic(borrowing: OneCar, ends: str) -> None:
    update = ("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", borrowing.lot.pk])
    with suppress(ValueError, DatabaseError), hot_sql.short_transaction():
        hot_sql.in_one_trip(update)
        if ends == "error":
            raise ValueError
        if ends == "broken statement":
            hot_sql.in_one_trip(("SELECT 1 / %s", [0]))
        if ends == "rollback":
            transaction.set_rollback(True)
    assert not connection.in_atomic_block
    assert connection.get_autocommit()
    assert Lot.objects.get().name == ("x" if ends == "open" else borrowing.lot.name)


@pytest.mark.postgresql
def test_short_transaction_takes_savepoints(borrowing: OneCar) -> None:
    with hot_sql.short_transaction():
        Lot.objects.update(name="x")
        with suppress(ValueError), transaction.atomic():
            Lot.objects.update(name="y")
            raise ValueError
    assert Lot.objects.get().name == "x"


@pytest.mark.postgresql
def test_short_transaction_runs_commit_hooks(borrowing: OneCar) -> None:
    ran: list[bool] = []
    with hot_sql.short_transaction():
        transaction.on_commit(lambda: ran.append(connection.in_atomic_block))
        hot_sql.in_one_trip(("SELECT 1", []), commits=True)
    assert ran == [False]


@pytest.mark.postgresql
@pytest.mark.parametrize("inner", [nullcontext, transaction.atomic, hot_sql.short_transaction])
@pytest.mark.parametrize("outer", [transaction.atomic, hot_sql.short_transaction])
def test_write_ends_no_outer_transaction(
    car: OneCar, outer: Callable[[], Any], inner: Callable[[], Any]
) -> None:
    update = ("UPDATE lots_lot SET name = %s WHERE id = %s", ["x", car.lot.pk])
    with suppress(ValueError), outer():
        with inner():
            hot_sql.in_one_trip(update, commits=True)
        raise ValueError
    ended = outer is hot_sql.short_transaction and inner is nullcontext  # it was in that block itself
    assert Lot.objects.get().name == ("x" if ended else car.lot.name)


@pytest.mark.postgresql
def test_acts_keep_no_connection(borrowing: OneCar) -> None:
    statement = plain(borrowing)
    see(borrowing.way_out, "沪B99999", LEAVING)
    device = Device.objects.select_related("lane").get(pk=borrowing.way_out.pk)
    connection.close()
    settle(statement, cause="notice", at=LEAVING)
    assert connection.connection is None
    assert see(device, PLATE, LEAVING).opens(LEAVING)
    assert connection.connection is None


@pytest.mark.postgresql
def test_borrowed_connection_that_is_lost_raises(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(taken: Any, *_: Any) -> Any:
        with socket.socket(fileno=os.dup(taken.pgconn.socket)) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        return run_alone(taken, "SELECT 1", ())

    run_alone = pipeline.run_alone
    monkeypatch.setitem(connection.settings_dict, "HOT", True)
    connection.close()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "run_alone", lost)
        with pytest.raises(OperationalError):
            hot_sql.rows("SELECT 1", [])
    assert hot_sql.rows("SELECT %s + 1", [1]) == [(2,)]


@pytest.mark.postgresql
def test_many_statements_are_prepared_and_dropped() -> None:
    for number in range(250):
        with transaction.atomic():
            assert hot_sql.in_one_trip((f"SELECT %s::int + {number}", [1])) == [[(number + 1,)]]


@pytest.mark.postgresql
def test_constraint_checked_at_commit_raises(car: OneCar) -> None:
    orphan = PaymentEvent(payment_id=0, was="new", became="open", cause="test", at=NOON)
    with pytest.raises(IntegrityError), hot_sql.short_transaction():
        hot_writes.insert_all(orphan, commits=True)
    assert not PaymentEvent.objects.exists()


@pytest.mark.postgresql
def test_ended_transaction_is_committed_once(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Any) -> None:
        raise AssertionError("nothing is left to commit")

    statement = "UPDATE lots_lot SET name = %s WHERE id = %s"
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "commit", refused)
        with hot_sql.short_transaction():
            hot_sql.in_one_trip((statement, ["x", car.lot.pk]), commits=True)
    connection.close()
    assert Lot.objects.get().name == "x"


@pytest.mark.postgresql
def test_pooler_gets_no_prepared_statement(car: OneCar, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = plain(car)
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    settle(statement, cause="notice", at=LEAVING)
    assert Payment.objects.get().state == Payment.State.PAID


@pytest.mark.postgresql
def test_watched_statements_go_one_by_one(car: OneCar) -> None:
    seen = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        settle(plain(car), cause="notice", at=LEAVING)
    assert any("FOR UPDATE" in sql for sql in seen)
    assert Payment.objects.get().state == Payment.State.PAID
