"""A browser driven by the DevTools protocol over a pipe: any Chromium since 69, too old for Playwright.

A command to a page is wrapped in a message to the browser where it is too old for anything else.
"""

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORDS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-sync", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"),
)


class Failed(Exception):
    """The browser answered a command with an error; a page that is being left does so."""


class Browser:
    """One process, driven from one thread."""

    def __init__(self, program: Path, profile: Path) -> None:
        reads, theirs = os.pipe()
        mine, writes = os.pipe()
        command = f'exec "$@" 3<&{mine} 4>&{theirs}'
        self.process = subprocess.Popen(
            [
                "bash",
                "-c",
                command,
                "browser",
                str(program),
                *WORDS,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(mine, theirs),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile)},
        )
        os.close(mine)
        os.close(theirs)
        self._reads, self._writes, self._buffer, self._last = reads, writes, b"", 0
        self.answers: dict[tuple[str, int], dict[str, Any]] = {}
        self.tabs: dict[str, Tab] = {}
        self.is_new = False
        self.version = self.call("Browser.getVersion")["product"]
        self.is_new = int(self.version.split("/")[1].split(".")[0]) > 80

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command to the browser or to one of its pages, and return the answer."""
        self._last += 1
        number = self._last
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session and self.is_new:
            message["sessionId"] = session
        elif session:
            inner = {"sessionId": session, "message": json.dumps(message)}
            self._last += 1
            message = {"id": self._last, "method": "Target.sendMessageToTarget", "params": inner}
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 15
        while (answer := self.answers.pop((session, number), None)) is None:
            self.read(end)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def read(self, end: float) -> None:
        """Take what the browser sends until `end`, at least one message."""
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reads], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise Failed("the browser does not answer")
            found = os.read(self._reads, 1 << 20)
            if not found:
                raise Failed("the browser has ended")
            self._buffer += found
        *whole, self._buffer = self._buffer.split(b"\0")
        for text in whole:
            message = json.loads(text)
            self._take(message, message.get("sessionId", ""))

    def _take(self, message: dict[str, Any], session: str) -> None:
        if "id" in message:
            self.answers[session, message["id"]] = message
        elif message["method"] == "Target.receivedMessageFromTarget":
            inner = message["params"]
            self._take(json.loads(inner["message"]), inner["sessionId"])
        elif session in self.tabs:
            self.tabs[session].note(message["method"], message["params"])

    def tab(self, *, scripts: bool = True, agent: str = "", accept: str = "zh-CN") -> "Tab":
        """Return a page in a context of its own: no cookie and no history."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        flat: dict[str, Any] = {"flatten": True} if self.is_new else {}
        session = self.call("Target.attachToTarget", targetId=target, **flat)["sessionId"]
        tab = self.tabs[session] = Tab(self, session, context)
        for domain in ("Page", "Network", "Runtime", "Log"):
            tab.call(f"{domain}.enable")
        tab.call("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=accept)
        tab.scripts = scripts
        tab.resize(360, 520)
        return tab

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        os.close(self._reads)
        os.close(self._writes)


@dataclass
class Tab:
    """One page, and what its browser complained of."""

    browser: Browser
    session: str
    context: str
    scripts: bool = True
    size: tuple[int, int] = (360, 520)
    complaints: list[str] = field(default_factory=list)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **params)

    def note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(str(details.get("exception", {}).get("description", details["text"])))
        elif method == "Log.entryAdded" and params["entry"]["source"] in {"security", "violation"}:
            self.complaints.append(params["entry"]["text"])

    def goto(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.settle()

    def reload(self) -> None:
        self.call("Page.reload")
        self.settle()
        self._be_a_phone()

    def back(self) -> bool:
        """Go one page back; say whether there was one."""
        history = self.call("Page.getNavigationHistory")
        place = history["currentIndex"] - 1
        if place < 0:
            return False
        self.call("Page.navigateToHistoryEntry", entryId=history["entries"][place]["id"])
        self.settle()
        return True

    def offline(self, is_offline: bool) -> None:
        self.call(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def resize(self, width: int, height: int) -> None:
        self.size = width, height
        self._be_a_phone()

    def _be_a_phone(self) -> None:
        """Set what Chromium 69 forgets with the process of a page, which its error page has of its own.

        It also keeps the error page's scale for where it is tapped next; a page that is no phone's has none.
        """
        width, height = self.size
        mobile = self.browser.is_new
        self.call("Emulation.setScriptExecutionDisabled", value=not self.scripts)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2,
            mobile=mobile,
        )

    def slow_down(self, latency: int, kilobits: int, *, processor: int) -> None:
        """Let the network take so many milliseconds and kbit/s, and the page so many times the processor."""
        speed = kilobits * 1000 / 8
        self.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=latency,
            downloadThroughput=speed,
            uploadThroughput=speed,
        )
        self.call("Emulation.setCPUThrottlingRate", rate=processor)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page; None while it is being left."""
        try:
            found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        except Failed:
            return None
        if "exceptionDetails" in found:
            raise Failed(found["exceptionDetails"].get("exception", {}).get("description", script))
        return found["result"].get("value")

    def tap(self, place: list[float]) -> None:
        where = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **where)

    def until(self, ask: Callable[[], Any], seconds: float = 10) -> Any:
        """Return the first true answer; None when the time is over."""
        end = time.monotonic() + seconds
        while not (found := ask()) and time.monotonic() < end:
            time.sleep(0.03)
        return found

    def settle(self) -> None:
        time.sleep(0.03)
        self.until(lambda: self.evaluate("document.readyState") == "complete", 5)

    @property
    def url(self) -> str:
        return str(self.evaluate("location.href") or "")

    def close(self) -> None:
        self.browser.tabs.pop(self.session, None)
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)


@contextmanager
def opened(program: Path, profile: Path) -> Iterator[Browser]:
    browser = Browser(program, profile)
    try:
        yield browser
    finally:
        browser.close()
