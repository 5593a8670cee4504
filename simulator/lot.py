"""One car park: the cars inside, the initial cars, and its saved state."""

from dataclasses import asdict, dataclass, field
from typing import Any

from simulator import random_plates, traffic
from simulator.camera import SimulatedCamera
from simulator.random_plates import RandomPlate
from simulator.traffic import Car

MINUTE = 60.0
INITIAL_CARS = {"mall": 40, "hospital": 30, "hotel": 26}  # in a new lot
INITIAL_CARS_ELSEWHERE = 12
RESIDENTS = 3  # initial cars that never leave nor pay, so that a visitor always has plates to try
CAPACITY = {"mall": 120, "hospital": 80, "hotel": 40}
CAPACITY_ELSEWHERE = 60


@dataclass
class SimulatedLot:
    """A lot of the plan, with its cameras."""

    name: str
    kind: str
    province: str
    seed: int
    number: int = 0  # of the next car
    clock: float = traffic.MORNING  # simulated time of day
    inside: dict[str, Car] = field(default_factory=dict)
    entries: list[SimulatedCamera] = field(default_factory=list)
    exits: list[SimulatedCamera] = field(default_factory=list)

    def fill(self, listed: list[Any], now: float) -> None:
        """Add cars that entered up to hours ago, reported as records from an outage.

        The server would reject a live record of that age as a wrong clock.
        """
        cars = [self._listed(-place, entry, now) for place, entry in enumerate(listed, 1)]
        self.number = INITIAL_CARS.get(self.kind, INITIAL_CARS_ELSEWHERE)
        cars += [self._initial(number, now) for number in range(self.number)]
        for car, at in sorted(cars, key=lambda pair: pair[1]):
            if not car.unplated and car.key not in self.inside:
                self.inside[car.key] = car
                camera = self.entry_of(car)
                camera.queue(camera.recognise(plate_of(car), confidence=confidence(car), at=at))

    def restore(self, state: dict[str, Any], now: float, speed: float) -> None:
        """Restore the cars inside. Cars that should have left in the meantime leave one by one."""
        self.number, self.clock = state["number"], state["clock"]
        for fields in state["inside"]:
            car = Car(**fields)
            if car.leaves_at is not None and car.leaves_at < now:
                random = traffic.random_for(self.seed, car.key, "late")
                car.leaves_at = now + random.uniform(0, 60 * MINUTE) / speed
            self.inside[car.key] = car

    def state(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "clock": self.clock,
            "inside": [asdict(car) for car in self.inside.values()],
        }

    def new_car(self, number: int) -> Car:
        return traffic.car(self.seed, self.name, self.kind, self.province, number)

    def is_full(self) -> bool:
        """Return whether no more cars may enter. Cars that never leave do not count."""
        leaving = sum(car.leaves_at is not None for car in self.inside.values())
        return leaving >= CAPACITY.get(self.kind, CAPACITY_ELSEWHERE)

    def entry_of(self, car: Car) -> SimulatedCamera:
        return self.entries[car.number % len(self.entries)]

    def exit_of(self, car: Car) -> SimulatedCamera:
        return self.exits[car.number % len(self.exits)]

    def _initial(self, number: int, now: float) -> tuple[Car, float]:
        car = self.new_car(number)
        random = traffic.random_for(self.seed, self.name, number, "found inside")
        if number < RESIDENTS:
            return car, now - random.uniform(70, 200) * MINUTE
        car.leaves_at = now + random.uniform(0.5, 45) * MINUTE  # later exits come from live arrivals
        return car, now - min(max(random.lognormvariate(4.3, 0.8), 10), 360) * MINUTE

    def _listed(self, number: int, entry: Any, now: float) -> tuple[Car, float]:
        fields: dict[str, Any] = entry if isinstance(entry, dict) else {"plate": entry}
        plate = random_plates.guess(str(fields["plate"]))
        random = traffic.random_for(self.seed, self.name, plate.text)
        car = Car(self.name, number, plate.text, plate.kind, plate.colour, stay=0, read_at_exit=plate.text)
        if (minutes := fields.get("leaves_after_minutes")) is not None:
            car.leaves_at = now + float(minutes) * MINUTE
        return car, now - float(fields.get("minutes_ago", random.uniform(40, 200))) * MINUTE


def plate_of(car: Car, read_as: str | None = None) -> RandomPlate:
    return RandomPlate(read_as or car.plate, car.kind, car.colour)


def confidence(car: Car, read_as: str | None = None) -> int:
    """Return the camera's confidence in percent; it is low for a misread plate."""
    if car.unplated:
        return 0
    return 68 if read_as not in {None, car.plate} else 90 + abs(car.number) % 10
