"""The stored link of a lot: sealed secrets, one row of ours for a session of the other system."""

import pytest
from django.db import connection
from django.utils.timezone import now

from lots.models import ParkingSession, ParkingSystemLink, SystemSession
from lots.plates import parse
from lots.systems import system_of
from lots.systems.links import link_of, session_id_of
from lots.systems.parking_system import Charge, ChargeQuery, PaidCharge, TryAgain, Unreachable
from lots.tariffs import PriceLine
from tests.factories import make_lot
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named

pytestmark = pytest.mark.django_db
PLATE = parse("沪A12345")


@pytest.fixture
def aike():
    return vendor_named("aike")


def charge_in(lot):
    return system_of(lot).charge(ChargeQuery(now(), plate=PLATE))


def test_linked_lot_is_asked(aike):
    aike.simulator.park.enter(PLATE.text, 800)
    assert charge_in(lot_in_front_of(aike)).due_fen == 800


def test_secrets_are_sealed_to_their_lot(aike):
    lot, other = lot_in_front_of(aike), lot_in_front_of(aike)
    row = ParkingSystemLink.objects.get(lot=lot)
    assert b"123456" not in bytes(row.secrets)
    assert link_of(lot).secrets == aike.simulator.secrets
    ParkingSystemLink.objects.filter(lot=other).update(secrets=row.secrets)
    assert link_of(other) is None
    assert "123456" not in repr(link_of(lot))


def test_lot_without_a_link_is_unreachable():
    lot = make_lot(system="aike")
    assert charge_in(lot) == Unreachable("not_configured")
    assert system_of(lot).settle(PaidCharge("r", "s", "N", 1, now(), "wechat")) == TryAgain("not_configured")


def test_look_up_writes_nothing(aike, django_assert_num_queries):
    aike.simulator.park.enter(PLATE.text, 800)
    lot = lot_in_front_of(aike)
    with django_assert_num_queries(1):
        charge_in(lot)
    assert not ParkingSession.objects.exists()


def test_session_has_one_row_without_plate(aike):
    aike.simulator.park.enter(PLATE.text, 800)
    lot = lot_in_front_of(aike)
    charge = charge_in(lot)
    assert isinstance(charge, Charge)
    first = session_id_of(lot, charge)
    assert session_id_of(lot, charge_in(lot)) == first
    row = ParkingSession.objects.get()
    assert (row.pk, row.plate, row.plate_index, row.entered_at) == (first, None, None, charge.entered_at)
    assert SystemSession.objects.get().reference == charge.session


def test_session_of_our_own_is_its_id(lot):
    charge = Charge("7", "7", 1, 0, 1, (), now(), now())
    assert session_id_of(lot, charge) == 7


def test_no_table_has_the_plate(aike):
    aike.simulator.park.enter(PLATE.text, 800)
    lot = lot_in_front_of(aike)
    session_id_of(lot, charge_in(lot))
    for table in ("lots_systemsession", "lots_parkingsession", "lots_parkingsystemlink"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            assert "12345'" not in repr(cursor.fetchall()).replace("123456", "")


def test_charge_must_add_up_to_its_lines():
    with pytest.raises(ValueError, match="add up"):
        Charge("7", "7", 500, 0, 500, (PriceLine("units", 400, {}),), now(), now())
