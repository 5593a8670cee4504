"""Decorator of the drivers' views: language of the path, checks, pages of failures, headers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import translation
from django.utils.timezone import now

from core import database
from core.codes import read_code
from driver import page_cache
from lots import contacts, lane_codes
from lots.contacts import LotContact
from lots.pricing import NoTariff
from lots.sign_register import RevokedCode, UnknownCode
from payments.charge_token import unseal
from payments.refusals import ForgedCharge
from presentation import guard, respond
from presentation.failures import EXPLAINED, Failure
from presentation.languages import PATHS, SUFFIXES
from presentation.page_data import LotFacts, lot_facts

AGAIN = {429, 503}  # each answer with these says when to try again
MAY_PASS = {"earlier_payment_pending"}  # and these failures, whatever their status
RETRY_AFTER = "60"  # seconds

type View = Callable[..., HttpResponse]


def driver_view(*methods: str, page: str = "") -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Serve a view for these methods, in the language of its path, and explain what fails.

    `page`: the address that a GET of a form's target is led to, with the names of the view's own address.
    Chromium 69 loads a POST that met no network again by GET.
    """

    def wrap(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def served(request: HttpRequest, language: str = "zh-hans", **names: str) -> HttpResponse:
            with translation.override(language):
                try:
                    if page and request.method in {"GET", "HEAD"}:
                        response = _back_to(page.format(**names) + SUFFIXES[language])
                    else:
                        _check(request, methods)
                        with database.usable():
                            response = view(request, **names)
                except Failure as failure:
                    response = explain(request, failure, **names)
                except UnknownCode:
                    response = explain(request, Failure("unknown_code"))
                except RevokedCode as revoked:
                    known = page_cache.SIGNS.last_known(revoked.sign.code)
                    lot = known.lot if known else lot_facts(revoked.sign.lot, at=now())
                    response = explain(request, Failure("revoked_code", lot))
                except NoTariff as nothing:  # it came before the first tariff: staff can say what is owed
                    response = explain(request, Failure(nothing.code), **names)
                except database.DatabaseUnusable:
                    response = explain(request, Failure("unavailable"), **names)
                if response.status_code in AGAIN:
                    response.headers.setdefault("Retry-After", RETRY_AFTER)
                return respond.sealed(response)

        return served

    return wrap


def _check(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        raise Failure("wrong_method", allow=methods)
    if request.method == "POST":
        guard.check_post(request)


def _back_to(path: str) -> HttpResponse:
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def explain(request: HttpRequest, failure: Failure, **names: str) -> HttpResponse:
    """Answer with the page of a failure; it is made without the database and repeats nothing of the input."""
    words = EXPLAINED[failure.code]
    part = request.method == "POST" and _wants_part(request, failure)
    lot = failure.lot or known_lot(names)
    context: dict[str, Any] = {"words": words, "lot": lot}
    if failure.code == "revoked_code" and isinstance(lot, LotFacts):  # its car may stand at the barrier
        context["pay_path"] = f"/lot/{lot.slug}/pay"
    response = respond.page(request, "_failed.html" if part else "failed.html", context, status=words.status)
    if part:
        response.headers["X-Part"] = request.path
    if failure.allow:
        response.headers["Allow"] = ", ".join(failure.allow)
    if words.status in AGAIN or failure.code in MAY_PASS:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def known_lot(names: dict[str, Any]) -> LotFacts | LotContact | None:
    """Return the lot that the address names, from this process's pages or the worker's file."""
    if code := read_code(lane_codes.split(str(names.get("code", "")))[0]):
        sign = page_cache.SIGNS.last_known(code)
        return sign.lot if sign else contacts.find(settings.CONTACTS_FILE, code=code)
    if slug := str(names.get("slug", "")):
        facts = page_cache.TARIFFS.last_known(slug) or page_cache.PRIVACY.last_known(slug)
        return facts or contacts.find(settings.CONTACTS_FILE, slug=slug)
    try:
        charge = unseal(str(names.get("token", "")), at=now())
    except ForgedCharge:
        return None
    return contacts.find(settings.CONTACTS_FILE, lot=charge.lot)


def _wants_part(request: HttpRequest, failure: Failure) -> bool:
    if failure.code in {"foreign_request", "too_large", "wrong_type", "bad_request", "wrong_method"}:
        return False
    try:
        guard.check_post(request)  # no view has, where the address is unknown
    except (Failure, SuspiciousOperation):
        return False
    return "part" in request.POST


def language_of(path: str) -> str:
    """Return the language that an address which no view took asks for."""
    return PATHS.get(path.rstrip("/").rpartition("/")[2], "zh-hans")
