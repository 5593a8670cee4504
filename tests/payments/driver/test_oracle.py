"""The plate oracle: whoever types another's plate learns nothing, not even from the time of the answer."""

import statistics
import time
from datetime import timedelta

import pytest

from lots.models import ParkingSession
from tests.factories import NOON, see
from tests.payments.driver.conftest import text

ABSENT, FREE, EXEMPT, PAID = "沪A99999", "沪A11111", "沪X1111应急", "沪A22222"
ROUNDS = 500  # of four plates


@pytest.fixture
def cars(mall, budget, monkeypatch):
    """One car within its free minutes, one exempt, one that has paid; the fourth plate is not here."""
    from lots import budget as lookups

    see(mall.entry, FREE, NOON + timedelta(minutes=55))
    see(mall.entry, EXEMPT, NOON)
    see(mall.entry, PAID, NOON)
    ParkingSession.objects.filter(entered_at=NOON).exclude(plate_kind="emergency").update(
        paid_fen=1000, paid_at=NOON, exit_until=NOON + timedelta(days=1)
    )
    monkeypatch.setattr(lookups, "allowed", lambda *_: True)
    return mall


@pytest.mark.parametrize("end", ["", "/hant", "/en"])
@pytest.mark.parametrize("part", [{}, {"part": "1"}])
def test_plates_of_one_length_differ_in_nothing_but_the_echo(cars, end, part):
    bodies, heads = set(), set()
    for plate in (ABSENT, FREE, PAID):
        answer = cars.search(plate, end, **part)
        echo = f"{plate[:2]}·{plate[2:]}"
        bodies.add(text(answer).replace(echo, "?").replace(plate, "?"))
        heads.add((answer.status_code, tuple(sorted(answer.items()))))
    assert len(bodies) == len(heads) == 1


def test_an_exempt_plate_differs_from_an_absent_one_of_its_kind_in_nothing_but_the_echo(cars):
    exempt, absent = (text(cars.search(plate)) for plate in (EXEMPT, "沪X2222应急"))
    assert exempt.replace("1111", "2222") == absent


def test_the_time_of_the_answer_does_not_tell_who_is_inside(cars):
    """Interleaved look-ups, medians compared as ratios: a slow or busy machine slows all alike.

    The median forgives a pause of the machine; 1.25 is less than what one unequal query would cost.
    """
    took = {plate: [] for plate in (ABSENT, FREE, EXEMPT, PAID)}
    for turn in range(ROUNDS):
        for plate in took if turn % 2 else reversed(took):
            start = time.perf_counter()
            cars.search(plate, part="1")
            took[plate].append(time.perf_counter() - start)
    medians = {plate: statistics.median(times) for plate, times in took.items()}
    print({plate: round(1e3 * median, 3) for plate, median in medians.items()})
    assert max(medians.values()) / min(medians.values()) < 1.25
