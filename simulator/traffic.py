"""Who comes when, and for how long: the rhythm of a lot. Chance only, no clock and no network.

Everything about a car follows from the seed, its lot and its number, so two runs with one seed see
the same cars in the same order, however fast the server answers.
"""

from dataclasses import dataclass
from math import log
from random import Random

from simulator import plates

HOUR = 3600.0
MORNING = 11 * HOUR  # a fresh lot starts before the lunch rush, whatever the time is outside

# Arrivals by hour of day; 0 is skipped, since nobody watches a closed lot.
RHYTHMS = {
    "mall": (0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 9, 10, 7, 5, 5, 6, 9, 10, 8, 5, 2, 0, 0),
    "hospital": (0, 0, 0, 0, 0, 0, 3, 9, 10, 9, 7, 5, 3, 7, 8, 6, 4, 3, 2, 2, 1, 0, 0, 0),
    "hotel": (1, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 5, 5, 4, 6, 7, 7, 8, 10, 8, 6, 5, 3, 2),
    "park": (0, 0, 0, 0, 0, 3, 5, 7, 9, 10, 9, 6, 4, 6, 8, 8, 7, 6, 5, 3, 1, 0, 0, 0),
    "scenic": (0, 0, 0, 0, 0, 0, 1, 4, 9, 10, 9, 8, 7, 7, 5, 3, 2, 1, 0, 0, 0, 0, 0, 0),
    "other": (0, 0, 0, 0, 0, 1, 3, 8, 9, 7, 6, 7, 7, 6, 6, 6, 7, 8, 6, 4, 3, 2, 1, 0),
}
BUSIEST = {"mall": 12, "hospital": 12, "hotel": 3, "park": 6, "scenic": 6, "other": 8}  # an hour, at 10
STAYS = {"mall": 95, "hospital": 75, "hotel": 200, "park": 110, "scenic": 180, "other": 60}  # median minutes


@dataclass
class Car:
    """One visit. `leaves_at` is real time; None: it stays."""

    lot: str
    number: int
    plate: str
    kind: int
    colour: int
    stay: float
    read_at_exit: str
    sent_twice: bool = False
    cuts_the_line: bool = False
    leaves_at: float | None = None
    tries: int = 0
    ticket: str = ""

    @property
    def unplated(self) -> bool:
        return self.kind == plates.UNPLATED.kind

    @property
    def key(self) -> str:
        return f"{self.number}" if self.unplated else self.plate


def chance(*parts: object) -> Random:
    """Return a source of chance of its own, so that no order of events changes anybody's luck."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - a rehearsal, no secret


def car(seed: int, lot: str, kind: str, province: str, number: int) -> Car:
    """Invent the visit with this number."""
    random = chance(seed, lot, number)
    plate = plates.UNPLATED if number % 40 == 7 else plates.draw(random, province)
    misread = random.random() < 0.05 and plate is not plates.UNPLATED
    return Car(
        lot=lot,
        number=number,
        plate=plate.text,
        kind=plate.kind,
        colour=plate.colour,
        stay=random.lognormvariate(log(STAYS.get(kind, STAYS["other"]) * 60), 0.6),
        read_at_exit=plates.misread(random, plate.text) if misread else plate.text,
        sent_twice=random.random() < 0.05,
        cuts_the_line=random.random() < 0.025,
    )


def next_arrival(seed: int, lot: str, kind: str, number: int, clock: float) -> tuple[float, float]:
    """Return how long until the car with this number comes, and the lot's time of day then.

    A closed hour takes no time: the lot's day goes on when it opens.
    """
    rhythm = RHYTHMS.get(kind, RHYTHMS["other"])
    while not rhythm[int(clock // HOUR) % 24]:
        clock = (clock // HOUR + 1) * HOUR
    rate = BUSIEST.get(kind, BUSIEST["other"]) * rhythm[int(clock // HOUR) % 24] / 10
    gap = chance(seed, lot, number, "gap").expovariate(rate / HOUR)
    return gap, (clock + gap) % (24 * HOUR)
