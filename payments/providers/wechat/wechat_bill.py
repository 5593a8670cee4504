"""The trade bill (交易账单) of a day, read as a stream. The payer's column is dropped while reading.

Each cell begins with a backtick; amounts are yuan, unlike everywhere else. The download is not signed: the
SHA-1 in a signed answer speaks for its uncompressed text, and the last row for the sums of all.
Source: WeChat Pay documents 4012556654 and 4013071254.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from payments.providers.contract import BillDamaged, BillRow, Outcome
from payments.providers.wechat.wechat_config import WechatConfig
from payments.providers.wechat.wechat_statements import ID, NUMBER

MAX_TEXT = 512 * 1024 * 1024  # a million rows; beyond that it is no bill but an attack
_PIECE = 64 * 1024
_MAX_LINE = 4096

COLUMNS = 27
_AT, _MCHID, _SUB_MCHID, _ID, _NUMBER = 0, 2, 3, 5, 6
_STATE, _CURRENCY, _REFUND_ID, _REFUND_NUMBER, _REFUND_STATE = 9, 11, 14, 15, 19
_FEE, _TOTAL, _REFUND = 22, 24, 25
_SUMMARY = ("总交易单数", 0, 5, 6)  # how many rows, sum of orders, sum of refunds asked for

REFUND_STATES = {  # other words than those of its interface
    "SUCCESS": Outcome.REFUND_DONE,
    "PROCESSING": Outcome.REFUND_PENDING,
    "CHANGE": Outcome.REFUND_ABNORMAL,
    "FAIL": Outcome.REFUND_FAILED,
}

_WHAT = {"header": "columns", "merchant": "merchant", "day": "day"}  # of `BillDamaged`, by what was raised

_YUAN = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?", re.ASCII)
_COUNT = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_FEE_YUAN = re.compile(r"(-?)([0-9]{1,8})(?:\.([0-9]{1,5}))?", re.ASCII)
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)


def fen_of(yuan: str) -> int:
    """Return the fen of a decimal text such as 12.34: no sign, no comma, no exponent, no third decimal."""
    match = _YUAN.fullmatch(yuan)
    if match is None:
        raise ValueError("amount")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def fee_milli_of(yuan: str) -> int:
    """Return thousandths of a fen: WeChat counts fees with five decimals of a yuan."""
    match = _FEE_YUAN.fullmatch(yuan)
    if match is None:
        raise ValueError("fee")
    amount = int(match[2]) * 100_000 + int((match[3] or "").ljust(5, "0"))
    return -amount if match[1] else amount


def read_bill(config: WechatConfig, day: date, file: bytes, sha1: str) -> Iterator[BillRow]:
    """Yield the payments and refunds of the day; raise `BillDamaged` where anything does not fit."""
    digest, complete, what = hashlib.sha1(usedforsecurity=False), False, ""
    try:
        yield from _rows(config, day, _lines(_unpacked(file, digest)))
        complete = True
    except (ValueError, zlib.error) as fault:  # raised again below: this one would carry a piece of the bill
        what = _WHAT.get(str(fault), "")
    if not complete:
        raise BillDamaged("the bill cannot be read", what=what)
    if digest.hexdigest() != sha1.lower():
        raise BillDamaged("the bill is not the one that was announced")


def _unpacked(file: bytes, digest: "hashlib._Hash") -> Iterator[bytes]:
    """Yield the text piece by piece, and let the digest see it."""
    unpack, size, rest = zlib.decompressobj(wbits=31), 0, file
    while not unpack.eof:
        piece = unpack.decompress(rest, _PIECE)
        rest = unpack.unconsumed_tail
        if not piece and not rest and not unpack.eof:
            raise ValueError("cut")
        digest.update(piece)
        size += len(piece)
        if size > MAX_TEXT:
            raise ValueError("size")
        yield piece
    if unpack.unused_data:
        raise ValueError("more behind the end")


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    kept = b""
    for piece in pieces:
        *whole, kept = (kept + piece).split(b"\n")
        for line in whole:
            yield line.decode().rstrip("\r")
        if len(kept) > _MAX_LINE:
            raise ValueError("line")
    if kept:
        yield kept.decode().rstrip("\r")


def _rows(config: WechatConfig, day: date, lines: Iterator[str]) -> Iterator[BillRow]:
    header = next(lines, "").removeprefix("\ufeff").split(",")
    if len(header) < COLUMNS or header[_TOTAL] != "订单金额" or header[_REFUND] != "申请退款金额":
        raise ValueError("header")
    count = total = refunded = 0
    begin = day.isoformat()
    for line in lines:
        if line.startswith(_SUMMARY[0]):
            break
        cells = _cells(line, len(header))
        _check_row(config, cells)
        count, total, refunded = count + 1, total + fen_of(cells[_TOTAL]), refunded + fen_of(cells[_REFUND])
        if (row := _row(cells)) is not None:
            if not row.refund_number and not cells[_AT].startswith(begin):  # both are Beijing's day
                raise ValueError("day")
            yield row
    summary = _cells(next(lines, ""), 7)
    _, how_many, orders, refunds = _SUMMARY
    if not _COUNT.fullmatch(summary[how_many]) or any(lines):
        raise ValueError("summary")
    if (int(summary[how_many]), fen_of(summary[orders]), fen_of(summary[refunds])) != (
        count,
        total,
        refunded,
    ):
        raise ValueError("sums")


def _cells(line: str, wanted: int) -> list[str]:
    """Return the cells of a line without those that WeChat may add behind; the payer's openid is emptied."""
    if not line.startswith("`"):
        raise ValueError("cell")
    cells = line[1:].split(",`")
    if len(cells) != wanted:
        raise ValueError("columns")
    if wanted >= COLUMNS:
        cells[7] = ""
    return cells[:COLUMNS]


def _check_row(config: WechatConfig, cells: list[str]) -> None:
    whose = cells[_SUB_MCHID] if config.sub_mchid else cells[_MCHID]
    if whose != config.merchant:
        raise ValueError("merchant")
    if cells[_CURRENCY] != "CNY":
        raise ValueError("row")


def _row(cells: list[str]) -> BillRow | None:
    """Return what the row says; None where a payment was revoked, which only payment codes can be."""
    number, channels = _matching(NUMBER, cells[_NUMBER]), _matching(ID, cells[_ID])
    fee = fee_milli_of(cells[_FEE])
    if cells[_REFUND_ID] not in {"", "0"}:
        if cells[_REFUND_STATE] not in REFUND_STATES:
            raise ValueError("state")
        return BillRow(
            number,
            channels,
            fen_of(cells[_REFUND]),
            _time(cells),
            refund_number=_matching(NUMBER, cells[_REFUND_NUMBER]),
            outcome=REFUND_STATES[cells[_REFUND_STATE]],
            fee_milli=fee,
        )
    if cells[_STATE] != "SUCCESS":
        return None
    return BillRow(number, channels, fen_of(cells[_TOTAL]), _time(cells), fee_milli=fee)


def _matching(pattern: re.Pattern[str], cell: str) -> str:
    if not pattern.fullmatch(cell):
        raise ValueError("cell")
    return cell


def _time(cells: list[str]) -> datetime:
    return datetime.fromisoformat(f"{_matching(_TIME, cells[_AT])}+08:00").astimezone(UTC)
