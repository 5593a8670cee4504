"""A member's own page: benefits to take, plates, points, the name for invoices, and what was agreed to."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from core.errors import ParkingError
from lots.plates import Plate, PlateError, parse
from lots.pricing import NoTariff
from members import benefits, joining, member_keys, member_plates, passes, points, terms, words
from members.asked import AskedField, BenefitKind
from members.benefits import NotEnough
from members.joining import NotJoined, TermsChanged
from members.member_plates import NotProven, TooManyPlates
from members.models import Benefit, BoundPlate, Member
from members.pages.member_view import MemberVisit, member_in, member_view, signed_in
from members.phone_numbers import masked
from payments.coupons.coupon_codes import pretty, reveal
from payments.coupons.coupon_issuing import LimitReached, NotOffered
from payments.coupons.coupon_models import Coupon
from presentation.failures import Failure
from presentation.formatting import REASONS
from presentation.plate_form import without_spare_province

LONGEST_NAME = 60


@member_view("GET", "HEAD")
@signed_in
def account(visit: MemberVisit) -> HttpResponse:
    return account_page(visit)


@member_view("POST")
@signed_in
def agree(visit: MemberVisit) -> HttpResponse:
    """Agree to the words in force, at this lot."""
    data, member = visit.request.POST, member_in(visit)
    if "agree" not in data:
        return account_page(visit, status=422, fault=_("Nothing is changed without your consent."))
    language = translation.get_language() or "zh-hans"
    try:
        joining.agree(
            member, lot=visit.lot, version=data.get("version", "")[:8], language=language, at=visit.at
        )
    except TermsChanged:
        return account_page(visit, status=422, fault=_("The text has changed. Please read it once more."))
    return visit.go()


@member_view("POST")
@signed_in
def take(visit: MemberVisit) -> HttpResponse:
    """Take today's coupon: with a code, or for one of the plates held."""
    member, data = member_in(visit), visit.request.POST
    benefit = _benefit(visit, {BenefitKind.MINUTES, BenefitKind.PERCENT})
    plate = None
    if data.get("plate"):
        if not benefit.asks_plate:
            raise Failure("bad_request")
        plate = _held(member, data["plate"])
    return _done(visit, lambda: benefits.take(benefit, member, plate=plate, at=visit.at))


@member_view("POST")
@signed_in
def claim_points(visit: MemberVisit) -> HttpResponse:
    code = visit.request.POST.get("receipt", "")
    return _done(
        visit,
        lambda: points.claim(member_in(visit), lot=visit.lot, code=code, client=visit.client, at=visit.at),
    )


@member_view("POST")
@signed_in
def spend_points(visit: MemberVisit) -> HttpResponse:
    benefit, press = _benefit(visit, {BenefitKind.POINTS}), visit.request.POST.get("press", "")
    try:
        press = str(uuid.UUID(press[:36]))
    except ValueError:
        raise Failure("bad_request") from None
    return _done(visit, lambda: benefits.spend_points(benefit, member_in(visit), press=press, at=visit.at))


@member_view("POST")
@signed_in
def bind(visit: MemberVisit) -> HttpResponse:
    """Bind a plate with the code on the lane's screen or that of a receipt."""
    data, member = visit.request.POST, member_in(visit)
    if AskedField.PLATE not in terms.asked_of(terms.open_benefits(visit.lot)):
        raise Failure("bad_request")
    overseas = "other" in data
    try:
        text = without_spare_province(data.get("plate", "").strip(), overseas=overseas)
        plate = parse(text, overseas=overseas)
    except PlateError as error:
        return account_page(visit, status=422, fault=str(REASONS[error.reason]))
    by = {"lane": member_plates.bind_by_lane, "receipt": member_plates.bind_by_receipt}.get(
        data.get("proof", "")
    )
    if by is None:
        raise Failure("bad_request")
    code = data.get("proof_code", "").strip()[:40]
    return _done(
        visit, lambda: by(member, lot=visit.lot, plate=plate, code=code, client=visit.client, at=visit.at)
    )


@member_view("POST")
@signed_in
def unbind(visit: MemberVisit) -> HttpResponse:
    member_plates.unbind(member_in(visit), pk=_number(visit.request.POST.get("plate", "")), at=visit.at)
    return visit.go()


@member_view("POST")
@signed_in
def name(visit: MemberVisit) -> HttpResponse:
    """Keep, change or drop the name for invoices, where a benefit offers that."""
    member, typed = member_in(visit), visit.request.POST.get("name", "").strip()
    if AskedField.NAME not in terms.asked_of(terms.open_benefits(visit.lot)) and typed:
        raise Failure("bad_request")
    if len(typed) > LONGEST_NAME or not typed.isprintable():
        return account_page(
            visit, status=422, fault=_("Please check the name: 60 characters at most, on one line.")
        )
    kept = member_keys.seal_name(member.operator_id, typed) if typed else None
    Member.objects.filter(pk=member.pk).update(name=kept)
    return visit.go()


def account_page(visit: MemberVisit, *, status: int = 200, fault: str = "") -> HttpResponse:
    member, lot = member_in(visit), visit.lot
    open_ones = terms.open_benefits(lot)
    consent = joining.in_force(member, lot)
    current = consent is not None and joining.is_current(consent)
    asked = terms.asked_of(open_ones)
    context: dict[str, Any] = {
        "path": f"/member/{lot.slug}",
        "fault": fault,
        "consent": consent,
        "since": f"{consent.given_at.astimezone(lot.tz):%Y-%m-%d %H:%M}" if consent else "",
        "current": current,
        "sentences": terms.sentences(lot, open_ones),
        "version": terms.version_of(terms.texts_of(lot)),
        "offered": bool(open_ones),
        "benefits": [_shown(one, visit) for one in open_ones] if current else [],
        "coupons": [_coupon(one, visit) for one in benefits.coupons_of(member, lot, at=visit.at)],
        "balance": benefits.balance(member, lot),
        "plates": [(row.pk, plate.pretty if plate else "—") for row, plate in _plates(member)],
        "passes": passes.of_member(member, lot, at=visit.at),
        "asks_plate": AskedField.PLATE in asked and current,
        "asks_name": AskedField.NAME in asked and current,
        "phone": masked(_opened(member_keys.unseal_phone, member, member.phone)) or "—",
        "name": _opened(member_keys.unseal_name, member, member.name) if member.name else "",
        "province": lot.province,
        "typed": visit.request.POST if fault else {},
        "press": str(uuid.uuid4()),
    }
    return visit.show("account.html", status=status, **context)


def _done(visit: MemberVisit, act: Callable[[], object]) -> HttpResponse:
    """Do it and show the account again, or say why not; nothing else tells the reasons apart."""
    try:
        act()
    except NotProven:
        fault = _("This code does not belong to this plate, or it is too old. Check both.")
    except TooManyPlates:
        fault = _("An account holds three plates at most. Remove one first.")
    except points.NoReceipt:
        fault = _("This receipt gives no points: check the code. Each receipt counts once, for 30 days.")
    except NotEnough:
        fault = _("There are not enough points yet.")
    except NotJoined:
        fault = _("Please agree to the text in force first.")
    except (NotOffered, LimitReached, NoTariff):
        fault = _("This is not given out at the moment. Please try again later.")
    else:
        return visit.go()
    return account_page(visit, status=422, fault=fault)


def _benefit(visit: MemberVisit, kinds: set[BenefitKind]) -> Benefit:
    pk = _number(visit.request.POST.get("benefit", ""))
    rows = Benefit.objects.select_related("lot__operator", "shop", "offer")
    found = rows.filter(lot=visit.lot, pk=pk, kind__in=kinds, ended_at=None).first()
    if found is None:
        raise Failure("bad_request")
    return found


def _held(member: Member, text: str) -> Plate:
    row = BoundPlate.objects.filter(member=member, pk=_number(text)).first()
    plate = member_plates.plate_of(row) if row else None
    if plate is None:
        raise Failure("bad_request")
    return plate


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _plates(member: Member) -> list[tuple[BoundPlate, Plate | None]]:
    return [
        (row, member_plates.plate_of(row)) for row in BoundPlate.objects.filter(member=member).order_by("pk")
    ]


def _opened(
    unseal: Callable[[int, bytes | memoryview], str], member: Member, value: bytes | memoryview
) -> str:
    try:
        return unseal(member.operator_id, value)
    except ParkingError:
        return ""


def _shown(benefit: Benefit, visit: MemberVisit) -> dict[str, Any]:
    daily = benefit.kind in {BenefitKind.MINUTES, BenefitKind.PERCENT}
    return {
        "pk": benefit.pk,
        "kind": benefit.kind,
        "gets": words.gets(benefit),
        "asks_plate": benefit.asks_plate,
        "points": benefit.points,
        "taken": daily and benefits.taken(benefit, member_in(visit), at=visit.at),
    }


def _coupon(coupon: Coupon, visit: MemberVisit) -> dict[str, str]:
    """Return a coupon with its code; of one for a plate only that it exists, not whether its car came."""
    code = reveal(coupon.sealed_code) or ""
    until = coupon.valid_until.astimezone(visit.lot.tz)
    return {"code": code, "written": pretty(code) if code else "", "until": f"{until:%Y-%m-%d %H:%M}"}
