"""Limits of every call to an outside party: a total time, threads of its own, and a circuit breaker.

A party is a kind of service at one host. Its calls run in threads that belong to it, at most `PER_PARTY` of
a process; a caller waits for its answer no longer than the total time of the call, also where a name server
or a dripping answer would hold it longer. When the threads are in use, as many calls again wait for one, for
a quarter of their total time. The call is refused (`NotSent`) after that, or at once if more wait already or
the circuit is open: nothing has left this process.

Parties that answer go on however many are dead, because those of one kind share a part of all threads:
failing ones a third (each open circuit lets a call through now and then), with those that this process has
not asked before two thirds, with those that did not answer lately three quarters, all of a kind five sixths.
All kinds together have as many more as one party may use.

`core.transport` and `core.mail_backend` are the only users, so that no caller can forget it;
tests/test_outside.py finds any other way out.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

import structlog

PER_PARTY = 4  # threads of this process that may wait for one party
ALL_PARTIES = 12  # and for all of them: a web process has 16, and the others keep serving
FAILING, UNKNOWN, ANSWERED, ALIVE = range(4)  # how well a party answered: last time, and lately
SHARES = (1 / 3, 2 / 3, 3 / 4, 5 / 6, 1.0)  # of these, for one kind's parties that answer so well at most
LATELY_SECONDS = 3.0  # all may have died since a party answered before that
WAITING_SHARE = 0.25  # of a call's total time: how long it may wait for a thread
FAILURES = 5  # calls in a row without an answer open the circuit
PAUSE_SECONDS = 10.0  # then a single call finds out whether the party is back

log = structlog.get_logger("outside")


class ProviderError(Exception):
    """A call to an outside party without a usable answer."""

    code = "provider_error"


class OutcomeUnknown(ProviderError):
    """No answer, a broken one, or a server fault: the party may have acted. Query, never guess."""

    code = "outcome_unknown"


class NotSent(OutcomeUnknown):
    """The call was refused before it left this process: the party has not acted on it."""

    code = "not_sent"


@dataclass(frozen=True)
class Party:
    """Whom a call goes to. It names no account, key or person."""

    kind: str  # wechat, parking system, invoices, sms …
    host: str  # with its port, where that is not the usual one

    def __str__(self) -> str:
        return f"{self.kind} {self.host}"


type Listener = Callable[[Party, bool], None]
before_waiting: list[Callable[[], None]] = []  # called in the thread that is going to wait
listeners: list[Listener] = []  # called with a party and whether its circuit opened (True) or closed


class _State:
    """One party's threads and circuit in this process."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.answered_at: float | None = None
        self.busy = self.waiting = 0
        self.failures = 0
        self.open_until: float | None = None
        self.is_probed = False

    @property
    def rank(self) -> int:
        if self.failures:
            return FAILING
        if self.answered_at is None:
            return UNKNOWN
        return ALIVE if time.monotonic() - self.answered_at < LATELY_SECONDS else ANSWERED


class CallLimits:
    """The limits of one process. Thread-safe."""

    def __init__(self, *, per_party: int = PER_PARTY, all_parties: int = ALL_PARTIES) -> None:
        self.per_party, self.all_parties = per_party, all_parties
        self._shares = [max(1, round(share * all_parties)) for share in SHARES]
        self._lock = threading.Condition()
        self._states: dict[Party, _State] = {}

    def enter(self, party: Party, seconds: float = 0.0) -> None:
        """Acquire a thread of the party's budget within `seconds`, or raise `NotSent`."""
        end = time.monotonic() + seconds
        with self._lock:
            state = self._states.setdefault(party, _State(party.kind))
            self._check_circuit(state)
            if not self._has_room(state):
                self._wait_for_room(state, end)
            state.busy += 1
            state.is_probed = state.open_until is not None

    def _wait_for_room(self, state: _State, end: float) -> None:
        """Wait in the party's queue. A caller that waits is a thread of this process too, so it counts."""
        if state.waiting >= self.per_party or not self._may_wait(state):
            raise NotSent("all threads in use")
        state.waiting += 1
        try:
            while not self._has_room(state):
                if (left := end - time.monotonic()) <= 0:
                    raise NotSent("all threads in use")
                self._lock.wait(left)
                self._check_circuit(state)
        finally:
            state.waiting -= 1

    def _check_circuit(self, state: _State) -> None:
        if state.open_until is not None and (state.is_probed or time.monotonic() < state.open_until):
            raise NotSent("circuit open")

    def _may_wait(self, state: _State) -> bool:
        return self._fits(state, self._shares[1:], lambda each: each.busy + each.waiting)

    def _has_room(self, state: _State) -> bool:
        return state.busy < self.per_party and self._fits(state, self._shares, lambda each: each.busy)

    def _fits(self, state: _State, shares: list[int], count: Callable[[_State], int]) -> bool:
        """Return whether each share that a party counts for has room for one more: that of its rank and
        those of better ones, which get what the worse ones leave."""
        ranks = range(state.rank, ALIVE + 1)
        held = [(each, each.rank, used) for each in self._states.values() if (used := count(each))]
        of_all = [sum(used for _, rank, used in held if rank <= most) for most in ranks]
        of_kind = [
            sum(used for each, rank, used in held if rank <= most and each.kind == state.kind)
            for most in ranks
        ]
        return all(
            here < shares[rank] and everywhere < min(shares[rank] + self.per_party, self.all_parties)
            for rank, here, everywhere in zip(ranks, of_kind, of_all, strict=True)
        )

    def leave(self, party: Party) -> None:
        with self._lock:
            self._states[party].busy -= 1
            self._lock.notify_all()

    def note(self, party: Party, *, answered: bool) -> bool | None:
        """Count a call; return True where it opened the circuit, False where it closed it, else None."""
        with self._lock:
            state = self._states[party]
            was_open, state.is_probed = state.open_until is not None, False
            if answered:
                state.failures, state.open_until, state.answered_at = 0, None, time.monotonic()
                return False if was_open else None
            state.failures += 1
            if state.failures < FAILURES:
                return None
            state.open_until = time.monotonic() + PAUSE_SECONDS
            self._lock.notify_all()  # who waits for a thread is refused now
            return True

    def busy(self, party: Party) -> int:
        state = self._states.get(party)
        return state.busy if state else 0

    def forget(self) -> None:
        """Close all circuits; what runs still counts."""
        with self._lock:
            for state in self._states.values():
                state.failures, state.open_until, state.is_probed = 0, None, False


type _Work = Callable[[], Callable[[], None]]


class _Threads:
    """Threads that run calls, one at a time. An idle one is used again: a start costs as much as a call.

    There is no limit here, because `CallLimits` has one. They are daemons, unlike those of an executor: a
    call that hangs keeps no process from its end.
    """

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[_Work]] = []  # the inbox of each
        os.register_at_fork(after_in_child=self._idle.clear)  # it has none of these threads

    def run(self, work: _Work) -> None:
        """Run `work` in a thread, and what it returns when that thread is idle again."""
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=[inbox], name="outside", daemon=True).start()
        inbox.put(work)

    def _serve(self, inbox: "SimpleQueue[_Work]") -> None:
        while True:
            answer = inbox.get()()
            self._idle.append(inbox)
            answer()
            del answer  # it holds what was asked and answered


LIMITS = CallLimits()
_threads = _Threads()
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all calls in this block together take so long at most; one that has no time left is not sent.

    For a page that needs several answers of one party: a driver waits for the sum of them.
    """
    end = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


def call[T](party: Party, work: Callable[[], T], *, seconds: float, cut: Callable[[], None]) -> T:
    """Return what `work` returns within `seconds`, in a thread of the party's budget.

    Raises `NotSent`, or `OutcomeUnknown` where there is no answer in time; `cut` then ends what `work` waits
    for. Any other exception is the caller's own mistake (an address that is none) and passes through.
    """
    if (deadline := _deadline.get()) is not None:
        seconds = min(seconds, deadline - time.monotonic())
        if seconds <= 0:
            raise NotSent("no time left")
    end = time.monotonic() + seconds
    for prepare in before_waiting:
        prepare()
    LIMITS.enter(party, seconds * WAITING_SHARE)
    answer: Future[T] = Future()

    def run() -> Callable[[], None]:
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            return partial(answer.set_exception, error)
        else:
            return partial(answer.set_result, found)
        finally:
            LIMITS.leave(party)

    _threads.run(run)
    try:
        found = answer.result(timeout=max(0.0, end - time.monotonic()))
    except TimeoutError:
        cut()
        _note(party, answered=False)
        raise OutcomeUnknown("no answer in time") from None
    except OutcomeUnknown:
        _note(party, answered=False)
        raise
    except BaseException:
        _note(party, answered=True)
        raise
    _note(party, answered=True)
    return found


def _note(party: Party, *, answered: bool) -> None:
    if (opened := LIMITS.note(party, answered=answered)) is None:
        return
    log.warning("circuit_open" if opened else "circuit_closed", party=party.kind)
    for listen in listeners:
        listen(party, opened)
