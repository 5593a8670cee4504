"""Regenerates the screenshots of docs/operations.md from the running demo: `make demo`, then

    python -m tools.console_pictures

A viewport of 1366 by 768, in the headless Chromium of the tests, signed in as the demo's staff. Plates are
invented.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from playwright.sync_api import Error, Page, ViewportSize, sync_playwright

from tools import demo, machine
from tools.screenshots import compress

FOLDER = machine.ROOT / "docs" / "images" / "console"
VIEWPORT: ViewportSize = ViewportSize(width=1366, height=768)
MAX_BYTES = 90 * 1024
PHONE: ViewportSize = ViewportSize(width=360, height=640)
WAITS = 30  # looks for a car at a barrier
FIRST_ROW = "table.list tbody tr:not(:has(.empty)) a"  # an empty list has a link too


def main() -> int:
    try:
        plan = json.loads((demo.FOLDER / "lots.json").read_text(encoding="utf-8"))
        origin = plan["lots"][0]["url"].lower().rpartition("/p/")[0]
        keys = demo.load_secrets(demo.FOLDER / "secrets.env")
        sizes = dict(photograph(origin, keys["DEMO_PASSWORD"]))
    except (Error, OSError) as reason:
        print(f"No screenshots: {reason}\nIs the demo running? make demo")
        return 1
    for name, size in sizes.items():
        print(f"{name}: {size // 1024} KB")
    return 0 if max(sizes.values()) <= MAX_BYTES else 1


def photograph(origin: str, password: str) -> Iterator[tuple[str, int]]:
    """Write every screenshot; yield its name and size in bytes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=machine.CHROMIUM.bring(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=VIEWPORT, locale="zh-CN", color_scheme="light")
        page.goto(f"{origin}/console/login")
        page.fill("#id_login", demo.STAFF)
        page.fill("#id_password", password)
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url("**/console/")
        for screen, pages in ((VIEWPORT, PAGES), (PHONE, PHONE_PAGES)):
            page.set_viewport_size(screen)
            for name, show in pages.items():
                show(page, f"{origin}/console")
                picture = compress(page.screenshot())
                (FOLDER / f"{name}.png").write_bytes(picture)
                yield name, len(picture)
        browser.close()


def _page(path: str) -> Callable[[Page, str], None]:
    def show(page: Page, console: str) -> None:
        page.goto(f"{console}/{path}")

    return show


def _booth(page: Page, console: str) -> None:
    """Open a lot's lanes while a car waits in one of them."""
    page.goto(f"{console}/booth")
    lots = [link.get_attribute("href") or "" for link in page.locator(".hits a").all()] or ["/console/booth"]
    for _ in range(WAITS):
        for lot in lots:
            page.goto(console.removesuffix("/console") + lot)
            if page.locator(".waiting-car .fee").count():
                page.locator(".waiting-car .offers summary").first.click()
                return
        page.wait_for_timeout(2000)


def _search(page: Page, console: str) -> None:
    page.goto(f"{console}/?still=1")
    page.fill("#find", "出口")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _busy_lot(page: Page, console: str) -> str:
    """Return a lot with cars inside, with their list open; one in front of another system has none."""
    page.goto(f"{console}/stays")
    options = page.locator("select[name=lot] option").all()
    for lot in [option.get_attribute("value") or "" for option in options][1:]:
        page.goto(f"{console}/stays?state=inside&lot={lot}")
        if page.locator(FIRST_ROW).count():
            return lot
    raise Error("no car is inside yet; try again in a minute")


def _stay(page: Page, console: str) -> None:
    _busy_lot(page, console)
    with page.expect_navigation():
        page.locator(FIRST_ROW).first.click()


def _cash(page: Page, console: str) -> None:
    """Open a shift, then the cash form on the session of a car inside."""
    lot = _busy_lot(page, console)
    page.goto(f"{console}/shifts")
    opening = page.locator("form", has=page.get_by_role("button", name="开班", exact=True))
    if opening.count():
        opening.locator("select").select_option(lot)
        with page.expect_navigation():
            opening.get_by_role("button", name="开班", exact=True).click()
    else:  # by an earlier run, perhaps in another lot
        lanes = page.locator("main").get_by_role("link", name="车道实况").get_attribute("href") or ""
        lot = lanes.rpartition("/")[2]
    page.goto(f"{console}/stays?state=inside&lot={lot}")
    owes = page.locator("td[data-label='应缴（元）']", has_text=re.compile("[1-9]"))  # a new car parks free
    with page.expect_navigation():
        page.locator("tr", has=owes).locator("a").first.click()
    _unfold(page, "收现金")


def _refund(page: Page, console: str) -> None:
    """Show what a refund will do, without confirming it."""
    page.goto(f"{console}/payments?state=paid")
    with page.expect_navigation():
        page.locator(FIRST_ROW).first.click()
    _unfold(page, "退款")
    act = page.locator("details[open]", has_text="退款").last
    act.get_by_label("一半").check()
    act.get_by_label("这部分费用免收").check()
    act.get_by_label("原因").fill("道闸故障，等待超过 20 分钟")
    with page.expect_navigation():
        act.get_by_role("button", name="下一步").click()


def _bulk(page: Page, console: str) -> None:
    """Show the preview of ending some sessions, without confirming it."""
    page.goto(f"{console}/stays?state=inside&size=20")
    for box in page.locator("td.choose input").all()[:3]:
        box.check()
    page.locator("#bulk").get_by_label("原因").first.fill("已核对监控，车已离场")
    with page.expect_navigation():
        page.get_by_role("button", name="预览：已勾选的").first.click()


def _tasks(page: Page, console: str) -> None:
    """Report a sign as missing, so that there is something to do."""
    _patrol(page, console)
    missing = page.get_by_role("button", name="丢失或扫不出")
    if missing.count():
        with page.expect_navigation():
            missing.last.click()
    page.goto(f"{console}/tasks")


def _patrol(page: Page, console: str) -> None:
    page.goto(f"{console}/lots")
    with page.expect_navigation():
        page.locator(FIRST_ROW).first.click()
    page.goto(f"{page.url}/patrol")


def _menu(page: Page, console: str) -> None:
    page.goto(f"{console}/?still=1")
    page.get_by_role("button", name="菜单").click()


def _day(page: Page, console: str) -> None:
    lot = _busy_lot(page, console)
    page.goto(f"{console}/days/{lot}/{date.today() - timedelta(days=1)}")  # noqa: DTZ011 - as the demo counts


def _unfold(page: Page, name: str) -> None:
    summary = page.locator("summary", has_text=name).first
    summary.click()
    summary.scroll_into_view_if_needed()
    summary.evaluate("e => e.scrollIntoView({block: 'center'})")


PAGES: dict[str, Callable[[Page, str], None]] = {
    "today": _page("?still=1"),
    "search": _search,
    "booth": _booth,
    "stay": _stay,
    "cash": _cash,
    "refund": _refund,
    "bulk": _bulk,
    "tasks": _tasks,
    "days": _page("days"),
    "day": _day,
    "devices": _page("devices"),
    "health": _page("health"),
    "reports": _page("reports/income?compare=before"),
    "people": _page("people"),
    "account": _page("account/factors"),
}
PHONE_PAGES: dict[str, Callable[[Page, str], None]] = {"patrol": _patrol, "menu": _menu}


if __name__ == "__main__":
    sys.exit(main())
