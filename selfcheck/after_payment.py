"""After the payment: what can be seen of it although nothing is paid, and what cannot.

Only the server knows that a fee was paid. What a page shows out of its own scripts, and at an address that
any driver may open, is seen; what it asks its server for then is not, and is left to a person.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from selfcheck import cashiers, page_wording
from selfcheck.fee_look_up import FeeLookUp
from selfcheck.page_reader import PageReader, Stop
from selfcheck.patience import stretched
from selfcheck.probes import Extent, Probes
from selfcheck.recorder import shut
from selfcheck.sites import path_of, tidy
from selfcheck.visit import FOLLOWING, Phase, Screen

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

SOON_SECONDS = 1.0  # after which a page that was opened is looked at first: some lead on by themselves
FOLLOWS_SECONDS = 4.0  # that a page is watched for once its cashier was opened
SCROLLED_SECONDS = 0.5  # after which a page shows what it shows only to who scrolls
AHEAD_SECONDS = 30  # that its clock is then run ahead
AHEAD_AT_MOST = 2.0  # seconds of real time for that
TO_END = "window.scrollTo(0,document.documentElement.scrollHeight)"
PAID_SECONDS = (1.0, 5.0)  # between the looks at a page that believes it was paid: some offer only then
# Keeps what the page wants to be called with once WeChat was paid, and calls it; false: nothing was asked.
HOLD_RESULT = (
    "(()=>{const b=window.WeixinJSBridge,w=window.wx;window.pureResult=null;"
    "if(b)b.invoke=b.call=(what,given,done)=>{if(what==='getBrandWCPayRequest')window.pureResult=done};"
    "if(w)Object.defineProperty(w,'chooseWXPay',{configurable:true,value:o=>{window.pureResult=o.success}})})()"
)
LISTENS, LISTEN_TURNS = "typeof window.pureResult==='function'", 6
PAID = (
    "(()=>{const done=window.pureResult;if(typeof done!=='function')return false;"
    "done({err_msg:'get_brand_wcpay_request:ok',errMsg:'chooseWXPay:ok'});return true})()"
)
BY_APP = {call.removeprefix("bridge:") for call in cashiers.CALLS}


class AfterPayment(FeeLookUp):
    """What a driver is shown after the payment."""

    async def see_what_follows(self) -> None:
        """See what is shown after paying, on the phones on which that can be tried."""
        if not (self.visit.cashier and self.phone.scripts):
            return
        plain = self.phone.name == "plain"
        if plain:
            await self._watch_behind_cashier()
        await self._open_return_address()
        if plain and self.options.paid:
            await self._open_paid()

    async def _watch_behind_cashier(self) -> None:
        """Look again at a page that stays open behind its cashier: some advertise there."""
        own = self.page.url.startswith("http") and not self.recorder.third(self.page.url)
        if not own:
            return
        with suppress(Stop):
            await asyncio.sleep(stretched(FOLLOWS_SECONDS) / 1000)
            await self.reader.look(Phase.PAY, FOLLOWING)
        if asked := self.recorder.asked_behind_cashier():
            self._leave_open(f"打开收银台后网页还在向服务器询问（{asked}），付款后的页面没有看到")

    async def _open_return_address(self) -> None:
        """Open what the cashier opens afterwards: the driver is sent there, paid or not."""
        if not self.recorder.returns_to:
            if not cashiers.names_its_return(self.visit.cashier):
                host = self.visit.cashier
                self._leave_open(f"发往收银台 {host} 的请求里没有返回地址，付款后回到哪里没有看到")
            return
        await self._open_result(urljoin(self.visit.url, self.recorder.returns_to))

    async def _open_result(self, url: str) -> None:
        """Open the page to which a driver is sent who paid, or did not."""
        if self.recorder.third(url):  # it is not opened: that the driver is sent there tells enough
            self.visit.afterwards.append(Screen(tidy(url, self.recorder.canary.spellings), "", ""))
            return
        known = len(self.visit.afterwards)
        screen = await self._opened(url)
        if screen is not None:
            self.visit.afterwards.append(screen)
        own = screen is None or not self._leads_away(screen)
        if own and not any(page_wording.says_paid(one.text) for one in self.visit.afterwards[known:]):
            path = path_of(tidy(url, self.recorder.canary.spellings))
            self._leave_open(f"付款后返回的页面（{path}）要付了款才显示结果，付款后的样子没有看到")

    def _leads_away(self, screen: Screen) -> bool:
        return not screen.url.startswith("http") or self.recorder.third(screen.url)

    async def _open_paid(self) -> None:
        """Open the page that a driver was shown after a real payment."""
        screen = await self._opened(self.options.paid)
        if screen is None:
            self.visit.unseen_afterwards = "给出的付款后页面打不开"
        else:
            self.visit.afterwards.append(screen)

    async def _opened(self, url: str) -> Screen | None:
        """Return what an address shows after some seconds; None: it does not open."""
        self.recorder.muted, self.recorder.left_for = True, ""
        self.recorder.paid = True
        page = await self.context.new_page()
        try:
            cdp = await self.context.new_cdp_session(page)
            await cdp.send("Page.enable")
            cdp.on("Page.frameRequestedNavigation", self.recorder.navigation_wanted)
            await self._observe(cdp)
            await page.goto(url, wait_until="load", timeout=stretched(8))
            await asyncio.sleep(SOON_SECONDS)  # never stretched: the page's timers run by the clock
            reader = PageReader(page, cdp, self.recorder, scripts=True)
            first = await reader.look(None, "after pay")
            await asyncio.sleep(stretched(FOLLOWS_SECONDS - SOON_SECONDS) / 1000)
            opened = await reader.look(None, "after pay")
            if first != opened:
                self.visit.afterwards.append(first)
            screen = await self._scrolled(reader)
            if screen != opened:
                self.visit.afterwards.append(opened)
            later = await self._later(cdp, reader)
            if later != screen:
                self.visit.afterwards.append(screen)
            return replace(later, url=self.recorder.left_for or later.url)
        except Exception:  # noqa: BLE001 - an address that does not open shows nothing
            return None
        finally:
            await shut(page)
            self.recorder.muted = self.recorder.paid = False

    async def _observe(self, cdp: "CDPSession") -> None:
        """Observe what a page after the payment asks of the phone."""
        recorder = self.recorder
        probes = Probes(cdp, self.phone.bridge, recorder.proxy.unscripted, recorder.probed, Extent.PHONE)
        await probes.start()

    async def _scrolled(self, reader: PageReader) -> Screen:
        """Return what a page after the payment shows once it was scrolled: some offer only then."""
        with suppress(Exception):  # a page that is just being left is not scrolled
            await reader.evaluate(TO_END)
        await asyncio.sleep(stretched(SCROLLED_SECONDS) / 1000)
        return await reader.look(None, "after pay")

    async def _later(self, cdp: "CDPSession", reader: PageReader) -> Screen:
        """Return what a page after the payment shows half a minute later by its own clock."""
        expired = asyncio.Event()
        cdp.on("Emulation.virtualTimeBudgetExpired", lambda _event: expired.set())
        how = {"policy": "pauseIfNetworkFetchesPending", "budget": AHEAD_SECONDS * 1000}
        await cdp.send("Emulation.setVirtualTimePolicy", how | {"maxVirtualTimeTaskStarvationCount": 1000})
        with suppress(TimeoutError):  # one that waits for an answer without end is seen as it stands
            await asyncio.wait_for(expired.wait(), stretched(AHEAD_AT_MOST) / 1000)
        return await reader.look(None, "after pay")

    async def see_paid_here(self) -> None:
        """Scroll a page of the site itself that says that the fee was paid."""
        screen = self.visit.last(Phase.PAY)
        if screen and not self.visit.cashier and page_wording.says_paid(screen.text):
            with suppress(Exception):  # a page that was left meanwhile was seen as it stood
                self.visit.afterwards.append(await self._scrolled(self.reader))

    async def see_paid_in_app(self) -> None:
        """See what the page shows once WeChat reports that the fee was paid. It has no network then.

        The report is not true, so that nothing of it may reach the page's server.
        """
        if self.phone.name != "wechat" or self.visit.cashier not in BY_APP or not self.options.revisit:
            return
        tried, held, results = False, "", list[str]()
        self.recorder.muted = True
        try:
            with suppress(Exception):  # a page that cannot be tried once more was tested otherwise
                if (bill := await self.look_up_again(self.options.plate, Extent.PHONE)) is not None:
                    held = await self._hold_result()
                    if self.pay_sleeps():
                        await self.wake_by_terms(bill)
                    for words in self.visit.way_taken:
                        await self.take_way(words)
                    if (spot := self._what_paid()) is not None:
                        await self.press(spot)
                        await self.calm(self.options.quiet, least=True)
                        await self._press_what_paid_then()
                        tried = await self._report_paid(results)
        finally:
            with suppress(Exception):  # what the page would still send is part of this trial
                await self.page.goto("about:blank", timeout=stretched(2))
            with suppress(Exception):
                await self.reader.cdp.send("Page.removeScriptToEvaluateOnNewDocument", {"identifier": held})
            with suppress(Exception):
                await self.context.set_offline(False)
                if self.recorder.probes:
                    await self.recorder.probes.observe(Extent.ALL)
            self.recorder.muted = self.recorder.paid = False
        for url in results[:1]:
            await self._open_result(url)
        if not tried:
            self._leave_open("没有能够在微信里试出付款之后，付款后的页面没有看到")

    def _what_paid(self) -> int | None:
        """Return what pays: by its words, or because it did so before."""
        spot = self.choose(self.ranks.pay)
        first = self.visit.paid_by[:1]
        return self.choose(lambda raw: int(raw["text"] in first)) if spot is None else spot

    async def _press_what_paid_then(self) -> None:
        """Press what stood between pay and WeChat before, such as the row of a sheet of ways to pay."""
        for words in self.visit.paid_by[1:]:
            if await self.page.evaluate(LISTENS):
                return
            await self.reader.look(None)
            controls = self.reader.seen["controls"]
            if (
                spot := next((n for n, raw in enumerate(controls) if raw["text"] == words), None)
            ) is not None:
                await self.press(spot)
                await self.calm(self.options.quiet, least=True)

    async def _hold_result(self) -> str:
        """Keep what the page, or the one pay opens, wants to be called with; return the script's number."""
        await self.page.evaluate(HOLD_RESULT)
        add = {"source": HOLD_RESULT}
        made = await self.reader.cdp.send("Page.addScriptToEvaluateOnNewDocument", add)
        return str(made["identifier"])

    async def _report_paid(self, results: list[str]) -> bool:
        """Report to the page that WeChat was paid, and look at it; return whether it listens for that.

        The page of the site to which it wants to go then is added to `results`.
        """
        for _ in range(LISTEN_TURNS):  # one that opens another page for it listens there
            if await self.page.evaluate(LISTENS):
                break
            await asyncio.sleep(0.5)
        await self.context.set_offline(True)
        known, self.recorder.paid = set(self.recorder.wanted()), True
        if not await self.page.evaluate(PAID):
            return False
        for seconds in PAID_SECONDS:
            await asyncio.sleep(seconds)
            screen = await self.reader.look(None, "after pay")
            if screen.url.startswith("http"):  # without network no other page opens
                self.visit.afterwards.append(screen)
        for method, address, main in self._new_wants(known):
            url = tidy(address, self.recorder.canary.spellings)
            if main and self.recorder.third(url):
                self.visit.afterwards.append(Screen(url, "", ""))
            elif main and method == "GET":
                results.append(address)
            else:
                self._leave_open(f"付款后网页还要向服务器取内容（{path_of(url)}），付款后的页面没有看到")
        return True

    def _new_wants(self, known: set[tuple[str, str, str, bool]]) -> Iterator[tuple[str, str, bool]]:
        """Return what the page asks for only once it was paid for: method, address, whether to replace it."""
        for row in self.recorder.wanted():
            if row not in known:
                yield row[0], row[1], row[3]

    def _leave_open(self, why: str) -> None:
        """Note what was not seen, unless a person has shown the page of a driver who paid."""
        if not (self.options.paid or self.visit.unseen_afterwards):
            self.visit.unseen_afterwards = why
