"""One camera in one lane: reports plates, queues them while offline, sends heartbeats, polls for commands."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator import protocol
from simulator.protocol import CameraAnswer, Record
from simulator.random_plates import RandomPlate
from simulator.traffic import random_for

RESENDS = 4
PUSH_TIMEOUT = 5.0
COMET_TIMEOUT = 40.0
COMET_PAUSE = 0.5  # between polls that are answered immediately; a real camera does not pause
MAX_QUEUED = 9_000
OFFLINE_SECONDS = 60.0

Log = Callable[[str, str], None]  # called with lane and message


@dataclass(frozen=True)
class CameraLane:
    """The lane of a camera and the server's URLs."""

    lot: str
    lane: str
    direction: str
    serial: str
    push_url: str
    heartbeat_url: str
    comet_url: str = ""
    sign_url: str = ""  # of the lane's code


class SimulatedCamera:
    """Simulates one device until `stop` is set."""

    def __init__(self, device: CameraLane, *, seed: int, stop: threading.Event, log: Log, warn: Log) -> None:
        random = random_for(seed, device.serial)
        self.device = device
        self.plateid = random.randrange(1, 20_000)
        self.old_firmware = random.random() < 0.5
        self.heartbeat_interval = 5.0 if device.direction == "entry" else 30.0
        self.queued: list[Record] = []  # not yet reported, oldest first
        self.barrier = threading.Event()  # set when a comet response opens the barrier
        self._failing: set[str] = set()  # endpoints without a response to the last request
        self._offline_until = 0.0
        self._offline_cars = 0
        self._stop, self._log, self._warn = stop, log, warn
        self._push_lock = threading.Lock()
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        return f"{self.device.lot} {self.device.lane}"

    def start(self) -> None:
        """Send heartbeats and poll in the background until the simulation stops."""
        jobs = [self._send_heartbeats] + ([self._poll] if self.device.comet_url else [])
        for job in jobs:
            threading.Thread(target=job, daemon=True).start()

    def recognise(self, plate: RandomPlate, *, confidence: int, at: float, trigger: int = 8) -> Record:
        """Return the record of a car. Its number increases by one and is reset only with the camera."""
        with self._lock:
            self.plateid += 1
            number = self.plateid
        return Record(plate.text, plate.kind, plate.colour, confidence, number, at, trigger)

    def report(self, record: Record, *, twice: bool = False) -> CameraAnswer:
        """Push a record and return the response. Without a response, queue it and open the barrier."""
        if self._is_offline():
            self._offline_cars -= 1
            return self.queue(record)
        for _ in range(1 if "push" in self._failing else 1 + RESENDS):
            response = self._push(record)
            if response is not None:
                if twice:
                    self._push(record)
                return response
            if self._stop.wait(0.2):
                break
        return self.queue(record)

    def go_offline(self) -> None:
        """Lose the network for this car and the next; both are pushed later, newest first."""
        self._offline_cars, self._offline_until = 2, time.time() + OFFLINE_SECONDS

    def queue(self, record: Record) -> CameraAnswer:
        """Queue a record and open the barrier, as cameras are configured for an outage (脱机)."""
        with self._lock:
            self.queued = [*self.queued, record.as_offline()][-MAX_QUEUED:]
        return CameraAnswer(opens=True)

    def replay(self) -> bool:
        """Push queued records, newest first, while the server asks for more. Return whether none are left."""
        while self.queued and not self._stop.is_set():
            record = self.queued[-1]
            response = self._push(record)
            if response is None or not response.continues:
                return False
            with self._lock:
                self.queued = [other for other in self.queued if other is not record]
        return not self.queued

    def send_heartbeat(self) -> bool:
        """Send one heartbeat and return whether the server responded."""
        return self._send("heartbeat", protocol.FORM_TYPE, self._form(), PUSH_TIMEOUT) is not None

    def state(self) -> dict[str, Any]:
        return {"plateid": self.plateid, "queued": [record.to_dict() for record in self.queued]}

    def restore(self, state: dict[str, Any]) -> None:
        self.plateid = state["plateid"]
        self.queued = [Record(**record) for record in state["queued"]]

    def _is_offline(self) -> bool:
        return self._offline_cars > 0 and time.time() < self._offline_until

    def _send_heartbeats(self) -> None:
        while not self._stop.is_set():
            up_to_date = not self._is_offline() and self.send_heartbeat() and self.replay()
            self._stop.wait(self.heartbeat_interval if up_to_date else 1.0)

    def _poll(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            body = self._send("comet", protocol.FORM_TYPE, self._form(), COMET_TIMEOUT)
            if body is not None and protocol.parse_response(body).opens:
                self._log(self.where, "barrier opened by command")
                self.barrier.set()
            if time.monotonic() - started < COMET_PAUSE:
                self._stop.wait(COMET_PAUSE)

    def _form(self) -> bytes:
        return protocol.registration(serial=self.device.serial, name=self.device.lane)

    def _push(self, record: Record) -> CameraAnswer | None:
        body = protocol.push(
            record, serial=self.device.serial, name=self.device.lane, old_firmware=self.old_firmware
        )
        with self._push_lock:
            response = self._send("push", "application/json", body, PUSH_TIMEOUT)
        return None if response is None else protocol.parse_response(response)

    def _send(self, endpoint: str, content_type: str, body: bytes, timeout: float) -> bytes | None:
        """Post, and warn once per outage. The URL is not logged, because it contains the device's key."""
        try:
            response = protocol.post(
                getattr(self.device, f"{endpoint}_url"), content_type, body, timeout=timeout
            )
        except (OSError, ValueError) as fault:
            if endpoint not in self._failing:
                self._warn(self.where, f"{endpoint}: no response ({type(fault).__name__}: {fault})")
            self._failing.add(endpoint)
            return None
        if endpoint in self._failing:
            self._warn(self.where, f"{endpoint}: responds again")
            self._failing.discard(endpoint)
        return response
