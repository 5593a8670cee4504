"""The booth's screen and the search in a real browser: how many clicks or keys a task takes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from lots.models import GateCommand
from payments.models import StaffAct
from staff.models import Role
from tests.browser.test_console_walk import PC, PHONE
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.console.console_world import World
from tests.factories import make_device, see
from tests.payments.acting import OTHER, PLATE
from tests.payments.conftest import channel as channel  # a fixture

TABLET = {"width": 768, "height": 1024}


@pytest.fixture
def exit_device(world: World) -> Any:
    return make_device(world.lot, "exit")


def test_car_is_released_in_two_clicks(sit_down, world, exit_device):
    console = sit_down(Role.BOOTH)
    console.go(f"/console/booth/{world.lot.slug}")
    see(exit_device, OTHER, now())
    lane = console.page.locator(f"#lane-{exit_device.lane_id}")
    expect(lane.locator(".fee")).to_contain_text("¥")  # it came without a reload
    keys = console.page.keyboard
    keys.press(str(console.page.locator(".lane").count()))  # exits come last
    keys.press("Enter")
    expect(lane.locator("details[open] summary")).to_have_text("人工放行")
    keys.press("Escape")
    clicks = 0
    lane.locator("summary", has_text="人工放行").click()
    clicks += 1
    lane.locator("details[open]").get_by_label("原因").fill("车主无法付款")
    lane.get_by_role("button", name=re.compile("人工放行")).click()
    clicks += 1
    expect(console.page.locator("details[open]")).to_have_count(0)
    assert clicks == 2
    assert StaffAct.objects.get(kind="released").reason == "车主无法付款"
    assert GateCommand.objects.get(lane=exit_device.lane).cause == GateCommand.Cause.MANUAL


def test_booth_works_by_keys_alone(sit_down, world, exit_device):
    console = sit_down(Role.BOOTH, TABLET)
    see(exit_device, None, now())
    console.go(f"/console/booth/{world.lot.slug}")
    lanes = console.page.locator(".lane")
    number = [lane.get_attribute("id") for lane in lanes.all()].index(f"lane-{exit_device.lane_id}") + 1
    keys = console.page.keyboard
    keys.press(str(number))
    keys.press("Enter")  # opens the first action
    expect(console.page.locator("details[open] summary")).to_have_text("认领停车记录")
    keys.press("Escape")
    console.tab_to("开闸")
    keys.press("Enter")
    console.type("原因", "应急车辆")
    console.tab_to("确认开闸")
    with console.page.expect_navigation():
        keys.press("Enter")
    assert StaffAct.objects.get(kind="opened").subject == f"lane {exit_device.lane_id}"


def test_form_in_use_is_not_replaced(sit_down, world, exit_device):
    see(exit_device, None, now() - timedelta(minutes=1))
    console = sit_down(Role.BOOTH)
    console.go(f"/console/booth/{world.lot.slug}")
    lane = console.page.locator(f"#lane-{exit_device.lane_id}")
    lane.locator("summary", has_text="开闸").click()
    lane.locator("details[open]").get_by_label("原因").fill("应急车辆")
    see(exit_device, OTHER, now())
    expect(lane.locator(".stale")).to_be_visible()
    lane.get_by_role("button", name=re.compile("开闸")).click()
    expect(console.page.get_by_role("alert")).to_contain_text("没有操作")
    assert not StaffAct.objects.filter(kind="opened").exists()


def test_booth_works_without_scripts(sit_down, world, exit_device):
    see(exit_device, OTHER, now())
    console = sit_down(Role.BOOTH, PHONE, script=False)
    console.page.goto(f"{console.url}/console/booth/{world.lot.slug}")
    lane = console.page.locator(f"#lane-{exit_device.lane_id}")
    lane.locator("summary", has_text="人工放行").click()
    lane.locator("details[open]").get_by_label("原因").fill("车主无法付款")
    lane.get_by_role("button", name=re.compile("人工放行")).click()
    console.page.wait_for_load_state()
    assert StaffAct.objects.filter(kind="released").exists()


def test_search_opens_a_session_by_keys(sit_down, world):
    console = sit_down(Role.DUTY)
    console.go("/console/lots")
    console.page.keyboard.press("/")
    console.page.keyboard.type(PLATE)
    console.page.keyboard.press("Enter")
    console.page.wait_for_url(re.compile(f"/console/stays/{world.session.pk}$"))
    assert "A12345" not in console.page.url
    console.page.keyboard.press("Control+k")
    assert console.page.evaluate("document.activeElement.id") == "find"


@pytest.mark.parametrize("screen", [PHONE, PC], ids=["phone", "pc"])
def test_menu_reaches_a_page_in_two_clicks(sit_down, world, screen):
    console = sit_down(Role.OWNER, screen)
    console.go("/console/people")
    if screen == PHONE:
        console.page.get_by_role("button", name="菜单").click()
    else:
        console.page.locator("nav.menu").get_by_role("link", name="资金").click()
    console.page.locator("nav.menu").get_by_role("link", name="日结").click()
    console.page.wait_for_url(re.compile("/console/days$"))
    console.look()


def test_pages_for_errors_and_pictures(sit_down, world):
    console = sit_down(Role.OWNER)
    console.page.goto(console.url + "/console/nowhere")
    console.look()
    console.go("/console/?still=1")
    assert console.page.locator("svg title").count() > 24
    console.page.locator("summary", has_text="数据表").click()
    expect(console.page.get_by_role("rowheader", name="00:00")).to_be_visible()
    console.go("/console/reports/income?compare=before")


SPEECH = """
window.spokenTexts = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis", {
  value: { speak: (words) => window.spokenTexts.push(words.text), cancel: () => {} },
});
"""


@pytest.fixture
def booth_page(sit_down: Any, world: World, exit_device: Any) -> Any:
    """Return the booth's page with a clock that the test moves and a voice that is written down."""
    console = sit_down(Role.BOOTH)
    page = console.page
    page.clock.install()
    page.add_init_script(SPEECH)
    see(exit_device, OTHER, now())
    page.goto(f"{console.url}/console/booth/{world.lot.slug}")
    return page


def spoken(page: Any) -> list[str]:
    return list(page.evaluate("window.spokenTexts"))


def test_waiting_car_is_spoken_three_times(booth_page):
    voice = booth_page.locator("#voice")
    voice.click()
    booth_page.clock.run_for(50_000)
    assert spoken(booth_page) == []
    booth_page.clock.run_for(20_000)
    [text] = spoken(booth_page)
    assert "¥" not in text
    assert "元" in text
    assert OTHER[1:] not in text
    booth_page.clock.run_for(60_000)
    assert len(spoken(booth_page)) == 1
    for _ in range(10):
        booth_page.clock.run_for(60_000)
    assert spoken(booth_page) == [text] * 3


def test_silent_booth_speaks_of_nothing(booth_page):
    booth_page.clock.run_for(400_000)
    assert spoken(booth_page) == []


def test_voice_stays_on_over_page_loads(booth_page, exit_device):
    booth_page.clock.run_for(70_000)
    with booth_page.expect_response(lambda answer: answer.url.endswith("/voice")):
        booth_page.locator("#voice").click()
    assert len(spoken(booth_page)) == 1
    booth_page.reload()
    expect(booth_page.locator("#voice")).to_have_attribute("aria-pressed", "true")
    assert booth_page.evaluate("localStorage.length + sessionStorage.length") == 0
    with booth_page.expect_response(lambda answer: answer.url.endswith("/voice")):
        booth_page.locator("#voice").click()
    booth_page.reload()
    expect(booth_page.locator("#voice")).to_have_attribute("aria-pressed", "false")


def test_act_does_not_repeat_the_warning(booth_page, exit_device):
    booth_page.clock.run_for(70_000)
    with booth_page.expect_response(lambda answer: answer.url.endswith("/voice")):
        booth_page.locator("#voice").click()
    lane = booth_page.locator(f"#lane-{exit_device.lane_id}")
    with booth_page.expect_navigation():
        lane.get_by_role("button", name="呼叫支援").click()
    booth_page.clock.run_for(5_000)
    assert spoken(booth_page) == []
