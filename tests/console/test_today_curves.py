"""How the day goes so far: hours that have come, money against last week, the curve of cars inside."""

from datetime import UTC, datetime, timedelta

import pytest

from lots.models import ParkingSession
from payments import today_curves
from payments.models import LedgerEntry, Payment
from payments.reports.chart import HEIGHT, chart, curves
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.payments.acting import PLATE, pay
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
TEN = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai


@pytest.fixture
def lot():
    return make_lot(slug="own", bays=100)


def session(lot, entered, left=None):
    index = str(ParkingSession.objects.count()).encode().ljust(16) if left is None else None
    ParkingSession.objects.create(
        lot=lot, plate_kind="ordinary", plate=index, plate_index=index, entered_at=entered, left_at=left
    )


def day_so_far(lots, money_lots=(), *, at=TEN):
    inside = ParkingSession.objects.inside().filter(lot__in=lots).count()
    return today_curves.day_so_far(lots, money_lots, inside=inside, at=at)


def test_cars_inside_are_reckoned_backwards(lot):
    session(lot, TEN - timedelta(days=2))
    session(lot, TEN - timedelta(hours=2))
    session(lot, TEN - timedelta(hours=3), TEN - timedelta(hours=1))
    day = day_so_far([lot])
    assert day.inside[:7] == [1] * 7
    assert day.inside[7:11] == [2, 3, 2, 2]
    assert day.inside[11:] == [None] * 13
    assert (day.came[8], day.went[9], day.came[12]) == (1, 1, None)
    assert day.bays == 100


def test_unknown_bays_draw_no_limit(lot):
    assert day_so_far([lot, make_lot(slug="b", bays=0)]).bays == 0


def test_money_adds_up_beside_last_week(lot, channel):
    see(make_device(lot, "entry"), PLATE, TEN - timedelta(hours=2))
    pay(lot, channel, at=TEN - timedelta(hours=1))
    day = day_so_far([lot], [lot])
    assert day.money[8:12] == [0, 500, 500, None]
    assert set(day.money_before) == {0}
    week_later = day_so_far([lot], [lot], at=TEN + timedelta(days=7))
    assert week_later.money_before[8:12] == [0, 500, 500, 500]
    assert week_later.money_before[23] == 500
    assert LedgerEntry.objects.count() >= 1


def test_half_hour_zone_is_counted(channel):
    lot = make_lot(slug="india", zone="Asia/Kolkata")
    session(lot, TEN - timedelta(minutes=45))
    day = day_so_far([lot])
    assert sum(count or 0 for count in day.came) == 1


TURNED_BACK = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin, of a day of 25 hours


@pytest.mark.parametrize("hour", [1, 2, 3, 4, 24])
def test_hour_that_comes_twice_is_counted(channel, hour):
    lot = make_lot(slug="berlin", zone="Europe/Berlin")
    at = TURNED_BACK + timedelta(hours=hour, minutes=30)
    session(lot, at)
    see(make_device(lot, "entry"), PLATE, at - timedelta(hours=5))
    fen = pay(lot, channel, at=at).amount_fen
    day = day_so_far([lot], [lot], at=at + timedelta(minutes=5))
    assert day.labels[:5] == ["00", "01", "02", "02", "03"]
    assert (len(day.labels), day.came[hour]) == (25, 1)
    assert day.money[: hour + 1] == [0] * hour + [fen]
    assert day.inside[hour - 1 : hour + 1] == [1, 2]


def test_week_before_begins_at_its_midnight(channel):
    """A week after the clock was turned back, midnight is more than 7 × 24 hours ago."""
    lot = make_lot(slug="berlin", zone="Europe/Berlin")
    at = TURNED_BACK + timedelta(minutes=30)
    see(make_device(lot, "entry"), PLATE, at - timedelta(hours=5))
    fen = pay(lot, channel, at=at).amount_fen
    week_later = day_so_far([lot], [lot], at=at + timedelta(days=7, hours=12))
    assert week_later.money_before == [fen] * 24


def test_ways_and_median_time(lot, channel):
    see(make_device(lot, "entry"), PLATE, TEN - timedelta(hours=2))
    payment = pay(lot, channel, at=TEN)
    Payment.objects.filter(pk=payment.pk).update(paid_at=payment.created_at + timedelta(seconds=12))
    assert today_curves.median_seconds([lot], at=TEN + timedelta(minutes=1)) == 12
    Payment.objects.filter(pk=payment.pk).update(paid_at=payment.created_at)
    assert today_curves.median_seconds([lot], at=TEN + timedelta(minutes=1)) == 1
    [(name, count, fen)] = today_curves.ways_of_paying([lot], at=TEN + timedelta(minutes=1))
    assert (count, fen) == (1, 1000)
    assert name
    assert today_curves.median_seconds([lot], at=TEN + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("highest", "top"),
    [(1, 1), (2, 2), (3, 4), (5, 6), (9, 10), (11, 12), (101, 120), (1120, 1200), (25, 30)],
)
def test_ticks_name_the_heights_they_mark(highest, top):
    for drawn in (curves(["0"], [("a", [highest])], str), chart([("a", highest)])):
        ticks = dict(drawn.ticks)
        assert max(ticks) == top
        assert all(value in ticks for value in (0, top // 2 if top > 1 else 0))
        height = ticks[0] - ticks[top]
        assert all(abs((ticks[0] - y) / height - value / top) < 0.01 for value, y in drawn.ticks)


def test_curves_stay_inside_the_picture():
    drawn = curves(["0", "1", "2"], [("a", [5, 120, None])], str, limit=100)
    assert drawn.curves[0].points.count(",") == 2
    assert all(0 <= float(point.split(",")[1]) <= HEIGHT for point in drawn.curves[0].points.split())
    assert drawn.limit is not None
    assert drawn.slots[1].title == "1\na 120"
    assert curves([], [], str).slots == []
    assert curves(["0"], [("a", [0])], str).limit is None


def test_lots_with_trouble_come_first():
    make_lot(slug="a", name="A")
    trouble = make_lot(slug="b", name="B")
    see(make_device(trouble, "exit"), None, datetime.now(UTC))
    page = signed_in(make_person()).get("/console/")
    assert [line["lot"].slug for line in page.context["lines"]] == ["b", "a"]


def test_many_lots_are_shortened(monkeypatch):
    monkeypatch.setattr("console.today_page.FEW_LOTS", 2)
    for number in range(4):
        make_lot(slug=f"lot-{number}")
    client = signed_in(make_person())
    page = client.get("/console/")
    assert (len(page.context["lines"]), page.context["hidden"]) == (2, 2)
    assert len(client.get("/console/?all=1").context["lines"]) == 4


def test_booth_sees_no_money_curve(lot):
    page = signed_in(make_person(Role.BOOTH, lot=lot)).get("/console/")
    assert "inside" in page.context
    assert "money" not in page.context
    assert "上周同日" not in page.content.decode()


def test_technician_sees_no_pictures(lot):
    assert "hours" not in signed_in(make_person(Role.TECHNICIAN, lot=lot)).get("/console/").context
