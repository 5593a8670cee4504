"""Writes down what the browser tells of a visit: requests, calls, pop-ups; and answers for other sites.

Events come while the page runs; who asked whom is worked out at the end, when it is known whose page it is.
"""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selfcheck import cashiers
from selfcheck.canary import Canary
from selfcheck.chrome import Options
from selfcheck.judging import scope_mark
from selfcheck.phones import Phone
from selfcheck.proxy import Door
from selfcheck.sites import host_of, scheme_of, site_of, tidy
from selfcheck.visit import Call, Hop, Kept, Phase, Request, Visit

if TYPE_CHECKING:
    from playwright.async_api import Page, Response, Route
    from playwright.async_api import Request as WebRequest

MANY_PAGES = 8  # page loads of one visit, redirects included, before it counts as endless
MOST_RECORDS = 600
EMPTY = {
    "document": ("text/html", "<!doctype html>"),
    "script": ("text/javascript", ""),
    "stylesheet": ("text/css", ""),
}


@dataclass
class Recorder:
    """What is known while one phone goes through one page."""

    start: str
    phone: Phone
    options: Options
    phase: Phase = Phase.ARRIVE
    muted: bool = False  # our own further look-ups are not the page's doing
    first: str = ""  # the page's own site, known once it has arrived
    busy: set[Any] = field(default_factory=set)
    active_at: float = 0.0
    loads: int = 0
    asked: list[tuple[Phase, "WebRequest", bool]] = field(default_factory=list)
    stored: dict[tuple[str, str], Kept] = field(default_factory=dict)

    visit: Visit = field(init=False)
    canary: Canary = field(init=False)
    door: Door = field(init=False)
    page: "Page" = field(init=False)
    frame: str = ""

    def __post_init__(self) -> None:
        self.visit = Visit(self.phone.name, self.phone.scripts, self.start)
        self.canary = Canary(self.options.plate)

    def _told(self, _source: dict[str, Any], payload: Any) -> None:
        """Note what a hook saw. A page may call this too, and then only speaks against itself."""
        if self.muted or len(self.visit.calls) >= MOST_RECORDS:
            return
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            said = json.loads(payload)
            name, detail, by = (str(said.get(key) or "")[:200] for key in ("name", "detail", "by"))
            detail = self.canary.taken_out(detail)
            if name == "popup":
                self._note_popup(detail)
                return
            if name in {"dialog", "modal"}:
                if name == "dialog" and self.phase is not Phase.PAY and len(self.visit.dialogs) < 5:
                    self.visit.dialogs.append(detail[:60])
                return
            if name in cashiers.CALLS and self.phase in {Phase.SUBMIT, Phase.PAY}:
                self.visit.cashier = self.visit.cashier or name.removeprefix("bridge:")
            name = name.removeprefix("bridge:")
            self.visit.calls.append(
                Call(
                    self.phase,
                    name,
                    tidy(by, self.canary.spellings),
                    detail if name in {"listen", "cookie", "storage"} else "",
                )
            )

    def _note_popup(self, url: str) -> None:
        """A page wanted a window of its own; none was opened."""
        self._saw_door(url)
        if self.phase is not Phase.PAY and len(self.visit.popups) < 5:
            self.visit.popups.append(tidy(url, self.canary.spellings))

    def _asked(self, request: "WebRequest") -> None:
        self.busy.add(request)
        self.active_at = time.monotonic()
        if self.muted or len(self.asked) >= MOST_RECORDS:
            return
        main = self._is_main(request)
        self.asked.append((self.phase, request, main))
        if main:
            self.loads += 1
            self._saw_door(request.url)

    def _saw_door(self, url: str) -> None:
        if self.phase in {Phase.SUBMIT, Phase.PAY}:
            door = cashiers.door_at(url, self.options.cashiers)
            if not door and cashiers.silent_openid(url) and self.phase is Phase.PAY:
                door = host_of(url)
            self.visit.cashier = self.visit.cashier or door

    def _responded(self, response: "Response") -> None:
        request = response.request
        if (
            not self.muted
            and self.phase is Phase.SUBMIT
            and request.method == "POST"
            and not self._third(request.url)
        ):
            self.visit.answer_headers = {name.lower(): value for name, value in response.headers.items()}

    def _answered(self, request: "WebRequest") -> None:
        self.busy.discard(request)
        self.active_at = time.monotonic()

    def _is_main(self, request: "WebRequest") -> bool:
        try:
            return (
                request.is_navigation_request()
                and request.frame.parent_frame is None
                and request.frame.page is self.page
            )
        except Exception:  # noqa: BLE001 - a worker's request has no frame
            return False

    def _leads_away(self, url: str) -> bool:
        """Say whether a link leads to another site that is no cashier."""
        return self._third(url) and not cashiers.door_at(url, self.options.cashiers)

    def _third(self, url: str) -> bool:
        return (
            bool(self.first)
            and scheme_of(url) in {"http", "https", "ws", "wss"}
            and site_of(url) != self.first
        )

    async def _route(self, route: "Route") -> None:
        request = route.request
        main = self._is_main(request)
        with suppress(Exception):
            if main and self.loads > MANY_PAGES:
                await route.abort()
            elif (
                main
                and cashiers.door_at(request.url, self.options.cashiers)
                and self.phase is not Phase.ARRIVE
            ):
                await route.fulfill(status=200, content_type="text/html", body="<!doctype html>")
            elif (main and not self.first) or not self._third(request.url) or self.options.live:
                await route.continue_()
            else:
                kind, body = EMPTY.get(request.resource_type, ("text/plain", ""))
                await route.fulfill(
                    status=200, content_type=kind, body=body, headers={"Access-Control-Allow-Origin": "*"}
                )

    def _asked_navigation(self, event: dict[str, Any]) -> None:
        """A page wants to go somewhere that makes no request: an app's own scheme."""
        url = str(event.get("url", ""))
        if self.muted or scheme_of(url) in {"http", "https", "about", "javascript", "data", "blob"}:
            return
        if event.get("frameId") == self.frame:
            self._saw_door(url)
            if self.phase is Phase.ARRIVE:
                self.visit.hops.append(Hop(tidy(url), "scheme", True))

    def _popped_up(self, page: "Page") -> None:
        if not self.muted:
            if self.phase is not Phase.PAY:
                self.visit.popups.append(tidy(page.url, self.canary.spellings) or "(empty)")
            asyncio.ensure_future(shut(page))  # noqa: RUF006 - it ends with the context

    def _write_down(self) -> None:
        """Turn what was asked into records: after the visit, when it is known whose page it is."""
        hops: list[Hop] = []
        before = ""
        for phase, request, main in self.asked:
            url = request.url
            if scheme_of(url) not in {"http", "https", "ws", "wss"}:
                continue
            if main and phase is Phase.ARRIVE:
                if before:
                    how = "http" if request.redirected_from else "script"
                    hops.append(Hop(tidy(url, self.canary.spellings), how, site_of(url) != site_of(before)))
                before = url
            self.visit.requests.append(self._record(phase, request, main))
        self.visit.hops = hops[:20] + self.visit.hops
        self.visit.kept = [row for row in self.stored.values() if row.name]
        workers = [call for call in self.visit.calls if call.name == "worker"]
        self.visit.kept += [
            Kept(call.phase, "worker", "service worker", False, 0, call.by) for call in workers[:1]
        ]

    def _record(self, phase: Phase, request: "WebRequest", main: bool) -> Request:
        url = request.url
        body = ""
        with suppress(Exception):
            body = (request.post_data_buffer or b"")[:20000].decode("utf-8", "replace")
        found = [f"url:{form}" for form in self.canary.forms_in(url)] + [
            f"body:{form}" for form in self.canary.forms_in(body)
        ]
        found += [f"referer:{form}" for form in self.canary.forms_in(request.headers.get("referer", ""))]
        if phase is Phase.TYPE:
            typed = self.options.plate[:-1]
            parts = [typed[:n] for n in range(5, len(typed) + 1)]
            found += [
                f"{where}:part"
                for where, text in (("url", url), ("body", body))
                if any(self.canary.part_in(text, p) for p in parts)
            ]
        cname = self.door.canonical.get(host_of(url), "")
        return Request(
            phase, request.method, tidy(url, self.canary.spellings) + scope_mark(url), request.resource_type,
            self._third(url),
            cname if cname and site_of(cname) != site_of(url) else "", tuple(dict.fromkeys(found)), main,
        )  # fmt: skip


async def shut(page: "Page") -> None:
    with suppress(Exception):
        await asyncio.wait_for(page.close(), 5)
