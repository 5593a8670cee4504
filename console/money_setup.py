"""The steps of a lot's set-up that are about money: a first tariff, its channels, a test payment.

Merchants' secrets stay in files that no page reads or writes: the page shows what is set up and the line
that is missing.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.channel_words import example, words_of
from console.tariff_preset_names import NAMES
from core import row_security
from lots import tariffs
from lots.models import Lot
from lots.pricing import first_version
from lots.sign_qr import qr_svg
from lots.tariffs.presets import PRESETS
from payments import channel_test, channels, merchant_checks
from payments.channel_names import ONLINE
from payments.merchants import Merchant
from payments.models import Payment, Refund
from payments.providers.contract import Provider, Scene
from presentation import price_board
from staff.access import access, requires

REFRESH = 3  # seconds, while a test is under way


@requires("tariffs.sign")
@require_http_methods(["GET", "HEAD", "POST"])
def first_tariff(request: HttpRequest, slug: str) -> HttpResponse:
    """Set a preset as a new lot's first tariff, in force at once. A later one is drafted and dated."""
    lot, fault = access(request).lot(slug), ""
    if request.method == "POST":
        key = request.POST.get("preset", "")
        if key not in PRESETS:
            fault = _("Choose a tariff.")
        else:
            assert isinstance(request.user, User)
            first_version(lot=lot, document=PRESETS[key], by=request.user, why=str(NAMES[key]), at=now())
            words = _("The tariff is in force. To change its amounts or hours, draft a new version.")
            messages.success(request, words)
            return redirect("console:lot-setup", slug)
    elif lot.tariffs.not_withdrawn().exists():
        return redirect("console:tariff", slug)
    presets = [
        {
            "key": key,
            "label": NAMES[key],
            "board": price_board.price_board(tariffs.read(document)),
        }
        for key, document in PRESETS.items()
    ]
    context = {"lot": lot, "presets": presets, "fault": fault, "chosen": request.POST.get("preset", "")}
    return render(request, "console/setup/first_tariff.html", context, status=422 if fault else 200)


@requires("lots.edit")
@require_safe
def lot_channels(request: HttpRequest, slug: str) -> HttpResponse:
    """Show which merchants take this lot's money, what their settings lack, and the tests made with them."""
    return _channels(request, access(request).lot(slug))


@requires("lots.edit")
@require_POST
def check_channels(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask each channel about an order that does not exist; no money can move."""
    lot = access(request).lot(slug)
    found = {key: words_of(merchant_checks.online(provider)) for key, provider in _of(lot).items()}
    return _channels(request, lot, asked=found)


@requires("lots.edit")
@require_POST
def begin_test(request: HttpRequest, slug: str, provider: str) -> HttpResponse:
    """Make a payment of one fen to be paid with a phone. While one is open, a second click leads to it."""
    lot = access(request).lot(slug)
    chosen = channels.of_lot(lot).get(provider)
    if chosen is None or Scene.SCREEN not in chosen.scenes():
        messages.error(request, _("This channel cannot show a QR code now; see below."))
        return redirect("console:channels", slug)
    if (open_one := _open_test(lot, chosen)) and _key(open_one) in request.session:
        return redirect("console:trial", open_one.pk)
    try:
        payment, hand_over = channel_test.begin(chosen, at=now(), operator=lot.operator)
    except channels.ChannelDown:
        messages.error(request, _("The channel rejected the order: press “Check online” to see why."))
        return redirect("console:channels", slug)
    request.session[_key(payment)] = {"code": hand_over.qr or hand_over.url, "lot": slug}
    return redirect("console:trial", payment.pk)


@requires("lots.edit")
@require_safe
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a test payment: its code to be scanned, and its progress. The page reloads until the money is
    back."""
    payment = _test(request, pk)
    shown = request.session.get(_key(payment), {})
    refund = payment.refunds.order_by("pk").first()
    over = payment.state == Payment.State.CLOSED or (
        refund is not None and refund.state in {Refund.State.DONE, Refund.State.FAILED}
    )
    code = shown.get("code", "") if payment.state in Payment.UNFINISHED else ""
    context = {
        "payment": payment,
        "refund": refund,
        "code": code,
        "qr": qr_svg(code) if code else "",
        "is_link": code.startswith("http"),
        "lot_slug": shown.get("lot", ""),
        "refresh": 0 if over else REFRESH,
    }
    return render(request, "console/setup/trial.html", context)


@requires("lots.edit")
@require_POST
def advance_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the channel now, and send the money back: what the worker does every few seconds."""
    payment = _test(request, pk)
    channel_test.advance(payment, at=now())
    return redirect("console:trial", pk)


def _channels(request: HttpRequest, lot: Lot, asked: dict[str, Any] | None = None) -> HttpResponse:
    at, mine = now(), channels.of_lot(lot)
    slugs = list(Lot.objects.filter(operator=lot.operator_id).values_list("slug", flat=True))
    lines = []
    for name, provider in mine.items():
        merchant = _settings_of(provider)
        key = f"{name} {provider.merchant}"
        lines.append(
            {
                "name": name,
                "merchant": provider.merchant,
                "sandbox": merchant is not None and merchant.sandbox,
                "all_lots": merchant is not None and merchant.lots is None,
                "found": words_of(merchant_checks.offline(merchant, _known(merchant, slugs), at=at))
                if merchant
                else [],
                "asked": (asked or {}).get(key),
                "screen": Scene.SCREEN in provider.scenes(),
                "open": _open_test(lot, provider),
            }
        )
    context = {
        "lot": lot,
        "lines": lines,
        "proven": channel_test.is_proven(lot),
        "tests": _tests(lot),
        "missing": [{"name": name, "entry": example(name, lot.slug)} for name in ONLINE if name not in mine],
        "line": f'"lots": ["{lot.slug}"]',
    }
    return render(request, "console/setup/channels.html", context)


def _known(merchant: Merchant, slugs: list[str]) -> list[str]:
    """Return which of the merchant's lots exist; those of other operators are not this page's business."""
    named = merchant.lots or frozenset()
    with row_security.every_operator():
        return [*slugs, *Lot.objects.filter(slug__in=named).values_list("slug", flat=True)]


def _of(lot: Lot) -> dict[str, Provider]:
    return {f"{name} {each.merchant}": each for name, each in channels.of_lot(lot).items()}


def _settings_of(provider: Provider) -> Merchant | None:
    for merchant in settings.MERCHANTS:
        if not merchant.former and (merchant.provider, merchant.name) == (provider.name, provider.merchant):
            return merchant
    return None


def _tests(lot: Lot) -> Any:
    rows = Payment.objects.filter(lot__operator=lot.operator_id, lot__is_trial=True)
    return rows.order_by("-pk")[:5]


def _open_test(lot: Lot, provider: Provider) -> Payment | None:
    rows = Payment.objects.filter(lot__operator=lot.operator_id, lot__is_trial=True)
    mine = {"provider": provider.name, "merchant": provider.merchant, "expires_at__gt": now()}
    return rows.filter(state__in=Payment.UNFINISHED, **mine).order_by("-pk").first()


def _test(request: HttpRequest, pk: int) -> Payment:
    return access(request).one(Payment.objects.select_related("lot").filter(lot__is_trial=True), pk=pk)


def _key(payment: Payment) -> str:
    return f"trial-{payment.pk}"
