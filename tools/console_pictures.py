"""Regenerates the screenshots of docs/operations.md from the running demo: `make demo`, then

    python -m tools.console_pictures

A viewport of 1366 by 768, in the headless Chromium of the tests, signed in as the demo's staff. Plates are
invented.
"""

import json
import sys
from collections.abc import Callable, Iterator

from playwright.sync_api import Error, Page, ViewportSize, sync_playwright

from tools import demo, machine
from tools.screenshots import compress

FOLDER = machine.ROOT / "docs" / "images" / "console"
VIEWPORT: ViewportSize = ViewportSize(width=1366, height=768)
MAX_BYTES = 90 * 1024
FIRST_ROW = "table.list tbody a"


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
        for name, show in PAGES.items():
            show(page, f"{origin}/console")
            picture = compress(page.screenshot())
            (FOLDER / f"{name}.png").write_bytes(picture)
            yield name, len(picture)
        browser.close()


def _page(path: str) -> Callable[[Page, str], None]:
    def show(page: Page, console: str) -> None:
        page.goto(f"{console}/{path}")

    return show


def _stay(page: Page, console: str) -> None:
    """Open the session of a car inside the first lot by name, for which a new shift opens by default."""
    page.goto(f"{console}/stays")
    lot = page.locator("select[name=lot] option").nth(1).get_attribute("value")
    page.goto(f"{console}/stays?state=inside&lot={lot}")
    page.locator(FIRST_ROW).first.click()
    page.wait_for_load_state()


def _cash(page: Page, console: str) -> None:
    """Open a shift, then the cash form on the session of a car inside."""
    page.goto(f"{console}/shifts")
    opening = page.get_by_role("button", name="开班", exact=True)
    if opening.count():
        opening.click()
        page.wait_for_load_state()
    _stay(page, console)
    _unfold(page, "收现金")


def _refund(page: Page, console: str) -> None:
    page.goto(f"{console}/payments?state=paid")
    page.locator(FIRST_ROW).first.click()
    page.wait_for_load_state()
    _unfold(page, "退款")


def _unfold(page: Page, name: str) -> None:
    summary = page.locator("summary", has_text=name).first
    summary.click()
    summary.scroll_into_view_if_needed()
    summary.evaluate("e => e.scrollIntoView({block: 'center'})")


PAGES: dict[str, Callable[[Page, str], None]] = {
    "today": _page("?still=1"),
    "stay": _stay,
    "cash": _cash,
    "refund": _refund,
    "tasks": _page("tasks"),
    "days": _page("days"),
    "devices": _page("devices"),
    "health": _page("health"),
    "reports": _page("reports/income"),
    "account": _page("account/factors"),
}


if __name__ == "__main__":
    sys.exit(main())
