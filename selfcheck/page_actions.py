"""What each step of a visit needs: waiting, choosing what to press, touching, scrolling."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfcheck import covers, page_wording
from selfcheck.choosing import Ranks
from selfcheck.chrome import Options
from selfcheck.judging_way import waits_for_terms
from selfcheck.page_reader import PageReader, Stop
from selfcheck.patience import within
from selfcheck.phones import Phone
from selfcheck.recorder import MAX_PAGES, MAX_TIMER, Recorder
from selfcheck.visit import Screen, Visit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

SECONDS_TO_BEGIN = 0.8  # that a press may take to show in the network
TOUCH_SECONDS = 15.0  # that a page may take to notice a touch or a key: one that hangs never does
DRAG_STEPS, HELD_SECONDS = 6, 0.4  # of a finger that turns a wheel; one let go of sooner would throw it on
KEYBOARD = 20  # signs that can be pressed one by one: so many are keys
# A point with nothing to press 24 pixels around it, else one with nothing to press on it.
QUIET_SPOT = (
    "(wide,high)=>{const free=(x,y)=>{const e=document.elementFromPoint(x,y);return e&&!e.closest("
    "'a,button,input,select,textarea,label,[onclick],[role=button],summary,[contenteditable]')"
    "&&getComputedStyle(e).cursor!=='pointer'&&!(globalThis.pureListens||[]).some(l=>l.contains(e))};"
    "const around=[-24,-12,0,12,24];let near=null;"
    "for(let y=12;y<high;y+=28)for(const x of[wide/2,14,wide-14])if(free(x,y)){near=near||[x,y];"
    "if(around.every(d=>around.every(b=>{const[p,q]=[x+b,y+d];"
    "return p<0||q<0||p>=wide||q>=high||free(p,q)})))return[x,y]}return near}"
)
CENTRE = (180, 30)  # where a finger rests: no field and no button is expected there
# Ticks the only box of a page that is not ticked.
TICK_ONLY = (
    "(()=>{const b=[...document.querySelectorAll('input[type=checkbox]')]"
    ".filter(e=>!e.checked&&e.checkVisibility());"
    "if(b.length!==1)return false;b[0].click();return true})()"
)


@dataclass
class PageActions:
    """One phone on one page, and how it waits, chooses and touches."""

    page: "Page"
    context: "BrowserContext"
    reader: PageReader
    recorder: Recorder
    phone: Phone
    options: Options

    @property
    def visit(self) -> Visit:
        return self.recorder.visit

    @property
    def ranks(self) -> Ranks:
        return Ranks(self.recorder)

    async def calm(
        self, seconds: float, *, least: bool = False, until: Callable[[], bool] | None = None
    ) -> None:
        """Wait until the page is at rest: `seconds` in all, and nothing under way.

        With `least` something is expected to happen, and is given some time to begin. On a busy machine the
        page may not have had its turn by then: it is asked.
        """
        recorder = self.recorder
        began, quiet = time.monotonic(), False
        recorder.active()
        begun = recorder.active_at
        while time.monotonic() - began < seconds + 6:
            await asyncio.sleep(0.04)
            self.note_loop()
            now = time.monotonic()
            started = not least or quiet or recorder.active_at > begun
            if not started and now - began > SECONDS_TO_BEGIN:
                quiet = await self._has_its_turn()
            calm = not recorder.busy and now - recorder.active_at >= min(seconds, self.options.quiet)
            if (until and until()) or (calm and started and now - began >= seconds):
                return

    async def _has_its_turn(self) -> bool:
        """Return whether the page answers: what it does about a press has begun by then."""
        try:
            await asyncio.wait_for(self.reader.cdp.send("Runtime.evaluate", {"expression": "1"}), 1)
        except TimeoutError:
            return False
        except Exception:  # noqa: BLE001 - it is being replaced: that is what was waited for
            return True
        return True

    def note_loop(self) -> None:
        """End the visit of a page that loads itself again without end."""
        if self.recorder.loads > MAX_PAGES:
            raise Stop("endless")

    async def look_unless_muted(self, moment: str) -> Screen:
        return await self.reader.look(None if self.recorder.muted else self.recorder.phase, moment)

    def timer_runs(self, began: float) -> bool:
        """Return whether the page has set a timer that goes off later: what it opens then is waited for."""
        now = time.monotonic()
        return now < self.recorder.due and now - began < MAX_TIMER

    def place_for_plate(self) -> bool:
        """Return whether the page shows a field for the plate, or keys to type it on."""
        return bool(self.reader.seen.get("plates")) or self.reader.seen.get("keys", 0) >= KEYBOARD

    async def quiet_spot(self) -> tuple[float, float]:
        """Return a point of the page where nothing can be pressed, if possible not within a finger's width.

        A phone takes a touch close to a link for one on the link.
        """
        found = await self.reader.evaluate(f"({QUIET_SPOT})(innerWidth,innerHeight)")
        return (float(found[0]), float(found[1])) if found else CENTRE

    async def scroll(self, distance: int) -> None:
        with suppress(Exception):
            await asyncio.wait_for(
                self.reader.cdp.send(
                    "Input.synthesizeScrollGesture",
                    {"x": 180, "y": 380, "yDistance": -distance, "speed": 3000, "gestureSourceType": "touch"},
                ),
                3,
            )

    async def drag(self, x: float, y: float, distance: float) -> None:
        """Move what lies under a finger down by `distance` pixels, and hold it until it has come to rest."""
        steps = [{"x": x, "y": y + distance * part / DRAG_STEPS} for part in range(DRAG_STEPS + 1)]
        kinds = ["touchStart", *["touchMove"] * DRAG_STEPS]
        for kind, point in zip(kinds, steps, strict=True):
            await self._send_touch(kind, [point])
        await asyncio.sleep(HELD_SECONDS)
        await self._send_touch("touchEnd", [])
        await asyncio.sleep(HELD_SECONDS)

    async def _send_touch(self, kind: str, points: list[dict[str, float]]) -> None:
        event = {"type": kind, "touchPoints": points}
        await within(TOUCH_SECONDS, self.reader.cdp.send("Input.dispatchTouchEvent", event))

    def choose(self, rank: Callable[[dict[str, Any]], int]) -> int | None:
        """Return the number of the control to press: that with the highest rank, if any has one."""
        controls = self.reader.seen["controls"]
        best = max(
            ((rank(raw), -place) for place, raw in enumerate(controls) if not raw["disabled"]), default=(0, 0)
        )
        return -best[1] if best[0] > 0 else None

    async def wake_by_terms(self, bill: Screen | None) -> bool:
        """Tick that the terms of parking were read; return whether a button to pay woke up by that."""
        if not (bill and waits_for_terms(bill) and await self.reader.evaluate(TICK_ONLY)):
            return False
        await self.calm(self.options.quiet)
        await self.reader.look(None)  # what the test ticked itself is no fault of the page
        return not self.pay_sleeps()

    def pay_sleeps(self) -> bool:
        """Return whether a button that pays cannot be pressed."""
        controls = self.reader.seen["controls"]
        return any(raw["disabled"] and page_wording.is_pay(raw["text"]) for raw in controls)

    async def tap(self, x: float, y: float) -> None:
        """Touch a point; a page that hangs never tells that it was touched."""
        await within(TOUCH_SECONDS, self.page.touchscreen.tap(x, y))

    async def touch(self, which: str, index: int) -> bool:
        spot = await self.reader.spot(which, index)
        if spot is None:
            return False
        await self.tap(spot["x"], spot["y"])
        return bool(spot["free"])

    async def take_way(self, words: str) -> None:
        """Choose the way to pay that is called so, if it is there."""
        if words in self.reader.seen["ways"]:
            await self.reader.run_at("pureTake", "way", self.reader.seen["ways"].index(words))

    async def press(self, index: int) -> None:
        """Touch a control; where something lies over it, the control is clicked all the same.

        A keyboard that lies over it is not touched: its keys would change the plate.
        """
        free = not self._keys_lie_over(await self.reader.spot("control", index))
        free = free and await self.touch("control", index)
        if not free:
            await self.calm(min(0.2, self.options.quiet))
            with suppress(Stop):
                await self.reader.run_at("pureClick", "control", index)

    def _keys_lie_over(self, spot: dict[str, Any] | None) -> bool:
        last = self.reader.last
        keys = last and any(covers.overlay_kind(over) == "keyboard" for over in last.overlays)
        return bool(keys and spot and not spot["free"])
