"""Looking the fee up: what is pressed for it, when the answer is complete, a second plate."""

import asyncio
import re
import time
from contextlib import suppress

from selfcheck import answer_wording, page_wording, plain_chinese
from selfcheck.canary import Canary
from selfcheck.page_actions import SECONDS_TO_BEGIN
from selfcheck.page_controls import names_plate_kind
from selfcheck.page_reader import Stop
from selfcheck.page_wording import plain_answer
from selfcheck.patience import stretched
from selfcheck.plate_typing import FIRST_CHOICE, PlateTyping
from selfcheck.probes import Extent
from selfcheck.proxy import Exchange
from selfcheck.request_data import text_of
from selfcheck.sites import path_of
from selfcheck.visit import BEFORE_SUBMIT, Phase, Screen

LATE_TURNS = 4  # in which a page that has its answer may show it: some draw it after a pause
MAX_LOOK_UPS = 3  # buttons that may ask for the fee, pressed in turn while nothing is asked of the server
MAX_TRIES = 2  # of a look-up that failed, and offers to be tried again
FEE_SECONDS = 6.0  # at most, to wait for a timer that was set with the fee
SERVER_ERROR = 500
_THE_PLATE = re.compile(r"^.{0,6}〈plate〉.{0,2}$")


class FeeLookUp(PlateTyping):
    """How the fee is asked for, and its answer read."""

    async def submit(self) -> None:
        """Look the fee up, unless the page did so when the plate was complete."""
        began = time.monotonic()
        self.visit.looked_up_at = time.time()
        arrived = self.visit.screens[-1]
        before = "\n".join(s.text for s in self.visit.screens if s.phase in {Phase.ARRIVE, Phase.TYPE})
        await self.calm(self.options.quiet + 0.2)
        screen = await self.reader.look(Phase.SUBMIT, "typed")
        if not self._fee_in(screen, before) and not self.visit.cashier:
            if self.choose(self.ranks.look_up) is not None:
                screen = await self._press_look_up(screen, before)
            elif screen.text == arrived.text and self.visit.screens[-1].phase is Phase.SUBMIT:
                self.visit.screens.pop()
        if self.visit.cashier:
            return
        self.visit.fee = self._fee_in(screen, before)
        if self.visit.fee or self._answered(screen, before):
            self.visit.did.add("looked up")
        self._note_answer_headers()
        self.visit.seconds["submit"] = round(time.monotonic() - began, 2)

    async def see_known_car(self) -> bool:
        """Take a fee that stands there before any plate as the answer: an exit lane knows the car.

        Return whether there is one.
        """
        spot = None if self.place_for_plate() or self.visit.before_plate else self.choose(self.ranks.pay)
        if spot is None:
            return False
        words = self.reader.seen["controls"][spot]["text"]
        text = plain_chinese.simplified(self.visit.screens[-1].text)
        if not (page_wording.AMOUNT.search(words) or page_wording.owes(text)):
            return False
        self.recorder.enter(Phase.SUBMIT)
        await self.reader.look(Phase.SUBMIT, "fee")
        self.visit.fee, self.visit.acts = True, 1
        self.visit.did.add("looked up")
        return True

    async def _press_look_up(self, screen: Screen, before: str) -> Screen:
        """Press what asks for the fee; the next likely one where a press asked the server nothing."""
        tried: set[str] = set()
        for _ in range(MAX_LOOK_UPS):
            spot = self.choose(lambda raw: 0 if raw["text"] in tried else self.ranks.look_up(raw))
            if spot is None:
                break
            words = self.reader.seen["controls"][spot]["text"]
            tried.add(words)
            screen = await self._press_for_answer(spot, screen, before)
            if not (self._fee_in(screen, before) or self.visit.cashier):
                screen = await self._confirm(screen, before)
            if not (self._fee_in(screen, before) or self.visit.cashier):
                screen = await self._give_whole_plate(screen, before)
            if not (self._fee_in(screen, before) or self.visit.cashier):
                screen = await self._try_again(screen, before, words)
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
        await self.press(spot)
        screen = await self._wait_for_answer(shown, before)
        again = self.choose(lambda raw: int(raw["text"] == words))
        if again is not None and screen.text == shown.text and not (self._asked() or self.visit.cashier):
            await self.press(again)
            screen = await self._wait_for_answer(screen, before)
        return screen

    async def _confirm(self, screen: Screen, before: str) -> Screen:
        """Press on where a box asks whether the plate is right, or an answer asks of which kind or car it is.

        All that belongs to the look-up.
        """
        spot = self.choose(lambda raw: self.ranks.look_up(raw) if raw["above"] else 0)
        spot = self._which_one() if spot is None else spot
        if spot is None and self._asks_kind_by_choice(screen):
            await self.reader.evaluate(FIRST_CHOICE)
            spot = self.choose(self.ranks.look_up)
        if spot is None:
            return screen
        words = self.reader.seen["controls"][spot]["text"]
        await self.press(spot)
        answer = await self._wait_for_answer(screen, before)
        if self._fee_in(answer, before) or self.visit.cashier:
            self.visit.led_on.add(self.recorder.canary.taken_out(words))
        return answer

    def _which_one(self) -> int | None:
        """Return what to press where an answer asks which plate or car it is, or whether it is right."""
        ranks = (self.ranks.kind_of_plate, self.ranks.which_car, self.ranks.says_right)
        return next((spot for spot in map(self.choose, ranks) if spot is not None), None)

    async def _try_again(self, screen: Screen, before: str, words: str) -> Screen:
        """Press what asks once more, or the look-up itself, where the network failed: a driver does."""
        for _ in range(MAX_TRIES):
            spot = self.choose(self.ranks.tries_again)
            if spot is None and self._failed():
                spot = self.choose(lambda raw: int(raw["text"] == words))
            if spot is None or self._fee_in(screen, before):
                break
            await self.press(spot)
            screen = await self._wait_for_answer(screen, before)
        return screen

    async def _give_whole_plate(self, screen: Screen, before: str) -> Screen:
        """Fill in what an answer asks for in a new, empty field: a part of the plate may fit several cars."""
        arrived = (s for s in self.visit.screens if s.phase in BEFORE_SUBMIT)
        known = {(row.name, row.label) for s in arrived for row in s.fields}
        asked = any(row.plate and row.visible and (row.name, row.label) not in known for row in screen.fields)
        absent = page_wording.NOT_FOUND.search(answer_wording.new_in(screen.text, before))
        if not asked or absent or next(iter(self.reader.seen["plates"]), "filled"):
            return screen
        await self.reader.run_at("pureFill", "plate", 0, self.options.plate)
        await self.calm(self.options.quiet)
        await self.reader.look(Phase.SUBMIT, "typed")
        if (spot := self.choose(self.ranks.look_up)) is None:
            return screen
        await self.press(spot)
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
            self.note_loop()
            if self.visit.cashier:
                return screen
            screen = await self.reader.look(Phase.SUBMIT, "fee")
            if self._fee_in(screen, before):
                break
            new = _new_lines(screen, f"{before}\n{shown.text}")
            shows_late = turn < LATE_TURNS and self._asked() and not new
            timed = self.timer_runs(began) and time.monotonic() - began < FEE_SECONDS
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

    def _failed(self) -> bool:
        """Return whether the server failed at the last thing that it was asked."""
        return next((e.status >= SERVER_ERROR for e in reversed(self._asked()) if e.ended), False)

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

    async def linger_on_answer(self) -> None:
        """Stay with the answer for a moment and scroll, as a driver who reads it."""
        if not (self.phone.scripts and self.options.revisit and "looked up" in self.visit.did):
            return
        began = time.monotonic()
        await self.calm(min(1.2, self.options.dwell))
        while self.timer_runs(began) and time.monotonic() - began < FEE_SECONDS:
            await self.calm(0.3)
        await self.scroll(300)
        if not self.visit.cashier:
            await self.reader.look(Phase.SUBMIT, "fee read")

    async def compare_answers(self) -> None:
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
            self.visit.answers = comparable(
                self._answer_of(screen, Canary(self.options.plate), Phase.SUBMIT),
                self._answer_of(shown, Canary(self.options.second), None, start),
            )
            self.visit.did.add("compared")
        except Stop:
            return
        finally:
            self.recorder.muted = False

    async def look_up_again(self, plate: str, extent: Extent = Extent.ALL) -> Screen | None:
        """Return the answer to a plate on a fresh page, unrecorded; None: it could not be typed.

        What is not observed must stay unrecorded until the next fresh page.
        """
        if self.recorder.probes:
            await self.recorder.probes.observe(extent)
        await self.page.goto(self.visit.start, wait_until="commit")
        with suppress(Exception):  # what goes on to load is waited for as long as it is under way
            await self.page.wait_for_load_state("load", timeout=stretched(SECONDS_TO_BEGIN))
        await self.calm(min(self.options.dwell, SECONDS_TO_BEGIN))
        return await self.look_up_here(plate)

    async def look_up_here(self, plate: str) -> Screen | None:
        """Return the answer to a plate on the page as it stands, unrecorded; None: it could not be typed."""
        shown = await self.reader.look(None)
        ways = list(self.visit.before_plate)  # the car park is chosen again
        for _ in range(8):
            paid_at_once = self.visit.known_car and self.choose(self.ranks.pay) is not None
            if self.place_for_plate() or paid_at_once:
                break
            if ways and (spot := self.choose(lambda raw: int(raw["text"] == ways[0]))) is not None:
                await self.press(spot)
                del ways[0]
            await asyncio.sleep(0.5)
            shown = await self.reader.look(None)
        if self.visit.known_car:
            return shown
        before = shown.text
        if not await self.type_plate(plate):
            return None
        await self.calm(self.options.quiet + 0.2)
        answer = await self.reader.look(None)
        answered = page_wording.NOT_FOUND.search(answer_wording.new_in(answer.text, before))
        if answered or self._fee_in(answer, before):
            return answer
        return await self._press_for_second_answer(answer, before)

    async def _press_for_second_answer(self, answer: Screen, before: str) -> Screen:
        """Press what asks for the fee; a first press may only close the keyboard, or ask for a second."""
        known, asked = f"{before}\n{answer.text}", len(self.recorder.proxy.exchanges)
        for _ in range(MAX_LOOK_UPS):
            sure = self.choose(lambda raw: self.ranks.look_up(raw) if raw["above"] else 0)
            spot = self.choose(self.ranks.look_up) if sure is None else sure
            is_over = (sure is None and says_more(answer, known)) or len(
                self.recorder.proxy.exchanges
            ) > asked
            again = self.choose(self.ranks.tries_again)
            again = self._which_one() if again is None and sure is None else again
            if again is not None:
                spot, is_over = again, False
            if spot is None or is_over or self._fee_in(answer, before):
                break
            known += f"\n{answer.text}"
            await self.press(spot)
            for _ in range(LATE_TURNS):
                await self.calm(self.options.quiet, least=True)
                answer = await self.reader.look(None)
                if says_more(answer, known):
                    break
                await asyncio.sleep(0.5)
        return answer

    def _answer_of(
        self, screen: Screen, plate: Canary, phase: Phase | None, start: int = 0
    ) -> tuple[str, dict[str, list[str]]]:
        """Return an answer as it can be compared: the text, and by address what scripts were answered."""
        data: dict[str, list[str]] = {}
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
                    rows = data.setdefault(path_of(exchange.url), [])
                    rows.append(plate.taken_out(f"{exchange.status} {body[:2000]}"))
        return plate.taken_out(screen.text), data


def comparable(*answers: tuple[str, dict[str, list[str]]]) -> tuple[str, ...]:
    """Return answers as texts that are equal where they tell the same.

    How often a page asks differs between two visits, and so does what it asks only after a while: neither
    tells anything of the plate. So only what both asked is compared, each answer once.
    """
    both = sorted(set.intersection(*(set(data) for _, data in answers)))
    rows = [_rows_to_compare([data[path] for _, data in answers]) for path in both]
    return tuple(
        "\n".join([plain_answer(text), *(row for path in rows for row in path[number])])
        for number, (text, _) in enumerate(answers)
    )


def _rows_to_compare(asked: list[list[str]]) -> list[list[str]]:
    """Return what each plate was answered at one address; only what all were, where one was polled longer."""
    plain = [list(dict.fromkeys(map(plain_answer, rows))) for rows in asked]
    shared = [row for row in plain[0] if all(row in rows for rows in plain)]
    return [shared] * len(plain) if any(len(shared) == len(rows) for rows in plain) else plain


def says_more(screen: Screen, known: str) -> bool:
    """Return whether a screen has lines that a text does not have, and one that asks for no patience."""
    return any(not page_wording.WAITING.search(line) for line in _new_lines(screen, known))


def _new_lines(screen: Screen, known: str) -> set[str]:
    """Return the lines of a screen that a text does not have; one that repeats the plate is no answer."""
    new = set(screen.text.splitlines()) - set(known.splitlines())
    return {line for line in new if not _THE_PLATE.match(line)}
