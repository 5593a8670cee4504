"""What a page sends over a web socket (RFC 6455): the handshake's answer, and the unmasked frames."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_FRAME = 1024 * 1024


def accept_key(key: str) -> str:
    digest = hashlib.sha1((key + _MAGIC).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


async def read_frames(
    reader: asyncio.StreamReader, *, copy_to: asyncio.StreamWriter | None = None
) -> AsyncIterator[bytes]:
    """Yield the content of each text and binary frame, and copy the frames on unchanged."""
    while True:
        head = await reader.readexactly(2)
        length, raw = head[1] & 0x7F, head
        if length >= 126:
            extended = await reader.readexactly(2 if length == 126 else 8)
            length, raw = int.from_bytes(extended), raw + extended
        if length > MAX_FRAME:
            return
        mask = await reader.readexactly(4) if head[1] & 0x80 else b""
        content = await reader.readexactly(length)
        if copy_to:
            copy_to.write(raw + mask + content)
            await copy_to.drain()
        if mask:
            content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
        if head[0] & 0x0F == 8:
            return
        if head[0] & 0x0F in {0, 1, 2}:
            yield content
