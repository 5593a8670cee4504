"""A low-cost closed-loop HTTP client: requests are prepared bytes, one thread, `selectors`.

It is part of the project so that no load tool has to be installed. Server and client share the machine, so
the client's own processor time is measured and reported.
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
STATUSES_WITHOUT_BODY = {b"204", b"304"}
EXPECTED = frozenset({b"200", b"204"})
RESPONSE_TIMEOUT = 10.0  # seconds


@dataclass
class Load:
    """Result of one run of requests."""

    seconds: float = 0.0
    sent: int = 0
    own_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    last_response: bytes = b""

    @property
    def done(self) -> int:
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Return the latency in ms that this share of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


@dataclass
class _Connection:
    """One keep-alive connection with at most one request in flight."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


def length_of(response: bytes) -> int | None:
    """Return the total length of this response, -1 if chunked, None while its headers are incomplete."""
    end = response.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = response[: end + 2]
    if found := LENGTH.search(head):
        return end + 4 + int(found[1])
    return -1 if CHUNKED.search(head) and head[9:12] not in STATUSES_WITHOUT_BODY else end + 4


def is_complete(response: bytes) -> bool:
    length = length_of(response)
    if length == -1:
        return response.endswith(b"\r\n0\r\n\r\n")
    return length is not None and len(response) >= length


def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    seconds: float,
    connections: int = 16,
    must_contain: bytes = b"",
) -> Load:
    """Send these requests over keep-alive connections until the time is over or none are left.

    A response counts if its status is 200 or 204 and its body contains `must_contain`; others are failures.
    """
    load, pending = Load(), iter(requests)
    with selectors.DefaultSelector() as selector:
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(connections):
            connection = _Connection(socket.create_connection(("127.0.0.1", port), timeout=RESPONSE_TIMEOUT))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if _send_next(connection, pending, load):
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        until = start + seconds
        while selector.get_map():
            for key, _ in selector.select(RESPONSE_TIMEOUT) or _abort(selector, load):
                connection = key.data
                if not _read(connection, load, must_contain):
                    continue
                if time.perf_counter() >= until or not _send_next(connection, pending, load):
                    selector.unregister(connection.socket)
                    connection.socket.close()
        load.seconds = time.perf_counter() - start
        load.own_cpu = time.process_time() - cpu
    return load


def _send_next(connection: _Connection, pending: Iterator[bytes], load: Load) -> bool:
    request = next(pending, None)
    if request is None:
        return False
    load.sent += 1
    connection.sent_at = time.perf_counter()
    connection.received = b""
    connection.socket.sendall(request)
    return True


def _read(connection: _Connection, load: Load, must_contain: bytes) -> bool:
    """Read available bytes; return True and record the result if the response is complete."""
    data = connection.socket.recv(65536)
    connection.received += data
    if data and not is_complete(connection.received):
        return False
    response = connection.received
    status = response[9:12]
    if not data:
        load.failures["connection closed"] += 1
    elif status not in EXPECTED:
        load.failures[status.decode("ascii", "replace")] += 1
    elif must_contain and must_contain not in body_of(response):
        load.failures["unexpected response body"] += 1
    else:
        load.latencies.append(time.perf_counter() - connection.sent_at)
    load.last_response = response
    return True


def body_of(response: bytes) -> bytes:
    """Return the decompressed body of a gzip response; any other response unchanged."""
    head, _, body = response.partition(b"\r\n\r\n")
    return zlib.decompress(body, wbits=31) if b"content-encoding: gzip" in head.lower() else response


def _abort(selector: selectors.BaseSelector, load: Load) -> list[tuple[selectors.SelectorKey, int]]:
    """Count every request in flight as failed, after a timeout."""
    for key in list(selector.get_map().values()):
        load.failures["no response"] += 1
        selector.unregister(key.fileobj)
        key.data.socket.close()
    return []


def fetch(port: int, request: bytes) -> bytes:
    """Send one request and return its complete response, headers included."""
    return drive(port, [request], seconds=RESPONSE_TIMEOUT, connections=1).last_response
