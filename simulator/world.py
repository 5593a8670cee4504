"""The simulation: cars arrive, park, wait at the exit, pay, and leave."""

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
from simulator.camera import CameraLane, Log, SimulatedCamera
from simulator.lot import MINUTE, SimulatedLot, confidence, plate_of
from simulator.traffic import Car

MAX_QUEUE = 4  # a car that finds more cars at the exit returns later
MAX_TRIES = 2  # after that the car stays inside for good
INSIDE = ""  # the queue of drivers who pay before they drive to an exit
SAVE_INTERVAL = 2.0  # seconds
STAY_FACTOR = 5.0  # stays are sped up less than arrivals by this factor, see World
STATE_VERSION = 2  # a state file of another version is ignored
DEVICE_KEYS = ("lot", "lane", "direction", "serial", "push_url", "heartbeat_url", "comet_url", "sign_url")

Job = Callable[[], None]


class Drivers(Protocol):
    """Actions of drivers with their phones. Without an implementation they are left to the visitor."""

    def pays_inside(self, car: Car) -> float | None: ...
    def pay_inside(self, car: Car) -> None: ...
    def at_exit(self, car: Car, device: CameraLane) -> None: ...
    def at_entry(self, car: Car, device: CameraLane) -> None: ...


def log_nothing(lane: str, message: str) -> None:
    """Do not log."""


class World:
    """All lots and cameras of one DEVICES.json.

    `drivers` act for a car that stands at a closed barrier; after a payment the server tells the camera to
    open.

    `speed` is the arrival rate compared with real time. Stays are shortened five times less, because the
    server charges for real time: stays of a few minutes would all be within the free time.
    """

    def __init__(
        self,
        plan: dict[str, Any],
        *,
        speed: float = 20.0,
        seed: int = 1,
        exit_timeout: float = 120.0,
        state: Path | None = None,
        drivers: Drivers | None = None,
        stop: threading.Event | None = None,
        log: Log = log_nothing,
        warn: Log = log_nothing,
    ) -> None:
        self.speed, self.seed, self.exit_timeout, self.drivers = speed, seed, exit_timeout, drivers
        self.stopped, self._wakeup = stop or threading.Event(), threading.Event()
        self._log, self._warn, self._state = log, warn, state
        self._lock = threading.Lock()
        self._sequence = itertools.count()
        self._due: list[tuple[float, int, Job]] = []
        lots = {lot.get("slug", lot["name"]): lot for lot in plan["lots"]}
        self.lots = {
            name: SimulatedLot(name, lot.get("kind", "mall"), lot.get("province", "沪"), seed)
            for name, lot in lots.items()
        }
        devices = [
            CameraLane(**{key: given[key] for key in DEVICE_KEYS if key in given})
            for given in plan["devices"]
        ]
        self.cameras = {device.serial: self._camera(device) for device in devices}
        self._lanes: dict[str, queue.SimpleQueue[Job]] = {
            serial: queue.SimpleQueue() for serial in [*self.cameras, INSIDE]
        }
        self._begin({name: lot.get("cars", []) for name, lot in lots.items()})

    def run(self) -> None:
        """Run the simulation until it is stopped."""
        for camera in self.cameras.values():
            camera.start()
        for serial in self._lanes:
            threading.Thread(target=self._work, args=(serial,), daemon=True).start()
        saved = time.time()
        while not self.stopped.is_set():
            job, wait = self._next()
            if job:
                job()
            if time.time() - saved > SAVE_INTERVAL:
                self.save()
                saved = time.time()
            self._wakeup.wait(min(wait, SAVE_INTERVAL))

    def stop(self) -> None:
        """Stop the simulation and interrupt every wait."""
        self.stopped.set()
        self._wakeup.set()

    def fill(self, *, timeout: float = 10.0) -> bool:
        """Report the initial cars only. Return whether the server has received all of them."""
        until = time.time() + timeout
        pending = list(self.cameras.values())
        while pending := [camera for camera in pending if not (camera.send_heartbeat() and camera.replay())]:
            if time.time() > until or self.stopped.wait(0.5):
                return False
        return True

    def save(self) -> None:
        """Save the cars inside. The file is replaced atomically."""
        if self._state is None:
            return
        with self._lock:
            lots = {lot.name: lot.state() for lot in self.lots.values()}
        cameras = {serial: camera.state() for serial, camera in self.cameras.items()}
        state = {"version": STATE_VERSION, "lots": lots, "cameras": cameras}
        draft = self._state.with_name(self._state.name + ".new")
        self._state.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        draft.replace(self._state)

    def _camera(self, device: CameraLane) -> SimulatedCamera:
        camera = SimulatedCamera(device, seed=self.seed, stop=self.stopped, log=self._log, warn=self._warn)
        lot = self.lots[device.lot]
        (lot.entries if device.direction == "entry" else lot.exits).append(camera)
        return camera

    def _load_state(self) -> dict[str, Any]:
        """Return the saved state, or an empty one if there is none in the current format."""
        if self._state is None or not self._state.exists():
            return {}
        state: dict[str, Any] = json.loads(self._state.read_text("utf-8"))
        return state if state.get("version") == STATE_VERSION else {}

    def _begin(self, listed: dict[str, list[Any]]) -> None:
        state = self._load_state()
        for serial in self.cameras.keys() & state.get("cameras", {}).keys():
            self.cameras[serial].restore(state["cameras"][serial])
        for lot in self.lots.values():
            if lot.name in state.get("lots", {}):
                lot.restore(state["lots"][lot.name], time.time(), self.speed)
            elif lot.entries:
                lot.fill(listed[lot.name], time.time())
            for car in lot.inside.values():
                self._plan_exit(lot, car)
            if lot.entries:
                self._plan_arrival(lot, time.time())

    # --- scheduling

    def _at(self, when: float, job: Job) -> None:
        with self._lock:
            heapq.heappush(self._due, (when, next(self._sequence), job))
        self._wakeup.set()

    def _next(self) -> tuple[Job | None, float]:
        """Return the job that is due, if any, and the seconds to wait before the next call."""
        self._wakeup.clear()
        with self._lock:
            wait = self._due[0][0] - time.time() if self._due else SAVE_INTERVAL
            if self.stopped.is_set() or wait <= 0:
                return (heapq.heappop(self._due)[2] if wait <= 0 else None), 0.0
            return None, wait

    def _work(self, serial: str) -> None:
        """Process the jobs of one lane in order."""
        while not self.stopped.is_set():
            job = self._lanes[serial].get()
            try:
                job()
            except Exception as fault:  # noqa: BLE001 - one car must not block the lane
                lane = self.cameras[serial].where if serial else "inside"
                self._warn(lane, f"{type(fault).__name__}: {fault}")

    def _plan_arrival(self, lot: SimulatedLot, after: float) -> None:
        gap, clock = traffic.next_arrival(self.seed, lot.name, lot.kind, lot.number, lot.clock)
        when = after + gap / self.speed

        def arrive() -> None:
            car = lot.new_car(lot.number)
            camera = lot.entry_of(car)
            with self._lock:
                lot.number, lot.clock = lot.number + 1, clock
                can_enter = not lot.is_full() and car.key not in lot.inside
            if can_enter:
                self._lanes[camera.device.serial].put(lambda: self._enter(lot, car, camera))
            self._plan_arrival(lot, when)

        self._at(when, arrive)

    def _plan_exit(self, lot: SimulatedLot, car: Car) -> None:
        if car.leaves_at is None or not lot.exits:
            return
        camera = lot.exit_of(car)
        lane = self._lanes[camera.device.serial]

        def drive_to_exit() -> None:
            if lane.qsize() < MAX_QUEUE:
                lane.put(lambda: self._leave(lot, car, camera))
            else:
                self._postpone(lot, car)

        self._at(car.leaves_at, drive_to_exit)
        self._plan_paying_inside(car)

    def _plan_paying_inside(self, car: Car) -> None:
        if self.drivers is None or car.leaves_at is None or car.tries:
            return
        drivers, ahead = self.drivers, self.drivers.pays_inside(car)
        if ahead is not None:
            self._at(car.leaves_at - ahead, lambda: self._lanes[INSIDE].put(lambda: drivers.pay_inside(car)))

    def _postpone(self, lot: SimulatedLot, car: Car) -> None:
        random = traffic.random_for(self.seed, car.key, car.leaves_at)
        car.leaves_at = time.time() + random.uniform(5, 15) * MINUTE
        self._plan_exit(lot, car)

    # --- barriers

    def _enter(self, lot: SimulatedLot, car: Car, camera: SimulatedCamera) -> None:
        if car.camera_offline:
            camera.go_offline()
        camera.barrier.clear()
        if not (self._read(camera, car) or self._is_admitted(car, camera)):
            self._log(camera.where, f"{car.plate} turned away")
            return
        car.leaves_at = time.time() + car.stay / max(self.speed / STAY_FACTOR, 1.0)
        with self._lock:
            lot.inside[car.key] = car
        self._log(camera.where, f"{car.plate} in")
        self._plan_exit(lot, car)

    def _is_admitted(self, car: Car, camera: SimulatedCamera) -> bool:
        if self.drivers and car.unplated:
            self.drivers.at_entry(car, camera.device)
        return self._wait_for_barrier(camera, min(self.exit_timeout, MINUTE))

    def _leave(self, lot: SimulatedLot, car: Car, camera: SimulatedCamera) -> None:
        camera.barrier.clear()
        if self._is_released(car, camera):
            with self._lock:
                lot.inside.pop(car.key, None)
            self._log(camera.where, f"{car.plate} out")
            return
        if self.stopped.is_set():
            return
        self._log(camera.where, f"{car.plate} backs out")
        car.tries += 1
        if car.tries < MAX_TRIES:
            self._postpone(lot, car)
        else:
            car.leaves_at = None

    def _is_released(self, car: Car, camera: SimulatedCamera) -> bool:
        """Return whether the car leaves: it is read, read again if misread, pays or waits, and is read again.

        It gives up only if another car is behind it. Until then it stays at the barrier, because the server
        assumes that it is there.
        """
        if self._read(camera, car, car.read_at_exit if car.tries == 0 else None):
            return True
        self._log(camera.where, f"{car.plate} waits")
        if car.tries == 0 and car.read_at_exit != car.plate:
            seconds = min(self.exit_timeout, 20.0)
            if self._wait_for_barrier(camera, seconds) or self._read(camera, car, trigger=4):
                return True
        if self.drivers:
            self.drivers.at_exit(car, camera.device)
        while not self.stopped.is_set():
            if self._wait_for_barrier(camera, self.exit_timeout) or self._read(camera, car, trigger=4):
                return True
            if not self._lanes[camera.device.serial].empty():
                return False
        return False

    def _read(
        self, camera: SimulatedCamera, car: Car, read_as: str | None = None, *, trigger: int = 8
    ) -> bool:
        record = camera.recognise(
            plate_of(car, read_as), confidence=confidence(car, read_as), at=time.time(), trigger=trigger
        )
        return camera.report(record, twice=car.sent_twice).opens

    def _wait_for_barrier(self, camera: SimulatedCamera, seconds: float) -> bool:
        """Wait until the barrier opens; return False if it does not within `seconds`."""
        until = time.time() + seconds
        while not self.stopped.is_set() and time.time() < until:
            if camera.barrier.wait(min(0.2, max(until - time.time(), 0))):
                camera.barrier.clear()
                return True
        return False
