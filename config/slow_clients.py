"""Bounds what clients that send slowly cost, also where no proxy buffers their requests.

A helper thread reads a body while the server's own thread waits for it, for a time that grows with the
body's size. At most `READING` bodies of a process are received at once, `PER_CLIENT` of one client: one more
ends the wait for the oldest. An honest body is there in milliseconds, so slow clients lose their place to
others and not the other way round. Pages, which have no body, keep being served by the other threads. A
helper whose body was given up waits until its client goes on or away: each connection holds one at most.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

READING = 8  # of 16 threads of a process
PER_CLIENT = 4
SECONDS = 10.0  # for a body
BYTES_A_SECOND = 50_000  # and a second more for so many bytes of it
LARGEST = 16 * 1024 * 1024  # bytes that any page takes

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
type ClientOf = Callable[[dict[str, Any]], str]


class Helpers:
    """Threads that wait in place of others. One that is done takes the next work."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock, self._idle = threading.Lock(), 0

    def run(self, work: Callable[[], None]) -> None:
        with self._lock:
            is_free = self._idle > 0
            if is_free:
                self._idle -= 1
        if not is_free:
            threading.Thread(target=self._serve, name="body", daemon=True).start()
        self._work.put(work)

    def _serve(self) -> None:
        while True:
            self._work.get()()
            with self._lock:
                self._idle += 1


class BodyLimits:
    """The bodies that a process is receiving, oldest first. Thread-safe."""

    def __init__(self, *, reading: int = READING, per_client: int = PER_CLIENT) -> None:
        self._reading, self._per_client = reading, per_client
        self._lock, self._helpers = threading.Lock(), Helpers()
        self._waits: dict[Future[bytes], str] = {}

    def receive(self, client: str, read: Callable[[], bytes], *, seconds: float) -> bytes:
        """Return what `read` returns. Raises `OSError` after `seconds`, or when others need the place."""
        received: Future[bytes] = Future()

        def work() -> None:
            with suppress(InvalidStateError):  # nobody waits for it any more
                try:
                    received.set_result(read())
                except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
                    received.set_exception(error)

        with self._lock:
            self._make_room(client)
            self._waits[received] = client
        self._helpers.run(work)
        try:
            return received.result(max(0.0, seconds))
        finally:
            with self._lock:
                self._waits.pop(received, None)

    def _make_room(self, client: str) -> None:
        own = [received for received, each in self._waits.items() if each == client]
        if len(own) >= self._per_client:
            self._give_up(own[0])
        elif len(self._waits) >= self._reading:
            self._give_up(next(iter(self._waits)))

    def _give_up(self, received: Future[bytes]) -> None:
        del self._waits[received]
        with suppress(InvalidStateError):  # it has just come
            received.set_exception(TimeoutError("other requests are being received"))


class _Body:
    """A request's body, whose client has a time to send it."""

    def __init__(self, environ: dict[str, Any], client: str, limits: BodyLimits) -> None:
        self._source, self._client, self._limits = environ["wsgi.input"], client, limits
        length = environ.get("CONTENT_LENGTH") or "0"
        size = min(int(length), LARGEST) if length.isdecimal() else 0
        self._seconds, self._until = SECONDS + size / BYTES_A_SECOND, 0.0
        self._fault: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        return self._receive(lambda: self._source.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._receive(lambda: self._source.readline(size))

    def _receive(self, read: Callable[[], bytes]) -> bytes:
        if self._fault is not None:  # a view that tries again must not take the place of another
            raise self._fault
        begun = time.monotonic()
        self._until = self._until or begun + self._seconds
        try:
            return self._limits.receive(self._client, read, seconds=self._until - begun)
        except OSError as error:
            self._fault = error
            raise


def limited(
    application: Application, *, client_of: ClientOf, limits: BodyLimits | None = None
) -> Application:
    """Return the application with its bodies limited; Django takes the error for an unreadable request."""
    found = limits or BodyLimits()

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = _Body(environ, client_of(environ), found)
        return application(environ, start_response)

    return serve
