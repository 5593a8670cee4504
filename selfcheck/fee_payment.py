"""Paying: from the fee to the cashier, and back without having paid."""

import time
from contextlib import suppress

from selfcheck import cashiers, covers
from selfcheck.page_actions import PageActions
from selfcheck.patience import stretched, within
from selfcheck.sites import host_of, scheme_of, tidy
from selfcheck.visit import Phase, Screen

FIRST_SIGHT = 0.6  # seconds after which a page shows what it does about a press
MAX_PRESSES = 6  # between the fee and the cashier


class Paying(PageActions):
    """What is pressed between the fee and the cashier, and what a driver sees there."""

    async def pay(self) -> None:
        """Press pay, and whatever else the page puts between that and the cashier."""
        began = time.monotonic()
        if bill := self.visit.last(Phase.SUBMIT):
            self._note_codes(bill)
        if not self._at_cashier():
            await self._press_to_cashier()
        self.visit.seconds["pay"] = round(time.monotonic() - began, 2)

    async def _press_to_cashier(self) -> None:
        bill = self.visit.last(Phase.SUBMIT)
        self.visit.pay_disabled = self.pay_sleeps() and not await self.wake_by_terms(bill)
        spot, guessed = self._what_pays()
        pressed = self.visit.paid_by
        for turn in range(MAX_PRESSES):
            if turn:
                spot = self.choose(self.ranks.onward)
            if spot is None:
                break
            words = self.reader.seen["controls"][spot]["text"]
            pressed.append(words)
            step = int(not (turn == 1 and self._repeats_the_fee()))
            self.recorder.enter(Phase.PAY)
            self.visit.pressed_pay = True
            self.visit.acts += step
            before = self.visit.last(Phase.PAY) or self.visit.last(Phase.SUBMIT)
            await self.press(spot)
            await self._see_what_comes_first(before)
            await self.calm(self.options.quiet, least=True, until=self._at_cashier)
            if self._at_cashier():
                self.visit.led_on |= {words} if turn == 0 and not self.visit.waylaid else set()
                break
            self.note_loop()
            screen = await self._look_for_cashier()
            if (
                self.choose(self.ranks.onward) is None
            ):  # a page that leads on by itself, on a slow phone later
                await self.calm(1.5, until=self._at_cashier)
            if self._at_cashier():
                break
            self._note_waylaid(screen, before)
            if before and screen.text == before.text:
                self.visit.acts -= step  # what does nothing is no step
                if turn:
                    break
                await self._take_a_way()
        self._forget_detour(pressed)
        if guessed and not self._at_cashier():
            self._take_back_guess(pressed)

    async def _take_a_way(self) -> None:
        """Choose the first way to pay, where the page waits for a choice: it belongs to pressing pay."""
        for words in self.reader.seen["ways"][:1]:
            await self.take_way(words)
            self.visit.way_taken = [words]

    def _take_back_guess(self, pressed: list[str]) -> None:
        """Judge what the guess opened as what a button opens: where nothing is due, nothing pays."""
        visit = self.visit
        if pressed:
            opened = (screen for screen in visit.screens if screen.phase is Phase.PAY)
            visit.behind += [(pressed[0], screen) for screen in opened]
            visit.screens[:] = [screen for screen in visit.screens if screen.phase is not Phase.PAY]
        visit.pressed_pay, visit.waylaid = False, ""

    def _forget_detour(self, pressed: list[str]) -> None:
        """Count one step where the button that led to the cashier stood beside the fee all along."""
        bill = self.visit.last(Phase.SUBMIT)
        there = {control.text for control in bill.controls if not control.disabled} if bill else set()
        if self._at_cashier() and pressed and pressed[-1] in there - {pressed[0]}:
            self.visit.acts, self.visit.waylaid = 2, ""

    def _what_pays(self) -> tuple[int | None, bool]:
        """Return what to press first, and whether nothing but its place says that it pays."""
        for rank in (self.ranks.pay, self.ranks.sends):
            if (spot := self.choose(rank)) is not None:
                return spot, False
        return self.choose(self.ranks.only_way), True

    def _repeats_the_fee(self) -> bool:
        """Return whether pay opened a sheet that only shows the fee again: both presses are one step then."""
        fee, sheet = self.visit.last(Phase.SUBMIT), self.visit.last(Phase.PAY)
        return fee is not None and sheet is not None and covers.repeats_the_fee(sheet, fee)

    async def _see_what_comes_first(self, before: Screen | None) -> None:
        """Look soon after pay was pressed: what is shown for some seconds on the way is shown."""
        await self.calm(FIRST_SIGHT, until=self._at_cashier)
        if self._at_cashier():
            return
        screen = await self._look_for_cashier()
        if not self._at_cashier():
            self._note_waylaid(screen, before)
        elif not self.recorder.third(
            screen.url
        ):  # it came while the page was read: words of paying are its own
            self.visit.waylaid = self.visit.waylaid or covers.pushed(screen, self._covers_before_pay())

    async def _look_for_cashier(self) -> Screen:
        screen = await self.reader.look(Phase.PAY, "pay")
        self._note_codes(screen)
        return screen

    def _note_codes(self, screen: Screen) -> None:
        """Note the cashier where a page shows its code, for another phone or for the app to scan."""
        for picture in screen.pictures:
            self.recorder.note_cashier(picture.code)

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
        elif frame := _framed_cashier(screen):
            visit.cashier_unknown = host_of(frame)
        elif found := covers.interceptions(screen, before, self._covers_before_pay()):
            visit.waylaid = found

    def _covers_before_pay(self) -> set[str]:
        earlier = (screen for screen in self.visit.screens if screen.phase is not Phase.PAY)
        return {overlay.text for screen in earlier for overlay in screen.overlays}

    async def cancel(self) -> None:
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


def _framed_cashier(screen: Screen) -> str:
    """Return the address of a frame of another site that has the name of a payment page; or nothing."""
    return next((c.href for c in screen.controls if c.frame and cashiers.may_be_cashier(c.href)), "")
