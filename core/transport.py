"""The way to a payment channel over HTTP: one method, so that the HTTP package is named in one file.

What a channel sends back is bounded in time and size. What goes wrong on the way is one thing for
everybody, `OutcomeUnknown`, and its message holds no address and no body.
"""

import logging
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import urllib3

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
MAX_ANSWER = 1024 * 1024
_PIECE = 64 * 1024

# At a lower level it writes whole addresses, and those of a channel hold order numbers and signatures.
logging.getLogger("urllib3.connectionpool").setLevel(logging.CRITICAL)


class ProviderError(Exception):
    """A channel call without a usable answer."""

    code = "provider_error"


class OutcomeUnknown(ProviderError):
    """No answer, a broken one, or a server fault: the channel may have done it. Query, never guess."""

    code = "outcome_unknown"


@dataclass(frozen=True)
class Reply:
    """A channel's HTTP answer, not yet believed. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Sends one request, once, and brings the answer or raises `OutcomeUnknown`."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply: ...


class PooledTransport:
    """Keeps connections open between calls; safe to share between threads.

    It follows no redirect, repeats nothing by itself (a repeat is a decision about money), and takes
    neither a proxy nor a key log file from the environment.
    """

    def __init__(
        self,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        max_answer: int = MAX_ANSWER,
        connections: int = 16,
    ) -> None:
        self.read_seconds, self.max_answer = read_seconds, max_answer
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            retries=False,
            ssl_context=_tls(),
        )

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        reply = None
        with suppress(urllib3.exceptions.HTTPError, OSError):
            reply = self._send(method, url, headers, body)
        if reply is None:  # raised here, so that the address in the first error does not hang on the second
            raise OutcomeUnknown("no usable answer")
        return reply

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


def _tls() -> ssl.SSLContext:
    """Return strict TLS with the system's authorities. The library's own would heed SSLKEYLOGFILE."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context
