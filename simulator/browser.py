"""A browser without scripts, cookies or memory: it opens a page, fills in a form, follows a link.

Fields, addresses and buttons are taken from the page, never known beforehand: what it can do, a person
whose phone runs no script can do.
"""

import http.client
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT = 10.0
MOST_REDIRECTS = 5
LARGEST = 1_000_000
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

type Fields = list[tuple[str, str]]


class Lost(Exception):
    """A page is not what a person would have found there. Says what is missing, never an address."""


@dataclass
class Button:
    words: str
    name: str = ""
    value: str = ""


@dataclass
class Form:
    """Where it goes, what it sends if nothing is changed, and what can be pressed."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def filled(self, answers: dict[str, str], button: Button) -> Fields:
        missing = answers.keys() - {name for name, _ in self.fields}
        if missing:
            raise Lost(f"no field {', '.join(sorted(missing))}")
        sent = [(name, answers.get(name, value)) for name, value in self.fields]
        return [*sent, (button.name, button.value)] if button.name else sent


class Page(HTMLParser):
    """One answer, read: its forms, its links, and what its classes say."""

    def __init__(self, url: str, status: int, html: str) -> None:
        super().__init__()
        self.url, self.status = url, status
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._named: dict[str, Form] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self._texts: list[list[str]] = []
        self._said: dict[str, str] = {}
        self._later: list[tuple[str, str, str, Button | None]] = []  # of forms that may come further down
        self.feed(html)
        self.close()
        for owner, name, value, button in self._later:
            if form := self._named.get(owner):
                self._give(form, name, value, button)

    def form(self, ending: str) -> Form | None:
        """Return the form whose address ends so; what follows is a language."""
        return next((form for form in self.forms if ending in form.action), None)

    def said(self, css: str) -> str:
        """Return what the first element of a class says."""
        return self._said.get(css, "")

    def link(self, elsewhere_than: str) -> str | None:
        """Return the first link that leads to another site."""
        ours = urlsplit(elsewhere_than).netloc.lower()
        absolute = (urljoin(self.url, href) for href, _ in self.links)
        return next((url for url in absolute if urlsplit(url).netloc.lower() not in {"", ours}), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(urljoin(self.url, given.get("action", "")), given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self._named[given["id"]] = self._form
        elif tag == "input" and given.get("name"):
            on = given.get("type") not in {"checkbox", "radio"} or "checked" in dict(attrs)
            if on:
                self._belongs(given, Button("", given["name"], given.get("value", "")), is_button=False)
        if tag not in VOID:
            self._open.append((tag, given))
            self._texts.append([])

    def handle_data(self, data: str) -> None:
        for text in self._texts:
            text.append(data)

    def handle_endtag(self, tag: str) -> None:
        while any(tag == name for name, _ in self._open):  # what was left open inside ends here too
            name, given = self._open.pop()
            words = " ".join("".join(self._texts.pop()).split())
            self._ended(name, given, words)
            if name == tag:
                return

    def _ended(self, tag: str, given: dict[str, str], words: str) -> None:
        for css in given.get("class", "").split():
            self._said.setdefault(css, words)
        if tag == "a" and "href" in given:
            self.links.append((given["href"], words))
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._belongs(given, Button(words, given.get("name", ""), given.get("value", "")), is_button=True)

    def _belongs(self, given: dict[str, str], part: Button, *, is_button: bool) -> None:
        button = part if is_button else None
        if "form" in given:
            self._later.append((given["form"], part.name, part.value, button))
        elif any(tag == "form" for tag, _ in self._open):
            self._give(self._form, part.name, part.value, button)

    @staticmethod
    def _give(form: Form, name: str, value: str, button: Button | None) -> None:
        if button:
            form.buttons.append(button)
        else:
            form.fields.append((name, value))


@dataclass
class Browser:
    """One phone. `address` is where the demo's server is to take it to come from, as behind a proxy."""

    address: str

    def open(self, url: str) -> Page:
        return self._go("GET", url)

    def press(self, form: Form, words: str = "", **answers: str) -> Page:
        """Fill in a form and press the button that says so; the first without words."""
        button = next((button for button in form.buttons if words in button.words), None)
        if button is None:
            raise Lost("no button to press")
        sent = urlencode(form.filled(answers, button))
        if form.method == "post":
            return self._go("POST", form.action, sent.encode())
        return self._go("GET", f"{form.action}?{sent}")

    def _go(self, method: str, url: str, body: bytes | None = None) -> Page:
        for _ in range(MOST_REDIRECTS):
            status, where, html = self._ask(method, url, body)
            if not where:
                return Page(url, status, html)
            method, url, body = "GET", urljoin(url, where), None
        raise Lost("too many redirects")

    def _ask(self, method: str, url: str, body: bytes | None) -> tuple[int, str, str]:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        headers = {"X-Forwarded-For": self.address, "Accept": "text/html", "Accept-Language": "zh-CN"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with closing(kind(parts.netloc, timeout=TIMEOUT)) as connection:
                connection.request(method, target, body, headers)
                answer = connection.getresponse()
                html = answer.read(LARGEST).decode("utf-8", "replace")
        except http.client.HTTPException as broken:
            raise ConnectionError(type(broken).__name__) from broken
        moved = answer.getheader("Location", "") if answer.status in {301, 302, 303, 307, 308} else ""
        return answer.status, moved, html
