"""Observes what a page asks of the browser, from the debugger's side: nothing in the page is replaced.

A script that runs before the page defines a collector under a random lexical name and stops; while it
stands, breakpoints are set on the browser's own functions. Their conditions call the collector and are
false, so the page never stops again.
"""

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

SCRIPT = (Path(__file__).parent / "observer.js").read_text(encoding="utf-8")


class Probes:
    """The breakpoints of one page."""

    def __init__(self, cdp: "CDPSession", bridge: str, report: Callable[[dict[str, Any]], None]) -> None:
        self.cdp, self.report = cdp, report
        self.key, self.binding = f"k{os.urandom(8).hex()}", f"b{os.urandom(8).hex()}"
        self.source = (
            SCRIPT.replace("KEY", self.key)
            .replace('"BINDING"', f'"{self.binding}"')
            .replace('"BRIDGE"', f'"{bridge}"')
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.cdp.on("Runtime.bindingCalled", self._called)
        self.cdp.on("Debugger.paused", self._paused)
        await self.cdp.send("Runtime.enable")
        await self.cdp.send("Debugger.enable")
        await self.cdp.send("Runtime.addBinding", {"name": self.binding})
        await self.cdp.send("Page.addScriptToEvaluateOnNewDocument", {"source": self.source})

    def _called(self, event: dict[str, Any]) -> None:
        if event.get("name") == self.binding:
            with suppress(ValueError):
                self.report(json.loads(event["payload"]))

    def _paused(self, event: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self._set_and_resume(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _set_and_resume(self, event: dict[str, Any]) -> None:
        with suppress(Exception):  # the page may be gone meanwhile
            frames = event.get("callFrames") or []
            if frames and not frames[0].get("url"):  # our own script has no address
                await self._set(frames[0]["callFrameId"])
        with suppress(Exception):
            await self.cdp.send("Debugger.resume")

    async def _set(self, frame: str) -> None:
        async def evaluate(expression: str, by_value: bool) -> dict[str, Any]:
            done = await self.cdp.send(
                "Debugger.evaluateOnCallFrame",
                {"callFrameId": frame, "expression": expression, "returnByValue": by_value},
            )
            return dict(done["result"])

        names = (await evaluate(f"{self.key}.list.map((x) => [x[0], x[1]])", True))["value"]
        functions = await evaluate(f"{self.key}.list.map((x) => x[2])", False)
        rows = await self.cdp.send(
            "Runtime.getProperties", {"objectId": functions["objectId"], "ownProperties": True}
        )
        wanted = [
            (names[int(row["name"])], row["value"]["objectId"])
            for row in rows["result"]
            if row["name"].isdigit()
        ]
        # One that stands already (functions are shared between frames) is refused, which is fine.
        await asyncio.gather(*(self._break_at(*one) for one in wanted), return_exceptions=True)

    async def _break_at(self, name: list[str], function: str) -> None:
        words = ",".join(json.dumps(word) for word in name)
        condition = f"{self.key}({words},this,arguments)"
        await self.cdp.send(
            "Debugger.setBreakpointOnFunctionCall", {"objectId": function, "condition": condition}
        )
