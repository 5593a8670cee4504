"""Reads the page as it stands, in a world of its own, and waits until it is at rest."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfcheck.recorder import MANY_PAGES, Recorder
from selfcheck.sites import site_of, tidy
from selfcheck.visit import Control, Field, Kept, Phase, Screen

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession

HERE = Path(__file__).parent
HOOKS, LOOK, LARGE = (
    (HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("hooks", "look", "large")
)
SLOW_TO_BEGIN = 0.8  # seconds that a press may take to show in the network


class Stop(Exception):
    """The visit cannot go on; `reason` is a key of STOPS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Looker(Recorder):
    """A recorder that can look at the page."""

    cdp: "CDPSession" = field(init=False)
    seen: dict[str, Any] = field(default_factory=dict)  # the page as last read, numbers of controls included
    notice_url: str = ""
    notice_here: bool = False

    async def _calm(self, seconds: float, *, least: bool = False, until: Any = None) -> None:
        """Wait until the page is at rest: `seconds` in all, and nothing under way.

        With `least` something is expected to happen, and is given some time to begin.
        """
        began = self.active_at = time.monotonic()
        while time.monotonic() - began < seconds + 6:
            await asyncio.sleep(0.05)
            self._note_loop()
            now = time.monotonic()
            started = not least or self.active_at > began or now - began > SLOW_TO_BEGIN
            calm = not self.busy and now - self.active_at >= min(seconds, self.options.quiet)
            if (until and until()) or (calm and started and now - began >= seconds):
                return

    def _note_loop(self) -> None:
        if self.loads > MANY_PAGES:
            raise Stop("endless")

    async def _loaded(self) -> None:
        """Wait until the page has been read to its end."""
        for _ in range(30):
            if await self._evaluate("document.readyState") != "loading":
                return
            await asyncio.sleep(0.1)

    async def _evaluate(self, expression: str) -> Any:
        """Evaluate in a world of our own; again if the page was being replaced meanwhile."""
        for _ in range(4):
            with suppress(_trouble(), KeyError):
                return await asyncio.wait_for(self._evaluate_once(expression), 8)
            await asyncio.sleep(0.2)
        raise Stop("no_answer")

    async def _evaluate_once(self, expression: str) -> Any:
        world = await self.cdp.send("Page.createIsolatedWorld", {"frameId": self.frame, "worldName": "pure"})
        done = await self.cdp.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "returnByValue": True,
                "awaitPromise": self.phone.scripts,
            },
        )
        return done["result"]["value"]

    async def _look(self, phase: Phase | None) -> Screen:
        try:
            await self._loaded()
            raw = await self._evaluate(f"{LOOK.rstrip()}()")
        except TimeoutError:
            raise Stop("slow") from None
        self.seen: dict[str, Any] = raw
        screen = self._screen(raw)
        if phase is not None:
            self.visit.screens[phase] = screen
            self._note_stored(raw["stored"])
        if phase is Phase.ARRIVE:
            self.notice_url, self.notice_here = raw["notice"], raw["noticeHere"]
        if phase is not None and self.options.evidence:
            with suppress(Exception):
                path = self.options.evidence / f"{self.phone.name}-{phase.value}.png"
                await self.page.screenshot(path=path, timeout=4000)
        return screen

    def _screen(self, raw: dict[str, Any]) -> Screen:
        clean = self.canary.taken_out
        controls = [
            Control(
                clean(c["text"]),
                tidy(c["href"], self.canary.spellings),
                self._leads_away(c["href"]),
                c["picture"],
                c["area"],
                c["ad"],
            )
            for c in raw["controls"]
        ]
        keys = ("tag", "type", "name", "label", "autocomplete", "visible", "ticked", "plate")
        fields = [Field(*(row[key] for key in keys)) for row in raw["fields"]]
        overlays = tuple(clean(words) for words in raw["overlays"])
        return Screen(
            tidy(raw["url"], self.canary.spellings), raw["title"], clean(raw["text"]),
            tuple(fields), tuple(controls), overlays, tuple(tidy(url) for url in raw["frames"]),
        )  # fmt: skip

    def _note_stored(self, rows: list[list[str]]) -> None:
        for where, name, value in rows:
            key = (where, name)
            self.stored.setdefault(
                key, Kept(self.phase, where, name, False, 0, self._who(where, name), self._forms(value))
            )

    async def _keep(self, context: "BrowserContext") -> None:
        """Note what has been left in the browser since the last time."""
        for cookie in await context.cookies():
            name, domain = str(cookie.get("name")), str(cookie.get("domain"))
            expires = float(cookie.get("expires", -1))
            days = round((expires - time.time()) / 86400) if expires > 0 else 0
            third = site_of(domain.lstrip(".")) != self.first.partition(":")[0]
            by = self._who("cookie", name) or domain
            forms = self._forms(str(cookie.get("value")))
            self.stored.setdefault(
                ("cookie", f"{name}@{domain}"), Kept(self.phase, "cookie", name, third, days, by, forms)
            )
        if self.phone.scripts and self.page.url.startswith("http"):
            with suppress(Exception):
                kept = await self._evaluate(
                    "(async()=>({indexedDB:(await indexedDB.databases()).map(d=>d.name),"
                    "cache:self.caches?await caches.keys():[]}))()"
                )
                for where, names in kept.items():
                    for name in names[:10]:
                        self.stored.setdefault(
                            (where, name), Kept(self.phase, where, name[:60], False, 0, "")
                        )

    def _who(self, where: str, name: str) -> str:
        wanted = name if where == "cookie" else f"{where} {name}"
        kind = "cookie" if where == "cookie" else "storage"
        return next((c.by for c in self.visit.calls if c.name == kind and c.detail == wanted), "")

    def _forms(self, text: str) -> tuple[str, ...]:
        return self.canary.forms_in(text)


def _trouble() -> type[Exception]:
    """Return what playwright raises; it is imported late, because it need not be installed."""
    from playwright.async_api import Error

    return Error
