"""How long a sign-in lasts, which limits all processes share, and which passwords are refused."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.timezone import now

from console import sign_in
from staff import session_limits
from staff.models import Role
from staff.staff_jobs import forget_limits
from tests.factories import make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PAGE = "/console/account/sign-ins"
TOUCH: dict[str, str] = {}
REFRESH = {"sec-fetch-mode": "navigate"}
PASSWORD = "vivid otter lantern 73"


@pytest.fixture
def later(monkeypatch):
    """Move the time of the session limits on."""
    passed = [timedelta()]

    def move(by):
        passed[0] += by

    monkeypatch.setattr("staff.access.now", lambda: now() + passed[0])
    monkeypatch.setattr("console.attention.now", lambda: now() + passed[0])
    monkeypatch.setattr("staff.session_limits.now", lambda: now() + passed[0])
    return move


def is_in(client, headers=TOUCH):
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


@pytest.mark.parametrize("role", Role)
def test_idle_session_ends(role, later):
    client = signed_in(make_person(role, lot=make_lot()))
    idle = session_limits.LIMITS[role].idle
    later(idle - MINUTE)
    assert is_in(client)
    later(idle - MINUTE)
    assert is_in(client)
    later(idle)
    assert not is_in(client)
    assert not client.session.session_key


ACCOUNT_PAGES = [
    route.name for route in sign_in.urlpatterns if route.name not in {"account_signup", "account_inactive"}
]


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_idle_session_opens_no_account_page(name, later):
    client = signed_in(make_person(Role.BOOTH, lot=make_lot()))
    later(HOUR)
    one = [1] if name in {"mfa_remove_webauthn", "mfa_edit_webauthn"} else []
    answer = client.get(reverse(name, args=one))
    assert answer.status_code in {200, 302}
    assert "_auth_user_id" not in client.session


def test_new_factor_ends_other_sessions(later):
    user = make_person(Role.OWNER, lot=make_lot())
    here, there = signed_in(user), signed_in(user)
    here.get("/console/")
    request = RequestFactory().get("/")
    request.session = here.session
    authenticator_added.send(Authenticator, request=request, user=user, authenticator=None)
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize("role", [Role.BOOTH, Role.DUTY, Role.SHOP])
def test_shared_computers_end_after_half_an_hour(role):
    assert session_limits.limits_of([role, Role.OWNER]).idle == 30 * MINUTE


def test_used_session_ends_after_its_shift(later):
    client = signed_in(make_person(Role.BOOTH, lot=make_lot()))
    for _ in range(12 * 3 - 1):
        later(20 * MINUTE)
        assert is_in(client)
    later(20 * MINUTE)
    assert not is_in(client)


def test_session_of_fast_clock_ends(later):
    later(13 * HOUR)
    client = signed_in(make_person(Role.OWNER, lot=make_lot()))
    assert is_in(client)
    later(-13 * HOUR)
    assert not is_in(client)


def test_refreshing_page_keeps_no_session(later):
    client = signed_in(make_person(Role.BOOTH, lot=make_lot()))
    for _ in range(29):
        later(MINUTE)
        assert is_in(client, REFRESH)
    later(MINUTE)
    assert not is_in(client, REFRESH)


POLL = {"sec-fetch-mode": "cors"}


@pytest.mark.parametrize("by", ["get", "post"])
def test_only_reported_acts_keep_a_session(by, later):
    client = signed_in(make_person(Role.BOOTH, lot=make_lot()))
    answers = []
    for _ in range(4):
        later(14 * MINUTE)
        answers.append(getattr(client, by)("/console/attention", headers=POLL).status_code)
    assert answers == ([200] * 4 if by == "post" else [200, 200, 302, 302])


def test_page_reads_how_long_a_session_lasts(later):
    client = signed_in(make_person(Role.BOOTH, lot=make_lot()))
    later(20 * MINUTE)
    polled = client.get("/console/attention", headers=POLL).json()
    assert (polled["idle"] // 60, polled["whole"] // 60) == (9, 12 * 60 - 21)
    acted = client.post("/console/attention", headers=POLL).json()
    assert acted["idle"] >= 30 * 60 - 1


def test_reported_act_needs_a_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(Role.BOOTH, lot=make_lot()))
    assert client.post("/console/attention").status_code == 403


def test_superuser_session_ends(later):
    client = signed_in(make_person())
    later(HOUR)
    assert not is_in(client)


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM staff_limits")
        return cursor.fetchone()[0]


def test_failed_sign_ins_are_counted_in_database(client):
    User.objects.create_user("xiaowang", password=PASSWORD)
    for _ in range(5):
        client.post("/console/login", {"login": "xiaowang", "password": "wrong"})
    assert rows()
    client.post("/console/login", {"login": "xiaowang", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_expired_limits_are_deleted():
    cache.clear()  # what tests with transactions of their own left
    cache.set("one", 1, timeout=1)
    assert forget_limits(now()) == 0
    assert forget_limits(now() + HOUR) == 1
    assert rows() == 0


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Password2026!",
        "P@ssw0rd",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "poiuytrewq99",
        "abcdefgh1234",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "pujiang2026",
        "PuJiang-Parking-2026",
        "浦江商业管理停车2026",
        "tingche123456",
        "xiaowang2026",
        "2025202620272028",
    ],
)
def test_guessable_password_is_refused(password):
    make_lot(slug="pujiang")
    with pytest.raises(ValidationError):
        validate_password(password, User(username="xiaowang"))


@pytest.mark.parametrize(
    "password", [PASSWORD, "korrekt-pferd-batterie", "鹿鸣深巷煮雪听松二三事", "vT9#kLm2$xQp"]
)
def test_unguessable_password_is_accepted(password):
    make_lot(slug="pujiang")
    validate_password(password, User(username="xiaowang"))
