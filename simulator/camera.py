"""One camera at one lane: it reports, keeps what it could not report, beats, polls and lifts a barrier."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator import wire
from simulator.plates import Plate
from simulator.traffic import chance
from simulator.wire import Answer, Record

RESENDS = 4
PUSH_TIMEOUT = 5.0
COMET_TIMEOUT = 40.0
COMET_PAUSE = 0.5  # between polls that are answered at once; a real camera does not pause
MOST_KEPT = 9_000
CUT_LASTS = 60.0

Tell = Callable[[str, str], None]


@dataclass(frozen=True)
class Device:
    """Where a camera stands and whom it talks to."""

    lot: str
    lane: str
    direction: str
    serial: str
    push_url: str
    heartbeat_url: str
    comet_url: str = ""
    sign_url: str = ""  # of the code beside the barrier


class Camera:
    """Speaks for one device, until `stop`."""

    def __init__(
        self, device: Device, *, seed: int, stop: threading.Event, tell: Tell, complain: Tell
    ) -> None:
        luck = chance(seed, device.serial)
        self.device = device
        self.plateid = luck.randrange(1, 20_000)
        self.old = luck.random() < 0.5
        self.every = 5.0 if device.direction == "entry" else 30.0
        self.kept: list[Record] = []  # oldest first
        self.barrier = threading.Event()  # set: lifted from afar, by a comet answer
        self._silent: set[str] = set()  # which addresses gave no answer last time
        self._cut_until = 0.0
        self._cut_cars = 0
        self._stop, self._tell, self._complain = stop, tell, complain
        self._line = threading.Lock()
        self._count = threading.Lock()

    @property
    def where(self) -> str:
        return f"{self.device.lot} {self.device.lane}"

    def start(self) -> None:
        """Beat and poll in the background until the simulation stops."""
        jobs = [self._beat] + ([self._poll] if self.device.comet_url else [])
        for job in jobs:
            threading.Thread(target=job, daemon=True).start()

    def see(self, plate: Plate, *, confidence: int, at: float, trigger: int = 8) -> Record:
        """Recognise a car. The number goes up by one for each, and starts again only with the camera."""
        with self._count:
            self.plateid += 1
            number = self.plateid
        return Record(plate.text, plate.kind, plate.colour, confidence, number, at, trigger)

    def report(self, record: Record, *, twice: bool = False) -> Answer:
        """Send a record and obey the answer; without one keep it and open, as set for an outage."""
        if self._is_cut():
            self._cut_cars -= 1
            return self.keep(record)
        for _ in range(1 if "push" in self._silent else 1 + RESENDS):
            answer = self._push(record)
            if answer is not None:
                if twice:
                    self._push(record)
                return answer
            if self._stop.wait(0.2):
                break
        return self.keep(record)

    def cut_the_line(self) -> None:
        """Lose the network for this car and the next; both are sent later, newest first."""
        self._cut_cars, self._cut_until = 2, time.time() + CUT_LASTS

    def keep(self, record: Record) -> Answer:
        """Keep a record for later, oldest first, and open as set for an outage (脱机)."""
        with self._count:
            self.kept = [*self.kept, record.cut_off()][-MOST_KEPT:]
        return Answer(opens=True)

    def replay(self) -> bool:
        """Send what was kept, newest first, as long as the server asks for more. True: all is sent."""
        while self.kept and not self._stop.is_set():
            record = self.kept[-1]
            answer = self._push(record)
            if answer is None or not answer.goes_on:
                return False
            with self._count:
                self.kept = [kept for kept in self.kept if kept is not record]
        return not self.kept

    def beat(self) -> bool:
        """Send one heartbeat. True: the server is there."""
        return self._send("heartbeat", wire.FORM_TYPE, self._form(), PUSH_TIMEOUT) is not None

    def memory(self) -> dict[str, Any]:
        return {"plateid": self.plateid, "kept": [record.kept() for record in self.kept]}

    def remember(self, memory: dict[str, Any]) -> None:
        self.plateid = memory["plateid"]
        self.kept = [Record(**record) for record in memory["kept"]]

    def _is_cut(self) -> bool:
        return self._cut_cars > 0 and time.time() < self._cut_until

    def _beat(self) -> None:
        while not self._stop.is_set():
            there = not self._is_cut() and self.beat()
            behind = there and not self.replay()
            self._stop.wait(self.every if there and not behind else 1.0)

    def _poll(self) -> None:
        while not self._stop.is_set():
            asked = time.monotonic()
            body = self._send("comet", wire.FORM_TYPE, self._form(), COMET_TIMEOUT)
            if body is not None and wire.read_answer(body).opens:
                self._tell(self.where, "barrier lifted from afar")
                self.barrier.set()
            if time.monotonic() - asked < COMET_PAUSE:
                self._stop.wait(COMET_PAUSE)

    def _form(self) -> bytes:
        return wire.registration(serial=self.device.serial, name=self.device.lane)

    def _push(self, record: Record) -> Answer | None:
        body = wire.push(record, serial=self.device.serial, name=self.device.lane, old=self.old)
        with self._line:
            answer = self._send("push", "application/json", body, PUSH_TIMEOUT)
        return None if answer is None else wire.read_answer(answer)

    def _send(self, what: str, content_type: str, body: bytes, timeout: float) -> bytes | None:
        """Post, and complain once per outage. The address stays unsaid: it holds the device's key."""
        try:
            answer = wire.post(getattr(self.device, f"{what}_url"), content_type, body, timeout=timeout)
        except (OSError, ValueError) as fault:
            if what not in self._silent:
                self._complain(self.where, f"{what}: no answer ({type(fault).__name__}: {fault})")
            self._silent.add(what)
            return None
        if what in self._silent:
            self._complain(self.where, f"{what}: answered again")
            self._silent.discard(what)
        return answer
