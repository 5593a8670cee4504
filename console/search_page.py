"""One search for everything in the console. It goes by POST: what is typed may be a plate."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST

from console import session_search
from console.lists import moment
from console.money_forms import YUAN
from console.page_help import HELP
from console.search_guides import GUIDES, Guide
from console.search_words import NUMBERED, WORDS
from console.setup.setup_forms import OperatorSettingsForm, SettingsForm
from console.shop_pages import pages_of
from console.shown_plates import masked
from console.typed_numbers import plain_number
from core.money import yuan
from lots.models import Device, Lot, ParkingSession
from payments.coupons.coupon_models import Shop
from payments.models import Payment, Shift
from presentation.templatetags.money_tags import grouped
from staff.access import Access, access, requires

MOST = 10  # of each kind
LONGEST = 64
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DAYS_OF_AMOUNT = 30  # a driver who names an amount complains of late
OWN_PAGES = (
    ("account_change_password", gettext_lazy("Change password")),
    ("mfa_index", gettext_lazy("Two-step verification")),
)
LOTS_OF_SETTING = 5  # a setting is offered for so many lots; with more, one searches for the lot first


@dataclass(frozen=True)
class Hit:
    address: str
    label: str
    note: str = ""
    is_exact: bool = False  # the thing itself, by its number or plate


@dataclass(frozen=True)
class SearchGroup:
    title: str
    hits: list[Hit]


@requires("account.see")
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Find pages, settings, lots, devices, shops, sessions and payments; open the only exact one at once."""
    text = request.POST.get("q", "").strip()
    if not text:
        return redirect("console:today")
    groups = _groups(request, text) if len(text) <= LONGEST else []
    hits = [hit for group in groups for hit in group.hits]
    exact = [hit for hit in hits if hit.is_exact]
    if len(exact) == 1 == len(hits):
        return redirect(exact[0].address)
    context = {
        "searched": text,
        "groups": [group for group in groups if group.hits],
    }
    return render(request, "console/search.html", context)


def _groups(request: HttpRequest, text: str) -> list[SearchGroup]:
    person = access(request)
    return [
        SearchGroup(_("By number"), list(_numbered(person, text))),
        SearchGroup(_("How it is done"), list(_guides(person, text))),
        SearchGroup(_("Stays"), _sessions(request, person, text)),
        SearchGroup(
            _("Payments"), [*_payments(person, text), *_amounts(person, text), *_times(person, text)]
        ),
        SearchGroup(pgettext("many", "Lots"), list(_lots(person, text))),
        SearchGroup(_("Devices"), list(_devices(person, text))),
        SearchGroup(_("Shops and coupons"), list(_shops(person, text))),
        SearchGroup(pgettext("search", "Pages"), list(_pages(person, text))),
        SearchGroup(_("Settings"), list(_settings(person, text))),
    ]


def _numbered(person: Access, text: str) -> Iterator[Hit]:
    """Yield the row that a page's heading names, such as "Payment 52"."""
    written = re.fullmatch(r"([^\d\s]+)\s*(\d{1,18})", text)
    if written is None:
        return
    kinds: dict[str, tuple[type[Model], str]] = {
        "console:stay": (ParkingSession, "stays.see"),
        "console:payment": (Payment, "money.see"),
        "console:shift": (Shift, "shifts.see"),
    }
    for route, (model, action) in kinds.items():
        if not _is_one_of(written[1], NUMBERED[route]):
            continue
        rows = person.within(model._default_manager.all(), action=action)
        for pk, lot in rows.filter(pk=written[2]).values_list("pk", "lot__name"):
            yield Hit(reverse(route, args=[pk]), text, lot, is_exact=True)


def _is_one_of(word: str, words: Promise) -> bool:
    """Return whether a word is one of those, in either language of the console."""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            if word.casefold() in str(words).split():
                return True
    return False


def _sessions(request: HttpRequest, person: Access, text: str) -> list[Hit]:
    """Return the sessions found; a search by plate is put on record."""
    lots = list(person.lots("stays.see"))
    if not lots:
        return []
    at, only = now(), lots[0] if len(lots) == 1 else None
    rows = person.within(ParkingSession.objects.select_related("lot"), action="stays.see")
    ids = [lot.pk for lot in lots]
    found = session_search.search(text, rows, ids, lot=only, begin=None, end=None, at=at)
    session_search.record(found, staff=request.user, lot=only, at=at)
    return [
        Hit(
            reverse("console:stay", args=[row.pk]),
            masked(row),
            f"{row.lot.name} · {moment(row.entered_at, '%m-%d %H:%M') or _('Not read')}",
            is_exact=True,
        )
        for row in found.sessions[:MOST]
    ]


def _payments(person: Access, text: str) -> Iterator[Hit]:
    if not text.isascii():
        return
    lots = list(person.lots_with_trial("money.see").values_list("pk", flat=True))
    for row in session_search.payments_numbered(text, lots).select_related("lot").order_by("-pk")[:MOST]:
        note = f"¥{grouped(yuan(row.amount_fen))} · {row.get_state_display()} · {row.lot.name}"
        yield Hit(reverse("console:payment", args=[row.pk]), row.number, note, is_exact=True)


def _amounts(person: Access, text: str) -> Iterator[Hit]:
    """Yield the list of payments of an amount, written with a unit or with its fen; other numbers are ids."""
    number = plain_number(text)
    is_amount = number != unicodedata.normalize("NFKC", text) or "." in number
    if not (is_amount and YUAN.fullmatch(number) and number.isascii() and person.may("money.see")):
        return
    amount, first = yuan(int(Decimal(number) * 100)), localdate() - timedelta(days=DAYS_OF_AMOUNT)
    label = _("Payments of ¥%(amount)s in the last %(days)s days")
    yield Hit(
        f"{reverse('console:payments')}?first={first}&least={amount}&most={amount}",
        label % {"amount": grouped(amount), "days": DAYS_OF_AMOUNT},
        is_exact=True,
    )


def _times(person: Access, text: str) -> Iterator[Hit]:
    """Yield the list of today's payments around a time such as 15:40."""
    time = unicodedata.normalize("NFKC", text).zfill(5)
    if CLOCK_TIME.fullmatch(time) and person.may("money.see"):
        label = _("Payments of today at about %(time)s") % {"time": time}
        yield Hit(f"{reverse('console:payments')}?about={time}", label, is_exact=True)


def _lots(person: Access, text: str) -> Iterator[Hit]:
    named = Q(name__icontains=text) | Q(slug__icontains=text) | Q(address__icontains=text)
    for lot in person.lots("lots.see").filter(named).order_by("name")[:MOST]:
        yield Hit(reverse("console:lot", args=[lot.slug]), lot.name, lot.address, is_exact=True)


def _devices(person: Access, text: str) -> Iterator[Hit]:
    named = (
        Q(name__icontains=text) | Q(serial__icontains=text) | Q(key_id=text) | Q(lane__name__icontains=text)
    )
    rows = person.within(Device.objects.select_related("lot", "lane"), action="devices.see").filter(named)
    for row in rows.order_by("revoked_at", "name")[:MOST]:
        yield Hit(
            reverse("console:device", args=[row.pk]), row.name, f"{row.lot.name} · {row.lane.name}", True
        )


def _shops(person: Access, text: str) -> Iterator[Hit]:
    rows = person.within(Shop.objects.select_related("lot"), action="shops.see").filter(name__icontains=text)
    page_of = pages_of(person)
    for row in rows.order_by("name")[:MOST]:
        if page := page_of(row):
            yield Hit(page, row.name, row.lot.name, is_exact=True)


def _pages(person: Access, text: str) -> Iterator[Hit]:
    """Yield pages with the text in their name, then those where one does what it says, then by their help."""
    pages = [
        (name, label, place)
        for place, entries in settings.CONSOLE_MENU
        for name, label, action in entries
        if person.may(action)
    ]
    pages += [(name, label, gettext_lazy("Your account")) for name, label in OWN_PAGES]
    called = [page for page in pages if _is_called(page[1], text)]
    helped = [page for page in pages if len(text) > 1 and _is_explained(page[0], text)]
    wanted = [page for page in pages if _has_one_of(WORDS.get(page[0], ""), text)]
    for name, label, place in dict.fromkeys(called + wanted + helped):
        yield Hit(reverse(name), str(label), str(place))


def _guides(person: Access, text: str) -> Iterator[Hit]:
    """Yield the tasks that a text names, with their steps."""
    for guide in GUIDES:
        if person.may(guide.action) and _has_one_of(guide.words, text):
            yield Hit(_place_of(guide, person), str(guide.title), str(guide.steps))


def _place_of(guide: Guide, person: Access) -> str:
    """Return the page where a task is done; that of the lot, where there is only one."""
    if guide.lot_route:
        lots = list(person.lots(guide.action).values_list("slug", flat=True)[:2])
        if len(lots) == 1:
            return reverse(guide.lot_route, args=lots)
    return f"{reverse(guide.route)}{guide.query}"


def _is_explained(name: str, text: str) -> bool:
    return any(_is_called(sentence, text) for sentence in HELP.get(name, ()))


def _has_one_of(words: Promise | str, text: str) -> bool:
    """Return whether a text holds one of the words, in either language; all parts of one joined by +."""
    typed = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    for language in ("zh-hans", "en"):
        with translation.override(language):
            if any(all(_holds(typed, part) for part in word.split("+")) for word in str(words).split()):
                return True
    return False


def _holds(typed: str, word: str) -> bool:
    """Return whether a text holds a word; an English one as the beginning of a word, not within a code."""
    if not word.isascii():
        return word in typed
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}[a-z]*(?![a-z0-9])", typed) is not None


def _settings(person: Access, text: str) -> Iterator[Hit]:
    """Yield the settings whose label contains the text, with the lots or operators where they can be set."""
    lots: list[Lot] = list(person.lots("lots.edit").order_by("name")[: LOTS_OF_SETTING + 1])
    fields = SettingsForm.base_fields.items()
    for name, field in fields:
        if field.label and _is_called(field.label, text):
            for lot in lots[:LOTS_OF_SETTING]:
                address = reverse("console:lot-settings", args=[lot.slug])
                yield Hit(f"{address}#id_{name}", str(field.label), lot.name)
    operators = list(person.operators("lots.edit").order_by("legal_name")[:LOTS_OF_SETTING])
    for name, field in OperatorSettingsForm.base_fields.items():
        if field.label and _is_called(field.label, text):
            for operator in operators:
                address = reverse("console:operator", args=[operator.pk])
                yield Hit(f"{address}#id_{name}", str(field.label), operator.legal_name)


def _is_called(label: str | Promise, text: str) -> bool:
    """Return whether a label contains the text, in either language of the console."""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            if text.casefold() in str(label).casefold():
                return True
    return False
