"""Another number for an account: typed on the member's page, proven on the page where codes are typed."""

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from members import changing
from members.changing import NumberTaken, SameNumber
from members.joining import WrongCode
from members.pages.account import account_page
from members.pages.join_pages import code_page, typed_code, wrong_code
from members.pages.member_view import MemberVisit, member_in, member_view, signed_in
from members.phone_numbers import NotAPhone, read_phone
from presentation.failures import Failure


@member_view("POST")
@signed_in
def ask(visit: MemberVisit) -> HttpResponse:
    """Send a code to the new number; the answer is the same for every number."""
    data = visit.request.POST
    if "phone" not in data:
        raise Failure("bad_request")
    try:
        phone = read_phone(data["phone"])
        attempt = changing.ask_code(
            member_in(visit),
            lot=visit.lot,
            phone=phone,
            language=translation.get_language() or "zh-hans",
            client=visit.client,
            at=visit.at,
        )
    except NotAPhone:
        return account_page(visit, status=422, fault=_("Please check the mobile number."))
    except SameNumber:
        fault = _("Your account has this number already, so no code was sent.")
        return account_page(visit, status=422, fault=fault)
    return code_page(visit, attempt, phone, to="change")


@member_view("POST")
@signed_in
def change(visit: MemberVisit) -> HttpResponse:
    """Change the number if the code is right, in the session that asked for it."""
    try:
        changing.change(member_in(visit), session=visit.token, **typed_code(visit))
    except WrongCode:
        return wrong_code(visit, to="change")
    except NumberTaken:
        fault = _("That number has an account of its own with %(operator)s. Nothing is changed.")
        return account_page(visit, status=422, fault=fault % {"operator": visit.lot.operator.legal_name})
    return visit.go()
