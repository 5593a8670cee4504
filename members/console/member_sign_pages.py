"""The console's part about member signs: register, print, revoke. Drawn and recorded like every sign."""

import uuid
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lots.models import Lot
from lots.signs import print_runs
from lots.signs.print_errors import CannotPrint, PlanFaults
from lots.signs.print_formats import FORMATS
from lots.signs.print_plan import ARROWS, PrintRow
from lots.signs.sign_faces import check_member
from members import member_signs, terms
from members.console.page import asks_on_a_sign, page
from members.models import MemberSign
from presentation.downloads import file_answer
from staff.access import access, requires

LONGEST_PURE_PLACE = 40


@requires("members.edit")
@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Register one more member sign; with an address its QR leads to an official account instead."""
    row, data = access(request).lot(slug), request.POST
    place, title, address = (data.get(name, "").strip() for name in ("place", "title", "address"))
    sign = MemberSign(lot=row, place=place, title=title or "会员码", address=address, code="X")
    try:
        check_member(member_signs.face_of(sign, collects="—", pure_place="—", arrow="right"))
    except CannotPrint as wrong:
        return page(request, row, fault=str(wrong), status=422)
    fits = len(place) <= 80 and len(sign.title) <= 40 and len(address) <= 200
    if not place or not fits or not (place + title + address).isprintable():
        return page(
            request,
            row,
            fault=_("Enter a place (80 characters at most); title 40 and address 200 characters at most."),
            status=422,
        )
    sign = member_signs.new_sign(lot=row, place=place, title=sign.title, address=address)
    messages.success(
        request, _("Member sign no. %(number)s is registered. Now print it.") % {"number": sign.number}
    )
    return redirect("members-console:lot", slug)


@requires("members.edit")
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a member code worth nothing."""
    row = access(request).one(MemberSign.objects.select_related("lot"), pk=pk)
    member_signs.revoke(row, at=now())
    messages.success(request, _("Member sign no. %(number)s is revoked.") % {"number": row.number})
    return redirect("members-console:lot", row.lot.slug)


@requires("members.edit")
@require_POST
def print_signs(request: HttpRequest, slug: str) -> HttpResponse:
    """Print the ticked member signs; each says what is asked, and where to pay without it."""
    row, at = access(request).lot(slug), now()
    try:
        orders = _orders(request, row)
        drawn = print_runs.draw(row, orders, at=at)
        print_runs.record(drawn, key=_key_of(request), by=access(request).user, why="会员标识")
    except CannotPrint as fault:
        text = "；".join(fault.faults) if isinstance(fault, PlanFaults) else str(fault)
        return page(request, row, fault=text, status=422)
    MemberSign.objects.filter(lot=row, number__in=[int(order.number[1:]) for order in orders]).update(
        printed_at=at
    )
    return file_answer(drawn.pdf, "pdf", name=f"{row.slug}-member-signs")


def _key_of(request: HttpRequest) -> uuid.UUID:
    """Return the key that the page gave to its form: a second press is the same print run."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _orders(request: HttpRequest, row: Lot) -> list[PrintRow]:
    data = request.POST
    ticked = [text for text in data.getlist("sign") if text.isdecimal() and len(text) < 9]
    found = MemberSign.objects.filter(lot=row, number__in=ticked, revoked_at=None).order_by("number")
    form = FORMATS.get(data.get("format", ""))
    collects, where = asks_on_a_sign(terms.open_benefits(row)), data.get("pure_place", "").strip()
    arrow = data.get("arrow", "")
    if not found or form is None:
        raise PlanFaults([_("Select the member signs to print and choose a format.")])
    if not collects:
        raise PlanFaults([_("No benefits are on, so a sign could not state what is collected.")])
    if len(where) > LONGEST_PURE_PLACE:
        words = {"longest": LONGEST_PURE_PLACE, "text": where}
        raise PlanFaults([_("Longer than %(longest)s characters: %(text)s") % words])
    values = {"collects": collects, "pure_place": where, "arrow": ARROWS.get(arrow, arrow)}
    drawn = [member_signs.face_of(one, **values) for one in found]
    plain = PrintRow(row=0, form=form, distance=None)
    return [
        replace(plain, row=at, member=face, number=member_signs.number_of(one), place=one.place)
        for at, (one, face) in enumerate(zip(found, drawn, strict=True), 1)
    ]
