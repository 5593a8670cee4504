"""Typing the plate: into a field, into boxes, or on keys that the page draws; and the way to that place."""

import asyncio
from typing import Any

from selfcheck.judging_way import chooses_place
from selfcheck.page_actions import KEYBOARD, TOUCH_SECONDS, PageActions
from selfcheck.patience import within
from selfcheck.visit import LED_ON, Phase

MAX_TURNED = 3  # that a keyboard may be turned for one sign
MAX_DELETED = 3  # signs that may stand where the plate is to be typed
MAX_BEFORE_PLATE = 5  # presses on pages that come before the one that asks for the plate
MAX_DRAGGED = 24  # drags of a wheel for its sign, or of all wheels beside a field
EDGE = 20  # pixels from the edge of the screen where a drag ends
MAX_STRIPS = 4  # places that may open a keyboard, touched in turn
# Chooses the first of the choices of which only one can hold, where none is chosen.
FIRST_CHOICE = (
    "(()=>{const r=[...document.querySelectorAll('input[type=radio]')];"
    "if(r.length){if(!r.some(e=>e.checked))r[0].click();return true}"
    "const first=s=>[...s.options].find(o=>o.value);"
    "const s=[...document.querySelectorAll('select')].find(s=>s.checkVisibility()&&!s.value&&first(s));"
    "if(!s)return false;s.value=first(s).value;"
    "for(const kind of['input','change'])s.dispatchEvent(new Event(kind,{bubbles:true}));return true})()"
)


class PlateTyping(PageActions):
    """How the plate gets into a page."""

    async def type_plate(self, plate: str) -> bool:
        """Type the plate character by character; return whether there was a place for it."""
        seen = self.reader.seen
        if not seen["plates"]:
            if seen["keys"] < KEYBOARD and not await self._touch_what_asks_for_the_plate():
                return False
            if self.reader.seen["plates"] and self.reader.seen["how"] != "drawn":
                return await self.type_plate(plate)
            return await self._type_without_field(plate)
        if seen["how"] == "wheels":
            return await self._turn_wheels(plate)
        keys_before = seen["keys"]
        await self.touch("plate", 0)
        await self.calm(min(0.3, self.options.quiet))
        self.recorder.enter(Phase.TYPE)
        await self.look_unless_muted("field touched")
        if self.reader.seen["keys"] >= max(10, keys_before + 8) or (
            self.reader.seen["readonly"] or self.reader.seen["how"] == "drawn"
        ):
            return await self._type_without_field(plate)
        boxes = self.reader.seen["how"] == "boxes"
        listed = self.reader.seen["listed"]  # the province in a list, the rest in short fields
        taken = await self._choose_province(plate) if listed or not boxes else 0
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

    async def _turn_wheels(self, plate: str) -> bool:
        """Turn a wheel to each sign, and touch the sign that stands in its middle then."""
        self.recorder.enter(Phase.TYPE)
        for place, letter in enumerate(plate):
            await self._before_character(place, plate)
            if not await self._turn("pureTurn", place, letter):
                return False
            await asyncio.sleep(max(self.options.pace, 0.2))  # a wheel comes to rest
            await self.touch("plate", place)
        self._typed_by("wheels")
        return True

    async def _turn(self, function: str, place: int, signs: str) -> int:
        """Return what `function` returns once the wheels were dragged to their signs; 0: one stands still."""
        last: list[float] = []
        for _ in range(MAX_DRAGGED):
            found = await self.reader.run_at(function, "plate", place, signs)
            if not isinstance(found, list):
                return int(found or 0)
            if found == last:
                return 0
            last = found
            x, y, away = found
            await self.drag(x, y, max(EDGE - y, min(self.phone.height - EDGE - y, away)))
        return 0

    async def _choose_province(self, plate: str) -> int:
        """Return how many signs of the plate were taken from lists, or stand drawn before the field."""
        if beside := self.reader.seen["beside"]:
            if beside != plate[0] and await self.touch("beside", 0):
                await self.calm(self.options.quiet)
                if spot := await self._key(plate[0]):
                    await self.tap(spot["x"], spot["y"])
                    await self.calm(self.options.quiet)
            return 1
        return await self._turn("pureChoose", 0, plate)

    async def _before_character(self, place: int, plate: str) -> None:
        if place == len(plate) - 1:
            await self.calm(self.options.quiet)
            self.recorder.enter(Phase.SUBMIT)
        self.recorder.note_typed(plate[: place + 1])

    async def _check_that_it_stands(self, plate: str) -> None:
        """Put the plate in at once where typing did not: some fields swallow keys."""
        spot = await self.reader.spot("plate", 0)
        if spot is None:
            return  # the page went on by itself
        standing = spot["value"].upper().replace("·", "").replace(" ", "")
        if plate not in standing:
            await self.reader.run_at("pureFill", "plate", 0, plate)

    async def _touch_what_asks_for_the_plate(self) -> bool:
        """Touch what asks for the plate and is no field: many pages draw their keys only then."""
        spot = self.choose(self.ranks.plate)
        places = [] if spot is None else [("control", spot)]
        places += [("strip", number) for number in range(min(self.reader.seen["strips"], MAX_STRIPS))]
        if not places:
            return False
        self.recorder.enter(Phase.TYPE)
        for which, number in places:
            if which == "control":
                words = self.reader.seen["controls"][number]["text"]
                await self.press(number)
            else:
                words = str(((await self.reader.spot(which, number)) or {}).get("value", ""))
                await self.touch(which, number)
            await self.calm(self.options.quiet, least=True)
            await self.look_unless_muted("field touched")
            if self.place_for_plate() or await self.reader.focused() is not None:
                if not self.recorder.muted:
                    self.visit.opened_keys.add(words)
                return True
        return spot is not None

    async def _type_without_field(self, plate: str) -> bool:
        """Type on the page's own keys; without any, where the touch has put the cursor.

        Drawn boxes often stand for a field that nobody sees.
        """
        standing = None if self.reader.seen["keys"] >= KEYBOARD else await self.reader.focused()
        if standing is None:
            return await self._tap_keys(plate) or await self._type_on_other_keyboard(plate)
        await self._type_at_cursor(plate, len(standing) if plate.startswith(standing) else 0)
        return True

    async def _type_at_cursor(self, plate: str, start: int) -> None:
        for place in range(start, len(plate)):
            await self._before_character(place, plate)
            await within(TOUCH_SECONDS, self.page.keyboard.type(plate[place]))
            await asyncio.sleep(self.options.pace)
        self._typed_by("focus")

    async def _tap_keys(self, plate: str) -> bool:
        """Type on keys that the page draws itself."""
        self.recorder.enter(Phase.TYPE)
        for place, letter in enumerate(plate):
            spot = await self._key(letter)
            if spot is None:
                spot = await self._key_after_turning(letter)
            if spot is None and place == 0:
                spot = await self._key_after_deleting(letter)
            if spot is None and place and await self.reader.focused() is not None:
                await self._type_at_cursor(plate, place)  # provinces alone were drawn
                return True
            if spot is None:
                return False
            await self._before_character(place, plate)
            await self.tap(spot["x"], spot["y"])
            await asyncio.sleep(max(self.options.pace, 0.05))
        self._typed_by("keys")
        return True

    async def _key(self, letter: str) -> dict[str, Any] | None:
        for _ in range(6):  # the keyboard changes from provinces to letters with some delay
            if spot := await self.reader.spot("key", 0, letter):
                return spot
            await asyncio.sleep(0.15)
            await self.look_unless_muted("keyboard")
        return None

    async def _key_after_turning(self, letter: str) -> dict[str, Any] | None:
        """Return the key once the keyboard shows it: some show a few keys at a time."""
        tried: set[str] = set()
        while len(tried) < MAX_TURNED:
            turn = self.choose(lambda raw: int(raw["text"] not in tried) and self.ranks.turns_keys(raw))
            if turn is None:
                return None
            words = self.reader.seen["controls"][turn]["text"]
            tried.add(words)
            await self.press(turn)
            await self.calm(min(0.3, self.options.quiet))
            await self.look_unless_muted("keyboard")
            if not self.recorder.muted:
                self.visit.opened_keys.add(words)
            if spot := await self.reader.spot("key", 0, letter):
                return spot
        return None

    async def _key_after_deleting(self, letter: str) -> dict[str, Any] | None:
        """Return the key once what stands there already was deleted: many pages begin with their province."""
        for _ in range(MAX_DELETED):
            delete = self.choose(self.ranks.deletes)
            if delete is None:
                return None
            await self.press(delete)
            await self.calm(min(0.3, self.options.quiet))
            await self.look_unless_muted("keyboard")
            if spot := await self.reader.spot("key", 0, letter):
                return spot
        return None

    async def _type_on_other_keyboard(self, plate: str) -> bool:
        """Type in the field that a page offers beside keys which could not be used, as those on a canvas."""
        spot = self.choose(self.ranks.other_keyboard)
        if spot is None:
            return False
        words = self.reader.seen["controls"][spot]["text"]
        await self.press(spot)
        await self.calm(self.options.quiet)
        await self.look_unless_muted("keyboard")
        if not self.reader.seen["plates"] or self.reader.seen["how"] == "drawn":
            return False
        if not self.recorder.muted:
            self.visit.opened_keys.add(words)
        return await self.type_plate(plate)

    def _typed_by(self, how: str) -> None:
        if not self.recorder.muted:
            self.visit.typed_by, self.visit.acts = how, 1

    async def walk_to_the_plate(self) -> bool:
        """Press on where the first page has no place for the plate, and type it on the page that has one.

        Fields are left empty: a page that insists on them shows it, and its fields are judged in any case.
        """
        self.recorder.leads_on = True
        for _ in range(MAX_BEFORE_PLATE):
            if self.place_for_plate() or self.reader.seen["strips"]:
                break
            shown = self.visit.screens[-1]
            if not (await self._choose_place() or await self._press_on()):
                break
            await self.calm(self.options.quiet, least=True)
            screen = await self.reader.look(Phase.ARRIVE, LED_ON)
            if not self.place_for_plate():
                await self.calm(0.6)
                screen = await self.reader.look(Phase.ARRIVE, LED_ON)
            if screen.text == shown.text and not self.place_for_plate():  # what does nothing is no step
                self.visit.before_plate.pop()
                break
        self.recorder.leads_on = False
        return (
            bool(self.visit.before_plate)
            and self.place_for_plate()
            and await self.type_plate(self.options.plate)
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
        spot = self.choose(self.ranks.way_to_plate)
        if spot is None:
            return False
        self.visit.before_plate.append(self.reader.seen["controls"][spot]["text"])
        await self.press(spot)
        return True
