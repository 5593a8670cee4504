"""The way to a payment channel over HTTP: one method, so that the HTTP package is named in one file.

What a channel sends back is bounded in time and size. What goes wrong on the way is one thing for
everybody, `OutcomeUnknown`, and its message holds no address and no body.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from core import outside
from core.outside import NotSent, OutcomeUnknown, ProviderError

__all__ = [
    "NotSent",
    "OutcomeUnknown",
    "PooledTransport",
    "ProviderError",
    "Reply",
    "TlsState",
    "Transport",
    "Unreached",
    "reach",
    "repeating",
]

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
MAX_ANSWER = 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """A channel's HTTP answer, not yet believed. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Sends one request, once, and brings the answer or raises `OutcomeUnknown`."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply: ...


_repeats: ContextVar[bool] = ContextVar("repeats", default=False)


@contextmanager
def repeating() -> Iterator[None]:
    """Allow the calls in this block to be repeated: they are questions, answered twice without harm.

    Many servers close a connection that they promised to keep. A call that finds its own closed goes once
    more over a new one, within its total time.
    """
    token = _repeats.set(True)
    try:
        yield
    finally:
        _repeats.reset(token)


class PooledTransport:
    """Keeps connections open between calls; safe to share between threads.

    It follows no redirect, repeats nothing by itself (a repeat is a decision about money; see `repeating`
    for questions), and takes neither a proxy nor a key log file from the environment. `kind` names the party,
    together with the host: its calls have the limits of `core.outside`, and end after `connect_seconds +
    read_seconds` in all. With `certificates` (PEM) only those are trusted.
    """

    def __init__(
        self,
        kind: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        max_answer: int = MAX_ANSWER,
        connections: int = 16,
        certificates: str = "",
    ) -> None:
        self.kind, self.read_seconds, self.max_answer = kind, read_seconds, max_answer
        self.total_seconds = connect_seconds + read_seconds
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            retries=False,
            ssl_context=_tls(certificates),
        )
        self._pool.pool_classes_by_scheme = _POOLS

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        call, repeats = _Call(), _repeats.get()

        def work() -> Reply:
            reply = None
            with suppress(urllib3.exceptions.HTTPError, OSError):
                _running.call = call
                try:
                    reply = self._send(method, url, headers, body)
                except urllib3.exceptions.ProtocolError:
                    if not (repeats and call.found_closed()):
                        raise
                    reply = self._send(method, url, headers, body)
                finally:
                    call.forget()
            if reply is None:  # raised here, so that the address in the first error is not part of the second
                raise OutcomeUnknown("no usable answer")
            return reply

        party = outside.Party(self.kind, urlsplit(url).netloc.rpartition("@")[2])
        return outside.call(party, work, seconds=self.total_seconds, cut=call.cut)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        answer = self._pool.request(
            method,
            url,
            headers=headers,
            body=body or None,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            content = self._read(answer)
        except BaseException:
            answer.close()
            raise
        if content is None:
            answer.close()
            return None
        answer.release_conn()
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes | None:
        """Return the whole answer; None where it is too large or drips in for too long."""
        end = time.monotonic() + self.read_seconds
        content = bytearray()
        while piece := answer.read1(_PIECE):
            content += piece
            if len(content) > self.max_answer or time.monotonic() > end:
                return None
        return bytes(content)

    def close(self) -> None:
        self._pool.clear()


class _Call:
    """The connection that a call uses, so that it can be cut when the time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._is_cut = False
        self.is_new = False  # its connection was made for it
        self.needs_new = False

    def found_closed(self) -> bool:
        """Return whether it went over an older connection; then it gets a new one next time."""
        self.needs_new = not self.is_new
        return self.needs_new

    def use(self, connection: HTTPConnection) -> None:
        """Note the connection; raise where the call was cut before it had one."""
        with self._lock:
            self._connection = connection
            if self._is_cut:
                raise TimeoutError("cut")

    def forget(self) -> None:
        """Leave the connection alone from now on: another call may have it."""
        with self._lock:
            self._connection = None

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            found = getattr(self._connection, "sock", None)
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)


_running = threading.local()


class _Cuttable:
    """Records which connection the running call uses: when it starts, and when it is connected."""

    def request(self, *arguments: Any, **options: Any) -> None:
        call = _running.call
        if call.needs_new and not call.is_new:
            super().close()  # type: ignore[misc] # the pool's next one may be closed over there, too
        call.use(self)
        super().request(*arguments, **options)  # type: ignore[misc]

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _running.call.is_new = True
        _running.call.use(self)


class _PlainConnection(_Cuttable, HTTPConnection):
    pass


class _TlsConnection(_Cuttable, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}
_CERTIFICATE_FAULTS = {10: "certificate_ended", 62: "certificate_name", 64: "certificate_name"}  # of OpenSSL


@dataclass(frozen=True)
class TlsState:
    """Protocol, cipher suite and end of the certificate, as the host gives them."""

    version: str
    cipher: str
    ends: str


class Unreached(OutcomeUnknown):
    """No connection. `reason` names what fails first on the way to a host."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        # name_unknown, port_closed, unreachable, tls; certificate (not trusted), certificate_name or _ended
        self.reason = reason


def reach(
    kind: str,
    host: str,
    port: int,
    *,
    is_tls: bool,
    seconds: float = CONNECT_SECONDS,
    certificates: str = "",
) -> TlsState | None:
    """Connect to a host and return what TLS it speaks; None where none is wanted. Raises `Unreached`."""

    def work() -> TlsState | Unreached | None:
        try:
            with socket.create_connection((host, port), timeout=seconds) as plain:
                return _shake_hands(plain, host, certificates) if is_tls else None
        except Unreached as error:
            return error
        except socket.gaierror:
            return Unreached("name_unknown")
        except ConnectionRefusedError:
            return Unreached("port_closed")
        except OSError:
            return Unreached("unreachable")

    party = outside.Party(kind, host)
    try:  # a failure is an answer here, so it opens no circuit: the next test looks again
        found = outside.call(party, work, seconds=3 * seconds, cut=lambda: None)
    except OutcomeUnknown:
        found = Unreached("unreachable")
    if isinstance(found, Unreached):
        raise found
    return found


def _shake_hands(plain: socket.socket, host: str, certificates: str) -> TlsState:
    try:
        with _tls(certificates).wrap_socket(plain, server_hostname=host) as secure:
            certificate, cipher = secure.getpeercert() or {}, secure.cipher()
            ends = str(certificate.get("notAfter", ""))
            return TlsState(str(secure.version()), cipher[0] if cipher else "", ends)
    except ssl.SSLCertVerificationError as error:
        raise Unreached(_CERTIFICATE_FAULTS.get(error.verify_code, "certificate")) from None
    except OSError:
        raise Unreached("tls") from None


def _tls(certificates: str = "") -> ssl.SSLContext:
    """Return strict TLS with the system's authorities, or with these certificates alone.

    The library's own would heed SSLKEYLOGFILE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificates:  # a server's own is enough, without its authority
        context.load_verify_locations(cadata=certificates)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    else:
        context.load_default_certs()
    return context
