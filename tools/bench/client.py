"""A closed-loop HTTP client that costs little: requests are bytes made beforehand, one thread, `selectors`.

Ours rather than a load tool's, so that nothing need be installed. Server and client share the machine;
what the client took is measured and told.
"""

import re
import selectors
import socket
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
BODILESS = {b"204", b"304"}
PATIENCE = 10.0  # seconds for one answer


@dataclass
class Load:
    """What one run of requests met."""

    seconds: float = 0.0
    sent: int = 0
    own_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    last_answer: bytes = b""

    @property
    def done(self) -> int:
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Return the latency in ms that this share of the requests stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


@dataclass
class _Line:
    """One kept connection: at most one request is under way on it."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


def length_of(answer: bytes) -> int | None:
    """Return how long this answer is in all, or None while its head is incomplete; -1: chunked."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = answer[: end + 2]
    if found := LENGTH.search(head):
        return end + 4 + int(found[1])
    return -1 if CHUNKED.search(head) and head[9:12] not in BODILESS else end + 4


def is_whole(answer: bytes) -> bool:
    length = length_of(answer)
    if length == -1:
        return answer.endswith(b"\r\n0\r\n\r\n")
    return length is not None and len(answer) >= length


def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    seconds: float,
    connections: int = 16,
    wanted: frozenset[bytes] = frozenset({b"200", b"204"}),
    must_hold: bytes = b"",
) -> Load:
    """Send these requests over kept connections until the time or the requests are over.

    An answer counts if its status is `wanted` and its bytes hold `must_hold`; what else comes is a failure.
    """
    load, waiting = Load(), iter(requests)
    with selectors.DefaultSelector() as selector:
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(connections):
            line = _Line(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if _ask(line, waiting, load):
                selector.register(line.socket, selectors.EVENT_READ, line)
        until = start + seconds
        while selector.get_map():
            for key, _ in selector.select(PATIENCE) or _give_up(selector, load):
                line = key.data
                if not _read(line, load, wanted, must_hold):
                    continue
                if time.perf_counter() >= until or not _ask(line, waiting, load):
                    selector.unregister(line.socket)
                    line.socket.close()
        load.seconds = time.perf_counter() - start
        load.own_cpu = time.process_time() - cpu
    return load


def _ask(line: _Line, waiting: Iterator[bytes], load: Load) -> bool:
    request = next(waiting, None)
    if request is None:
        return False
    load.sent += 1
    line.sent_at = time.perf_counter()
    line.received = b""
    line.socket.sendall(request)
    return True


def _read(line: _Line, load: Load, wanted: frozenset[bytes], must_hold: bytes) -> bool:
    """Take what has come; say whether the answer is over, and note it."""
    data = line.socket.recv(65536)
    line.received += data
    if data and not is_whole(line.received):
        return False
    answer = line.received
    status = answer[9:12]
    if not data:
        load.failures["connection closed"] += 1
    elif status not in wanted:
        load.failures[status.decode("ascii", "replace")] += 1
    elif must_hold and must_hold not in unzipped(answer):
        load.failures["another answer than expected"] += 1
    else:
        load.latencies.append(time.perf_counter() - line.sent_at)
    load.last_answer = answer
    return True


def unzipped(answer: bytes) -> bytes:
    """Return the body of an answer as it was before it was zipped; another answer as it is."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return zlib.decompress(body, wbits=31) if b"content-encoding: gzip" in head.lower() else answer


def _give_up(selector: selectors.BaseSelector, load: Load) -> list[tuple[selectors.SelectorKey, int]]:
    """Nothing came for long: count what is under way as failed."""
    for key in list(selector.get_map().values()):
        load.failures["no answer"] += 1
        selector.unregister(key.fileobj)
        key.data.socket.close()
    return []


def fetch(port: int, request: bytes) -> bytes:
    """Send one request and return its whole answer, head included."""
    return drive(port, [request], seconds=PATIENCE, connections=1).last_answer
