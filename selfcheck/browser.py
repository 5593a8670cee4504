"""Drives Chromium through a page as one phone would.

The page is not trusted: it reaches the network only through the visit's own proxy, other sites are answered
empty, nothing is downloaded, no service worker starts, dialogs are answered, and the visit ends after a
while. What is read off the page is read in a world of its own, which the page's scripts cannot reach.
"""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfcheck import page_wording
from selfcheck.canary import Canary
from selfcheck.chrome import SHARED, NoBrowser, Options, chromium, find_axe, find_chromium
from selfcheck.network_addresses import guarded
from selfcheck.page_reader import HOOKS, LARGE, Looker, Stop
from selfcheck.phones import Phone
from selfcheck.proxy import Door
from selfcheck.recorder import MANY_PAGES, shut
from selfcheck.sites import host_of, is_address, scheme_of, site_of, tidy
from selfcheck.visit import Phase, Screen, Visit

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext

__all__ = ["SHARED", "NoBrowser", "Options", "chromium", "find_axe", "find_chromium", "visit_page"]
UNSCRIPTED = 0.3  # seconds to stay on a page that nothing but the server can change
SMALL = {"width": 360, "height": 640}
STOPS = {
    "refused": "地址在内网或保留网段，拒绝访问",
    "unresolved": "域名无法解析",
    "too_large": "页面内容过大，已中断",
    "endless": "跳转没有尽头，已中断",
    "slow": "页面长时间没有响应，已中断",
    "no_answer": "页面打不开",
    "crash": "页面使浏览器崩溃",
    "download": "打开的不是网页而是下载",
}


async def visit_page(browser: "Browser", url: str, phones: Sequence[Phone], options: Options) -> list[Visit]:
    """Try a page with one phone after the other; what its notice says is read once and holds for all."""
    walks = [Walk(url, phone.honest() if options.honest else phone, options) for phone in phones]
    visits = [await walk.run(browser) for walk in walks]
    notice = next((visit.notice for visit in visits if visit.notice is not None), None)
    for visit in visits:
        visit.notice = notice
    return visits


@dataclass
class Walk(Looker):
    """One phone's way through one page."""

    async def run(self, browser: "Browser") -> Visit:
        resolve = self.options.resolve or guarded(allow_private=self.options.allow_private)
        began = time.monotonic()
        async with Door(resolve, self.options.most) as self.door:
            context = await self._context(browser)
            try:
                async with asyncio.timeout(self.options.patience):
                    await self._walk(context)
            except Stop as stop:
                self._stop(stop.reason)
            except TimeoutError:
                self._stop("slow")
            except Exception as error:  # noqa: BLE001 - whatever a page does to the browser ends this visit alone
                self._stop(self._reason(error))
            finally:
                with suppress(Exception):
                    await asyncio.wait_for(context.close(), 8)
            if self.door.too_large:
                self._stop("too_large")
            self._scrub_har()
            self._write_down()
            self.visit.sizes = {"bytes": self.door.received, "requests": len(self.visit.requests)}
        self.visit.seconds["all"] = round(time.monotonic() - began, 2)
        return self.visit

    def _scrub_har(self) -> None:
        """Take the plate out of the record of requests, which holds what forms sent."""
        path = self.options.evidence and self.options.evidence / f"{self.phone.name}.har"
        if path and path.exists():
            path.write_text(self.canary.scrubbed(path.read_text(encoding="utf-8")), encoding="utf-8")

    def _stop(self, reason: str) -> None:
        if STOPS[reason] not in self.visit.stopped:
            self.visit.stopped.append(STOPS[reason])

    def _reason(self, error: Exception) -> str:
        host = host_of(self.start)
        if host in self.door.refused or (self.door.refused and not self.visit.url):
            return "refused"
        if host in self.door.unresolved:
            return "unresolved"
        if self.door.too_large:
            return "too_large"
        text = str(error)
        if "ERR_TOO_MANY_REDIRECTS" in text or self.loads > MANY_PAGES:
            return "endless"
        if "Download" in text or "ERR_ABORTED" in text:
            return "download"
        return "crash" if "crash" in text.lower() else "slow" if "Timeout" in text else "no_answer"

    async def _context(self, browser: "Browser") -> "BrowserContext":
        har: dict[str, Any] = {}
        if self.options.evidence:
            har = {
                "record_har_path": self.options.evidence / f"{self.phone.name}.har",
                "record_har_content": "omit",
            }
        context = await browser.new_context(
            user_agent=self.phone.agent,
            java_script_enabled=self.phone.scripts,
            viewport=SMALL,  # type: ignore[arg-type]
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            accept_downloads=False,
            service_workers="block",
            ignore_https_errors=self.options.any_certificate,
            proxy={"server": self.door.address},
            **har,
        )
        context.set_default_timeout(5000)
        if self.phone.scripts:
            name = f"_{os.urandom(6).hex()}"
            await context.expose_binding(name, self._told)
            await context.add_init_script(
                f"{HOOKS.rstrip()}({json.dumps(name)},{json.dumps(self.phone.bridge)})"
            )
        await context.route("**/*", self._route)
        context.on("request", self._asked)
        context.on("response", self._responded)
        context.on("requestfinished", self._answered)
        context.on("requestfailed", self._answered)
        return context

    async def _walk(self, context: "BrowserContext") -> None:
        self.page = await context.new_page()
        context.on("page", self._popped_up)
        self.page.on("dialog", lambda dialog: asyncio.ensure_future(_dismiss(dialog, self.visit)))
        self.cdp = await context.new_cdp_session(self.page)
        await self.cdp.send("Page.enable")
        self.frame = (await self.cdp.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        self.cdp.on("Page.frameRequestedNavigation", self._asked_navigation)
        await self._arrive(context)
        if not await self._type(self.options.plate):
            return
        await self._submit()
        if not self.visit.cashier:
            await self._pay()
        await self._keep(context)
        if self.phone.name == "plain":
            await self._ask_more(context)

    async def _arrive(self, context: "BrowserContext") -> None:
        began = time.monotonic()
        answer = await self.page.goto(self.start, wait_until="commit", timeout=15_000)
        self.first = site_of(self.page.url)
        await self._calm(self.options.dwell if self.phone.scripts else min(self.options.dwell, UNSCRIPTED))
        self._note_loop()
        if site_of(self.page.url) != self.first and scheme_of(self.page.url) in {"http", "https"}:
            self.first = site_of(self.page.url)  # a script took the visit to another site
        if not self.options.live:
            self.door.only(self.first)
        self.visit.url = tidy(self.page.url, self.canary.spellings)
        self.visit.status = answer.status if answer else 0
        self.visit.headers = (
            {name.lower(): value for name, value in (await answer.all_headers()).items()} if answer else {}
        )
        host = host_of(self.page.url)
        self.visit.secure = self.page.url.startswith("https:") or host == "localhost" or is_address(host)
        await self._look(Phase.ARRIVE)
        await self._keep(context)
        self.visit.seconds["arrive"] = round(time.monotonic() - began, 2)
        if self.phone.name == "plain" and self.visit.status == 200:
            await self._measure()

    async def _measure(self) -> None:
        """Ask axe, and double the letters."""
        with suppress(TimeoutError, Stop):
            self.visit.cut_off = list(await self._evaluate(f"{LARGE.rstrip()}()"))
        if self.options.axe:
            tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
            run = (
                f"axe.run(document,{{runOnly:{tags},resultTypes:['violations']}})"
                ".then(r=>r.violations.map(v=>v.id+' ('+v.nodes.length+')'))"
            )
            with suppress(TimeoutError, Stop):
                self.visit.barriers = list(await self._evaluate(f"{self.options.axe};{run}"))

    async def _type(self, plate: str) -> bool:
        """Type the plate letter by letter, the last one apart; say whether there was a place for it."""
        plates, boxes = self.seen["plates"], self.seen["boxes"]
        if not plates:
            return await self._tap_keys(plate)
        fields = self.page.locator("[data-pure-plate]")
        there = "" if boxes else plates[0]
        if there and not plate.startswith(there):
            await fields.nth(0).fill("")
            there = ""
        self._enter(Phase.TYPE)
        for place in range(len(there), len(plate)):
            if place == len(plate) - 1:
                await self._calm(self.options.quiet)
                self._enter(Phase.SUBMIT)
            if boxes or place == len(there):
                await self._reach(fields.nth(place if boxes else 0))
            await self.page.keyboard.type(plate[place])
        if not boxes:
            await self._see_that_it_stands(fields, plate)
        self._typed_by("boxes" if boxes else "field")
        return True

    async def _see_that_it_stands(self, fields: Any, plate: str) -> None:
        """Put the plate in at once where typing did not: some fields swallow keys."""
        if not await fields.count():
            return  # the page went on by itself
        standing = (await fields.nth(0).input_value()).upper().replace("·", "").replace(" ", "")
        if plate not in standing:
            await fields.nth(0).fill(plate)

    def _enter(self, phase: Phase) -> None:
        if not self.muted:
            self.phase = phase

    def _typed_by(self, how: str) -> None:
        if not self.muted:
            self.visit.typed_by, self.visit.acts = how, 1

    async def _reach(self, target: Any) -> None:
        """Put the cursor at the end of a field, even where something lies over it."""
        await target.focus()
        with suppress(Exception):
            await target.evaluate(
                "e => { const n = e.value.length; e.setSelectionRange && e.setSelectionRange(n, n); }"
            )

    async def _tap_keys(self, plate: str) -> bool:
        """Type on keys that the page draws itself, where it has no field at all."""
        if not await self.page.get_by_text(plate[0], exact=True).count():
            return False
        self._enter(Phase.TYPE)
        for place, letter in enumerate(plate):
            key = self.page.get_by_text(letter, exact=True).locator("visible=true")
            if not await key.count():
                return False
            if place == len(plate) - 1:
                await self._calm(self.options.quiet)
                self._enter(Phase.SUBMIT)
            await key.last.click(timeout=2000)
        self._typed_by("keys")
        return True

    async def _submit(self) -> None:
        """Look the fee up, unless the page did so when the plate was complete."""
        began = time.monotonic()
        before = self.visit.screens[Phase.ARRIVE].text
        await self._calm(self.options.quiet + 0.2)
        screen = await self._look(Phase.SUBMIT)
        if (
            not self._fee_in(screen, before)
            and not self.visit.cashier
            and (spot := self._spot(self._look_up_rank)) is not None
        ):
            await self._press(spot)
            await self._calm(self.options.quiet, least=True)
            self._note_loop()
            if self.visit.cashier:
                return
            screen = await self._look(Phase.SUBMIT)
        elif screen.text == before:
            del self.visit.screens[Phase.SUBMIT]
        self.visit.fee = self._fee_in(screen, before)
        self.visit.seconds["submit"] = round(time.monotonic() - began, 2)

    def _fee_in(self, screen: Screen, before: str) -> bool:
        pays = [control for control in screen.controls if page_wording.is_pay(control.text)]
        if any(page_wording.AMOUNT.search(control.text) for control in pays):
            return True
        new = set(page_wording.AMOUNT.findall(screen.text)) - set(page_wording.AMOUNT.findall(before))
        return bool(pays and new)

    async def _pay(self) -> None:
        """Press pay, and whatever else the page puts between that and the cashier."""
        began = time.monotonic()
        for turn in range(6):
            spot = self._spot(self._pay_rank if turn == 0 else self._on_rank)
            if spot is None:
                break
            self.phase = Phase.PAY
            self.visit.acts += 1
            before = self.visit.screens.get(Phase.PAY) or self.visit.screens.get(Phase.SUBMIT)
            await self._press(spot)
            await self._calm(self.options.quiet, least=True, until=lambda: bool(self.visit.cashier))
            if self.visit.cashier:
                break
            self._note_loop()
            screen = await self._look(Phase.PAY)
            if (
                self._spot(self._on_rank) is None
            ):  # a hand-over page leads on by itself, on a slow phone later
                await self._calm(1.5, until=lambda: bool(self.visit.cashier))
            if self.visit.cashier:
                break
            self._note_waylaid(screen)
            if before and screen.text == before.text and turn:
                break
        self.visit.seconds["pay"] = round(time.monotonic() - began, 2)

    def _note_waylaid(self, screen: Screen) -> None:
        if self.visit.waylaid:
            return
        if self._third(self.page.url):
            self.visit.waylaid = tidy(self.page.url, self.canary.spellings)
        elif screen.overlays:
            self.visit.waylaid = screen.overlays[0]
        elif prompts := page_wording.prompts_in(screen.text):
            self.visit.waylaid = next(iter(prompts.values()))

    async def _ask_more(self, context: "BrowserContext") -> None:
        """Read the notice, and where the plate owes nothing, ask gently for one more absent plate."""
        self.muted = True
        self.visit.notice = await self._read_notice(context)
        screen = self.visit.screens.get(Phase.SUBMIT)
        if self.visit.fee or screen is None or self.visit.cashier:
            return
        await asyncio.sleep(min(1.0, self.options.dwell))
        await self.page.goto(self.start, wait_until="commit")
        await self._calm(self.options.quiet, least=True)
        before = (await self._look(None)).text
        if not await self._type(self.options.second):
            return
        await self._calm(self.options.quiet + 0.2)
        answer = await self._look(None)
        if answer.text == before and (spot := self._spot(self._look_up_rank)) is not None:
            await self._press(spot)
            await self._calm(self.options.quiet, least=True)
            answer = await self._look(None)
        other = Canary(self.options.second)
        self.visit.answers = (
            page_wording.plain_answer(self.canary.taken_out(screen.text)),
            page_wording.plain_answer(other.taken_out(answer.text)),
        )

    async def _read_notice(self, context: "BrowserContext") -> str:
        if self.notice_here:
            return self.visit.screens[Phase.ARRIVE].text
        if not self.notice_url or self._third(self.notice_url):
            return ""
        page = await context.new_page()
        try:
            await page.goto(self.notice_url, wait_until="domcontentloaded", timeout=8000)
            return (await page.inner_text("body"))[:20000]
        except Exception:  # noqa: BLE001 - a notice that cannot be opened is none
            return ""
        finally:
            await shut(page)

    def _spot(self, rank: Any) -> int | None:
        """Return the number of the control to press: that with the highest rank, if any has one."""
        best = max(
            ((rank(raw), -place) for place, raw in enumerate(self.seen["controls"]) if not raw["disabled"]),
            default=(0, 0),
        )
        return -best[1] if best[0] > 0 else None

    def _look_up_rank(self, raw: dict[str, Any]) -> int:
        text = raw["text"]
        if self._third(raw["href"]) or len(text) > 16 or raw["href"].startswith("tel:"):
            return 0
        words = 4 * bool(page_wording.LOOK_UP.search(text)) + 2 * bool(page_wording.PAY.search(text))
        return (
            (20 * raw["submit"] + words)
            if raw["submit"] or (words and not page_wording.LURE.search(text))
            else 0
        )

    def _pay_rank(self, raw: dict[str, Any]) -> int:
        text = raw["text"]
        if not page_wording.is_pay(text) or page_wording.LURE.search(text) or self._leads_away(raw["href"]):
            return 0
        return 10 + 20 * bool(page_wording.AMOUNT.search(text)) + 5 * (not raw["href"])

    def _on_rank(self, raw: dict[str, Any]) -> int:
        """Prefer what lies on top: that is what a driver sees now."""
        return self._next_rank(raw) and self._next_rank(raw) + 50 * raw["above"]

    def _next_rank(self, raw: dict[str, Any]) -> int:
        if rank := self._pay_rank(raw):
            return rank + 10
        go_on = page_wording.GO_ON.search(raw["text"]) and len(raw["text"]) <= 12
        return 5 if go_on and not raw["href"].startswith("tel:") else 0

    async def _press(self, spot: int) -> None:
        target = self.page.locator(f"[data-pure-n='{spot}']")
        try:
            await target.click(timeout=1500, no_wait_after=True)
        except Exception:  # noqa: BLE001 - something lies over it; the page is asked all the same
            with suppress(Exception):
                await target.dispatch_event("click", timeout=1500)


async def _dismiss(dialog: Any, visit: Visit) -> None:
    if len(visit.dialogs) < 5:
        visit.dialogs.append(dialog.message[:60])
    with suppress(Exception):
        await dialog.dismiss()
