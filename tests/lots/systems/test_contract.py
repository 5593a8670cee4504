"""What every parking system answers: plain values for ordinary answers, and no effect of asking."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lots import permits
from lots.models import GateCommand, ParkingSession, TariffVersion
from lots.plates import parse
from lots.systems import system_of
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
    Unreachable,
)
from tests.factories import NOON, make_lot, see

pytestmark = pytest.mark.django_db
PLATE = parse("沪A12345")
LEAVING = NOON + timedelta(minutes=61)


@pytest.fixture
def system(lot):
    return system_of(lot)


@pytest.fixture
def parked(entry):
    see(entry, PLATE.text, NOON)
    return ParkingSession.objects.get()


def ask(system, plate=PLATE, at=LEAVING):
    return system.charge(ChargeQuery(at, plate=plate))


def test_charge_explains_its_price(system, parked):
    charge = ask(system)
    assert isinstance(charge, Charge)
    assert (charge.price_fen, charge.paid_fen, charge.due_fen) == (1000, 0, 1000)
    assert sum(line.fen for line in charge.lines) == charge.price_fen
    assert (charge.until, charge.valid_until) == (LEAVING, LEAVING + timedelta(minutes=5))
    assert (charge.session, charge.tariff_version, charge.has_left) == (str(parked.pk), 1, False)
    assert charge.masked_plate == ""


def test_charge_writes_nothing(system, parked, way_out):
    see(way_out, PLATE.text, NOON + timedelta(minutes=61))
    ParkingSession.objects.update(paid_fen=1000, paid_at=LEAVING, exit_until=LEAVING + timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        assert isinstance(ask(system), NothingDue)
    assert all(query["sql"].lstrip().startswith("SELECT") for query in queries)
    assert not GateCommand.objects.filter(session=parked).exclude(cause="entry").exists()


def test_charge_can_be_asked_again(system, parked):
    first = ask(system)
    again = system.charge(ChargeQuery(LEAVING, reference=first.reference, session=first.session))
    assert again.masked_plate == "沪A***45"
    assert (again.due_fen, again.lines, again.until) == (first.due_fen, first.lines, first.until)


def test_absent_free_and_paid_owe_nothing(system, entry, parked):
    see(entry, "沪B22222", LEAVING)
    assert ask(system, parse("沪Z99999")) == NothingDue(Nothing.ABSENT)
    assert ask(system, parse("沪B22222")).reason is Nothing.FREE
    ParkingSession.objects.filter(pk=parked.pk).update(
        paid_fen=1000, paid_at=LEAVING, exit_until=LEAVING + timedelta(minutes=15)
    )
    paid = ask(system)
    assert (paid.reason, paid.leave_by) == (Nothing.PAID, LEAVING + timedelta(minutes=15))


def test_lane_query_finds_waiting_car(system, parked, way_out):
    query = ChargeQuery(LEAVING, lane=way_out.lane_id)
    assert system.charge(query) == NothingDue(Nothing.NO_LANE_CAR)
    see(way_out, PLATE.text, LEAVING)
    charge = system.charge(query)
    assert (charge.due_fen, charge.masked_plate) == (1000, "沪A***45")


def test_settled_car_at_exit_is_marked(system, parked, way_out):
    see(way_out, PLATE.text, LEAVING)
    assert isinstance(ask(system), Charge)
    ParkingSession.objects.update(paid_fen=1000)
    assert ask(system).at_exit


def test_other_lot_finds_nothing(parked):
    other = system_of(make_lot())
    assert ask(other) == NothingDue(Nothing.ABSENT)
    named = ChargeQuery(LEAVING, reference=str(parked.pk), session=str(parked.pk))
    assert other.charge(named) == NothingDue(Nothing.ABSENT)


def test_missing_tariff_is_a_fault(system, parked):
    TariffVersion.objects.all().delete()
    assert ask(system) == ask(system, parse("沪Z99999")) == Unreachable("no_tariff")


@pytest.mark.parametrize("plate", ["沪A12345", "沪Z99999", "沪B33333"])
def test_every_plate_costs_one_statement(system, lot, parked, plate):
    permits.grant(
        lot=lot,
        plate=parse("沪B33333"),
        valid_from=NOON,
        valid_until=NOON + timedelta(days=30),
        hours=permits.Hours(0, 23 * 3600),
        source=permits.Source.STAFF,
        at=NOON,
    )
    ask(system)  # the tariff is parsed once
    with CaptureQueriesContext(connection) as queries:
        ask(system, parse(plate))
    assert len(queries) == 1


def test_facts_equal_those_of_the_orm(system, lot, parked):
    """The one statement against the plain path: `price_session` reads each thing on its own."""
    from lots.pricing import price_session
    from lots.session_facts import of_plate

    permits.grant(
        lot=lot,
        plate=PLATE,
        valid_from=NOON + timedelta(minutes=20),
        valid_until=NOON + timedelta(days=30),
        source=permits.Source.STAFF,
        at=NOON,
    )
    for minutes in (1, 16, 61, 700, 1500, 5000):
        until = NOON + timedelta(minutes=minutes)
        facts = of_plate(lot, PLATE, at=until)
        assert facts.session == parked
        assert facts.price(until=until) == price_session(parked, until=until)[0]


def test_settlement_is_accepted_again(system, parked):
    paid = PaidCharge(str(parked.pk), str(parked.pk), "N1", 1000, LEAVING, "fake")
    assert system.settle(paid) == system.settle(paid) == Accepted(None)


def test_settlement_of_unknown_session_is_gone(system):
    assert system.settle(PaidCharge("9", "9", "N1", 1000, LEAVING, "fake")) == SessionGone()
