"""Staff come in by a code, are known by a second factor, and see what they may."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings as conf
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from lots.models import Operator
from staff import grants, invitations
from staff.models import Grant, Invitation, Role, SignIn
from tests.factories import NOON, make_lot, make_person, signed_in

PASSWORD = "eleven gates 7"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()


@pytest.fixture
def lot():
    return make_lot(slug="own")


@pytest.fixture
def owner(lot):
    return make_person(Role.OWNER, operator=lot.operator)


def sign_in(name, password=PASSWORD, client=None):
    client = client or Client()
    return client, client.post("/console/login", {"login": name, "password": password})


def join(code, name="xiaowang", password=PASSWORD):
    return Client().post("/console/join", {"code": code, "name": name, "password": password})


def invite(owner, lot, role=Role.BOOTH):
    page = signed_in(owner).post("/console/people/invite", {"place": f"l{lot.pk}", "role": role})
    return re.search(r'class="code">([^<]+)<', page.content.decode())[1]


def test_invitation_says_where_to_enter_it(owner, lot, settings):
    settings.CONSOLE_URL = "https://console.example.cn"
    form = {"place": f"l{lot.pk}", "role": Role.BOOTH}
    page = signed_in(owner).post("/console/people/invite", form).content.decode()
    assert "请本人打开 https://console.example.cn/console/join 输入" in page


def test_invitation_creates_account_with_role(owner, lot):
    code = invite(owner, lot)
    assert join(code.lower().replace("-", " ")).status_code == 302
    user = User.objects.get(username="xiaowang")
    grant = user.grants.get()
    assert (grant.role, grant.lot, grant.given_by) == (Role.BOOTH, lot, owner)
    client, answer = sign_in("xiaowang")
    assert answer.headers["Location"] == "/console/"
    assert client.get("/console/lots/own").status_code == 200
    assert client.get("/console/people").status_code == 403


def test_invitation_code_is_shown_once(owner, lot):
    code = invite(owner, lot)
    plain = code.replace("-", "")
    row = Invitation.objects.get()
    assert plain not in str(row.__dict__)
    assert code not in signed_in(owner).get("/console/people").content.decode()


def press(client, key, role, lot):
    form = {"place": f"l{lot.pk}", "role": role, "key": key}
    page = client.post("/console/people/invite", form)
    return re.search(r'class="code">([^<]+)<', page.content.decode())[1]


def test_double_press_shows_one_code(owner, lot, monkeypatch):
    alerts = []
    monkeypatch.setattr("console.account_reset.watch.send", lambda text, at: alerts.append(text))
    client = signed_in(owner)
    key = re.search(r'name="key" value="([^"]+)"', client.get("/console/people").content.decode())[1]
    codes = {press(client, key, Role.OWNER, lot) for _ in range(2)}
    assert len(codes) == Invitation.objects.count() == len(alerts) == 1
    assert join(codes.pop()).status_code == 302


def test_old_key_makes_working_code(owner, lot):
    client, key = signed_in(owner), "8c5e0a43-14a5-4c6f-93a1-2b8d90a3a1a0"
    codes = [press(client, key, role, lot) for role in (Role.BOOTH, Role.DUTY)]
    Invitation.objects.update(withdrawn_at=now())
    codes.append(press(client, key, Role.BOOTH, lot))
    Invitation.objects.update(made_at=now() - invitations.AGAIN)
    codes.append(press(client, key, Role.BOOTH, lot))
    assert len(set(codes)) == 4
    assert [join(code, name=f"neu{n}").status_code for n, code in enumerate(codes)] == [422, 422, 302, 302]


def test_operator_wide_role_names_operator(owner, lot):
    make_person(Role.FINANCE, operator=make_lot(slug="theirs").operator)
    Operator.objects.exclude(pk=lot.operator_id).update(legal_name="北京另一家")
    html = signed_in(make_person()).get("/console/people").content.decode()
    for line in (f"负责人 · {lot.operator.legal_name}", "财务 · 北京另一家"):
        assert f"{line}（全部停车场）</summary>" in html
    assert "北京另一家" not in signed_in(owner).get("/console/people").content.decode()


def test_invitation_code_works_once(owner, lot):
    code = invite(owner, lot)
    assert join(code).status_code == 302
    assert join(code, name="another").status_code == 422
    assert not User.objects.filter(username="another").exists()


@pytest.mark.parametrize("why", ["late", "withdrawn", "made up"])
def test_invalid_invitation_code_is_rejected(owner, lot, why):
    code = invite(owner, lot)
    row = Invitation.objects.get()
    if why == "late":
        Invitation.objects.update(expires_at=now() - timedelta(seconds=1))
    elif why == "withdrawn":
        signed_in(owner).post(f"/console/people/invitations/{row.pk}/withdraw")
    answer = join("AAAA-BBBB" if why == "made up" else code)
    assert answer.status_code == 422
    assert "邀请码无效或已过期" in answer.content.decode()


def test_join_faults_are_shown_at_once(owner, lot):
    User.objects.create_user("taken")
    code = invite(owner, lot)
    assert set(join("AAAA-BBBB", password="1234").context["form"].errors) == {"code", "password"}
    assert set(join(code, name="taken", password="1234").context["form"].errors) == {"name", "password"}


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("taken", PASSWORD, "name"),
        ("", PASSWORD, "name"),
        ("neu", "12345678", "password"),
        ("a b", PASSWORD, "name"),
    ],
)
def test_invalid_account_fields_preserve_code(owner, lot, name, password, field):
    User.objects.create_user("taken")
    code = invite(owner, lot)
    answer = join(code, name=name, password=password)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert join(code).status_code == 302


def test_missing_and_taken_names_differ(owner, lot):
    User.objects.create_user("taken")
    code = invite(owner, lot)
    for name, words in (("", "请填写账号名，登录时使用"), ("taken", "这个账号名已有人使用，请换一个")):
        assert words in join(code, name=name).content.decode()


def test_code_of_dismissed_owner_is_refused(owner, lot):
    make_person(Role.OWNER, operator=lot.operator)
    codes = [invite(owner, lot, Role.OWNER)]
    other = make_person(Role.BOOTH, lot=lot)
    codes += [
        invitations.invite_back(user=other, operator=lot.operator, by=owner, at=now()),
        invitations.invite(operator=lot.operator, lot=None, role=Role.FINANCE, by=owner, at=now()),
        invitations.invite(operator=lot.operator, lot=lot, role=Role.SHOP, by=owner, at=now()),
    ]
    grants.end(owner.grants.get(), at=now())
    assert [join(code).status_code for code in codes] == [422] * 4
    grants.give(user=owner, operator=lot.operator, role=Role.FINANCE, at=now())
    assert [join(code).status_code for code in codes] == [422, 422, 422, 302]  # finance sets up shops


def test_owner_invites_to_own_lots_only(owner, lot):
    strange = make_lot(slug="strange")
    answer = signed_in(owner).post("/console/people/invite", {"place": f"l{strange.pk}", "role": "duty"})
    assert answer.status_code == 422
    with pytest.raises(grants.ForeignLot):
        invitations.invite(operator=lot.operator, lot=strange, role=Role.DUTY, by=owner, at=NOON)


def test_password_reset_keeps_role(owner, lot):
    duty = make_person(Role.DUTY, lot=lot)
    page = signed_in(owner).post(f"/console/people/{duty.pk}/invite-back").content.decode()
    code = re.search(r'class="code">([^<]+)<', page)[1]
    assert join(code, name="").status_code == 302
    assert sign_in(duty.username)[1].status_code == 302
    assert duty.grants.filter(ended_at=None).count() == 1


@pytest.mark.parametrize("act", ["invite-back", "drop-factors"])
def test_staff_of_other_operators_cannot_be_reset(owner, lot, act):
    both = make_person(Role.DUTY, lot=lot)
    grants.give(user=both, operator=make_lot().operator, role=Role.OWNER, at=NOON)
    for user in (both, make_person(), make_person(Role.DUTY, lot=make_lot())):
        assert signed_in(owner).post(f"/console/people/{user.pk}/{act}").status_code == 404


def test_last_owner_role_cannot_be_ended(owner, lot):
    booth = make_person(Role.BOOTH, lot=lot)
    client = signed_in(owner)
    client.post(f"/console/people/grants/{booth.grants.get().pk}/end")
    ended = booth.grants.get()
    assert (ended.ended_by, ended.ended_at is not None) == (owner, True)
    page = client.post(f"/console/people/grants/{owner.grants.get().pk}/end", follow=True).content.decode()
    assert "最后一位负责人" in page
    assert Grant.objects.get(user=owner).ended_at is None


def test_leaver_loses_every_role_at_once(owner, lot):
    leaver = make_person(Role.DUTY, lot=lot)
    grants.give(user=leaver, operator=lot.operator, role=Role.FINANCE, at=NOON)
    grants.give(user=leaver, operator=(elsewhere := make_lot()).operator, role=Role.AUDITOR, at=NOON)
    seat, client = signed_in(leaver), signed_in(owner)
    address = f"/console/people/{leaver.pk}/end-grants"
    assert address in client.get("/console/people").content.decode()
    assert "各处登录都已退出" in client.post(address, follow=True).content.decode()
    assert leaver.grants.get(ended_at=None).operator == elsewhere.operator
    assert seat.get("/console/").status_code == 302
    assert "已没有角色" in client.post(address, follow=True).content.decode()
    stranger = make_person(Role.DUTY, lot=elsewhere)
    assert client.post(f"/console/people/{stranger.pk}/end-grants").status_code == 404


def test_last_owner_cannot_leave(owner, lot):
    grants.give(user=owner, operator=lot.operator, role=Role.DUTY, at=NOON)
    page = signed_in(owner).post(f"/console/people/{owner.pk}/end-grants", follow=True)
    assert "没有收回" in page.content.decode()
    assert owner.grants.filter(ended_at=None).count() == 2


def code_for(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_enrolled_second_factor_is_required_at_login(lot):
    user = make_person(Role.DUTY, lot=lot)
    user.set_password(PASSWORD)
    user.save()
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    client, answer = sign_in(user.username)
    assert answer.headers["Location"].startswith("/console/account/factor")
    assert client.get("/console/").status_code == 302
    assert client.post("/console/account/factor", {"code": "000000"}).status_code == 200
    assert client.post("/console/account/factor", {"code": code_for(secret)}).status_code == 302
    assert client.get("/console/").status_code == 200


def test_required_mfa_guards_sensitive_pages(owner, settings):
    settings.CONSOLE_MFA = "required"
    client = signed_in(owner)
    assert client.get("/console/").status_code == 200
    assert client.get("/console/people").headers["Location"] == "/console/account/second-factor"
    page = client.get("/console/account/second-factor")
    assert (page.status_code, "两步验证" in page.content.decode()) == (403, True)
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    assert client.get("/console/people").status_code == 200


def test_owner_removes_lost_second_factor(owner, lot):
    user = make_person(Role.FINANCE, lot=lot)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    lost = signed_in(user)
    signed_in(owner).post(f"/console/people/{user.pk}/drop-factors")
    assert not Authenticator.objects.filter(user=user).exists()
    assert lost.get("/console/").status_code == 302


def test_lost_owner_returns_by_command(owner, lot, capsys):
    """The only owner, without phone and password; nobody else can be let in so."""
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    lost, booth = signed_in(owner), make_person(Role.BOOTH, lot=lot)
    call_command("reset_account", owner.username, second_factor=True)
    assert lost.get("/console/").status_code == 302
    assert not Authenticator.objects.exists()
    code = re.search(r"(?:[A-Z0-9]{4}-){4}[A-Z0-9]{4}", capsys.readouterr().out)[0]
    assert join(code, name="").status_code == 302
    assert sign_in(owner.username)[1].headers["Location"] == "/console/"
    for name in (booth.username, "unknown"):
        with pytest.raises(CommandError, match="No owner has this account"):
            call_command("reset_account", name)


def test_clerk_is_not_invited_without_a_shop(owner, lot):
    client = signed_in(owner)
    answer = client.post("/console/people/invite", {"place": f"l{lot.pk}", "role": Role.SHOP})
    assert answer.status_code == 422
    assert not Invitation.objects.exists()
    assert 'href="/console/shops"' in answer.content.decode().split("<main")[1]


def test_second_removal_of_factors_records_nothing(owner, lot):
    user = make_person(Role.FINANCE, lot=lot)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client = signed_in(owner)
    pages = [client.post(f"/console/people/{user.pk}/drop-factors", follow=True) for _ in range(2)]
    assert "已清除" in pages[0].content.decode()
    assert "没有两步验证" in pages[1].content.decode()
    assert Invitation.objects.filter(user=user).count() == 1
    back = signed_in(user)
    client.post(f"/console/people/{user.pk}/drop-factors")
    assert back.get("/console/").status_code == 200, "nothing was dropped, so nobody is signed out"


def test_five_wrong_passwords_lock_one_account(lot):
    names = [make_person(Role.DUTY, lot=lot).username for _ in range(2)]
    for user in User.objects.filter(username__in=names):
        user.set_password(PASSWORD)
        user.save()
    for _ in range(5):
        assert sign_in(names[0], "wrong")[1].status_code == 200
    assert sign_in(names[0])[1].status_code == 200
    assert sign_in(names[1])[1].status_code == 302


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(hours=3)])
def test_failures_of_fast_clock_lock_no_one_out(lot, monkeypatch, ahead):
    """The machine started a day ahead, so all codes of phones were wrong; then its clock was set right."""
    user = make_person(Role.DUTY, lot=lot)
    user.set_password(PASSWORD)
    user.save()
    right = time.time
    with monkeypatch.context() as fast:
        fast.setattr(time, "time", lambda: right() + ahead.total_seconds())
        for _ in range(5):
            sign_in(user.username, "wrong")
    assert sign_in(user.username)[1].status_code == 302


def test_sign_in_stores_no_address_or_browser(lot):
    user = make_person(Role.DUTY, lot=lot)
    user.set_password(PASSWORD)
    user.save()
    client = Client(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="KnownBrowser/1")
    sign_in(user.username, client=client)
    sign_in(user.username, "wrong", client=Client(REMOTE_ADDR="203.0.113.77"))
    kept = [str(SignIn.objects.get().get_decoded()), str(list(SignIn.objects.values()))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM staff_limits")
        limits = [key for (key,) in cursor.fetchall()]
    assert limits
    kept += limits
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mfa_authenticator")
        kept.append(str(cursor.fetchall()))
    assert not [text for text in kept if "203.0.113.77" in text or "KnownBrowser" in text]


def test_sign_ins_page_ends_other_sessions(lot):
    user = make_person(Role.DUTY, lot=lot)
    here, there, stranger = signed_in(user), signed_in(user), signed_in(make_person(Role.DUTY, lot=lot))
    page = here.get("/console/account/sign-ins").content.decode()
    assert (page.count("登录\n"), page.count("本机")) >= (2, 1)
    here.post("/console/account/sign-ins")
    assert [client.get("/console/").status_code for client in (here, there, stranger)] == [200, 302, 200]
    assert SignIn.objects.current(user).count() == 1


def test_signup_is_disabled(lot):
    assert Client().get("/console/account/signup").status_code == 404
    assert conf.CONSOLE_MENU


@pytest.mark.parametrize("path", ["/console/login", "/console/people"])
def test_only_own_scripts_run(owner, path):
    policy = signed_in(owner).get(path).headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
