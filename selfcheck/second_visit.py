"""The second visit: the page with what the first one left, at other moments, and what its links lead to."""

import asyncio
import re
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from selfcheck import covers, page_wording
from selfcheck.page_controls import leads_elsewhere
from selfcheck.page_reader import PageReader
from selfcheck.patience import stretched, within
from selfcheck.plain_chinese import simplified
from selfcheck.probes import Extent
from selfcheck.recorder import shut
from selfcheck.sites import path_of, site_of, tidy
from selfcheck.visit import BEFORE_SUBMIT, Phase, Screen

if TYPE_CHECKING:
    from playwright.async_api import Page

    from selfcheck.walk import PageWalk

MAX_LINKS, MAX_BUTTONS, MAX_VARIANTS = 4, 3, 3  # that are followed beside the way to the cashier
MOMENTS_SECONDS, LINKS_SECONDS = 12.0, 18.0  # that may be spent on them
BACK_SECONDS = 1.0  # after which a page shows what it does when the driver goes back
MAX_BESIDE_PAY = 2  # buttons that came with the fee; each takes a look-up of its own
MAX_OTHER_PAYMENTS = 5  # ways to pay that were not taken; each takes a look-up, and may take an unpaid order
WAYS_SECONDS = 30.0  # that may be spent on them
# What is never pressed or opened: it calls a person, moves something, or writes on the server.
_ACTS = re.compile(
    r"呼叫|求助|对讲|拨打|报警|抬杆|开闸|开门|降锁|升锁|地锁|开锁|充电|退出|删除|清除|撤|注销|取消|提交|发送|领取|申请|登记|预约|退款|绑定"
    r"|call|sos|open|unlock|logout|delete|withdraw|erase|send|apply|claim|cancel|refund",
    re.IGNORECASE,
)
_BACK = re.compile(r"^(?:返回|重新|重输|重查|再查|关闭|上一|back|close)", re.IGNORECASE)
# What a page sees when the driver changes to another app and comes back.
AWAY = (
    "(hidden)=>{const d=document;if(hidden){"
    "Object.defineProperty(d,'hidden',{configurable:true,get:()=>true});"
    "Object.defineProperty(d,'visibilityState',{configurable:true,get:()=>'hidden'})}else{delete d.hidden;"
    "delete d.visibilityState}d.dispatchEvent(new Event('visibilitychange',{bubbles:true}));"
    "window.dispatchEvent(new Event(hidden?'blur':'focus'));"
    "window.dispatchEvent(new PageTransitionEvent(hidden?'pagehide':'pageshow',{persisted:true}))}"
)


@dataclass
class SecondVisit:
    """What is tried once the way to the cashier is done."""

    walk: "PageWalk"

    async def go(self) -> None:
        await self._come_back()
        if "revisited" in self.walk.visit.did:
            await self._bounded(MOMENTS_SECONDS, self._other_moments(), "没有能够试出离开再回、横屏和断网")
        await self.walk.reader.note_storage(self.walk.context)
        if self.walk.phone.name == "plain":
            await self._bounded(LINKS_SECONDS, self._follow_links(), "没有试完页面上的其他链接和按钮")
            await self._bounded(LINKS_SECONDS, self._press_beside_pay(), "没有试完费用旁边的其他按钮")
            await self._pay_otherwise()
            with suppress(TimeoutError):
                await within(LINKS_SECONDS, self._look_up_more())
                await within(LINKS_SECONDS, self._go_back_from_fee())

    async def _bounded(self, seconds: float, work: Awaitable[None], missed: str) -> None:
        """Do some of the rest: what was tested before stays tested where this takes too long."""
        try:
            await within(seconds, work)
        except TimeoutError:
            self.walk.visit.missed.append(missed)

    async def _come_back(self) -> None:
        """Open the page again with what the first visit left: some ask only then."""
        self.walk.recorder.enter(Phase.ARRIVE)
        self.walk.recorder.again = True
        try:
            start, visit = self.walk.visit.start, self.walk.visit
            answer = await within(10, self.walk.page.goto(start, wait_until="commit", timeout=0))
            await self.walk.calm(min(self.walk.options.dwell, 1.5))
            await self.walk.reader.look(Phase.ARRIVE, "second visit")
            if answer and answer.status != 200:
                visit.missed.append(f"再次打开时服务器答复 HTTP {answer.status}")
            else:
                visit.did.add("revisited")
        except Exception:  # noqa: BLE001 - a page that opens once only was still tested once
            self.walk.visit.missed.append("没有能够再次打开页面")

    async def _other_moments(self) -> None:
        """Touch the page again, leave it for another app and return, turn the phone, lose the network."""
        with suppress(Exception):  # the first visit was tested; what fails here is named
            await self.walk.tap(*await self.walk.quiet_spot())
            await self.walk.calm(self.walk.options.quiet)
            await self.walk.reader.look(Phase.ARRIVE, "touched again")
            await self._leave_and_return()
            await self._turn()
            await self._lose_network()
            self.walk.visit.did.add("moments")
            await self._see_variants()
        if "moments" not in self.walk.visit.did:
            self.walk.visit.missed.append("没有能够试出离开再回、横屏和断网")

    async def _see_variants(self) -> None:
        """Open the page in its other languages and sizes: they are the page too."""
        for url in self._variants()[:MAX_VARIANTS]:
            await within(8, self.walk.page.goto(url, wait_until="commit", timeout=0))
            await self.walk.calm(0.5)
            await self.walk.reader.look(Phase.ARRIVE, "variant")

    def _variants(self) -> list[str]:
        """Return the links to the page itself with other parameters."""
        own = {self.walk.visit.start, self.walk.visit.url, self.walk.page.url}
        urls = (
            url
            for screen, rows in self.walk.reader.links
            for _, url in rows
            if path_of(url) == path_of(screen)
        )
        return [
            u
            for u in dict.fromkeys(urls)
            if u.partition("#")[0] not in own and not self.walk.recorder.third(u)
        ]

    async def _leave_and_return(self) -> None:
        """Make the page believe that it was hidden and shown again, and read it at both moments."""
        for hidden in (True, False):
            await self.walk.page.evaluate(AWAY, hidden)
            await self.walk.calm(0.4)
            moment = "left" if hidden else "returned"
            await self.walk.reader.look(Phase.ARRIVE, moment)

    async def _turn(self) -> None:
        wide = {"width": self.walk.phone.height, "height": self.walk.phone.width}
        await self.walk.page.set_viewport_size(wide)  # type: ignore[arg-type]
        await self.walk.calm(0.3)
        await self.walk.reader.look(Phase.ARRIVE, "turned")
        await self.walk.page.set_viewport_size(
            {"width": self.walk.phone.width, "height": self.walk.phone.height}
        )

    async def _lose_network(self) -> None:
        try:
            for offline in (True, False):
                await self.walk.context.set_offline(offline)
                await self.walk.calm(0.3)
                await self.walk.reader.look(Phase.ARRIVE, "offline" if offline else "online")
        finally:
            await self.walk.context.set_offline(False)

    async def _follow_links(self) -> None:
        """Open what the page's own links and buttons lead to, a few of them."""
        self.walk.recorder.muted = True
        try:
            for text, url in self._links()[:MAX_LINKS]:
                if screen := await self._behind(url):
                    self.walk.visit.behind.append((text, screen))
            await self._press_others()
        finally:
            self.walk.recorder.muted = False

    def _links(self) -> list[tuple[str, str]]:
        """Return the links of the page's own site that are for reading: neither the notice nor what acts."""
        found: dict[str, str] = {}
        own = {self.walk.visit.start, self.walk.visit.url, self.walk.page.url, self.walk.reader.notice_url}
        for screen, raws in self.walk.reader.links:
            for text, url in raws:
                known = url.partition("#")[0] in own or url in found
                top = path_of(url) in {"", "/"} or path_of(url) == path_of(screen)
                acts = page_wording.is_pay(text) or _ACTS.search(text)
                if (
                    not (known or top or acts)
                    and url.startswith("http")
                    and not self.walk.recorder.third(url)
                ):
                    found[url] = text
        strange_first = sorted(found.items(), key=lambda row: not leads_elsewhere(row[1]))
        return [(text, url) for url, text in strange_first]

    async def _behind(self, url: str) -> Screen | None:
        page = await self.walk.context.new_page()
        try:
            await page.goto(url, wait_until="load", timeout=stretched(6))
            await asyncio.sleep(0.4)
            return await self._read_other(page)
        except Exception:  # noqa: BLE001 - a broken link leads nowhere
            return None
        finally:
            await shut(page)

    async def _read_other(self, page: "Page") -> Screen:
        cdp = await self.walk.context.new_cdp_session(page)
        await cdp.send("Page.enable")
        reader = PageReader(page, cdp, self.walk.recorder, scripts=True)
        return await reader.look(None, "behind")

    async def _press_others(self) -> None:
        """Press a few buttons that neither look up nor pay, each on a fresh page."""
        page = await self.walk.context.new_page()
        pressed: set[str] = set()
        with suppress(Exception):  # what cannot be pressed does nothing
            for _ in range(MAX_BUTTONS):
                await page.goto(self.walk.visit.start, wait_until="load", timeout=stretched(6))
                await asyncio.sleep(0.5)
                cdp = await self.walk.context.new_cdp_session(page)
                await cdp.send("Page.enable")
                reader = PageReader(page, cdp, self.walk.recorder, scripts=True)
                await reader.look(None)
                controls = reader.seen["controls"]
                others = [i for i, raw in enumerate(controls) if self._is_other(raw, pressed)]
                if not others:
                    break
                place = min(others, key=lambda i: not leads_elsewhere(controls[i]["text"]))
                text = controls[place]["text"]
                pressed.add(text)
                spot = await reader.spot("control", place)
                if spot is None:
                    continue
                await within(8, page.touchscreen.tap(spot["x"], spot["y"]))
                await asyncio.sleep(0.5)
                self.walk.visit.behind.append((text, await reader.look(None, "behind")))
        await shut(page)

    async def _press_beside_pay(self) -> None:
        """Look the fee up again, and press what came with it and does not pay: each on a fresh page."""
        walk = self.walk
        walk.recorder.muted = True
        try:
            with suppress(Exception):  # what cannot be pressed does nothing
                for text in self._beside_pay()[:MAX_BESIDE_PAY]:
                    if await walk.look_up_again(walk.options.plate, Extent.SHADOW) is None:
                        return
                    controls = walk.reader.seen["controls"]
                    place = next((i for i, raw in enumerate(controls) if raw["text"] == text), None)
                    spot = None if place is None else await walk.reader.spot("control", place)
                    if spot is None:
                        continue
                    walk.recorder.left_for = ""
                    await walk.tap(spot["x"], spot["y"])
                    await asyncio.sleep(0.5)
                    screen = await walk.reader.look(None, "behind")
                    app = walk.recorder.left_for
                    walk.visit.behind.append((text, replace(screen, url=app) if app else screen))
        finally:
            walk.recorder.muted = False

    async def _pay_otherwise(self) -> None:
        """Take what else offers to pay, with the fee or on the site's own cashier: it may lead elsewhere."""
        walk, ways = self.walk, self._other_payments()
        walk.visit.untried_ways = [way[-1] for way in ways if self._is_way_to_pay(way[-1])]
        if not ways:
            return
        walk.recorder.enter(Phase.PAY)  # in which no cashier is ever asked
        walk.recorder.muted = True
        try:
            with suppress(TimeoutError):
                await within(WAYS_SECONDS, self._try_ways(ways[:MAX_OTHER_PAYMENTS]))
        finally:
            walk.recorder.muted = False
            walk.recorder.enter(Phase.ARRIVE)

    async def _try_ways(self, ways: list[tuple[str, ...]]) -> None:
        """Take each way to pay on a fresh page, and note what each leads to."""
        visit = self.walk.visit
        for way in ways:
            with suppress(Exception):  # what cannot be taken stays untried
                if await self.walk.look_up_again(self.walk.options.plate, Extent.SHADOW) is None:
                    return
                if screens := await self._taken(way):
                    visit.other_payments += [(way[-1], screen) for screen in screens]
                    visit.untried_ways = [words for words in visit.untried_ways if words != way[-1]]

    async def _taken(self, way: tuple[str, ...]) -> list[Screen]:
        """Return what is shown once the words were pressed in turn; nothing: one of them is missing.

        Where they only choose, the button that paid before is pressed as well.
        """
        walk, known = self.walk, len(self.walk.context.pages)
        walk.recorder.left_for = ""
        for words in way:
            if not await self._press_words(words):
                return []
        screens = [await walk.reader.look(None, "behind")]
        last = walk.visit.paid_by[-1]
        stays = site_of(walk.page.url) == site_of(walk.visit.url) and len(walk.context.pages) == known
        chose = stays and not walk.recorder.left_for and last not in way and not covers.names_channels(last)
        if chose and await self._press_words(last):
            screens.append(await walk.reader.look(None, "behind"))
        url = walk.recorder.left_for
        for window in walk.context.pages[known:]:
            url = tidy(window.url)
            await shut(window)
        return [*screens[:-1], replace(screens[-1], url=url or screens[-1].url)]

    async def _press_words(self, words: str) -> bool:
        """Press the control, or take the way to pay, with these words; return whether it is there."""
        walk = self.walk
        controls = walk.reader.seen["controls"]
        place = next((i for i, raw in enumerate(controls) if raw["text"] == words), None)
        if place is not None and not controls[place]["disabled"]:
            await walk.press(place)
        elif words in walk.reader.seen["ways"]:
            await walk.reader.run_at("pureTake", "way", walk.reader.seen["ways"].index(words))
        else:
            return False
        await walk.calm(walk.options.quiet, least=True)
        if not (walk.recorder.left_for or walk.recorder.third(walk.page.url)):
            await walk.reader.look(None)  # what may be pressed next
        return True

    def _is_way_to_pay(self, words: str) -> bool:
        """Return whether words surely offer to pay. Others on the site's cashier may, and are tried too."""
        listed = any(words in screen.ways for screen in self.walk.visit.screens)
        return listed or page_wording.is_pay(words) or covers.names_channels(words)

    def _other_payments(self) -> list[tuple[str, ...]]:
        """Return the words to press in turn, from the fee on, for each way to pay that was not taken."""
        visit = self.walk.visit
        if not (visit.fee and visit.cashier and visit.paid_by):
            return []
        first = visit.paid_by[0]
        before = {c.text for s in visit.screens if s.phase in BEFORE_SUBMIT for c in s.controls}
        taken = before | {*visit.paid_by, *(text for text, _ in visit.behind)}
        found: dict[str, tuple[str, ...]] = {}
        opened: tuple[str, ...]
        for screen in visit.screens:
            own = site_of(screen.url) == site_of(visit.url)
            if not own or screen.phase not in {Phase.SUBMIT, Phase.PAY}:
                continue
            opened = () if screen.phase is Phase.SUBMIT else (first,)
            chosen = {row.label for row in screen.fields if row.ticked}
            for control in screen.controls:
                pays = page_wording.is_pay(control.text) or covers.names_channels(control.text)
                offers = pays if screen.phase is Phase.SUBMIT else _may_pay(control.text)
                if offers and control.text not in taken and not (control.third or control.disabled):
                    found.setdefault(control.text, (*opened, control.text))
            for words in screen.ways:
                if words not in taken | chosen:
                    found.setdefault(words, (*opened, words))
        return list(found.values())

    async def _look_up_more(self) -> None:
        """Look the fee up again, then a plate of another province: in place, or by a button back to it."""
        walk = self.walk
        if not (walk.visit.fee and walk.visit.typed_by):
            return
        walk.recorder.muted = True
        try:
            with suppress(Exception):  # a page that cannot be tried once more was tested otherwise
                self._note_answer(await walk.look_up_again(walk.options.plate, Extent.SHADOW))
                if (spot := walk.choose(walk.ranks.corrects)) is None:
                    self._note_answer(await walk.look_up_again(walk.options.again, Extent.SHADOW))
                    return
                await walk.press(spot)
                await walk.calm(walk.options.quiet, least=True)
                self._note_answer(await walk.look_up_here(walk.options.again))
        finally:
            walk.recorder.muted = False

    async def _go_back_from_fee(self) -> None:
        """Press back on the fee: what that opens, where the visit was not before, the page has put there."""
        walk = self.walk
        if not walk.visit.asked_again:
            return
        walk.recorder.muted, walk.recorder.left_for = True, ""
        try:
            rows = walk.recorder.proxy.exchanges
            known = {site_of(e.url) for e in rows if getattr(e.mark, "main", False)}
            with suppress(Exception):  # within one document there is nothing to wait for
                await walk.page.go_back(wait_until="commit", timeout=stretched(1))
            await asyncio.sleep(BACK_SECONDS)
            screen = await walk.reader.look(None, "behind")
            url = walk.recorder.left_for or walk.page.url
            if site_of(url) not in known or not walk.recorder.third(url):
                walk.visit.behind.append(("返回键", replace(screen, url=tidy(url))))
        finally:
            walk.recorder.muted = False

    def _note_answer(self, screen: Screen | None) -> None:
        if screen is not None:
            self.walk.visit.asked_again.append(screen)

    def _beside_pay(self) -> list[str]:
        """Return the words of the buttons that came with the answer, the strangest first.

        Where it showed no fee, only those that nothing explains: one may lead elsewhere for it.
        """
        visit = self.walk.visit
        if not visit.fee and "looked up" not in visit.did:
            return []
        before = {c.text for s in visit.screens if s.phase in BEFORE_SUBMIT for c in s.controls}
        asked = {text for text, _ in visit.behind} | {
            words for screen in visit.screens for words in screen.ways
        }
        found = [
            control.text
            for screen in visit.screens
            if screen.phase is Phase.SUBMIT
            for control in screen.controls
            if not (control.href or control.sends or control.disabled or control.frame)
            and 1 < len(control.text) <= 40
            and not (page_wording.is_pay(control.text) or _ACTS.search(control.text))
            and not _BACK.search(control.text)
        ]
        others = [t for t in dict.fromkeys(found) if t not in before | asked | visit.led_on]
        others = [text for text in others if visit.fee or leads_elsewhere(text)]
        return sorted(others, key=lambda text: not leads_elsewhere(text))

    def _is_other(self, raw: dict[str, Any], pressed: set[str]) -> bool:
        text = raw["text"]
        leads = raw["href"] and not raw["href"].startswith("javascript:") and "#" not in raw["href"]
        if (
            leads
            or raw["submit"]
            or raw["key"]
            or raw["disabled"]
            or not text
            or text in pressed
            or len(text) > 16
        ):
            return False
        return not (
            page_wording.is_pay(text)
            or self.walk.ranks.look_up(raw) > 1
            or _ACTS.search(text)
            or len(text) <= 1
        )


def _may_pay(text: str) -> bool:
    """Return whether a button of the site's own cashier may be a further way to pay."""
    aside = page_wording.NO_WAY_ON.search(simplified(text)) or _ACTS.search(text) or _BACK.search(text)
    return 1 < len(text) <= 40 and not aside
