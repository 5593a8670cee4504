"""The tariff editor in a real browser: priced while one types, or by its button; never signed unseen."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import Locator, Page, expect

from lots.models import TariffDraft
from lots.tariffs.presets import NEW, PRESETS
from staff.models import Grant, Role
from tests.browser.test_accessible import violations
from tests.browser.test_console_walk import AXE_OPTIONS, OVERFLOW_WIDTH, PC, PHONE
from tests.browser.test_console_walk import sit_down as sit_down  # fixtures
from tests.browser.test_console_walk import world as world
from tests.browser.test_following import sign_out
from tests.browser.typist import Typist
from tests.console.console_world import World
from tests.factories import make_person
from tests.payments.conftest import channel as channel

EDITOR = "/console/tariffs/lot-x/draft"


def text_of(page: Page) -> Locator:
    return page.get_by_label("规则文件")


def fee_of(page: Page) -> Locator:
    return page.locator("#strip .sum strong")


def typed(page: Page, price: str) -> str:
    """Have another price stand in the document; return what stood there."""
    before = text_of(page).input_value()
    assert before.count('"price": 500') == 1
    text_of(page).fill(before.replace('"price": 500', f'"price": {price}'))
    return before


def test_draft_is_previewed_saved_and_signed(sit_down: Any, world: World) -> None:
    console, other = sit_down(Role.OWNER), sit_down(Role.OWNER, script=False)
    console.go(EDITOR)
    page, plain = console.page, other.page
    page.get_by_text("高级：JSON 文本").click()
    sign, unsaved = page.locator("#sign"), page.locator("#unsaved")
    expect(fee_of(page)).to_have_text("15.00 元")
    expect(sign).to_be_visible()
    expect(unsaved).to_be_hidden()

    before = typed(page, "700")
    expect(fee_of(page)).to_have_text("21.00 元")
    expect(sign).to_be_hidden()
    expect(unsaved).to_be_visible()
    page.get_by_role("link", name="按草稿重算最近 30 天").click()
    page.go_back()
    page.evaluate("document.querySelector('details:has(#text)').open = true")
    text_of(page).fill(before)
    expect(sign).to_be_visible()
    expect(fee_of(page)).to_have_text("15.00 元")
    page.locator('[name="steps[0].price"]').fill("8")
    expect(text_of(page)).to_have_value(re.compile('"price": 800'))
    expect(fee_of(page)).to_have_text("24.00 元")

    plain.goto(other.url + EDITOR)
    plain.get_by_text("高级：JSON 文本").click()
    typed(plain, "900")
    expect(fee_of(plain)).to_have_text("15.00 元")
    plain.get_by_role("button", name="预览").click()
    expect(fee_of(plain)).to_have_text("27.00 元")
    expect(plain.locator("#sign")).to_have_count(0)
    expect(plain.locator("#unsaved")).to_be_visible()

    console.press("保存草稿")
    expect(sign).to_be_visible()
    plain.get_by_role("button", name="保存草稿").click()
    expect(plain.get_by_role("alert")).to_contain_text("您的内容没有保存")
    expect(plain.get_by_role("alert").locator("ul")).to_contain_text("每小时 ¥8")
    expect(text_of(plain)).to_have_value(re.compile('"price": 900'))
    expect(plain.locator("#sign")).to_have_count(0)
    assert "800" in TariffDraft.objects.get().text
    plain.get_by_role("button", name="保存草稿").click()
    expect(plain.locator("#sign")).to_be_visible()
    assert "900" in TariffDraft.objects.get().text


def test_editor_says_at_once_when_signed_out(sit_down: Any, world: World) -> None:
    user = make_person(Role.OWNER, operator=world.lot.operator)
    console = sit_down(user)
    page = console.page
    page.goto(console.url + EDITOR)
    price, banner = page.locator('[name="steps[0].price"]'), page.locator("#signed-out")
    expect(banner).to_be_hidden()
    sign_out(user)
    price.fill("8")
    expect(banner).to_be_visible()
    expect(price).to_have_value("8")


COMMON = (
    *("mall", "mall_night", "airport", "public", "office", "hospital", "scenic"),
    *("beijing", "guangzhou", "shenzhen", "chengdu", "hangzhou"),
)
USUAL = "chengdu"  # the one that every run types


def test_editor_says_when_a_role_was_taken_away(sit_down: Any, world: World) -> None:
    console = sit_down(Role.FINANCE)
    page = console.page
    page.goto(console.url + EDITOR)
    Grant.objects.filter(role=Role.FINANCE).update(ended_at=now())
    page.locator('[name="steps[0].price"]').fill("9")
    expect(page.locator("#strip")).to_contain_text("没有角色")
    expect(page.locator("#signed-out")).to_be_hidden()


def test_editor_is_not_followed_as_long_work(sit_down: Any, world: World) -> None:
    """Both have an address in `data-live`; the editor's takes no GET."""
    console = sit_down(Role.OWNER)
    asked: list[str] = []
    console.page.on("request", lambda one: asked.append(f"{one.method} {one.url}"))
    console.page.clock.install()
    console.page.goto(console.url + EDITOR)
    console.page.clock.run_for(10_000)
    assert console.page.locator("form[data-live]").count() == 1
    assert [one for one in asked if one.startswith("GET") and one.endswith("/live")] == []


@pytest.mark.parametrize(
    "boards",
    [pytest.param([USUAL], id=USUAL), pytest.param(COMMON, id="all", marks=pytest.mark.deep)],
)
def test_common_boards_are_typed_within_three_minutes(
    sit_down: Any, world: World, boards: Sequence[str]
) -> None:
    console = sit_down(Role.OWNER)
    page = console.page
    counts = []
    for name in boards:
        TariffDraft.objects.filter(closed_at=None).update(text=json.dumps(NEW))
        page.goto(console.url + EDITOR)
        page.evaluate("document.querySelector('details:has(#text)').open = true")
        typist = Typist(page)
        typist.enter(PRESETS[name])
        assert typist.text() == PRESETS[name], name
        counts.append((name, typist.typed, typist.clicked, typist.seconds))
        assert typist.seconds < 180, counts[-1]
    for name, fields, clicks, seconds in counts:
        print(f"typed board: {name}, {fields} fields, {clicks} clicks, {seconds:.0f} s")  # shown by -s
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for screen in (PC, PHONE):
            page.set_viewport_size(screen)
            assert violations(page, AXE_OPTIONS) == [], (scheme, screen)
            assert page.evaluate(OVERFLOW_WIDTH) <= 0, screen
