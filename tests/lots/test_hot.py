"""The statements by hand against the ORM: what one writes the other reads, field by field."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, models, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test.utils import CaptureQueriesContext

from core import hot_sql, hot_writes
from core.vault import plate_index, seal_plate
from lots import gates, plate_reads, sessions
from lots.models import (
    Device,
    GateCommand,
    Lane,
    Lot,
    Operator,
    ParkingSession,
    Permit,
    PlateRead,
    Sign,
    TariffVersion,
)
from lots.permit_coverage import active_for
from lots.plates import parse
from lots.pricing import price_session
from lots.session_facts import of_locked_plate
from lots.sign_register import new_sign
from payments import ledger
from payments.coupons.coupon_models import CouponOffer
from payments.models import LedgerEntry, Payment, PaymentEvent
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.coupons.making import make_offer, make_shop

pytestmark = pytest.mark.django_db


def stored(row: models.Model) -> dict[str, Any]:
    """Return each stored value; a binary one as bytes, whatever the engine hands out."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values.items()}


@pytest.fixture
def lot() -> Lot:
    return make_lot()


@pytest.fixture
def camera(lot: Lot) -> Device:
    return make_device(lot, "entry")


@pytest.fixture
def rows(lot: Lot, camera: Device) -> dict[type[models.Model], models.Model]:
    """One stored row of each model that is read by hand."""
    verdict = see(camera, "沪A12345", NOON)
    session = ParkingSession.objects.get()
    payment = Payment.objects.create(
        lot=lot,
        session=session,
        price_fen=500,
        due_fen=500,
        until=NOON,
        lines=[{"code": "step", "fen": 500, "values": {"minutes": 60}}],
        provider="fake",
        merchant="m",
        number="n",
        token="t",
        amount_fen=500,
        language="zh-hans",
        created_at=NOON,
        expires_at=NOON,
        next_check_at=NOON,
    )
    made = [
        lot,
        lot.operator,
        make_offer(make_shop(lot)),
        lot.tariffs.get(),
        camera,
        camera.lane,
        new_sign(lot=lot, place="B1"),
        session,
        payment,
    ]
    return {type(row): row for row in [*made, verdict.read, verdict.command] if row is not None}


@pytest.mark.parametrize(
    "model",
    [
        Lot,
        Operator,
        CouponOffer,
        TariffVersion,
        Device,
        Lane,
        Sign,
        ParkingSession,
        PlateRead,
        GateCommand,
        Payment,
    ],
)
def test_raw_read_matches_orm(
    rows: dict[type[models.Model], models.Model], model: type[models.Model]
) -> None:
    by_orm = model._default_manager.get(pk=rows[model].pk)
    by_hand = hot_sql.by_id(model, rows[model].pk)
    assert by_hand == by_orm
    assert stored(by_hand) == stored(by_orm)
    assert not by_hand._state.adding
    assert by_hand._state.db == by_orm._state.db


def test_raw_reads_preserve_order(
    rows: dict[type[models.Model], models.Model],
) -> None:
    make_lot()
    by_hand = hot_sql.several(Lot, "id > %s ORDER BY id DESC", [0])
    assert by_hand == list(Lot.objects.order_by("-pk"))
    assert len(by_hand) == 2
    assert hot_sql.several(Lot, "id < %s", [0]) == []


@pytest.mark.parametrize("model", [ParkingSession, PlateRead, GateCommand, Payment])
def test_raw_insert_matches_orm(
    rows: dict[type[models.Model], models.Model], model: type[models.Model]
) -> None:
    """A copy of a stored row, made free of what must be unique, is stored once by each."""
    free: dict[type[models.Model], dict[str, Any]] = {
        ParkingSession: {"left_at": NOON, "entered_at": NOON - timedelta(hours=1)},
        PlateRead: {"key": "other"},
        GateCommand: {"read_id": None},
        Payment: {"token": "other", "number": "other", "state": "paid", "next_check_at": None},
    }
    values = stored(rows[model]) | free[model]
    key = values.pop("id")
    again = {"id": type(key)(int=1)} if model is GateCommand else {}
    with transaction.atomic():
        by_orm = stored(model._default_manager.create(**values, **again))
        transaction.set_rollback(True)
    by_hand = hot_writes.insert(model(**values, **again))
    assert by_hand.pk is not None
    read_back = stored(model._default_manager.get(pk=by_hand.pk))
    assert read_back | {"id": None} == by_orm | {"id": None}


def test_raw_insert_sets_foreign_keys(
    rows: dict[type[models.Model], models.Model],
) -> None:
    payment = rows[Payment]
    assert isinstance(payment, Payment)
    hot_writes.insert(PaymentEvent(payment=payment, was="new", became="open", cause="start", at=NOON))
    hot_writes.insert(
        LedgerEntry(
            lot_id=payment.lot_id,
            kind="payment",
            debit="a",
            credit="b",
            amount_fen=5,
            payment=payment,
            at=NOON,
        )
    )
    assert payment.events.get().at == NOON
    assert payment.entries.get().amount_fen == 5


def test_conditional_update_requires_old_state(
    rows: dict[type[models.Model], models.Model],
) -> None:
    payment = rows[Payment]
    assert hot_writes.change(
        payment, where={"state": "new"}, state="open", asked_at=NOON, provider_number=None
    )
    assert not hot_writes.change(payment, where={"state": "new"}, state="closed")
    payment.refresh_from_db()
    assert isinstance(payment, Payment)
    assert (payment.state, payment.asked_at) == ("open", NOON)


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Shanghai"), timezone(timedelta(hours=-9.5)), None])
@pytest.mark.parametrize("micros", [0, 1, 120_000])
def test_times_are_stored_as_by_django(zone: tzinfo | None, micros: int) -> None:
    at = datetime(2026, 3, 1, 23, 59, 58, micros, tzinfo=zone)
    django = DatabaseWrapper.ops_class(connection)
    assert hot_sql._stored_time(at) == django.adapt_datetimefield_value(at)


def test_database_rejects_second_open_stay(lot: Lot, camera: Device) -> None:
    see(camera, "沪A12345", NOON)
    text = "沪A12345"
    twin = ParkingSession(
        lot=lot,
        plate=seal_plate(lot.pk, text),
        plate_index=plate_index(lot.pk, text),
        plate_kind="ordinary",
        entered_at=NOON + timedelta(hours=1),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        hot_writes.insert(twin)


def test_missing_row_is_none(db: None) -> None:
    assert hot_sql.one(Sign, "code = %s", ["0" * 16]) is None
    with pytest.raises(ObjectDoesNotExist):
        hot_sql.by_id(Sign, 1)


def test_written_rows_keep_what_they_name(lot: Lot, camera: Device) -> None:
    session = sessions.begin(lane=camera.lane, plate=parse("沪A12345"), at=NOON)
    session.plate = session.plate_index = b"1"
    read = PlateRead(lot=lot, lane=camera.lane, device=camera, key="1", direction="entry", session=session)
    read.captured_at = read.received_at = read.moved_at = NOON
    read.outcome = PlateRead.Outcome.ENTERED
    hot_writes.insert_all(session, read)
    with CaptureQueriesContext(connection) as asked:
        assert read.session is session
    assert not asked.captured_queries
    assert read.session_id == session.pk is not None


def test_rows_written_together_match_orm(lot: Lot, camera: Device) -> None:
    """A session, its read and its command in one go are those that the ORM stores one by one."""

    def new(plate: str) -> list[models.Model]:
        session = sessions.begin(lane=camera.lane, plate=parse(plate), at=NOON)
        session.plate = session.plate_index = plate.encode()
        read = PlateRead(lot=lot, lane=camera.lane, device=camera, key=plate, direction="entry")
        read.captured_at = read.received_at = read.moved_at = NOON
        read.outcome, read.session = PlateRead.Outcome.ENTERED, session
        return [session, read, gates.opening(read, cause=GateCommand.Cause.ENTRY, session=session, at=NOON)]

    def again(row: models.Model) -> dict[str, Any]:
        return stored(type(row)._default_manager.get(pk=row.pk))

    by_hand, by_orm = new("沪A12345"), new("沪A12346")
    hot_writes.insert_all(*by_hand)
    session, read, command = by_orm
    session.save()
    read.session = session  # type: ignore[attr-defined] # the ORM takes its id now
    read.save()
    command.session, command.read = session, read  # type: ignore[attr-defined]
    command.save()
    assert [stored(row) for row in by_hand] == [again(row) for row in by_hand]
    assert again(by_hand[1])["session_id"] == again(by_hand[2])["session_id"] == by_hand[0].pk
    assert again(by_hand[2])["read_id"] == by_hand[1].pk
    own = {"id", "session_id", "read_id", "key", "plate", "plate_index"}
    for one, other in zip(by_hand, by_orm, strict=True):
        left, right = again(one), again(other)
        assert {name: left[name] for name in left.keys() - own} == {
            name: right[name] for name in right.keys() - own
        }


@pytest.mark.parametrize(("state", "moves"), [("new", True), ("open", False)])
def test_writes_along_need_the_first(
    rows: dict[type[models.Model], models.Model], state: str, moves: bool
) -> None:
    payment, session = rows[Payment], rows[ParkingSession]
    assert isinstance(payment, Payment)
    event = PaymentEvent(payment=payment, was="new", became="open", cause="start", at=NOON)
    entry = ledger.entries_of(payment, credited_fen=500, at=NOON)[0]
    done = hot_writes.together(
        hot_writes.changing(payment, where={"state": state}, state="open", asked_at=NOON),
        hot_writes.insertion(event),
        hot_writes.insertion(entry),
        hot_writes.changing(session, where={}, paid_fen=500, paid_at=NOON, exit_until=None),
    )
    assert done is moves
    assert payment.events.count() == payment.entries.count() == int(moves)
    session.refresh_from_db()
    payment.refresh_from_db()
    assert isinstance(session, ParkingSession)
    assert (session.paid_fen, payment.state) == ((500, "open") if moves else (0, "new"))
    if moves:
        assert stored(payment.events.get()) == stored(event) | {"id": payment.events.get().pk}
        assert stored(payment.entries.get()) == stored(entry) | {"id": payment.entries.get().pk}


@pytest.mark.parametrize("until", [NOON, NOON + timedelta(hours=5)])
def test_locked_facts_match_single_reads(
    rows: dict[type[models.Model], models.Model], lot: Lot, until: datetime
) -> None:
    session = rows[ParkingSession]
    assert isinstance(session, ParkingSession)
    for number, name in enumerate(("monthly", "")):
        Permit.objects.create(
            lot=lot,
            plate=session.plate,
            plate_index=session.plate_index,
            plate_kind="ordinary",
            source=Permit.Source.values[0],
            granted_at=NOON,
            name=name,
            valid_from=NOON + timedelta(hours=number),
            valid_until=NOON + timedelta(hours=number + 1),
        )
    price, version = price_session(session, until=until)
    with transaction.atomic():
        facts = of_locked_plate(lot.pk, parse("沪A12345"))
    assert facts is not None
    assert stored(facts.session) == stored(session)
    assert facts.version == (version.pk, version.version, version.counts_from)
    assert facts.price(until=until) == price
    assert list(facts.permits) == active_for(session)
    assert facts.probed == {"has_relief": 0}


def test_locked_facts_without_session_are_none(lot: Lot) -> None:
    with transaction.atomic():
        assert of_locked_plate(lot.pk, parse("沪A12345")) is None


def test_locked_pair_matches_orm(rows: dict[type[models.Model], models.Model]) -> None:
    payment, session = rows[Payment], rows[ParkingSession]
    with transaction.atomic():
        found, others = hot_sql.both_and(
            Payment, ParkingSession, "b.id = a.session_id", "a.id = %s", [payment.pk], ("SELECT 7", [])
        )
        assert found is not None
        assert [tuple(row) for row in others] == [(7,)]
        assert [stored(row) for row in found] == [
            stored(Payment.objects.get(pk=payment.pk)),
            stored(ParkingSession.objects.get(pk=session.pk)),
        ]
        absent = hot_sql.both_and(
            Payment, ParkingSession, "b.id = a.session_id", "a.id = %s", [0], ("SELECT 7", [])
        )
        assert absent[0] is None


@pytest.mark.postgresql
def test_one_statement_entry_matches_full_way(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for quick in (True, False):
        if not quick:
            monkeypatch.setattr(plate_reads, "_entry_at_once", lambda *_: None)
        camera = make_device(make_lot(slug=f"quick-{quick}"), "entry")
        verdicts = [see(camera, "沪A12345", NOON, key=key) for key in ("one", "one", "two")]
        assert [verdict.opens(NOON) for verdict in verdicts[:2]] == [True, True]
        assert verdicts[0].read.pk == verdicts[1].read.pk
        written.append([shape_of(model, camera.lot) for model in (ParkingSession, PlateRead, GateCommand)])
    assert written[0] == written[1]


def shape_of(model: type[models.Model], lot: Lot) -> list[dict[str, Any]]:
    """Return what is stored in a lot without what differs between two lots: ids, and what lots seal."""
    sealed = {"plate", "plate_index"}
    return [
        {
            name: value
            if value is None or not (name == "id" or name.endswith("_id") or name in sealed)
            else "…"
            for name, value in stored(row).items()
        }
        for row in model._default_manager.filter(lot=lot).order_by("pk")
    ]


def test_raw_read_is_a_stored_row(lot: Lot, camera: Device) -> None:
    for row in (lot, camera):
        model = type(row)
        expected = model._default_manager.get(pk=row.pk)
        found = hot_sql.by_id(model, row.pk)
        values, other = dict(vars(found)), dict(vars(expected))
        states = values.pop("_state"), other.pop("_state")
        assert values == other
        assert [(state.adding, state.db) for state in states] == [(False, "default")] * 2


def test_new_row_is_what_its_model_builds(lot: Lot, camera: Device) -> None:
    at = NOON
    read = PlateRead(lot=lot, lane=camera.lane, device=camera, key="1", captured_at=at, received_at=at)
    shapes: list[tuple[type[models.Model], dict[str, Any]]] = [
        (PlateRead, {"lot_id": lot.pk, "lane": camera.lane, "device": camera, "key": "1", "offline": True}),
        (ParkingSession, {"lot_id": lot.pk, "entry_lane": camera.lane, "entered_at": at}),
        (ParkingSession, {"lot": lot, "exit_lane": None}),
        (GateCommand, {"id": UUID(int=7), "read": read, "lane_id": camera.lane_id, "cause": "entry"}),
        (LedgerEntry, {"lot_id": lot.pk, "amount_fen": 5, "at": at}),
        (PaymentEvent, {"payment_id": 3, "at": at}),
        (Payment, {"lot_id": lot.pk, "session_id": 3, "lines": [{}], "amount_fen": 5, "created_at": at}),
    ]
    for model, values in shapes:
        found, expected = hot_sql.new(model, **values), model(**values)
        states = [vars(row).pop("_state") for row in (found, expected)]
        assert vars(found) == vars(expected)
        assert [state.adding for state in states] == [True, True]
        assert states[0].fields_cache == states[1].fields_cache
    assert hot_sql.new(GateCommand, read=read) is read.command
    assert hot_sql.new(GateCommand).pk != hot_sql.new(GateCommand).pk
    with pytest.raises(TypeError, match="no such fields"):
        hot_sql.new(GateCommand, lamp=1)
