"""Who answers for each lot, in a file: for the page of a failure while the database is away.

A process that starts meanwhile knows no lot. The worker writes the file again when a lot, its operator or a
sign has changed. It holds what those pages show everyone, and of a sign only a digest of its code.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lots.changes import FactsStamp, Stamp
from lots.models import Lot, Sign

_STAMP = FactsStamp()
_written: dict[Path, Stamp] = {}  # by this process


@dataclass(frozen=True)
class LotContact:
    """One lot as the page of a failure names it."""

    slug: str
    name: str
    address: str
    legal_name: str
    service_phone: str

    @property
    def phone_link(self) -> str:
        return dialled(self.service_phone)


@dataclass(frozen=True)
class _Contacts:
    lots: dict[int, LotContact]
    signs: dict[str, int]


def dialled(phone: str) -> str:
    """Return a phone number as a `tel:` address wants it: 021-6407 0000 becomes 02164070000."""
    return "".join(c for c in phone if c in "+0123456789,")


def code_digest(code: str) -> str:
    """Return what stands for a sign's code (65 random bits) where the code itself is not published."""
    return hashlib.sha256(f"pure-code sign {code}".encode()).hexdigest()[:32]


def write(path: Path) -> bool:
    """Write the file. Return False where nothing has changed since this process wrote it."""
    stamp = _STAMP.current()
    if _written.get(path) == stamp and path.exists():
        return False
    lots = Lot.objects.select_related("operator")
    signs = Sign.objects.filter(revoked_at=None).values_list("code", "lot_id")
    document = {
        "lots": {lot.pk: astuple(_contact(lot)) for lot in lots},
        "signs": {code_digest(code): lot for code, lot in signs},
    }
    _replace(path, json.dumps(document, ensure_ascii=False))
    _written[path] = stamp
    return True


def _contact(lot: Lot) -> LotContact:
    operator = lot.operator
    return LotContact(lot.slug, lot.name, lot.address, operator.legal_name, operator.service_phone)


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, also when power is cut; two workers may do it at once."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:  # a full disk
        Path(name).unlink(missing_ok=True)
        raise


def find(path: Path | None, *, code: str = "", slug: str = "", lot: int = 0) -> LotContact | None:
    """Return the lot with this sign, short name or key, without the database; None where it is not known."""
    if path is None:
        return None
    try:
        at = path.stat()
        known = _read(path, at.st_mtime_ns, at.st_size)
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ):  # not there, or not what the worker wrote
        return None
    if slug:
        return next((each for each in known.lots.values() if each.slug == slug), None)
    return known.lots.get(known.signs.get(code_digest(code), 0) if code else lot)


@lru_cache(maxsize=1)
def _read(path: Path, _changed_at: int, _size: int) -> _Contacts:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    lots = {int(pk): LotContact(*map(str, each)) for pk, each in found["lots"].items()}
    return _Contacts(lots, {str(digest): int(pk) for digest, pk in found["signs"].items()})
