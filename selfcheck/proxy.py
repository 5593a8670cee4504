"""The only door between the browser and a network: a small forward proxy on loopback, one for each visit.

It resolves and checks every name itself (`addresses`), connects to the address that it checked, counts
bytes, and closes the door on whoever sends too much. No Django.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from selfcheck.network_addresses import Place, Refused, Resolve, Unresolved
from selfcheck.sites import site_of

MOST = 12 * 1024 * 1024  # bytes that one visit may receive
HEAD = 64 * 1024
PATIENCE = 8.0  # seconds to wait for a connection
CHUNK = 65536
NO_ANSWER = (
    *(Refused, Unresolved, OSError, TimeoutError, ValueError),
    *(asyncio.IncompleteReadError, asyncio.LimitOverrunError),
)


@dataclass
class Door:
    """A proxy of one visit, and what it had to refuse."""

    resolve: Resolve
    most: int = MOST
    received: int = 0
    refused: set[str] = field(default_factory=set)
    unresolved: set[str] = field(default_factory=set)
    canonical: dict[str, str] = field(default_factory=dict)
    too_large: bool = False
    site: str = ""  # once set, the only site that is still let through
    _known: dict[tuple[str, int], Place] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD)
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

    def only(self, site: str) -> None:
        """Let nobody but this site through from now on: the page's redirects to others end here."""
        self.site = site

    async def place_of(self, host: str, port: int) -> Place:
        """Return where a name leads; asked once a visit, so that it cannot change its answer."""
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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            # Where there is no answer, none is made up: Chromium's shell would take ours for the page's.
            with contextlib.suppress(*NO_ANSWER):
                await self._answer(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.decode("latin-1").partition("\r\n")
        method, target, _version = line.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            up, down = await self._connect(host.strip("[]"), int(port))
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            parts = urlsplit(target)
            up, down = await self._connect(parts.hostname or "", parts.port or 80)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = [
                row
                for row in rest.split("\r\n")
                if row and not row.lower().startswith(("proxy-", "connection:"))
            ]
            lines = "\r\n".join([f"{method} {path} HTTP/1.1", *headers, "Connection: close", "", ""])
            down.write(lines.encode("latin-1"))
        await self._pipe(reader, writer, up, down)

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.site and self.site not in {site_of(f"{host}:{port}"), site_of(host)}:
            raise Refused
        place = await self.place_of(host, port)
        return await asyncio.wait_for(asyncio.open_connection(place.address, place.port), PATIENCE)

    async def _pipe(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up: asyncio.StreamReader,
        down: asyncio.StreamWriter,
    ) -> None:
        sending = asyncio.ensure_future(_copy(reader, down))
        try:
            while chunk := await up.read(CHUNK):
                self.received += len(chunk)
                if self.received > self.most:
                    self.too_large = True
                    break
                writer.write(chunk)
                await writer.drain()
        finally:
            sending.cancel()
            down.close()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
