"""The page of data requests behind a receipt code: see, correct and erase what is stored about a stay."""

from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance import data_requests
from compliance.data_requests import Answer, ErasureObstacle, Kind, State, Topic
from compliance.models import DataRequest
from driver.receipt_pages import Opened, behind_receipt
from driver.stored_data import plate_until, stored_of
from presentation.failures import Failure

PAGE = "/data"
DONE = "?asked"  # a request was made just now, the newest
TOPICS: dict[str, str | Promise] = {
    Topic.ENTRY: _("The time of entry"),
    Topic.EXIT: _("The time of exit"),
    Topic.FEE: _("The fee"),
    Topic.PLATE: _("The plate was misread"),
    Topic.OTHER: _("Something else"),
}
RIGHTS: dict[str, str | Promise] = {
    Kind.ACCESS: _("Seen what is stored"),
    Kind.CORRECTION: _("Correction"),
    Kind.DELETION: _("Erasing the plate"),
}
ANSWERS: dict[str, str | Promise] = {
    Answer.SHOWN: _("shown"),
    Answer.ERASED: _("erased"),
    Answer.CORRECTED: _("corrected"),
    Answer.RIGHT: _("looked into: the record is right"),
    Answer.CALL: _("please call the service phone"),
}
WHY_NOT: dict[str, str | Promise] = {
    ErasureObstacle.INSIDE: _(
        "The car counts as inside, and the barrier opens for it by its plate. It is erased as soon as the car"
        " has left."
    ),
    ErasureObstacle.PAYMENT: _(
        "A payment for this stay is not finished. It is erased as soon as that is settled."
    ),
    ErasureObstacle.REFUND: _(
        "A refund for this stay is not finished. It is erased as soon as that is settled."
    ),
    ErasureObstacle.CORRECTION: _(
        "A correction you asked for is being looked into. It is erased as soon as that is answered."
    ),
}


@behind_receipt
def rights_page(opened: Opened) -> HttpResponse:
    """Show what is stored; accept a request for correction or erasure."""
    if opened.request.method == "POST":
        return _take(opened)
    has_asked = "asked" in opened.request.GET
    if not has_asked:
        data_requests.record_access(opened.payment, at=opened.at)
    return opened.show("rights.html", PAGE, has_asked=has_asked, **_context(opened))


def _take(opened: Opened) -> HttpResponse:
    data = opened.request.POST
    if "erase" in data:
        data_requests.request_erasure(opened.payment, at=opened.at)
    elif "topic" in data:
        if data["topic"] not in TOPICS:
            raise Failure("bad_request", opened.lot)
        data_requests.request_correction(opened.payment, topic=data["topic"], at=opened.at)
    else:
        return opened.see(PAGE)
    return opened.see(PAGE, DONE)


def _context(opened: Opened) -> dict[str, Any]:
    session = opened.payment.session
    asked = list(DataRequest.objects.filter(payment=opened.payment).order_by("-asked_at", "-pk")[:20])
    until = plate_until(session, opened.lot)
    waits = data_requests.erasure_obstacle(session)
    return {
        "rows": stored_of(opened.payment, opened.lot),
        "topics": TOPICS.items(),
        "has_plate": session.plate is not None or session.plate_index is not None,
        "why_not": WHY_NOT[waits] if waits else "",
        "until": opened.lot.moment(until),
        "waiting": any(one.kind == Kind.DELETION and one.state == State.OPEN for one in asked),
        "asked": [_request_row(one, opened) for one in asked],
        "newest": next((one for one in asked if one.kind != Kind.ACCESS), None),
    }


def _request_row(one: DataRequest, opened: Opened) -> dict[str, Any]:
    return {
        "what": TOPICS.get(one.topic) or RIGHTS[one.kind],
        "at": opened.lot.moment(one.asked_at),
        "answer": ANSWERS.get(one.answer, ""),
        "due_on": f"{one.due_on:%Y-%m-%d}",
    }
