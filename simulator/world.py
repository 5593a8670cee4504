"""The lots at work: cars come, stay, stand at the exit, pay or wait, and leave."""

import heapq
import itertools
import json
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from simulator import traffic
from simulator.camera import Camera, Device, Tell
from simulator.lot import MINUTE, Lot, confidence, plate_of
from simulator.traffic import Car

LONGEST_QUEUE = 4  # whoever finds more cars at the exit comes back later
TRIES = 2  # then the car stays for good: nobody is going to pay for it
INSIDE = ""  # the queue of those who pay before they drive to an exit
SAVE_EVERY = 2.0
STAYS = 5.0  # a stay passes so much slower than the time between cars, see World
DEVICE_KEYS = ("lot", "lane", "direction", "serial", "push_url", "heartbeat_url", "comet_url", "sign_url")

Job = Callable[[], None]


class People(Protocol):
    """What people do by telephone. `simulator.driver` does it; without one it is left to the visitor."""

    def pays_inside(self, car: Car) -> float | None: ...
    def inside(self, car: Car) -> None: ...
    def at_exit(self, car: Car, device: Device) -> None: ...
    def at_entry(self, car: Car, device: Device) -> None: ...


def silence(where: str, what: str) -> None:
    """Say nothing."""


class World:
    """All lots and cameras of one DEVICES.json.

    `people` are called for a car that stands at a closed barrier; what they pay, the server tells the camera.

    `speed` is how much faster than life cars come. They stay a fifth as fast: what the server charges for is
    real time, so a stay of minutes would be within the free time and nobody would ever owe.
    """

    def __init__(
        self,
        plan: dict[str, Any],
        *,
        speed: float = 20.0,
        seed: int = 1,
        patience: float = 120.0,
        state: Path | None = None,
        people: People | None = None,
        stop: threading.Event | None = None,
        tell: Tell = silence,
        complain: Tell = silence,
    ) -> None:
        self.speed, self.seed, self.patience, self.people = speed, seed, patience, people
        self.stopped, self._news = stop or threading.Event(), threading.Event()
        self._tell, self._complain, self._state = tell, complain, state
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Job]] = []
        lots = {lot.get("slug", lot["name"]): lot for lot in plan["lots"]}
        self.lots = {
            name: Lot(name, lot.get("kind", "mall"), lot.get("province", "沪"), seed)
            for name, lot in lots.items()
        }
        devices = [
            Device(**{key: given[key] for key in DEVICE_KEYS if key in given}) for given in plan["devices"]
        ]
        self.cameras = {device.serial: self._camera(device) for device in devices}
        self._lanes: dict[str, queue.SimpleQueue[Job]] = {
            serial: queue.SimpleQueue() for serial in [*self.cameras, INSIDE]
        }
        self._begin({name: lot.get("cars", []) for name, lot in lots.items()})

    def run(self) -> None:
        """Play until stopped."""
        for camera in self.cameras.values():
            camera.start()
        for serial in self._lanes:
            threading.Thread(target=self._work, args=(serial,), daemon=True).start()
        saved = time.time()
        while not self.stopped.is_set():
            job, wait = self._next()
            if job:
                job()
            if time.time() - saved > SAVE_EVERY:
                self.save()
                saved = time.time()
            self._news.wait(min(wait, SAVE_EVERY))

    def stop(self) -> None:
        """End every wait."""
        self.stopped.set()
        self._news.set()

    def once(self, *, patience: float = 10.0) -> bool:
        """Only fill the lots. True: the server knows every car inside."""
        until = time.time() + patience
        behind = list(self.cameras.values())
        while behind := [camera for camera in behind if not (camera.beat() and camera.replay())]:
            if time.time() > until or self.stopped.wait(0.5):
                return False
        return True

    def save(self) -> None:
        """Write down who is inside; a half-written file never replaces a whole one."""
        if self._state is None:
            return
        with self._lock:
            lots = {lot.name: lot.memory() for lot in self.lots.values()}
        cameras = {serial: camera.memory() for serial, camera in self.cameras.items()}
        draft = self._state.with_name(self._state.name + ".new")
        self._state.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"lots": lots, "cameras": cameras}, ensure_ascii=False), "utf-8")
        draft.replace(self._state)

    def _camera(self, device: Device) -> Camera:
        camera = Camera(device, seed=self.seed, stop=self.stopped, tell=self._tell, complain=self._complain)
        lot = self.lots[device.lot]
        (lot.entries if device.direction == "entry" else lot.exits).append(camera)
        return camera

    def _begin(self, wishes: dict[str, list[Any]]) -> None:
        known = self._state is not None and self._state.exists()
        memory = json.loads(self._state.read_text("utf-8")) if self._state and known else {}
        for serial in self.cameras.keys() & memory.get("cameras", {}).keys():
            self.cameras[serial].remember(memory["cameras"][serial])
        for lot in self.lots.values():
            if lot.name in memory.get("lots", {}):
                lot.remember(memory["lots"][lot.name], time.time(), self.speed)
            elif lot.entries:
                lot.fill(wishes[lot.name], time.time())
            for car in lot.inside.values():
                self._plan_exit(lot, car)
            if lot.entries:
                self._plan_arrival(lot, time.time())

    # --- who does what when

    def _at(self, when: float, job: Job) -> None:
        with self._lock:
            heapq.heappush(self._due, (when, next(self._order), job))
        self._news.set()

    def _next(self) -> tuple[Job | None, float]:
        """Return what is due now, if anything, and how long until the next look."""
        self._news.clear()
        with self._lock:
            wait = self._due[0][0] - time.time() if self._due else SAVE_EVERY
            if self.stopped.is_set() or wait <= 0:
                return (heapq.heappop(self._due)[2] if wait <= 0 else None), 0.0
            return None, wait

    def _work(self, serial: str) -> None:
        """Serve one lane, one car after the other."""
        while not self.stopped.is_set():
            job = self._lanes[serial].get()
            try:
                job()
            except Exception as fault:  # noqa: BLE001 - one car must not close the lane
                where = self.cameras[serial].where if serial else "inside"
                self._complain(where, f"{type(fault).__name__}: {fault}")

    def _plan_arrival(self, lot: Lot, after: float) -> None:
        gap, clock = traffic.next_arrival(self.seed, lot.name, lot.kind, lot.number, lot.clock)
        when = after + gap / self.speed

        def come() -> None:
            car = lot.invent(lot.number)
            camera = lot.entry_of(car)
            with self._lock:
                lot.number, lot.clock = lot.number + 1, clock
                welcome = not lot.is_full() and car.key not in lot.inside
            if welcome:
                self._lanes[camera.device.serial].put(lambda: self._enter(lot, car, camera))
            self._plan_arrival(lot, when)

        self._at(when, come)

    def _plan_exit(self, lot: Lot, car: Car) -> None:
        if car.leaves_at is None or not lot.exits:
            return
        camera = lot.exit_of(car)
        lane = self._lanes[camera.device.serial]

        def go() -> None:
            if lane.qsize() < LONGEST_QUEUE:
                lane.put(lambda: self._leave(lot, car, camera))
            else:
                self._later(lot, car)

        self._at(car.leaves_at, go)
        self._plan_paying_inside(car)

    def _plan_paying_inside(self, car: Car) -> None:
        if self.people is None or car.leaves_at is None or car.tries:
            return
        people, ahead = self.people, self.people.pays_inside(car)
        if ahead is not None:
            self._at(car.leaves_at - ahead, lambda: self._lanes[INSIDE].put(lambda: people.inside(car)))

    def _later(self, lot: Lot, car: Car) -> None:
        luck = traffic.chance(self.seed, car.key, car.leaves_at)
        car.leaves_at = time.time() + luck.uniform(5, 15) * MINUTE
        self._plan_exit(lot, car)

    # --- at the barrier

    def _enter(self, lot: Lot, car: Car, camera: Camera) -> None:
        if car.cuts_the_line:
            camera.cut_the_line()
        camera.barrier.clear()
        if not (self._read(camera, car) or self._is_let_in(car, camera)):
            self._tell(camera.where, f"{car.plate} turned away")
            return
        car.leaves_at = time.time() + car.stay / max(self.speed / STAYS, 1.0)
        with self._lock:
            lot.inside[car.key] = car
        self._tell(camera.where, f"{car.plate} in")
        self._plan_exit(lot, car)

    def _is_let_in(self, car: Car, camera: Camera) -> bool:
        if self.people and car.unplated:
            self.people.at_entry(car, camera.device)
        return self._waits(camera, min(self.patience, MINUTE))

    def _leave(self, lot: Lot, car: Car, camera: Camera) -> None:
        camera.barrier.clear()
        if self._is_let_out(car, camera):
            with self._lock:
                lot.inside.pop(car.key, None)
            self._tell(camera.where, f"{car.plate} out")
            return
        if self.stopped.is_set():
            return
        self._tell(camera.where, f"{car.plate} backs out")
        car.tries += 1
        if car.tries < TRIES:
            self._later(lot, car)
        else:
            car.leaves_at = None

    def _is_let_out(self, car: Car, camera: Camera) -> bool:
        """Stand at the barrier: be read, read again by staff if misread, pay or wait, be read again.

        Only a car behind it makes one that may not leave back out: as long as the server takes it to
        stand there, it does.
        """
        if self._read(camera, car, car.read_at_exit if car.tries == 0 else None):
            return True
        self._tell(camera.where, f"{car.plate} waits")
        if car.tries == 0 and car.read_at_exit != car.plate:
            moment = min(self.patience, 20.0)
            if self._waits(camera, moment) or self._read(camera, car, trigger=4):
                return True
        if self.people:
            self.people.at_exit(car, camera.device)
        while not self.stopped.is_set():
            if self._waits(camera, self.patience) or self._read(camera, car, trigger=4):
                return True
            if not self._lanes[camera.device.serial].empty():
                return False
        return False

    def _read(self, camera: Camera, car: Car, read_as: str | None = None, *, trigger: int = 8) -> bool:
        sure = confidence(car, read_as)
        record = camera.see(plate_of(car, read_as), confidence=sure, at=time.time(), trigger=trigger)
        return camera.report(record, twice=car.sent_twice).opens

    def _waits(self, camera: Camera, seconds: float) -> bool:
        """Wait for the barrier. True: it went up."""
        until = time.time() + seconds
        while not self.stopped.is_set() and time.time() < until:
            if camera.barrier.wait(min(0.2, max(until - time.time(), 0))):
                camera.barrier.clear()
                return True
        return False
