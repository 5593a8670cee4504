"""Every page, in each language, by day and by night, with large letters: for everybody (WCAG 2.2 AA)."""

import re
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.gallery import NAMES, Gallery, hang
from tests.browser.page_watch import CUT_OFF, SMALL
from tests.driver.conftest import budget, clock, mall, parked, static_root
from tests.payments.conftest import channel

__all__ = ["budget", "channel", "clock", "mall", "parked", "static_root"]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": TAGS, "rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
FOUND = "(o) => axe.run(document, o).then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
NARROW = {"width": 320, "height": 568}
TWICE = """() => {
  document.documentElement.style.fontSize = 2 * parseFloat(getComputedStyle(document.body).fontSize) + "px";
}"""
LABEL = """() => {
  const box = document.querySelector("#boxes i:last-child");
  const style = getComputedStyle(box, "::after");
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  return [pen.measureText(JSON.parse(style.content)).width, box.clientWidth];
}"""
TRANSLATED = {"first", "fee", "paid", "tariff", "privacy", "no_database"}
# The frame of a page in English is that of these; 繁體 is as wide as 简体.
PAGES = [
    pytest.param(
        name, end, marks=[pytest.mark.deep] * (end == "/hant" or (end == "/en" and name not in TRANSLATED))
    )
    for name in NAMES
    for end in ("", "/en", "/hant")
]
NAMES_IN_CHINESE = (
    *("浦江广场", "上海浦江商业管理有限公司", "B1 层电梯厅", "浦江路 100 号", "可在B1层岗亭支付现金"),
    *("简体", "繁體", "应急", "民航"),
)


@pytest.fixture(scope="module")
def screen(chromium: Any) -> Any:
    context = chromium.new_context(viewport=SMALL, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def gallery(mall, parked, channel, clock, monkeypatch):
    return Gallery(mall, channel, clock, monkeypatch, "")


def violations(page: Page, options: dict[str, Any]) -> list[Any]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[Any] = page.evaluate(FOUND, options)
    return found


@pytest.mark.parametrize(("name", "end"), PAGES)
def test_page_serves_everybody(gallery, screen, name, end):
    gallery.end = end
    screen.emulate_media(color_scheme="light")
    hang(screen, getattr(gallery, name)())
    if not end or name in TRANSLATED:
        assert violations(screen, EVERYTHING) == []
    if not end:
        screen.emulate_media(color_scheme="dark")
        assert violations(screen, COLOURS) == []
    if end == "/en" and name in TRANSLATED:
        words = re.sub("|".join(NAMES_IN_CHINESE), "", screen.inner_text("body"))
        assert not re.findall("[一-鿿]{2,}", words)
    screen.set_viewport_size(NARROW)
    assert "; ".join(screen.evaluate(CUT_OFF)) == ""
    screen.set_viewport_size(SMALL)
    screen.evaluate(TWICE)
    assert "; ".join(screen.evaluate(CUT_OFF)) == ""
    found = [text for text in screen.complaints if not text.startswith("Failed to load resource")]
    assert found == []


@pytest.mark.parametrize("row", ["provinces", "letters", "second", "suffixes", "overseas"])
@pytest.mark.parametrize("end", ["", "/en"])
def test_plate_keyboard_rows_fit_the_screen(gallery, screen, row, end):
    gallery.end = end
    hang(screen, gallery.first())
    keys = screen.locator("#keys button:visible")
    if row != "second":
        keys.get_by_text("⌫", exact=True).click()
    if row == "letters":
        keys.get_by_text("ABC", exact=True).click()
    if row == "suffixes":
        for letter in "沪A1234":
            keys.get_by_text(letter, exact=True).click()
    if row == "overseas":
        screen.locator("#other").check()
    for size in (SMALL, NARROW):
        screen.set_viewport_size(size)
        assert "; ".join(screen.evaluate(CUT_OFF)) == ""
    assert violations(screen, EVERYTHING) == []
    screen.set_viewport_size(SMALL)
    screen.evaluate(TWICE)
    assert "; ".join(screen.evaluate(CUT_OFF)) == ""


@pytest.mark.parametrize("width", [320, 360, 412, 1366])
def test_eighth_box_holds_its_label(gallery, screen, width):
    screen.set_viewport_size({"width": width, "height": 768})
    hang(screen, gallery.first())
    label, box = screen.evaluate(LABEL)
    assert box / 2 < label <= box


@pytest.mark.parametrize("width", [360, 1366])
def test_leave_time_keeps_one_line(gallery, screen, width):
    screen.set_viewport_size({"width": width, "height": 768})
    hang(screen, gallery.paid())
    lines = "(e) => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)"
    assert round(screen.locator(".leave b").evaluate(lines)) == 1
    screen.set_viewport_size(SMALL)
