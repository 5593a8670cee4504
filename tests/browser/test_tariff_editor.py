"""The tariff editor in a real browser: priced while one types, or by its button; never signed unseen."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from console.tariff_form import fields_of
from lots import tariffs
from lots.models import TariffDraft
from lots.tariffs.presets import NEW, PRESETS
from staff.models import Role
from tests.browser.test_console import sit_down as sit_down  # fixtures
from tests.browser.test_console import world as world
from tests.console.world import World
from tests.lots.tariffs.test_long_and_shared import EARLY_AND_LATE, LAKE, LONG_STAY
from tests.lots.tariffs.test_real_boards import BUS_STATION, EARLY_BIRD, WEEKLY
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
    expect(fee_of(page)).to_have_text("15.00")
    expect(sign).to_be_visible()
    expect(unsaved).to_be_hidden()

    before = typed(page, "700")
    expect(fee_of(page)).to_have_text("21.00")
    expect(sign).to_be_hidden()
    expect(unsaved).to_be_visible()
    page.get_by_role("link", name="按草稿重算最近 30 天").click()
    page.go_back()
    page.get_by_text("高级：JSON 文本").click()
    text_of(page).fill(before)
    expect(sign).to_be_visible()
    expect(fee_of(page)).to_have_text("15.00")
    page.locator('[name="steps[0].price"]').fill("8")
    expect(text_of(page)).to_have_value(re.compile('"price": 800'))
    expect(fee_of(page)).to_have_text("24.00")

    plain.goto(other.url + EDITOR)
    plain.get_by_text("高级：JSON 文本").click()
    typed(plain, "900")
    expect(fee_of(plain)).to_have_text("15.00")
    plain.get_by_role("button", name="预览").click()
    expect(fee_of(plain)).to_have_text("27.00")
    expect(plain.locator("#sign")).to_have_count(0)
    expect(plain.locator("#unsaved")).to_be_visible()

    console.press("保存草稿")
    expect(sign).to_be_visible()
    plain.get_by_role("button", name="保存草稿").click()
    expect(plain.get_by_role("alert")).to_contain_text("您的内容没有保存")
    expect(plain.get_by_role("alert").locator("pre")).to_contain_text('"price": 800')
    expect(text_of(plain)).to_have_value(before.replace("500", "900"))
    expect(plain.locator("#sign")).to_have_count(0)
    assert "800" in TariffDraft.objects.get().text
    plain.get_by_role("button", name="保存草稿").click()
    expect(plain.locator("#sign")).to_be_visible()
    assert "900" in TariffDraft.objects.get().text


TWELVE: dict[str, dict[str, Any]] = {
    **{name: document for name, (_, document) in PRESETS.items()},
    "two_steps": {**NEW, "steps": [{"until_min": 60, "unit_min": 60, "price": 1000}, *NEW["steps"]]},
    "first_hours_flat": BUS_STATION,
    "day_and_week_cap": WEEKLY,
    "early_bird": EARLY_BIRD,
    "late_and_early": EARLY_AND_LATE,
    "long_stay": LONG_STAY,
    "holidays": LAKE,
}


@pytest.mark.parametrize("name", TWELVE)
def test_common_board_is_written_without_json(sit_down: Any, world: World, name: str) -> None:
    console = sit_down(Role.OWNER)
    console.go(EDITOR)
    page = console.page
    page.evaluate("document.querySelectorAll('#fields details').forEach((one) => { one.open = true; })")
    fill(page, fields_of(TWELVE[name], {}))
    expect(page.locator("#fields .error:not(:empty)")).to_have_count(0)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("#sign")).to_be_visible()
    assert tariffs.read(json.loads(TariffDraft.objects.get().text)) == tariffs.read(TWELVE[name])


def fill(page: Page, nodes: list[dict[str, Any]]) -> None:  # noqa: C901 - one kind of field after another
    """Type a tariff into the form as a person does: what is there first, then rows, then their fields."""
    for node in nodes:
        kind, name = node.get("kind"), node.get("name", "")
        field = page.locator(f'[name="{name}"]')
        if kind == "rows":
            while (there := page.locator(f'[name^="row:{name}["]').count()) != len(node["rows"]):
                more = there < len(node["rows"])
                act = f"add:{name}" if more else f"remove:{name}[{there - 1}]"
                changed(page, lambda act=act: page.locator(f'button[value="{act}"]').click())
            for row in node["rows"]:
                fill(page, row["nodes"])
        elif kind == "group":
            box = page.locator(f'[name="has:{name}"]')
            if node["optional"] and box.is_checked() != node["present"]:
                changed(page, box.click)
            fill(page, node["nodes"])
        elif kind in ("way", "differs"):
            wanted = node.get("how") or next(value for value, _, chosen in node["choices"] if chosen)
            if field.input_value() != wanted:
                changed(page, lambda field=field, wanted=wanted: field.select_option(wanted))
            fill(page, node["nodes"])
        elif kind == "choices":
            for value, _, chosen in node["choices"]:
                field.and_(page.locator(f'[value="{value}"]')).set_checked(chosen)
        elif kind == "question":
            wanted = [value for value, _, chosen in node["choices"] if chosen]
            if wanted:  # a question appears once what was typed raises it
                field.first.wait_for()
            for value in wanted:
                page.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "flag":
            field.set_checked(node["checked"])
        elif kind is None:
            fill(page, node["nodes"])
        elif kind in ("choice", "whole_choice"):
            field.select_option(node["value"])
        else:
            field.fill(node["value"])


def changed(page: Page, act: Any) -> None:
    """Do what changes the fields of the form, and wait for the new ones."""
    with page.expect_response(re.compile("/draft/live$")):
        act()
    page.wait_for_function("() => !document.querySelector('#fields[aria-busy=true]')")
