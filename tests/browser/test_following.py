"""Pages of the console that stay open: they follow what happens, and lose nothing that was typed."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from payments.models import Shift
from staff import session_limits
from staff.models import Role, SignIn
from tests.browser.test_accessible import violations
from tests.browser.test_booth_screen import TABLET
from tests.browser.test_console_walk import AXE_OPTIONS
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.factories import make_device, make_person, see, signed_in
from tests.payments.acting import OTHER
from tests.payments.conftest import channel as channel  # a fixture

STUB_SPEECH = """
  window.spoken = [];
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  const speak = (words) => window.spoken.push(words);
  Object.defineProperty(window, "speechSynthesis", { value: { speak } });
"""


def sign_out(user):
    """End every session, as the limit of idleness does."""
    SignIn.objects.all().delete()
    return signed_in(user)


def test_today_follows_without_a_reload(sit_down, world):
    console = sit_down(Role.OWNER)
    page = console.page
    page.clock.install()
    page.goto(console.url + "/console/")
    page.evaluate("document.body.dataset.same = 1")
    page.locator("summary", has_text="数据表").click()
    inside = page.locator(".buckets.today strong").first
    before = int(inside.inner_text())
    see(make_device(world.lot, "entry"), "沪A00007", now())
    page.clock.run_for(61_000)
    expect(inside).to_have_text(str(before + 1))
    assert page.evaluate("document.body.dataset.same") == "1"
    assert page.locator("details.figures-table").evaluate("e => e.open")
    expect(page.locator("summary", has_text="数据表")).to_be_focused()


def test_signed_out_form_keeps_what_was_typed(sit_down, world):
    user = make_person(Role.BOOTH, operator=world.lot.operator)
    console = sit_down(user)
    page = console.page
    page.clock.install()
    page.goto(console.url + "/console/shifts")
    page.get_by_label("备用金").fill("321")
    client = sign_out(user)
    asked = set()
    page.on("request", lambda request: asked.add(request))
    page.on("response", lambda response: asked.discard(response.request))
    page.on("requestfailed", lambda request: asked.discard(request))
    page.clock.run_for(120_000)
    page.get_by_role("button", name="开班", exact=True).click()
    banner = page.locator("#signed-out")
    expect(banner).to_be_visible()
    expect(page.get_by_label("备用金")).to_have_value("321")
    while asked:  # a late answer would end the new sign-in
        page.wait_for_timeout(50)
    page.context.clear_cookies()  # the sign-in in another tab ends the old token too
    page.context.add_cookies(
        [{"name": "session", "value": client.cookies["session"].value, "url": console.url}]
    )
    page.get_by_role("button", name="开班", exact=True).click()
    expect(page.get_by_role("button", name="开班", exact=True)).to_have_count(0)
    assert Shift.objects.filter(float_fen=32100).exists()


def test_form_waits_for_the_network(sit_down, world):
    console = sit_down(make_person(Role.BOOTH, operator=world.lot.operator))
    page, send = console.page, console.page.get_by_role("button", name="开班", exact=True)
    page.goto(console.url + "/console/shifts")
    page.get_by_label("备用金").fill("321")
    page.context.set_offline(True)
    send.click()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.get_by_label("备用金")).to_have_value("321")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    send.click()
    expect(send).to_have_count(0)
    assert Shift.objects.filter(float_fen=32100).exists()


def test_form_waits_for_a_dead_server(sit_down, world):
    """A browser is on line wherever there is a network, also one that leads nowhere."""
    console = sit_down(make_person(Role.BOOTH, operator=world.lot.operator))
    page, send = console.page, console.page.get_by_role("button", name="开班", exact=True)
    page.clock.install()
    page.goto(console.url + "/console/shifts")
    page.get_by_label("备用金").fill("321")
    page.clock.run_for(15_000)
    page.route("**/*", lambda route: route.abort())
    assert page.evaluate("navigator.onLine")
    for _press in range(2):
        send.click()
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("form[aria-busy]")).to_have_count(0)
    expect(page.get_by_label("备用金")).to_have_value("321")
    page.unroute("**/*")
    send.click()
    expect(send).to_have_count(0)
    assert Shift.objects.filter(float_fen=32100).exists()


@pytest.mark.parametrize("script", [True, False])
def test_late_form_is_kept_and_sent(sit_down, world, script):
    user = make_person(Role.BOOTH, operator=world.lot.operator)
    console = sit_down(user, script=script)
    page, send = console.page, "重新提交"
    page.goto(console.url + "/console/shifts")
    page.get_by_label("备用金").fill("321")
    page.get_by_label("原因").fill("抽屉已清点")
    client = sign_out(user)
    page.get_by_role("button", name="开班", exact=True).click()
    expect(page.get_by_text("抽屉已清点")).to_be_visible()
    expect(page.locator("#signed-out")).to_be_visible()
    if script:
        assert violations(page, AXE_OPTIONS) == []
    page.context.clear_cookies()  # the sign-in in another tab ends the old token too
    page.context.add_cookies(
        [{"name": "session", "value": client.cookies["session"].value, "url": console.url}]
    )
    page.get_by_role("button", name=send).click()
    if not script:
        page.get_by_role("button", name=send).click()
    expect(page.get_by_role("button", name=send)).to_have_count(0)
    expect(page.locator(".notice.success")).to_be_visible()
    assert Shift.objects.get(float_fen=32100).staff == user


def test_idle_person_is_warned(sit_down, world, monkeypatch):
    monkeypatch.setitem(
        session_limits.LIMITS,
        Role.BOOTH,
        session_limits.SessionLimits(timedelta(seconds=75), timedelta(hours=12)),
    )
    monkeypatch.setattr(session_limits, "SEEN_EVERY", timedelta())
    console = sit_down(Role.BOOTH)
    page = console.page
    page.clock.install()
    page.goto(console.url + "/console/shifts")
    warning, over = page.locator("#leaving"), page.locator("#signed-out")
    expect(warning).to_be_hidden()
    with page.expect_response("**/attention"):
        page.clock.run_for(31_000)
    for _ in range(100):  # until the page has read how long it has
        page.clock.run_for(1_000)
        if warning.is_visible():
            break
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="继续使用").click()
    expect(warning).to_be_hidden()
    row = SignIn.objects.get()
    assert session_limits.SEEN in row.get_decoded()
    SignIn.objects.all().delete()
    page.clock.run_for(31_000)
    expect(over).to_be_visible()
    expect(warning).to_be_hidden()


def test_waiting_car_is_spoken_of(sit_down, world):
    way_out = make_device(world.lot, "exit")
    console = sit_down(Role.BOOTH, TABLET)
    page = console.page
    page.add_init_script(STUB_SPEECH)
    see(way_out, OTHER, now() - timedelta(seconds=50))
    page.goto(f"{console.url}/console/booth/{world.lot.slug}")
    voice = page.get_by_role("button", name="语音提醒")
    voice.click()
    expect(voice).to_have_attribute("aria-pressed", "true")
    for _ in range(600):  # wait_for_function needs eval, which the page forbids
        if page.evaluate("window.spoken.length"):
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(2500)
    words, *more = page.evaluate("window.spoken.map((each) => [each.text, each.lang])")
    assert more == []  # once for each limit
    assert way_out.lane.name in words[0]
    assert "¥" in words[0] or "元" in words[0]
    assert OTHER[1:] not in words[0].replace(" ", "")
    assert words[1] == "zh-CN"


def test_waiting_time_ignores_a_wrong_clock(sit_down, world):
    way_out = make_device(world.lot, "exit")
    see(way_out, OTHER, now() - timedelta(seconds=5))
    console = sit_down(Role.BOOTH)
    console.page.clock.install(time=now() + timedelta(hours=3))
    console.page.goto(f"{console.url}/console/booth/{world.lot.slug}")
    lane = console.page.locator(f"#lane-{way_out.lane_id}")
    expect(lane.locator(".elapsed")).to_have_text(re.compile(r"^已等 0:"))
    assert "late" not in (lane.get_attribute("class") or "")
