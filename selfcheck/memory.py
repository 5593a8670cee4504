"""Ends a page that takes too much memory, before the machine suffers: its process in the browser is ended.

The browser names the processes of its pages; their memory is read from Linux. Elsewhere nothing is limited.
"""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession

MOST = (
    600 * 1024 * 1024
)  # bytes of one page's process; with its share of the browser a visit stays under 700 MB
STEP = 0.25  # seconds
PROC = Path("/proc")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def own_memory(process: int) -> int:
    """Return the bytes that a process has for itself; 0 where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        words = (PROC / str(process) / "statm").read_text(encoding="ascii").split()
        return (int(words[1]) - int(words[2])) * PAGE_SIZE  # resident, without what is shared
    return 0


async def watch(browser: "Browser") -> None:
    """End processes of pages that grow beyond MOST, until cancelled or until the browser is closed."""
    if not PROC.is_dir():
        return
    session = await browser.new_browser_cdp_session()
    while browser.is_connected():
        if browser.contexts:  # an idle browser need not be asked
            await _end_large(session)
        await asyncio.sleep(STEP)


async def _end_large(session: "CDPSession") -> None:
    for row in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]:
        if row["type"] == "renderer" and own_memory(int(row["id"])) > MOST:
            with suppress(OSError):
                os.kill(int(row["id"]), signal.SIGKILL)
