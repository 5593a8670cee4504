"""A browser without scripts, cookies or cache: it opens pages, submits forms and follows links.

Fields, URLs and buttons come from the page and are never hard-coded, so this browser can do exactly what a
person can do on a phone without scripts.
"""

import http.client
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT = 10.0
MAX_REDIRECTS = 5
MAX_BYTES = 1_000_000
VOID_ELEMENTS = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}

type Fields = list[tuple[str, str]]


class PageError(Exception):
    """The page lacks something expected. The message names it and never contains a URL."""


@dataclass
class Button:
    label: str
    name: str = ""
    value: str = ""


@dataclass
class Form:
    """A form with its default values and its buttons."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def filled(self, values: dict[str, str], button: Button) -> Fields:
        missing = values.keys() - {name for name, _ in self.fields}
        if missing:
            raise PageError(f"no field {', '.join(sorted(missing))}")
        sent = [(name, values.get(name, value)) for name, value in self.fields]
        return [*sent, (button.name, button.value)] if button.name else sent


class ParsedPage(HTMLParser):
    """A parsed response: forms, links, and the text of elements by CSS class."""

    def __init__(self, url: str, status: int, html: str) -> None:
        super().__init__()
        self.url, self.status = url, status
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._named: dict[str, Form] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self._texts: list[list[str]] = []
        self._text_by_class: dict[str, str] = {}
        self._deferred: list[tuple[str, str, str, Button | None]] = []  # parts of forms that may follow later
        self.feed(html)
        self.close()
        for owner, name, value, button in self._deferred:
            if form := self._named.get(owner):
                self._add(form, name, value, button)

    def form(self, path: str) -> Form | None:
        """Return the first form whose action contains `path`; a language may follow it."""
        return next((form for form in self.forms if path in form.action), None)

    def text_of(self, css: str) -> str:
        """Return the text of the first element with a CSS class, or an empty string."""
        return self._text_by_class.get(css, "")

    def external_link(self, own_url: str) -> str | None:
        """Return the first link to another site than that of `own_url`."""
        own_site = urlsplit(own_url).netloc.lower()
        absolute = (urljoin(self.url, href) for href, _ in self.links)
        return next((url for url in absolute if urlsplit(url).netloc.lower() not in {"", own_site}), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(urljoin(self.url, given.get("action", "")), given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self._named[given["id"]] = self._form
        elif tag == "input" and given.get("name"):
            sent = given.get("type") not in {"checkbox", "radio"} or "checked" in dict(attrs)
            if sent:
                self._assign(given, Button("", given["name"], given.get("value", "")), is_button=False)
        if tag not in VOID_ELEMENTS:
            self._open.append((tag, given))
            self._texts.append([])

    def handle_data(self, data: str) -> None:
        for parts in self._texts:
            parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        while any(tag == name for name, _ in self._open):  # also closes unclosed elements inside
            name, given = self._open.pop()
            text = " ".join("".join(self._texts.pop()).split())
            self._ended(name, given, text)
            if name == tag:
                return

    def _ended(self, tag: str, given: dict[str, str], text: str) -> None:
        for css in given.get("class", "").split():
            self._text_by_class.setdefault(css, text)
        if tag == "a" and "href" in given:
            self.links.append((given["href"], text))
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._assign(given, Button(text, given.get("name", ""), given.get("value", "")), is_button=True)

    def _assign(self, given: dict[str, str], part: Button, *, is_button: bool) -> None:
        button = part if is_button else None
        if "form" in given:
            self._deferred.append((given["form"], part.name, part.value, button))
        elif any(tag == "form" for tag, _ in self._open):
            self._add(self._form, part.name, part.value, button)

    @staticmethod
    def _add(form: Form, name: str, value: str, button: Button | None) -> None:
        if button:
            form.buttons.append(button)
        else:
            form.fields.append((name, value))


@dataclass
class Browser:
    """One phone. `address` is its client address, sent as X-Forwarded-For as if by a proxy."""

    address: str

    def open(self, url: str) -> ParsedPage:
        return self._request("GET", url)

    def submit(self, form: Form, label: str = "", **values: str) -> ParsedPage:
        """Fill in a form and press the first button whose label contains `label`."""
        button = next((button for button in form.buttons if label in button.label), None)
        if button is None:
            raise PageError("no button to press")
        sent = urlencode(form.filled(values, button))
        if form.method == "post":
            return self._request("POST", form.action, sent.encode())
        return self._request("GET", f"{form.action}?{sent}")

    def _request(self, method: str, url: str, body: bytes | None = None) -> ParsedPage:
        for _ in range(MAX_REDIRECTS):
            status, location, html = self._send(method, url, body)
            if not location:
                return ParsedPage(url, status, html)
            method, url, body = "GET", urljoin(url, location), None
        raise PageError("too many redirects")

    def _send(self, method: str, url: str, body: bytes | None) -> tuple[int, str, str]:
        parts = urlsplit(url)
        connection_class = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        headers = {"X-Forwarded-For": self.address, "Accept": "text/html", "Accept-Language": "zh-CN"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with closing(connection_class(parts.netloc, timeout=TIMEOUT)) as connection:
                connection.request(method, target, body, headers)
                response = connection.getresponse()
                html = response.read(MAX_BYTES).decode("utf-8", "replace")
        except http.client.HTTPException as broken:
            raise ConnectionError(type(broken).__name__) from broken
        location = response.getheader("Location", "") if response.status in {301, 302, 303, 307, 308} else ""
        return response.status, location, html
