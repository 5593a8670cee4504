"""What a camera says the vehicle is: kept with the read, decided for the stay at its entry, charged by."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from lots.models import ParkingSession, PlateRead
from lots.pricing import price_session
from lots.tariffs.charging_rules import Seen
from lots.tickets import issue_ticket
from payments import staff_actions
from payments.models import Debt, StaffAct
from payments.staff_action_log import ActedBy
from tests.devices.callers import alarm, call, push, read
from tests.factories import NOON, make_device, make_lot, make_person, see
from tests.lots.tariffs.published import hourly, simple

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
HOUR = timedelta(hours=1)
BY_CLASS = simple(500) | {
    "classes": [
        {"name": seen.value, "seen_as": [seen.value], "rule": {"steps": hourly(1000 + 100 * number)}}
        for number, seen in enumerate(Seen)
    ]
}
PRICES = {seen: 1000 + 100 * number for number, seen in enumerate(Seen)}


@pytest.fixture
def lot():
    return make_lot(tariff=BY_CLASS)


@pytest.fixture
def entry(lot):
    return make_device(lot, "entry")


@pytest.fixture
def way_out(lot):
    return make_device(lot, "exit")


def session():
    return ParkingSession.objects.latest("pk")


def fen(until=NOON + HOUR):
    return price_session(session(), until=until)[0].fen


def correct(session, seen, at):
    by = ActedBy(uuid4(), make_person("duty", lot=session.lot), "相机看错")
    return staff_actions.correct_class(session, vehicle_class=seen, by=by, at=at)


@pytest.mark.parametrize("seen", Seen)
def test_stay_uses_class_seen_at_entry(entry, way_out, seen):
    see(entry, PLATE, NOON, vehicle_class=seen)
    assert (PlateRead.objects.get().vehicle_class, session().vehicle_class, fen()) == (
        seen,
        seen,
        PRICES[seen],
    )
    other = next(one for one in Seen if one is not seen)
    assert see(way_out, PLATE, NOON + HOUR, vehicle_class=other).due_fen == PRICES[seen]
    assert session().vehicle_class == seen


def test_missing_class_falls_back_to_plate(entry):
    see(entry, PLATE, NOON)
    assert (session().vehicle_class, fen()) == ("", 500)


@pytest.mark.parametrize("seen", Seen)
def test_api_read_sets_vehicle_class(lot, seen):
    gate = make_device(lot, "entry", make="api")
    assert call(gate, "reads", read(now(), plate=PLATE, vehicle_class=seen.value)).status_code == 200
    assert session().vehicle_class == seen


@pytest.mark.parametrize("nonsense", ["tank", "", 1, None, ["small"]])
def test_api_refuses_unknown_vehicle_class(lot, nonsense):
    gate = make_device(lot, "entry", make="api")
    answer = call(gate, "reads", read(now(), plate=PLATE, vehicle_class=nonsense))
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "vehicle_class")
    assert not PlateRead.objects.exists()


@pytest.mark.parametrize(
    ("kind", "colour", "expected"),
    [
        (1, 1, "small"),
        (2, 4, "small"),
        (3, 2, "large"),
        (4, 2, "large"),
        (19, 5, "new_energy"),
        (20, 6, "large"),
        (0, 1, "small"),
        (0, 2, "large"),
        (0, 5, "new_energy"),
        (0, 6, "large"),
        (0, 0, ""),
        (0, 999, ""),
        (5, 3, ""),  # police: the plate says so
        (13, 2, ""),  # a trainer's yellow plate is on a small car
        (9999, 1, ""),
    ],
)
def test_vzenith_plate_type_sets_class(entry, kind, colour, expected):
    answer = push(entry, alarm(entry, now(), plate=PLATE, type=kind, colorType=colour))
    assert answer.status_code == 200
    assert session().vehicle_class == expected


def test_offline_entry_sets_vehicle_class(entry, way_out):
    see(entry, PLATE, NOON, vehicle_class=Seen.GOODS, offline=True, received=NOON + HOUR)
    assert session().vehicle_class == "goods"
    assert see(way_out, PLATE, NOON + HOUR).due_fen == PRICES[Seen.GOODS]


def test_unplated_vehicle_keeps_seen_class(entry):
    see(entry, None, NOON, vehicle_class=Seen.MOTORCYCLE)
    issue_ticket(lane=entry.lane, at=NOON)
    assert (session().vehicle_class, fen()) == ("motorcycle", PRICES[Seen.MOTORCYCLE])


def test_corrected_class_survives_later_reads(entry):
    see(entry, PLATE, NOON, vehicle_class=Seen.LARGE)
    for _ in range(2):
        correct(session(), Seen.SMALL, NOON + HOUR / 2)
    assert fen() == PRICES[Seen.SMALL]
    act = StaffAct.objects.filter(kind="class").first()
    assert (act.reason, act.session) == ("相机看错", session())
    see(entry, PLATE, NOON - HOUR, vehicle_class=Seen.LARGE, offline=True, received=NOON + HOUR)
    assert ParkingSession.objects.get(entered_at=NOON).vehicle_class == "small"


def test_class_correction_after_exit_creates_debt(lot, entry, way_out):
    see(entry, PLATE, NOON, vehicle_class=Seen.SMALL)
    ParkingSession.objects.update(left_at=NOON + HOUR, exit_lane=way_out.lane, departure="manual")
    correct(session(), Seen.LARGE, NOON + 2 * HOUR)
    assert Debt.objects.get().amount_fen == PRICES[Seen.LARGE]
