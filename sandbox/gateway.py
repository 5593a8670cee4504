"""The interface between the HTTP server and the gateways: a request in, a response out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Protocol


@dataclass(frozen=True)
class GatewayRequest:
    """One HTTP request. `path` includes the query, exactly as sent."""

    method: str
    path: str
    headers: Message = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class GatewayResponse:
    """The HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


class ChannelGateway(Protocol):
    """The protocol of one channel, for request paths that start with one of `paths`."""

    paths: tuple[str, ...]
    public_url: str  # the sandbox's URL for browsers; set when it listens
    api_url: str  # its URL for the merchant's server

    def serve(
        self, request: GatewayRequest
    ) -> GatewayResponse | None: ...  # None: close the connection without a response
