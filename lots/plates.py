"""Chinese licence plates (号牌): normalise, parse, show and mask; and tickets for unplated vehicles (无牌车).

Pure: no database, no request, no clock. The grammar follows GA 36-2018 as car parks apply it, and
国办发〔2018〕114号 for 应急 plates. I and O never stand in a serial, so one typed there is the digit 1 or 0.
Sealing and look-up use `Plate.text` alone; the kind only decides how it is charged and shown.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import ParkingError

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NEV_LETTERS = "DABCEFGHJK"  # new energy (新能源): the first five battery electric, the others not wholly
SUFFIXES = "警学挂港澳试超使领应急民航"  # every other Chinese character a keyboard must offer
TICKET_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I L O U; 9 of them are 45 bits
LONGEST = 32  # characters as typed; more is no typing error but an attack, and refused unread


class PlateKind(StrEnum):
    """What a plate says about its car."""

    ORDINARY = "ordinary"  # blue or yellow, motorcycles too
    NEV_SMALL = "nev_small"  # green
    NEV_LARGE = "nev_large"  # yellow and green
    POLICE = "police"  # 警
    TRAINER = "trainer"  # 学
    TRAILER = "trailer"  # 挂
    HK_MACAO = "hk_macao"  # 粤Z…港, 粤Z…澳
    TEST = "test"  # 试; 超 for an oversized vehicle
    CONSULATE = "consulate"  # 领, of 2018 and older
    EMBASSY = "embassy"  # 使, of 2017 and older
    EMERGENCY = "emergency"  # 应急: fire and rescue, car or motorcycle
    ARMED_POLICE = "armed_police"  # WJ
    MILITARY = "military"
    CIVIL_AVIATION = "civil_aviation"  # 民航
    OVERSEAS = "overseas"  # free text, only where the driver chose 其他/境外
    TICKET = "ticket"  # issued by us


class Reason(StrEnum):
    """Why a text is no plate. A page makes one sentence of each."""

    EMPTY = "empty"  # nothing was typed
    TOO_LONG = "too_long"  # more than 32 characters
    CHARACTERS = "characters"  # something other than Chinese characters, letters, digits and separators
    PROVINCE = "province"  # does not begin as a mainland plate: no province, or an overseas plate
    AGENCY_LETTER = "agency_letter"  # after the province comes a letter, never I (O on few kinds)
    LENGTH = "length"  # too many or too few characters for its kind: usually 7, green 8
    GREEN_IS_EIGHT = (
        "green_is_eight"  # a new-energy plate with more than 8; also names the `looks_cut_short` hint
    )
    NEW_ENERGY_LETTER = "new_energy_letter"  # 8 characters, and neither the third nor the last in NEV_LETTERS
    NEW_ENERGY_DIGITS = (
        "new_energy_digits"  # 8 characters with such a letter, and a letter where digits belong
    )
    DIGITS = "digits"  # the same on 应急, 使, 领 and WJ plates: right length, wrong digit or letter
    SUFFIX = "suffix"  # a Chinese character unknown, misplaced (港 without 粤Z) or missing (使)
    TICKET = "ticket"  # begins like a ticket, which is T and nine others, without U


class PlateError(ParkingError):
    """This text is no plate. It carries the reason and never the text: no plate may reach a log."""

    code = "plate_invalid"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


# One character of a pattern; a group is what a plate shows together.
P, D = f"[{PROVINCES}]", "[0-9]"
L, A, X = "[A-HJ-NP-Z]", "[A-HJ-Z]", "[A-HJ-NP-Z0-9]"  # letter; agency letter, O too; either letter or digit
E, T = f"[{NEV_LETTERS}]", f"[{TICKET_ALPHABET}]"

GRAMMAR = {
    kind: re.compile(pattern)
    for kind, pattern in {
        PlateKind.ORDINARY: f"({P}{A})({X * 5})",
        PlateKind.NEV_SMALL: f"({P}{A})({E}{X}{D * 4})",
        PlateKind.NEV_LARGE: f"({P}{A})({D * 5}{E})",
        PlateKind.POLICE: f"({P}{A})({X * 4}警)",
        PlateKind.TRAINER: f"({P}{L})({X * 4}学)",
        PlateKind.TRAILER: f"({P}{L})({X * 4}挂)",
        PlateKind.HK_MACAO: f"(粤Z)({X * 4}[港澳])",
        PlateKind.TEST: f"({P}{L})({X * 4}[试超])",
        PlateKind.CONSULATE: f"({P}[123]{D * 2})({X * 2}领)|({P}{L})({X * 4}领)",
        PlateKind.EMBASSY: f"([123]{D * 2})({X * 3}使)|(使[123]{D * 2})({X * 3})",
        PlateKind.EMERGENCY: f"({P}[A-Z])({D * 4}应急)|(应急{P})({D * 3}[A-Z])",
        # headquarters have no province, as far as known
        PlateKind.ARMED_POLICE: f"(WJ{P}?)({D * 4}[0-9XBTSHJD])|(WJ{L})({D * 5})",
        PlateKind.MILITARY: f"([A-HJ-NP-VXYZ][A-Z])({D * 5})",
        PlateKind.CIVIL_AVIATION: f"(民航)({X * 5})",
        PlateKind.OVERSEAS: "([A-Z0-9]{2,10})",
        PlateKind.TICKET: f"(T{T * 2})({T * 3})({T * 4})",
    }.items()
}
MAINLAND = tuple(kind for kind in GRAMMAR if kind not in {PlateKind.OVERSEAS, PlateKind.TICKET})

# The first pattern that fits a text which is no plate says why; a text that fits none has the wrong length.
REASONS = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        ("", Reason.EMPTY),
        ("T[A-Z0-9]{7,10}", Reason.TICKET),
        ("[123][0-9]{2}[A-Z0-9]{3}", Reason.SUFFIX),
        (f"(?!{P}|WJ{P}|WJ[0-9]|WJ{L}{D}|民航|使|应急{P}|[123].*使$).+", Reason.PROVINCE),
        (f"{P}(?!{A}|[123].*领$|$).*|{P}O.*[学挂试超领]", Reason.AGENCY_LETTER),
        (
            f"(?:民航|使|应急{P}|WJ(?:{P}|{L})?+|{P})[A-Z0-9]*(?![A-Z0-9]|[警学挂港澳试超领]$|应急$|$).*",
            Reason.SUFFIX,
        ),
        (f"(?!粤Z).*[港澳]|(?!{P}).+[警学挂试超领]", Reason.SUFFIX),
        (f"{P}.[A-Z0-9]{{5}}{E}|{P}.{E}[A-Z0-9]{{5}}", Reason.NEW_ENERGY_DIGITS),
        (f"{P}.[A-Z0-9]{{6}}", Reason.NEW_ENERGY_LETTER),
        (f"{P}.{E}[A-Z0-9]{{6,}}|{P}.[A-Z0-9]{{6,}}{E}", Reason.GREEN_IS_EIGHT),
        (f"{P}.{{5}}领|.{{6}}使|使.{{6}}|{P}.{{5}}应急|应急{P}.{{4}}|WJ(?:{P}|{L})?+.{{5}}", Reason.DIGITS),
    )
)

# Characters at the start and at the end that stay readable; the rarer the kind, the fewer.
SHOWN = dict.fromkeys(PlateKind, (2, 2)) | {
    PlateKind.CONSULATE: (1, 1),
    PlateKind.EMBASSY: (1, 1),
    PlateKind.MILITARY: (1, 1),
    PlateKind.TICKET: (1, 2),
}


@dataclass(frozen=True)
class Plate:
    """One plate as `parse` returns it. Its repr shows the kind only, since reprs end up in logs."""

    text: str = field(repr=False)
    kind: PlateKind

    @property
    def pretty(self) -> str:
        """As the plate itself groups it: 沪A·12345; a ticket as it is printed, T12-345-6789."""
        match = GRAMMAR[self.kind].fullmatch(self.text)
        groups = filter(None, match.groups()) if match else [self.text]
        return ("-" if self.kind is PlateKind.TICKET else "·").join(groups)

    @property
    def masked(self) -> str:
        """The plate with its middle hidden, such as 沪A***45: its driver recognises it, others cannot.

        At least three characters are hidden. The length of an overseas plate is hidden too, and one of
        fewer than five characters entirely. A star is in no plate, so a mask is never parsed as one.
        """
        if self.kind is PlateKind.OVERSEAS:
            return "****" + (self.text[-2:] if len(self.text) > 4 else "")
        head, tail = SHOWN[self.kind]
        return self.text[:head] + "*" * (len(self.text) - head - tail) + self.text[-tail:]


SEPARATORS = dict.fromkeys(map(ord, " ·•・‧∙●.-_—–−‐。、,:'()[]【】"))  # also what keyboards for Chinese give
TRADITIONAL = str.maketrans("滬雲遼魯蘇贛晉陝閩貴粵寧瓊學掛試領應", "沪云辽鲁苏赣晋陕闽贵粤宁琼学挂试领应")
ASCII_UPPER = {letter: letter - 32 for letter in range(ord("a"), ord("z") + 1)}  # str.upper makes SS of ß
ONE_WAY = ASCII_UPPER | SEPARATORS | TRADITIONAL
WRITTEN = re.compile("[A-Z0-9一-鿿]*")
# Written around a plate: by cameras its colour, by drivers who paste it 车牌号：. 黑A is Heilongjiang.
LABEL = re.compile(
    "^(?:[车号]牌号?码?)?(?:(?:新能源|[蓝黄白绿]|黑(?=[一-鿿]))+牌?)?|(?<=.{7})(?:新能源|[蓝黄白绿黑])+牌?$"
)
# What shows nothing and yet is printable for Python: fillers, variation selectors, an empty Braille cell.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
SERIAL_SLIPS = str.maketrans("OI", "01")
TICKET_SLIPS = str.maketrans("OIL", "011")


def normalise(text: str) -> str:
    """Write `text` the one way plates are compared: half width, upper case, simplified, no separators.

    Anything that is neither Chinese character, letter nor digit then is refused, invisible characters
    and turned writing directions included: what a person cannot see must not decide which car pays.
    """
    if len(text) > LONGEST:
        raise PlateError(Reason.TOO_LONG)
    text = unicodedata.normalize("NFKC", text).translate(ONE_WAY)
    if not WRITTEN.fullmatch(text):
        raise PlateError(Reason.CHARACTERS)
    if len(text) > LONGEST:  # one character can stand for many: ㍿
        raise PlateError(Reason.TOO_LONG)
    return LABEL.sub("", text)


def visible(text: str) -> str:
    """Return a text without the characters that show nothing, and without white space other than spaces."""
    return BLANK.sub("", "".join(filter(str.isprintable, text)))


def parse(text: str, *, overseas: bool = False) -> Plate:
    """Return the plate in `text`, or raise `PlateError` with the reason.

    `overseas` says that the driver chose 其他/境外: letters and digits are then taken as they stand, unless
    they are a ticket. Without it they are only a ticket or a military plate.
    """
    if GRAMMAR[PlateKind.ORDINARY].fullmatch(text):  # most are, and are written this one way
        return Plate(text, PlateKind.ORDINARY)
    text = normalise(text)
    ticket = text[:1] + text[1:].translate(TICKET_SLIPS)
    if GRAMMAR[PlateKind.TICKET].fullmatch(ticket):
        return Plate(ticket, PlateKind.TICKET)
    if overseas and GRAMMAR[PlateKind.OVERSEAS].fullmatch(text):
        return Plate(text, PlateKind.OVERSEAS)
    for reading in (text, text[:2] + text[2:].translate(SERIAL_SLIPS)):
        for kind in MAINLAND:
            if GRAMMAR[kind].fullmatch(reading):
                return Plate(reading, kind)
    raise PlateError(_why(text, overseas=overseas))


def _why(text: str, *, overseas: bool) -> Reason:
    if overseas and text and text.isascii():
        return Reason.LENGTH
    return next((reason for pattern, reason in REASONS if pattern.fullmatch(text)), Reason.LENGTH)


def looks_cut_short(plate: Plate) -> bool:
    """Return whether this ordinary plate may be a green one typed without its end: the hint 绿牌是 8 位.

    沪AD1234 is a good blue plate and also 沪AD12345 with a digit missing. Ask only when no stay is found.
    """
    return plate.kind is PlateKind.ORDINARY and plate.text[2] in NEV_LETTERS


def may_lack_province(plate: Plate) -> bool:
    """Return whether this military plate may be a green one typed without its province.

    AD12345 is a good military plate and also 沪AD12345 without 沪. Ask only when no stay is found.
    """
    return plate.kind is PlateKind.MILITARY and plate.text[1] in NEV_LETTERS


def new_ticket() -> Plate:
    """Issue a ticket for an unplated vehicle: T and nine random characters, which cannot be guessed.

    Ten characters are longer than any mainland plate, so it never is one.
    """
    return Plate("T" + "".join(secrets.choice(TICKET_ALPHABET) for _ in range(9)), PlateKind.TICKET)
