"""Opens the bill's ZIP with suspicion: few members, plain names, bounded sizes, nothing on disk."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

MOST_MEMBERS = 16
MOST_TEXT = 256 * 1024 * 1024  # all tables of a day, unpacked
LONGEST_LINE = 8 * 1024
WRONG = (ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_NAME = re.compile(r"[^/\\:\x00-\x1f]{1,120}\.csv")


def tables(content: bytes) -> Iterator[Iterator[str]]:
    """Yield the lines of each table (an encrypted one cannot be opened). Raises one of `WRONG`."""
    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gbk") as archive:
        members = archive.infolist()
        if not 1 <= len(members) <= MOST_MEMBERS:
            raise ValueError("members")
        if sum(member.file_size for member in members) > MOST_TEXT:
            raise ValueError("size")
        for member in members:
            _check(member)
        for member in members:
            with archive.open(member) as packed:
                yield _lines(packed)


def _check(member: zipfile.ZipInfo) -> None:
    if not _NAME.fullmatch(member.orig_filename):
        raise ValueError("name")
    if member.compress_type not in _PLAIN:
        raise ValueError("kind")


def _lines(packed: IO[bytes]) -> Iterator[str]:
    """Yield lines without their ends. A member must have its declared size and check sum."""
    while line := packed.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise ValueError("line")
        yield line.decode("gb18030").rstrip("\r\n")
