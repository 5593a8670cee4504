"""Who has no role gets nothing from the console, and nothing changes there without a POST and a token."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from console import sign_in
from lots import sign_register
from lots.models import Sign
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in

OPEN = {
    "join",
    "language",
    "sso-start",
    "sso-back",
    *(route.name for route in sign_in.urlpatterns),
}  # before signing in
EXAMPLES = {"slug": "lot-x", "pk": "1", "code": "x", "str": "x", "int": "1", "uuid": "0" * 32}

pytestmark = pytest.mark.django_db


def console_routes() -> Iterator[tuple[str, str]]:
    """Every address below /console/, with an example in place of each part that varies."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
        for item in patterns:
            route = before + str(item.pattern)
            if isinstance(item, URLResolver):
                yield from walk(item.url_patterns, route)
            else:
                for part, converter in item.pattern.converters.items():
                    kind = type(converter).__name__.removesuffix("Converter").lower()
                    for written in (f"<{kind}:{part}>", f"<{part}>"):
                        route = route.replace(written, EXAMPLES.get(part, EXAMPLES.get(kind, "x")))
                yield route, str(item.name)

    for route, name in walk(get_resolver().url_patterns, "/"):
        if route.startswith("/console/") and name not in OPEN:
            yield route, name


ROUTES = dict(console_routes())


@pytest.fixture
def sign() -> Sign:
    return sign_register.new_sign(lot=make_lot(slug="lot-x"), place="B1")


def person(*, superuser: bool, checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(get_user_model().objects.create_user("somebody", is_superuser=superuser))
    return client


def test_every_view_declares_permission():
    """`requires` marks the views it guards; walking the URLs finds any view without it."""
    unguarded = [
        route
        for route in ROUTES
        if not hasattr(resolve(route).func, "action") and not route.startswith("/console/static/")
    ]
    assert unguarded == []


def test_route_walk_covers_console():
    assert {"lots", "lot", "sign-png", "revoke-sign", "payments"} <= set(ROUTES.values())
    assert not [route for route in ROUTES if "<" in route]


def answers(client, method):
    """Return what each page answers: the status, and where it sends."""
    found = {route: getattr(client, method)(route) for route in ROUTES}
    return {route: (one.status_code, one.get("Location", "").split("?")[0]) for route, one in found.items()}


@pytest.mark.parametrize("method", ["get", "post"])
def test_anonymous_user_is_sent_to_login(method):
    assert answers(Client(), method) == dict.fromkeys(ROUTES, (302, "/console/login"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_user_without_role_gets_403(method):
    assert answers(person(superuser=False), method) == dict.fromkeys(ROUTES, (403, ""))


PAGES = ["lots", "lot", "sign-png", "payments", "health"]


@pytest.mark.parametrize("route", [route for route, name in ROUTES.items() if name in PAGES])
def test_superuser_pages_are_not_cached(route, sign):
    answer = person(superuser=True).get(route.replace("/signs/1", f"/signs/{sign.pk}"))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


def test_sign_revocation_requires_post_and_csrf(sign):
    address = f"/console/signs/{sign.pk}/revoke"
    staff = person(superuser=True, checks=True)
    assert staff.get(address).status_code == 405
    assert staff.post(address).status_code == 403
    sign.refresh_from_db()
    assert sign.revoked_at is None
    staff.get("/console/lots/lot-x")
    token = staff.cookies["csrf"].value
    assert staff.post(address, {"csrfmiddlewaretoken": token, "why": "假码"}).status_code == 302
    sign.refresh_from_db()
    assert sign.revoked_at is not None
    assert staff.get(f"/console/signs/{sign.pk}.png").status_code == 404


def test_menu_entry_matches_view_permission():
    for _, entries in settings.CONSOLE_MENU:
        for name, _, action in entries:
            assert resolve(reverse(name)).func.action == action, name


def test_menu_hides_forbidden_pages_marks_current(sign):
    client = signed_in(make_person(Role.TECHNICIAN, lot=sign.lot))
    page = client.get("/console/").content.decode()
    assert re.search(r'href="/console/"\s+aria-current="page"', page)
    assert "/console/payments" not in page
