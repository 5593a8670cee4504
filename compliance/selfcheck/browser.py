"""Drives Chromium through a page as one phone would, and writes down what it saw. The only module that does.

The page is not trusted: it reaches the network only through the visit's own proxy, other sites are answered
empty, nothing is downloaded, no service worker starts, dialogs are answered, and the visit ends after a while.
What is read off the page is read in a world of its own, which the page's scripts cannot reach.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.selfcheck import cashiers, wording
from compliance.selfcheck.addresses import Resolve, guarded
from compliance.selfcheck.canary import PLATE, SECOND, Canary
from compliance.selfcheck.judging import scope_mark
from compliance.selfcheck.phones import Phone
from compliance.selfcheck.proxy import MOST, Door
from compliance.selfcheck.seen import (
    Call,
    Control,
    Field,
    Hop,
    Kept,
    Phase,
    Request,
    Screen,
    Visit,
)
from compliance.selfcheck.sites import host_of, is_address, scheme_of, site_of, tidy
from lots.errors import ParkingError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Response, Route
    from playwright.async_api import Request as WebRequest

HERE = Path(__file__).parent
HOOKS, LOOK, LARGE = (
    (HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("hooks", "look", "large")
)
SMALL = {"width": 360, "height": 640}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WORDS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"),
)  # fmt: skip
NOWHERE = "http://127.0.0.1:9"  # the proxy of whatever belongs to no visit: nobody listens there
MANY_PAGES = 8  # page loads within one phase before it counts as endless
MOST_RECORDS = 600
SLOW_TO_BEGIN = 0.8  # seconds that a press may take to show in the network
EMPTY = {
    "document": ("text/html", "<!doctype html>"),
    "script": ("text/javascript", ""),
    "stylesheet": ("text/css", ""),
}
SHARED: list["Browser"] = []  # the browser of the open workshop (`checking.workshop`)
STOPS = {
    "refused": "地址在内网或保留网段，拒绝访问", "unresolved": "域名无法解析", "too_large": "页面内容过大，已中断",
    "endless": "跳转没有尽头，已中断", "slow": "页面长时间没有响应，已中断", "no_answer": "页面打不开",
    "crash": "页面使浏览器崩溃", "download": "打开的不是网页而是下载",
}  # fmt: skip


class NoBrowser(ParkingError):
    """The self-check needs the package playwright and a Chromium; the message says which is missing."""

    code = "no_browser"


@dataclass(frozen=True)
class Options:
    """How gently, and how far, pages are tried."""

    plate: str = PLATE
    second: str = SECOND
    live: bool = False  # let other sites answer (never the cashier)
    honest: bool = False
    dwell: float = 1.2  # seconds to stay on the first page: late pop-ups count
    quiet: float = 0.25  # seconds without a request that count as calm
    patience: float = 30.0  # seconds for one phone's visit
    most: int = MOST  # bytes that one phone's visit may receive
    cashiers: tuple[str, ...] = ()
    allow_private: bool = False
    any_certificate: bool = False
    axe: str = ""  # the source of axe, where it is installed
    evidence: Path | None = None  # where screenshots and the HAR go
    resolve: Resolve | None = None


def find_chromium() -> str:
    """Return the system's Chromium, the one named by CHROMIUM first."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), "")
    if not found:
        raise NoBrowser(
            "Chromium was not found: install it (Debian: apt install chromium) or name it in CHROMIUM"
        )
    return found


def find_axe() -> str:
    """Return the source of axe where `axe-playwright-python` is installed, or nothing."""
    try:
        import axe_playwright_python
    except ImportError:
        return ""
    return (Path(str(axe_playwright_python.__file__)).parent / "axe.min.js").read_text(encoding="utf-8")


@asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """Start one browser for many visits, or lend the one of the workshop that is open.

    As root it runs without Chromium's own sandbox: better not as root.
    """
    if SHARED:
        yield SHARED[0]
        return
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise NoBrowser("the self-check needs the package playwright: pip install playwright") from None
    words = [*WORDS, *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ())]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=words, proxy={"server": NOWHERE}
        )
        try:
            yield browser
        finally:
            with suppress(Exception):
                await asyncio.wait_for(browser.close(), 10)


async def visit_page(browser: "Browser", url: str, phones: Sequence[Phone], options: Options) -> list[Visit]:
    """Try a page with one phone after the other; what its notice says is read once and holds for all."""
    visits = []
    for phone in phones:
        visits.append(await Walk(url, phone.honest() if options.honest else phone, options).run(browser))
    notice = next((visit.notice for visit in visits if visit.notice is not None), None)
    for visit in visits:
        visit.notice = notice
    return visits


class Stop(Exception):
    """The visit cannot go on; `reason` is a key of STOPS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Walk:
    """One phone's way through one page."""

    start: str
    phone: Phone
    options: Options
    phase: Phase = Phase.ARRIVE
    muted: bool = False  # our own further look-ups are not the page's doing
    typed: str = ""  # what stands in the plate field now
    first: str = ""  # the page's own site, known once it has arrived
    busy: set[Any] = field(default_factory=set)
    active_at: float = 0.0
    loads: int = 0
    asked: list[tuple[Phase, "WebRequest", bool]] = field(default_factory=list)
    stored: dict[tuple[str, str], Kept] = field(default_factory=dict)

    async def run(self, browser: "Browser") -> Visit:
        self.visit = Visit(self.phone.name, self.phone.scripts, self.start)
        self.canary = Canary(self.options.plate)
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
            self._write_down()
            self.visit.sizes = {"bytes": self.door.received, "requests": len(self.visit.requests)}
        self.visit.seconds["all"] = round(time.monotonic() - began, 2)
        return self.visit

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

    # What the browser tells

    def _told(self, source: dict[str, Any], payload: Any) -> None:
        """Note what a hook saw. A page may call this too, and then only speaks against itself."""
        if self.muted or len(self.visit.calls) >= MOST_RECORDS:
            return
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            said = json.loads(payload)
            name, detail, by = (str(said.get(key) or "")[:200] for key in ("name", "detail", "by"))
            detail = self.canary.taken_out(detail)
            if name in {"dialog", "modal"}:
                if name == "dialog" and self.phase is not Phase.PAY and len(self.visit.dialogs) < 5:
                    self.visit.dialogs.append(detail[:60])
                return
            if name in cashiers.CALLS and self.phase in {Phase.SUBMIT, Phase.PAY}:
                self.visit.cashier = self.visit.cashier or name.removeprefix("bridge:")
            name = name.removeprefix("bridge:")
            self.visit.calls.append(
                Call(
                    self.phase,
                    name,
                    tidy(by, self.canary.spellings),
                    detail if name in {"listen", "cookie", "storage"} else "",
                )
            )

    def _asked(self, request: "WebRequest") -> None:
        self.busy.add(request)
        self.active_at = time.monotonic()
        if self.muted or len(self.asked) >= MOST_RECORDS:
            return
        main = self._is_main(request)
        self.asked.append((self.phase, request, main))
        if main:
            self.loads += 1
            self._saw_door(request.url)

    def _saw_door(self, url: str) -> None:
        if self.phase in {Phase.SUBMIT, Phase.PAY}:
            door = cashiers.door_at(url, self.options.cashiers)
            if not door and cashiers.silent_openid(url) and self.phase is Phase.PAY:
                door = host_of(url)
            self.visit.cashier = self.visit.cashier or door

    def _responded(self, response: "Response") -> None:
        request = response.request
        if (
            not self.muted
            and self.phase is Phase.SUBMIT
            and request.method == "POST"
            and not self._third(request.url)
        ):
            self.visit.answer_headers = {name.lower(): value for name, value in response.headers.items()}

    def _answered(self, request: "WebRequest") -> None:
        self.busy.discard(request)
        self.active_at = time.monotonic()

    def _is_main(self, request: "WebRequest") -> bool:
        try:
            return (
                request.is_navigation_request()
                and request.frame.parent_frame is None
                and request.frame.page is self.page
            )
        except Exception:  # noqa: BLE001 - a worker's request has no frame
            return False

    def _leads_away(self, url: str) -> bool:
        """Say whether a link leads to another site that is no cashier."""
        return self._third(url) and not cashiers.door_at(url, self.options.cashiers)

    def _third(self, url: str) -> bool:
        return (
            bool(self.first)
            and scheme_of(url) in {"http", "https", "ws", "wss"}
            and site_of(url) != self.first
        )

    async def _route(self, route: "Route") -> None:
        request = route.request
        main = self._is_main(request)
        with suppress(Exception):
            if main and self.loads > MANY_PAGES:
                await route.abort()
            elif (
                main
                and cashiers.door_at(request.url, self.options.cashiers)
                and self.phase is not Phase.ARRIVE
            ):
                await route.fulfill(status=200, content_type="text/html", body="<!doctype html>")
            elif (main and not self.first) or not self._third(request.url) or self.options.live:
                await route.continue_()
            else:
                kind, body = EMPTY.get(request.resource_type, ("text/plain", ""))
                await route.fulfill(
                    status=200, content_type=kind, body=body, headers={"Access-Control-Allow-Origin": "*"}
                )

    def _asked_navigation(self, event: dict[str, Any]) -> None:
        """A page wants to go somewhere that makes no request: an app's own scheme."""
        url = str(event.get("url", ""))
        if self.muted or scheme_of(url) in {"http", "https", "about", "javascript", "data", "blob"}:
            return
        if event.get("frameId") == self.frame:
            self._saw_door(url)
            if self.phase is Phase.ARRIVE:
                self.visit.hops.append(Hop(tidy(url), "scheme", True))

    # The way

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

    def _popped_up(self, page: "Page") -> None:
        if not self.muted:
            if self.phase is not Phase.PAY:
                self.visit.popups.append(tidy(page.url, self.canary.spellings) or "(empty)")
            asyncio.ensure_future(_shut(page))  # noqa: RUF006 - it ends with the context

    async def _arrive(self, context: "BrowserContext") -> None:
        began = time.monotonic()
        answer = await self.page.goto(self.start, wait_until="commit", timeout=15_000)
        self.first = site_of(self.page.url)
        await self._calm(self.options.dwell)
        self._check_loads()
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

    def _check_loads(self) -> None:
        if self.loads > MANY_PAGES:
            raise Stop("endless")
        self.loads = 0

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
        seen = self.seen
        if not seen["plates"]:
            return await self._tap_keys(plate)
        boxes = seen["boxes"]
        fields = self.page.locator("[data-pure-plate]")
        if not self.muted:
            self.phase = Phase.TYPE
        there = "" if boxes else seen["plates"][0]
        if there and not plate.startswith(there):
            await fields.nth(0).fill("")
            there = ""
        for place, letter in enumerate(plate):
            if place < len(there):
                continue
            last = place == len(plate) - 1
            if last:
                await self._calm(self.options.quiet)
                if not self.muted:
                    self.phase, self.typed = Phase.SUBMIT, plate
            target = fields.nth(place if boxes else 0)
            if place == len(there) or boxes:
                await self._reach(target)
            await self.page.keyboard.type(letter)
            self.typed = plate[: place + 1]
        standing = (
            "".join([await fields.nth(i).input_value() for i in range(await fields.count())])
            if await fields.count()
            else plate
        )
        if (
            plate not in standing.upper().replace("·", "").replace(" ", "")
            and not boxes
            and await fields.count()
        ):
            await fields.nth(0).fill(plate)
        if not self.muted:
            self.visit.typed_by, self.visit.acts = ("boxes" if boxes else "field"), 1
        return True

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
        if not self.muted:
            self.phase = Phase.TYPE
        for place, letter in enumerate(plate):
            key = self.page.get_by_text(letter, exact=True).locator("visible=true")
            if not await key.count():
                return False
            if place == len(plate) - 1:
                await self._calm(self.options.quiet)
                if not self.muted:
                    self.phase = Phase.SUBMIT
            await key.last.click(timeout=2000)
            self.typed = plate[: place + 1]
        if not self.muted:
            self.visit.typed_by, self.visit.acts = "keys", 1
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
            self._check_loads()
            if self.visit.cashier:
                return
            screen = await self._look(Phase.SUBMIT)
        elif screen.text == before:
            del self.visit.screens[Phase.SUBMIT]
        self.visit.fee = self._fee_in(screen, before)
        self.visit.seconds["submit"] = round(time.monotonic() - began, 2)

    def _fee_in(self, screen: Screen, before: str) -> bool:
        pays = [control for control in screen.controls if wording.is_pay(control.text)]
        if any(wording.AMOUNT.search(control.text) for control in pays):
            return True
        new = set(wording.AMOUNT.findall(screen.text)) - set(wording.AMOUNT.findall(before))
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
            self._check_loads()
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
        elif prompts := wording.prompts_in(screen.text):
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
            wording.plain_answer(self.canary.taken_out(screen.text)),
            wording.plain_answer(other.taken_out(answer.text)),
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
            await _shut(page)

    # Small things

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
        words = 4 * bool(wording.LOOK_UP.search(text)) + 2 * bool(wording.PAY.search(text))
        return (
            (20 * raw["submit"] + words) if raw["submit"] or (words and not wording.LURE.search(text)) else 0
        )

    def _pay_rank(self, raw: dict[str, Any]) -> int:
        text = raw["text"]
        if not wording.is_pay(text) or wording.LURE.search(text) or self._leads_away(raw["href"]):
            return 0
        return 10 + 20 * bool(wording.AMOUNT.search(text)) + 5 * (not raw["href"])

    def _on_rank(self, raw: dict[str, Any]) -> int:
        """Prefer what lies on top: that is what a driver sees now."""
        return self._next_rank(raw) and self._next_rank(raw) + 50 * raw["above"]

    def _next_rank(self, raw: dict[str, Any]) -> int:
        if rank := self._pay_rank(raw):
            return rank + 10
        go_on = wording.GO_ON.search(raw["text"]) and len(raw["text"]) <= 12
        return 5 if go_on and not raw["href"].startswith("tel:") else 0

    async def _press(self, spot: int) -> None:
        target = self.page.locator(f"[data-pure-n='{spot}']")
        try:
            await target.click(timeout=1500, no_wait_after=True)
        except Exception:  # noqa: BLE001 - something lies over it; the page is asked all the same
            with suppress(Exception):
                await target.dispatch_event("click", timeout=1500)

    async def _calm(self, seconds: float, *, least: bool = False, until: Any = None) -> None:
        """Wait until the page is at rest: `seconds` in all, and nothing under way.

        With `least` something is expected to happen, and is given some time to begin.
        """
        began = self.active_at = time.monotonic()
        while time.monotonic() - began < seconds + 6:
            await asyncio.sleep(0.05)
            self._note_loop()
            now = time.monotonic()
            started = not least or self.active_at > began or now - began > SLOW_TO_BEGIN
            calm = not self.busy and now - self.active_at >= min(seconds, self.options.quiet)
            if (until and until()) or (calm and started and now - began >= seconds):
                return

    def _note_loop(self) -> None:
        if self.loads > MANY_PAGES:
            raise Stop("endless")

    async def _loaded(self) -> None:
        """Wait until the page has been read to its end."""
        for _ in range(30):
            if await self._evaluate("document.readyState") != "loading":
                return
            await asyncio.sleep(0.1)

    async def _evaluate(self, expression: str) -> Any:
        """Evaluate in a world of our own; again if the page was being replaced meanwhile."""
        for _ in range(4):
            with suppress(_trouble(), KeyError):
                return await asyncio.wait_for(self._evaluate_once(expression), 8)
            await asyncio.sleep(0.2)
        raise Stop("no_answer")

    async def _evaluate_once(self, expression: str) -> Any:
        world = await self.cdp.send("Page.createIsolatedWorld", {"frameId": self.frame, "worldName": "pure"})
        done = await self.cdp.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "returnByValue": True,
                "awaitPromise": self.phone.scripts,
            },
        )
        return done["result"]["value"]

    async def _look(self, phase: Phase | None) -> Screen:
        try:
            await self._loaded()
            raw = await self._evaluate(f"{LOOK.rstrip()}()")
        except TimeoutError:
            raise Stop("slow") from None
        self.seen: dict[str, Any] = raw
        screen = self._screen(raw)
        if phase is not None:
            self.visit.screens[phase] = screen
            self._note_stored(raw["stored"])
        if phase is Phase.ARRIVE:
            self.notice_url, self.notice_here = raw["notice"], raw["noticeHere"]
        if phase is not None and self.options.evidence:
            with suppress(Exception):
                path = self.options.evidence / f"{self.phone.name}-{phase.value}.png"
                await self.page.screenshot(path=path, timeout=4000)
        return screen

    def _screen(self, raw: dict[str, Any]) -> Screen:
        clean = self.canary.taken_out
        controls = [
            Control(
                clean(c["text"]),
                tidy(c["href"], self.canary.spellings),
                self._leads_away(c["href"]),
                c["picture"],
                c["area"],
                c["ad"],
            )
            for c in raw["controls"]
        ]
        keys = ("tag", "type", "name", "label", "autocomplete", "visible", "ticked", "plate")
        fields = [Field(*(row[key] for key in keys)) for row in raw["fields"]]
        overlays = tuple(clean(words) for words in raw["overlays"])
        return Screen(
            tidy(raw["url"], self.canary.spellings), raw["title"], clean(raw["text"]), tuple(fields), tuple(controls),
            overlays, tuple(tidy(url) for url in raw["frames"]),
        )  # fmt: skip

    def _note_stored(self, rows: list[list[str]]) -> None:
        for where, name, value in rows:
            key = (where, name)
            self.stored.setdefault(
                key, Kept(self.phase, where, name, False, 0, self._who(where, name), self._forms(value))
            )

    async def _keep(self, context: "BrowserContext") -> None:
        """Note what has been left in the browser since the last time."""
        for cookie in await context.cookies():
            name, domain = str(cookie.get("name")), str(cookie.get("domain"))
            expires = float(cookie.get("expires", -1))
            days = round((expires - time.time()) / 86400) if expires > 0 else 0
            third = site_of(domain.lstrip(".")) != self.first.partition(":")[0]
            by = self._who("cookie", name) or domain
            forms = self._forms(str(cookie.get("value")))
            self.stored.setdefault(
                ("cookie", f"{name}@{domain}"), Kept(self.phase, "cookie", name, third, days, by, forms)
            )
        if self.phone.scripts and self.page.url.startswith("http"):
            with suppress(Exception):
                kept = await self._evaluate(
                    "(async()=>({indexedDB:(await indexedDB.databases()).map(d=>d.name),"
                    "cache:self.caches?await caches.keys():[]}))()"
                )
                for where, names in kept.items():
                    for name in names[:10]:
                        self.stored.setdefault(
                            (where, name), Kept(self.phase, where, name[:60], False, 0, "")
                        )

    def _who(self, where: str, name: str) -> str:
        wanted = name if where == "cookie" else f"{where} {name}"
        kind = "cookie" if where == "cookie" else "storage"
        return next((c.by for c in self.visit.calls if c.name == kind and c.detail == wanted), "")

    def _forms(self, text: str) -> tuple[str, ...]:
        return self.canary.forms_in(text)

    def _write_down(self) -> None:
        """Turn what was asked into records: after the visit, when it is known whose page it is."""
        hops: list[Hop] = []
        before = ""
        for phase, request, main in self.asked:
            url = request.url
            if scheme_of(url) not in {"http", "https", "ws", "wss"}:
                continue
            if main and phase is Phase.ARRIVE:
                if before:
                    how = "http" if request.redirected_from else "script"
                    hops.append(Hop(tidy(url, self.canary.spellings), how, site_of(url) != site_of(before)))
                before = url
            self.visit.requests.append(self._record(phase, request, main))
        self.visit.hops = hops[:20] + self.visit.hops
        self.visit.kept = [row for row in self.stored.values() if row.name]
        workers = [call for call in self.visit.calls if call.name == "worker"]
        self.visit.kept += [
            Kept(call.phase, "worker", "service worker", False, 0, call.by) for call in workers[:1]
        ]

    def _record(self, phase: Phase, request: "WebRequest", main: bool) -> Request:
        url = request.url
        body = ""
        with suppress(Exception):
            body = (request.post_data_buffer or b"")[:20000].decode("utf-8", "replace")
        found = [f"url:{form}" for form in self.canary.forms_in(url)] + [
            f"body:{form}" for form in self.canary.forms_in(body)
        ]
        found += [f"referer:{form}" for form in self.canary.forms_in(request.headers.get("referer", ""))]
        if phase is Phase.TYPE:
            typed = self.options.plate[:-1]
            parts = [typed[:n] for n in range(5, len(typed) + 1)]
            found += [
                f"{where}:part"
                for where, text in (("url", url), ("body", body))
                if any(self.canary.part_in(text, p) for p in parts)
            ]
        cname = self.door.canonical.get(host_of(url), "")
        return Request(
            phase, request.method, tidy(url, self.canary.spellings) + scope_mark(url), request.resource_type, self._third(url),
            cname if cname and site_of(cname) != site_of(url) else "", tuple(dict.fromkeys(found)), main,
        )  # fmt: skip


def _trouble() -> type[Exception]:
    """Return what playwright raises; it is imported late, because it need not be installed."""
    from playwright.async_api import Error

    return Error


async def _dismiss(dialog: Any, visit: Visit) -> None:
    if len(visit.dialogs) < 5:
        visit.dialogs.append(dialog.message[:60])
    with suppress(Exception):
        await dialog.dismiss()


async def _shut(page: "Page") -> None:
    with suppress(Exception):
        await asyncio.wait_for(page.close(), 5)
