"""The first page: open it, wait for what comes late, touch it and scroll."""

import json
import time
from contextlib import suppress

from selfcheck.page_actions import PageActions
from selfcheck.page_reader import LARGE, Stop
from selfcheck.patience import within
from selfcheck.sites import scheme_of, site_of, tidy
from selfcheck.visit import Phase

UNSCRIPTED_SECONDS = 0.3  # to stay on a page that nothing but the server can change
# Whether the page has been scrolled, or cannot be; else it is scrolled now.
SCROLLED = (
    "(()=>{const e=document.scrollingElement||document.documentElement;"
    "if(!e||e.scrollHeight<=innerHeight+40||e.scrollTop>0)return true;"
    "window.scrollBy(0,300);setTimeout(()=>window.scrollBy(0,-300),120);return false})()"
)


class Arrival(PageActions):
    """What a visit does before the plate."""

    async def arrive(self) -> None:
        """Open the page, and record its address, status and headers."""
        began = time.monotonic()
        visit, recorder, page = self.visit, self.recorder, self.page
        answer = await within(20, page.goto(visit.start, wait_until="commit", timeout=0))
        await self.calm(min(self.options.dwell, 1.0 if self.phone.scripts else UNSCRIPTED_SECONDS))
        self.note_loop()
        recorder.first = (
            site_of(page.url) if scheme_of(page.url) in {"http", "https"} else site_of(visit.start)
        )
        visit.url = tidy(page.url, recorder.canary.spellings)
        visit.status = answer.status if answer else 0
        shut = any(e.shut for e in recorder.proxy.exchanges if e.url == page.url.partition("#")[0])
        headers = await answer.all_headers() if answer and not shut else {}
        visit.headers = {name.lower(): value for name, value in headers.items()}
        await self.reader.look(Phase.ARRIVE, "opened")
        visit.did.add("opened")
        await self.reader.note_storage(self.context)
        visit.seconds["arrive"] = round(time.monotonic() - began, 2)
        if self.phone.name == "plain" and visit.status == 200:
            await self._measure()

    async def _measure(self) -> None:
        """Run axe, and double the letters."""
        with suppress(TimeoutError, Stop):
            self.visit.cut_off = list(await self.reader.evaluate(f"{LARGE.rstrip()}()"))
        if self.options.axe:
            tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
            run = (
                f"axe.run(document,{{runOnly:{tags},resultTypes:['violations']}})"
                ".then(r=>r.violations.map(v=>v.id+' ('+v.nodes.length+')'))"
            )
            with suppress(TimeoutError, Stop):
                self.visit.barriers = list(await self.reader.evaluate(f"{self.options.axe};{run}"))

    async def linger(self) -> None:
        """Stay as long as a driver reads, touch and scroll: much comes late, or at the first touch."""
        if not self.phone.scripts:
            self.visit.did |= {"waited", "touched", "scrolled"}  # without scripts nothing can come
            return
        await self._wait_for_late_content()
        self.visit.did.add("waited")
        spot = await self.quiet_spot()
        self.recorder.touched = True
        await self.tap(*spot)
        await self.calm(self.options.quiet)
        await self._return_from_blank_page()
        await self.reader.look(Phase.ARRIVE, "touched")
        self.visit.did.add("touched")
        await self.scroll(300)
        if not await self.reader.evaluate(SCROLLED):  # a busy browser may drop the gesture
            await self.calm(self.options.quiet)
        for step in (600, -900):
            await self.scroll(step)
        await self.calm(self.options.quiet)
        await self._return_from_blank_page()
        await self.reader.look(Phase.ARRIVE, "scrolled")
        self.visit.did.add("scrolled")

    async def _return_from_blank_page(self) -> None:
        """Open the page again where a touch beside a broken link led to an empty one."""
        if self.page.url.startswith("about:"):
            await within(20, self.page.goto(self.visit.start, wait_until="commit", timeout=0))
            await self.calm(self.options.quiet)

    async def _wait_for_late_content(self) -> None:
        """Wait `dwell` seconds, and longer for a page that has no field yet, because it may be loading."""
        began = time.monotonic()
        while (
            (passed := time.monotonic() - began) < self.options.dwell
            or (passed < max(4.0, self.options.dwell) and not self.place_for_plate())
            or self.timer_runs(began)
        ):
            await self.calm(min(1.0, max(0.1, self.options.dwell)))
            await self.reader.look(Phase.ARRIVE, "waited")
            if site_of(self.page.url) != self.recorder.first and self.page.url.startswith("http"):
                self.recorder.first = site_of(self.page.url)  # a script took the visit to another site
                self.visit.url = tidy(self.page.url, self.recorder.canary.spellings)
        self.visit.seconds["lingered"] = round(time.monotonic() - began, 2)
