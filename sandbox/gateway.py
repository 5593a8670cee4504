"""The interface between the HTTP server and the gateways: a request in, a response out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """One HTTP request. `path` includes the query, exactly as sent."""

    method: str
    path: str
    headers: Message = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Response:
    """The HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


class Gateway(Protocol):
    """The protocol of one channel, for request paths that start with one of `paths`."""

    paths: tuple[str, ...]
    public_url: str  # the sandbox's URL for browsers; set when it listens

    def serve(self, request: Request) -> Response | None: ...  # None: close the connection without a response
