"""Who opened which barrier by hand: for those who may open the barriers of that lot, and nobody else."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import localtime, now

from lots.models import Lane
from payments import staff_actions
from payments.models import StaffAct
from staff.models import Role
from staff.permissions import MAY
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import by

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PLATE = "沪A12345"
PAGE = "/console/openings"


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def lanes(lot):
    """Return two exits."""
    found = [make_device(lot, "exit").lane for _ in range(2)]
    for number, lane in enumerate(found, 1):
        Lane.objects.filter(pk=lane.pk).update(name=f"{number} 号车道")
    return found


def lines(client, query=""):
    return [line["row"] for line in client.get(f"{PAGE}{query}").context["lines"]]


def test_duty_manager_finds_who_opened(duty, lanes):
    night = localtime().replace(hour=3, minute=10, second=0, microsecond=0) - timedelta(days=1)
    for lane in lanes:
        staff_actions.open_lane(lane, by=by("wang", "夜班放行"), at=night)
    staff_actions.open_lane(lanes[1], by=by("li", "送货"), at=night + timedelta(hours=1))
    begin, end = night - timedelta(minutes=10), night + timedelta(minutes=10)
    query = f"?lane={lanes[1].pk}&begin={begin:%Y-%m-%dT%H:%M}&end={end:%Y-%m-%dT%H:%M}"
    page = duty.get(f"{PAGE}{query}").content.decode()
    row = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert row.count("<tr") == 1
    assert all(word in row for word in ("03:10", "2 号车道", "wang", "夜班放行"))


def test_release_names_its_lane_and_stay(duty, lot):
    at = now()
    see(make_device(lot, "entry"), PLATE, at - timedelta(hours=3))
    read = see(make_device(lot, "exit"), PLATE, at).read
    staff_actions.release(read.session, by=by("wang", "车主无法付款"), at=at)
    [row] = lines(duty)
    assert (row.lane, row.kind) == (read.lane, "released")
    page = duty.get(PAGE).content.decode()
    assert f"/console/stays/{read.session_id}" in page
    assert PLATE[2:] not in page


def test_other_acts_are_not_listed(duty, lot):
    at = now()
    read = see(make_device(lot, "entry"), PLATE, at - timedelta(hours=3)).read
    staff_actions.end_session(read.session, left_at=at, by=by("wang", "已离场"), at=at)
    assert StaffAct.objects.exists()
    assert lines(duty) == []


def test_openings_of_other_lots_stay_hidden(duty):
    strange = make_device(make_lot(slug="strange"), "exit").lane
    staff_actions.open_lane(strange, by=by(), at=now())
    assert lines(duty) == lines(duty, "?lot=strange") == lines(duty, f"?lane={strange.pk}") == []


@pytest.mark.parametrize("role", Role)
def test_openings_need_permission_to_see_sessions(lot, role):
    allowed = signed_in(make_person(role, lot=lot)).get(PAGE).status_code == 200
    assert allowed == (role in MAY["stays.see"])


def test_openings_are_exported(duty, lanes):
    staff_actions.open_lane(lanes[0], by=by("wang", "夜班放行"), at=now())
    text = duty.get(f"{PAGE}?file=csv").content.decode("utf-8-sig")
    [_head, row] = csv.reader(io.StringIO(text))
    assert {"1 号车道", "wang", "夜班放行"} <= set(row)


def test_booth_leads_to_openings(duty, lot):
    make_device(lot, "exit")
    assert f'href="{PAGE}?lot=own"' in duty.get("/console/booth/own").content.decode()


def test_opening_without_lane_is_refused(lot):
    act = by()
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffAct.objects.create(
            act=act.act, kind="opened", staff=act.staff, lot=lot, at=now(), reason="x", subject="x"
        )
