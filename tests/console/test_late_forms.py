"""Forms that come twice or late: pressed again, after a sign-out, with an old token, about what has gone.

Nothing is done twice, nothing typed is lost, and each answer says in plain words that nothing was changed.
"""

import re
from html import unescape
from http.cookies import SimpleCookie
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils.timezone import now

from console import kept_forms
from payments import booth
from payments.models import Shift, StaffAct
from payments.staff_action_log import ActedBy
from staff import access
from staff.models import ClerkInvitation, Grant, Invitation, Role, SignIn
from tests.console.test_malformed_forms import Forms
from tests.console.test_permission_matrix import VIEWS, address
from tests.factories import make_device, make_person, see, signed_in
from tests.payments.acting import OTHER

pytestmark = pytest.mark.django_db
OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}  # as a browser sends a form of ours
TYPED = {
    "reason": "对讲核实",
    "amount": "1",
    "counted": "0",
    "plate": "沪D55555",
    "why": "核实",
    "name": "新的",
    "value": "1",
    "role": "duty",
}
HEADER = {"search", "language", "account_logout"}
ONESELF = {"end-grant", "end-all-grants"}  # ends one's own role too
PAGES = (
    *("stay", "payment", "booth", "exits", "day", "shift", "orphan", "tasks", "shop", "channels"),
    *("people", "shop-new", "shop-offers", "shop-settings", "lanes", "add-device", "mailings"),
)
ACTS = {  # they move money, open a barrier or make something
    *(f"stay-act {name}" for name in ("cash", "manual", "end", "entry", "plate", "class")),
    *(f"booth-act {name}" for name in ("cash", "waive", "release", "manual", "open")),
    *("payment-act refund", "exits-act lengthen", "orphan-act put-away"),
    *("close-day", "close-shift", "resolve", "entered-by-hand", "shop-hand-out", "begin-trial"),
    *("invite", "invite-back", "shop-invite", "shop-new", "shop-offers", "lanes", "add-device"),
}


class FilledForms(Forms):
    """Forms as a page shows them, with what stands in each field."""

    def __init__(self, page, body):
        self.shown = {}
        super().__init__(page, body)

    def handle_starttag(self, tag, attributes):
        super().handle_starttag(tag, attributes)
        known = {name: value or "" for name, value in attributes}
        if tag == "input" and self.here is not None:
            self.shown[id(self.here), known.get("name")] = known.get("value", "")

    def filled(self):
        for form in self.forms:
            fixed = {
                name: values[0] or TYPED.get(name, "")
                for name, values in form.fixed.items()
                if name != "look"
            }
            typed = {name: self.shown.get((id(form), name)) or TYPED.get(name, "") for name in form.typed}
            if "share" in fixed:  # says the amount already
                typed.pop("amount", None)
            yield form.action, fixed | typed


@pytest.fixture
def world(shared_world):
    return shared_world


@pytest.fixture
def person(world):
    return make_person(Role.OWNER, operator=world.lot.operator)


@pytest.fixture
def owner(person):
    return signed_in(person)


def text_of(answer):
    return unescape(answer.content.decode())


def rows():
    """Return every row about the car park and its money."""
    models = (
        *apps.get_app_config("payments").get_models(),
        *apps.get_app_config("lots").get_models(),
        *(Invitation, ClerkInvitation, Grant),
    )
    found = {}
    with connection.cursor() as cursor:  # a hundred times as many rows as the forms change
        for model in models:
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")
            found[table] = cursor.fetchall()
    return found


def name_of(action):
    match = resolve(action)
    return " ".join([match.url_name, *([match.kwargs["act"]] if "act" in match.kwargs else [])])


def press_twice(client, action, data):
    """Send a form twice, then undo it; return what the second press changed and what it showed."""
    cookies = client.cookies.output()
    with transaction.atomic():
        before = rows()
        client.post(action, data)
        once = rows()
        answer = client.post(action, data, follow=True)
        changes = once != before, rows() != once
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
    return *changes, answer


def test_second_press_changes_nothing(owner, person, world, settings):
    settings.CONSOLE_URL = "http://testserver"
    booth.open_shift(world.lot, float_fen=0, by=ActedBy(uuid4(), person, "接班"), at=now())
    see(make_device(world.lot, "exit"), OTHER, now())
    address("console:entered-by-hand", world)  # makes a payment that its parking system has not accepted
    done, faults = set(), []
    for page in PAGES:
        where = address(f"console:{page}", world)
        if page == "stay":
            where = reverse("console:stay", args=[world.owing.pk])
        for action, data in FilledForms(where, text_of(owner.get(where))).filled():
            if (name := name_of(action)) in HEADER | ONESELF:
                continue
            first, second, answer = press_twice(owner, action, data)
            if first:
                done.add(name)
            if second or answer.status_code not in {200, 409, 422}:
                faults.append((name, answer.status_code))
    assert faults == []
    assert ACTS - done == set()


def is_explained(answer):
    """Return whether a refusal shows a sentence: beside a field, above the form, or as a page of its own."""
    main = text_of(answer).partition("<main")[2] or text_of(answer)
    sentence = re.search(
        r'<(?:p|ul)[^>]*(?:class="[^"]*(?:error|faults)|role="alert"|class="notice)'
        r"[^>]*>\s*(?:<li>)?[^<\s]",
        main,
    )
    return answer.status_code in {403, 404, 405} or sentence is not None


def unexplained(client, action, form, data):
    """Send a form emptied: before it was pressed, and after; return the refusals without a sentence."""
    cookies, empty = client.cookies.output(), data | dict.fromkeys(form.typed, "")
    for pressed in (False, True):
        with transaction.atomic():
            if pressed:
                client.post(action, data)
            answer = client.post(action, empty)
            transaction.set_rollback(True)
        client.cookies = SimpleCookie(cookies.replace("Set-Cookie: ", ""))
        if answer.status_code >= 400 and not is_explained(answer):
            yield name_of(action), pressed, answer.status_code


@pytest.mark.parametrize("half", [0, 1])
def test_each_refusal_has_a_sentence(half, owner, person, world, settings):
    """Also where the form is no longer on the page, because a colleague did meanwhile what it is for."""
    settings.CONSOLE_URL, settings.OIDC_ISSUER = "http://testserver", "http://127.0.0.1:1"
    booth.open_shift(world.lot, float_fen=0, by=ActedBy(uuid4(), person, "接班"), at=now())
    pages = [address(view, world) for view in VIEWS][half::2]
    see(make_device(world.lot, "exit"), OTHER, now())
    faults, sent = [], set()
    for where in pages:
        page = owner.get(where)
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        shown = FilledForms(where, text_of(page))
        for form, (action, data) in zip(shown.forms, shown.filled(), strict=True):
            if name_of(action) not in HEADER | ONESELF and action not in sent:
                sent.add(action)
                faults += unexplained(owner, action, form, data)
    assert len(sent) > 20
    assert faults == []


class Late:
    """A form that opens a shift, as its page showed it some time ago."""

    def __init__(self, client):
        self.client = client
        [[self.action, self.data]] = self.forms(client.get("/console/shifts"), "open-shift")
        self.data |= {"float": "321", "reason": "接班时 抽屉已清点"}

    @staticmethod
    def forms(answer, name):
        filled = FilledForms("/console/shifts", text_of(answer)).filled()
        return [[action, data] for action, data in filled if name_of(action) == name]

    def send(self, headers=OWN, **changes):
        return self.client.post(self.action, self.data | changes, headers=headers)

    def send_kept(self, answer):
        [[action, data]] = self.forms(answer, "open-shift")
        return self.client.post(action, data, headers=OWN)


@pytest.fixture
def late(owner):
    return Late(owner)


def test_form_outlives_its_sign_in(late, person):
    SignIn.objects.all().delete()
    answer = late.send()
    assert answer.status_code == 403
    assert "提交前登录已失效" in text_of(answer)
    assert "接班时 抽屉已清点" in text_of(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert not Shift.objects.filter(float_fen=32100).exists()
    late.client.force_login(person)
    assert late.send_kept(answer).status_code == 302
    assert Shift.objects.get(float_fen=32100).staff == person


def test_form_outlives_its_token(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    late = Late(client)
    answer = late.send(csrfmiddlewaretoken="x" * 64)
    assert answer.status_code == 403
    assert "已填写的内容保留在本页" in text_of(answer)
    assert not Shift.objects.filter(float_fen=32100).exists()
    assert late.send_kept(answer).status_code == 302
    assert Shift.objects.get(float_fen=32100).staff == person


@pytest.mark.parametrize(
    "headers",
    [
        {},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "none"},
        OWN | {"Sec-Fetch-Mode": "cors"},
    ],
)
def test_foreign_form_is_not_kept(late, headers):
    SignIn.objects.all().delete()
    answer = late.send(headers)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/login?next=/console/shifts")


@pytest.mark.parametrize("path", ["login", "join", "account/password", "account/again"])
def test_passwords_are_not_kept(path):
    answer = Client(enforce_csrf_checks=True).post(f"/console/{path}", {"password": "geheim 1"}, headers=OWN)
    assert answer.status_code in {302, 403}
    assert "geheim" not in text_of(answer)


def test_long_form_is_not_kept(late, monkeypatch):
    monkeypatch.setattr(kept_forms, "MOST_TEXT", 100)
    SignIn.objects.all().delete()
    assert late.send(reason="很" * 101).status_code == 302


def test_masses_of_text_are_refused(late, monkeypatch):
    monkeypatch.setattr(access, "MOST_TEXT", 1000)
    answer = late.send(reason="很" * 1001)
    assert answer.status_code == 400
    assert "内容太长" in text_of(answer)
    assert "很很很" not in text_of(answer)


def test_role_taken_away_refuses_the_act(late, person):
    make_person(Role.OWNER, operator=Grant.objects.get(user=person).operator)
    Grant.objects.filter(user=person).update(role=Role.AUDITOR)
    answer = late.send()
    assert answer.status_code == 403
    assert "没有办理：您的角色没有这项权限" in text_of(answer)
    assert not Shift.objects.filter(float_fen=32100).exists()


def test_act_on_deleted_row_is_refused(owner, world):
    gone = world.owing.pk
    world.owing.delete()
    answer = owner.post(f"/console/stays/{gone}/end", {"act": str(uuid4()), "reason": "核实"})
    assert answer.status_code == 404
    assert "没有办理：要处理的内容已经不在了" in text_of(answer)
    assert not StaffAct.objects.filter(kind="end").exists()


def test_used_invitation_cannot_be_withdrawn(owner, world):
    where = f"/console/people/invitations/{world.invitation.pk}/withdraw"
    type(world.invitation).objects.filter(pk=world.invitation.pk).update(used_at=now())
    assert "这个邀请码已用过" in text_of(owner.post(where, follow=True))


@pytest.mark.parametrize("sign_out", [False, True])
def test_address_of_a_form_leads_to_its_page(owner, world, sign_out):
    if sign_out:
        SignIn.objects.all().delete()
    headers = {"Sec-Fetch-Mode": "navigate"}
    answer = owner.get(f"/console/stays/{world.owing.pk}/end", headers=headers)
    where = f"/console/stays/{world.owing.pk}"
    assert answer.headers["Location"] == (f"/console/login?next={where}/end" if sign_out else where)
    assert owner.get(f"/console/stays/{world.owing.pk}/end").status_code in {302, 405}


def test_locked_sign_in_shows_minutes(person, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "1/15m/key"}
    client = Client()
    tries = [client.post("/console/login", {"login": person.username, "password": "x"}) for _ in range(2)]
    assert "账号或密码不正确" in text_of(tries[0])
    assert "15 分钟" in text_of(tries[1])


@pytest.mark.parametrize(
    ("value", "is_shown"), [("多收 5 元", True), ('{"steps": [\n{"price": 500}]}', False), ("17", False)]
)
def test_kept_page_shows_prose_only(value, is_shown):
    assert kept_forms._is_prose(value) == is_shown
