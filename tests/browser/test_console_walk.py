"""One working day in the console, in a real browser: what each role mainly does, on a booth's PC and a phone.

Every page on the way is looked at by axe, and must not stick out at the sides of the screen.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.console_language import COOKIE
from lots.models import Lot, Operator
from payments import staff_actions
from payments.coupons.coupon_models import Coupon
from payments.models import Refund, Shift, StaffAct
from payments.models.closing_models import DayClosing
from staff.models import Invitation, Role
from tests.browser.test_accessible import TAGS, violations
from tests.console.console_world import World, make_world
from tests.factories import make_person, signed_in
from tests.payments.acting import by
from tests.payments.conftest import channel as channel  # a fixture

PC, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 640}
TABLET = {"width": 768, "height": 1024}
AXE_OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"]}
SCROLLED = {
    "runOnly": {"type": "rule", "values": ["scrollable-region-focusable"]},
    "resultTypes": ["violations"],
}
OVERFLOW_WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What sticks out at the left cannot be scrolled to; what is narrower is hidden from view on purpose.
CUT_OFF = """() => [...document.querySelectorAll("header *, main *")].filter((e) => {
  const { left, width, height } = e.getBoundingClientRect();
  return left < -1 && width > 1 && height > 1 && !e.closest(".scroll, .chart, .skip, [popover]");
}).map((e) => e.outerHTML.slice(0, 100))"""
WIDEST_GAP = """() => {
  const boxes = [...document.querySelectorAll("main > *")].map((e) => e.getBoundingClientRect());
  const shown = boxes.filter((box) => box.height > 0);
  const above = (n) => Math.max(...shown.slice(0, n).map((box) => box.bottom));
  return Math.max(0, ...shown.slice(1).map((box, n) => box.top - above(n + 1)));
}"""
MOST_GAP = 120  # pixels between two parts of a page
SET_FONT_SIZE = """(size) => {
  document.documentElement.style.fontSize = size;
  document.body.style.fontSize = size && "30px";
}"""
# Fields too narrow for the few characters that one types into them; what is folded has no width yet.
NARROW_FIELDS = """() => [...document.querySelectorAll("main :is(input, select, textarea)")].filter((e) => {
  const isBox = ["checkbox", "radio", "hidden", "range"].includes(e.type);
  if (isBox || e.closest("details:not([open])")) return false;
  return e.clientWidth > 0 && e.clientWidth < 4 * parseFloat(getComputedStyle(e).fontSize);
}).map((e) => e.outerHTML.slice(0, 100))"""
FOCUSED_LABEL = """() => {
  const e = document.activeElement;
  const label = e.labels && e.labels.length ? e.labels[0].textContent : e.textContent;
  return (e.getAttribute("aria-label") || label || "").trim();
}"""


# Amounts and times of which a part stands on the next line: 0.0 and 0.
BROKEN_NUMBERS = """() => {
  const found = [], range = document.createRange();
  for (const box of document.querySelectorAll(".figures dd, .buckets strong, td.number")) {
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) for (const part of walker.currentNode.data.matchAll(/[-\\d][-\\d.,:]+/g)) {
      range.setStart(walker.currentNode, part.index);
      range.setEnd(walker.currentNode, part.index + part[0].length);
      if (new Set([...range.getClientRects()].map((line) => line.top)).size > 1) found.push(part[0]);
    }
  }
  return found;
}"""


# Tables of cards that go on beyond their frame.
SIDEWAYS = """() => [...document.querySelectorAll(".scroll:has(> table:is(.stack, .calendar, .matrix))")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText.slice(0, 60))"""
# Tables that go on beyond their card, on a tablet or PC; on a phone a narrow table may.
WIDE = """() => [...document.querySelectorAll("main .scroll")]
  .filter((e) => innerWidth > 700 && e.scrollWidth > e.clientWidth).map((e) => e.innerText.slice(0, 60))"""
LOOKED_AT: set[str] = set()  # with each role a page is made of the same parts


@dataclass
class Console:
    """A browser with someone signed in."""

    url: str
    page: Page

    def go(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, path
        self.look()

    def look(self) -> None:
        """Look at a page as axe does, once each; both screens must hold it, a phone in large letters too."""
        here = re.sub(r"[0-9]+", "n", self.page.url.partition("?")[0])
        if here in LOOKED_AT:
            return
        LOOKED_AT.add(here)
        assert violations(self.page, AXE_OPTIONS) == [], here
        size = self.page.viewport_size
        for screen in (PC, PHONE):
            self.page.set_viewport_size(screen)  # type: ignore[arg-type]
            assert self.page.evaluate(OVERFLOW_WIDTH) <= 0, f"{here} at {screen['width']}"
            assert self.page.evaluate(WIDEST_GAP) < MOST_GAP, f"a hole in {here} at {screen['width']}"
        assert self.page.evaluate(SIDEWAYS) == [], f"{here} on a phone"
        assert violations(self.page, SCROLLED) == [], f"{here} on a phone"
        self.page.evaluate(SET_FONT_SIZE, "200%")
        assert self.page.evaluate(OVERFLOW_WIDTH) <= 0, f"{here} in letters twice as large"
        assert self.page.evaluate(CUT_OFF) == [], f"{here} in letters twice as large"
        assert self.page.evaluate(BROKEN_NUMBERS) == [], f"{here} in letters twice as large"
        assert self.page.evaluate(SIDEWAYS) == [], f"{here} in letters twice as large"
        self.page.set_viewport_size(PC)  # type: ignore[arg-type]
        assert self.page.evaluate(NARROW_FIELDS) == [], f"{here} in letters twice as large"
        self.page.evaluate(SET_FONT_SIZE, "")
        self.page.set_viewport_size(size)  # type: ignore[arg-type]

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()
        self.look()

    def open(self, name: str) -> Any:
        """Unfold an act and return its form."""
        self.page.locator("summary", has_text=re.compile(f"^\\s*{name}\\s*$")).click()
        return self.page.locator("details[open]", has_text=name)

    def tab_to(self, name: str) -> None:
        """Press Tab until the element of this name has the focus."""
        for _ in range(90):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED_LABEL).startswith(name):
                return
        raise AssertionError(f"{name} is not reached by the keyboard")

    def type(self, name: str, text: str) -> None:
        self.tab_to(name)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)


@pytest.fixture
def world(transactional_db: None, channel: Any, settings: Any, tmp_path: Any) -> World:
    settings.STATIC_ROOT = tmp_path
    return make_world(channel)


@pytest.fixture
def sit_down(world: World, live_server: Any, chromium: Browser) -> Any:
    """Seat someone with a role: `sit_down(Role.DUTY)`, `sit_down(Role.TECHNICIAN, PHONE)`."""
    opened: list[BrowserContext] = []

    def seat(role: str | Any, screen: dict[str, int] = PC, *, script: bool = True) -> Console:
        user = make_person(role, operator=world.lot.operator) if isinstance(role, str) else role
        client = signed_in(user)
        context = chromium.new_context(viewport=screen, locale="zh-CN", java_script_enabled=script)  # type: ignore[arg-type]
        context.add_cookies(
            [{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}]
        )
        opened.append(context)
        return Console(live_server.url, context.new_page())

    yield seat
    for context in opened:
        context.close()


@pytest.mark.parametrize("path", ["/console/days", "/console/people"])
def test_calendar_and_matrix_are_cards_on_phones(sit_down, path):
    """The walk looks at pages as they come, with the matrix folded up."""
    console = sit_down(Role.OWNER, PHONE)
    page = console.page
    page.goto(console.url + path)
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    table = page.locator("main table:is(.calendar, .matrix)")
    assert table.locator("td:visible").count() > 3
    for size in ("", "200%"):
        page.evaluate(SET_FONT_SIZE, size)
        assert page.evaluate(SIDEWAYS) == []
        assert page.evaluate(OVERFLOW_WIDTH) <= 0
    assert violations(page, AXE_OPTIONS) == []


@pytest.mark.parametrize("path", ["?still=1", "days", "rights", "shops/coupons", "invoices", "stays"])
def test_lists_fit_on_tablets(sit_down, world, path):
    console = sit_down(Role.OWNER, TABLET)
    for language in ("zh-hans", "en"):
        console.page.context.add_cookies([{"name": COOKIE, "value": language, "url": console.url}])
        console.page.goto(f"{console.url}/console/{path}")
        assert console.page.locator("main table tbody td:visible").count() > 3
        assert console.page.evaluate(WIDE) == []


@pytest.mark.parametrize("path", ["", "stays", "stays/{}", "payments", "reports/income?first=2026-01-01"])
def test_large_letters_break_no_number(sit_down, world, path):
    console = sit_down(Role.OWNER, PHONE)
    page = console.page
    page.goto(f"{console.url}/console/{path.format(world.session.pk)}")
    page.evaluate(SET_FONT_SIZE, "200%")
    assert page.evaluate(BROKEN_NUMBERS) == []
    for field in page.locator(".filter [type=date]:visible").all():
        assert field.evaluate("e => e.clientWidth") > 200  # room for a whole date


def test_right_axis_leaves_bars_free_on_phones(sit_down, world):
    console = sit_down(Role.OWNER, PHONE)
    console.go("/console/reports/income")
    assert console.page.locator(".chart rect").count() > 0
    boxes = {
        name: [one.bounding_box() for one in console.page.locator(f".chart {name}").all()]
        for name in ("rect", ".far")
    }
    assert boxes[".far"]
    edge = console.page.locator(".chart").bounding_box()
    for label in boxes[".far"]:
        assert label["x"] + label["width"] <= edge["x"] + edge["width"]
        assert not [bar for bar in boxes["rect"] if bar["x"] + bar["width"] > label["x"]]


def test_booth_shift_works_by_keyboard_alone(sit_down, world):
    console = sit_down(Role.BOOTH)
    console.go("/console/shifts")
    keys = console.page.keyboard
    console.type("备用金", "200")
    console.tab_to("开班")
    keys.press("Enter")
    expect(console.page.get_by_role("button", name="开班")).to_have_count(0)
    console.go(f"/console/stays/{world.owing.pk}")
    console.tab_to("收现金")
    keys.press("Enter")
    console.type("金额", "10")
    console.tab_to("确认收现金")
    keys.press("Enter")
    expect(console.page.get_by_text("岗亭现金").first).to_be_visible()
    console.tab_to("更正号牌")
    keys.press("Enter")
    console.type("正确的号牌", "沪C00001")
    console.type("原因", "司机出示行驶证")
    console.tab_to("确认更正号牌")
    keys.press("Enter")
    expect(console.page.get_by_text("司机出示行驶证").first).to_be_visible()
    shift = Shift.objects.get(float_fen=20000)
    console.go(f"/console/shifts/{shift.pk}")
    console.type("清点现金", "210")
    console.tab_to("交班")
    keys.press("Enter")
    expect(console.page.get_by_role("button", name="交班")).to_have_count(0)
    shift.refresh_from_db()
    assert (shift.expected_fen, shift.difference_fen) == (21000, 0)
    assert {"cash", "plate"} <= set(StaffAct.objects.values_list("kind", flat=True))


def test_duty_manager_waives_a_fee(sit_down, world):
    staff_actions.end_session(world.owing, left_at=now(), by=by("li", "出口没有识别到"), at=now())
    console = sit_down(Role.DUTY)
    console.go("/console/?still=1")
    console.page.locator(".buckets.today a", has_text="未缴离场").click()
    console.look()
    console.page.locator("tbody a").first.click()
    console.look()
    act = console.open("减免")
    act.get_by_label("原因").fill("设备故障，经理同意")
    act.get_by_role("button", name="下一步").click()
    console.page.get_by_role("button", name="确认减免").click()
    expect(console.page.get_by_text("设备故障，经理同意").first).to_be_visible()
    world.owing.refresh_from_db()
    assert StaffAct.objects.get(kind="waived").reason == "设备故障，经理同意"


def test_finance_refunds_and_closes_a_day(sit_down, world, settings):
    settings.STAFF_REFUND_LIMIT = 100
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    console, colleague = sit_down(Role.FINANCE), sit_down(Role.OWNER)
    console.go(f"/console/payments/{world.payment.pk}")
    act = console.open("退款")
    act.get_by_label("其他金额（元）").fill("3")
    expect(act.get_by_role("radio", name="其他金额")).to_be_checked()  # not all of it
    act.get_by_label("一半").check()
    act.get_by_label("这部分费用免收").check()
    act.get_by_label("原因").fill("沪A12345 计费有误")
    act.get_by_role("button", name="下一步").click()
    expect(act.get_by_label("原因")).to_be_focused()  # the first fault
    console.page.keyboard.press("Escape")
    expect(console.page.locator("details.offer[open]")).to_have_count(0)
    console.open("退款")
    answer, hint = act.locator(".error"), act.locator(".hint")
    expect(answer).to_contain_text("原因里不要写号牌")
    assert len({one.evaluate("e => getComputedStyle(e).color") for one in (answer, hint)}) == 2
    act.get_by_label("原因").fill("计费有误")
    act.get_by_role("button", name="下一步").click()
    expect(console.page.locator(".foreseen")).to_contain_text("须由负责人或财务")
    console.look()
    console.page.get_by_role("button", name="确认退款").click()
    expect(console.page.get_by_role("status")).to_be_visible()
    expect(console.page.locator("summary", has_text="批准退款申请")).to_have_count(0)
    for _page in ("the confirmation", "the refused form", "the first form"):
        console.page.go_back()  # Chromium fails where it would have to send a form again
        expect(console.page).to_have_url(re.compile(rf"/payments/{world.payment.pk}$"))
    colleague.go("/console/tasks")
    colleague.go(f"/console/payments/{world.payment.pk}")
    act = colleague.open("批准退款申请")
    act.get_by_label("原因").fill("已核对")
    act.get_by_role("button", name="确认批准退款申请").click()
    expect(colleague.page.get_by_role("status")).to_be_visible()
    assert Refund.objects.get(reason="staff").amount_fen == 500
    console.go("/console/tasks")
    act = console.open("已处理")
    act.get_by_label("原因").fill("渠道确认为测试单")
    act.get_by_role("button", name="确认已处理").click()
    expect(console.page.get_by_role("status")).to_be_visible()
    day = localdate() - timedelta(days=2)
    console.go("/console/days")
    console.go(f"/console/days/{world.lot.slug}/{day}")
    console.page.get_by_role("button", name=re.compile("^日结")).click()
    expect(console.page.get_by_text("重新打开这一天")).to_be_visible()
    assert DayClosing.objects.filter(lot=world.lot).exists()
    console.go("/console/reports/mailings")
    console.go("/console/account/sso")
    console.go("/console/reports/income")
    with console.page.expect_download() as taken:
        console.page.get_by_role("link", name="下载 CSV").click()
    assert "净额" in taken.value.path().read_text(encoding="utf-8-sig")


def test_technician_views_device_on_a_phone(sit_down, world):
    console = sit_down(Role.TECHNICIAN, PHONE)
    console.go("/console/devices")
    console.go(f"/console/devices/{world.device.pk}")
    expect(console.page.get_by_role("heading", level=1)).to_contain_text(world.device.name)
    console.go("/console/health")


def test_auditor_sees_no_post_forms(sit_down, world):
    console = sit_down(Role.AUDITOR)
    for path in (
        f"stays/{world.session.pk}",
        f"payments/{world.payment.pk}",
        "tasks",
        f"days/{world.lot.slug}/{localdate() - timedelta(days=2)}",
        f"invoices/{world.invoice.pk}",
        "reports",
    ):
        console.go(f"/console/{path}")
        forms = console.page.locator('main form[method="post"]')
        assert [form.get_attribute("action") for form in forms.all()] == [], path


def test_regulator_sees_only_selfcheck_pages(sit_down, world):
    console = sit_down(Role.REGULATOR)
    console.go("/console/")
    assert "/console/selfcheck" in console.page.url
    links = console.page.locator("nav.menu a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert links
    assert not [link for link in links if re.search("stays|payments|people|reports|days", link)]
    for link in links:
        console.go(link)


def test_long_names_do_not_widen_pages(sit_down, world):
    long = "Hongqiao International Transport Hub P9 Underground Garage"
    Lot.objects.filter(pk=world.lot.pk).update(name=long)
    Operator.objects.filter(pk=world.lot.operator_id).update(legal_name=f"{long} Management Co., Ltd.")
    console = sit_down(Role.OWNER, PHONE)
    for path in (
        "compliance/data",
        "compliance/audit",
        "compliance/papers",
        "compliance/erasures",
        "selfcheck",
        "setup",
        "days",
    ):
        console.go(f"/console/{path}")
    for path in ("access/import", "cut-over"):
        console.go(f"/console/lots/{world.lot.slug}/{path}")
        assert console.page.locator("pre.scroll").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    console.go("/console/compliance/audit")
    assert console.page.locator(".scroll").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    console.go("/console/people")
    for act in console.page.locator("summary", has_text="更多").all():
        assert act.bounding_box()["x"] + act.bounding_box()["width"] <= PHONE["width"]
    console.page.locator("summary", has_text="更多").first.click()
    button = console.page.get_by_role("button", name="重设密码").first.bounding_box()
    other = console.page.locator("summary", has_text="更多").nth(1).bounding_box()
    assert button["x"] + button["width"] <= PHONE["width"]
    assert other["x"] + other["width"] <= PHONE["width"]  # one opened row leaves the others as they were


def test_shop_clerk_issues_a_coupon_code(sit_down, world):
    clerk = make_person(Role.SHOP, lot=world.lot)
    world.shop.clerks.add(clerk)
    console = sit_down(clerk, PHONE)
    console.go(f"/console/shops/{world.shop.pk}")
    before = Coupon.objects.count()
    console.press("生成二维码")
    expect(console.page.locator("svg, img").first).to_be_visible()
    assert Coupon.objects.count() == before + 1


def test_double_click_makes_one_row(sit_down, world):
    console = sit_down(Role.OWNER)
    posts = []
    console.page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    before = Invitation.objects.count(), world.lot.lanes.count()
    console.go("/console/people")
    console.page.get_by_label("角色").last.select_option("booth")
    console.page.get_by_role("button", name="生成邀请码").dblclick()
    expect(console.page.locator("p.code")).to_be_visible()
    console.go(f"/console/lots/{world.lot.slug}/lanes")
    form = console.page.locator("form", has=console.page.get_by_role("button", name="登记"))
    form.locator("[name=name]").fill("西入口")
    form.get_by_role("button", name="登记").dblclick()
    expect(console.page.get_by_role("status")).to_contain_text("西入口")
    assert (Invitation.objects.count(), world.lot.lanes.count()) == (before[0] + 1, before[1] + 1)
    assert len([url for url in posts if "/console/attention" not in url]) == 2


def test_double_click_without_scripts_shows_code(sit_down, world):
    console = sit_down(Role.OWNER, script=False)
    before = Invitation.objects.count()
    console.page.goto(console.url + "/console/people")
    console.page.get_by_label("角色").last.select_option("booth")
    console.page.get_by_role("button", name="生成邀请码").dblclick()
    expect(console.page.locator("p.code")).to_be_visible()
    assert Invitation.objects.count() == before + 1


def test_phone_chart_begins_at_newest_day(sit_down, world):
    console = sit_down(Role.OWNER, PHONE, script=False)
    console.page.goto(console.url + "/console/reports")
    last = console.page.locator(".chart rect").last.bounding_box()
    assert 0 < last["x"] + last["width"] <= PHONE["width"]
    assert console.page.locator(".chart .far").last.is_visible()
