"""Stays and reads are listed by their own time: what is uploaded late stands where it happened."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from console import background_kinds, lists
from console.read_pages import ReadList
from console.session_list import SessionList
from lots.models import ParkingSession, PlateRead
from tests.factories import make_device, make_lot, see

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
HOURS = (3, 1, 2, 5, 4)  # since the entry, in the order of the uploads


@pytest.fixture
def lot():
    lot, at = make_lot(slug="own"), now()
    entry = make_device(lot, "entry")
    for number, hours in enumerate(HOURS):
        see(entry, f"沪A1111{number}", at - timedelta(hours=hours), offline=True, received=at)
    return lot


@pytest.fixture(params=[2, 10_000], ids=["many", "few"])
def counted(request, monkeypatch):
    """Let the list be one that is too long to sort, and one that is not."""
    monkeypatch.setattr(lists, "MOST_COUNTED", request.param)


def rows(answer):
    return [line["row"].pk for line in answer.context["lines"]]


def pages(client, address):
    """Return the rows of all pages, a row each."""
    seen, query = [], "?size=1"
    while query:
        answer = client.get(f"{address}{query}")
        seen += rows(answer)
        query = answer.context["found"].older
    return seen


def by_time(model, name):
    return list(model.objects.order_by(f"-{name}", "-pk").values_list("pk", flat=True))


@pytest.mark.usefixtures("counted")
def test_late_uploads_stand_at_their_time(duty):
    assert rows(duty.get("/console/stays")) == by_time(ParkingSession, "entered_at")
    assert rows(duty.get("/console/reads")) == by_time(PlateRead, "captured_at")


@pytest.mark.usefixtures("counted")
def test_pages_show_each_row_once(duty, monkeypatch):
    monkeypatch.setattr(lists, "SIZES", (1,))
    at = now() - timedelta(hours=2)
    PlateRead.objects.filter(pk__in=by_time(PlateRead, "captured_at")[:3]).update(captured_at=at)  # a tie
    assert pages(duty, "/console/reads") == by_time(PlateRead, "captured_at")
    assert pages(duty, "/console/stays") == by_time(ParkingSession, "entered_at")


@pytest.mark.usefixtures("counted")
def test_unread_entry_stands_at_the_exit(duty, lot, monkeypatch):
    monkeypatch.setattr(lists, "SIZES", (1,))
    left = now() - timedelta(hours=2, minutes=30)
    row = ParkingSession.objects.create(lot=lot, plate_kind="ordinary", left_at=left)
    assert pages(duty, "/console/stays").index(row.pk) == sorted(HOURS).index(3)


def test_next_page_survives_a_deleted_row(duty, monkeypatch):
    monkeypatch.setattr(lists, "SIZES", (1,))
    first, second, *_more = by_time(PlateRead, "captured_at")
    answer = duty.get("/console/reads?size=1")
    assert rows(answer) == [first]
    PlateRead.objects.filter(pk=first).delete()
    assert rows(duty.get(f"/console/reads{answer.context['found'].older}")) == [second]


@pytest.mark.parametrize("before", ["1", "-", "1-", "-1", "x-1", "9" * 18 + "-1", "1-" + "9" * 18])
def test_malformed_place_stays_answered(duty, before):
    assert duty.get(f"/console/reads?before={before}").status_code == 200


@pytest.mark.parametrize("state", ["", "?state=inside"])
def test_new_rows_move_no_page(duty, lot, monkeypatch, state):
    monkeypatch.setattr(lists, "SIZES", (1,))
    expected = by_time(ParkingSession, "entered_at")
    answer = duty.get(f"/console/stays{state or '?'}&size=1")
    see(make_device(lot, "entry"), "沪B22222", now())
    assert rows(duty.get(f"/console/stays{answer.context['found'].older}")) == expected[1:2]


def test_files_have_the_order_of_the_page(duty, monkeypatch):
    monkeypatch.setattr(background_kinds, "BATCH", 2)
    text = duty.get("/console/reads?file=csv").content.decode("utf-8-sig")
    moments = [line.partition(",")[0] for line in text.splitlines()[1:]]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == len(HOURS)
    batches = list(background_kinds._batches(ReadList(), PlateRead.objects.all()))
    assert [row.pk for batch in batches for row in batch] == by_time(PlateRead, "captured_at")
    assert [len(batch) for batch in batches] == [2, 2, 1]


@pytest.mark.parametrize(
    ("page", "index"), [(SessionList, "session_by_time"), (ReadList, "read_by_time")], ids=["stays", "reads"]
)
def test_order_and_place_are_found_by_index(lot, page, index):
    """A page walks the index from where it begins; nothing is sorted but rows of one moment."""
    order = page.newest
    row = page.model.objects.order_by("pk")[2]
    found = order.sorted(order.after(page.model.objects.all(), order.place(row)))[:2]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = found.explain()
    assert index in plan
    assert "Index Cond" in plan if connection.vendor == "postgresql" else "<" in plan


def test_dates_of_earlier_years_name_them(duty):
    """A stay of last year is listed and shown with its year, one of this year without."""
    old, new = ParkingSession.objects.order_by("pk")[:2]
    this_year = now().year
    for row, year in ((old, this_year - 1), (new, this_year)):
        ParkingSession.objects.filter(pk=row.pk).update(entered_at=datetime(year, 1, 1, 4, tzinfo=UTC))
    listed = duty.get("/console/stays").content.decode()
    assert f'<span class="date">{this_year - 1}-01-01</span> 12:00' in listed
    assert '<span class="date">01-01</span> 12:00' in listed
    assert f"{this_year - 1}-01-01 12:00:00" in duty.get(f"/console/stays/{old.pk}").content.decode()
