"""The driver's form: a plate, or a quote and a channel."""

import unicodedata
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from lots.plates import PROVINCES, Plate, PlateError, Reason, parse
from payments.coupons.discounts import MOST_CODES
from presentation.failures import Failure

INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
REPLACEMENT = "�"  # bytes that were no UTF-8
NO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # come along by pasting


@dataclass(frozen=True)
class PlateForm:
    """The typed plate with the box 境外/其他, and whether a script wants only the part that changes."""

    text: str
    overseas: bool
    part: bool
    plate: Plate | None = None
    fault: Reason | None = None
    status: int = 422

    @classmethod
    def of(cls, request: HttpRequest) -> "PlateForm":
        """Read the form. A fault stands beside the field; a missing field is `bad_request`."""
        data: QueryDict = request.POST
        if "plate" not in data:
            raise Failure("bad_request")
        typed, overseas = str(data["plate"]).translate(NO_WIDTH), "other" in data
        part = "part" in data
        if any(unicodedata.category(c) in INVISIBLE or c == REPLACEMENT for c in typed):
            return cls("", overseas, part, fault=Reason.CHARACTERS, status=400)
        text = without_spare_province(typed.strip(), overseas=overseas)
        try:
            plate = parse(text, overseas=overseas)
        except PlateError as error:
            too_long = error.reason == Reason.TOO_LONG
            status = 400 if too_long else 422
            return cls("" if too_long else text, overseas, part, fault=error.reason, status=status)
        return cls(text, overseas, part, plate=plate)


def coupon_codes(request: HttpRequest) -> list[str]:
    """Return the coupon codes that a driver shows: typed, or attached by a link that was scanned."""
    codes = [str(text).strip() for text in request.POST.getlist("coupon")[: 2 * MOST_CODES]]
    return list(dict.fromkeys(code for code in codes if code))[:MOST_CODES]


def without_spare_province(text: str, *, overseas: bool) -> str:
    """Drop the province that the field offered where the driver typed another plate after it.

    沪粤B12345 is 粤B12345. No mainland plate has two provinces at its start, and no overseas one has any.
    """
    offered, typed = text[:1], text[1:].strip()
    spare = typed[:1] in PROVINCES if typed else False
    ticket = len(typed.replace("-", "")) == 10 and typed[:1] in "Tt"
    return typed if offered and offered in PROVINCES and (spare or overseas or ticket) else text
