"""Where the way out is jammed, cars that have paid are not asked again because they had to queue."""

from datetime import timedelta
from uuid import uuid4

import pytest

from lots import exit_grace
from lots.models import GateCommand, Lot
from lots.plates import parse
from lots.sessions import due_fen
from payments import exit_grace_override, staff_actions
from payments.balance_corrections import settle_up
from payments.models import Debt, StaffAct
from payments.session_timeline import timeline
from staff.models import Role
from tests.factories import NOON, make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import OTHER, PLATE, by, fresh, park, pay
from tests.payments.payment_steps import look_up

pytestmark = pytest.mark.django_db
THIRD = "沪C13579"
LEAVING = NOON + timedelta(minutes=110)  # 10 yuan; ten minutes later 15


def later(minutes):
    return LEAVING + timedelta(minutes=minutes)


@pytest.fixture
def lot():
    return make_lot(slug="lot-x")


@pytest.fixture
def entry(lot):
    return make_device(lot, "entry")


@pytest.fixture
def paid(lot, entry, channel):
    """A car that paid at `LEAVING`, so that it may go until 15 minutes later."""
    session = park(entry)
    pay(lot, channel, at=LEAVING)
    return fresh(session)


def test_queueing_paid_car_owes_nothing_more(lot, paid):
    way_out = make_device(lot, "exit")
    held = see(way_out, PLATE, later(20))
    assert (held.read.outcome, held.due_fen) == ("held", 500)
    act = exit_grace_override.lengthen(lot, minutes=30, by=by(), at=later(20))
    assert fresh(paid).exit_until == later(50)
    assert GateCommand.objects.get(cause="paid").lane == way_out.lane  # it stands there: it goes at once
    assert f"1 cars until {later(50):%Y-%m-%dT%H:%M}Z" in act.subject


def test_payment_during_jam_extends_window(lot, entry, channel):
    first, second = park(entry), park(entry, OTHER)
    exit_grace_override.lengthen(lot, minutes=30, by=by(), at=LEAVING)
    lot.refresh_from_db()
    pay(lot, channel, at=LEAVING)
    assert fresh(first).exit_until == later(30)
    pay(lot, channel, OTHER, at=later(29))
    assert fresh(second).exit_until == later(29 + 15)  # no window is shorter than the usual one
    exit_grace_override.end(lot, by=by(), at=later(29))
    third = park(entry, THIRD)
    pay(lot, channel, THIRD, at=later(29))
    assert fresh(third).exit_until == later(29 + 15)


def test_extension_excludes_unpaid_and_expired(lot, entry, paid):
    unpaid = park(entry, OTHER)
    assert exit_grace.paid_inside(lot, at=later(31)) == 0
    exit_grace_override.lengthen(lot, minutes=30, by=by(), at=later(31))
    assert fresh(paid).exit_until == later(15)
    assert fresh(unpaid).exit_until is None
    assert due_fen(paid, at=later(61)) == 500
    assert look_up(lot=lot, plate=parse(OTHER), at=later(31)).amount_fen == 1500


def test_extended_exit_leaves_no_debt(lot, paid):
    exit_grace_override.lengthen(lot, minutes=60, by=by(), at=later(10))
    see(make_device(lot, "exit"), PLATE, later(65))
    left = fresh(paid)
    assert left.left_at == later(65)
    assert settle_up(left, at=later(66), cause="times").debt is None
    assert not Debt.objects.exists()


def test_moved_payment_receives_extension(lot, entry, channel):
    session, other = park(entry), park(entry, OTHER)
    payment = pay(lot, channel, at=LEAVING)
    staff_actions.move(payment, to=other, by=by(), at=later(1))
    exit_grace_override.lengthen(lot, minutes=60, by=by(), at=later(5))
    assert settle_up(fresh(other), at=later(61), cause="times").debt is None
    assert fresh(other).exit_until == later(65)
    assert fresh(session).exit_until is None


def test_repeated_extension_is_one_act(lot, paid):
    press = by()
    for _ in range(2):
        exit_grace_override.lengthen(lot, minutes=30, by=press, at=later(5))
    acts = [moment.row for moment in timeline(fresh(paid)) if moment.what == "act"]
    assert [(act.kind, act.reason) for act in acts] == [("jam", "司机要求")]
    assert fresh(paid).exit_until == later(35)


@pytest.mark.parametrize("minutes", [0, -5, 241])
def test_invalid_jam_minutes_are_refused(lot, minutes):
    with pytest.raises(exit_grace.BadJam):
        exit_grace_override.lengthen(lot, minutes=minutes, by=by(), at=LEAVING)
    assert not StaffAct.objects.exists()


def test_extension_leaves_other_lots_unchanged(lot, entry, channel, paid):
    elsewhere = make_lot()
    session = park(make_device(elsewhere, "entry"), OTHER)
    pay(elsewhere, channel, OTHER, at=LEAVING)
    exit_grace_override.lengthen(lot, minutes=60, by=by(), at=later(5))
    assert fresh(session).exit_until == later(15)
    assert Lot.objects.get(pk=elsewhere.pk).jam_until is None


def test_exits_page_extends_and_validates(lot, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    client = signed_in(make_person(Role.DUTY, lot=lot))
    assert "/console/exits/lot-x" in client.get("/console/lots/lot-x").content.decode()
    page = client.get("/console/exits/lot-x").content.decode()
    assert 'value="30"' in page  # the lot's own setting
    refused = client.post(
        "/console/exits/lot-x/lengthen", {"act": uuid4(), "minutes": "999", "reason": "出口排队"}
    )
    assert refused.status_code == 422
    values = {"act": uuid4(), "minutes": "30", "reason": "出口排队"}
    assert client.post("/console/exits/lot-x/lengthen", values).status_code == 302
    page = client.get("/console/exits/lot-x").content.decode()
    assert "可离场至" in page
    assert "原因：出口排队" in page
    assert "（0 辆，至" in page
    client.post("/console/exits/lot-x/end", {"act": uuid4(), "reason": "出口已通畅"})
    assert Lot.objects.get(pk=lot.pk).jam_until is None
    client.force_login(make_person(Role.BOOTH, lot=lot))
    assert client.get("/console/exits/lot-x").status_code == 403
