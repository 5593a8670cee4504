"""Bounds what clients that send slowly cost, also where no proxy buffers their requests.

The server's own threads wait for the bytes of a body. At most `READING` of them do so at once, and at most
`PER_CLIENT` for one address; a body beyond that waits a moment for its turn, and is then refused. Pages,
which have no body, keep being served by the other threads.

A read that waits cannot be left to a helper thread, so that its request ends and its place is free: at the
end of a request granian (2.8) waits for the body itself, and holds the interpreter's lock meanwhile. With a
helper still reading it, the whole process stands still, pages without a body included.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from core.body_length import announced_length

READING = 8  # of 16 threads of a process
PER_CLIENT = 4  # where clients are connected to us and not to a proxy
WAIT_SECONDS = 0.3  # for a turn: an honest body is read in milliseconds
LEFT_UNREAD = 16 * 1024 * 1024  # bytes of a body that nobody wanted: what a proxy lets through at most
PIECE = 64 * 1024

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BodyLimits:
    """The threads of a process that wait for bodies. Thread-safe."""

    def __init__(self, *, reading: int = READING, per_client: int = PER_CLIENT) -> None:
        self._reading, self._per_client = reading, per_client
        self._lock = threading.Lock()  # entered itself: the condition's own way in and out is two functions
        self._turn = threading.Condition(self._lock)
        self._busy: Counter[str] = Counter()
        self._all = self._waiting = 0

    def enter(self, client: str) -> None:
        """Count a thread that is going to wait for bytes, or raise `OSError`."""
        with self._lock:
            if not self._is_free(client):
                self._wait(client)
            self._busy[client] += 1
            self._all += 1

    def leave(self, client: str) -> None:
        with self._lock:
            self._busy[client] -= 1
            self._all -= 1
            if not self._busy[client]:
                del self._busy[client]
            if self._waiting:
                self._turn.notify_all()

    def _wait(self, client: str) -> None:
        self._waiting += 1
        try:
            if not self._turn.wait_for(lambda: self._is_free(client), WAIT_SECONDS):
                raise BlockingIOError("too many requests are being received")
        finally:
            self._waiting -= 1

    def _is_free(self, client: str) -> bool:
        is_free_for_client = not client or self._busy[client] < self._per_client
        return is_free_for_client and self._all < self._reading


class _Body:
    """A request's body: each read of it counts while it waits.

    The server ends a body early where the client does so. A form that lacks its end is no form: the read
    raises then, as where the connection breaks, and Django takes the request for an unreadable one.
    """

    def __init__(self, source: Any, length: int, client: str, limits: BodyLimits) -> None:
        self._source, self._client, self._limits = source, client, limits
        self._length = length
        self._taken = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._limited(self._source.read, size)
        if len(piece) < size and self._taken < self._length:
            raise ConnectionError("the client went away within its body")
        return piece

    def readline(self, size: int = -1) -> bytes:
        return self._limited(self._source.readline, size)

    def _limited(self, read: Callable[[int], bytes], size: int) -> bytes:
        self._limits.enter(self._client)
        try:
            piece = read(size)
        finally:
            self._limits.leave(self._client)
        self._taken += len(piece)
        return piece

    def finish(self) -> None:
        """Read and drop what is left of the body, unless no proxy lets that much through."""
        rest = self._length - self._taken
        with suppress(OSError):
            while 0 < rest <= LEFT_UNREAD and (piece := self.read(min(rest, PIECE))):
                rest -= len(piece)


def limited(application: Application, *, behind_proxy: bool, limits: BodyLimits | None = None) -> Application:
    """Return the application with its bodies limited; Django takes the error for an unreadable request.

    The server closes a connection on which a part of a body was not read. A proxy that keeps connections may
    be sending that part, or the next client's request: either would get 502. It has the whole body already,
    so the rest of it is read here without waiting.
    """
    found = limits or BodyLimits()

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        client = "" if behind_proxy else str(environ.get("REMOTE_ADDR", ""))
        length = announced_length(environ) or 0
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], length, client, found)
        answer = application(environ, start_response)
        if behind_proxy:
            body.finish()
        return answer

    return serve
