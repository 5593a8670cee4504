"""Records what a visit does: requests from the proxy, calls from the probes, windows and downloads.

Events come while the page runs. Who contacted whom is worked out at the end, when it is known whose page
it is.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from selfcheck import cashiers, covers, page_wording
from selfcheck.answer_data import disclosures, phone_functions_in, plates_of_others, secrets_in
from selfcheck.canary import Canary, pieces_sent
from selfcheck.judging_phone import asks_of_phone, scope_mark
from selfcheck.made_by_page import are_files, computed_in, sent_at_each_key, sent_one_by_one
from selfcheck.probes import Probes
from selfcheck.proxy import Exchange, ObservingProxy
from selfcheck.request_data import (
    amount_in,
    device_in,
    holds_series,
    identity_in,
    packed_in,
    text_of,
    unreadable_in,
    worker_paints,
)
from selfcheck.sites import host_of, path_of, scheme_named, scheme_of, site_of, tidy
from selfcheck.visit import BEFORE_PAY, BEFORE_SUBMIT, BrowserCall, Hop, Phase, Request, StoredItem, Visit

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as WebRequest

MAX_PAGES = 8  # page loads of one phase, redirects included, before it counts as endless
MAX_RECORDS = 600
MAX_WINDOWS = 20  # that a page may open, or try to, before it counts as endless
MAX_DIALOGS = 100  # of the browser, in the whole visit
MAX_REQUESTS = 800  # of one load; a page that floods the browser keeps it from all others
MAX_TIMER = 20.0  # seconds that a timer of the page is waited for
WEB = {"http", "https", "ws", "wss"}
LOOKS = {"stylesheet", "font"}  # kinds of request that tell nothing of their own
_CLOSED_ROOT = re.compile(
    rb"shadowrootmode[^>]{0,4}closed", re.IGNORECASE
)  # <template shadowrootmode="closed">
KINDS = {"": "other", "empty": "fetch", "style": "stylesheet"}


@dataclass(frozen=True)
class RequestMoment:
    """What was known when a request was made."""

    phase: Phase
    muted: bool
    main: bool
    touched: bool
    typed: str
    again: bool = False  # the second visit


@dataclass
class Recorder:
    """What is known while one phone goes through one page."""

    visit: Visit
    canary: Canary
    cashier_hosts: tuple[str, ...] = ()
    live: bool = False
    phase: Phase = Phase.ARRIVE
    again: bool = False  # the page is opened for the second time
    muted: bool = False  # our own further look-ups are not the page's doing
    paid: bool = False  # the page believes that the fee was paid: what it asks of the phone then is noted
    touched: bool = False
    leads_on: bool = False  # buttons before the plate are being pressed: what is shown now was asked for
    typed: str = ""  # what stands in the field
    typed_at: list[tuple[float, str]] = field(default_factory=list)  # since when, by the proxy's clock
    first: str = ""  # the page's own site, known once it has arrived
    active_at: float = 0.0
    loads: int = 0
    complete_at: float = 0.0  # when the plate was complete, by the proxy's clock
    cashier_at: float = 0.0  # when the cashier was reached, by the proxy's clock
    due: float = 0.0  # when the last timer that the page has set goes off
    drawn: list[str] = field(default_factory=list)  # what was written on a canvas
    closed_shadow: bool = False
    asked: list[tuple["WebRequest", bool]] = field(default_factory=list)
    stored: dict[tuple[str, str], StoredItem] = field(default_factory=dict)
    left: dict[tuple[str, str], str] = field(default_factory=dict)  # what was stored, as last seen
    sites: set[str] = field(default_factory=set)  # of the documents on the way
    hops_by_scheme: list[Hop] = field(default_factory=list)
    returns_to: str = ""  # the address to which the cashier sends the driver back
    left_for: str = ""  # the app that a page wanted to open while nothing was recorded
    windows: int = 0
    dialogs: int = 0
    requests: int = 0  # since the page was loaded
    flooded: Callable[[str], None] = lambda _reason: None
    page: "Page | None" = None
    frame: str = ""
    proxy: ObservingProxy = field(init=False)
    probes: Probes | None = None  # of the page that is walked through, where scripts run

    @property
    def busy(self) -> bool:
        return self.proxy.open_requests > sum(e.socket and not e.ended for e in self.proxy.exchanges)

    def active(self) -> None:
        self.active_at = time.monotonic()

    def enter(self, phase: Phase) -> None:
        if not self.muted:
            self.phase, self.loads = phase, 0
            if phase is Phase.SUBMIT and not self.complete_at:
                self.complete_at = self.proxy.now()

    def note_typed(self, standing: str) -> None:
        """Note what stands in the field once the next sign is typed."""
        self.typed = standing
        if not (self.muted or self.again):
            self.typed_at.append((self.proxy.now(), standing))

    # What the proxy asks

    async def allow(self, exchange: Exchange) -> bool:
        """Decide whether a request goes to the network. Other sites are shut unless the test is live."""
        main = await self._is_main(exchange)
        exchange.mark = RequestMoment(self.phase, self.muted, main, self.touched, self.typed, self.again)
        url = exchange.url
        if main and not self.muted:
            self.loads += 1
            if self.loads > MAX_PAGES:
                return False
            self.note_cashier(url)
        place = exchange.header("sec-fetch-dest")
        if self.phase is Phase.PAY and place in {"iframe", "document"} and not self.muted:
            self.note_cashier(url)  # a cashier that is embedded, or opens in a window of its own
        if self.phase is Phase.PAY and not self.muted and cashiers.cashier_at(url, self.cashier_hosts):
            self.returns_to = (
                self.returns_to or cashiers.returns_to(url) or cashiers.returns_to(text_of(exchange))
            )
        if main and (
            cashiers.is_authorisation(url)
            or (self.phase is not Phase.ARRIVE and cashiers.cashier_at(url, self.cashier_hosts))
        ):
            return False
        if not self.first:  # still on the way to the page
            if main:
                self.sites.add(site_of(url))
            return main or self.live or site_of(url) in self.sites
        return self.live or not self.third(url) or self._to_be_read(url)

    def _to_be_read(self, url: str) -> bool:
        return self.muted and site_of(url) in self.sites

    async def _is_main(self, exchange: Exchange) -> bool:
        """Return whether a request replaces the page: by its headers, then by the browser's word."""
        if exchange.socket or exchange.method not in {"GET", "POST"}:
            return False
        dest = exchange.header("sec-fetch-dest")
        if dest != "document" and (dest or not exchange.header("upgrade-insecure-requests")):
            return False
        for _ in range(20):  # the browser knows whether it is this window's; its word may come later
            if (known := self._asked_for(exchange, take=False)) is not None:
                return known[1]
            await asyncio.sleep(0.01)
        return True

    def _asked_for(self, exchange: Exchange, *, take: bool) -> tuple["WebRequest", bool] | None:
        for row in self.asked:
            if row[0].method == exchange.method and _same(row[0].url, exchange.url):
                if take:
                    self.asked.remove(row)
                return row
        return None

    # What the browser reports

    def browser_request(self, request: "WebRequest") -> None:
        self.active()
        main = self._replaces_page(request)
        self.requests = 0 if main else self.requests + 1
        if self.requests > MAX_REQUESTS:
            self.flooded("requests")
        if len(self.asked) < MAX_RECORDS:
            self.asked.append((request, main))

    def count_window(self) -> None:
        """Count a window: each costs the browser, which would not answer any more after some hundreds."""
        self.windows += 1
        if self.windows > MAX_WINDOWS:
            self.flooded("windows")

    def count_dialog(self) -> None:
        self.dialogs += 1
        if self.dialogs > MAX_DIALOGS:
            self.flooded("dialogs")

    def _replaces_page(self, request: "WebRequest") -> bool:
        try:
            return (
                request.is_navigation_request()
                and request.frame.parent_frame is None
                and request.frame.page is self.page
            )
        except Exception:  # noqa: BLE001 - a worker's request has no frame
            return False

    def probed(self, report: dict[str, Any]) -> None:
        """Note what a probe saw."""
        name, detail, by = (str(report.get(key) or "")[:300] for key in ("name", "detail", "by"))
        if name == "shadow":
            self.closed_shadow = True
        if self.muted and not (self.paid and asks_of_phone(name)):
            return
        if len(self.visit.calls) >= MAX_RECORDS:
            self.visit.unrecorded = True
            return
        if name == "flood":
            self.visit.unrecorded = True
            return
        if name == "timer":
            self.due = max(self.due, time.monotonic() + min(int(detail or 0) / 1000, MAX_TIMER) + 0.2)
            return
        if name == "drawn":
            self.drawn.append(self.canary.taken_out(detail))
            return
        if name == "popup":
            self.count_window()
            self.note_popup(detail)
            return
        if name in cashiers.CALLS and self.phase in {Phase.SUBMIT, Phase.PAY}:
            self._reach(name.removeprefix("bridge:"))
        by = tidy(by, self.canary.spellings)
        app, phase = name.startswith("bridge:"), Phase.PAY if self.paid else self.phase
        self.visit.calls.append(
            BrowserCall(phase, name.removeprefix("bridge:"), by, self.canary.taken_out(detail), app)
        )

    def note_popup(self, url: str) -> None:
        """Record that a page opened another window, which is closed at once."""
        self.note_cashier(url)
        tidied = tidy(url, self.canary.spellings)
        if self.phase is not Phase.PAY and len(self.visit.popups) < 5 and tidied not in self.visit.popups:
            self.visit.popups.append(tidied)

    def note_window(self, url: str, text: str) -> None:
        """Record a window that pay opened, if it sells, or neither is a cashier nor speaks of paying."""
        if cashiers.cashier_at(url, self.cashier_hosts) or not text.strip():
            return
        if covers.pushes(text) or not (covers.on_the_way(text) or page_wording.speaks_of_parking(text)):
            self.visit.popups.append(tidy(url, self.canary.spellings))

    def note_cashier(self, url: str) -> None:
        if self.phase in {Phase.SUBMIT, Phase.PAY}:
            found = cashiers.cashier_at(url, self.cashier_hosts)
            if not found and cashiers.silent_openid(url) and self.phase is Phase.PAY:
                found = host_of(url)
            self._reach(found)

    def _reach(self, cashier: str) -> None:
        """Note the cashier, and when it was reached."""
        if cashier and not self.visit.cashier:
            self.visit.cashier, self.cashier_at = cashier, self.proxy.now()

    def navigation_wanted(self, event: dict[str, Any]) -> None:
        """A page wants to go somewhere that makes no request: an app's own scheme."""
        url = str(event.get("url", ""))
        if scheme_of(url) in {"http", "https", "about", "javascript", "data", "blob"}:
            return
        if self.muted:
            self.left_for = tidy(url)
            return
        self.note_cashier(url)
        if self.phase is Phase.ARRIVE and len(self.hops_by_scheme) < 5:  # a hidden frame opens apps as well
            self.hops_by_scheme.append(Hop(tidy(url), "scheme", True))
        elif event.get("frameId") == self.frame and not (
            self.visit.cashier or self.visit.waylaid or self.hops_by_scheme
        ):
            self.visit.waylaid = f"跳到应用 {tidy(url)}"

    def address_changed(self, url: str) -> None:
        """Note an address of the page in which the plate stands: a path, a query or a fragment."""
        if self.muted:
            return
        for form in self.canary.forms_in(url):
            row = (form, tidy(url.partition("#")[0], self.canary.spellings) + ("#…" if "#" in url else ""))
            if row not in self.visit.addresses:
                self.visit.addresses.append(row)

    def may_hide_in_shadow(self) -> bool:
        """Return whether the page may have closed shadow roots: by a call, or written in its markup."""
        if not self.closed_shadow:
            rows = self.proxy.exchanges
            self.closed_shadow = any(_CLOSED_ROOT.search(exchange.answer) for exchange in rows)
        return self.closed_shadow

    # What is asked after the payment

    def wanted(self) -> list[tuple[str, str, str, bool]]:
        """Return what the window asked for: method, address, body, whether it is to replace the page."""
        shown = ((request, main) for request, main in self.asked if _kind(request) not in LOOKS)
        return [(r.method, r.url, _body(r), main) for r, main in shown if scheme_of(r.url) in WEB]

    def asked_behind_cashier(self) -> str:
        """Return what a page asks its server for only once its cashier is open, or keeps a line to."""
        rows = [(e, m) for e, m in self._rows() if not self.third(e.url)]
        before = {(e.method, e.url, e.body) for e, _ in rows if e.at <= self.cashier_at}
        reports = self.reports_to()
        for exchange, mark in rows:
            if path_of(exchange.url) in reports and not (exchange.socket or exchange.answer):
                continue
            later = mark.phase is Phase.PAY and exchange.at > self.cashier_at and _is_read(exchange)
            asked = later and (exchange.method, exchange.url, exchange.body) not in before
            if asked or (exchange.socket and not exchange.ended):
                return path_of(tidy(exchange.url, self.canary.spellings))
        return ""

    def reports_to(self) -> set[str]:
        """Return the paths to which the page reported before there was a plate, and that never answered."""
        rows = [(e, m) for e, m in self._rows() if not self.third(e.url)]
        early = {path_of(e.url) for e, m in rows if m.phase is Phase.ARRIVE and not m.main and _is_read(e)}
        return early - {path_of(e.url) for e, _ in rows if e.answer}

    # Whose it is

    def third(self, url: str) -> bool:
        return (
            bool(self.first)
            and scheme_of(url) in WEB
            and site_of(url) not in {self.first, site_of(self.visit.start)}
        )

    def leads_away(self, url: str) -> bool:
        """Return whether a link leads to another site that is no cashier."""
        return self.third(url) and not cashiers.cashier_at(url, self.cashier_hosts)

    # At the end

    def finish(self) -> None:
        """Turn what passed the proxy into records."""
        hops: list[Hop] = []
        before: Exchange | None = None
        for exchange in self.proxy.exchanges:
            mark = exchange.mark
            if not isinstance(mark, RequestMoment):  # a connection without a request
                if cashiers.cashier_at(exchange.url, self.cashier_hosts):
                    continue  # a way to the cashier that was broken off
                mark = RequestMoment(Phase.ARRIVE if exchange.at < 1 else self.phase, False, False, False, "")
                if any(
                    host_of(e.url) == host_of(exchange.url) for e in self.proxy.exchanges if e is not exchange
                ):
                    continue
            known = self._asked_for(exchange, take=True)
            if mark.muted:
                continue
            if mark.main and mark.phase is Phase.ARRIVE and not mark.again:
                if before is not None and not self._loads_again(before, exchange):
                    hops.append(self._hop(before, exchange))
                before = exchange
            kind = known[0].resource_type if known else ""
            self.visit.unheard |= exchange.socket and not self.third(exchange.url) and exchange.status != 101
            self.visit.requests += self._records(exchange, mark, kind)
            self._note_answer(exchange, mark)
        self.visit.unheard |= self._sockets_closed_early()
        self.visit.requests += self._pieces()
        self._note_keys_sent()
        self._note_computed()
        if before is not None and (app := self.sent_off_the_web(before)):
            self.hops_by_scheme.append(Hop(tidy(app), "scheme", True))
        self.visit.hops = hops[:20] + self.hops_by_scheme
        self.visit.stored = [row for row in self.stored.values() if row.name]
        for name, where in (("worker", "worker"), ("files", "files")):
            found = [call for call in self.visit.calls if call.name == name]
            self.visit.stored += [StoredItem(c.phase, where, where, False, 0, c.by) for c in found[:1]]

    def _sockets_closed_early(self) -> bool:
        """Return whether no web socket of the site lasted until the plate was typed, which could go there."""
        early = [
            e
            for e in self.proxy.exchanges
            if e.socket and isinstance(e.mark, RequestMoment) and not (e.mark.muted or e.mark.again)
            if e.mark.phase in BEFORE_SUBMIT and not self.third(e.url)
        ]
        return bool(early) and all(0 < e.ended < self.complete_at for e in early)

    def _note_answer(self, exchange: Exchange, mark: RequestMoment) -> None:
        if mark.phase is Phase.SUBMIT and not self.third(exchange.url):
            self.visit.disclosed += [r for r in disclosures(exchange) if r not in self.visit.disclosed]
            kind = exchange.answer_header("content-type")
            self.visit.unread_answer |= exchange.unread and ("json" in kind or "html" in kind)
        own = mark.phase in BEFORE_PAY and not self.third(exchange.url)
        if own and (number := plates_of_others(exchange, self.canary.plate)):
            self.visit.disclosed.append(("许多其他车辆的车牌", f"{number} 个 {tidy(exchange.url)}"))
        if own:
            url = tidy(exchange.url, self.canary.spellings)
            self.visit.secrets += [(name, url, sure) for name, sure in secrets_in(exchange)]
            self.visit.phone_only |= phone_functions_in(exchange)
        if exchange.header("sec-fetch-dest").endswith("worker") and worker_paints(exchange.answer):
            self.visit.calls.append(BrowserCall(mark.phase, "canvas", tidy(exchange.url), "OffscreenCanvas"))

    def _loads_again(self, before: Exchange, exchange: Exchange) -> bool:
        """Return whether a page loads itself once more: a page that waits does, and that is no hop."""
        return exchange.url == before.url and not before.answer_header("location")

    def sent_off_the_web(self, exchange: Exchange) -> str:
        """Return the address of an app that a site redirects to; the browser reports none of these."""
        url = exchange.answer_header("location") if 300 <= exchange.status < 400 else ""
        web = {"", "http", "https", "about", "javascript", "data", "file", "ftp"}
        return "" if scheme_named(url) in web else url

    def _hop(self, before: Exchange, exchange: Exchange) -> Hop:
        how = "http" if before.answer_header("location") else "script"
        url = tidy(exchange.url, self.canary.spellings)
        return Hop(url, how, site_of(exchange.url) != site_of(before.url))

    def _records(self, exchange: Exchange, mark: RequestMoment, kind: str) -> list[Request]:
        """Return a request's record; of an early web socket two: until the plate is complete, and after."""
        if not (exchange.socket and mark.phase in BEFORE_SUBMIT and self.complete_at) or mark.again:
            return [self._record(exchange, mark, kind)]
        sent = list(zip(exchange.frames, exchange.frames_at, strict=False))
        early = [frame for frame, at in sent if at < self.complete_at]
        late = [frame for frame, at in sent if at >= self.complete_at]
        rows = [(early, mark), *([(late, replace(mark, phase=Phase.SUBMIT))] if late else [])]
        return [self._record(replace(exchange, frames=frames), when, kind) for frames, when in rows]

    def _record(self, exchange: Exchange, mark: RequestMoment, kind: str) -> Request:
        url = exchange.url
        if exchange.socket:
            kind, url = "websocket", "ws" + url.removeprefix("http")
        elif exchange.method == "CONNECT":
            kind = "connection"
        kind = kind or KINDS.get(exchange.header("sec-fetch-dest"), exchange.header("sec-fetch-dest"))
        cname = self.proxy.canonical.get(host_of(url), "")
        return Request(
            mark.phase, exchange.method, tidy(url, self.canary.spellings) + scope_mark(url), kind,
            self.third(url), cname if cname and site_of(cname) != site_of(url) else "",
            self._plate_in(exchange, mark), mark.main, exchange.at, mark.touched, bool(urlsplit(url).query),
            device=device_in(f"{exchange.url}\n{text_of(exchange)}"),
            series=holds_series(unquote_plus(text_of(exchange))), identity=identity_in(exchange),
            amount=amount_in(exchange) if cashiers.cashier_at(exchange.url, self.cashier_hosts) else "",
            unreadable=self.third(url) and unreadable_in(exchange),
        )  # fmt: skip

    def _plate_in(self, exchange: Exchange, mark: RequestMoment) -> tuple[str, ...]:
        texts = {"url": exchange.url, "body": text_of(exchange), "referer": exchange.header("referer")}
        skip = {"referer", "host", "user-agent", "cookie", "origin", "accept", "content-length"}
        texts["header"] = "\n".join(v for k, v in exchange.headers if k.lower() not in skip)
        texts["cookie"] = exchange.header("cookie")
        found = [f"{where}:{form}" for where, text in texts.items() for form in self.canary.forms_in(text)]
        packed = (where for where in ("url", "body") if self.canary.forms_in(packed_in(texts[where])))
        found += [f"{where}:packed" for where in packed]
        if mark.phase is Phase.TYPE or (exchange.socket and mark.phase is Phase.ARRIVE and not mark.again):
            found += [
                f"{where}:part" for where in ("url", "body", "header") if self.canary.part_in(texts[where])
            ]
        return tuple(dict.fromkeys(found))

    def _rows(self) -> list[tuple[Exchange, RequestMoment]]:
        """Return the requests of the first visit, each with its moment."""
        rows = ((e, e.mark) for e in self.proxy.exchanges)
        return [(e, m) for e, m in rows if isinstance(m, RequestMoment) and not (m.muted or m.again)]

    def _note_keys_sent(self) -> None:
        """Note requests made key by key while the plate was typed: they tell its signs, or may."""
        rows = self._rows()
        typing = [(e, m.typed) for e, m in rows if m.phase is Phase.TYPE and not m.main]
        typing += [message for e, _ in rows if e.socket for message in self._messages(e)]
        if sent := sent_one_by_one(typing):
            url = tidy(sent[-1].url, self.canary.spellings)
            third = self.third(sent[-1].url)
            if are_files(sent) and not third:
                self.visit.each_key = url
                return
            self.visit.requests.append(Request(Phase.TYPE, "", url, "pieces", third, "", ("url:letters",)))
        else:
            before = (e.url for e, m in rows if m.phase is Phase.ARRIVE)
            self.visit.each_key = sent_at_each_key(typing, before)

    def _messages(self, exchange: Exchange) -> list[tuple[Exchange, str]]:
        """Return what went over a web socket while the plate was typed, each message as a request."""
        found = []
        for at, frame in zip(exchange.frames_at, exchange.frames, strict=False):
            typed = next((text for since, text in reversed(self.typed_at) if since <= at), "")
            if typed and not (self.complete_at and at >= self.complete_at):
                found.append((Exchange(at, "GET", exchange.url, [], frame), typed))
        return found

    def _note_computed(self) -> None:
        """Note what the page itself computed and sent in an address of its site after the plate was typed."""
        rows = self._rows()
        given = [e.answer.decode("utf-8", "replace") + e.answer_header("location") for e, _ in rows]
        given += [e.url for e, m in rows if m.phase is Phase.ARRIVE]
        known = "\n".join(given)
        for exchange, mark in rows:
            if mark.phase in {Phase.SUBMIT, Phase.PAY} and not self.third(exchange.url):
                url = tidy(exchange.url, self.canary.spellings)
                self.visit.computed |= dict.fromkeys(computed_in(exchange.url, known), url)

    def _pieces(self) -> list[Request]:
        """Return a record for each other host that got the plate in pieces, by several requests."""
        by_host: dict[str, list[Exchange]] = {}
        for exchange in self.proxy.exchanges:
            mark = exchange.mark
            if isinstance(mark, RequestMoment) and not mark.muted and self.third(exchange.url):
                by_host.setdefault(host_of(exchange.url), []).append(exchange)
        found = []
        for rows in by_host.values():
            texts = [f"{row.url}\n{text_of(row)}" for row in rows]
            whole = any(map(self.canary.forms_in, texts))  # that is a finding of its own
            if not whole and pieces_sent(self.canary, texts):
                url = tidy(rows[-1].url, self.canary.spellings)
                found.append(Request(Phase.SUBMIT, "", url, "pieces", True, "", ("body:pieces",)))
        return found


def _kind(request: "WebRequest") -> str:
    try:
        return request.resource_type
    except Exception:  # noqa: BLE001 - a page that is closed
        return ""


def _body(request: "WebRequest") -> str:
    return (request.post_data_buffer or b"").decode("utf-8", "replace")


def _is_read(exchange: Exchange) -> bool:
    """Return whether a script reads the answer: a beacon's is read by nobody."""
    return exchange.header("sec-fetch-dest") == "empty" and exchange.header("sec-fetch-mode") != "no-cors"


def _same(one: str, other: str) -> bool:
    """Compare an address of the browser with one of the proxy, which never saw the fragment."""
    return one.partition("#")[0] == other or one.partition("#")[0].removesuffix("/") == other.removesuffix(
        "/"
    )


async def shut(page: "Page") -> None:
    with suppress(Exception):
        await asyncio.wait_for(page.close(), 5)
