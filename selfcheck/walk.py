"""The way through a page as a driver takes it: open, wait, touch, scroll, type, look up, pay, come back."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from selfcheck import answer_wording, cashiers, covers, page_wording, plain_chinese
from selfcheck.canary import Canary
from selfcheck.choosing import Ranks
from selfcheck.chrome import Options
from selfcheck.judging_way import chooses_place
from selfcheck.page_controls import names_plate_kind
from selfcheck.page_reader import LARGE, PageReader, Stop
from selfcheck.patience import FairClock, stretched, within
from selfcheck.phones import Phone
from selfcheck.proxy import Exchange
from selfcheck.recorder import MAX_PAGES, MAX_TIMER, Recorder, shut
from selfcheck.request_data import text_of
from selfcheck.second_visit import SecondVisit
from selfcheck.sites import host_of, is_address, scheme_of, site_of, tidy
from selfcheck.visit import BEFORE_SUBMIT, FOLLOWING, LED_ON, Phase, Screen, Visit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

UNSCRIPTED_SECONDS = 0.3  # to stay on a page that nothing but the server can change
SECONDS_TO_BEGIN = 0.8  # that a press may take to show in the network
TOUCH_SECONDS = 15.0  # that a page may take to notice a touch or a key: one that hangs never does
FIRST_SIGHT = 0.6  # seconds after which a page shows what it does about a press
KEYBOARD = 20  # signs that can be pressed one by one: so many are keys
LATE_TURNS = 4  # in which a page that has its answer may show it: some draw it after a pause
NOTICE_TURNS = 6  # in which a notice that a script fetches may show what it has to tell
MAX_DELETED = 3  # signs that may stand where the plate is to be typed
MAX_BEFORE_PLATE = 5  # presses on pages that come before the one that asks for the plate
MAX_STRIPS = 4  # places that may open a keyboard, touched in turn
MAX_LOOK_UPS = 3  # buttons that may ask for the fee, pressed in turn while nothing is asked of the server
MAX_PRESSES = 6  # between the fee and the cashier
# Whether the page has been scrolled, or cannot be; else it is scrolled now.
SCROLLED = (
    "(()=>{const e=document.scrollingElement||document.documentElement;"
    "if(!e||e.scrollHeight<=innerHeight+40||e.scrollTop>0)return true;"
    "window.scrollBy(0,300);setTimeout(()=>window.scrollBy(0,-300),120);return false})()"
)
# A point with nothing to press 24 pixels around it, else one with nothing to press on it.
QUIET_SPOT = (
    "(wide,high)=>{const free=(x,y)=>{const e=document.elementFromPoint(x,y);return e&&!e.closest("
    "'a,button,input,select,textarea,label,[onclick],[role=button],summary,[contenteditable]')"
    "&&getComputedStyle(e).cursor!=='pointer'};const around=[-24,-12,0,12,24];let near=null;"
    "for(let y=12;y<high;y+=28)for(const x of[wide/2,14,wide-14])if(free(x,y)){near=near||[x,y];"
    "if(around.every(d=>around.every(b=>{const[p,q]=[x+b,y+d];"
    "return p<0||q<0||p>=wide||q>=high||free(p,q)})))return[x,y]}return near}"
)
# Chooses the first of the choices of which only one can hold, where none is chosen.
FIRST_CHOICE = (
    "(()=>{const r=[...document.querySelectorAll('input[type=radio]')];"
    "if(r.length){if(!r.some(e=>e.checked))r[0].click();return true}"
    "const first=s=>[...s.options].find(o=>o.value);"
    "const s=[...document.querySelectorAll('select')].find(s=>s.checkVisibility()&&!s.value&&first(s));"
    "if(!s)return false;s.value=first(s).value;"
    "for(const kind of['input','change'])s.dispatchEvent(new Event(kind,{bubbles:true}));return true})()"
)
FOLLOWS_SECONDS = 4.0  # that a page is watched for once its cashier was opened
FEE_SECONDS = 6.0  # at most, to wait for a timer that was set with the fee
_THE_PLATE = re.compile(r"^.{0,6}〈plate〉.{0,2}$")
CENTRE = (180, 30)  # where a finger rests: no field and no button is expected there


@dataclass
class PageWalk:
    """One phone's way through one page."""

    page: "Page"
    context: "BrowserContext"
    reader: PageReader
    recorder: Recorder
    phone: Phone
    options: Options
    reads_notice: bool = False

    @property
    def visit(self) -> Visit:
        return self.recorder.visit

    @property
    def ranks(self) -> Ranks:
        return Ranks(self.recorder)

    async def go(self) -> None:
        await self._arrive()
        await self._linger()
        if not (await self._type(self.options.plate) or await self._walk_to_the_plate()):
            self.visit.untyped = self._place_for_plate() or bool(self.reader.seen["strips"])
        else:
            await self._submit()
            await self.reader.note_storage(self.context)
            if not self.visit.cashier:
                await self._linger_on_answer()
                await self._pay()
            if self.visit.cashier and self.phone.scripts and self.options.revisit:
                await self._cancel()
            await self._see_what_follows()
            await self.reader.note_storage(self.context)
        if self.reads_notice:
            await self._read_notice()
        if self._may_trap():
            await self._go_back()
        if self.phone.name == "plain":
            await self._compare_answers()
        if self.phone.scripts and self.options.revisit:
            await SecondVisit(self).go()

    # Waiting

    async def calm(
        self, seconds: float, *, least: bool = False, until: Callable[[], bool] | None = None
    ) -> None:
        """Wait until the page is at rest: `seconds` in all, and nothing under way.

        With `least` something is expected to happen, and is given some time to begin.
        """
        recorder = self.recorder
        began, clock = time.monotonic(), FairClock()
        recorder.active()
        begun = recorder.active_at
        while time.monotonic() - began < seconds + 6:
            await asyncio.sleep(0.04)
            self._note_loop()
            now = time.monotonic()
            started = not least or recorder.active_at > begun or clock.spent() > SECONDS_TO_BEGIN
            calm = not recorder.busy and now - recorder.active_at >= min(seconds, self.options.quiet)
            if (until and until()) or (calm and started and now - began >= seconds):
                return

    def _note_loop(self) -> None:
        if self.recorder.loads > MAX_PAGES:
            raise Stop("endless")

    # The first page

    async def _arrive(self) -> None:
        began = time.monotonic()
        visit, recorder, page = self.visit, self.recorder, self.page
        answer = await within(20, page.goto(visit.start, wait_until="commit", timeout=0))
        await self.calm(min(self.options.dwell, 1.0 if self.phone.scripts else UNSCRIPTED_SECONDS))
        self._note_loop()
        recorder.first = (
            site_of(page.url) if scheme_of(page.url) in {"http", "https"} else site_of(visit.start)
        )
        visit.url = tidy(page.url, recorder.canary.spellings)
        visit.status = answer.status if answer else 0
        shut = any(e.shut for e in recorder.proxy.exchanges if e.url == page.url.partition("#")[0])
        headers = await answer.all_headers() if answer and not shut else {}
        visit.headers = {name.lower(): value for name, value in headers.items()}
        host = host_of(page.url)
        visit.secure = page.url.startswith("https:") or host == "localhost" or is_address(host)
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

    async def _linger(self) -> None:
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
        await self._scroll(300)
        if not await self.reader.evaluate(SCROLLED):  # a busy browser may drop the gesture
            await self.calm(self.options.quiet)
        for step in (600, -900):
            await self._scroll(step)
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
            or (passed < max(4.0, self.options.dwell) and not self._place_for_plate())
            or self._timer_runs(began)
        ):
            await self.calm(min(1.0, max(0.1, self.options.dwell)))
            await self.reader.look(Phase.ARRIVE, "waited")
            if site_of(self.page.url) != self.recorder.first and self.page.url.startswith("http"):
                self.recorder.first = site_of(self.page.url)  # a script took the visit to another site
                self.visit.url = tidy(self.page.url, self.recorder.canary.spellings)
        self.visit.seconds["lingered"] = round(time.monotonic() - began, 2)

    def _timer_runs(self, began: float) -> bool:
        """Return whether the page has set a timer that goes off later: what it opens then is waited for."""
        now = time.monotonic()
        return now < self.recorder.due and now - began < MAX_TIMER

    def _place_for_plate(self) -> bool:
        return bool(self.reader.seen.get("plates")) or self.reader.seen.get("keys", 0) >= KEYBOARD

    async def quiet_spot(self) -> tuple[float, float]:
        """Return a point of the page where nothing can be pressed, if possible not within a finger's width.

        A phone takes a touch close to a link for one on the link.
        """
        found = await self.reader.evaluate(f"({QUIET_SPOT})(innerWidth,innerHeight)")
        return (float(found[0]), float(found[1])) if found else CENTRE

    async def _scroll(self, distance: int) -> None:
        with suppress(Exception):
            await asyncio.wait_for(
                self.reader.cdp.send(
                    "Input.synthesizeScrollGesture",
                    {"x": 180, "y": 380, "yDistance": -distance, "speed": 3000, "gestureSourceType": "touch"},
                ),
                3,
            )

    # The plate

    async def _type(self, plate: str) -> bool:
        """Type the plate character by character; return whether there was a place for it."""
        seen = self.reader.seen
        if not seen["plates"]:
            if seen["keys"] < KEYBOARD and not await self._touch_what_asks_for_the_plate():
                return False
            if self.reader.seen["plates"] and self.reader.seen["how"] != "drawn":
                return await self._type(plate)
            return await self._type_without_field(plate)
        keys_before = seen["keys"]
        await self._touch("plate", 0)
        await self.calm(min(0.3, self.options.quiet))
        self._enter(Phase.TYPE)
        await self._look_unless_muted("field touched")
        if self.reader.seen["keys"] >= max(10, keys_before + 8) or (
            self.reader.seen["readonly"] or self.reader.seen["how"] == "drawn"
        ):
            return await self._type_without_field(plate)
        boxes = self.reader.seen["how"] == "boxes"
        taken = 0 if boxes else await self._choose_province(plate)
        rest = plate[taken:]
        there = "" if boxes else next(iter(self.reader.seen["plates"]), "")
        if there and not rest.startswith(there):
            await self.reader.run_at("pureFill", "plate", 0, "")
            there = ""
        for place in range(len(there), len(rest)):
            await self._before_character(place + taken, plate)
            if boxes or place == len(there):
                await self.reader.run_at("pureFocus", "plate", place if boxes else 0)
            await within(TOUCH_SECONDS, self.page.keyboard.type(rest[place]))
            await asyncio.sleep(self.options.pace)
        if not boxes:
            await self._check_that_it_stands(rest)
        self._typed_by("boxes" if boxes else "field")
        return True

    async def _choose_province(self, plate: str) -> int:
        """Return how many signs of the plate were taken from lists, or stand drawn before the field."""
        if beside := self.reader.seen["beside"]:
            if beside != plate[0] and await self._touch("beside", 0):
                await self.calm(self.options.quiet)
                if spot := await self._key(plate[0]):
                    await self.tap(spot["x"], spot["y"])
                    await self.calm(self.options.quiet)
            return 1
        return int(await self.reader.run_at("pureChoose", "plate", 0, plate) or 0)

    async def _touch_what_asks_for_the_plate(self) -> bool:
        """Touch what asks for the plate and is no field: many pages draw their keys only then."""
        spot = self._choose(self.ranks.plate)
        places = [] if spot is None else [("control", spot)]
        places += [("strip", number) for number in range(min(self.reader.seen["strips"], MAX_STRIPS))]
        if not places:
            return False
        self._enter(Phase.TYPE)
        for which, number in places:
            if which == "control":
                words = self.reader.seen["controls"][number]["text"]
                await self._press(number)
            else:
                words = str(((await self.reader.spot(which, number)) or {}).get("value", ""))
                await self._touch(which, number)
            await self.calm(self.options.quiet, least=True)
            await self._look_unless_muted("field touched")
            if self._place_for_plate() or await self.reader.focused() is not None:
                if not self.recorder.muted:
                    self.visit.opened_keys.add(words)
                return True
        return spot is not None

    async def _walk_to_the_plate(self) -> bool:
        """Press on where the first page has no place for the plate, and type it on the page that has one.

        Fields are left empty: a page that insists on them shows it, and its fields are judged in any case.
        """
        self.recorder.leads_on = True
        for _ in range(MAX_BEFORE_PLATE):
            if self._place_for_plate() or self.reader.seen["strips"]:
                break
            shown = self.visit.screens[-1]
            if not (await self._choose_place() or await self._press_on()):
                break
            await self.calm(self.options.quiet, least=True)
            screen = await self.reader.look(Phase.ARRIVE, LED_ON)
            if not self._place_for_plate():
                await self.calm(0.6)
                screen = await self.reader.look(Phase.ARRIVE, LED_ON)
            if screen.text == shown.text and not self._place_for_plate():  # what does nothing is no step
                self.visit.before_plate.pop()
                break
        self.recorder.leads_on = False
        return (
            bool(self.visit.before_plate) and self._place_for_plate() and await self._type(self.options.plate)
        )

    async def _choose_place(self) -> bool:
        """Choose the first car park where the page asks which one it is, once."""
        rows = self.visit.screens[-1].fields if self.visit.screens else ()
        offered = [row for row in rows if row.visible and (row.type == "radio" or row.tag == "select")]
        places = [row.label or row.name for row in offered if chooses_place(row)]
        if not places or self.visit.before_plate or any(row.ticked for row in offered):
            return False
        chosen = bool(await self.reader.evaluate(FIRST_CHOICE))
        self.visit.before_plate += places[:1] if chosen else []
        return chosen

    async def _press_on(self) -> bool:
        spot = self._choose(self.ranks.way_to_plate)
        if spot is None:
            return False
        self.visit.before_plate.append(self.reader.seen["controls"][spot]["text"])
        await self._press(spot)
        return True

    async def _look_unless_muted(self, moment: str) -> Screen:
        return await self.reader.look(None if self.recorder.muted else self.recorder.phase, moment)

    async def _before_character(self, place: int, plate: str) -> None:
        if place == len(plate) - 1:
            await self.calm(self.options.quiet)
            self._enter(Phase.SUBMIT)
        self.recorder.typed = plate[: place + 1]

    async def _check_that_it_stands(self, plate: str) -> None:
        """Put the plate in at once where typing did not: some fields swallow keys."""
        spot = await self.reader.spot("plate", 0)
        if spot is None:
            return  # the page went on by itself
        standing = spot["value"].upper().replace("·", "").replace(" ", "")
        if plate not in standing:
            await self.reader.run_at("pureFill", "plate", 0, plate)

    async def _tap_keys(self, plate: str) -> bool:
        """Type on keys that the page draws itself."""
        self._enter(Phase.TYPE)
        for place, letter in enumerate(plate):
            spot = await self._key(letter)
            if spot is None and place == 0:
                spot = await self._key_after_deleting(letter)
            if spot is None:
                return False
            await self._before_character(place, plate)
            await self.tap(spot["x"], spot["y"])
            await asyncio.sleep(max(self.options.pace, 0.05))
        self._typed_by("keys")
        return True

    async def _key_after_deleting(self, letter: str) -> dict[str, Any] | None:
        """Return the key once what stands there already was deleted: many pages begin with their province."""
        for _ in range(MAX_DELETED):
            delete = self._choose(self.ranks.deletes)
            if delete is None:
                return None
            await self._press(delete)
            await self.calm(min(0.3, self.options.quiet))
            await self._look_unless_muted("keyboard")
            if spot := await self.reader.spot("key", 0, letter):
                return spot
        return None

    async def _type_without_field(self, plate: str) -> bool:
        """Type on the page's own keys; without any, where the touch has put the cursor.

        Drawn boxes often stand for a field that nobody sees.
        """
        standing = None if self.reader.seen["keys"] >= KEYBOARD else await self.reader.focused()
        if standing is None:
            return await self._tap_keys(plate) or await self._type_on_other_keyboard(plate)
        for place in range(len(standing) if plate.startswith(standing) else 0, len(plate)):
            await self._before_character(place, plate)
            await within(TOUCH_SECONDS, self.page.keyboard.type(plate[place]))
            await asyncio.sleep(self.options.pace)
        self._typed_by("focus")
        return True

    async def _type_on_other_keyboard(self, plate: str) -> bool:
        """Type in the field that a page offers beside keys which could not be used, as those on a canvas."""
        spot = self._choose(self.ranks.other_keyboard)
        if spot is None:
            return False
        words = self.reader.seen["controls"][spot]["text"]
        await self._press(spot)
        await self.calm(self.options.quiet)
        await self._look_unless_muted("keyboard")
        if not self.reader.seen["plates"] or self.reader.seen["how"] == "drawn":
            return False
        if not self.recorder.muted:
            self.visit.opened_keys.add(words)
        return await self._type(plate)

    async def _key(self, letter: str) -> dict[str, Any] | None:
        for _ in range(6):  # the keyboard changes from provinces to letters with some delay
            if spot := await self.reader.spot("key", 0, letter):
                return spot
            await asyncio.sleep(0.15)
            await self._look_unless_muted("keyboard")
        return None

    def _enter(self, phase: Phase) -> None:
        self.recorder.enter(phase)

    def _typed_by(self, how: str) -> None:
        if not self.recorder.muted:
            self.visit.typed_by, self.visit.acts = how, 1

    # The fee

    async def _submit(self) -> None:
        """Look the fee up, unless the page did so when the plate was complete."""
        began = time.monotonic()
        arrived = self.visit.screens[-1]
        before = "\n".join(s.text for s in self.visit.screens if s.phase in {Phase.ARRIVE, Phase.TYPE})
        await self.calm(self.options.quiet + 0.2)
        screen = await self.reader.look(Phase.SUBMIT, "typed")
        if not self._fee_in(screen, before) and not self.visit.cashier:
            if self._choose(self.ranks.look_up) is not None:
                screen = await self._look_up(screen, before)
            elif screen.text == arrived.text and self.visit.screens[-1].phase is Phase.SUBMIT:
                self.visit.screens.pop()
        if self.visit.cashier:
            return
        self.visit.fee = self._fee_in(screen, before)
        if self.visit.fee or self._answered(screen, before):
            self.visit.did.add("looked up")
        self._note_answer_headers()
        self.visit.seconds["submit"] = round(time.monotonic() - began, 2)

    async def _look_up(self, screen: Screen, before: str) -> Screen:
        """Press what asks for the fee; the next likely one where a press asked the server nothing."""
        tried: set[str] = set()
        for _ in range(MAX_LOOK_UPS):
            spot = self._choose(lambda raw: 0 if raw["text"] in tried else self.ranks.look_up(raw))
            if spot is None:
                break
            words = self.reader.seen["controls"][spot]["text"]
            tried.add(words)
            screen = await self._press_for_answer(spot, screen, before)
            if not (self._fee_in(screen, before) or self.visit.cashier):
                screen = await self._confirm(screen, before)
            if self._fee_in(screen, before) or self.visit.cashier or self._answered(screen, before):
                self.visit.led_on.add(words)
            if self.visit.cashier or self._asked():
                break
        return screen

    async def _press_for_answer(self, spot: int, shown: Screen, before: str) -> Screen:
        """Press, and press again what stands there unchanged.

        A page that draws itself again when a field is left takes the button away under the finger.
        """
        words = self.reader.seen["controls"][spot]["text"]
        await self._press(spot)
        screen = await self._wait_for_answer(shown, before)
        again = self._choose(lambda raw: int(raw["text"] == words))
        if again is not None and screen.text == shown.text and not (self._asked() or self.visit.cashier):
            await self._press(again)
            screen = await self._wait_for_answer(screen, before)
        return screen

    async def _confirm(self, screen: Screen, before: str) -> Screen:
        """Press on where a box asks whether the plate is right, or an answer asks of which kind it is.

        Both belong to the look-up.
        """
        spot = self._choose(lambda raw: self.ranks.look_up(raw) if raw["above"] else 0)
        spot = self._choose(self.ranks.kind_of_plate) if spot is None else spot
        if spot is None and self._asks_kind_by_choice(screen):
            await self.reader.evaluate(FIRST_CHOICE)
            spot = self._choose(self.ranks.look_up)
        if spot is None:
            return screen
        await self._press(spot)
        return await self._wait_for_answer(screen, before)

    def _asks_kind_by_choice(self, screen: Screen) -> bool:
        """Return whether an answer brought a choice among kinds of plate, to be sent with the look-up."""
        arrived = (s for s in self.visit.screens if s.phase in BEFORE_SUBMIT)
        known = {row.label for s in arrived for row in s.fields}
        return any(
            row.type == "radio" and row.label not in known and names_plate_kind(row.label)
            for row in screen.fields
        )

    async def _wait_for_answer(self, shown: Screen, before: str) -> Screen:
        """Wait for the answer; a page that says it is still asking is given some seconds."""
        screen, began, asked = shown, time.monotonic(), 0
        for turn in range(10):
            await self.calm(self.options.quiet, least=turn == 0)
            self._note_loop()
            if self.visit.cashier:
                return screen
            screen = await self.reader.look(Phase.SUBMIT, "fee")
            if self._fee_in(screen, before):
                break
            new = _new_lines(screen, f"{before}\n{shown.text}")
            shows_late = turn < LATE_TURNS and self._asked() and not new
            timed = self._timer_runs(began) and time.monotonic() - began < FEE_SECONDS
            polls, asked = len(self._asked()) > asked > 0, len(self._asked())
            if not (shows_late or timed or polls or page_wording.WAITING.search(screen.text)):
                break
            await asyncio.sleep(0.5)
        return screen

    def _asked(self) -> list[Exchange]:
        """Return what the page asked its own server since the plate was complete."""
        return [
            e
            for e in self.recorder.proxy.exchanges
            if (e.socket or getattr(e.mark, "phase", None) is Phase.SUBMIT) and not self.recorder.third(e.url)
        ]

    def _answered(self, screen: Screen, before: str) -> bool:
        """Return whether the look-up was answered: by the server, because a page alone knows no fee.

        Where the plate was seen to be sent, the answer to that counts.
        """
        own = self._asked()
        asked = [e for e in own if self.recorder.canary.forms_in(f"{e.url}\n{text_of(e)}")]
        answered = any(e.socket or 200 <= e.status < 400 for e in asked or own)
        new = bool(self.visit.last(Phase.SUBMIT)) and screen.text not in before
        waits = page_wording.WAITING.search(screen.text) or page_wording.MAINTENANCE.search(screen.text)
        return answered and (bool(asked) or (new and not waits))

    def _note_answer_headers(self) -> None:
        for exchange in self.recorder.proxy.exchanges:
            phase = getattr(exchange.mark, "phase", None)
            if phase is Phase.SUBMIT and exchange.method == "POST" and not self.recorder.third(exchange.url):
                self.visit.answer_headers = {k.lower(): v for k, v in exchange.answer_headers}

    def _fee_in(self, screen: Screen, before: str) -> bool:
        pays = [c for c in screen.controls if c.sends or page_wording.is_pay(c.text)]
        if any(page_wording.AMOUNT.search(control.text) for control in pays):
            return True
        new = set(page_wording.AMOUNT.findall(screen.text)) - set(page_wording.AMOUNT.findall(before))
        return bool(pays and new)

    async def _linger_on_answer(self) -> None:
        """Stay with the answer for a moment and scroll, as a driver who reads it."""
        if not (self.phone.scripts and self.options.revisit and "looked up" in self.visit.did):
            return
        began = time.monotonic()
        await self.calm(min(1.2, self.options.dwell))
        while self._timer_runs(began) and time.monotonic() - began < FEE_SECONDS:
            await self.calm(0.3)
        await self._scroll(300)
        if not self.visit.cashier:
            await self.reader.look(Phase.SUBMIT, "fee read")

    async def _see_what_follows(self) -> None:
        """Look again at a page that stays open behind its cashier: some advertise there."""
        own = self.page.url.startswith("http") and not self.recorder.third(self.page.url)
        if self.visit.cashier and own and self.phone.name == "plain":
            with suppress(Stop):
                await asyncio.sleep(stretched(FOLLOWS_SECONDS) / 1000)
                await self.reader.look(Phase.PAY, FOLLOWING)
        if self.visit.cashier and self.phone.name == "plain" and self.phone.scripts:
            self.visit.after_pay = await self._after_pay()

    async def _after_pay(self) -> Screen | None:
        """Open what the cashier opens afterwards: the driver is sent there, paid or not."""
        url = urljoin(self.visit.url, self.recorder.returns_to)
        if not self.recorder.returns_to or self.recorder.third(url):
            return None
        self.recorder.muted, self.recorder.left_for = True, ""
        page = await self.context.new_page()
        try:
            await page.goto(url, wait_until="load", timeout=stretched(8))
            await asyncio.sleep(stretched(FOLLOWS_SECONDS) / 1000)
            cdp = await self.context.new_cdp_session(page)
            await cdp.send("Page.enable")
            screen = await PageReader(page, cdp, self.recorder, scripts=True).look(None, "after pay")
            return replace(screen, url=self.recorder.left_for or screen.url)
        except Exception:  # noqa: BLE001 - an address that does not open shows nothing
            return None
        finally:
            await shut(page)
            self.recorder.muted = False

    async def _cancel(self) -> None:
        """Return from the cashier without having paid: what is shown then is shown before paying."""
        with suppress(Exception):  # a page that cannot be gone back to is tried again as a second visit
            before = self.visit.last(Phase.SUBMIT)
            if scheme_of(self.page.url) not in {"http", "https"} or self.recorder.third(self.page.url):
                await within(5, self.page.go_back(wait_until="commit", timeout=stretched(4)))
            await self.calm(0.6)
            own = self.page.url.startswith("http") and not self.recorder.third(self.page.url)
            if before and own:
                await self.reader.look(Phase.SUBMIT, "cancelled")
                self.visit.did.add("cancelled")

    # Paying

    async def _pay(self) -> None:
        """Press pay, and whatever else the page puts between that and the cashier."""
        began = time.monotonic()
        self.visit.pay_disabled = any(
            raw["disabled"] and page_wording.is_pay(raw["text"]) for raw in self.reader.seen["controls"]
        )
        spot, guessed = self._what_pays()
        for turn in range(MAX_PRESSES):
            if turn:
                spot = self._choose(self.ranks.onward)
            if spot is None:
                break
            words = self.reader.seen["controls"][spot]["text"]
            step = int(not (turn == 1 and self._repeats_the_fee()))
            self.recorder.enter(Phase.PAY)
            self.visit.pressed_pay = True
            self.visit.acts += step
            before = self.visit.last(Phase.PAY) or self.visit.last(Phase.SUBMIT)
            await self._press(spot)
            await self._see_what_comes_first(before)
            await self.calm(self.options.quiet, least=True, until=self._at_cashier)
            if self._at_cashier():
                self.visit.led_on |= {words} if turn == 0 and not self.visit.waylaid else set()
                break
            self._note_loop()
            screen = await self.reader.look(Phase.PAY, "pay")
            if (
                self._choose(self.ranks.onward) is None
            ):  # a page that leads on by itself, on a slow phone later
                await self.calm(1.5, until=self._at_cashier)
            if self._at_cashier():
                break
            self._note_waylaid(screen, before)
            if before and screen.text == before.text:
                self.visit.acts -= step  # what does nothing is no step
                if turn:
                    break
        if guessed and not self._at_cashier():
            self.visit.waylaid = ""  # what was pressed may not have been the pay button
        self.visit.seconds["pay"] = round(time.monotonic() - began, 2)

    def _repeats_the_fee(self) -> bool:
        """Return whether pay opened a sheet that only shows the fee again: both presses are one step then."""
        fee, sheet = self.visit.last(Phase.SUBMIT), self.visit.last(Phase.PAY)
        return fee is not None and sheet is not None and covers.repeats_the_fee(sheet, fee)

    def _what_pays(self) -> tuple[int | None, bool]:
        """Return what to press first, and whether nothing but its place says that it pays."""
        for rank in (self.ranks.pay, self.ranks.sends):
            if (spot := self._choose(rank)) is not None:
                return spot, False
        return self._choose(self.ranks.only_way), True

    async def _see_what_comes_first(self, before: Screen | None) -> None:
        """Look soon after pay was pressed: what is shown for some seconds on the way is shown."""
        await self.calm(FIRST_SIGHT, until=self._at_cashier)
        if self._at_cashier():
            return
        screen = await self.reader.look(Phase.PAY, "pay")
        if not self._at_cashier():  # it may have come while the page was read
            self._note_waylaid(screen, before)

    def _at_cashier(self) -> bool:
        return bool(self.visit.cashier)

    def _note_waylaid(self, screen: Screen, before: Screen | None) -> None:
        visit = self.visit
        if visit.waylaid:
            return
        url = self.page.url
        if self.recorder.third(url):
            if cashiers.may_be_cashier(url):
                visit.cashier_unknown = host_of(url)
            else:
                visit.waylaid = tidy(url, self.recorder.canary.spellings)
        elif found := covers.interceptions(screen, before, self._covers_before_pay()):
            visit.waylaid = found

    def _covers_before_pay(self) -> set[str]:
        earlier = (screen for screen in self.visit.screens if screen.phase is not Phase.PAY)
        return {overlay.text for screen in earlier for overlay in screen.overlays}

    # Choosing and pressing

    def _choose(self, rank: Callable[[dict[str, Any]], int]) -> int | None:
        """Return the number of the control to press: that with the highest rank, if any has one."""
        controls = self.reader.seen["controls"]
        best = max(
            ((rank(raw), -place) for place, raw in enumerate(controls) if not raw["disabled"]), default=(0, 0)
        )
        return -best[1] if best[0] > 0 else None

    async def tap(self, x: float, y: float) -> None:
        """Touch a point; a page that hangs never tells that it was touched."""
        await within(TOUCH_SECONDS, self.page.touchscreen.tap(x, y))

    async def _touch(self, which: str, index: int) -> bool:
        spot = await self.reader.spot(which, index)
        if spot is None:
            return False
        await self.tap(spot["x"], spot["y"])
        return bool(spot["free"])

    async def _press(self, index: int) -> None:
        """Touch a control; where something lies over it, the control is clicked all the same.

        A keyboard that lies over it is not touched: its keys would change the plate.
        """
        free = not self._keys_lie_over(await self.reader.spot("control", index))
        free = free and await self._touch("control", index)
        if not free:
            await self.calm(min(0.2, self.options.quiet))
            with suppress(Stop):
                await self.reader.run_at("pureClick", "control", index)

    def _keys_lie_over(self, spot: dict[str, Any] | None) -> bool:
        screens = self.visit.screens[-1:]
        keys = any(covers.overlay_kind(over) == "keyboard" for screen in screens for over in screen.overlays)
        return bool(keys and spot and not spot["free"])

    # Afterwards

    async def _compare_answers(self) -> None:
        """Look up a second absent plate, and record both answers. Two plates in all: that is gentle."""
        screen = self.visit.last(Phase.SUBMIT)
        if screen is None or self.visit.waylaid or self.visit.fee or self.visit.cashier:
            return  # where something is owed, the first plate was not absent
        if not page_wording.NOT_FOUND.search(plain_chinese.simplified(screen.text)):
            return
        self.recorder.muted = True
        try:
            start = len(self.recorder.proxy.exchanges)
            shown = await self.look_up_again(self.options.second)
            if shown is None:
                return
            self.visit.answers = (
                self._answer_of(screen, Canary(self.options.plate), Phase.SUBMIT),
                self._answer_of(shown, Canary(self.options.second), None, start),
            )
            self.visit.did.add("compared")
        except Stop:
            return
        finally:
            self.recorder.muted = False

    async def look_up_again(self, plate: str) -> Screen | None:
        """Return the answer to a plate on a fresh page, unrecorded; None: it could not be typed."""
        await self.page.goto(self.visit.start, wait_until="commit")
        await self.calm(self.options.quiet, least=True)
        before = (await self.reader.look(None)).text
        for _ in range(8):
            if self._place_for_plate():
                break
            await asyncio.sleep(0.5)
            before = (await self.reader.look(None)).text
        if not await self._type(plate):
            return None
        await self.calm(self.options.quiet + 0.2)
        answer = await self.reader.look(None)
        answered = page_wording.NOT_FOUND.search(answer_wording.new_in(answer.text, before))
        if not (answered or self._fee_in(answer, before)) and (
            (spot := self._choose(self.ranks.look_up)) is not None
        ):
            await self._press(spot)
            known = f"{before}\n{answer.text}"
            for _ in range(LATE_TURNS):
                await self.calm(self.options.quiet, least=True)
                answer = await self.reader.look(None)
                if _new_lines(answer, known):
                    break
                await asyncio.sleep(0.5)
        return answer

    def _answer_of(self, screen: Screen, plate: Canary, phase: Phase | None, start: int = 0) -> str:
        """Return an answer as it can be compared: the text, and what scripts were answered."""
        data = []
        for exchange in self.recorder.proxy.exchanges[start:]:
            known = exchange.mark
            right = getattr(known, "phase", None) is phase if phase else getattr(known, "muted", False)
            if (
                right
                and exchange.header("sec-fetch-dest") == "empty"
                and not self.recorder.third(exchange.url)
            ):
                body = exchange.answer.decode("utf-8", "replace")
                if exchange.answer_header("content-type").startswith("application/json"):
                    data.append(f"{exchange.status} {body[:2000]}")
        # How often a page asks differs between two visits, and tells nothing of the plate.
        text = "\n".join([plate.taken_out(screen.text), *dict.fromkeys(map(plate.taken_out, data))])
        return page_wording.plain_answer(text)

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
        finally:
            self.recorder.muted = False

    async def _notice(self) -> str:
        if self.reader.notice_here:
            first = self.visit.first(Phase.ARRIVE)
            return first.text if first else ""
        if not self.reader.notice_url or self.recorder.third(self.reader.notice_url):
            return ""
        page = await self.context.new_page()
        try:
            await page.goto(self.reader.notice_url, wait_until="domcontentloaded", timeout=stretched(8))
            return await _settled_notice(page)
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


def _new_lines(screen: Screen, known: str) -> set[str]:
    """Return the lines of a screen that a text does not have; one that repeats the plate is no answer."""
    new = set(screen.text.splitlines()) - set(known.splitlines())
    return {line for line in new if not _THE_PLATE.match(line)}
