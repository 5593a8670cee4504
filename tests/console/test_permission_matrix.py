"""Every page, every role, every place: the table of permissions decides who may, and nothing else.

For each role there are three people: of the operator whose lot it is, of another lot of it, and of another
operator. What one table (`MAY`) says of a page's action is what each of them must meet, by GET and by POST.
"""

import re
from functools import cache
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils.timezone import localtime

from console import console_errors
from payments.models import StaffAct
from staff import access
from staff.models import Role
from staff.permissions import MAY, STRONG
from tests.console.console_world import ADDRESSES, FORM_DATA, ONLY_HERE, World
from tests.console.test_access import ROUTES
from tests.effort import EFFORT
from tests.factories import make_person

pytestmark = pytest.mark.django_db
FOUND = [resolve(route) for route in ROUTES if not route.startswith("/console/static/")]
PARTS = {match.view_name: set(match.kwargs) for match in FOUND}  # what varies in each page's address
VIEWS = sorted(PARTS)

# An owner meets every page's queries, and so on PostgreSQL too.
EACH_ROLE = [pytest.param(role, marks=[pytest.mark.both_engines] * (role == Role.OWNER)) for role in Role]

# About something, yet the same for everybody who may see it at all.
OPEN_TO_ALL = {f"console:report{end}" for end in ("", "-csv", "-xlsx", "-filters")}
REPORT = {"name": "income"}
# A bill is seen by who may in every lot whose money it takes: with one operator of two, by nobody.
HIDDEN_FROM_OPERATOR = {
    *("console:background-task", "console:background-file", "console:cancel-background"),  # the starter's own
    "console:bill",
    "console:repeat-bill",
    "console:trial",
    "console:advance-trial",
}
# A row that is gone, or that this person cannot see, answers as handled by someone else.
REDIRECTS_WHEN_GONE = {"console:resolve", "console:orphan-act"}
# About an operator, made of those of its lots that one may see (tests/console/test_compliance.py).
SCOPED_TO_OWN_LOTS = {"console:make-papers", "console:make-set"}
# For who sees every lot of the site: what they do holds for all operators.
SITE_WIDE_ONLY = {"console:new-operator", "console:silence"}
# By POST, with a permission to see: what is searched for stands in no address; acts have a table below;
# one's own account.
READ_ONLY_POSTS = {
    "console:make-papers",
    "console:make-set",
    "console:find-access",
    "console:find-payments",
    "console:find-stays",
    "console:booths",
    "console:lots",
    "console:search",
    "console:tariffs",
    "console:cancel-background",  # one's own work
    "console:stays",
    "console:payment-act",
    "console:stay-act",
    "console:sign-ins",
    "console:attention",  # one's own sign-in lasts longer
    "console:join",
    "console:sso-link",
    "console:sso-unlink",
} | {view for view in VIEWS if view.endswith("-filters")}  # one's own saved filters


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    """Draw no page that says no: there are thousands, and their status is what counts here."""
    settings.OIDC_ISSUER, settings.CONSOLE_URL = "http://127.0.0.1:1", "http://testserver"
    drawn = console_errors._page

    def answer(request, status, *words, template="console/error.html", **more):
        if template == "console/error.html":
            return HttpResponse(status=status)
        return drawn(request, status, *words, template=template, **more)

    monkeypatch.setattr(console_errors, "_page", answer)


@pytest.fixture
def world(shared_world):
    return shared_world


def address(view: str, world: World) -> str:
    parts = PARTS[view]
    if view in OPEN_TO_ALL:
        return reverse(view, kwargs=REPORT)
    if not parts:
        return reverse(view)
    if view not in ADDRESSES:
        assert parts == {"slug"}, f"{view}: say in tests/console/console_world.py which row it is about"
        return reverse(view, kwargs={"slug": world.lot.slug})
    return reverse(view, kwargs=ADDRESSES[view](world))


def is_about_object(view: str) -> bool:
    return bool(PARTS[view]) and view not in OPEN_TO_ALL


def ask(client: Client, method: str, where: str) -> tuple[int, str, str]:
    """Send one request and take back whatever it did."""
    message = FORM_DATA.get(resolve(where).view_name, dict)() if method == "post" else None
    with transaction.atomic():
        answer = getattr(client, method)(where, message)
        body = b"" if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer.status_code, body.decode(errors="replace"), answer.headers.get("Location", "")


def signed_in(user):
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def views_of(role):
    """Return what a role visits: an owner every page; the others every third each, unless EFFORT is more.

    Which rows a person sees depends on lots and not on the role, so each page is opened by three roles.
    """
    if role == Role.OWNER or EFFORT > 1:
        return VIEWS
    return VIEWS[list(Role).index(role) % 3 :: 3]


def access_mismatches(role, world):
    """Go everywhere as each of the role's three people; return where it was not as the table says."""
    home = signed_in(make_person(role, operator=world.lot.operator))
    others = [
        signed_in(make_person(role, lot=world.sister)),
        signed_in(make_person(role, operator=world.strange.operator)),
    ]
    if role == Role.SHOP:
        world.shop.clerks.add(home.session["_auth_user_id"])
    links = {}
    for view in views_of(role):
        where = address(view, world)
        may = role in MAY[resolve(where).func.action]
        here = {method: ask(home, method, where) for method in ("get", "post")}
        yield from (f"{method} {view}: {fault}" for method, fault in _home_mismatches(view, here, may))
        yield from (f"{view} shows a form for {name}" for name in _forms_refusing_role(here["get"][1], role))
        links |= _links(here["get"][1])
        for other in others if may else ():
            for method in ("get", "post"):
                if fault := _foreign_mismatch(view, here[method][0], ask(other, method, where)):
                    yield f"{method} {view}, from elsewhere: {fault}"
    yield from _dead_links(home, links, role)


def _home_mismatches(view, here, may):
    statuses = {method: status for method, (status, _, _) in here.items()}
    if not may:
        # the first page sends on who may not see it, to where they begin
        wanted = {302, 403} if view == "console:today" else {403}
        yield from (
            (method, f"{status} for who may not")
            for method, status in statuses.items()
            if status not in wanted
        )
        return
    if set(statuses.values()) == {405}:
        yield "get", "takes neither"
    for method, (status, _, location) in here.items():
        if (view in HIDDEN_FROM_OPERATOR and status == 404) or (view in SITE_WIDE_ONLY and status == 403):
            continue
        if (
            status in {404, 500}
            or (status == 403 and view != "console:second-factor")
            or "/login" in location
        ):
            yield method, f"{status} {location} for who may"


def _forms_refusing_role(body, role):
    """Yield the pages to which a form on this page leads that would refuse the role."""
    for form in re.findall(r"<form\b[^>]*>", body):
        where = re.search(r'action="([^"?]*)', form)
        if where is None or 'method="post"' not in form:
            continue
        action = getattr(resolve(where[1]).func, "action", None)
        if action is not None and role not in MAY[action]:
            yield resolve(where[1]).view_name


def _links(body):
    """Return the console's addresses that a page leads to, one of each view."""
    found = {}
    for link in re.findall(r'<a\b[^>]*\bhref="(/console/[^"#]*)', body):
        found[_view_at(link.partition("?")[0]) or link] = link
    return found


@cache
def _view_at(path):
    """Return the name of the view at an address, or None; each page has the menu's forty again."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def _dead_links(client, links, role):
    """Yield the links that refuse the role or lead nowhere; those that an owner has too are left to one."""
    for name, link in sorted(links.items()):
        if name not in PARTS and name != link:
            continue
        if name in PARTS and role != Role.OWNER and {role, Role.OWNER} <= MAY[resolve_link(link).func.action]:
            continue
        status = ask(client, "get", unescape(link))[0]
        if status in {403, 404, 405, 500}:
            yield f"{role} is led to {link}, which answers {status}"


def resolve_link(link):
    return resolve(unescape(link).partition("?")[0])


def _foreign_mismatch(view, status_here, answer):
    status, body, _ = answer
    if status_here == 405:
        return "" if status in {404, 405} else f"{status}, and 405 for who may"
    if is_about_object(view):
        return (
            ""
            if status == 404 or (view in REDIRECTS_WHEN_GONE and status == 302) or view in SCOPED_TO_OWN_LOTS
            else f"{status} about a row of others"
        )
    return f"names the lot ({status})" if ONLY_HERE in body else ""


@pytest.mark.parametrize("role", EACH_ROLE)
def test_page_access_matches_permission_table(role, world):
    faults = list(access_mismatches(role, world))
    assert not faults, "\n".join(faults)


def test_post_views_require_write_permission(world):
    """A POST by a permission to look is one of the few that change nothing, or whose acts ask again."""
    owner = signed_in(make_person(Role.OWNER, operator=world.lot.operator))
    looked = {
        view
        for view in VIEWS
        if resolve(address(view, world)).func.action.endswith(".see")
        and ask(owner, "post", address(view, world))[0] != 405
    }
    assert looked <= READ_ONLY_POSTS


ACTS = [  # page, act, the form data, the permission it needs
    ("console:stay-act", "owing", "end", {"left": "{now}"}, "stays.act"),
    ("console:stay-act", "owing", "entry", {"entered": "2026-11-24T08:00"}, "stays.act"),
    ("console:stay-act", "owing", "plate", {"plate": "沪C00001"}, "stays.act"),
    ("console:stay-act", "owing", "drop", {}, "stays.act"),
    ("console:stay-act", "owing", "manual", {"amount": "10"}, "cash.take"),
    ("console:stay-act", "owing", "waive", {"amount": "1"}, "fees.waive"),
    ("console:payment-act", "payment", "refund", {"amount": "1", "owed": "waived"}, "refunds.ask"),
    ("console:payment-act", "payment", "move", {"target": "{owing}"}, "payments.move"),
]
ACT = "8c5e0a43-14a5-4c6f-93a1-2b8d90a3a1a{}"


def acts_done(client, world):
    """Try every act; return those that were done."""
    done, now = set(), f"{localtime():%Y-%m-%dT%H:%M}"
    for number, (view, row, act, text, _) in enumerate(ACTS):
        where = reverse(view, kwargs={"pk": getattr(world, row).pk, "act": act})
        form = {name: value.format(owing=world.owing.pk, now=now) for name, value in text.items()}
        with transaction.atomic():
            before = StaffAct.objects.count()
            answer = client.post(where, {"act": ACT.format(number), "reason": "核对无误", **form})
            assert answer.status_code in {302, 403, 404}, (act, answer.status_code)
            if StaffAct.objects.count() > before:
                done.add(act)
            transaction.set_rollback(True)
    return done


@pytest.mark.parametrize("role", Role)
def test_staff_acts_match_permission_table(role, world, settings):
    may = {act for *_, act, _, action in ACTS if role in MAY[action]}
    user = make_person(role, operator=world.lot.operator)
    assert acts_done(signed_in(user), world) == may
    for place in ({"lot": world.sister}, {"operator": world.strange.operator}):
        assert acts_done(signed_in(make_person(role, **place)), world) == set()
    settings.CONSOLE_MFA = "required"
    strong = {act for *_, act, _, action in ACTS if action in STRONG}
    assert acts_done(signed_in(user), world) == may - strong
    Authenticator.objects.create(user=user, type="totp", data={})
    assert acts_done(signed_in(user), world) == may


def refuse(_request):
    raise PermissionDenied


@pytest.mark.parametrize("method", ["get", "post"])
def test_sensitive_pages_require_second_factor(method, world, settings, monkeypatch):
    """What would be shown then is of no interest, so no page is made."""
    settings.CONSOLE_MFA = "required"
    monkeypatch.setattr(access, "_refuse_masses", refuse)  # comes next
    owner = make_person(Role.OWNER, operator=world.lot.operator)
    client = signed_in(owner)
    sent = {
        view
        for view in VIEWS
        if ask(client, method, address(view, world))[2] == reverse("console:second-factor")
    }
    assert sent == {view for view in VIEWS if resolve(address(view, world)).func.action in STRONG}
    Authenticator.objects.create(user=owner, type="totp", data={})
    assert not [
        view
        for view in sorted(sent)
        if ask(client, method, address(view, world))[2] == reverse("console:second-factor")
    ]
