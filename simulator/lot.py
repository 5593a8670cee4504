"""One car park: who is inside, who was there before the start, and what is remembered of it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from simulator import plates, traffic
from simulator.camera import Camera
from simulator.plates import Plate
from simulator.traffic import Car

MINUTE = 60.0
FOUND_INSIDE = {"mall": 40, "hospital": 30, "hotel": 26}  # cars in a lot that is seen for the first time
FOUND_ELSEWHERE = 12
RESIDENTS = 3  # of them never leave nor pay, so that a visitor always has plates to try
ROOM = {"mall": 120, "hospital": 80, "hotel": 40}
ROOM_ELSEWHERE = 60


@dataclass
class Lot:
    """A lot of the plan, with its cameras."""

    name: str
    kind: str
    province: str
    seed: int
    number: int = 0  # of the next car
    clock: float = traffic.MORNING
    inside: dict[str, Car] = field(default_factory=dict)
    entries: list[Camera] = field(default_factory=list)
    exits: list[Camera] = field(default_factory=list)

    def fill(self, wishes: list[Any], now: float) -> None:
        """Let the lot have cars already, some hours old, reported as records from an outage.

        A live record so old would be taken for a wrong clock, and rightly.
        """
        cars = [self._listed(-place, wish, now) for place, wish in enumerate(wishes, 1)]
        self.number = FOUND_INSIDE.get(self.kind, FOUND_ELSEWHERE)
        cars += [self._found(number, now) for number in range(self.number)]
        for car, at in sorted(cars, key=lambda pair: pair[1]):
            if not car.unplated and car.key not in self.inside:
                self.inside[car.key] = car
                camera = self.entry_of(car)
                camera.keep(camera.see(plate_of(car), confidence=confidence(car), at=at))

    def remember(self, memory: dict[str, Any], now: float, speed: float) -> None:
        """Go on with the cars inside. Those whose time has passed leave one by one, not all at once."""
        self.number, self.clock = memory["number"], memory["clock"]
        for known in memory["inside"]:
            car = Car(**known)
            if car.leaves_at is not None and car.leaves_at < now:
                luck = traffic.chance(self.seed, car.key, "late")
                car.leaves_at = now + luck.uniform(0, 60 * MINUTE) / speed
            self.inside[car.key] = car

    def memory(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "clock": self.clock,
            "inside": [asdict(car) for car in self.inside.values()],
        }

    def invent(self, number: int) -> Car:
        return traffic.car(self.seed, self.name, self.kind, self.province, number)

    def is_full(self) -> bool:
        """Cars that wait for nobody knows what do not keep others out."""
        leaving = sum(car.leaves_at is not None for car in self.inside.values())
        return leaving >= ROOM.get(self.kind, ROOM_ELSEWHERE)

    def entry_of(self, car: Car) -> Camera:
        return self.entries[car.number % len(self.entries)]

    def exit_of(self, car: Car) -> Camera:
        return self.exits[car.number % len(self.exits)]

    def _found(self, number: int, now: float) -> tuple[Car, float]:
        car = self.invent(number)
        luck = traffic.chance(self.seed, self.name, number, "found inside")
        if number < RESIDENTS:
            return car, now - luck.uniform(70, 200) * MINUTE
        car.leaves_at = now + luck.uniform(0.5, 45) * MINUTE  # until live ones follow them
        return car, now - min(max(luck.lognormvariate(4.3, 0.8), 10), 360) * MINUTE

    def _listed(self, number: int, wish: Any, now: float) -> tuple[Car, float]:
        asked: dict[str, Any] = wish if isinstance(wish, dict) else {"plate": wish}
        look = plates.look(str(asked["plate"]))
        luck = traffic.chance(self.seed, self.name, look.text)
        car = Car(self.name, number, look.text, look.kind, look.colour, stay=0, read_at_exit=look.text)
        if (minutes := asked.get("leaves_after_minutes")) is not None:
            car.leaves_at = now + float(minutes) * MINUTE
        return car, now - float(asked.get("minutes_ago", luck.uniform(40, 200))) * MINUTE


def plate_of(car: Car, read_as: str | None = None) -> Plate:
    return Plate(read_as or car.plate, car.kind, car.colour)


def confidence(car: Car, read_as: str | None = None) -> int:
    """How sure the camera is. A misread plate shows here first."""
    if car.unplated:
        return 0
    return 68 if read_as not in {None, car.plate} else 90 + abs(car.number) % 10
