"""Looks for cloaking: the same page once more, in a browser that admits to be automated.

Only where the first visit found something that could be hidden, so that clean pages cost nothing.
"""

import asyncio
import time
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from selfcheck import covers, prompt_wording
from selfcheck.canary import Canary
from selfcheck.chrome import Options
from selfcheck.network_addresses import guarded
from selfcheck.page_reader import PageReader
from selfcheck.patience import within
from selfcheck.phones import Phone
from selfcheck.proxy import ObservingProxy
from selfcheck.recorder import Recorder
from selfcheck.sites import host_of, site_of
from selfcheck.visit import Phase, Screen, Visit

if TYPE_CHECKING:
    from playwright.async_api import Browser

TELL_TALE = "Object.defineProperty(Navigator.prototype,'webdriver',{get:()=>true,configurable:true});"


def suspects(visit: Visit, *, lasting: bool = False) -> set[str]:
    """Return what an automated visitor might be spared: prompts, overlays, other hosts, fields.

    With `lasting`, without what went away by itself: an automated visitor that looks later would miss it.
    """
    arrived = [s for s in visit.screens if s.phase is Phase.ARRIVE and s.moment in {"opened", "waited"}]
    requests = takewhile(lambda request: request.phase is Phase.ARRIVE, visit.requests)
    untouched = takewhile(
        lambda request: not request.touched, requests
    )  # the automated visitor touches nothing
    hosts = {f"第三方 {host_of(r.url)}" for r in untouched if r.third and not r.main}
    plates = {(f.name, f.label) for screen in arrived for f in screen.fields if f.plate}
    seen = arrived[-1:] if lasting else arrived
    return hosts | {what for screen in seen for what in _of_screen(screen, plates)}


def _of_screen(screen: Screen, plates: set[tuple[str, str]]) -> set[str]:
    found = {f"引导 {name}" for name in prompt_wording.prompts_in(screen.text)}
    found |= {f"引导 {name}" for c in screen.controls if (name := prompt_wording.prompt_of_control(c.text))}
    found |= {"遮罩或弹窗" for o in screen.overlays if covers.overlay_kind(o) in {"prompt", "ad", "other"}}
    asked = (
        f for f in screen.fields if f.visible and (f.name, f.label) not in plates
    )  # dead at first, maybe
    found |= {f"输入框 {f.type}" for f in asked if f.type != "hidden"}
    return found


async def compare_with_automated(
    browser: "Browser", url: str, phone: Phone, options: Options, visit: Visit
) -> None:
    """Note in the visit what an automated browser is not shown."""
    shown = suspects(visit, lasting=True)
    if not shown or visit.stopped:
        return
    with suppress(Exception):  # a page that does not answer a second time hides nothing provably
        hidden = shown
        for _ in range(2):  # what is missing twice was not just late
            seconds = max(0.5, options.dwell, visit.seconds.get("lingered", 0.0))
            other = await within(
                25 + seconds, _arrive_automated(browser, url, phone, options, seconds, hidden)
            )
            if other.status != visit.status or not other.screens or not (hidden := hidden - suspects(other)):
                return
        visit.cloaked = sorted(hidden)


async def _arrive_automated(
    browser: "Browser", url: str, phone: Phone, options: Options, seconds: float, wanted: set[str]
) -> Visit:
    """Return a visit that stays until all that is wanted was seen, or as long as the first one did."""
    visit = Visit(phone.name, phone.scripts, url)
    # A closed shadow root must be read here too, or it would pass for hidden.
    recorder = Recorder(visit, Canary(options.plate), options.cashiers, options.live)
    resolve = options.resolve or guarded(allow_private=options.allow_private)
    proxy = ObservingProxy(resolve, options.max_bytes, recorder.allow, options.any_certificate)
    async with proxy:
        recorder.proxy, proxy.changed, recorder.closed_shadow = proxy, recorder.active, True
        context = await browser.new_context(
            user_agent=phone.agent_for(browser.version).replace("Chrome/", "HeadlessChrome/")
            + " HeadlessChrome",
            viewport={"width": phone.width, "height": phone.height},
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            ignore_https_errors=True,
            proxy={"server": proxy.address},
        )
        try:
            await context.add_init_script(TELL_TALE)
            context.on("request", recorder.browser_request)
            page = await context.new_page()
            recorder.page = page
            cdp = await context.new_cdp_session(page)
            await cdp.send("Page.enable")
            answer = await within(15, page.goto(url, wait_until="commit", timeout=0))
            visit.status = answer.status if answer else 0
            recorder.first = site_of(page.url)
            reader = PageReader(page, cdp, recorder, scripts=True)
            ends = time.monotonic() + seconds + 2  # a busy machine is slower the second time
            await asyncio.sleep(max(0.5, options.dwell))
            await reader.look(Phase.ARRIVE, "waited")
            while wanted - suspects(visit) and time.monotonic() < ends:
                await asyncio.sleep(1)
                await reader.look(Phase.ARRIVE, "waited")
        finally:
            with suppress(Exception):
                await asyncio.wait_for(context.close(), 5)
        recorder.finish()
    return visit
