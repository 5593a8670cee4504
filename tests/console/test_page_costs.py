"""Pages that look at every lot of a person cost no more statements with two hundred lots than with two."""

from datetime import timedelta

import pytest
from django import forms
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from pytest_django.asserts import assertHTMLEqual

from compliance.audit import audit_log
from console import attention, lists
from console.list_filters import Filter
from core.keyset import slice_by_time
from lots.models import Lot, ParkingSession
from staff.access import Access
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


def test_audit_statements_name_no_lots(lot):
    """Some thirty statements of two hundred ids each were half of the page's time."""
    owner = make_person(Role.OWNER, operator=lot.operator)
    add_lots(lot, 198)
    with CaptureQueriesContext(connection) as found:
        audit_log.page(Access(owner, "audit.see"), audit_log.AuditFilter(), most=lists.MOST_COUNTED)
    assert found.captured_queries
    assert not [query for query in found.captured_queries if query["sql"].count(", ") > 150]


@pytest.mark.parametrize("chosen", [{}, {"lot": "more-1"}, {"lot": "unknown"}])
def test_lot_choice_is_written_as_django_does(lot, chosen):
    add_lots(lot, 2)
    Lot.objects.filter(slug="more-0").update(name='A "quoted" & <long> name')
    field = Filter(chosen, lots=Lot.objects.all())["lot"]
    usual = forms.Select(choices=field.field.widget.choices)
    usual.is_required = False
    assertHTMLEqual(str(field), field.as_widget(usual))


@pytest.mark.parametrize(("most", "few"), [(5, True), (1, False)])
def test_many_sessions_inside_are_not_sorted(lot, owner, monkeypatch, most, few):
    """Fifty thousand rows sorted for one page took 150 ms; an index has them in this order."""
    for plate in (PLATE, "沪B12345"):
        see(make_device(lot, "entry"), plate, now() - timedelta(hours=1))
    asked = []
    monkeypatch.setattr(lists, "MOST_COUNTED", most)
    monkeypatch.setattr(
        lists, "slice_by_time", lambda *given, few: asked.append(few) or slice_by_time(*given, few=few)
    )
    page = owner.get("/console/stays?state=inside").context
    assert (len(page["lines"]), asked) == (2, [few])


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
