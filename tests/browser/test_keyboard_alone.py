"""Whole acts in the console without a mouse: each is reached, done, and its answer has the focus."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils.timezone import localdate, now
from openpyxl import load_workbook
from playwright.sync_api import expect

from lots import lane_calls
from lots.models import Permit
from lots.sign_qr import qr_png, sign_address
from payments.models import Payment, StaffAct
from payments.models.closing_models import DayClosing
from staff.models import ReportMailing, Role
from tests.browser.test_console_walk import FOCUSED_LABEL
from tests.browser.test_console_walk import sit_down as sit_down  # a fixture
from tests.browser.test_console_walk import world as world  # a fixture
from tests.factories import make_device, make_person, see
from tests.payments.acting import OTHER
from tests.payments.conftest import channel as channel  # a fixture

FOCUS = "() => document.activeElement.matches(':focus-visible') && document.activeElement.innerText"
HELD = "() => document.activeElement.closest('[id]').id"


def open_page(console: Any, path: str) -> None:
    """Open a page and skip to its content, as the first link of each page offers."""
    console.page.goto(console.url + path)
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Enter")


def go_on(console: Any, name: str) -> str:
    """Press Enter on what has this name; return what then has the focus, if that can be seen."""
    console.tab_to(name)
    with console.page.expect_event("load"):
        console.page.keyboard.press("Enter")
    return console.page.evaluate(FOCUS) or ""


def unfold(console: Any, name: str) -> None:
    console.tab_to(name)
    console.page.keyboard.press("Enter")


def test_refund_is_answered_where_keys_are(sit_down, world):
    console = sit_down(Role.OWNER)
    open_page(console, f"/console/payments/{world.payment.pk}")
    unfold(console, "退款")
    console.tab_to("全部")
    console.page.keyboard.press("ArrowDown")
    console.tab_to("这次停车仍要缴费")
    console.page.keyboard.press("ArrowDown")
    go_on(console, "下一步")
    assert console.page.evaluate("document.activeElement.name") == "reason"  # it was left empty
    console.page.keyboard.type("计费有误")
    assert go_on(console, "下一步") == "退款"
    assert "退款" in go_on(console, "确认退款")
    assert StaffAct.objects.filter(kind="refund").exists()


def test_day_is_closed_by_keys(sit_down, world):
    console = sit_down(Role.FINANCE)
    day = localdate() - timedelta(days=2)
    open_page(console, f"/console/days/{world.lot.slug}/{day}")
    console.tab_to("日结，净收款")
    console.page.keyboard.press("Enter")
    assert console.page.evaluate("document.activeElement.name") == "reason"  # a difference is open
    console.page.keyboard.type("渠道确认为测试单")
    assert go_on(console, "日结，净收款")
    assert DayClosing.objects.filter(lot=world.lot).exists()


def test_plate_is_corrected_by_keys(sit_down, world):
    console = sit_down(Role.DUTY)
    open_page(console, f"/console/stays/{world.owing.pk}")
    unfold(console, "更正号牌")
    console.type("正确的号牌", "沪C00001")
    console.type("原因", "司机出示行驶证")
    assert "更正号牌" in go_on(console, "确认更正号牌")


def test_coupons_are_withdrawn_by_keys(sit_down, world):
    console = sit_down(Role.OWNER)
    console.go(f"/console/shops/{world.shop.pk}/settings")
    open_page(console, "/console/shops/coupons")
    console.tab_to("勾选")
    console.page.keyboard.press("Space")
    go_on(console, "预览：已勾选的")
    assert console.page.evaluate("document.activeElement.name") == "withdraw-why"
    console.page.keyboard.type("活动取消")
    assert go_on(console, "预览：已勾选的") == "撤回停车券 预览"
    assert go_on(console, "撤回停车券")
    world.coupon.refresh_from_db()
    assert world.coupon.state == "revoked"


def test_tariff_is_changed_and_signed_by_keys(sit_down, world):
    console = sit_down(Role.OWNER)
    open_page(console, f"/console/tariffs/{world.lot.slug}/draft")
    console.type("每单位价格", "6")
    with console.page.expect_event("load"):
        console.page.keyboard.press("Enter")  # saves
    expect(console.page.locator("main > .notice[role=status]")).to_be_focused()
    before = world.lot.tariffs.count()
    start = now() + timedelta(days=2)
    console.tab_to("生效时间")
    console.page.locator(":focus").fill(
        f"{start:%Y-%m-%dT%H:%M}"
    )  # its parts stand as the system writes dates
    console.type("调价依据", "物价局备案")
    assert go_on(console, "签批")
    assert world.lot.tariffs.count() == before + 1


def test_sign_is_reported_by_keys(sit_down, world):
    console = sit_down(Role.TECHNICIAN)
    open_page(console, f"/console/lots/{world.lot.slug}/patrol")
    assert go_on(console, "丢失或扫不出")
    assert world.lot.sign_alarms.exists()


@pytest.fixture
def exit_device(world: Any) -> Any:
    return make_device(world.lot, "exit", last_seen_at=now())


def test_booth_answer_has_focus(sit_down, world, exit_device):
    see(exit_device, OTHER, now())
    console = sit_down(Role.BOOTH)
    open_page(console, f"/console/booth/{world.lot.slug}")
    console.page.keyboard.press(str(console.page.locator(".lane").count()))
    console.page.keyboard.press("Enter")
    console.type("原因", "车主无法付款")
    assert "人工放行" in go_on(console, "确认")


def test_cash_is_taken_at_the_barrier_by_keys(sit_down, world, exit_device):
    see(exit_device, OTHER, now())
    console = sit_down(Role.BOOTH)
    keys = console.page.keyboard
    open_page(console, "/console/shifts")
    console.type("备用金", "200")
    assert go_on(console, "开班")
    open_page(console, f"/console/booth/{world.lot.slug}")
    keys.press(str(console.page.locator(".lane").count()))
    keys.press("Enter")
    assert console.page.evaluate(FOCUSED_LABEL).startswith("收现金")
    console.type("金额", "10")
    assert "收现金" in go_on(console, "确认")
    assert Payment.objects.get(provider="cash").amount_fen == 1000


def choose_file(console: Any, name: str, file: dict[str, Any]) -> None:
    """Reach a field and give it a file; the dialog between is the browser's own."""
    console.tab_to(name)
    console.page.locator(":focus").set_input_files(file)


def test_permits_are_imported_by_keys(sit_down, world):
    console = sit_down(Role.DUTY)
    open_page(console, f"/console/lots/{world.lot.slug}/access/import")
    rows = "号牌,停车证,开始,结束,时段\n沪B22222,,2026-01-01,2036-01-01,\n"
    choose_file(console, "CSV", {"name": "a.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    assert "1" in go_on(console, "先检查")
    assert not Permit.objects.filter(source="import").exists()
    assert "1" in go_on(console, "导入")
    assert Permit.objects.filter(source="import").count() == 1


def test_mailing_is_added_and_stopped_by_keys(sit_down, world, settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    console = sit_down(Role.FINANCE)
    open_page(console, "/console/reports/mailings")
    console.type("邮箱", "not-an-address")
    go_on(console, "保存")
    assert console.page.evaluate("document.activeElement.name") == "address"
    console.page.keyboard.press("Control+a")
    console.page.keyboard.type("cw@mall.example")
    assert "下一次" in go_on(console, "保存")
    assert ReportMailing.objects.filter(ended_at=None).count() == 2
    assert "已停止" in go_on(console, "停发")
    assert ReportMailing.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("path", "link"), [("stays", "CSV"), ("payments", "Excel"), ("reports", "下载 Excel")]
)
def test_list_is_exported_by_keys(sit_down, world, path, link):
    console = sit_down(Role.OWNER)
    open_page(console, f"/console/{path}")
    console.tab_to(link)
    with console.page.expect_download() as taken:
        console.page.keyboard.press("Enter")
    data = taken.value.path().read_bytes()
    if link == "CSV":
        assert data.decode("utf-8-sig").count("\r\n") == 3  # the head and two stays
    else:
        cells = [value for row in load_workbook(BytesIO(data)).active.values for value in row]
        assert any(isinstance(value, datetime) for value in cells)
        assert 10 in cells  # yuan


def test_photo_of_a_sign_is_checked_by_keys(sit_down, world):
    console = sit_down(Role.TECHNICIAN)
    open_page(console, f"/console/lots/{world.lot.slug}/patrol")
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": qr_png(sign_address(world.sign))}
    with console.page.expect_event("load"):
        choose_file(console, "标识照片", photo)  # sent at once
    expect(console.page.locator(".found .good")).to_contain_text("B1")
    assert "损坏" in go_on(console, "有损坏")
    assert world.lot.sign_alarms.get().kind == "damaged"


def test_half_typed_reason_outlives_a_glance(sit_down, world, exit_device):
    see(exit_device, None, now() - timedelta(minutes=1))
    console = sit_down(Role.BOOTH)
    open_page(console, f"/console/booth/{world.lot.slug}")
    lane = console.page.locator(f"#lane-{exit_device.lane_id}")
    lane.locator("summary", has_text="开闸").click()
    reason = lane.locator("details[open]").get_by_label("原因")
    reason.fill("应急")
    console.page.locator("h1").click()
    see(exit_device, OTHER, now())
    expect(lane.locator(".stale")).to_be_visible()
    expect(reason).to_have_value("应急")


def test_news_leave_the_keyboard_where_it_is(sit_down, world, exit_device):
    console = sit_down(Role.BOOTH)
    open_page(console, f"/console/booth/{world.lot.slug}")
    console.page.keyboard.press(str(console.page.locator(".lane").count()))
    assert exit_device.lane.name
    lane_calls.call(exit_device.lane, by=make_person(), at=now())
    see(exit_device, OTHER, now())
    expect(console.page.locator(f"#lane-{exit_device.lane_id} .fee")).to_be_visible()
    held = console.page.evaluate(HELD)
    assert held.endswith(f"lane-{exit_device.lane_id}")


def test_scriptless_booth_stops_on_request(sit_down, world, exit_device):
    console = sit_down(Role.BOOTH, script=False)
    open_page(console, f"/console/booth/{world.lot.slug}")
    console.page.get_by_role("link", name="先停止刷新").click()
    expect(console.page.get_by_role("link", name="恢复自动刷新")).to_be_visible()
    assert "http-equiv" not in console.page.content()
