"""Observes what a page asks of the browser, from the debugger's side: nothing in the page is replaced.

A script that runs before the page defines a collector under a random lexical name and sets breakpoints on the
browser's own functions. Their conditions call the collector and are false, so the page never stops.
"""

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

SCRIPT = (Path(__file__).parent / "observer.js").read_text(encoding="utf-8")


class Extent(StrEnum):
    """What is observed in new documents: each breakpoint takes time."""

    ALL = "all"
    PHONE = "phone"  # what the page asks of the phone and of the app around it
    SHADOW = "shadow"  # how the page hides its content, without which it cannot be read


class Probes:
    """The breakpoints of one page."""

    def __init__(
        self,
        cdp: "CDPSession",
        bridge: str,
        unscripted: str,
        report: Callable[[dict[str, Any]], None],
        extent: Extent = Extent.ALL,
    ) -> None:
        self.cdp, self.report = cdp, report
        self.key, self.binding = f"k{os.urandom(8).hex()}", f"b{os.urandom(8).hex()}"
        source = (
            SCRIPT.replace("KEY", self.key)
            .replace('"BINDING"', f'"{self.binding}"')
            .replace('"BRIDGE"', f'"{bridge}"')
            .replace('"UNSCRIPTED"', f'"{unscripted}"')
        )
        self.sources = {one: source.replace('"EXTENT"', f'"{one}"') for one in Extent}
        self.extent = extent
        self._frees = extent is Extent.ALL  # few breakpoints cost little, whatever was not freed
        self._script = ""  # the browser's name of the script that runs in new documents

    async def start(self) -> None:
        self.cdp.on("Runtime.bindingCalled", self._called)
        await self.cdp.send("Runtime.enable")
        await self.cdp.send("Debugger.enable")
        await self.cdp.send("Runtime.addBinding", {"name": self.binding})
        await self._observe_new_documents()

    async def observe(self, extent: Extent) -> None:
        """Observe that much in new documents. All breakpoints of one document take a third of a second."""
        if extent is not self.extent:
            self.extent = extent
            await self.cdp.send("Page.removeScriptToEvaluateOnNewDocument", {"identifier": self._script})
            await self._observe_new_documents()

    async def _observe_new_documents(self) -> None:
        added = await self.cdp.send(
            "Page.addScriptToEvaluateOnNewDocument",
            {"source": self.sources[self.extent], "includeCommandLineAPI": True},
        )
        self._script = str(added["identifier"])

    def _called(self, event: dict[str, Any]) -> None:
        if event.get("name") != self.binding:
            return
        with suppress(ValueError):
            report = json.loads(event["payload"])
            if report.get("name") == "watching":
                if self._frees:
                    asyncio.ensure_future(self._collect_garbage())  # noqa: RUF006 - it ends with the page
            else:
                self.report(report)

    async def _collect_garbage(self) -> None:
        """Free the documents before this one: each breakpoint goes through all objects, freed or not.

        Without it, the eighth document of a visit takes three times as long as the first.
        """
        with suppress(Exception):  # the page is gone
            await self.cdp.send("HeapProfiler.collectGarbage")
