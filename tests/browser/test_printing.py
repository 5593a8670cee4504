"""Pages of the console on paper: what they say, without the menu and what one can press."""

import pytest
from playwright.sync_api import expect

from staff.models import Role
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.payments.conftest import channel as channel  # a fixture

A4 = {"portrait": (794, 1123), "landscape": (1123, 794)}  # pixels
COLOURS = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"


@pytest.mark.parametrize("way", A4)
def test_report_prints_without_the_menu(sit_down, world, way):
    console = sit_down(Role.OWNER)
    page, (width, height) = console.page, A4[way]
    page.goto(f"{console.url}/console/reports/occupancy?lot={world.lot.slug}")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator("main table").last).to_be_visible()
    expect(page.locator("main > p.hint")).to_be_visible()
    for hidden in ("header.bar", "nav.menu", "main p.choice", ".filter"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".printed")).to_contain_text(world.lot.name)
    assert page.locator("main h1").bounding_box()["x"] < 60


def test_dark_screen_prints_light(sit_down, world):
    page, looks = (console := sit_down(Role.OWNER)).page, []
    page.goto(f"{console.url}/console/reports")
    for scheme in ("dark", "light"):
        page.emulate_media(media="print", color_scheme=scheme)
        looks.append(page.evaluate(COLOURS))
    assert looks[0] == looks[1]
