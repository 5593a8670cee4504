"""Pages that look at every lot of a person cost no more statements with two hundred lots than with two."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from console import attention
from lots.models import Lot, ParkingSession
from staff.models import PlateAccess, Role
from tests.console.test_compliance import act
from tests.factories import make_device, make_lot, make_person, see

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PLATE = "沪A12345"
AUDIT = "/console/compliance/audit"


@pytest.fixture
def lot():
    return make_lot()


def add_lots(lot, count):
    """Add lots of the same operator."""
    Lot.objects.bulk_create(
        Lot(operator=lot.operator, slug=f"more-{number}", name=f"停车场 {number}") for number in range(count)
    )


def statements(send):
    """Return how many statements a request takes, with those that count for the header."""
    send()
    attention.forget()  # else a slow machine counts again at some requests only
    with CaptureQueriesContext(connection) as found:
        assert send().status_code == 200
    return len(found)


def test_plate_search_statements_ignore_lots(lot, owner):
    see(make_device(lot, "entry"), PLATE, now() - timedelta(hours=1))

    def find():
        return owner.post("/console/stays/find", {"q": PLATE})

    few = statements(find)
    add_lots(lot, 198)
    assert statements(find) == few
    assert [line["row"] for line in find().context["lines"]] == [ParkingSession.objects.get()]


def test_plate_is_found_in_each_lot(lot, owner):
    add_lots(lot, 3)
    for each in Lot.objects.all():
        see(make_device(each, "entry"), PLATE, now() - timedelta(hours=1))
    see(make_device(make_lot(slug="foreign"), "entry"), PLATE, now() - timedelta(hours=1))
    found = {line["row"].lot for line in owner.post("/console/stays/find", {"q": PLATE}).context["lines"]}
    assert found == set(Lot.objects.filter(operator=lot.operator))


def test_audit_statements_ignore_lots(lot, owner):
    act(lot, make_person(Role.DUTY, lot=lot))
    few = statements(lambda: owner.get(AUDIT))
    add_lots(lot, 198)
    assert statements(lambda: owner.get(AUDIT)) == few
    assert few < 60


@pytest.mark.parametrize("size", [20, 50])
def test_audit_total_counts_all_pages(lot, owner, size):
    staff, at = make_person(Role.DUTY, lot=lot), now()
    PlateAccess.objects.bulk_create(
        PlateAccess(staff=staff, lot=lot, kind="part", count=1, at=at - timedelta(minutes=number))
        for number in range(70)
    )
    act(lot, staff)
    every, address, totals = 0, f"{AUDIT}?size={size}", set()
    while address:
        page = owner.get(address).context
        every += len(page["lines"])
        totals.add(page["page"].total)
        address = page["found"].older and f"{AUDIT}{page['found'].older}"
    assert totals == {every}
