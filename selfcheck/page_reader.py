"""Reads the page as it stands: all frames and shadow roots, in a world of its own."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfcheck import covers, ocr, qr_codes
from selfcheck.patience import stretched, within
from selfcheck.recorder import Recorder
from selfcheck.sites import site_of, tidy
from selfcheck.visit import BEFORE_PAY, Field, Mark, Overlay, PageControl, Phase, Picture, Screen, StoredItem

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

HERE = Path(__file__).parent
LOOK, LARGE = ((HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("look", "large"))
# The function is long, and left in the reader's world of a document for its next looks.
LOOK_FIRST = f"function(...given){{globalThis.pureLook={LOOK.rstrip()};return pureLook(...given)}}"
LOOK_AGAIN = "function(...given){return typeof pureLook==='function'?pureLook(...given):null}"
MAX_FRAMES = 8
MAX_LISTENING = 40
MAX_SCREENS = 30
PRESSED = {"click", "tap", "touchstart", "touchend", "pointerdown", "pointerup", "mousedown", "mouseup"}
MAX_CACHED = 200  # files of one cache that are read
# Each cache with the addresses and the beginnings of what it holds.
CACHES = (
    "(async()=>{const all={};for(const name of self.caches?await caches.keys():[]){"
    "const c=await caches.open(name),keys=(await c.keys()).slice(0,MAX);"
    "const start=async k=>(await(await c.match(k)).text()).slice(0,4000);"
    "all[name]=await Promise.all(keys.map(async k=>[k.url,await start(k).catch(()=>'\\0')]))}"
    "return all})()"
).replace("MAX", str(MAX_CACHED))
TRIES = 12  # a page that is being replaced cannot be read; on a busy machine that takes seconds


class Stop(Exception):
    """The visit cannot go on; `reason` is a key of STOPS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class PageReader:
    """Reads one page through the browser's protocol."""

    page: "Page"
    cdp: "CDPSession"
    recorder: Recorder
    scripts: bool
    evidence: Path | None = None
    phone: str = ""
    frame: str = ""
    seen: dict[str, Any] = field(default_factory=dict)  # the page as last read, all frames together
    last: Screen | None = None  # the same as a screen, recorded or not
    notice_url: str = ""
    notice_here: bool = False
    notice_folded: str = ""  # the text of one that stands folded up on the page
    shots: int = 0
    links: list[tuple[str, list[tuple[str, str]]]] = field(
        default_factory=list
    )  # address of a screen, its links

    async def evaluate(self, expression: str, *, frame: str = "") -> Any:
        """Evaluate in a world of our own; again if the page was being replaced meanwhile."""
        for _ in range(TRIES):
            with suppress(_trouble(), KeyError):
                return await within(8, self._evaluate_once(expression, frame or self.frame))
            await asyncio.sleep(0.2)
        raise Stop("no_answer")

    async def _world(self, frame: str) -> int:
        made = await self.cdp.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "reader"})
        return int(made["executionContextId"])

    async def _evaluate_once(self, expression: str, frame: str) -> Any:
        done = await self.cdp.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": await self._world(frame),
                "returnByValue": True,
                "awaitPromise": self.scripts,
            },
        )
        return done["result"].get("value")

    async def _read_frame(self, frame: str) -> dict[str, Any]:
        world = await self._world(frame)
        roots = await self._closed_roots(world) if self.recorder.may_hide_in_shadow() else []
        listening = await self._listening(world) if frame == self.frame and self.scripts else []
        call = {
            "executionContextId": world,
            "arguments": [{"value": len(roots)}, *({"objectId": one} for one in (*roots, *listening))],
            "returnByValue": True,
        }
        for function in (LOOK_AGAIN, LOOK_FIRST):
            done = await self.cdp.send("Runtime.callFunctionOn", {"functionDeclaration": function, **call})
            if done["result"].get("value"):
                break
        return dict(done["result"]["value"])

    async def _closed_roots(self, world: int) -> list[str]:
        """Return the closed shadow roots as objects of our world. Only the protocol can reach them."""
        document = await self.cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})
        found: list[str] = []
        todo = [document["root"]]
        while todo and len(found) < 40:
            node = todo.pop()
            todo += node.get("children", []) + node.get("shadowRoots", [])
            if node.get("contentDocument"):
                todo.append(node["contentDocument"])
            for root in node.get("shadowRoots", []):
                if root.get("shadowRootType") == "closed":
                    with suppress(_trouble()):
                        made = await self.cdp.send(
                            "DOM.resolveNode", {"nodeId": root["nodeId"], "executionContextId": world}
                        )
                        found.append(made["object"]["objectId"])
        return found

    async def _listening(self, world: int) -> list[str]:
        """Return the elements that the page has listen to clicks and touches, as objects of our world."""
        found: list[str] = []
        with suppress(_trouble(), KeyError):
            page = await self.cdp.send("Runtime.evaluate", {"expression": "document"})
            rows = await self.cdp.send(
                "DOMDebugger.getEventListeners",
                {"objectId": page["result"]["objectId"], "depth": -1, "pierce": True},
            )
            nodes = {row.get("backendNodeId") for row in rows["listeners"] if row["type"] in PRESSED}
            for node in sorted(filter(None, nodes))[:MAX_LISTENING]:
                with suppress(_trouble()):
                    made = await self.cdp.send(
                        "DOM.resolveNode", {"backendNodeId": node, "executionContextId": world}
                    )
                    found.append(made["object"]["objectId"])
        return found

    async def _frames(self) -> list[str]:
        tree = (await self.cdp.send("Page.getFrameTree"))["frameTree"]
        found, todo = [], [tree]
        while todo:
            one = todo.pop(0)
            found.append(str(one["frame"]["id"]))
            todo += one.get("childFrames", [])
        self.frame = found[0]
        self.recorder.frame = found[0]
        self.recorder.visit.unread |= len(found) > MAX_FRAMES
        return found[:MAX_FRAMES]

    async def _read(self) -> dict[str, Any]:
        for _ in range(TRIES):
            with suppress(_trouble(), KeyError):
                whole: dict[str, Any] = {}
                for frame in await self._frames():
                    try:
                        part = await within(10, self._read_frame(frame))
                    except (_trouble(), KeyError):
                        if not whole:
                            raise
                        continue
                    _add(whole, part, frame)
                return whole
            await asyncio.sleep(0.2)
        raise Stop("no_answer")

    async def loaded(self) -> None:
        """Wait until the page has been read to its end."""
        if not self.frame:
            await self._frames()
        for _ in range(30):
            if await self.evaluate("document.readyState") != "loading":
                return
            await asyncio.sleep(0.1)

    async def look(self, phase: Phase | None, moment: str = "") -> Screen:
        """Read the page; with a phase, the screen is recorded if it differs from the last one."""
        try:
            await self.loaded()
            self.seen = await self._read()
        except TimeoutError:
            raise Stop("slow") from None
        self.last = screen = await self._screen(self.seen, phase or Phase.ARRIVE, moment)
        self.recorder.address_changed(self.seen["url"])
        if phase is None:
            return screen
        self._note_stored(self.seen["stored"])
        self.recorder.visit.unread |= self.seen["cut"]
        if not (self.notice_url or self.notice_here or self.notice_folded):
            self.notice_url, self.notice_here = self.seen["notice"], self.seen["noticeHere"]
            self.notice_folded = self.seen["noticeText"]
        if phase in BEFORE_PAY:
            self.links.append(
                (screen.url, [(c["text"], c["href"]) for c in self.seen["controls"] if c["href"]])
            )
        screens = self.recorder.visit.screens
        same = screens and replace(screens[-1], moment="", shot="") == replace(screen, moment="", shot="")
        self.recorder.visit.unread |= not same and len(screens) >= MAX_SCREENS
        if not same and len(screens) < MAX_SCREENS:
            screen = replace(screen, shot=await self._shoot(phase))
            screens.append(screen)
        return screen

    async def _shoot(self, phase: Phase) -> str:
        if not self.evidence:
            return ""
        names = {screen.shot for screen in self.recorder.visit.screens}
        name = f"{self.phone}-{phase.value}.png"
        if name in names:
            self.shots += 1
            name = f"{self.phone}-{phase.value}-{self.shots}.png"
        with suppress(Exception):
            await self.page.screenshot(path=self.evidence / name, timeout=stretched(4), scale="css")
            return name
        return ""

    async def _screen(self, raw: dict[str, Any], phase: Phase, moment: str) -> Screen:
        clean, hide = self.recorder.canary.taken_out, self.recorder.canary.spellings
        leads_away = self.recorder.leads_away
        controls = [
            PageControl(
                clean(c["text"]), tidy(c["href"], hide), leads_away(c["href"]), c["picture"], c["area"],
                c["ad"], c["disabled"], sends=c["sends"], key=c["key"],
            )
            for c in raw["controls"]
        ]  # fmt: skip
        controls += [
            PageControl("", tidy(url, hide), True, False, area, False, frame=True)
            for url, area in raw["frames"]
            if self.recorder.third(url)
        ]
        keys = ("tag", "type", "name", "label", "autocomplete", "visible", "ticked", "plate", "lurks")
        fields = [Field(*(row[key] for key in keys)) for row in raw["fields"]]
        drawn = covers.signs_in(" ".join(self.recorder.drawn))
        overlays = [
            Overlay(
                clean(o["long"] or o["text"]), o["share"], o["keys"] + o["canvas"] * drawn,
                tuple(map(clean, o["controls"])), o["fields"], o["modal"], o["pictures"],
                tidy(o["trap"], hide), tidy(o["frame"], hide),
            )
            for o in raw["overlays"]
        ]  # fmt: skip
        return Screen(
            tidy(raw["url"], hide), raw["title"], clean(raw["text"]), tuple(fields), tuple(controls),
            tuple(overlays), tuple(await self._pictures(raw)),
            tuple(tidy(url, hide) for url in raw["hints"] if self.recorder.third(url)), phase, moment,
            clear=tuple(tidy(url, hide) for url in raw["clear"]),
            media=tuple(tidy(url, hide) for url in raw["media"]),
            faint=tuple(map(clean, raw["faint"])), pale=tuple(map(clean, raw["pale"])),
            looks=raw["looks"], ways=tuple(map(clean, raw["ways"])),
            marks=tuple(Mark(kind, clean(text), *box) for kind, text, *box in raw["marks"]),
        )  # fmt: skip

    async def _pictures(self, raw: dict[str, Any]) -> list[Picture]:
        found = []
        drawn = " ".join(dict.fromkeys(self.recorder.drawn))[:400]
        for row in raw["pictures"]:
            text = drawn if row["src"] == "canvas" else ""
            unread = not text and row["detailed"] and _may_hold_words(row["box"])
            code = ""
            if unread:
                text, code, unread = await self._read_picture(row["box"])
            hide = self.recorder.canary.spellings
            src = row["src"] if row["src"].startswith("data:") else tidy(row["src"], hide)
            found.append(
                Picture(
                    f"{row['alt']} {row['class']}".strip(),
                    src[:120],
                    text,
                    tidy(row["href"], hide),
                    unread,
                    code,
                    row["acts"],
                )
            )
        return found

    async def _read_picture(self, box: list[float]) -> tuple[str, str, bool]:
        """Return the text of a picture, what a QR in it says, and whether it could not be read."""
        left, top, wide, high = box
        with suppress(Exception):
            clip = {"x": max(0, left), "y": max(0, top), "width": wide, "height": min(high, 900)}
            shot = await self.page.screenshot(clip=clip, timeout=stretched(3), full_page=True)  # type: ignore[arg-type]
            code = await asyncio.to_thread(qr_codes.first_code, shot)
            text = await asyncio.to_thread(ocr.read_text, shot)
            return self.recorder.canary.taken_out(text), code, not ocr.available()
        return "", "", True

    # Storage

    def _note_stored(self, rows: list[list[str]]) -> None:
        recorder = self.recorder
        for where, name, value in rows:
            forms = recorder.canary.forms_in(value)
            if where in {"window.name", "history.state"} and not forms:
                continue  # a router keeps its place there
            row = StoredItem(recorder.phase, where, name, False, 0, self._who(where, name), forms)
            self._note_left((where, name), row, value)

    async def note_storage(self, context: "BrowserContext") -> None:
        """Note what has been left in the browser since the last time."""
        recorder = self.recorder
        for cookie in await context.cookies():
            name, domain = str(cookie.get("name")), str(cookie.get("domain"))
            expires = float(cookie.get("expires", -1))
            hours = max(1, round((expires - time.time()) / 3600)) if expires > 0 else 0
            third = site_of(domain.lstrip(".")) not in {recorder.first.partition(":")[0], recorder.first}
            forms = recorder.canary.forms_in(str(cookie.get("value")))
            row = StoredItem(
                recorder.phase, "cookie", name, third, hours, self._who("cookie", name) or domain, forms
            )
            self._note_left(("cookie", f"{name}@{domain}"), row, f"{cookie.get('value')};{expires}")
        if self.scripts and self.page.url.startswith("http"):
            with suppress(Exception):
                for name in (await self.evaluate("indexedDB.databases().then(all=>all.map(d=>d.name))"))[:10]:
                    row = StoredItem(recorder.phase, "indexedDB", name[:60], False, 0, "")
                    recorder.stored.setdefault(("indexedDB", name), row)
            with suppress(Exception):
                for name, rows in (await self.evaluate(CACHES)).items():
                    self._note_cache(name[:60], rows)

    def _note_left(self, key: tuple[str, str], row: StoredItem, content: str) -> None:
        """Note what was left; what is written again counts again where that makes it graver.

        What paying left is excused, and a later visit may write it again; a cookie may be made to last.
        """
        recorder = self.recorder
        known, before = recorder.stored.get(key), recorder.left.get(key)
        recorder.left[key] = content
        if known and before != content and row.phase is not Phase.PAY:
            graver = known.phase is Phase.PAY or row.hours > known.hours
        else:
            graver = False
        if known is None or graver or (row.plate and not known.plate):
            recorder.stored[key] = row

    def _note_cache(self, name: str, rows: list[list[str]]) -> None:
        """Note a cache; one of files as the server gave them is the same on every phone."""
        recorder = self.recorder
        forms = recorder.canary.forms_in("\n".join(" ".join(row) for row in rows))
        whole = 0 < len(rows) < MAX_CACHED
        files = whole and not forms and all(self._was_served(url, text) for url, text in rows)
        where = "cached files" if files else "cache"
        row = StoredItem(recorder.phase, where, name, False, 0, "", forms)
        if not rows:
            recorder.stored["empty cache", name] = row
            return
        recorder.stored.pop(("empty cache", name), None)  # it was just being filled
        known = recorder.stored.get((where, name))
        if known is None or (forms and not known.plate):
            recorder.stored[where, name] = row

    def _was_served(self, url: str, text: str) -> bool:
        """Return whether the server gave this file; the last sign that was read may be half of one."""
        return any(
            e.url == url and e.status == 200 and e.answer.decode("utf-8", "replace").startswith(text[:3999])
            for e in self.recorder.proxy.exchanges
        )

    def _who(self, where: str, name: str) -> str:
        wanted = name if where == "cookie" else f"{where} {name}"
        kind = "cookie" if where == "cookie" else "storage"
        return next((c.by for c in self.recorder.visit.calls if c.name == kind and c.detail == wanted), "")

    # Touching

    async def spot(self, which: str, index: int = 0, letter: str = "") -> dict[str, Any] | None:
        """Return where to touch something that was read: x, y, whether nothing lies over it, its value."""
        frame, index = self._in_frame(which, index)
        expression = f"pureSpot({json.dumps(which)},{index},{json.dumps(letter)})"
        frames = [frame] if which != "key" else await self._frames()
        for one in frames:
            with suppress(Stop):
                found = await self.evaluate(f"typeof pureSpot==='function'?{expression}:null", frame=one)
                if found:
                    return dict(found)
        return None

    async def focused(self) -> str | None:
        """Return what stands in the field that has the cursor, seen or not; None: no field has it."""
        for frame in await self._frames():
            with suppress(Stop):
                expression = "typeof pureFocused==='function'?pureFocused():null"
                found = await self.evaluate(expression, frame=frame)
                if found is not None:
                    return str(found)
        return None

    def _in_frame(self, which: str, index: int) -> tuple[str, int]:
        """Return the frame that something was read in, and its number there."""
        for frame, counts in self.seen.get("parts", []):
            if index < counts.get(which, 0):
                return frame, index
            index -= counts.get(which, 0)
        return self.frame, index

    async def run_at(self, function: str, which: str, index: int, *values: str) -> Any:
        frame, index = self._in_frame(which, index)
        words = ",".join([str(index), *map(json.dumps, values)])
        return await self.evaluate(f"{function}({words})", frame=frame)


def _may_hold_words(box: list[float]) -> bool:
    return box[2] >= 60 and box[3] >= 24


def _add(whole: dict[str, Any], part: dict[str, Any], frame: str) -> None:
    """Add what one frame shows to what the page shows."""
    counts = {
        "control": len(part["controls"]),
        "plate": len(part["plates"]),
        "strip": part["strips"],
        "way": len(part["ways"]),
    }
    if not whole:
        whole.update(part)
        whole["parts"] = [(frame, counts)]
        return
    if whole["plates"] and part["plates"]:  # the page's own field counts
        counts["plate"], part["plates"] = 0, []
    if part["plates"]:
        whole |= {name: part[name] for name in ("how", "readonly", "beside", "listed")}
    whole["parts"].append((frame, counts))
    whole["text"] = f"{whole['text']}\n{part['text']}"[:30000]
    whole["keys"] += part["keys"]
    whole["strips"] += part["strips"]
    whole["cut"] = whole["cut"] or part["cut"]
    for name in (
        "fields",
        "controls",
        "plates",
        "frames",
        "stored",
        "hints",
        "marks",
        "media",
        "pictures",
        "clear",
        "faint",
        "pale",
        "ways",
    ):
        whole[name] = whole[name] + part[name]
    whole["notice"] = whole["notice"] or part["notice"]
    whole["noticeHere"] = whole["noticeHere"] or part["noticeHere"]
    whole["noticeText"] = whole["noticeText"] or part["noticeText"]


def _trouble() -> type[Exception]:
    """Return what playwright raises; it is imported late, because it need not be installed."""
    from playwright.async_api import Error

    return Error
