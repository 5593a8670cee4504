"""The observing proxy: the browser's only way to a network, one for each visit, on loopback.

It ends TLS, so it sees each request, body and socket frame whatever the page's scripts hide. It resolves
and checks every name itself (`network_addresses`), connects to the address that it checked, and counts
bytes. A host that `policy` closes is answered with empty content; nothing is sent to it.
"""

import asyncio
import contextlib
import hashlib
import html
import os
import re
import socket
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from selfcheck.certificates import client_context, describe, server_context
from selfcheck.network_addresses import Destination, Refused, Resolve, Unresolved
from selfcheck.web_sockets import accept_key, read_frames

MAX_BYTES = 12 * 1024 * 1024  # that one visit may receive
MAX_HEAD = 64 * 1024
MAX_BODY = 256 * 1024  # of each body that is held for judging
MAX_EXCHANGES = 600
CONNECT_SECONDS = 8.0
CHUNK = 65536
NO_ANSWER = (
    *(Refused, Unresolved, OSError, TimeoutError, ValueError, ssl.SSLError),
    *(asyncio.IncompleteReadError, asyncio.LimitOverrunError, EOFError, IndexError),
)
EMPTY = {
    "document": ("text/html", b"<!doctype html>"),
    "iframe": ("text/html", b"<!doctype html>"),
    "script": ("text/javascript", b""),
    "style": ("text/css", b""),
}
FIRST_SECONDS = 0.3  # that a document's head waits for its body, which tells whether a script can run
# What runs a script, loads another document, or is written so that neither can be seen in the bytes.
_MAY_RUN = re.compile(rb"<script|[\s/\"']on[a-z]+\s*=|<i?frame|<object|<embed|<!entity|[\x00\x1b]", re.I)

type Headers = list[tuple[str, str]]
type Reader = asyncio.StreamReader
type Writer = asyncio.StreamWriter


@dataclass(eq=False)
class Exchange:
    """One request with its answer, or one connection that carried no request."""

    at: float  # seconds since the proxy started
    method: str
    url: str
    headers: Headers
    body: bytes = b""
    shut: bool = False  # answered by the proxy; nothing was sent
    repeated: bool = False  # as an earlier one was: nothing was sent
    status: int = 0
    answer_headers: Headers = field(default_factory=list)
    answer: bytes = b""  # the first MAX_BODY bytes, decoded
    unread: bool = False  # the answer is longer than that, or compressed in a way that is not known
    digest: str = ""  # SHA-256 of the answer as it came over the line
    size: int = 0
    frames: list[bytes] = field(default_factory=list)  # sent by the page over a web socket
    frames_at: list[float] = field(default_factory=list)  # when each was sent, since the proxy started
    address: str = ""
    ended: float = 0.0
    mark: object = None  # for the owner of the policy

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def answer_header(self, name: str) -> str:
        return next((value for key, value in self.answer_headers if key.lower() == name), "")

    @property
    def socket(self) -> bool:
        return self.header("upgrade").lower() == "websocket"


type Policy = Callable[[Exchange], Awaitable[bool]]  # True: let it through


async def let_all_through(_exchange: Exchange) -> bool:
    return True


@dataclass
class ObservingProxy:
    """A proxy of one visit, with all that passed and all that it refused."""

    resolve: Resolve
    max_bytes: int = MAX_BYTES
    policy: Policy = let_all_through
    any_certificate: bool = False
    repeats: bool = False  # answer what was asked before as it was answered then: the site is spared
    received: int = 0
    refused: set[str] = field(default_factory=set)
    unresolved: set[str] = field(default_factory=set)
    untrusted: set[str] = field(default_factory=set)  # hosts whose certificate does not hold
    canonical: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    too_large: bool = False
    changed: Callable[[], None] = lambda: None
    # Marks the documents in which no script can run; random, so that no site can claim it.
    unscripted: str = field(default_factory=lambda: f"u{os.urandom(8).hex()}")
    stubs: dict[str, bytes] = field(default_factory=dict)  # host and path of a script -> what is served
    open_requests: int = 0
    _known: dict[tuple[str, int], Destination] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _began: float = field(default_factory=time.monotonic)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD)
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def now(self) -> float:
        return round(time.monotonic() - self._began, 3)

    async def place_of(self, host: str, port: int) -> Destination:
        """Return where a name leads. It is resolved once a visit, so that the answer cannot change."""
        if (host, port) not in self._known:
            try:
                self._known[host, port] = await self.resolve(host, port)
            except Refused:
                self.refused.add(host)
                raise
            except Unresolved:
                self.unresolved.add(host)
                raise
            self.canonical[host] = self._known[host, port].canonical
        return self._known[host, port]

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            # Where there is no answer, none is made up: Chromium's shell would take ours for the page's.
            with contextlib.suppress(*NO_ANSWER):
                await self._connection(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _connection(self, reader: Reader, writer: Writer) -> None:
        head = await _read_head(reader)
        method, target = head[0], head[1]
        base = ""
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            host = host.strip("[]").lower()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await writer.drain()
            # A web socket in clear (ws:) comes through CONNECT too, so the first byte decides.
            base = await self._secure(writer, host, int(port))
            if not base:
                return
            try:
                head = await _read_head(reader)
            except NO_ANSWER:  # opened, and closed or cut off before a request
                self._note(Exchange(self.now(), "CONNECT", f"{base}/", [], shut=True))
                raise
        while True:
            method, target, headers = head
            url = base + target if base else target
            if not await self._request(method, url, headers, reader, writer):
                return
            head = await _read_head(reader)

    async def _secure(self, writer: Writer, host: str, port: int) -> str:
        """End TLS if the browser begins it; return scheme and host, or nothing if no request came."""
        name = f"[{host}]" if ":" in host else host
        first = await _peek(writer)
        if not first:  # a preconnect: who is contacted learns the address of the phone
            self._note(Exchange(self.now(), "CONNECT", f"https://{name}:{port}/", [], shut=True))
            return ""
        if first == b"\x16":
            try:
                await writer.start_tls(server_context(host), ssl_handshake_timeout=10)
            except NO_ANSWER:
                self._note(Exchange(self.now(), "CONNECT", f"https://{name}:{port}/", [], shut=True))
                raise
            return f"https://{name}" + (f":{port}" if port != 443 else "")
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        return f"http://{name}" + (f":{port}" if port != 80 else "")

    def _note(self, exchange: Exchange) -> None:
        if len(self.exchanges) < MAX_EXCHANGES:
            self.exchanges.append(exchange)
        self.changed()

    async def _request(self, method: str, url: str, headers: Headers, reader: Reader, writer: Writer) -> bool:
        """Answer one request; True if the connection can carry another."""
        exchange = Exchange(self.now(), method, url, headers)
        exchange.body = await _read_body(reader, headers, MAX_BODY * 8)
        self.open_requests += 1
        self._note(exchange)
        try:
            allowed = await self.policy(exchange)
            parts = urlsplit(url)
            stub = self.stubs.get(f"{(parts.hostname or '').lower()}{parts.path}")
            if stub is not None or not allowed:
                exchange.shut = True
                return await self._answer_ourselves(exchange, stub, reader, writer)
            if exchange.socket:
                await self._pass_socket(exchange, reader, writer)
                return False
            if self.repeats and (earlier := self._asked_before(exchange)):
                return await self._repeat(exchange, earlier, writer)
            return await self._pass_on(exchange, writer)
        finally:
            exchange.ended = self.now()
            self.open_requests -= 1
            self.changed()

    async def _answer_ourselves(
        self, exchange: Exchange, stub: bytes | None, reader: Reader, writer: Writer
    ) -> bool:
        if exchange.socket:
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + f"Sec-WebSocket-Accept: {accept_key(exchange.header('sec-websocket-key'))}\r\n\r\n".encode()
            )
            await writer.drain()
            async for frame in read_frames(reader):
                self._note_frame(exchange, frame)
            return False
        kind, body = EMPTY.get(exchange.header("sec-fetch-dest"), ("text/plain", b""))
        if stub is not None:
            kind, body = "text/javascript", stub
        mark = self._mark(exchange, kind, body)
        exchange.status = 200
        origin = exchange.header("origin") or "*"
        lines = [
            "HTTP/1.1 200 OK",
            f"Content-Type: {kind}; charset=utf-8",
            f"Access-Control-Allow-Origin: {origin}",
            "Access-Control-Allow-Credentials: true",
            f"Access-Control-Allow-Headers: {exchange.header('access-control-request-headers') or '*'}",
            "Access-Control-Allow-Methods: *",
            f"Content-Length: {len(body)}",
            *mark,
        ]
        writer.write(
            "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if exchange.method == "HEAD" else body)
        )
        await writer.drain()
        return True

    def _asked_before(self, exchange: Exchange) -> Exchange | None:
        """Return the last request that was the same but for its numbers, and was answered in full."""
        asked = _without_numbers(exchange)
        done = (e for e in reversed(self.exchanges) if e.status and e.ended)
        whole = (e for e in done if not (e.unread or e.shut))
        return next((e for e in whole if _without_numbers(e) == asked), None)

    async def _repeat(self, exchange: Exchange, earlier: Exchange, writer: Writer) -> bool:
        exchange.repeated, exchange.status, exchange.answer = True, earlier.status, earlier.answer
        own = {"content-type", "access-control-allow-origin", "access-control-allow-credentials"}
        rows = [f"{name}: {value}" for name, value in earlier.answer_headers if name.lower() in own]
        head = [
            f"HTTP/1.1 {earlier.status} As before",
            *rows,
            "Cache-Control: no-store",
            f"Content-Length: {len(earlier.answer)}",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + earlier.answer)
        await writer.drain()
        return True

    async def _open(self, exchange: Exchange) -> tuple[Reader, Writer]:
        parts = urlsplit(exchange.url)
        host, secure = (parts.hostname or "").lower(), parts.scheme in {"https", "wss"}
        place = await self.place_of(host, parts.port or (443 if secure else 80))
        exchange.address = place.address
        context = client_context(self.any_certificate) if secure else None
        try:
            up, down = await asyncio.wait_for(
                asyncio.open_connection(
                    place.address,
                    place.port,
                    ssl=context,
                    server_hostname=host if secure else None,
                    limit=MAX_HEAD,
                ),
                CONNECT_SECONDS,
            )
        except ssl.SSLCertVerificationError:
            self.untrusted.add(host)
            raise
        if secure and host not in self.certificates:
            shown = down.get_extra_info("ssl_object")
            self.certificates[host] = describe(shown.getpeercert(binary_form=True) or b"") if shown else {}
        return up, down

    def _head_for_site(self, exchange: Exchange, *, keep: bool = False) -> bytes:
        parts = urlsplit(exchange.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        drop = {"proxy-connection", "proxy-authorization", "transfer-encoding", "content-length"}
        drop |= set() if keep else {"connection", "keep-alive", "upgrade"}
        rows = [
            f"{name}: {_without_zstd(value) if name.lower() == 'accept-encoding' else value}"
            for name, value in exchange.headers
            if name.lower() not in drop
        ]
        if exchange.body or exchange.method in {"POST", "PUT", "PATCH"}:
            rows.append(f"Content-Length: {len(exchange.body)}")
        if not keep:
            rows.append("Connection: close")
        return "\r\n".join([f"{exchange.method} {path} HTTP/1.1", *rows, "", ""]).encode("latin-1")

    async def _pass_on(self, exchange: Exchange, writer: Writer) -> bool:
        up, down = await self._open(exchange)
        try:
            down.write(self._head_for_site(exchange) + exchange.body)
            await down.drain()
            raw = await up.readuntil(b"\r\n\r\n")
            while raw.startswith(b"HTTP/1.1 1"):  # 100 Continue, 103 Early Hints
                raw = await up.readuntil(b"\r\n\r\n")
            line, exchange.answer_headers = _parse_head(raw)
            exchange.status = int(line.split(" ")[1])
            self._count(len(raw))
            rows = [
                f"{name}: {value}"
                for name, value in exchange.answer_headers
                if name.lower() not in {"connection", "keep-alive", "proxy-connection", "alt-svc"}
            ]
            bare = exchange.method == "HEAD" or exchange.status in {204, 304}
            length = exchange.answer_header("content-length")
            chunked = "chunked" in exchange.answer_header("transfer-encoding").lower()
            reusable = bare or length.isdigit() or chunked
            rows.append("Connection: " + ("keep-alive" if reusable else "close"))
            first = b""
            if exchange.header("sec-fetch-dest") == "document" and not bare and length.isdigit():
                with contextlib.suppress(TimeoutError):
                    first = await asyncio.wait_for(up.read(min(CHUNK, int(length))), FIRST_SECONDS)
                if len(first) == int(length):
                    kind = exchange.answer_header("content-type")
                    rows += self._mark(exchange, kind, _decoded(first, exchange))
            writer.write("\r\n".join([line, *rows, "", ""]).encode("latin-1"))
            await self._copy_answer(exchange, up, writer, bare, first)
            return reusable
        finally:
            down.close()

    def _mark(self, exchange: Exchange, kind: str, body: bytes) -> list[str]:
        """Return the header that spares a page of its own the probes: none of its code can ever call them."""
        alone = exchange.header("sec-fetch-dest") == "document" and exchange.method != "HEAD"
        return [f"Server-Timing: {self.unscripted}"] if alone and runs_no_script(kind, body) else []

    async def _copy_answer(
        self, exchange: Exchange, up: Reader, writer: Writer, bare: bool, first: bytes
    ) -> None:
        digest, sample = hashlib.sha256(), bytearray()
        length = exchange.answer_header("content-length")
        chunked = "chunked" in exchange.answer_header("transfer-encoding").lower()
        left = 0 if bare else int(length) if length.isdigit() else None
        while left is None or left > 0:
            chunk = first or await up.read(CHUNK if left is None else min(CHUNK, left))
            first = b""
            if not chunk:
                break
            left = None if left is None else left - len(chunk)
            self._count(len(chunk))
            digest.update(chunk)
            exchange.size += len(chunk)
            if len(sample) < MAX_BODY:
                sample += chunk
            writer.write(chunk)
            await writer.drain()
            if left is None and chunked and chunk.endswith(b"0\r\n\r\n"):
                break
        exchange.digest = digest.hexdigest() if exchange.size else ""
        exchange.answer = _decoded(bytes(sample), exchange)
        exchange.unread |= exchange.size > len(sample)

    def _count(self, size: int) -> None:
        self.received += size
        if self.received > self.max_bytes:
            self.too_large = True
            raise Refused

    async def _pass_socket(self, exchange: Exchange, reader: Reader, writer: Writer) -> None:
        """Carry a web socket to the page's own site, and record what the page sends."""
        up, down = await self._open(exchange)
        down.write(self._head_for_site(exchange, keep=True))
        await down.drain()
        back = asyncio.ensure_future(self._copy_back(exchange, up, writer))
        try:
            async for frame in read_frames(reader, copy_to=down):
                self._note_frame(exchange, frame)
        finally:
            back.cancel()
            down.close()
            with contextlib.suppress(asyncio.CancelledError, *NO_ANSWER):
                await back

    def _note_frame(self, exchange: Exchange, frame: bytes) -> None:
        exchange.frames.append(frame[:MAX_BODY])
        exchange.frames_at.append(self.now())
        self.changed()

    async def _copy_back(self, exchange: Exchange, up: Reader, writer: Writer) -> None:
        while chunk := await up.read(CHUNK):
            if not exchange.status and chunk[9:12].isdigit():
                exchange.status = int(chunk[9:12])
            self._count(len(chunk))
            writer.write(chunk)
            await writer.drain()


def _without_numbers(exchange: Exchange) -> tuple[str, str, bytes]:
    """Return what a request asks for, so that two can be compared that differ in a time or a count."""
    return exchange.method, re.sub(r"\d+", "#", exchange.url), re.sub(rb"\d+", b"#", exchange.body)


def runs_no_script(kind: str, body: bytes) -> bool:
    """Return whether no script can run in a document: plain HTML, with nothing that is one or brings one."""
    media, _, charset = kind.lower().replace(" ", "").partition(";")
    plain = media == "text/html" and charset.removeprefix("charset=").strip('"') in {"", "utf-8", "gbk"}
    address = re.sub(r"[\t\r\n]", "", html.unescape(body.decode("latin-1")))  # as the browser reads one
    return plain and not _MAY_RUN.search(body) and "javascript:" not in address.lower()


async def _peek(writer: Writer) -> bytes:
    """Return the first byte that the browser sends, and leave it where it is; nothing if none comes.

    The transport's reading is paused by the caller, so that TLS can still begin with that byte.
    """
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as copy:
        copy.setblocking(False)
        loop.add_reader(copy.fileno(), ready.set)
        try:
            async with asyncio.timeout(20):
                await ready.wait()
            first = copy.recv(1, socket.MSG_PEEK)
        except OSError:  # a time-out is one
            first = b""
        finally:
            loop.remove_reader(copy.fileno())
    return first


def _parse_head(raw: bytes) -> tuple[str, Headers]:
    line, _, rest = raw.decode("latin-1").partition("\r\n")
    rows = (row.partition(":") for row in rest.split("\r\n") if row)
    return line, [(name.strip(), value.strip()) for name, _, value in rows]


async def _read_head(reader: Reader) -> tuple[str, str, Headers]:
    line, headers = _parse_head(await reader.readuntil(b"\r\n\r\n"))
    method, target, _version = line.split(" ")
    return method, target, headers


async def _read_body(reader: Reader, headers: Headers, limit: int) -> bytes:
    known = {name.lower(): value for name, value in headers}
    if "chunked" in known.get("transfer-encoding", "").lower():
        body = bytearray()
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
            if len(body) > limit:
                raise ValueError("the page sends too much")
        await reader.readuntil(b"\r\n")
        return bytes(body)
    length = int(known.get("content-length") or 0)
    if length > limit:
        raise ValueError("the page sends too much")
    return await reader.readexactly(length) if length else b""


def _decoded(raw: bytes, exchange: Exchange) -> bytes:
    """Return an answer without chunks and compression, as far as it was held."""
    if "chunked" in exchange.answer_header("transfer-encoding").lower():
        out, at = bytearray(), 0
        while (end := raw.find(b"\r\n", at)) >= 0:
            try:
                size = int(raw[at:end].split(b";")[0], 16)
            except ValueError:
                break
            if not size:
                break
            out += raw[end + 2 : end + 2 + size]
            at = end + 4 + size
        raw = bytes(out)
    coding = exchange.answer_header("content-encoding").lower()
    exchange.unread = coding not in {"", "identity"} and bool(raw)
    with contextlib.suppress(zlib.error, ImportError, Exception):
        if coding == "gzip":
            text = zlib.decompressobj(31).decompress(raw, MAX_BODY * 4)
        elif coding == "deflate":
            text = zlib.decompressobj().decompress(raw, MAX_BODY * 4)
        elif coding == "br":
            import brotli

            text = bytes(brotli.decompress(raw))
        else:
            return raw
        exchange.unread = len(text) >= MAX_BODY * 4
        return text
    return raw


def _without_zstd(codings: str) -> str:
    """Return the codings that a browser accepts without the one that cannot be read here."""
    return ", ".join(one for part in codings.split(",") if (one := part.strip()) and one != "zstd")
