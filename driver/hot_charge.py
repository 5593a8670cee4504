"""The look-up of a page's script, answered without Django's request and response: most of what a city asks.

What answers is what answers behind the view too (`driver.plate.search`): admission, charge, seal, frames.
Here is only the way in and out, for a POST of a plate and `part` alone, at a sign without a lane, within
seconds of the last look at the stamp of all facts (`page_cache.STAMP`). Everything else is left to the view,
which answers the same byte for byte: tests ask both (tests/driver/test_hot_charge.py).
"""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from django.core.exceptions import DisallowedHost
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from core.errors import ParkingError
from driver import page_cache
from driver.admission import at_once
from driver.answer_parts import fee_part, hints_of, nothing_part
from driver.fee_view import fee_of
from driver.sign_page import address_of, read_facts
from driver.user_agents import scene_of
from lots.models import Lot, Sign
from lots.plates import Plate, PlateError, parse
from lots.sign_register import find_sign
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from payments.charges import ask, release_if_settled, sealed
from presentation.guard import FORM, is_own
from presentation.inline import POLICY
from presentation.languages import PATHS
from presentation.page_data import SignFacts
from presentation.plain_posts import PlainAnswer, give_back_connection, is_plain_post, whole_body
from presentation.plate_form import without_spare_province
from presentation.respond import packed, sent
from presentation.respond import sealed as sealed_response

FORMS = {FORM, f"{FORM};charset=UTF-8"}  # as scripts write it
LONGEST = 120  # bytes of a body
_ADDRESS = re.compile("/p/([0-9A-HJKMNP-TV-Z]{16})(?:/(hant|en))?")
_BODY = re.compile(rb"plate=((?:%[0-9A-Fa-f]{2}|[0-9A-Z])+)&part=1")
_TYPED = re.compile("[0-9A-Z\u4e00-\u9fff]{6,10}")  # nothing that is invisible, or spelled in two ways


class AskedPlate(NamedTuple):
    """A plate that was typed behind a sign."""

    code: str  # of the sign
    plate: Plate
    typed: str
    language: str


def answered(environ: dict[str, Any]) -> PlainAnswer | None:
    """Return the part that answers a look-up; None where the view has to. Its body can be read again."""
    asked = _asked(environ)
    if asked is None:
        return None
    try:
        found = _answer(asked, environ)
    except Error:  # the view explains it
        return None
    finally:
        give_back_connection()
    if found is None:
        return None
    html, address = found
    body, is_zipped = packed(html, environ.get("HTTP_ACCEPT_ENCODING", ""))
    own = {"Content-Length": str(len(body)), "X-Part": address}  # the address that the page then has
    return PlainAnswer(body, ("part", is_zipped), partial(_response, body, address, is_zipped), own)


def _response(body: bytes, address: str, is_zipped: bool) -> HttpResponse:
    response = sent(body, POLICY, is_zipped=is_zipped)
    response.headers["X-Part"] = address
    return sealed_response(response)


def _answer(asked: AskedPlate, environ: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the part and its address. No language is made active: texts are asked for in the page's."""
    behind = _behind(asked.code)
    if behind is None:
        return None
    sign, facts = behind
    lot = sign.lot  # read once: Django's way from a row to another is three functions
    if sign.lane_id or lot.closed_at is not None or lot.system != Lot.System.BUILTIN:
        return None
    admitted = at_once(environ, lot.id)
    if admitted is None:
        return None
    plate, language, at = asked.plate, asked.language, now()
    due = ask(lot, ChargeQuery(at, plate=plate))
    if isinstance(due, Unreachable):
        return None
    if isinstance(due, NothingDue):
        release_if_settled(lot, due, lane=None, at=at)
        admitted.missed()
        return nothing_part(facts, hints_of(plate), language=language), environ["PATH_INFO"]
    admitted.found(due.charge.session)
    token = sealed(due, lot=lot, sign=sign, lane=None, language=language, at=at)
    fee = fee_of(
        due,
        token=token,
        valid_until=due.charge.valid_until,
        lot=lot,
        facts=facts.lot,
        plate=plate.pretty,
        kind=plate.kind,
        typed=asked.typed,
        where=scene_of(environ.get("HTTP_USER_AGENT", "")),
        at=at,
        language=language,
    )
    return fee_part(facts, fee, language=language), address_of(token, language)


def _asked(environ: dict[str, Any]) -> AskedPlate | None:
    """Return what a request asks, if it is one that is answered here."""
    address = _ADDRESS.fullmatch(environ["PATH_INFO"])
    if address is None or not is_plain_post(environ) or environ.get("QUERY_STRING"):
        return None
    if not _is_from_us(*map(environ.get, _FROM)):
        return None
    if (typed := _typed(environ)) is None:
        return None
    text = without_spare_province(typed, overseas=False)
    try:
        plate = parse(text)
    except PlateError:
        return None
    return AskedPlate(address[1], plate, text, PATHS[address[2] or ""])


def _behind(code: str) -> tuple[Sign, SignFacts] | None:
    """Return the sign of a code and its facts, read where this process does not know them.

    None where there is no such sign, and where the stamp is to be read first: the view waits for that, and
    explains a database that is away.
    """
    if page_cache.STAMP.recent() is None:
        return None
    try:
        sign = page_cache.ROWS.facts(code, partial(find_sign, code))
        return sign, page_cache.SIGNS.facts(code, partial(read_facts, code))
    except ParkingError:
        return None


def _typed(environ: dict[str, Any]) -> str | None:
    if environ.get("CONTENT_TYPE") not in FORMS or not (body := whole_body(environ, limit=LONGEST)):
        return None
    form = _BODY.fullmatch(body)
    try:
        typed = unquote_to_bytes(form[1]).decode() if form else ""
    except UnicodeDecodeError:
        return None
    return typed if _TYPED.fullmatch(typed) else None


_FROM = ("HTTP_HOST", "HTTP_SEC_FETCH_SITE", "HTTP_ORIGIN")


@lru_cache(maxsize=256)
def _is_from_us(*values: str | None) -> bool:
    """Return whether a request under this host name is for us, and comes from a page of ours."""
    meta = {name: value for name, value in zip(_FROM, values, strict=True) if value is not None}
    request = HttpRequest()
    request.META = meta
    try:
        request.get_host()
        return is_own(meta, request.get_host)
    except (DisallowedHost, KeyError, ValueError):
        return False
