"""Random arrivals and lengths of stay of a lot. Pure: no clock and no network.

Everything about a car is derived from the seed, its lot and its number, so two runs with one seed have the
same cars in the same order, however fast the server responds.
"""

from dataclasses import dataclass
from math import log
from random import Random

from simulator import random_plates

HOUR = 3600.0
MORNING = 11 * HOUR  # a new lot starts before the lunch rush, at any real time of day

# Relative arrivals by hour of day. Hours with 0 are skipped, because a closed lot is no demo.
ARRIVALS_BY_HOUR = {
    "mall": (0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 9, 10, 7, 5, 5, 6, 9, 10, 8, 5, 2, 0, 0),
    "hospital": (0, 0, 0, 0, 0, 0, 3, 9, 10, 9, 7, 5, 3, 7, 8, 6, 4, 3, 2, 2, 1, 0, 0, 0),
    "hotel": (1, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 5, 5, 4, 6, 7, 7, 8, 10, 8, 6, 5, 3, 2),
    "park": (0, 0, 0, 0, 0, 3, 5, 7, 9, 10, 9, 6, 4, 6, 8, 8, 7, 6, 5, 3, 1, 0, 0, 0),
    "scenic": (0, 0, 0, 0, 0, 0, 1, 4, 9, 10, 9, 8, 7, 7, 5, 3, 2, 1, 0, 0, 0, 0, 0, 0),
    "other": (0, 0, 0, 0, 0, 1, 3, 8, 9, 7, 6, 7, 7, 6, 6, 6, 7, 8, 6, 4, 3, 2, 1, 0),
}
# Cars per hour in an hour with 10 in ARRIVALS_BY_HOUR.
PEAK_ARRIVALS = {"mall": 12, "hospital": 12, "hotel": 3, "park": 6, "scenic": 6, "other": 8}
MEDIAN_STAY_MINUTES = {"mall": 95, "hospital": 75, "hotel": 200, "park": 110, "scenic": 180, "other": 60}


@dataclass
class Car:
    """One visit of a car."""

    lot: str
    number: int
    plate: str
    kind: int
    colour: int
    stay: float  # seconds of simulated time
    read_at_exit: str  # what the exit camera reads first; may be a misread
    sent_twice: bool = False
    camera_offline: bool = False  # the entry camera loses its connection before this car
    leaves_at: float | None = None  # real time; None: never
    tries: int = 0  # failed attempts to leave
    ticket: str = ""

    @property
    def unplated(self) -> bool:
        return self.kind == random_plates.UNPLATED.kind

    @property
    def key(self) -> str:
        return f"{self.number}" if self.unplated else self.plate


def random_for(*parts: object) -> Random:
    """Return a generator seeded by these parts, so that the order of events does not change its values."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - simulation, no secret


def car(seed: int, lot: str, kind: str, province: str, number: int) -> Car:
    """Return the random visit with this number."""
    random = random_for(seed, lot, number)
    median_minutes = MEDIAN_STAY_MINUTES.get(kind, MEDIAN_STAY_MINUTES["other"])
    plate = random_plates.UNPLATED if number % 40 == 7 else random_plates.draw(random, province)
    misread = random.random() < 0.05 and plate is not random_plates.UNPLATED
    return Car(
        lot=lot,
        number=number,
        plate=plate.text,
        kind=plate.kind,
        colour=plate.colour,
        stay=random.lognormvariate(log(median_minutes * 60), 0.6),
        read_at_exit=random_plates.misread(random, plate.text) if misread else plate.text,
        sent_twice=random.random() < 0.05,
        camera_offline=random.random() < 0.025,
    )


def next_arrival(seed: int, lot: str, kind: str, number: int, clock: float) -> tuple[float, float]:
    """Return seconds until the car with this number arrives, and the lot's simulated time of day then.

    Closed hours are skipped and take no time.
    """
    arrivals = ARRIVALS_BY_HOUR.get(kind, ARRIVALS_BY_HOUR["other"])
    while not arrivals[int(clock // HOUR) % 24]:
        clock = (clock // HOUR + 1) * HOUR
    rate = PEAK_ARRIVALS.get(kind, PEAK_ARRIVALS["other"]) * arrivals[int(clock // HOUR) % 24] / 10
    gap = random_for(seed, lot, number, "gap").expovariate(rate / HOUR)
    return gap, (clock + gap) % (24 * HOUR)
