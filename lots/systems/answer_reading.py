"""Reading what another parking system answers: strictly, field by field; faults as codes.

What is not read here is dropped with the answer: photos, an owner's name or phone, card numbers, bays, other
lots. Nothing of an answer is logged, and a fault is a code of ours, never the other side's text, which may
hold a plate.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core import shallow_json
from lots.plates import PROVINCES, Plate, PlateError, parse
from lots.systems.parking_system import LONGEST_REFERENCE, ChargeQuery

MAX_FEN = 10_000_000  # 100,000 yuan: more is a fault of theirs, whatever they say
MAX_DEPTH = 12  # of lists and objects in an answer
MOST_TEXTS = 2  # JSON inside a JSON string
LONGEST_LEAVE = timedelta(hours=24)
COMPACT_LENGTH = len("20260105093000")
LONGEST_SECONDS = 11  # digits; Unix milliseconds have 13
FIRST_YEAR = 1990
FLOAT_NOISE = Decimal("0.000001")  # fen
YUAN = frozenset({"CNY", "RMB", "156", "人民币"})
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL, and UTF-8 has no halves of a pair
_AMOUNT = re.compile(r"-?([0-9]{1,12}(\.[0-9]{1,6})?|\.[0-9]{1,6})", re.ASCII)  # Oracle writes .50
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)  # "12.00" as fen would be 12 yuan for 12 fen
_TIME = re.compile(
    r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})[-/](?P<day>[0-9]{1,2})"
    r"[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})([.,][0-9]{1,9})?)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
NO_NUMBER = frozenset({"null", "none", "nil", "undefined", "nan", "-1"})
MASK = "*"
PLATE_COLOURS = "蓝黄绿白黑渐色"  # some systems write one before or after a plate
# What reading an answer of wrong shape may still raise: it is the sender's fault, never a page that breaks.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class CallFault(Exception):
    """A call without a usable answer. `code` is ours; see `lots.systems.fault_texts`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object in `body`; also where the vendor put the JSON into a JSON string.

    What is not UTF-8 is read as GB 18030, which many vendors send without saying so. Numbers with a fraction
    stay exact (`Decimal`). Raises `CallFault`.
    """
    try:
        value = _loads(_decode(body).strip("\ufeff\x00 \r\n\t"))
        if isinstance(value, str):
            value = _loads(value)
    except UNREADABLE:  # also what is not text, and integers of thousands of digits
        raise CallFault("malformed") from None
    if not isinstance(value, dict) or _is_deep(value, MAX_DEPTH):
        raise CallFault("malformed")
    return value


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("gb18030")


def _loads(text: str) -> Any:
    return shallow_json.loads(
        text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=shallow_json.named_once
    )


def _refuse(_: str) -> Any:
    raise ValueError("NaN and Infinity are no amounts")


def _is_deep(value: Any, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(_is_deep(each, left - 1) for each in inner if isinstance(each, dict | list))


def part(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, also one inside a JSON string; an empty one for null, "" and [].

    PHP writes an empty object as an empty list.
    """
    value = _out_of_text(value)
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise CallFault("malformed")
    return value


def first(value: Any) -> dict[str, Any]:
    """Return the only element of a list, or the object itself; an empty one where there is none.

    More than one is a choice (plates that look alike), which is never offered to a driver. The same one
    twice is one.
    """
    value = _out_of_text(value)
    if isinstance(value, list) and value:
        if any(one != value[0] for one in value):
            raise CallFault("needs_a_choice")
        return part(value[0])
    return part(value)


def _out_of_text(value: Any) -> Any:
    """Return what is written in a JSON string, also in one inside another; None for an empty text."""
    try:
        for _ in range(MOST_TEXTS):
            if not isinstance(value, str):
                break
            value = _loads(value) if value.strip() else None
    except UNREADABLE:
        raise CallFault("malformed") from None
    if isinstance(value, str) or (isinstance(value, dict | list) and _is_deep(value, MAX_DEPTH)):
        raise CallFault("malformed")
    return value


def is_blank(data: Mapping[str, Any]) -> bool:
    """Return whether an object says nothing: so several vendors answer for a car that is not inside."""
    return all(value in (None, "", [], {}) for value in data.values())


def data_of(answer: Mapping[str, Any], name: str = "data") -> Any:
    """Return what an answer holds for a question. That it holds nothing must be written there too."""
    if name not in answer:
        raise CallFault("malformed")
    return answer[name]


def check_counted(data: Any) -> None:
    """Refuse an acceptance whose content takes it back: `false`, or a code of its own that is not success.

    Anything else may stand there, in any form: the code outside has accepted.
    """
    inner = optional(lambda: first(data)) or {} if not isinstance(data, bool) else {"success": data}
    codes = (str(inner.get(name) or 0).strip() for name in ("code", "retCode", "resCode", "errorCode"))
    if inner.get("success") is False or any(code.strip("0") for code in codes):
        raise CallFault("not_confirmed")


def number_of_bill(bill: Mapping[str, Any], name: str) -> str:
    """Return the number of a bill or stay; "" where the system knows no such car.

    A bill without its number is a fault, never an absent car.
    """
    number = text_of(bill, name)
    if not number and not is_blank(bill):
        raise CallFault("malformed")
    return number


def text_of(data: Mapping[str, Any], name: str) -> str:
    """Return a short text; "" where it is absent. A number is its digits."""
    value = data.get(name)
    if value is None:
        return ""
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < 15:
        value = int(value) if value == value.to_integral_value() else None  # 15.0 is 15
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CallFault("malformed")
    text = str(value).strip()
    if len(text) > 200 or UNSTORABLE.search(text):
        raise CallFault("malformed")
    return text


def number_of(data: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return a whole number, also one that came as text."""
    text = text_of(data, name)
    if not text and default is not None:
        return default
    if not _WHOLE.fullmatch(text):
        raise CallFault("malformed")
    return int(text)


def fen_of(data: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return an amount that the vendor gives in fen."""
    return check_amount(number_of(data, name, default))


def fen_of_yuan(data: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return an amount that the vendor gives in yuan, exactly: 12.5, "12.50" → 1250.

    Some reckon in binary fractions and write the number 12.600000000000001: it means 12.60.
    """
    value = data.get(name)
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise CallFault("bad_amount")
    if isinstance(value, str) and not _AMOUNT.fullmatch(value):  # no exponent, no spaces, no other digits
        raise CallFault("bad_amount")
    amount = Decimal(value)
    if not amount.is_finite() or amount.adjusted() > 12:
        raise CallFault("bad_amount")
    fen = amount * 100
    whole = fen.to_integral_value()
    is_noise = isinstance(value, Decimal) and whole >= 1 and abs(fen - whole) < FLOAT_NOISE
    if fen != whole and not is_noise:
        raise CallFault("bad_amount")
    return check_amount(int(whole))


def check_currency(data: Mapping[str, Any]) -> None:
    """Refuse an amount that is marked as another currency than yuan."""
    if text_of(data, "currency").upper() not in {"", *YUAN}:
        raise CallFault("bad_amount")


def check_plate(data: Mapping[str, Any], name: str, plate: Plate | None) -> None:
    """Refuse the bill of a car that was not asked for: plates that look alike are never offered.

    Some systems write a dash after the province, or leave the province out, or write the colour, or mask
    some letters.
    """
    text = unicodedata.normalize("NFKC", text_of(data, name)).upper()
    answered = "".join(letter for letter in text if letter.isalnum() or letter == MASK)
    if plate is None or not answered.strip(MASK):
        return
    serial = plate.text[1:] if plate.text[0] in PROVINCES else plate.text
    without_colour = answered.rstrip(PLATE_COLOURS)
    if answered[0] in PLATE_COLOURS and without_colour[1:].startswith(tuple(PROVINCES)):
        without_colour = without_colour[1:]  # 黑 is a colour and a province
    spellings = {answered, without_colour}
    if not any(_fits(one, other) for one in spellings for other in (plate.text, serial)):
        raise CallFault("needs_a_choice")


def _fits(answered: str, plate: str) -> bool:
    return len(answered) == len(plate) and all(
        letter in {MASK, other} for letter, other in zip(answered, plate, strict=True)
    )


def plate_asked(query: ChargeQuery) -> Plate:
    """Return the plate that a system is asked by which can be asked by nothing else."""
    if query.plate is None:
        raise CallFault("lanes_unsupported" if query.lane is not None else "not_supported")
    return query.plate


def plate_seen(data: Mapping[str, Any], name: str, query: ChargeQuery) -> Plate | None:
    """Return the plate of the car in a lane, to be shown masked; None where it is typed or cannot be read."""
    if query.plate is not None:
        return None
    try:
        return parse(text_of(data, name))
    except PlateError:
        return None


def check_lot(data: Mapping[str, Any], name: str, lot_code: str) -> None:
    """Refuse the bill of another lot. A number that came as one has lost the zeros before it."""
    answered = text_of(data, name)
    is_number = isinstance(data.get(name), int)
    if answered not in {"", lot_code} and not (is_number and answered == lot_code.lstrip("0")):
        raise CallFault("lot_unknown")


def check_amount(fen: int) -> int:
    if not 0 <= fen <= MAX_FEN:
        raise CallFault("bad_amount")
    return fen


def writes_none(text: str) -> bool:
    """Return whether this is how programs write that there is no number: zeros, null, undefined."""
    return not text.strip("0") or text.lower() in NO_NUMBER


def check_reference(text: str, plate: Plate | None) -> None:
    """Refuse a reference that is none, or that we cannot store: too long, not ASCII, or with the plate in it.

    What stands for no number would be the same for every car: one car's payment would count for another.
    """
    if writes_none(text) or len(text) > LONGEST_REFERENCE or not (text.isascii() and text.isprintable()):
        raise CallFault("bad_reference")
    if plate is not None:
        serial = "".join(filter(str.isascii, plate.text))
        if len(serial) > 4 and serial in text.upper():
            raise CallFault("plate_in_reference")


def noticed_session(data: Mapping[str, Any], name: str, plate_name: str = "") -> str:
    """Return a notice's number of a stay; "" where no charge can have it, for it may hold the plate."""
    text = text_of(data, name)
    try:
        plate = parse(text_of(data, plate_name)) if plate_name else None
    except PlateError:
        plate = None
    try:
        check_reference(text, plate)
    except CallFault:
        return ""
    return text


def yuan_text(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def time_of(data: Mapping[str, Any], name: str, form: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment of a local time without zone; None where it is absent."""
    if not (text := text_of(data, name)):
        return None
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CallFault("bad_time") from None


def iso_time_of(data: Mapping[str, Any], name: str) -> datetime | None:
    """Return the moment of an RFC 3339 time with zone; None where it is absent."""
    if not (text := text_of(data, name)):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise CallFault("bad_time")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CallFault("bad_time") from None


def moment_of(data: Mapping[str, Any], name: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment of a vendor's time, in any form that vendors write it; None where it is absent.

    Without a zone it is the lot's. A time of long ago (0001, 1900, 1970) is how many programs write none.
    """
    text = text_of(data, name)
    if not text.strip("0"):
        return None
    try:
        moment = _moment(text, zone)
    except (ValueError, OverflowError, OSError):
        raise CallFault("bad_time") from None
    return moment if moment.year >= FIRST_YEAR else None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    if text.isascii() and text.isdecimal():
        if len(text) != COMPACT_LENGTH:
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > LONGEST_SECONDS else 1), UTC)
        named, offset = [int(text[:4]), *(int(text[at : at + 2]) for at in range(4, COMPACT_LENGTH, 2))], ""
    elif (found := _TIME.fullmatch(text)) is not None:
        named = [int(found[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")]
        offset = found["zone"] or ""
    else:
        raise ValueError("no time")
    year, month, day, hour, minute, second = named
    if year < FIRST_YEAR:  # in another zone it may lie before the first year that there is
        return datetime.min.replace(tzinfo=UTC)
    named_zone = datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo or zone
    return datetime(year, month, day, hour, minute, second, tzinfo=named_zone).astimezone(UTC)


def minutes_after(at: datetime, minutes: int) -> datetime | None:
    return at + timedelta(minutes=minutes) if 0 < minutes <= 24 * 60 else None


def optional[T](read: Callable[[], T]) -> T | None:
    """Return what `read` returns; None where it cannot be read and nothing depends on it.

    So an accepted payment stays accepted, and a car that owes nothing owes nothing, without a deadline.
    """
    try:
        return read()
    except CallFault:
        return None


def minutes_of(data: Mapping[str, Any], name: str) -> int:
    """Return how many minutes (or seconds) a driver has to leave; 0 where that is absent or unreadable."""
    return optional(lambda: number_of(data, name, 0)) or 0


def near_future(moment: datetime | None, at: datetime) -> datetime | None:
    """Return a moment to leave by; None where it is over or too far away to be meant."""
    return moment if moment is not None and at < moment <= at + LONGEST_LEAVE else None
