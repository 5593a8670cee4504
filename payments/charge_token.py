"""A charge as a sealed text: nothing is stored for a look-up, and the fee view still has an address.

AES-GCM under a key of the day, derived from the installation's key ring; that of the day before still opens,
so that a page that was left open leads back to its sign. A charge itself is good for minutes only. The text
names the lot, the sign, the parking system's own references, the amounts, a digest of the lines, the coupons
by id, the language and the moment for which it was priced. No plate stands in it, nothing in it is readable,
and it is at most 340 characters (of our own lots 120) that need no escaping in an address.

Session ids are sequential and would tell how many cars park: so it is encrypted and not only signed. The
moment is sealed because the driver could else choose an earlier, cheaper one.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core.vault import plate_index
from lots.plates import Plate
from lots.sightings import TRUSTED
from lots.tariffs import PriceLine
from payments.refusals import ForgedCharge

LIFE = timedelta(minutes=5)
LONGEST = 340  # characters: two references of another vendor's system, 64 each
MARK = 6  # bytes
VERSION = b"charge 1"
LANGUAGES = ("zh-hans", "zh-hant", "en")
_NONCE, _DIGEST = 12, 6
_DAY = 86_400
_ENCODER = json.JSONEncoder(sort_keys=True, check_circular=False)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND, _SECOND = timedelta(microseconds=1), timedelta(seconds=1)
_HAS_SESSION, _HAS_PLATE, _IS_BRIEF, _HAS_MARK = 4, 8, 16, 32  # beside the number of the language
_CONTINUES, _IS_AFTER = 64, 128


class SealedCharge(NamedTuple):
    """What a token says. `at` is the moment for which the charge was priced."""

    at: datetime
    valid_until: datetime
    lot: int
    sign: int  # 0: it was asked for without one
    lane: int  # 0: none was scanned
    reference: str
    session: str
    price_fen: int
    discount_fen: int
    amount_fen: int
    back_fen: int
    digest: bytes  # of the lines: the explanation that the driver saw
    coupons: tuple[int, ...] = ()
    language: str = LANGUAGES[0]
    masked_plate: str = ""  # only where no session of ours has the plate
    is_brief: bool = False  # by a printed lane code: no more is shown than on the barrier's display
    plate_mark: bytes = b""  # of the plate that was typed, in front of another vendor's system
    continues: int = 0  # the payment from whose own page it is asked for: that is not another look-up
    after_settlement: int = 0  # the newest of its session when it was asked for

    def is_over(self, at: datetime) -> bool:
        """Return whether it may no longer be paid; nor may one of a clock that was ahead and is right now."""
        return at >= self.valid_until or self.at > at + TRUSTED

    def is_of(self, plate: Plate) -> bool:
        """Return whether this plate was typed for the charge: with it, no other may be asked for."""
        return self.plate_mark == mark_of(self.lot, plate)


def mark_of(lot: int, plate: Plate) -> bytes:
    """Return the keyed mark by which a sealed charge recognises the plate that was typed."""
    return plate_index(lot, plate.text)[:MARK]


def digest_of(lines: Sequence[PriceLine], system_digest: str = "") -> bytes:
    """Return the 6 bytes that stand for an explanation, and for which lot of another system gave it."""
    text = _ENCODER.encode(lines) + system_digest
    return hashlib.blake2s(text.encode(), digest_size=_DIGEST).digest()


def seal(charge: SealedCharge) -> str:
    """Return the charge as a text for an address; it is different each time."""
    nonce = secrets.token_bytes(_NONCE)
    key = next(_keys(charge.at))
    text = base64.urlsafe_b64encode(nonce + key.encrypt(nonce, _pack(charge), VERSION)).rstrip(b"=").decode()
    if len(text) > LONGEST:
        raise ValueError("a charge with references this long does not fit into an address")
    return text


def unseal(text: str, *, at: datetime) -> SealedCharge:
    """Return what a token says, also when its time is over. Raises `ForgedCharge`; asks no database."""
    if not (_NONCE < len(text) <= LONGEST and text.isascii()):
        raise ForgedCharge
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ForgedCharge from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:  # one spelling for each token
        raise ForgedCharge
    for key in _keys(at):
        try:
            return _unpack(key.decrypt(raw[:_NONCE], raw[_NONCE:], VERSION))
        except (InvalidTag, ValueError):
            continue
    raise ForgedCharge


def _keys(at: datetime) -> Iterator[AESGCM]:
    """Yield the keys of this day and the one before, those of the ring's newest key first."""
    day = int(at.timestamp()) // _DAY
    for root in settings.PLATE_KEYS.values():
        yield _key(root, day)
        yield _key(root, day - 1)


@lru_cache(maxsize=16)
def _key(root: bytes, day: int) -> AESGCM:
    derive = HKDF(SHA256(), 32, salt=None, info=VERSION + b" %d" % day)
    return AESGCM(derive.derive(root))


def _pack(charge: SealedCharge) -> bytes:
    session = charge.session if charge.session != charge.reference else ""
    kind = LANGUAGES.index(charge.language)
    kind |= _HAS_SESSION if session else 0
    kind |= _HAS_PLATE if charge.masked_plate else 0
    kind |= _IS_BRIEF if charge.is_brief else 0
    kind |= _HAS_MARK if charge.plate_mark else 0
    kind |= _CONTINUES if charge.continues else 0
    kind |= _IS_AFTER if charge.after_settlement else 0
    numbers = (
        kind,
        (charge.at - _EPOCH) // _MICROSECOND,
        (charge.valid_until - charge.at) // _SECOND,
        charge.lot,
        charge.sign,
        charge.lane,
        charge.price_fen,
        charge.discount_fen,
        charge.amount_fen,
        charge.back_fen,
        len(charge.coupons),
        *charge.coupons,
        *([charge.continues] if charge.continues else ()),
        *([charge.after_settlement] if charge.after_settlement else ()),
    )
    parts = [charge.digest, *[_SHORT[number] if number < _MANY else _number(number) for number in numbers]]
    for text in (charge.reference, *filter(None, (session, charge.masked_plate))):
        raw = text.encode()
        parts += _number(len(raw)), raw
    return b"".join([*parts, charge.plate_mark])


def _unpack(raw: bytes) -> SealedCharge:
    rest = _Reader(raw, _DIGEST)
    kind, at = rest.number(), _EPOCH + rest.number() * _MICROSECOND
    valid_until = at + rest.number() * _SECOND
    lot, sign, lane, price, discount, amount, back, coupons = (rest.number() for _ in range(8))
    ids = tuple(rest.number() for _ in range(coupons))
    continues = rest.number() if kind & _CONTINUES else 0
    after_settlement = rest.number() if kind & _IS_AFTER else 0
    reference = rest.text()
    session = rest.text() if kind & _HAS_SESSION else reference
    return SealedCharge(
        at=at,
        valid_until=valid_until,
        lot=lot,
        sign=sign,
        lane=lane,
        reference=reference,
        session=session,
        price_fen=price,
        discount_fen=discount,
        amount_fen=amount,
        back_fen=back,
        digest=raw[:_DIGEST],
        coupons=ids,
        language=LANGUAGES[kind & 3],
        masked_plate=rest.text() if kind & _HAS_PLATE else "",
        is_brief=bool(kind & _IS_BRIEF),
        plate_mark=raw[-MARK:] if kind & _HAS_MARK else b"",
        continues=continues,
        after_settlement=after_settlement,
    )


def _number(number: int) -> bytes:
    """Return a number, not negative, in as few bytes as it needs: seven bits in each, the highest says on."""
    packed = b""
    while number > 127:
        packed += _BYTES[number & 127 | 128]
        number >>= 7
    return packed + _BYTES[number]


_BYTES = tuple([bytes([number]) for number in range(256)])
_MANY = 4096  # of the numbers of a charge most are below
_SHORT = tuple(map(_number, range(_MANY)))


class _Reader:
    """Reads what `_pack` wrote, in the same order."""

    def __init__(self, raw: bytes, place: int) -> None:
        self._raw, self._place = raw, place

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self._raw[self._place]
            self._place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def text(self) -> str:
        length = self.number()
        self._place += length
        return self._raw[self._place - length : self._place].decode()
