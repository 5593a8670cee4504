"""Simulated time and a network that loses, doubles, delays and reorders messages; one seed decides all."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import count
from random import Random

from core.transport import OutcomeUnknown

type Act = Callable[[], object]


class SeededSecrets(Random):
    """Random numbers that a seed decides, under the names of `secrets` as well."""

    token_bytes = Random.randbytes


@dataclass(frozen=True)
class Faults:
    """How likely each fault is: of a message or call, or, for `crash`, of an action of a process."""

    drop: float = 0.0
    double: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    crash: float = 0.0
    lie: float = 0.0  # a verified notice of an amount that is not the order's
    clock: float = 0.0  # a party whose clock is wrong: the server's for a while, the others' throughout


NONE = Faults()
ALL = Faults(drop=0.12, double=0.12, delay=0.12, reorder=0.12, crash=0.08, lie=0.1, clock=0.15)
KINDS = tuple(each.name for each in fields(Faults))


@dataclass
class Network:
    """The events to come, and the time of the newest one that happened."""

    rng: Random
    at: datetime
    faults: Faults
    began_at: datetime = field(init=False)
    trace: list[str] = field(default_factory=list)
    server_ahead: timedelta = timedelta()  # by which the server's clock is ahead of the true one
    _events: list[tuple[datetime, int, str, Act]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _newest: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began_at = self.at

    @property
    def server_at(self) -> datetime:
        return self.at + self.server_ahead

    def wrong_clock(self, choices: Sequence[int]) -> timedelta:
        """Return by how much a party's clock is ahead, of these numbers of seconds; mostly it is right."""
        if not self.faults.clock or not self.chance(self.faults.clock):
            return timedelta()
        return timedelta(seconds=self.rng.choice(choices))

    @property
    def seconds(self) -> float:
        return (self.at - self.began_at).total_seconds()

    def note(self, text: str) -> None:
        self.trace.append(f"{self.seconds:10.2f}  {text}")

    def chance(self, likelihood: float) -> bool:
        return self.rng.random() < likelihood

    def after(self, seconds: float, label: str, act: Act) -> None:
        """Have something happen later, whatever the faults."""
        self._push(self.at + timedelta(seconds=seconds), label, act)

    def send(self, link: str, label: str, deliver: Act, *, longest: float = 8.0) -> None:
        """Send a message. Those of one link arrive in their order, unless one is held back by `reorder`."""
        if self.chance(self.faults.drop):
            self.note(f"DROP {link}: {label}")
            return
        for copy in range(2 if self.chance(self.faults.double) else 1):
            seconds = self.rng.uniform(0.02, 0.2)
            if self.chance(self.faults.delay):
                seconds += self.rng.uniform(0.5, longest)
            due = max(self.at + timedelta(seconds=seconds), self._newest.get(link, self.at))
            if self.chance(self.faults.reorder):
                due += timedelta(seconds=self.rng.uniform(0.5, longest))
                self.note(f"HOLD BACK {link}: {label}")
            else:
                self._newest[link] = due
            self._push(due, f"{link}: {label}{' (DOUBLE)' if copy else ''}" if label else "", deliver)

    def call[T](self, label: str, act: Callable[[], T]) -> T:
        """Call an outside party: the request or its answer may be lost, come twice, or come too late."""
        if self.chance(self.faults.drop):
            self.note(f"DROP request {label}")
            raise OutcomeUnknown
        if self.chance(self.faults.delay):
            self.after(self.rng.uniform(5, 40), f"LATE request {label}", act)
            raise OutcomeUnknown
        if self.chance(self.faults.double):
            self.note(f"DOUBLE request {label}")
            act()
        answer = act()
        if self.chance(self.faults.drop):
            self.note(f"DROP answer {label}")
            raise OutcomeUnknown
        self.note(f"call {label}")
        return answer

    def step(self) -> bool:
        """Let the next event happen; False where none is left."""
        if not self._events:
            return False
        self.at, _, label, act = heapq.heappop(self._events)
        if label:
            self.note(label)
        act()
        return True

    def _push(self, due: datetime, label: str, act: Act) -> None:
        heapq.heappush(self._events, (due, next(self._numbers), label, act))
