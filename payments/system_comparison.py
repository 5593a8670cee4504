"""A parking system's list of what was paid there, against our books: one lot, one day, in a bill's buckets.

The list comes as a CSV file from the vendor. Its rows are found by the number that we gave with each payment;
nothing else of a row is read but the amount, and nothing is stored. `payments.system_lists` fetches it where
the vendor has a call for it.

    单号,金额               number,amount
    7Q2M…,12.50            yuan, as the vendors' own exports have it
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from core.csv_file import NotATable, lines_of, plain_text
from core.errors import ParkingError
from lots.models import Lot
from payments.models import CouponHandover, Payment, Settlement

COLUMNS = {
    "number": (
        "单号",
        "商户单号",
        "支付单号",
        "billCode",
        "outOrderNo",
        "transactionId",
        "trade_no",
        "pay_serial",
    ),
    "amount": ("金额", "实收金额", "支付金额", "actPayCharge"),
}
NAMED = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
MOST = 50_000  # rows of one file
LARGEST = 8_000_000  # bytes
_YUAN = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", re.ASCII)


class BadPaidList(ParkingError):
    """The file is not such a list; `why` is the message for the user."""

    code = "system_list_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


@dataclass(frozen=True)
class ComparedPayment:
    """One payment in which the two differ; None where one side has no amount."""

    number: str
    ours_fen: int | None
    theirs_fen: int | None
    payment: int | None = None  # id of ours


@dataclass
class Comparison:
    """What the two lists have in common, and each way in which they differ."""

    equal: int = 0
    equal_fen: int = 0
    differs: list[ComparedPayment] = field(default_factory=list)  # both have it, with other amounts
    over: list[ComparedPayment] = field(default_factory=list)  # there, not in our books
    short: list[ComparedPayment] = field(default_factory=list)  # accepted as we know, not in that list
    unreported: list[ComparedPayment] = field(
        default_factory=list
    )  # paid, and that system has not accepted it
    twice: list[ComparedPayment] = field(default_factory=list)  # two rows with one number

    @property
    def is_clean(self) -> bool:
        return not (self.differs or self.over or self.short or self.unreported or self.twice)


def compare(lot: Lot, day: date, content: bytes) -> Comparison:
    """Compare a file with what was paid in this lot on a day. Raises `BadPaidList`."""
    theirs, twice = _read(content)
    return compare_rows(lot, day, theirs, twice)


def compare_rows(lot: Lot, day: date, theirs: dict[str, int], twice: Sequence[tuple[str, int]]) -> Comparison:
    """Compare a list, number → fen, with what was paid on a day through the system that the lot has now."""
    begin, theirs = datetime.combine(day, time(), lot.tz), dict(theirs)
    rows = Settlement.objects.filter(
        lot=lot,
        system=lot.system,
        system_digest=lot.system_digest,
        payment__paid_at__gte=begin,
        payment__paid_at__lt=begin + timedelta(days=1),
    )
    found = Comparison(twice=[ComparedPayment(number, None, fen) for number, fen in twice])
    for row in rows.select_related("payment").order_by("pk"):
        _place(found, row, theirs.pop(row.payment.number, None))
    known = dict(Payment.objects.filter(number__in=list(theirs)[:MOST]).values_list("number", "pk"))
    other_days = set(  # counted there around midnight, or late: their own day's list has them
        Settlement.objects.filter(lot=lot, payment__number__in=list(theirs)[:MOST])
        .exclude(payment__paid_at__gte=begin, payment__paid_at__lt=begin + timedelta(days=1))
        .values_list("payment__number", flat=True)
    )
    covered = set(  # by a coupon, and settled there with nothing paid
        CouponHandover.objects.filter(lot=lot, covers=True, number__in=list(theirs)[:MOST]).values_list(
            "number", flat=True
        )
    )
    found.over = [
        ComparedPayment(number, None, fen, known.get(number))
        for number, fen in sorted(theirs.items())
        if number not in other_days and not (fen == 0 and number in covered)
    ]
    return found


def _place(found: Comparison, row: Settlement, theirs: int | None) -> None:
    fen = row.payment.credited_fen
    line = ComparedPayment(row.payment.number, fen, theirs, row.payment_id)
    if theirs is not None and theirs != fen:
        found.differs.append(line)
    elif theirs is not None and row.state in Settlement.NOT_COUNTED:
        found.differs.append(
            ComparedPayment(line.number, 0, theirs, line.payment)
        )  # here the money was refunded
    elif theirs is not None:
        found.equal += 1
        found.equal_fen += fen
    elif row.state in Settlement.UNFINISHED:
        found.unreported.append(line)
    elif row.state in {Settlement.State.ACCEPTED, Settlement.State.BY_HAND}:
        found.short.append(line)


def _read(content: bytes) -> tuple[dict[str, int], list[tuple[str, int]]]:
    if len(content) > LARGEST:
        raise BadPaidList(_("The file is too large."))
    try:
        lines = lines_of(plain_text(content))
    except NotATable as fault:
        raise BadPaidList(fault.why) from None
    if len(lines) > MOST:
        raise BadPaidList(_("The file has too many rows."))
    places = _places(lines[0] if lines else [])
    found: dict[str, int] = {}
    twice = []
    for count, cells in enumerate(lines[1:], start=2):
        if not any(map(str.strip, cells)):
            continue
        number, fen = _cells(cells, places, count)
        if number in found:
            twice.append((number, fen))
        else:
            found[number] = fen
    return found, twice


def _places(titles: list[str]) -> Mapping[str, int]:
    named = {NAMED[title.strip()]: place for place, title in enumerate(titles) if title.strip() in NAMED}
    if set(named) != set(COLUMNS):
        raise BadPaidList(_("The first row must name the columns: number and amount."))
    return named


def _cells(cells: list[str], places: Mapping[str, int], count: int) -> tuple[str, int]:
    try:
        number, amount = (cells[places[name]].strip().strip("'`\t") for name in ("number", "amount"))
    except IndexError:
        raise BadPaidList(_("Row %(row)s: a cell is missing.") % {"row": count}) from None
    match = _YUAN.fullmatch(amount)
    if not match or not number or len(number) > 64 or not number.isprintable():
        raise BadPaidList(_("Row %(row)s: the amount or the number cannot be read.") % {"row": count})
    return number, int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
