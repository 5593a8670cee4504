"""Every form of the console filled with nonsense: it is answered, and never with a fault of ours.

A form is sent as its page shows it, with the choices, hidden fields and buttons that it has, and nonsense
where something can be typed or uploaded; and once with nonsense in every field that any view reads.
"""

import io
import itertools
import re
import zipfile
from dataclasses import dataclass, field
from functools import cache
from html import escape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import Resolver404, resolve

from staff.models import Role
from tests.console.test_permission_matrix import VIEWS, address
from tests.factories import make_device, make_person, signed_in
from tests.payments.coupons.making import make_offer, make_shop

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
CONSOLE = Path(__file__).parents[2] / "console"
READ = re.compile(r"""(?:POST|GET|values|data)(?:\.get\(|\.getlist\(|\[)["'](\w+)["']""")
NONSENSE = (
    *("", "\0", "NaN", "-1", "1e400", "9" * 400, "٣٤", "=1+1", "'; DROP TABLE lots--", "\ufeff 沪A1\u202e"),
    *("0001-01-01", "9999-12-31", "2026-02-31", "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-29T02:30"),
    *(
        "24:00",
        "🚗😀",
        "x" * 10_000,
        "../../etc/passwd",
        "javascript:alert(1)",
        "[]",
        "{}",
        "null",
        "0",
        "2026-11-24",
    ),
)
TYPED = {
    "text",
    "search",
    "date",
    "datetime-local",
    "number",
    "email",
    "tel",
    "url",
    "time",
    "month",
    "range",
}


@dataclass
class Form:
    action: str
    fixed: dict[str, list[str]] = field(default_factory=dict)  # choices, hidden fields, buttons
    typed: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """Collects the forms of a page that go by POST."""

    def __init__(self, page, body):
        super().__init__()
        self.page, self.forms, self.here, self.select = page, [], None, ""
        self.feed(body)

    def handle_starttag(self, tag, attributes):
        known = {name: value or "" for name, value in attributes}
        name, value, kind = known.get("name", ""), known.get("value", ""), known.get("type", "text")
        if tag == "form":
            self.here = None
            if known.get("method") == "post":
                self.here = Form(known.get("action") or self.page)
                self.forms.append(self.here)
        elif self.here is None or "disabled" in known:
            return
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            self.here.fixed.setdefault(self.select, []).append(value)
        elif tag == "textarea" or (tag == "input" and kind in TYPED):
            self.here.typed.append(name)
        elif tag == "input" and kind == "file":
            self.here.files.append(name)
        elif tag in {"input", "button"} and name:
            self.here.fixed.setdefault(name, []).append(value)

    def handle_endtag(self, tag):
        if tag == "form":
            self.here = None
        elif tag == "select":
            self.select = ""


@cache
def zip_bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", " " * 30_000_000)
    return packed.getvalue()


FILES = (
    ("a.csv", lambda: b""),
    ("a.xlsx", zip_bomb),
    ("a.csv", lambda: "\ufeff号牌,到期\n=HYPERLINK(1),2026-02-31\n".encode()),
    ("a.csv", lambda: "号牌,到期\n沪A12345,明天\n".encode("gbk")),
    ("a.png", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
    ("a.jpg", lambda: b"\xff\xd8\xff\xe0" + b"\0" * 40),
    ("\u202egpj.exe", lambda: b"MZ" + bytes(range(256))),
    ("a.csv", lambda: b"a\0b\n" * 9),
    ("a.csv", lambda: b'"' + b"x," * 300_000),
)


def read_names():
    """Return the name of every field that the console's code reads by hand."""
    sources = (path.read_text(encoding="utf-8") for path in CONSOLE.rglob("*.py"))
    return sorted({name for text in sources for name in READ.findall(text)})


@pytest.fixture
def person(shared_world, settings):
    settings.OIDC_ISSUER, settings.CONSOLE_URL = "http://127.0.0.1:1", "http://testserver"
    client = signed_in(make_person(Role.OWNER, operator=shared_world.lot.operator))
    client.raise_request_exception = False
    return client, shared_world


@pytest.fixture(scope="module")
def shown():
    """Return the list of the forms that the pages of the module's world show, once a test has filled it."""
    return []


@pytest.fixture
def forms(person, shown):
    client, world = person
    if not shown:
        shown.extend(forms_of(client, pages(world).values()))
    return shown


def pages(world):
    """Return the addresses of the console's pages but for those that sign one out."""
    found = {view: address(view, world) for view in VIEWS}
    return {view: where for view, where in found.items() if "/account/" not in where}


def forms_of(client, addresses):
    """Return each different form of these pages."""
    found = {}
    for where in addresses:
        answer = client.get(where)
        if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
            for form in Forms(where, answer.content.decode()).forms:
                if is_of_console(form.action):
                    found.setdefault((resolve(form.action.partition("?")[0]).view_name, *form.typed), form)
    return list(found.values())


def is_of_console(where):
    try:
        return "console" in resolve(where.partition("?")[0]).view_name and "/account/" not in where
    except Resolver404:
        return False


def send(client, where, data):
    """Send a form and undo what it did, also to the sign-in; return the status."""
    cookies = client.cookies.output()
    with transaction.atomic():
        status = client.post(where, data).status_code
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    return status


def filled(form, number):
    """Return the fields of a form, with the nonsense of this round."""
    values = itertools.cycle(NONSENSE[number % len(NONSENSE) :] + NONSENSE[: number % len(NONSENSE)])
    name, content = FILES[number % len(FILES)]
    return {
        **{known: choices[number % len(choices)] for known, choices in form.fixed.items()},
        **{typed: next(values) for typed in form.typed},
        **{file: SimpleUploadedFile(name, content()) for file in form.files},
    }


def upload_huge(client, form):
    """Send a file larger than any view takes; return the status."""
    huge = b"\x89PNG\r\n\x1a\n" + bytes(17 * 1024 * 1024)
    data = filled(form, 0) | {file: SimpleUploadedFile("a.png", huge) for file in form.files}
    if "import" in form.fixed.get("act", ()):
        data["act"] = "import"
    return send(client, form.action, data)


def is_kept(client, form):
    """Return whether a form that is refused comes back with what was typed and says what is wrong."""
    data = {name: choices[0] for name, choices in form.fixed.items()} | dict.fromkeys(form.typed, TOO_LONG)
    cookies = client.cookies.output()
    with transaction.atomic():
        answer = client.post(form.action, data)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    if answer.status_code != 422:
        return True  # a search, or a draft, which may be wrong
    page = answer.content.decode()
    return escape(TOO_LONG) in page and re.search(r'class="[^"]*\b(error|faults)\b', page) is not None


ROUNDS = 1  # each more takes as long again
TOO_LONG = "<b>沪</b>" + "很" * 300


def test_nonsense_in_shown_forms_is_answered(person, forms):
    client, _world = person
    assert len(forms) > 60
    faults = [
        (form.action, data)
        for number, form in enumerate(forms)
        for each in range(ROUNDS)
        if send(client, form.action, data := filled(form, number * 7 + each * 11)) >= 500
    ]
    assert faults == []
    assert [form.action for form in forms if form.typed and not is_kept(client, form)] == []
    with_files = [form for form in forms if form.files]
    assert len(with_files) >= 5
    assert [form.action for form in with_files if not 400 <= upload_huge(client, form) < 500] == []


def test_nonsense_in_every_field_is_answered(person):
    client, world = person
    names = read_names()
    assert {"act", "reason", "plate", "token"} & set(names)
    faults = []
    for number, where in enumerate(pages(world).values()):
        form = Form(where, typed=names)
        data = {name: value + "\0" for name, value in filled(form, number).items()}
        if send(client, where, data) >= 500:
            faults.append((where, data))
    assert faults == []


def test_choices_of_others_are_refused(person, forms):
    client, world = person
    lane, offer = make_device(world.strange, "exit").lane, make_offer(make_shop(world.strange))
    theirs = {
        "lane": lane.pk,
        "lot": world.strange.slug,
        "offer": offer.pk,
        "offers": offer.pk,
        "operator": world.strange.operator_id,
        "place": f"l{world.strange.pk}",
    }
    tried, taken = set(), []
    for form in forms:
        data = {name: choices[0] for name, choices in form.fixed.items()} | dict.fromkeys(form.typed, "1")
        for name in theirs.keys() & form.fixed:
            tried.add(name)
            if not 400 <= send(client, form.action, data | {name: str(theirs[name])}) < 500:
                taken.append((form.action, name))
    assert (tried, taken) == (set(theirs), [])
