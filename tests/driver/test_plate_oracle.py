"""The plate oracle: typing another's plate reveals nothing, not even by the time of the answer."""

import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lots import permits
from lots.models import ParkingSession, TariffVersion
from lots.plates import parse
from tests.driver.conftest import text
from tests.factories import NOON, see

pytestmark = pytest.mark.both_engines

ABSENT, FREE, EXEMPT, PAID = "沪A99999", "沪A11111", "沪X1111应急", "沪A22222"
COVERED, AWAY = "沪A33333", "沪A44444"  # both are on the white list, and one is not here
ALL = (ABSENT, FREE, EXEMPT, PAID, COVERED, AWAY)
BY_CLOCK = ("lots_factschange", "SET points = ")  # now and then, whatever the plate
ROUNDS = 5  # of each plate; the least count leaves out what a garbage collection adds
FEW_CALLS, SOME_CALLS = 60, 180  # of Python: about 5 and 20 µs, far less than a network varies


@pytest.fixture
def cars(mall, budget, monkeypatch):
    """Cars within their free minutes, exempt, paid and covered by a permit; two plates are not here."""
    see(mall.entry, FREE, NOON + timedelta(minutes=55))
    see(mall.entry, EXEMPT, NOON)
    see(mall.entry, PAID, NOON)
    ParkingSession.objects.filter(entered_at=NOON).exclude(plate_kind="emergency").update(
        paid_fen=1000, paid_at=NOON, exit_until=NOON + timedelta(days=1)
    )
    see(mall.entry, COVERED, NOON)
    for plate in (COVERED, AWAY):
        permits.grant(
            lot=mall.lot,
            plate=parse(plate),
            valid_from=NOON,
            valid_until=NOON + timedelta(days=30),
            hours=permits.Hours(0, 23 * 3600),  # follows the lot's clock, which the tariff does not
            source=permits.Source.STAFF,
            at=NOON,
        )
    monkeypatch.setattr(budget, "effort", lambda *_: 0)
    return mall


@pytest.mark.parametrize("end", ["", "/hant", "/en"])
@pytest.mark.parametrize("part", [{}, {"part": "1"}])
def test_responses_differ_only_in_plate(cars, end, part):
    bodies, heads = set(), set()
    for plate in (ABSENT, FREE, PAID, COVERED, AWAY):
        answer = cars.search(plate, end, **part)
        echo = f"{plate[:2]}·{plate[2:]}"
        bodies.add(text(answer).replace(echo, "?").replace(plate, "?"))
        heads.add((answer.status_code, tuple(sorted(answer.items()))))
    assert len(bodies) == len(heads) == 1


def test_exempt_plate_matches_absent_plate(cars):
    exempt, absent = (text(cars.search(plate)) for plate in (EXEMPT, "沪X2222应急"))
    assert exempt.replace("1111", "2222") == absent


def test_all_plates_run_equal_queries(cars):
    asked = set()
    for plate in ALL * 2:
        with CaptureQueriesContext(connection) as queries:
            cars.search(plate)
        asked.add(shapes_of(queries))
    assert len(asked) <= 2  # the first look at a tariff reads it


def shapes_of(queries):
    """Return statements without their conditions, and without those that the clock brings."""
    texts = (query["sql"] for query in queries)
    return tuple(sql.split("WHERE")[0] for sql in texts if not any(word in sql for word in BY_CLOCK))


def test_missing_tariff_response_hides_presence(cars):
    TariffVersion.objects.all().delete()
    answers = [cars.search(plate) for plate in (ABSENT, FREE)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].content == answers[1].content
    assert "岗亭" in text(answers[0])


def test_response_work_hides_presence(cars):
    """Every plate costs equal statements and equal Python work, so that the response time tells nothing.

    Work is counted in calls, not in seconds: a slow or busy machine changes no count.
    """
    for plate in ALL:
        cars.search(plate, part="1")  # the first search reads the tariff and fills caches
    statements, calls = {}, {}
    for plate in ALL:
        with CaptureQueriesContext(connection) as queries:
            cars.search(plate, part="1")
        statements[plate] = shapes_of(queries)
        calls[plate] = min(calls_of(lambda plate=plate: cars.search(plate, part="1")) for _ in range(ROUNDS))
    assert all(shapes == statements[ABSENT] for shapes in statements.values())
    for alike in ((ABSENT, FREE, EXEMPT), (COVERED, AWAY)):
        assert spread(calls[plate] for plate in alike) < FEW_CALLS, calls
    assert spread(calls.values()) < SOME_CALLS, calls


def spread(counts):
    """Return by how many the greatest count exceeds the least."""
    counts = sorted(counts)
    return counts[-1] - counts[0]


def calls_of(act):
    """Return how many calls of Python and C functions `act` makes."""
    count = 0

    def note(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count
