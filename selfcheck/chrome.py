"""Chromium: finding it, starting it, and how gently and how far pages are tried."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from selfcheck.canary import PLATE, SECOND
from selfcheck.check_errors import SelfCheckError
from selfcheck.network_addresses import Resolve
from selfcheck.proxy import MOST

if TYPE_CHECKING:
    from playwright.async_api import Browser

# The shell first: it is Chromium without the parts for a person, and a visit costs a third of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WORDS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
NOWHERE = "http://127.0.0.1:9"  # the proxy of whatever belongs to no visit: nobody listens there
SHARED: list["Browser"] = []  # the browser of the open workshop (`checking.workshop`)


class NoBrowser(SelfCheckError):
    """The self-check needs the package playwright and a Chromium; the message says which is missing."""

    code = "no_browser"


@dataclass(frozen=True)
class Options:
    """How gently, and how far, pages are tried."""

    plate: str = PLATE
    second: str = SECOND
    live: bool = False  # let other sites answer (never the cashier)
    honest: bool = False
    dwell: float = 1.2  # seconds to stay on the first page: late pop-ups count (scripts off, none can come)
    quiet: float = 0.25  # seconds without a request that count as calm
    patience: float = 30.0  # seconds for one phone's visit
    most: int = MOST  # bytes that one phone's visit may receive
    cashiers: tuple[str, ...] = ()
    allow_private: bool = False
    any_certificate: bool = False
    axe: str = ""  # the source of axe, where it is installed
    evidence: Path | None = None  # where screenshots and the HAR go
    resolve: Resolve | None = None


def find_chromium() -> str:
    """Return the system's Chromium, the one named by CHROMIUM first."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), "")
    if not found:
        raise NoBrowser(
            "Chromium was not found: install it (Debian: apt install chromium) or name it in CHROMIUM"
        )
    return found


def find_axe() -> str:
    """Return the source of axe where `axe-playwright-python` is installed, or nothing."""
    try:
        import axe_playwright_python
    except ImportError:
        return ""
    return (Path(str(axe_playwright_python.__file__)).parent / "axe.min.js").read_text(encoding="utf-8")


@asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """Start one browser for many visits, or lend the one of the workshop that is open.

    As root it runs without Chromium's own sandbox: better not as root.
    """
    if SHARED:
        yield SHARED[0]
        return
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise NoBrowser("the self-check needs the package playwright: pip install playwright") from None
    words = [*WORDS, *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ())]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=words, proxy={"server": NOWHERE}
        )
        try:
            yield browser
        finally:
            with suppress(Exception):
                await asyncio.wait_for(browser.close(), 10)
