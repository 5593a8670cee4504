"""Ten tasks of an ordinary week, each from the console's first page: how many clicks and pages they take.

Each is done with scripts and without. Clicks are limited here. Seconds depend on the machine; they are only
reported (`python -m tools.ten_tasks` writes both into docs/operations.md). Typing is free: it is what the
task is about.
"""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.utils.timezone import localdate, localtime, now
from playwright.sync_api import Locator, Page, expect

from lots import sign_register
from lots.models import Device, Lane, ParkingSession, TariffDraft, TariffVersion
from payments import staff_actions
from payments.models import Refund, StaffAct
from payments.models.closing_models import DayClosing
from staff import background
from staff.models import Invitation, Role
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.factories import TARIFF, make_device, make_person, see
from tests.payments.acting import OTHER, by
from tests.payments.conftest import channel as channel  # a fixture

# What a duty manager accepts, with a car at the barrier or without.
MOST_CLICKS = {
    "release a car": 4,
    "refund half": 6,
    "add a camera": 6,
    "change Saturday's price": 9,
    "find who opened lane 2 at 03:10": 4,
    "close yesterday": 4,
    "print 30 signs": 6,
    "compare last month with the one before": 3,
    "let in a new colleague": 4,
    "prove purity to an inspector": 3,
}


@dataclass
class Task:
    """One task that someone does at the screen, counted."""

    name: str
    page: Page
    has_scripts: bool
    clicks: int = 0
    pages: int = 1
    began: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self.page.on("framenavigated", self._navigated)

    def _navigated(self, frame: Any) -> None:
        self.pages += frame == self.page.main_frame

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1
        self.page.wait_for_load_state()

    def choose(self, what: Locator, index: int) -> None:
        """Choose from a list: two clicks."""
        what.select_option(index=index)
        self.clicks += 2

    def menu(self, place: str, entry: str = "") -> None:
        nav = self.page.locator("nav.menu")
        self.click(nav.get_by_role("link", name=place, exact=True).first)
        if entry:
            self.click(nav.get_by_role("link", name=entry, exact=True).first)

    def search(self, text: str) -> None:
        """Type into the search field of the header: a key leads there, or a click without scripts."""
        if self.has_scripts:
            self.page.keyboard.press("/")
        else:
            self.click(self.page.locator("#find"))
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()

    def link(self, name: str) -> None:
        self.click(self.page.locator("main").get_by_role("link", name=name).first)

    def button(self, name: str | re.Pattern[str]) -> None:
        self.click(self.page.locator("main").get_by_role("button", name=name).first)

    def unfold(self, name: str) -> Locator:
        self.click(self.page.locator("summary", has_text=re.compile(rf"^\s*{name}\s*$")).first)
        return self.page.locator("details[open]", has_text=name).last

    def end(self) -> None:
        by_mouse = 0 if self.has_scripts else 1  # no key leads to the search field
        assert self.clicks <= MOST_CLICKS[self.name] + by_mouse, f"{self.clicks} clicks"
        if self.has_scripts and (file := os.environ.get("TEN_TASKS")):
            line = {
                "task": self.name,
                "clicks": self.clicks,
                "pages": self.pages,
                "seconds": round(monotonic() - self.began, 1),
            }
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def sit(sit_down: Any, world: Any, request: pytest.FixtureRequest) -> Any:
    """Seat someone at the first page: `sit("refund half", Role.DUTY)`."""

    def seat(name: str, role: str) -> Task:
        person = make_person(role, lot=world.lot) if role == Role.BOOTH else role
        console = sit_down(person, script=request.param)
        console.page.goto(console.url + "/console/")
        return Task(name, console.page, request.param)

    return seat


def test_release_a_car(sit, world):
    see(make_device(world.lot, "exit"), OTHER, now())
    task = sit("release a car", Role.BOOTH)
    task.menu("岗亭")
    act = task.unfold("人工放行")
    act.get_by_label("原因").fill("车主无法付款")
    task.button(re.compile("确认人工放行"))
    expect(task.page.locator("details.offer[open]")).to_have_count(0)
    assert StaffAct.objects.filter(kind="released").exists()
    task.end()


def test_refund_half(sit, world):
    task = sit("refund half", Role.DUTY)
    task.search(world.payment.number)
    if "/payments/" not in task.page.url:
        task.click(task.page.locator('main a[href*="/payments/"]').first)
    act = task.unfold("退款")
    task.click(act.get_by_label("一半"))
    task.click(act.get_by_label("这部分费用免收"))
    act.get_by_label("原因").fill("设备故障")
    task.click(act.get_by_role("button", name="下一步"))
    task.button("确认退款")
    assert Refund.objects.get().amount_fen == world.payment.amount_fen // 2
    task.end()


def test_add_a_camera(sit, world):
    task = sit("add a camera", Role.OWNER)
    task.menu("设备")
    task.link(world.lot.name)
    form = task.page.locator("main form").last
    for box in form.locator("input[type=text][required]").all():
        box.fill("CAM-0001")
    for box in form.locator("select").all():
        if not box.input_value():
            task.choose(box, 1)
    task.button(re.compile("登记"))
    assert Device.objects.filter(lot=world.lot).count() == 2
    task.end()


def test_change_saturdays_price(sit, world):
    saturday = {"name": "saturday", "from": "00:00", "to": "24:00", "days": ["sat"], "steps": TARIFF["steps"]}
    answers = {"crossing": "sum_per_band", "band_days": "moment", "after_cycle": "run_on"}
    document = {**TARIFF, "format": 3, "bands": [saturday], **answers}
    TariffVersion.objects.filter(lot=world.lot).update(document=document)
    TariffDraft.objects.filter(lot=world.lot).update(closed_at=now())
    task = sit("change Saturday's price", Role.OWNER)
    task.menu("停车", "计费规则")
    task.link(world.lot.name)
    task.link("起草新规则")
    task.page.locator('[name="bands[0].steps[0].price"]').fill("8")
    task.button("保存草稿")
    sign = task.page.locator("#sign")
    sign.locator("[name=valid_from]").fill(f"{localdate() + timedelta(days=7)}T00:00")
    sign.locator("[name=why]").fill("周六调价")
    task.click(sign.get_by_role("button"))
    expect(task.page.locator("main")).to_contain_text("周六调价")
    signed = TariffVersion.objects.filter(lot=world.lot).latest("version").document
    assert signed == document | {"bands": [saturday | {"steps": [{**TARIFF["steps"][0], "price": 800}]}]}
    task.end()


@pytest.mark.parametrize("role", [Role.DUTY, Role.OWNER])
def test_find_who_opened_lane_2(sit, world, role):
    night = localtime().replace(hour=3, minute=10, second=0, microsecond=0) - timedelta(days=1)
    lane = make_device(world.lot, "exit").lane
    Lane.objects.filter(pk=lane.pk).update(name="2 号车道")
    staff_actions.open_lane(lane, by=by("wang", "夜班放行"), at=night)
    task = sit("find who opened lane 2 at 03:10", role)
    task.menu(*(("岗亭", "开闸记录") if role == Role.DUTY else ("合规", "操作记录")))
    first, last = task.page.locator("main form.filter input[type=datetime-local]").all()
    first.fill(f"{night:%Y-%m-%dT03:00}")
    last.fill(f"{night:%Y-%m-%dT03:20}")
    task.button("筛选")
    row = task.page.locator("tbody tr", has_text="2 号车道").first
    expect(row).to_contain_text("03:10")
    expect(row).to_contain_text("wang")
    expect(row).to_contain_text("夜班放行")
    task.end()


def test_close_yesterday(sit, world):
    day = localdate() - timedelta(days=1)
    ParkingSession.objects.filter(lot=world.lot).update(entered_at=now() - timedelta(days=2))
    task = sit("close yesterday", Role.FINANCE)
    task.menu("资金", "日结")
    task.click(task.page.locator(f'main a[href$="/days/{world.lot.slug}/{day}"]').first)
    if (reason := task.page.locator("#sign #reason")).count():
        reason.fill("差异已登记，次日处理")
    task.button(re.compile("^日结"))
    assert DayClosing.objects.filter(lot=world.lot, day=day, state="closed").exists()
    task.end()


def test_print_30_signs(sit, world):
    for number in range(29):
        sign_register.new_sign(lot=world.lot, place=f"B{number}")
    task = sit("print 30 signs", Role.OWNER)
    task.search(world.lot.slug)
    task.page.wait_for_url(re.compile(f"/lots/{world.lot.slug}$"))
    task.link("标识")
    task.button("印制全部标识")
    expect(task.page.locator("progress")).to_be_visible()
    background.run_due(background.LANE, at=now())
    file = task.page.get_by_role("link", name=re.compile("下载"))
    file.wait_for()  # the page follows by itself
    with task.page.expect_download() as taken:
        task.click(file)
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    task.end()


def test_compare_last_month(sit):
    task = sit("compare last month with the one before", Role.FINANCE)
    task.menu("资金", "报表")
    task.link("上月与前一月对比")
    last = localdate().replace(day=1) - timedelta(days=1)
    earlier = last.replace(day=1) - timedelta(days=1)
    expect(task.page.locator("main")).to_contain_text(f"{earlier:%Y-%m-01}")
    expect(task.page.locator("main")).to_contain_text(f"{earlier:%Y-%m-%d}")
    task.end()


def test_let_in_a_new_colleague(sit, world):
    before = Invitation.objects.count()
    task = sit("let in a new colleague", Role.OWNER)
    task.menu("设置", "人员")
    task.page.locator("form[action$='/people/invite'] select").last.select_option(value="duty")
    task.clicks += 1
    task.button("生成邀请码")
    expect(task.page.locator(".code")).to_be_visible()
    assert Invitation.objects.count() == before + 1
    task.end()


def test_prove_purity_to_an_inspector(sit):
    task = sit("prove purity to an inspector", Role.OWNER)
    task.menu("合规", "检查材料")
    with task.page.expect_download() as taken:
        task.button("制作 PDF")
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    task.end()
