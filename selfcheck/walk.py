"""The way through a page as a driver takes it: open, wait, touch, scroll, type, look up, pay, come back."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfcheck import page_wording
from selfcheck.after_payment import AfterPayment
from selfcheck.fee_payment import Paying
from selfcheck.first_page import Arrival
from selfcheck.late_content import LateContent
from selfcheck.page_actions import CENTRE
from selfcheck.patience import FairClock, stretched, within
from selfcheck.recorder import shut
from selfcheck.second_visit import SecondVisit
from selfcheck.sites import path_of, site_of
from selfcheck.visit import Phase

if TYPE_CHECKING:
    from playwright.async_api import Page

SPARE_SECONDS = 8.0  # of the visit, that are kept for its end
NOTICE_TURNS = 6  # in which a notice that a script fetches may show what it has to tell


@dataclass
class PageWalk(Arrival, AfterPayment, Paying):
    """One phone's way through one page."""

    reads_notice: bool = False

    async def go(self) -> None:
        clock = FairClock()
        await self.arrive()
        await self.linger()
        if not (await self.type_plate(self.options.plate) or await self.walk_to_the_plate()):
            self.visit.untyped = self.place_for_plate() or bool(self.reader.seen["strips"])
            self.visit.known_car = await self.see_known_car()
        else:
            await self.submit()
        if self.visit.typed_by or self.visit.known_car:
            await self.reader.note_storage(self.context)
            if not self.visit.cashier:
                await self.linger_on_answer()
                await self.pay()
                await self.see_paid_here()
            if self.visit.cashier and self.phone.scripts and self.options.revisit:
                await self.cancel()
            await self.see_what_follows()
            await self.reader.note_storage(self.context)
        if self.reads_notice:
            await self._read_notice()
        if self._may_trap():
            await self._go_back()
        if self.phone.name == "plain":
            await self.compare_answers()
        await self.see_paid_in_app()
        if self.phone.scripts and self.options.revisit:
            await SecondVisit(self).go()
            await self._see_later(self.options.patience - clock.spent() - SPARE_SECONDS)

    async def _see_later(self, left: float) -> None:
        """Run the page's clock ahead while the visit lasts; what was tested before stays tested."""
        with suppress(TimeoutError):
            await within(left, LateContent(self).go())
        if self.visit.fee and not self.visit.ahead:
            self.visit.missed.append("没有能够看到费用页几分钟后的样子")

    def _may_trap(self) -> bool:
        early = {call.detail for call in self.visit.calls if call.name == "listen"}
        return self.phone.scripts and bool(early & {"popstate", "hashchange"})

    async def _go_back(self) -> None:
        """Open the page in a window of its own, touch it, and try to leave by going back."""
        self.recorder.muted = True
        page = await self.context.new_page()
        try:
            await page.goto("data:text/html,before", timeout=stretched(4))
            await page.goto(self.visit.start, wait_until="load", timeout=stretched(8))
            await page.touchscreen.tap(*CENTRE)
            await asyncio.sleep(1.2)
            for _ in range(6):  # a busy machine loses some; a trap holds each time
                with suppress(Exception):  # within one document there is nothing to wait for
                    await page.go_back(wait_until="commit", timeout=stretched(1))
                await asyncio.sleep(0.3)
                if site_of(page.url) != site_of(self.visit.url):
                    break
            self.visit.traps_back = site_of(page.url) == site_of(self.visit.url)
        except Exception:  # noqa: BLE001 - a page that opens once only was still tested otherwise
            self.visit.missed.append("没有能够试出返回键")
        finally:
            await shut(page)
            self.recorder.muted = False

    async def _read_notice(self) -> None:
        self.recorder.muted = True
        try:
            self.visit.notice = await self._notice()
            if self.visit.notice and self.reader.notice_url:
                links = (c for screen in self.visit.screens for c in screen.controls if c.href)
                path = path_of(self.reader.notice_url)
                self.visit.opens_notice = {c.text for c in links if path_of(c.href) == path and not c.third}
        finally:
            self.recorder.muted = False

    async def _notice(self) -> str:
        if self.reader.notice_here:
            first = self.visit.first(Phase.ARRIVE)
            return first.text if first else ""
        if not self.reader.notice_url or self.recorder.third(self.reader.notice_url):
            return self.reader.notice_folded
        page = await self.context.new_page()
        try:
            await page.goto(self.reader.notice_url, wait_until="domcontentloaded", timeout=stretched(8))
            text = await _settled_notice(page)
            return text if self.visit.adds(text) else ""  # folded out on the first page, it is on screens
        except Exception:  # noqa: BLE001 - a notice that cannot be opened is none
            return ""
        finally:
            await shut(page)


async def _settled_notice(page: "Page") -> str:
    """Return the text of a notice once it is complete, or after a while: a script may fetch it."""
    text = ""
    for _ in range(NOTICE_TURNS):
        text = (await page.inner_text("body"))[:20000]
        if all(part.search(text) for part in page_wording.NOTICE_PARTS.values()):
            break
        await asyncio.sleep(0.5)
    return text
