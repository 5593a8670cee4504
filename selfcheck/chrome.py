"""Chromium: how it is found and started, and how gently and how far pages are tested."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from selfcheck import memory
from selfcheck.certificates import key_digest
from selfcheck.check_errors import SelfCheckError
from selfcheck.network_addresses import Resolve
from selfcheck.proxy import MAX_BYTES

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

# The shell first: it is Chromium without the parts for a person, and a visit costs a third of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-blink-features=AutomationControlled"),
    *("--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--js-flags=--max-old-space-size=256"),
    "--proxy-bypass-list=<-loopback>",  # addresses of this machine go through the proxy too
)
NOWHERE = "http://127.0.0.1:9"  # the proxy of whatever belongs to no visit: nothing listens there
SHARED: list["Browser"] = []  # the browser of the open workshop (`checking.workshop`)


class NoBrowser(SelfCheckError):
    """The self-check needs the package playwright and a Chromium; the message says which is missing."""

    code = "no_browser"


@dataclass(frozen=True)
class Options:
    """How gently, and how far, pages are tested."""

    plate: str = ""  # of a car that is parked there; empty: a random one that no car has
    paid: str = ""  # the address of the page that a driver was shown after a real payment
    again: str = ""  # a plate to look up afterwards; empty: the same, or a random one of another province
    electric: str = ""  # a plate to look up at the end; empty: the same, or a random one of eight signs
    second: str = ""  # an absent plate, for comparing answers; empty: random
    live: bool = False  # let other sites answer (never the cashier)
    honest: bool = False
    dwell: float = 5.0  # seconds to stay on the first page before touching it: late pop-ups count
    quiet: float = 0.25  # seconds without a request that count as calm
    pace: float = 0.06  # seconds between two keys
    patience: float = 120.0  # seconds for one phone's visit
    max_bytes: int = MAX_BYTES  # that one phone's visit may receive
    revisit: bool = True  # come a second time, try other moments, and open a few links
    automated: bool = True  # open a suspicious page once more in a browser that admits to be automated
    cashiers: tuple[str, ...] = ()
    allow_private: bool = False
    any_certificate: bool = False
    axe: str = ""  # the source of axe, where it is installed
    evidence: Path | None = None  # where screenshots, request logs and snapshots go
    resolve: Resolve | None = None


def find_chromium() -> str:
    """Return the path of Chromium: the one named by CHROMIUM, the system's, or Playwright's own ("")."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), "")
    cached = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    if not found and not any(cached.glob("chromium*")):
        raise NoBrowser(
            "Chromium was not found: install it (Debian: apt install chromium-headless-shell libatomic1;"
            " elsewhere: playwright install chromium) or name it in CHROMIUM"
        )
    return found


def find_axe() -> str:
    """Return the source of axe where `axe-playwright-python` is installed, or nothing."""
    try:
        import axe_playwright_python
    except ImportError:
        return ""
    return (Path(str(axe_playwright_python.__file__)).parent / "axe.min.js").read_text(encoding="utf-8")


def _reason(message: str) -> str:
    """Return the line in which Chromium says why it ended, or the first one."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    fatal = [line for line in lines if ":FATAL:" in line or "error while loading" in line]
    return (fatal or lines or ["it gives no reason"])[0]


@asynccontextmanager
async def _driver(manager: AbstractAsyncContextManager["Playwright"]) -> AsyncIterator["Playwright"]:
    """Start the program by which Playwright drives a browser."""
    async with AsyncExitStack() as stack:
        try:
            playwright = await stack.enter_async_context(manager)
        except Exception as error:  # noqa: BLE001 - Playwright has no class of its own for a driver that ends
            raise NoBrowser(f"Playwright's driver does not start: {_fault_of_driver() or error}") from None
        yield playwright


def _fault_of_driver() -> str:
    """Return what the driver prints where it cannot start, as of a library that this system lacks."""
    with suppress(OSError, ImportError, subprocess.SubprocessError):
        from playwright._impl._driver import compute_driver_executable

        words = [compute_driver_executable()[0], "--version"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
        if done.returncode:
            return _reason(done.stderr)
    return ""


@asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """Start one browser for many visits, or return the one of the workshop that is open.

    As root it runs without Chromium's own sandbox: better not as root.
    """
    if SHARED:
        yield SHARED[0]
        return
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise NoBrowser("the self-check needs the package playwright: pip install playwright") from None
    trusted = f"--ignore-certificate-errors-spki-list={key_digest()}"
    arguments = [
        *ARGUMENTS,
        trusted,
        *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
    ]
    async with _driver(async_playwright()) as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium() or None,
                args=arguments,
                proxy={"server": NOWHERE},
                ignore_default_args=["--enable-automation"],
            )
        except Error as error:
            raise NoBrowser(f"Chromium does not start: {_reason(error.message)}") from None
        guard = asyncio.ensure_future(memory.watch(browser))
        try:
            yield browser
        finally:
            guard.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await guard
            with suppress(Exception):
                await asyncio.wait_for(browser.close(), 10)
