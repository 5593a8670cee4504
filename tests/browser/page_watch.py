"""A phone that looks over the shoulder of the page: what it asks for, stores, complains of and covers up."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect
from playwright.sync_api import TimeoutError as TooSlow

SMALL = {"width": 360, "height": 640}  # the smallest phone that is still about
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121 Mobile"
    " Safari/537.36"
)
STATUS = re.compile(r"the server responded with a status of (\d+)")
SPEAKS = {"": "zh-CN", "/hant": "zh-TW", "/en": "en"}

# Runs in each page before its own script: whatever could keep something of a visitor says so in the console.
TELL_TALE = """
(() => {
  const tell = (what) => console.error("pure: " + what);
  const watch = (owner, name) => {
    const own = owner && owner[name];
    if (own) owner[name] = function (...args) { tell(name); return own.apply(this, args); };
  };
  for (const name of ["getItem", "setItem", "removeItem", "clear"]) watch(Storage.prototype, name);
  watch(IDBFactory.prototype, "open");
  if (self.CacheStorage) watch(CacheStorage.prototype, "open");
  if (self.ServiceWorkerContainer) watch(ServiceWorkerContainer.prototype, "register");
  if (self.Notification) watch(Notification, "requestPermission");
  if (navigator.geolocation) watch(Geolocation.prototype, "getCurrentPosition");
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(document, "cookie", {
    get() { tell("cookie"); return cookie.get.call(document); },
    set(value) { tell("cookie"); },
  });
  addEventListener("securitypolicyviolation", (e) => tell("policy: " + e.violatedDirective));
})();
"""
STORED = """async () => ({
  local: localStorage.length, session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
# Texts that stick out of the screen at the sides, or are cut off by a box of their own. A field to type in
# scrolls with its caret, and the page shows what was taken once more, as text.
CUT_OFF = """() => {
  const root = document.documentElement, wide = root.clientWidth, found = [];
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!box.width || style.visibility === "hidden") continue;
    const leaf = !e.children.length && e.tagName !== "INPUT";
    const clipped = leaf && e.clientWidth && e.scrollWidth > e.clientWidth + 1;
    if (box.right > wide + 1 || box.left < -1 || clipped)
      found.push(`${e.tagName}.${e.className}#${e.id} ${box.left}-${box.right}, ${e.scrollWidth} wide`);
  }
  if (root.scrollWidth > wide) found.push(`scrolls to ${root.scrollWidth} of ${wide}`);
  return found;
}"""


@dataclass
class Phone:
    """One visitor's browser on a page of ours. `ours` is the only host it may talk to until it pays."""

    context: BrowserContext
    page: Page
    ours: str
    cashier: str
    scripts: bool
    asked: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)  # failures that this visit means to meet

    def open(self, path: str) -> "Phone":
        """Open an address of ours as a scanned code does."""
        self.page.goto(path if "://" in path else self.ours + path)
        return self

    def click(self, text: str | re.Pattern[str]) -> None:
        self.page.locator("button,a,summary").filter(has_text=text).locator("visible=true").first.click()

    def button(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.locator("button").filter(has_text=text).locator("visible=true")

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text, use_inner_text=True)

    def sees_not(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).not_to_contain_text(text, use_inner_text=True)

    def reaches(self, kind: str) -> None:
        """Wait for the `cashier`, or for the page of a payment (`t`), also where a second tap breaks off the
        first one's way there."""
        expect(self.page).to_have_url(re.compile(f"/{kind}/"))

    def tap_plate(self, plate: str) -> None:
        """Type a plate on the page's own keyboard; the province that the field offers is taken."""
        if self.page.locator("#plate").input_value() != plate[0]:
            self.key("⌫").click()
            self.key(plate[0]).click()
        for letter in plate[1:]:
            self.key(letter).click()

    def key(self, text: str) -> Locator:
        return self.page.locator("#keys button:visible").get_by_text(text, exact=True)

    def search(self, plate: str) -> None:
        """Type a plate and press the button, as one does without scripts.

        With scripts a whole plate asks by itself, on a slow machine before the button is reached.
        """
        self.page.locator("#plate").fill(plate)
        go = self.page.locator("#send .go")
        while go.is_visible():
            with suppress(TooSlow):
                go.click(timeout=2_000)
                break

    def at(self) -> str:
        return urlsplit(self.page.url).path

    def stays_pure(self) -> None:
        """Assert that nothing was stored, no other site was asked, and the browser logged no error."""
        hosts = {urlsplit(request.url).netloc for request in self.asked if "://" in request.url}
        assert hosts <= {urlsplit(self.ours).netloc, urlsplit(self.cashier).netloc}
        kept: dict[str, Any] = dict(self.context.storage_state(indexed_db=True))
        assert kept == {"cookies": [], "origins": []}
        if self.scripts and self.page.url.startswith(self.ours):
            # Waits, unlike `evaluate`, where a page of a payment is just loading itself again.
            assert not any(self.page.wait_for_function(STORED).json_value().values())
        assert [text for text in self.complaints if not self._meant(text)] == []

    def _meant(self, complaint: str) -> bool:
        status = STATUS.search(complaint)
        return bool(status and int(status[1]) in self.statuses)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def new_phone(
    browser: Browser,
    *,
    ours: str,
    cashier: str,
    scripts: bool = True,
    language: str = "",
    user_agent: str = ANDROID,
    **looks: Any,
) -> Phone:
    """Unpack a phone: no cookie, no history, a small screen."""
    context = browser.new_context(
        java_script_enabled=scripts,
        locale=SPEAKS[language],
        **{"viewport": SMALL, "has_touch": True, "is_mobile": True, "device_scale_factor": 2, **looks},
        user_agent=user_agent,
    )
    context.set_default_timeout(120_000)
    if scripts:
        context.add_init_script(TELL_TALE)
    page = context.new_page()
    phone = Phone(context, page, ours, cashier, scripts)
    context.on("request", lambda request: phone.asked.append(request))
    page.on("console", phone.note)
    page.on("pageerror", lambda error: phone.complaints.append(str(error)))
    return phone
