"""Limits of every call to an outside party: a total time, threads of its own, and a circuit breaker.

A party is a kind of service at one host. Its calls run in threads that belong to it, at most `PER_PARTY` of
a process; a caller waits for its answer no longer than the total time of the call, also where a name server
or a dripping answer would hold it longer. When the threads are in use, or the circuit is open, the call is
refused at once (`NotSent`): nothing has left this process.

`core.transport` and `core.mail_backend` are the only users, so that no caller can forget it;
tests/test_outside.py finds any other way out.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import structlog

PER_PARTY = 4  # threads of this process that may wait for one party
ALL_PARTIES = 12  # and for all of them: a web process has 16, and the others keep serving
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

    def __init__(self) -> None:
        self.busy = 0
        self.failures = 0
        self.open_until: float | None = None
        self.is_probed = False


class Limits:
    """The limits of one process. Thread-safe."""

    def __init__(self, *, per_party: int = PER_PARTY, all_parties: int = ALL_PARTIES) -> None:
        self.per_party, self.all_parties = per_party, all_parties
        self._lock = threading.Lock()
        self._states: dict[Party, _State] = {}

    def enter(self, party: Party) -> None:
        """Take a thread of the party's budget, or raise `NotSent`."""
        with self._lock:
            state = self._states.setdefault(party, _State())
            if state.open_until is not None and (state.is_probed or time.monotonic() < state.open_until):
                raise NotSent("circuit open")
            busy = sum(each.busy for each in self._states.values())
            if state.busy >= self.per_party or busy >= self.all_parties:
                raise NotSent("all threads in use")
            state.busy += 1
            state.is_probed = state.open_until is not None

    def leave(self, party: Party) -> None:
        with self._lock:
            self._states[party].busy -= 1

    def note(self, party: Party, *, answered: bool) -> bool | None:
        """Count a call; return True where it opened the circuit, False where it closed it, else None."""
        with self._lock:
            state = self._states[party]
            was_open, state.is_probed = state.open_until is not None, False
            if answered:
                state.failures, state.open_until = 0, None
                return False if was_open else None
            state.failures += 1
            if state.failures < FAILURES:
                return None
            state.open_until = time.monotonic() + PAUSE_SECONDS
            return True

    def busy(self, party: Party) -> int:
        state = self._states.get(party)
        return state.busy if state else 0

    def forget(self) -> None:
        """Close all circuits; what runs still counts."""
        with self._lock:
            for state in self._states.values():
                state.failures, state.open_until, state.is_probed = 0, None, False


LIMITS = Limits()


def call[T](party: Party, work: Callable[[], T], *, seconds: float, cut: Callable[[], None]) -> T:
    """Return what `work` returns within `seconds`, in a thread of the party's budget.

    Raises `NotSent`, or `OutcomeUnknown` where there is no answer in time; `cut` then ends what `work` waits
    for. Any other exception is the caller's own mistake (an address that is none) and passes through.
    """
    LIMITS.enter(party)
    answer: Future[T] = Future()

    def run() -> None:
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            LIMITS.leave(party)
            answer.set_exception(error)
        else:
            LIMITS.leave(party)
            answer.set_result(found)

    for prepare in before_waiting:
        prepare()
    threading.Thread(target=run, name=f"outside {party.kind}", daemon=True).start()
    try:
        found = answer.result(timeout=seconds)
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
