"""Types a tariff into the form of the console as a person does, and counts what is typed and clicked."""

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

from console.tariff_form import ABSENT, _chosen, _shown
from console.tariff_parts import WHOLE, Differs, PartField, PartGroup, PartSection, Rows, Way
from lots.tariffs.json_fields import below

SECONDS_TO_TYPE, SECONDS_TO_CLICK = 4.0, 2.0  # find a field and type a number; find a box and press it
LOST_AFTER = 100  # looks for an answer
type Value = dict[str, Any]


@dataclass
class Typist:
    page: Page
    typed: int = 0
    clicked: int = 0
    asked: set[Any] = field(default_factory=set)  # requests without an answer

    def __post_init__(self) -> None:
        self.page.on("request", lambda one: self.asked.add(one))
        self.page.on("requestfinished", lambda one: self.asked.discard(one))
        self.page.on("requestfailed", lambda one: self.asked.discard(one))

    @property
    def seconds(self) -> float:
        return self.typed * SECONDS_TO_TYPE + self.clicked * SECONDS_TO_CLICK

    def enter(self, document: Value) -> None:
        """Type a document; a second look answers the questions that arose on the way."""
        for _ in range(2):
            self._parts(WHOLE, document, "")
            self._wait_for_server()

    def text(self) -> Value:
        """Return the document that the page has made of it."""
        found: Value = json.loads(self.page.locator("#text").input_value())
        return found

    def _wait_for_server(self) -> None:
        """Wait until every question to the server is answered; it is asked a moment after the last key."""
        quiet = looks = 0
        while quiet < 2:
            self.page.wait_for_timeout(450)
            looks += 1
            if looks > LOST_AFTER:  # now and then a browser does not report how a request ended
                self.asked.clear()
            quiet = 0 if self.asked else quiet + 1

    def _parts(self, parts: Any, value: Value, path: str) -> None:
        for part in parts:
            if isinstance(part, PartSection):
                self._section(part, value)
            elif isinstance(part, Way):
                self._way(part, value, path)
            elif isinstance(part, Differs):
                self._differs(part, value, path)
            else:
                self._part(part, value.get(part.key, ABSENT), below(path, part.key))

    def _section(self, section: PartSection, value: Value) -> None:
        keys = {part.key for part in section.parts if isinstance(part, PartField | PartGroup | Rows)}
        rows = [part.key for part in section.parts if isinstance(part, Rows)]
        if not keys & set(value) and not any(self._named(f"row:{key}[0]").count() for key in rows):
            return
        summary = self.page.locator("#fields summary", has_text=str(section.label))
        if summary.locator("xpath=..").get_attribute("open") is None:
            self._click(summary)
        self._parts(section.parts, value, "")

    def _way(self, way: Way, value: Value, path: str) -> None:
        chosen = _chosen(way, value)
        if chosen:
            self._select(self._named(f"way:{below(path, way.key or way.name)}"), chosen.value)
            self._parts(chosen.parts, value, path)

    def _differs(self, part: Differs, value: Value, path: str) -> None:
        key = part.part.key
        how = "usual" if key not in value else "none" if value[key] is None else "differs"
        self._select(self._named(f"differs:{below(path, key)}"), how)
        if how == "differs":
            inner = PartGroup(key, "", part.part.parts) if isinstance(part.part, PartGroup) else part.part
            self._part(inner, value[key], below(path, key))

    def _part(self, part: PartField | PartGroup | Rows, value: Any, name: str) -> None:
        if isinstance(part, PartGroup):
            if part.optional:
                self._check(self._named(f"has:{name}"), value is not ABSENT)
            if value is not ABSENT:
                self._parts(part.parts, value, name)
        elif isinstance(part, Rows):
            self._rows(part, [] if value is ABSENT else value, name)
        else:
            self._field(part, value, name)

    def _rows(self, part: Rows, rows: list[Value], name: str) -> None:
        def have() -> int:
            count = 0
            while self._named(f"row:{name}[{count}]").count():
                count += 1
            return count

        while have() < len(rows):
            self._click(self.page.locator(f'button[value="add:{name}"]'))
        while (number := have()) > len(rows):
            self._click(self.page.locator(f'button[value="remove:{name}[{number - 1}]"]'))
        for index, row in enumerate(rows):
            self._parts(part.parts, row, f"{name}[{index}]")

    def _field(self, part: PartField, value: Any, name: str) -> None:
        place = self._named(name)
        if part.kind == "question":
            self._answer(name, value)
        elif part.kind in {"choices", "kinds"}:
            known = [] if value is ABSENT else value
            if part.key == "exempt" and value is ABSENT:
                return
            for key, _ in part.choices:
                self._check(self.page.locator(f'[name="{name}"][value="{key}"]'), key in known)
        elif part.kind == "flag":
            self._check(place, value is True)
        elif part.kind in {"choice", "whole_choice"}:
            if value is not ABSENT:
                self._select(place, str(value))
        else:
            lines = "\n".join(value) if part.kind == "lines" and value is not ABSENT else None
            text = "" if value is ABSENT or value is None else lines or _shown(part, value)
            if place.input_value() != text:
                place.fill(text)
                self.typed += 1

    def _answer(self, name: str, value: Any) -> None:
        if value is ABSENT:
            return
        radio = self.page.locator(f'[name="{name}"][value="{value}"]')
        if radio.count():
            self._check(radio, True)

    def _select(self, place: Locator, value: str) -> None:
        if place.input_value() != value:
            place.select_option(value)
            self.clicked += 1
            self._settle()

    def _check(self, box: Locator, wanted: bool) -> None:
        if box.is_checked() != wanted:
            box.set_checked(wanted)
            self.clicked += 1
            self._settle()

    def _click(self, place: Locator) -> None:
        place.click()
        self.clicked += 1
        self._settle()

    def _settle(self) -> None:
        expect(self.page.locator("#fields")).not_to_have_attribute("aria-busy", "true")

    def _named(self, name: str) -> Locator:
        return self.page.locator(f'#fields [name="{name}"]')
