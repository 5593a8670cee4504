"""Visits a page with one phone after the other.

The page is not trusted: it reaches the network only through the visit's own proxy, other sites are answered
with empty content, nothing is downloaded, and the visit ends after a while.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from selfcheck import covers, page_wording, plain_chinese
from selfcheck.canary import Canary, random_electric_plate, random_plate
from selfcheck.chrome import SHARED, NoBrowser, Options, chromium, find_axe, find_chromium
from selfcheck.cloaking import compare_with_automated
from selfcheck.entity_tags import telling_files
from selfcheck.evidence import write_har, write_snapshot
from selfcheck.judging_answers import fee_of
from selfcheck.judging_prompts import (
    denied_by_target,
    explained_by_target,
    leads_back,
    set_apart_by_target,
)
from selfcheck.network_addresses import guarded
from selfcheck.other_language import other_fees
from selfcheck.page_reader import PageReader, Stop
from selfcheck.patience import stretched, within
from selfcheck.phones import Phone
from selfcheck.probes import Probes
from selfcheck.proxy import ObservingProxy
from selfcheck.recorder import MAX_PAGES, Recorder, shut
from selfcheck.sites import host_of, scheme_named, tidy
from selfcheck.visit import DOWNLOADED, Phase, Visit
from selfcheck.walk import PageWalk

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

__all__ = ["SHARED", "NoBrowser", "Options", "chromium", "find_axe", "find_chromium", "visit_page"]
OPEN_SECONDS = 30.0  # that a browser may take to open a context
WINDOW_SECONDS = 1.5  # that a window opened by pay is left open: it may lead on to the cashier
PLACE = {"latitude": 31.2304, "longitude": 121.4737}  # that a phone tells where it is asked and allows it
STOPS = {
    "refused": "地址在内网或保留网段，拒绝访问",
    "unresolved": "域名无法解析",
    "untrusted": "服务器证书不可信，未继续访问",
    "too_large": "页面内容过大，已中断",
    "endless": "跳转没有尽头，已中断",
    "windows": "页面不停打开新窗口，已中断",
    "dialogs": "页面不停弹出系统对话框，已中断",
    "requests": "页面不停发出请求，已中断",
    "slow": "页面长时间没有响应，已中断",
    "no_answer": "页面打不开",
    "crash": "页面使浏览器崩溃，或占用内存过大，已中断",
    "download": "打开的不是网页而是下载",
    "no_content": "服务器没有给出网页内容",
    "off_the_web": "服务器要求跳到网页以外的地址",
}


def with_plates(options: Options) -> Options:
    """Return options with each plate that was left open; the other one is always of another province."""
    plate = options.plate or random_plate()
    return replace(
        options,
        plate=plate,
        again=options.again or random_plate("粤B" if plate.startswith("苏") else "苏E"),
        electric=options.electric or options.plate or random_electric_plate(),
        second=options.second or random_plate(),
    )


async def visit_page(browser: "Browser", url: str, phones: Sequence[Phone], options: Options) -> list[Visit]:
    """Visit a page with each phone in turn; its privacy notice is read once and holds for all visits."""
    options = with_plates(options)
    reader = next(
        (phone for name in ("plain", "") for phone in phones if phone.name == name or not name), None
    )

    async def visited(phone: Phone) -> Visit:
        known = phone.honest() if options.honest else phone
        return await PhoneVisit(url, known, options, phone is reader).run(browser)

    visits = [await visited(phone) for phone in phones]
    if any(visit.status == 200 for visit in visits):
        for place, phone in enumerate(phones):
            if failed_by_chance(visits[place]):
                visits[place] = await visited(phone)
    notice = next((visit.notice for visit in visits if visit.notice is not None), None)
    if notice is not None:  # it may open in place
        notice += "".join(
            f"\n{screen.text}"
            for visit in visits
            for label, screen in visit.behind
            if page_wording.NOTICE.search(plain_chinese.simplified(label)) and visit.adds(screen.text)
        )
    notice_links = (visit.opens_notice for visit in visits)
    explained = set().union(*map(explained_by_target, visits), *map(leads_back, visits), *notice_links)
    denied = set().union(*map(denied_by_target, visits))
    apart = set().union(*map(set_apart_by_target, visits))
    for visit in visits:
        visit.notice = notice
        visit.led_on |= explained
        visit.denied_behind |= denied
        visit.apart_behind |= apart
    scripted = next((visit for visit in visits if visit.scripts and visit.url), None)
    if scripted and options.automated and not options.honest:
        await compare_with_automated(browser, url, phones[visits.index(scripted)], options, scripted)
    return visits


BY_CHANCE = {STOPS[reason] for reason in ("unresolved", "slow", "no_answer")}
GATEWAY = {502, 503, 504}


def failed_by_chance(visit: Visit) -> bool:
    """Return whether a page that other phones opened showed this one nothing: a driver tries once more."""
    if "opened" not in visit.did:
        return bool(visit.stopped) and set(visit.stopped) <= BY_CHANCE
    shown = any(s.controls or s.fields or s.overlays or s.pictures for s in visit.screens)
    return visit.status in GATEWAY and not shown


class BrowserLost(NoBrowser):
    """The browser crashed or no longer answers: no fault of the page that was to be opened next."""


class PhoneVisit:
    """One phone's visit to one page: sets everything up, walks through, and records why it ended early."""

    def __init__(self, url: str, phone: Phone, options: Options, reads_notice: bool) -> None:
        self.phone, self.options, self.reads_notice = phone, options, reads_notice
        self.visit = Visit(phone.name, phone.scripts, url)
        self.crashed = asyncio.Event()
        self.floods = ""  # the reason, once the page was ended because it floods the browser
        self.cdp: Any = None
        self.recorder = Recorder(self.visit, Canary(options.plate), options.cashiers, options.live)
        self.recorder.flooded = self._end_flood

    async def run(self, browser: "Browser") -> Visit:
        options, visit, recorder = self.options, self.visit, self.recorder
        began = time.monotonic()
        async with open_proxy(options) as proxy:
            proxy.policy, proxy.changed = recorder.allow, recorder.active
            recorder.proxy = proxy
            context = await self._open(browser, proxy)
            try:
                await within(options.patience, self._unless_gone(self._walk(context, browser.version)))
            except Stop as stop:
                self._stop(stop.reason)
            except TimeoutError:
                self._stop("slow")
            except Exception as error:  # whatever a page does to the browser ends this visit alone
                if not browser.is_connected() or "Connection closed" in str(error):
                    raise BrowserLost("Chromium or its driver ended") from error
                await self._let_loop_end()
                self._stop(self._reason(error))
            finally:
                await self._close(context)
            if proxy.too_large:
                self._stop("too_large")
            if self.floods:
                visit.stopped[:] = [STOPS[self.floods]]
            elif self.crashed.is_set():
                self._stop("crash")
            await asyncio.sleep(0.05)  # beacons that were sent while the page was closed
            recorder.finish()
            if self.reads_notice and visit.status == 200:
                await self._ask_again(proxy)
            if options.evidence:
                write_har(options.evidence, self.phone.name, proxy, recorder.canary)
            visit.sizes = {"bytes": proxy.received, "requests": len(visit.requests)}
        visit.seconds["all"] = round(time.monotonic() - began, 2)
        return visit

    async def _ask_again(self, proxy: ObservingProxy) -> None:
        """Ask the site a few things once more, without the browser."""
        visit, site = self.visit, self.recorder.first
        visit.stored += await telling_files(proxy.exchanges, site, self.options)
        if fee := fee_of(visit):
            fees = await other_fees(proxy.exchanges, site, fee, self.options)
            visit.other_fee, visit.grown_fee = fees

    async def _open(self, browser: "Browser", proxy: ObservingProxy) -> "BrowserContext":
        try:
            return await within(OPEN_SECONDS, open_context(browser, self.phone, proxy))
        except Exception as error:
            raise BrowserLost(f"Chromium stopped answering: {str(error) or 'it took too long'}") from error

    async def _unless_gone(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work until the page has crashed: what is asked of it then is never answered."""
        walk, gone = asyncio.ensure_future(work), asyncio.ensure_future(self.crashed.wait())
        try:
            await asyncio.wait({walk, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not walk.done():
                raise Stop("crash")
            walk.result()
        finally:
            gone.cancel()
            if not walk.done():
                walk.cancel()
                await asyncio.wait({walk}, timeout=2)

    async def _close(self, context: "BrowserContext") -> None:
        """Close the context; a page that does not let that happen is ended: it would go on beside others."""
        try:
            await asyncio.wait_for(context.close(), 8)
        except TimeoutError:
            with suppress(Exception):
                await asyncio.wait_for(self._end_page(), 3)
                await asyncio.wait_for(context.close(), 8)
        except Exception:  # noqa: BLE001 - it is closed already
            return

    def _stop(self, reason: str) -> None:
        if STOPS[reason] not in self.visit.stopped:
            self.visit.stopped.append(STOPS[reason])

    async def _let_loop_end(self) -> None:
        """Wait while the page goes on to load itself: that breaks off what was asked, and is the reason."""
        seen = 1
        while seen < self.recorder.loads <= MAX_PAGES:
            seen = self.recorder.loads
            await asyncio.sleep(1)

    def _reason(self, error: Exception) -> str:
        proxy, host = self.recorder.proxy, host_of(self.visit.start)
        if host in proxy.refused or (proxy.refused and not self.visit.url):
            return "refused"
        if host in proxy.unresolved:
            return "unresolved"
        if proxy.untrusted and not self.visit.url:
            return "untrusted"
        if proxy.too_large:
            return "too_large"
        text = str(error)
        if "ERR_TOO_MANY_REDIRECTS" in text or self.recorder.loads > MAX_PAGES:
            return "endless"
        if reason := self._reason_in_answer():
            return reason
        if "Download" in text or "ERR_ABORTED" in text:
            return "download"
        return "crash" if "crash" in text.lower() else "slow" if "Timeout" in text else "no_answer"

    def _reason_in_answer(self) -> str:
        """Return what the last answer for the page itself was, where no browser makes a page of it."""
        answers = [e for e in self.recorder.proxy.exchanges if getattr(e.mark, "main", False) and e.status]
        if not answers or self.visit.url:
            return ""
        last = answers[-1]
        if last.status in {204, 205, 304}:
            return "no_content"
        to = scheme_named(last.answer_header("location")) if 300 <= last.status < 400 else ""
        return "off_the_web" if to not in {"", "http", "https"} else ""

    async def _walk(self, context: "BrowserContext", version: str) -> None:
        recorder, visit = self.recorder, self.visit
        context.on("request", recorder.browser_request)
        page = await context.new_page()
        recorder.page = page
        page.on("crash", self._note_crash)
        context.on("page", self._window)
        page.on("dialog", lambda dialog: asyncio.ensure_future(_dismiss(dialog, visit, recorder)))
        page.on("download", lambda download: note_download(download, recorder))
        self.cdp = cdp = await context.new_cdp_session(page)
        await cdp.send("Page.enable")
        tree = await cdp.send("Page.getFrameTree")
        recorder.frame = tree["frameTree"]["frame"]["id"]
        cdp.on("Page.frameRequestedNavigation", recorder.navigation_wanted)
        cdp.on("Page.navigatedWithinDocument", lambda event: recorder.address_changed(str(event["url"])))
        await become(cdp, self.phone, version)
        if self.phone.scripts:
            recorder.probes = Probes(cdp, self.phone.bridge, recorder.proxy.unscripted, recorder.probed)
            await recorder.probes.start()
        reader = PageReader(
            page, cdp, recorder, self.phone.scripts, self.options.evidence, self.phone.name, recorder.frame
        )
        walk = PageWalk(page, context, reader, recorder, self.phone, self.options, self.reads_notice)
        try:
            await walk.go()
        finally:
            if self.options.evidence:
                with suppress(Exception):
                    await asyncio.wait_for(
                        write_snapshot(self.options.evidence, self.phone.name, cdp, recorder.canary), 6
                    )

    def _note_crash(self, _page: "Page") -> None:
        self.crashed.set()

    def _window(self, page: "Page") -> None:
        if not self.recorder.muted:
            self.recorder.count_window()
            if self.recorder.phase is not Phase.PAY:
                self.recorder.note_popup(page.url)
            asyncio.ensure_future(self._close_window(page))  # noqa: RUF006 - it ends with the context

    def _end_flood(self, reason: str) -> None:
        if not self.floods:
            self.floods = reason
            asyncio.ensure_future(self._end_page())  # noqa: RUF006 - it ends with the context

    async def _end_page(self) -> None:
        with suppress(Exception):
            await self.cdp.send("Page.crash")

    async def _close_window(self, window: "Page") -> None:
        if self.recorder.phase is Phase.PAY:
            await asyncio.sleep(WINDOW_SECONDS)
            with suppress(Exception):
                self.recorder.note_window(window.url, await window.inner_text("body", timeout=stretched(4)))
        await shut(window)
        with suppress(Exception):  # a page in the background is not drawn, and waits for that
            if self.recorder.page:
                await self.recorder.page.bring_to_front()


def open_proxy(options: Options) -> ObservingProxy:
    resolve = options.resolve or guarded(allow_private=options.allow_private)
    return ObservingProxy(resolve, options.max_bytes, any_certificate=options.any_certificate)


async def open_context(browser: "Browser", phone: Phone, proxy: ObservingProxy) -> "BrowserContext":
    context = await browser.new_context(
        user_agent=phone.agent_for(browser.version),
        java_script_enabled=phone.scripts,
        viewport={"width": phone.width, "height": phone.height},
        screen={"width": phone.width, "height": phone.height + 40},
        device_scale_factor=phone.density,
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=False,
        ignore_https_errors=True,  # the proxy's own certificate; the site's is verified by the proxy
        proxy={"server": proxy.address},
        geolocation=PLACE if phone.located else None,  # type: ignore[arg-type]
        permissions=["geolocation"] if phone.located else None,
    )
    context.set_default_timeout(stretched(5))
    return context


async def become(cdp: Any, phone: Phone, version: str) -> None:
    """Set the browser's identity to the phone's: user agent, client hints and platform agree."""
    wanted: dict[str, Any] = {
        "userAgent": phone.agent_for(version),
        "acceptLanguage": "zh-CN,zh;q=0.9",
        "platform": phone.platform,
    }
    if phone.brand:
        major = version.partition(".")[0]
        brands = [
            {"brand": "Chromium", "version": major},
            {"brand": phone.brand, "version": major},
            {"brand": "Not?A_Brand", "version": "99"},
        ]
        wanted["userAgentMetadata"] = {
            "brands": brands,
            "fullVersionList": [{**row, "version": f"{row['version']}.0.0.0"} for row in brands],
            "platform": "Android",
            "platformVersion": "14.0.0",
            "architecture": "",
            "model": "V2309A",
            "mobile": True,
        }
    await cdp.send("Emulation.setUserAgentOverride", wanted)
    await cdp.send("Network.enable")
    await cdp.send("Network.setBypassServiceWorker", {"bypass": True})
    await cdp.send("Emulation.setHardwareConcurrencyOverride", {"hardwareConcurrency": 8})


def note_download(download: Any, recorder: Recorder) -> None:
    """Record a file that the page gives unasked, or that pay gives instead of a cashier."""
    visit, url = recorder.visit, tidy(download.url, recorder.canary.spellings)
    if recorder.muted:
        return
    if recorder.phase is Phase.PAY:
        visit.waylaid = visit.waylaid or ("" if visit.cashier else f"{DOWNLOADED}{url}")
    elif len(visit.downloads) < 5:
        visit.downloads.append(url)


async def _dismiss(dialog: Any, visit: Visit, recorder: Recorder) -> None:
    recorder.count_dialog()
    leaving = dialog.type == "beforeunload"
    text = recorder.canary.taken_out(dialog.message[:60]) or ("离开页面时的挽留" if leaving else "")
    looks_up = recorder.phase is not Phase.ARRIVE or bool(visit.typed_by)  # again, on the second visit
    asked = dialog.type == "confirm" and looks_up and covers.goes_on(text)
    if recorder.phase is not Phase.PAY and len(visit.dialogs) < 5 and text not in visit.dialogs:
        tried = recorder.muted and looks_up  # a further look-up, which the page answers
        unasked = recorder.phase is Phase.ARRIVE and not (recorder.leads_on or asked or tried)
        if unasked or not covers.answers(text):
            visit.dialogs.append(text)
    elif recorder.phase is Phase.PAY and not (visit.cashier or visit.waylaid) and covers.strange(text):
        visit.waylaid = text
    with suppress(Exception):
        await (dialog.accept() if leaving or asked else dialog.dismiss())
