"""Every page of the console as a picture: three screens, by day and by night, in both languages.

Each page must hold its screen, also in letters twice as large, and have no violation that axe finds. With
CONSOLE_PAGES naming a folder the pictures are kept there (`python -m tools.console_gallery`).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.timezone import now
from playwright.sync_api import Page

from console.console_language import COOKIE
from lots.models import Device, Lane, Lot, Operator
from payments import staff_actions
from payments.channel_names import CHANNELS
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.models import Discrepancy, Payment
from payments.models.closing_models import BillRun
from tests.browser.test_accessible import COLOURS, violations
from tests.browser.test_console_walk import (
    AXE_OPTIONS,
    CUT_OFF,
    MOST_GAP,
    OVERFLOW_WIDTH,
    SET_FONT_SIZE,
    WIDE,
    WIDEST_GAP,
)
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.console.console_world import World
from tests.console.test_permission_matrix import VIEWS, address
from tests.factories import make_person
from tests.payments.acting import by
from tests.payments.conftest import channel as channel  # a fixture
from tools.console_gallery import MORE, SHOWN_MORE, USUAL

SCREENS = {"1366x768": (1366, 768), "768x1024": (768, 1024), "360x640": (360, 640)}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
SIGNED_OUT = {"sign-in": "/console/login", "join": "/console/join"}
MISSING = ("not-found", "/console/nowhere")
PARTS = range(4)  # the walk is long
WIDEST = """() => {
  const width = document.documentElement.clientWidth;
  const isWide = (e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll, .chart");
  return [...document.querySelectorAll("main *")].filter(isWide).map((e) => e.outerHTML.slice(0, 100))[0];
}"""
ACCOUNT = ("mfa_index", "account_change_password", "mfa_activate_totp", "mfa_add_webauthn")
FOLDER = os.environ.get("CONSOLE_PAGES", "")
FOR_DOCS = os.environ.get("CONSOLE_PAGES_FOR_DOCS") == "1"  # only the pictures that docs/ shows, no checks


STAFF = ("chen.min", "wang.lei", "zhao.yan", "sun.jie", "zhou.ting", "wu.hao", "xu.lan", "lin.feng")


@pytest.fixture
def named_world(world: World, channel: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return the world with names that a mall would use: the pictures go into the handbook."""
    monkeypatch.setitem(CHANNELS, "fake", CHANNELS["wechat"])
    channel.merchant = "1900000109"
    staff_actions.open_lane(world.device.lane, by=by("li", "对讲无人应答，已核对车牌"), at=now())
    for model in (Payment, Discrepancy, BillRun):
        model._default_manager.filter(provider="fake").update(merchant=channel.merchant)
    Discrepancy.objects.filter(number="T1").update(number="20261127000012")
    Lot.objects.filter(pk=world.lot.pk).update(name="浦江广场地下车库")
    Lot.objects.filter(pk=world.sister.pk).update(name="浦江广场 P2 停车楼")
    Lot.objects.filter(pk=world.strange.pk).update(name="滨江里停车场")
    Operator.objects.filter(pk=world.strange.operator_id).update(legal_name="上海滨江里商业发展有限公司")
    Lane.objects.filter(lot=world.lot).update(name="东入口")
    Device.objects.filter(lot=world.lot).update(name="臻识 东入口相机")
    CouponOffer.objects.update(name="60 分钟停车券")
    Shop.objects.update(name="浦江书店")
    for name, user in zip(STAFF, User.objects.filter(username__startswith="person-"), strict=False):
        User.objects.filter(pk=user.pk).update(username=name)
    User.objects.filter(username="li").update(username="li.na")
    return world


def pages_of(page: Page, world: World, url: str) -> list[tuple[str, str]]:
    """Return the pages that a GET shows, by name and address: files and acts are left out."""
    found = []
    for view in VIEWS:
        where = address(view, world)
        answer = page.request.get(url + where, max_redirects=0)
        if answer.status == 200 and answer.headers["content-type"].startswith("text/html"):
            found.append((view.replace("members-console:", "members-").replace("console:", ""), where))
    return [*found, *((name, reverse(name)) for name in ACCOUNT), MISSING]


def note(page: Page, name: str, language: str) -> None:
    """Keep what a page is called and the place of the menu that it belongs to, for the index."""
    place = page.locator("nav.menu .here .head")
    line = {
        "name": name,
        "language": language,
        "title": page.title().partition(" · ")[0].strip(),
        "place": (place.first.text_content() or "").strip() if place.count() else "",
    }
    with (Path(FOLDER) / "pages.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def take(page: Page, name: str, screen: str, scheme: Any, language: str) -> None:
    """Take a picture of a page."""
    width, height = SCREENS[screen]
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    file = Path(FOLDER) / f"{name}-{screen}-{scheme}-{language}.jpg"
    page.screenshot(path=file, type="jpeg", quality=60)


def faults_of(page: Page, name: str, language: str) -> list[str]:
    """Look at a page on every screen, by day and by night; return what is wrong with it."""
    found: list[str] = []
    if FOR_DOCS:
        for end in (USUAL, *(MORE if name in SHOWN_MORE else ())):
            screen, light, spoken = end.removeprefix("-").removesuffix(".jpg").split("-")
            if spoken == language:
                take(page, name, screen, light, language)
        page.set_viewport_size({"width": 1366, "height": 768})  # or the next page is opened as a phone's
        return found
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        options = AXE_OPTIONS if scheme == "light" else COLOURS
        found += [f"{name} {language} {scheme}: {fault}" for fault in violations(page, options)]
        for screen, (width, height) in SCREENS.items():
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate(OVERFLOW_WIDTH) > 0:
                found.append(f"{name} {language} sticks out at {screen}: {page.evaluate(WIDEST)}")
            found += [f"{name} {language} is wide at {screen}: {table}" for table in page.evaluate(WIDE)]
            if page.evaluate(WIDEST_GAP) >= MOST_GAP:
                found.append(f"{name} {language} has a hole at {screen}")
            if FOLDER:
                take(page, name, screen, scheme, language)
    page.evaluate(SET_FONT_SIZE, "200%")
    if page.evaluate(OVERFLOW_WIDTH) > 0:
        found.append(f"{name} {language} sticks out in large letters: {page.evaluate(WIDEST)}")
    found += [f"{name} {language} is cut off in large letters: {each}" for each in page.evaluate(CUT_OFF)]
    page.set_viewport_size({"width": 1366, "height": 768})
    return found


@pytest.mark.deep
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_no_faults(
    sit_down: Any, named_world: World, language: str, part: int, settings: Any
) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = "http://127.0.0.1:1", "SSO"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    manager = make_person()
    User.objects.filter(pk=manager.pk).update(username="he.jing")
    console = sit_down(manager)
    page = console.page
    page.context.add_cookies([{"name": COOKIE, "value": LANGUAGES[language], "url": console.url}])
    found = []
    for name, where in pages_of(page, named_world, console.url)[part :: len(PARTS)]:
        answer = page.goto(console.url + where)
        if answer is None or answer.status != (404 if name == MISSING[0] else 200):
            found.append(f"{name} {language} is a fault of ours")
        if FOLDER:
            note(page, name, language)
        found += faults_of(page, name, language)
    assert found == []


@pytest.mark.deep
@pytest.mark.parametrize("language", LANGUAGES)
def test_signed_out_pages_have_no_faults(sit_down: Any, language: str) -> None:
    console = sit_down(make_person())
    page = console.page
    page.context.clear_cookies()
    page.context.add_cookies([{"name": COOKIE, "value": LANGUAGES[language], "url": console.url}])
    found = []
    for name, where in SIGNED_OUT.items():
        page.goto(console.url + where)
        if FOLDER:
            note(page, name, language)
        found += faults_of(page, name, language)
    assert found == []
