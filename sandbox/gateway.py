"""What every gateway of the sandbox is to the server: a request in, an answer out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """One HTTP request, with its path and query as they were sent."""

    method: str
    path: str
    headers: Message = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Said:
    """The HTTP answer to it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


class Gateway(Protocol):
    """One channel's own protocol, for the paths that begin like one of `paths`."""

    paths: tuple[str, ...]
    public_url: str  # where browsers find the sandbox; known once it listens

    def serve(self, asked: Asked) -> Said | None: ...  # None: hang up without an answer
