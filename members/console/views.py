"""The console's pages about members: which benefits run, who joined (masked), plates and passes by staff."""

import secrets
from datetime import datetime, time
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lots.models import Lane, Lot
from lots.plates import Plate, PlateError, parse
from members import benefits, member_keys, member_plates, passes
from members.asked import BenefitKind, NotAsked
from members.console.page import page
from members.joining import in_force
from members.member_plates import TooManyPlates
from members.models import Benefit, BoundPlate, Consent, LaneDisplay, Member
from members.phone_numbers import NotAPhone, read_phone
from staff.access import access, requires

audit = structlog.get_logger("audit")


class ActRefused(Exception):
    """What staff pressed cannot be done; the text says why, and repeats no phone and no plate."""


@requires("members.see")
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Show every lot with its benefits and how many joined."""
    mine = access(request)
    joined = Consent.objects.filter(ended_at=None, member__isnull=False)
    counts = dict(mine.within(joined).values_list("lot").annotate(n=Count("pk")))
    rows = mine.lots().annotate(on=Count("member_benefits", filter=Q(member_benefits__ended_at=None)))
    table = [{"lot": row, "count": counts.get(row.pk, 0)} for row in rows.order_by("name")]
    return render(request, "members/console/members.html", {"table": table})


@requires("members.see")
@require_safe
def lot(request: HttpRequest, slug: str) -> HttpResponse:
    return page(request, access(request).lot(slug))


@requires("members.edit")
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a benefit. What it asks of members is not chosen here but follows from it."""
    row, data = access(request).lot(slug), request.POST
    try:
        _start(row, data, by=request.user, at=now())
    except ActRefused as why:
        return page(request, row, fault=str(why), status=422)
    messages.success(
        request, _("The benefit is on. Existing members must agree to the new text before they can use it.")
    )
    return redirect("members-console:lot", slug)


@requires("members.edit")
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a benefit; a second press changes nothing."""
    row = access(request).one(Benefit.objects.select_related("lot"), pk=pk)
    if benefits.end(row, at=now(), by=access(request).user):
        messages.success(request, _("The benefit has ended. Coupons already received stay valid."))
    return redirect("members-console:lot", row.lot.slug)


@requires("members.edit")
@require_POST
def bind(request: HttpRequest, slug: str) -> HttpResponse:
    """Bind a plate on the word of staff, who have seen the car or its papers."""
    row, at = access(request).lot(slug), now()
    try:
        member, plate = _member(row, request), _plate(request)
        bound = member_plates.bind_by_staff(member, plate=plate, by=access(request).user, at=at)
    except ActRefused as why:
        return page(request, row, fault=str(why), status=422)
    except TooManyPlates:
        return page(
            request, row, fault=_("This member has three linked plates; unlink one first."), status=422
        )
    audit.info("member_plate_bound", staff=request.user.pk, member=bound.member_id)
    messages.success(request, _("Linked. Any previous holder was sent a text message."))
    return redirect("members-console:lot", slug)


@requires("members.edit")
@require_POST
def give_pass(request: HttpRequest, slug: str) -> HttpResponse:
    """Grant a monthly pass to a plate that a member holds with proof."""
    row, at = access(request).lot(slug), now()
    try:
        bound = _bound(_member(row, request), _plate(request))
        until = _until(row, request.POST.get("until", ""), at)
        passes.give(bound, lot=row, until=until, by=access(request).user, at=at)
    except ActRefused as why:
        return page(request, row, fault=str(why), status=422)
    except passes.NoPass as why:
        return page(request, row, fault=passes.WHY[why.reason], status=422)
    messages.success(request, _("The pass was issued."))
    return redirect("members-console:lot", slug)


@requires("members.edit")
@require_POST
def screen(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the address of an exit lane's screen, shown once, or switch the screen off."""
    row = access(request).lot(slug)
    number = request.POST.get("lane", "")
    found = row.lanes.exclude(direction=Lane.Direction.ENTRY)
    lane = found.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if lane is None:
        return page(request, row, fault=_("Choose an exit lane."), status=422)
    LaneDisplay.objects.filter(lane=lane).delete()
    if "off" in request.POST:
        messages.success(request, _("The screen is off."))
        return redirect("members-console:lot", slug)
    token = secrets.token_urlsafe(24)
    LaneDisplay.objects.create(
        lane=lane, digest=member_keys.token_digest(token), made_at=now(), made_by=access(request).user
    )
    return page(request, row, screen=f"{settings.MEMBERS_URL}/lane/{token}", screen_lane=lane)


def _start(row: Lot, data: Any, *, by: Any, at: datetime) -> None:
    kind = data.get("kind", "")
    if kind not in set(BenefitKind):
        raise ActRefused(_("Choose a benefit."))
    value, points = _whole(data.get("value", "")), _whole(data.get("points", ""))
    if kind == BenefitKind.POINTS:
        value *= 100  # yuan
    try:
        benefits.start(
            lot=row,
            kind=BenefitKind(kind),
            value=0 if kind == BenefitKind.PASS else value,
            points=points if kind == BenefitKind.POINTS else 0,
            optional=data.getlist("asks"),
            by=by,
            at=at,
        )
    except NotAsked:
        raise ActRefused(_("This is not needed for the benefit and cannot be collected.")) from None
    except benefits.AlreadyOn:
        raise ActRefused(_("This benefit is already on; stop it first.")) from None
    except benefits.WrongBenefit:
        raise ActRefused(
            _("Invalid value: minutes 1–1440, percent 1–99, coupons ¥1–1000 and 1–100000 points.")
        ) from None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _member(row: Lot, request: HttpRequest) -> Member:
    try:
        phone = read_phone(request.POST.get("phone", ""))
    except NotAPhone:
        raise ActRefused(_("Enter the member's mobile number.")) from None
    digest = member_keys.phone_digest(row.operator_id, phone)
    member = Member.objects.filter(operator=row.operator_id, phone_digest=digest).first()
    if member is None or in_force(member, row) is None:
        raise ActRefused(_("No member of this lot has this mobile number."))
    return member


def _plate(request: HttpRequest) -> Plate:
    try:
        return parse(request.POST.get("plate", ""), overseas="other" in request.POST)
    except PlateError:
        raise ActRefused(_("Please check the plate.")) from None


def _bound(member: Member, plate: Plate) -> BoundPlate:
    digest = member_keys.plate_digest(member.operator_id, plate)
    found = BoundPlate.objects.filter(member=member, held_digest=digest).first()
    if found is None:
        raise ActRefused(_("This plate is not linked to this member; link it first."))
    return found


def _until(row: Lot, text: str, at: datetime) -> datetime:
    """Return the end of the day that was chosen, in the lot's zone."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 0 <= (day - at.astimezone(row.tz).date()).days <= passes.LONGEST_DAYS:
        raise ActRefused(_("Choose the last day of validity, within a year."))
    return datetime.combine(day, time(23, 59, 59), row.tz)
