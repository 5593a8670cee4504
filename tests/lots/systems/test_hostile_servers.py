"""Servers that speak bad HTTP: each is a fault within the time of a call, and holds no thread after it."""

import gzip
import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from core.outside import LIMITS, Party
from core.transport import PooledTransport
from lots.systems.aike import AikeSystem
from lots.systems.generic import GenericSystem
from lots.systems.parking_system import Nothing, NothingDue, TryAgain, Unreachable
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE, ask, settlement_of

pytestmark = pytest.mark.servers

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SECONDS = 0.6  # of a call in all


def slowly(text, pause=0.05):
    for byte in itertools.cycle(text):
        time.sleep(pause)
        yield bytes([byte])


ANSWERS = {
    "nothing": list,
    "no end of chunks": lambda: itertools.chain([CHUNKED], itertools.repeat(b"5\r\n     \r\n")),
    "no end of slow chunks": lambda: itertools.chain([CHUNKED], slowly(b"1\r\n \r\n")),
    "no end of headers": lambda: itertools.chain([HEAD], itertools.repeat(b"X-A: b\r\n")),
    "one endless header": lambda: itertools.chain([HEAD, b"X-A: "], itertools.repeat(b"a" * 4096)),
    "slow headers": lambda: itertools.chain([HEAD], slowly(b"X-A: b\r\n")),
    "slow status": lambda: slowly(b"HTTP/1.1 200 O"),
    "no end of continues": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "no end of trailers": lambda: itertools.chain([CHUNKED, b"0\r\n"], slowly(b"X-A: b\r\n")),
    "huge chunk": lambda: [CHUNKED, b"ffffffffffffffffffffffff\r\n", b"x" * 1000],
    "negative chunk": lambda: [CHUNKED, b"-5\r\n", b"x" * 1000],
    "body too short": lambda: [HEAD, b"Content-Length: 900000\r\n\r\n{}"],
    "two lengths": lambda: [HEAD, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"],
    "negative length": lambda: [HEAD, b"Content-Length: -1\r\n\r\n{}"],
    "packed": lambda: [HEAD, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b" " * 50_000_000)],
    "nested packing": lambda: [HEAD, b"Content-Encoding: gzip, gzip, br, deflate\r\n\r\n", b"x" * 99],
    "no HTTP": lambda: [b"220 mail.example ESMTP\r\n" * 50],
    "TLS alert": lambda: [b"\x15\x03\x01\x00\x02\x02\x46"],
    "other version": lambda: [b"HTTP/9.9 200 OK\r\n\r\n{}"],
    "status 1000": lambda: [b"HTTP/1.1 1000 X\r\n\r\n{}"],
    "status 204": lambda: [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "inward redirect": lambda: [
        b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"
    ],
    "error page as success": lambda: [HEAD, b"\r\n<!doctype html><title>502 Bad Gateway</title>"],
}


@contextmanager
def answering(parts):
    """Yield the address of a server that reads a request and then writes these parts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def serve(client):
            with client, suppress(OSError):
                client.recv(65536)
                for part in parts():
                    if stop.is_set():
                        return
                    client.sendall(part)

        def accept():
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_bad_http_is_a_fault_in_time(name):
    LIMITS.forget()
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    paid = settlement_of(ask(vendor.system()))
    transport = PooledTransport("parking system", connect_seconds=SECONDS / 2, read_seconds=SECONDS / 2)
    with answering(ANSWERS[name]) as url:
        system = GenericSystem(vendor.link(base_url=url), transport)
        began = time.monotonic()
        assert isinstance(ask(system), Unreachable)
        assert isinstance(system.settle(paid), TryAgain)
        assert time.monotonic() - began < 2 * SECONDS + 15  # and time for a busy machine
        party = Party("parking system", url.removeprefix("http://"))
        end = time.monotonic() + 5
        while LIMITS.busy(party) and time.monotonic() < end:
            time.sleep(0.02)
        assert not LIMITS.busy(party)
    transport.close()


def read_request(reader):
    """Read one request to its end; return its first line, empty where there is none."""
    first, length = reader.readline(), 0
    while line := reader.readline().strip().lower():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    reader.read(length)
    return first


@contextmanager
def closing_kept_connections(answer, *, calls=1):
    """Yield the address of a server that ends each connection at its next call, and a count of calls."""
    calls_made = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(client):
            with client, client.makefile("rb") as reader, suppress(OSError):
                for number in range(calls + 1):
                    if not read_request(reader):
                        return
                    calls_made.append(number)
                    if number == calls:  # it reads the request, and closes without an answer
                        return
                    client.sendall(answer)

        def accept():
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", calls_made


NOT_INSIDE = b'{"status": 2, "resultCode": 905, "data": {}}'


@pytest.mark.parametrize("kept", [1, 3])
def test_closed_connection_repeats_a_question(kept):
    LIMITS.forget()
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % len(NOT_INSIDE) + NOT_INSIDE
    transport = PooledTransport("parking system")
    with closing_kept_connections(answer) as (url, calls_made):
        system = AikeSystem(vendor_named("aike").link(base_url=url), transport)
        fill_pool(system, kept)
        calls_made.clear()
        assert ask(system) == NothingDue(Nothing.ABSENT)
        assert calls_made == [1, 0]  # the kept connection ended, a new one answered
        calls_made.clear()
        assert ask(system) == NothingDue(Nothing.ABSENT)
    transport.close()


def fill_pool(system, size):
    """Leave several kept connections behind, each good for one more call that is not answered."""
    threads = [threading.Thread(target=ask, args=(system,)) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_closed_connection_repeats_no_payment():
    LIMITS.forget()
    vendor = vendor_named("aike")
    vendor.simulator.park.enter(PLATE.text, 500)
    paid = settlement_of(ask(vendor.system()))
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % len(NOT_INSIDE) + NOT_INSIDE
    transport = PooledTransport("parking system")
    with closing_kept_connections(answer) as (url, calls_made):
        system = AikeSystem(vendor.link(base_url=url), transport)
        ask(system)
        calls_made.clear()
        assert system.settle(paid) == TryAgain("no_answer")
        assert calls_made == [1]
    transport.close()


def test_new_connection_that_ends_is_not_repeated():
    LIMITS.forget()
    transport = PooledTransport("parking system")
    with closing_kept_connections(b"", calls=0) as (url, calls_made):
        system = AikeSystem(vendor_named("aike").link(base_url=url), transport)
        assert ask(system) == Unreachable("no_answer")
        assert calls_made == [0]
    transport.close()
