"""The console is in Chinese, or in English for those who chose it; drivers' pages ignore that choice."""

import json
import re
from dataclasses import asdict
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from django.utils.timezone import now

from compliance import data_requests
from compliance.models import SelfCheck, SelfCheckAlarm
from console.console_language import COOKIE, PATH
from console.templatetags import sign_labels
from lots import permits, sign_register, tariff_drafts
from lots.models import Device, Lot, Operator, ParkingSession
from lots.plates import PROVINCES, parse
from lots.signs import sign_wording
from lots.signs.print_formats import FORMATS
from payments import booth, channel_test, day_closing, refund_acts
from payments.business_days import day_of
from payments.invoices.buyer import Buyer
from payments.invoices.invoice_requests import ask
from payments.invoices.issuer import ITEM
from payments.models import Debt, Discrepancy
from payments.models.closing_models import BillRun
from payments.reports import REPORTS
from selfcheck.purity_rules import RULES
from tests.console.test_access import ROUTES
from tests.factories import TARIFF, make_device, make_lot, make_person, see
from tests.payments.acting import PLATE, by, pay
from tests.payments.conftest import channel as channel  # a fixture
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tools.console_texts import CHINESE

PRESS = "a-press"
LANG = re.compile(r'<html lang="([^"]+)"')
# What a cell, caption, choice or tag begins with, other than code; names of rows are as they were given.
LOWER = re.compile(
    r'<(?:td|dd|option|small|span class="(?:count|tag)[^"]*")[^>]*>\s*(?:<(?!/|code)[^>]*>\s*)*([a-z][^<]*)'
)
ROWS = re.compile(r"(person-|camera |entry |exit |lot-|(li|x|fake|asked|begin|done)\b|privacy@|manage\.py)")


def choose(client, language, back="/console/lots"):
    return client.post("/console/language", {"language": language, "back": back})


def lang(answer):
    return LANG.search(answer.content.decode())[1]


@pytest.fixture
def client():
    client = Client(headers={"accept-language": "en-GB,en;q=0.9"})
    user = make_person()
    user.set_password("correct horse")
    user.save()
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_console_ignores_accept_language(client):
    assert lang(client.get("/console/lots")) == "zh-Hans"
    assert lang(Client(headers={"accept-language": "en"}).get("/console/login")) == "zh-Hans"


@pytest.mark.django_db
def test_language_choice_persists_and_redirects_back(client):
    assert (
        choose(client, "en", "/console/stays?state=inside").headers["Location"]
        == "/console/stays?state=inside"
    )
    for address in ("/console/stays?state=inside", "/console/devices", "/console/account/factors"):
        page = client.get(address)
        assert lang(page) == "en"
        assert ">中文</button>" in page.content.decode()
    client.post("/console/logout")
    assert "<h1>Sign in</h1>" in client.get("/console/login").content.decode()
    choose(client, "zh-hans")
    assert "<h1>登录</h1>" in client.get("/console/login").content.decode()


@pytest.mark.django_db
def test_language_is_chosen_before_signing_in():
    stranger = Client()
    for page in ("/console/login", "/console/join"):
        answer = choose(stranger, "en", page)
        assert (answer.status_code, answer.headers.get("Location")) == (302, page)
        assert lang(stranger.get(page)) == "en"


@pytest.mark.django_db
def test_form_response_hides_language_switch(client):
    assert 'name="language"' in client.get("/console/stays").content.decode()
    assert 'name="language"' not in client.post("/console/stays/find", {"q": "12"}).content.decode()
    assert 'name="language"' in Client().post("/console/login", {"login": "x"}).content.decode()


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com/console/", "/lot/x", ""])
def test_language_redirect_stays_in_console(back):
    assert choose(Client(), "en", back).headers["Location"] == "/console/"


def test_language_changes_before_the_sign_in():
    here = "/console/login?next=/console/signs"
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}  # as a browser sends it
    answer = Client(headers=own).post("/console/language", {"language": "en", "back": here})
    assert (answer.status_code, answer.headers["Location"]) == (302, here)


def test_language_choice_requires_csrf_and_known_code():
    assert Client(enforce_csrf_checks=True).post("/console/language", {"language": "en"}).status_code == 403
    assert Client().get("/console/language").status_code == 405
    for language in ("", "zh-hant", "fr"):
        answer = choose(Client(), language)
        assert (answer.status_code, answer.cookies) == (400, {})
        assert answer.content == b"There is no such language."


@pytest.mark.parametrize("chosen", ["fr", "zh-hant", "en-gb", "../en"])
@pytest.mark.django_db
def test_unknown_language_cookie_means_chinese(client, chosen):
    client.cookies[COOKIE] = chosen
    assert lang(client.get("/console/lots")) == "zh-Hans"


def test_language_cookie_is_limited_to_console():
    """By the cookie's path, which a browser keeps to. It says nothing but a language."""
    cookie = choose(Client(), "en").cookies[COOKIE]
    assert (cookie["path"], PATH, cookie.value) == ("/console/", "/console/", "en")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.django_db
def test_language_is_reset_after_request(client):
    sign = sign_register.new_sign(lot=make_lot(), place="B1")
    before = client.get(f"/p/{sign.code}").content
    choose(client, "en")
    client.get("/console/lots")
    assert translation.get_language() == "zh-hans"
    cache.clear()
    assert client.get(f"/p/{sign.code}").content == before


def test_sign_labels_cover_rules():
    assert set(sign_labels.FORMATS) == set(FORMATS)
    assert set(sign_labels.CITIES) == set(sign_wording.City)
    assert set(sign_labels.TEXTS) == set(sign_wording.LONGEST)


@pytest.fixture
def rows(channel):
    """One of everything in a lot whose names are not Chinese; by the name of its page."""
    at = now()
    lot = make_lot(slug="lot-x", name="Riverside", bays=9)
    make_lot(slug="lot-y", name="Hillside", operator=lot.operator)  # one car park alone opens at once
    Operator.objects.update(legal_name="Riverside Ltd", cash_information="at the booth")
    entry, leave = make_device(lot, "entry"), make_device(lot, "exit")
    see(entry, PLATE, at - timedelta(minutes=61), offline=True, received=at)
    see(entry, None, at)
    session = ParkingSession.objects.order_by("pk").first()
    payment = pay(lot, channel, at=at)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(reason="asked"), at=at)
    invoice = ask(payment, buyer=Buyer(title="Ltd", tax_number="91350100M000100Y43"), at=at)
    request = data_requests.request_correction(payment, topic="entry", at=at)
    see(leave, PLATE, at)
    Debt.objects.create(lot=lot, session=session, amount_fen=500, since=at, forget_at=at)
    Discrepancy.objects.create(kind="differs", provider="x", merchant="x", number="1", lot=lot, seen_at=at)
    shift = booth.open_shift(lot, float_fen=100, by=by(reason="begin"), at=at).shift
    shop = make_shop(lot, name="Books")
    coupon = hand_out(shop, make_offer(shop, name="An hour"), at, plate=None, request=f"{PRESS}/0")
    sign = sign_register.new_sign(lot=lot, place="B1")
    yesterday = day_of(at, lot.tz) - timedelta(days=1)
    day_closing.close(lot, yesterday, version=0, by=make_person(), at=at, reason="done")
    bill = BillRun.objects.create(
        provider="wechat", merchant="x", day=yesterday, created_at=at, next_check_at=at
    )
    document = {
        "verdict": "not_pure",
        "why": [],
        "rules": [
            {"id": rule.id, "state": "broken", "findings": [{"what": "x", "evidence": ""}]} for rule in RULES
        ],
    }
    SelfCheck.objects.create(lot=lot, verdict="not_pure", document=document, checked_at=at, next_check_at=at)
    SelfCheckAlarm.objects.create(lot=lot, was="pure", became="not_pure", worse="P6", at=at)
    text = json.dumps({**TARIFF, "free": {"minutes": 30, "mode": "threshold", "repeat": "once"}})
    tariff_drafts.save(lot=lot, text=text, revision=0, by=make_person(), at=at)
    Device.objects.filter(pk=leave.pk).update(last_seen_at=at)
    until = at + timedelta(days=5)
    right = permits.grant(
        lot=lot, plate=parse("沪B22222"), valid_from=at, valid_until=until, source="staff", at=at
    )
    return {
        "access-right": right,
        "answer-right": request,
        "bill": bill,
        "coupon": coupon,
        "day": yesterday,
        "device": entry,
        "invoice": invoice,
        "operator": lot.operator,
        "operator-day": lot.operator,
        "trial": channel_test.begin(channel, at=at, operator=lot.operator)[0],
        "payment": payment,
        "shift": shift,
        "orphan": Discrepancy.objects.earliest("pk"),
        **dict.fromkeys(("shop", "shop-csv", "shop-codes", "shop-settings"), shop),
        **dict.fromkeys(("sign-png", "sign-picture"), sign),
        "stay": session,
    }


OPEN_TO_ALL = ("join", "account/again", "account/factors", "account/password", "account/passkeys")
IN_SIGN_LANGUAGE = {"patrol-csv"}  # goes with the signs, in their language
NOT_RENDERED = {  # by POST alone; no camera sent a picture; it has a tariff; a notice is kept in Chinese
    *("find-stays", "find-payments", "find-access", "read-picture", "first-tariff", "notice"),
    *("background-task", "background-file"),  # the work of another person
}
BULK_ACTS = {"stays-end", "access-extend", "access-cancel", "devices-revoke", "coupons-withdraw"}


def addresses(rows):
    """Every page of the console with something on it."""
    for route, name in ROUTES.items():
        address = route.replace("/1", f"/{rows[name].pk}") if name in rows and name != "day" else route
        for part in ("/days/lot-x/", f"/operators/{rows['operator-day'].pk}/"):
            address = address.replace(f"{part}lot-x", f"{part}{rows['day']}")
        address = address.replace("/coupons/lot-x", f"/coupons/{PRESS}")
        for kind in REPORTS if "/reports/lot-x" in address else [""]:
            yield name, address.replace("/reports/lot-x", f"/reports/{kind}")
    for address in OPEN_TO_ALL:
        yield address, f"/console/{address}"


@pytest.mark.django_db
def test_english_pages_contain_no_chinese(client, rows, settings):
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example.cn", "Mall ID"
    choose(client, "en")
    on_signs = {text for preset in sign_wording.PRESETS.values() for text in asdict(preset).values()}
    required = {text for city in sign_wording.City for text in sign_wording.required(city)}
    provinces = {f">{province}<" for province in PROVINCES} | {
        f'value="{province}"' for province in PROVINCES
    }
    vendors = {str(name) for name in Lot.System.labels if CHINESE.search(str(name))}  # names of firms
    ours = sorted(
        {"沪", "中文", "应急 (emergency)", ITEM, "支付测试（不对外）"}
        | on_signs
        | required
        | provinces
        | vendors,
        key=len,
        reverse=True,
    )
    failed, found = set(), []
    for name, address in addresses(rows):
        answer = client.get(address)
        if answer.status_code not in {200, 403, 405}:
            failed.add(name)
        if name in IN_SIGN_LANGUAGE or not re.search("html|csv", answer.headers.get("Content-Type", "")):
            continue
        text = answer.content.decode().removeprefix("\ufeff")
        for known in ours:
            text = text.replace(known, "")
        found += [(address, line.strip()) for line in text.splitlines() if CHINESE.search(line)]
    assert found == []
    by_post = {name for name in failed if name.endswith("-filters")} | BULK_ACTS  # previews and saved filters
    assert failed == NOT_RENDERED | by_post


@pytest.mark.django_db
def test_english_values_begin_with_capitals(client, rows):
    choose(client, "en")
    found = set()
    for name, address in addresses(rows):
        answer = client.get(address)
        if "html" in answer.headers.get("Content-Type", ""):
            words = LOWER.findall(answer.content.decode())
            found |= {(name, one.strip()) for one in words if not ROWS.match(one)}
    assert found == set()


@pytest.mark.django_db
def test_pages_repeat_no_id(client, rows):
    """A script or a label that names an id finds the first one with it."""
    found = []
    for _name, address in addresses(rows):
        answer = client.get(address)
        if "html" in answer.headers.get("Content-Type", ""):
            ids = re.findall(r'\sid="([^"]*)"', answer.content.decode())
            found += [(address, one) for one in set(ids) if ids.count(one) > 1]
    assert not found, found
