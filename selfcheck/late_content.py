"""What a page shows only after minutes: its clock is run ahead, on the first page and on the fee.

The browser's own virtual time does that: timers go off early, the page's clock agrees with them, and what it
asks its server is answered before the clock goes on. Nothing in the page is replaced. What a server sends
only after minutes by its own clock is not seen.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from selfcheck import page_wording
from selfcheck.canary import Canary
from selfcheck.page_reader import PageReader
from selfcheck.patience import stretched, within
from selfcheck.recorder import shut
from selfcheck.visit import LATER, Phase

if TYPE_CHECKING:
    from selfcheck.walk import PageWalk

STEPS = (10, 10, 20, 20, 30, 30, 60, 60, 60, 120, 180, 600)  # seconds, each followed by a look: 20 minutes
MAX_ASKED = 24  # requests while the clock of one page runs ahead: one that polls is not to burden its server
MAX_REPEATED = 120  # further ones, which the proxy answers as the server did before
STEP_SECONDS = 2.0  # of real time that one step may take; a line that stays open would hold it for ever
RUN_SECONDS = 15.0  # of real time, for one page
AT_ONCE = 1000  # tasks that may run before the clock goes on: a page that never rests would hold it
# What the browser counts of a document. While none of it changes, no script ran and nothing was laid out.
COUNTED = {"NavigationStart", "ScriptDuration", "LayoutCount", "RecalcStyleCount"}
PICTURE = {"format": "jpeg", "clip": {"x": 0, "y": 0, "width": 8, "height": 8, "scale": 1}}
FRAMES = 0.15  # seconds in which what has changed is drawn
FAST = 1000  # times as fast as drawn: what a style sheet shows after a delay


@dataclass
class LateContent:
    """The clock of a page, run ahead once everything else was tried: afterwards it stands still."""

    walk: "PageWalk"
    done: dict[str, float] = field(default_factory=dict)  # in the page as last read; empty: it may not rest
    drawn: int = 0  # requests that were made when the last picture changed nothing; 0: it changed something

    async def go(self) -> None:
        """Look at the first page and at the fee as they are minutes later."""
        recorder = self.walk.recorder
        own, recorder.muted = recorder.canary, True
        try:
            with suppress(Exception):  # a page that cannot be opened once more was tested otherwise
                await self._see_first_page()
            with suppress(Exception):
                await self._see_fee()
        finally:
            recorder.muted, recorder.canary = False, own
            recorder.proxy.repeats = False

    async def _see_first_page(self) -> None:
        walk = self.walk
        page = await walk.context.new_page()
        try:
            await page.goto(walk.visit.start, wait_until="load", timeout=stretched(8))
            cdp = await walk.context.new_cdp_session(page)
            await cdp.send("Page.enable")
            reader = PageReader(page, cdp, walk.recorder, scripts=True)
            await within(RUN_SECONDS, self._run(reader, Phase.ARRIVE))
        finally:
            await shut(page)

    async def _see_fee(self) -> None:
        walk = self.walk
        walk.recorder.proxy.repeats = False
        if ("looked up" in walk.visit.did or walk.visit.cashier) and await self._look_up():
            walk.recorder.muted = False
            walk.recorder.enter(Phase.SUBMIT)
            await within(RUN_SECONDS, self._run(walk.reader, Phase.SUBMIT))

    async def _look_up(self) -> bool:
        """Look the fee up for the last time: on the plain phone with a longer plate, where that works."""
        walk, options = self.walk, self.walk.options
        if walk.phone.name == "plain" and walk.visit.fee and walk.visit.typed_by:
            walk.recorder.canary = Canary(options.electric)
            screen = await walk.look_up_again(options.electric)
            if (
                screen is not None
                and page_wording.AMOUNT.search(screen.text)
                and walk.choose(walk.ranks.pay) is not None
            ):
                return True
            walk.recorder.canary = Canary(options.plate)
        return await walk.look_up_again(options.plate) is not None

    async def _run(self, reader: PageReader, phase: Phase) -> None:
        """Run a page's clock ahead step by step, and note each screen that differs."""
        expired, passed, policy = asyncio.Event(), 0, "pauseIfNetworkFetchesPending"
        reader.cdp.on("Emulation.virtualTimeBudgetExpired", lambda _event: expired.set())
        await reader.cdp.send("Animation.enable")
        await reader.cdp.send("Animation.setPlaybackRate", {"playbackRate": FAST})
        await reader.cdp.send("Performance.enable", {"timeDomain": "threadTicks"})  # the page's clock jumps
        self.done, self.drawn = {}, 0
        proxy = self.walk.recorder.proxy
        asked = len(proxy.exchanges)
        for seconds in STEPS:
            expired.clear()
            how: dict[str, Any] = {"policy": policy, "budget": 1000 * seconds}
            await reader.cdp.send(
                "Emulation.setVirtualTimePolicy", how | {"maxVirtualTimeTaskStarvationCount": AT_ONCE}
            )
            try:
                await asyncio.wait_for(expired.wait(), stretched(STEP_SECONDS) / 1000)
            except TimeoutError:
                policy = "advance"  # it waits for an answer that does not end
                continue
            passed += seconds
            await self._note(reader, phase)
            if phase is Phase.SUBMIT:
                self.walk.visit.ahead = passed
            made = proxy.exchanges[asked:]
            if sum(not one.repeated for one in made) > MAX_ASKED:
                if proxy.repeats:
                    break  # it asks for ever new things
                self.walk.visit.polls_on = proxy.repeats = True
                asked = len(proxy.exchanges)
            elif len(made) > MAX_REPEATED:
                break

    async def _note(self, reader: PageReader, phase: Phase) -> None:
        """Note the screen; one on which nothing was done since the last look need not be read again."""
        made = len(self.walk.recorder.proxy.exchanges)
        asks_nothing = made == self.drawn and not self.walk.recorder.busy
        if self.done and asks_nothing and self.done == await self._counted(reader):
            return  # no script has run, and nothing came, that could have left something to be drawn
        with suppress(Exception):  # a page in the background is drawn only for a picture of it
            await asyncio.wait_for(reader.cdp.send("Page.captureScreenshot", PICTURE), stretched(1) / 1000)
        if self.done and self.done == await self._counted(reader):
            self.drawn = made
            return
        self.drawn = 0
        await asyncio.sleep(FRAMES)
        done = await self._counted(reader)
        screen = replace(await reader.look(None), phase=phase, moment=LATER)
        if screen not in self.walk.visit.later:
            self.walk.visit.later.append(screen)
        one_document = len(reader.seen["parts"]) == 1  # another one may have a process of its own
        self.done = done if one_document and not reader.seen["restless"] else {}

    async def _counted(self, reader: PageReader) -> dict[str, float]:
        metrics = (await reader.cdp.send("Performance.getMetrics"))["metrics"]
        return {row["name"]: row["value"] for row in metrics if row["name"] in COUNTED}
