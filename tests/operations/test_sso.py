"""Staff come in by the house's identity provider: who is tied to an account, and nobody else."""

import html
import json
import re
import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from structlog.testing import capture_logs

from config import env
from lots import identities
from lots.identities import StaffIdentity
from lots.models import SignIn
from lots.people import Role
from operations.console import sso
from operations.sso.provider import AT_ONCE, Provider, Unavailable
from operations.sso.provider import Client as AtProvider
from operations.sso.tokens import NotBelieved, read_token
from payments.providers.base import OutcomeUnknown
from tests.factories import make_lot, make_person, signed_in
from tests.operations.identity_provider import ID, SECRET, IdentityProvider, new_key, plain, signed

PASSWORD = "eleven gates 7"
REAUTHENTICATE = "/console/account/again"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running():
    provider = IdentityProvider()
    yield provider
    provider.stop()


@pytest.fixture
def idp(running, settings, tmp_path):
    """The provider, honest again, and the settings that name it."""
    running.subject, running.claims, running.discovery = "emp-0017", {}, {}
    running.make = lambda claims: signed(running.key, claims, kid=running.kid)
    running.asked.clear()
    settings.STATIC_ROOT = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.OIDC_ISSUER, settings.OIDC_NAME = running.issuer, "商场统一登录"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = ID, SECRET
    settings.CONSOLE_URL = "http://testserver"
    sso._made.cache_clear()
    cache.clear()
    return running


@pytest.fixture
def user():
    person = make_person(Role.OWNER, operator=make_lot(slug="own").operator)
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def tied(user, idp):
    identities.link(user=user, issuer=idp.issuer, subject="emp-0017", at=now())
    return user


def leave(client, address="/console/sso/start", **form):
    """Press the button; return where the page leads."""
    page = client.post(address, form)
    assert page.status_code == 200, page
    return html.unescape(
        re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())[1]
    )


def come_in(idp, client=None, **form):
    client = client or Client()
    return client, client.get(idp.authorize(leave(client, **form)))


def is_in(client):
    return client.get("/console/").status_code == 200


def test_who_is_tied_comes_in_and_goes_where_they_wanted(idp, tied):
    client, answer = come_in(idp, next="/console/lots")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/lots")
    assert is_in(client)
    assert SignIn.objects.filter(user=tied).count() == 1


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_led_out_of_the_house_afterwards(idp, tied, address):
    assert come_in(idp, next=address)[1].headers["Location"] == "/console/"


def test_who_is_not_tied_is_told_how_and_no_account_is_made(idp, user):
    client, answer = come_in(idp)
    assert (answer.status_code, "还没有绑定" in answer.content.decode()) == (403, True)
    assert not is_in(client)
    assert list(User.objects.all()) == [user]


def test_an_account_is_tied_by_its_owner_who_says_again_who_they_are(idp, user):
    client = Client()
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    assert client.post("/console/account/sso/link").headers["Location"].startswith(REAUTHENTICATE)
    client.post(REAUTHENTICATE, {"password": PASSWORD, "next": "/console/account/sso"})
    back = client.get(idp.authorize(leave(client, "/console/account/sso/link")))
    assert back.headers["Location"] == "/console/account/sso"
    assert "解除绑定" in client.get("/console/account/sso").content.decode()
    assert is_in(come_in(idp)[0])
    client.post("/console/account/sso/unlink")
    assert come_in(idp)[1].status_code == 403


def test_an_account_there_is_tied_to_one_here(idp, tied):
    other = make_person(Role.FINANCE, operator=tied.grants.get().operator)
    with pytest.raises(identities.IdentityTaken):
        identities.link(user=other, issuer=idp.issuer, subject="emp-0017", at=now())
    with pytest.raises(identities.IdentityTaken):
        identities.link(user=tied, issuer=idp.issuer, subject="emp-0018", at=now())
    assert identities.link(user=tied, issuer=idp.issuer, subject="emp-0017", at=now())
    assert StaffIdentity.objects.count() == 1


def test_a_way_to_tie_ends_where_somebody_else_signed_in_meanwhile(idp, user):
    client = Client()
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    client.post(REAUTHENTICATE, {"password": PASSWORD})
    back = idp.authorize(leave(client, "/console/account/sso/link"))
    way = client.session["sso"]
    client.force_login(make_person(Role.DUTY, lot=make_lot()))
    session = client.session
    session["sso"] = way
    session.save()
    assert client.get(back).status_code == 403
    assert not StaffIdentity.objects.exists()


def change(**fields):
    return lambda idp, claims: signed(idp.key, {**claims, **fields})


def unsigned(_idp, claims):
    return ".".join([plain(b'{"alg":"none"}'), signed(new_key(), claims).split(".")[1], ""])


def by_the_public_key(idp, claims):
    return signed(idp.key, claims, alg="HS256")


def tampered(idp, claims):
    mine, other = signed(idp.key, claims).split("."), signed(idp.key, {**claims, "sub": "x"}).split(".")
    return f"{mine[0]}.{mine[1]}.{other[2]}"


LIES = {
    "signed by another key": (lambda _, claims: signed(new_key(), claims), "signature"),
    "signed by an unknown key": (lambda _, claims: signed(new_key(), claims, kid="k9"), "key"),
    "not signed": (unsigned, "algorithm"),
    "signed by a shared secret": (by_the_public_key, "algorithm"),
    "another's signature": (tampered, "signature"),
    "critical extension": (lambda idp, claims: signed(idp.key, claims, crit=["b64"]), "algorithm"),
    "another issuer": (change(iss="https://evil.example"), "issuer"),
    "another audience": (change(aud="somebody-else"), "audience"),
    "our audience among others": (change(aud=[ID, "somebody-else"]), "audience"),
    "made for another party": (change(azp="somebody-else"), "audience"),
    "expired": (change(exp=int(time.time()) - 61), "expired"),
    "from yesterday": (change(iat=int(time.time()) - 86_400), "issued"),
    "from tomorrow": (change(iat=int(time.time()) + 86_400), "issued"),
    "no time": (change(exp=None), "exp"),
    "a time that is no number": (change(exp=float("nan")), "exp"),
    "without an end": (change(exp=float("inf")), "exp"),
    "of another sign-in": (change(nonce="of-another"), "nonce"),
    "nameless": (change(sub=""), "subject"),
    "endless name": (change(sub="x" * 256), "subject"),
    "no token at all": (lambda *_: "not a token", "form"),
    "not base64": (lambda *_: "a.b!.c", "form"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_proves_nothing_lets_nobody_in(idp, tied, lie):
    make, reason = LIES[lie]
    idp.make = lambda claims: make(idp, claims)
    with capture_logs() as told:
        client, answer = come_in(idp)
    assert answer.status_code == 403
    assert not is_in(client)
    assert {"event": "sso_refused", "reason": reason, "log_level": "info"} in told
    assert "emp-0017" not in str(told)


def test_a_way_back_is_good_once(idp, tied):
    client = Client()
    back = idp.authorize(leave(client))
    assert client.get(back).status_code == 302
    client.post("/console/logout")
    assert client.get(back).status_code == 403
    assert not is_in(client)


def test_a_way_back_is_good_for_the_browser_that_left(idp, tied):
    leaver, thief = Client(), Client()
    back = idp.authorize(leave(leaver))
    assert thief.get(back).status_code == 403
    leave(thief)  # its own way, with its own state
    assert thief.get(back).status_code == 403
    assert not is_in(thief)


def test_a_code_of_another_way_is_worth_nothing(idp, tied):
    """Somebody slips their own code into another's way back: the verifier does not fit it."""
    victim, thief = Client(), Client()
    stolen = parse_qs(urlsplit(idp.authorize(leave(thief))).query)["code"][0]
    state = parse_qs(urlsplit(leave(victim)).query)["state"][0]
    assert victim.get("/console/sso/back", {"code": stolen, "state": state}).status_code == 403
    assert not is_in(victim)


def test_a_way_back_that_took_too_long_is_refused(idp, tied, monkeypatch):
    client = Client()
    back = idp.authorize(leave(client))
    late = now() + timedelta(minutes=11)
    monkeypatch.setattr(sso, "now", lambda: late)
    assert "离开太久" in client.get(back).content.decode()


@pytest.mark.parametrize(
    "answer", [{"error": "access_denied"}, {}, {"code": "x" * 2001}, {"iss": "x", "code": "y"}]
)
def test_who_turns_back_is_told_and_may_try_again(idp, tied, answer):
    client = Client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    assert client.get("/console/sso/back", {"state": state, **answer}).status_code == 403
    assert come_in(idp, client)[1].status_code == 302


def test_a_new_key_of_the_provider_is_fetched_and_an_old_one_is_not_fetched_again(idp, tied, monkeypatch):
    come_in(idp)
    before = len(idp.asked)
    come_in(idp)
    assert idp.asked[before:] == ["/realms/mall/token"]
    monkeypatch.setattr(idp, "key", new_key())
    monkeypatch.setattr(idp, "kid", "k2")
    assert come_in(idp)[1].status_code == 403  # within the minute, so that nobody makes us ask and ask
    later = now() + timedelta(minutes=2)
    monkeypatch.setattr(sso, "now", lambda: later)
    assert come_in(idp)[1].status_code == 302


@pytest.mark.parametrize(
    "said",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": 7}],
)
def test_a_provider_that_names_itself_otherwise_or_an_open_line_is_not_used(idp, tied, said):
    idp.discovery = said
    assert Client().post("/console/sso/start").status_code == 503


def test_a_provider_that_is_away_leaves_the_password(idp, tied, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    page = Client().post("/console/sso/start")
    assert (page.status_code, "用密码登录" in page.content.decode()) == (503, True)


def test_a_provider_that_hangs_keeps_two_threads_waiting_and_no_more():
    held, waiting = threading.Event(), threading.Semaphore(0)

    class Hanging:
        def send(self, *_said):
            waiting.release()
            held.wait(10)
            raise OutcomeUnknown("no answer")

    provider = Provider(AtProvider("https://sso.example", ID, SECRET), Hanging())
    way = {"state": "s", "nonce": "n", "verifier": "v", "back": "https://own.example", "at": now()}
    refused = []

    def ask():
        with pytest.raises(Unavailable):
            provider.address(**way)
        refused.append(held.is_set())

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(AT_ONCE):
        assert waiting.acquire(timeout=5)
    for _ in range(100):
        if len(refused) == 3:
            break
        time.sleep(0.05)
    assert refused == [False] * 3  # while the two still wait
    assert not waiting.acquire(blocking=False)
    held.set()
    for thread in threads:
        thread.join(5)
    assert refused == [False] * 3 + [True] * 2


def test_nobody_is_led_to_an_open_line_afterwards(tied, idp, settings):
    settings.CONSOLE_URL = "https://testserver"
    client = Client(headers={"host": "testserver"})
    page = client.post("/console/sso/start", {"next": "http://testserver/console/lots"}, secure=True)
    assert page.status_code == 200
    assert client.session["sso"]["next"] == ""


def test_a_token_signed_by_elliptic_curve_is_believed_only_with_its_key():
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    numbers = key.public_key().public_numbers()
    public = {name: plain(getattr(numbers, name).to_bytes(32)) for name in ("x", "y")}
    keys = [{"kty": "EC", "crv": "P-256", "kid": "e1", **public}]
    at = now()
    said = {
        "iss": "i",
        "aud": ID,
        "sub": "emp",
        "nonce": "n",
        "iat": at.timestamp(),
        "exp": at.timestamp() + 9,
    }
    ask = {"keys": keys, "issuer": "i", "client": ID, "nonce": "n", "at": at}
    body = f"{plain(json.dumps({'alg': 'ES256', 'kid': 'e1'}).encode())}.{plain(json.dumps(said).encode())}"

    def token(signer):
        r, s = decode_dss_signature(signer.sign(body.encode(), ec.ECDSA(SHA256())))
        return f"{body}.{plain(r.to_bytes(32) + s.to_bytes(32))}"

    assert read_token(token(key), **ask).subject == "emp"
    with pytest.raises(NotBelieved, match="signature"):
        read_token(token(other), **ask)
    with pytest.raises(NotBelieved, match="signature"):
        read_token(f"{body}.{plain(key.sign(body.encode(), ec.ECDSA(SHA256())))}", **ask)
    with pytest.raises(NotBelieved, match="key"):
        read_token(token(key), **{**ask, "keys": [{**keys[0], "kty": "RSA"}]})


def test_who_has_a_second_factor_is_asked_for_it_after_the_provider(idp, tied):
    TOTP.activate(tied, "JBSWY3DPEHPK3PXP")
    idp.claims = {"amr": ["pwd", "mfa"]}  # not believed: no setting says so
    client, answer = come_in(idp)
    assert answer.headers["Location"].startswith("/console/account/factor")
    assert not is_in(client)


@pytest.mark.parametrize(
    ("claims", "counts"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "urn:mall:two"}, True),
        ({"amr": ["pwd"]}, False),
        ({}, False),
    ],
)
def test_a_second_factor_there_counts_here_only_where_the_settings_name_it(
    idp, tied, settings, claims, counts
):
    settings.OIDC_MFA, settings.CONSOLE_MFA = ["mfa", "urn:mall:two"], "required"
    idp.claims = claims
    client, _ = come_in(idp)
    assert is_in(client)
    people = client.get("/console/people")
    assert people.status_code == (200 if counts else 302)
    TOTP.activate(tied, "JBSWY3DPEHPK3PXP")
    assert is_in(come_in(idp)[0]) is counts


def test_what_one_sign_in_vouched_for_is_not_worth_anything_to_the_next(idp, tied, settings):
    settings.OIDC_MFA, settings.CONSOLE_MFA = ["mfa"], "required"
    idp.claims = {"amr": ["mfa"]}
    client, _ = come_in(idp)
    client.post("/console/logout")
    client.post("/console/login", {"login": tied.username, "password": PASSWORD})
    assert client.get("/console/people").status_code == 302


def test_an_account_that_is_closed_stays_closed(idp, tied):
    User.objects.update(is_active=False)
    assert come_in(idp)[1].status_code == 403


def test_wrong_passwords_lock_the_password_and_not_this_door(idp, tied):
    for _ in range(6):
        Client().post("/console/login", {"login": tied.username, "password": "wrong"})
    assert is_in(come_in(idp)[0])


def test_nothing_of_a_person_is_kept_but_their_number_there(idp, tied):
    idp.claims = {"phone_number": "13800000000"}
    come_in(idp)
    kept = [str(SignIn.objects.get().get_decoded())]
    for table in ("lots_staffidentity", "auth_user"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            kept.append(str(cursor.fetchall()))
    assert not [
        text for text in kept for word in ("王小明", "wang@", "13800", "access-token") if word in text
    ]
    assert "emp-0017" not in kept[0]


def test_a_form_that_waits_for_a_password_keeps_no_address(idp, user):
    client = Client(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="KnownBrowser/1")
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    for address in ("/console/account/totp", "/console/account/recovery/new", "/console/account/sso/link"):
        assert client.post(address, {"code": "1"}).status_code == 302
        assert "203.0.113.77" not in str(SignIn.objects.get().get_decoded())


def test_without_settings_there_is_no_such_way(user, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    client = signed_in(user)
    assert client.get("/console/account/sso").status_code == 404
    assert Client().post("/console/sso/start").status_code == 404
    assert Client().get("/console/sso/back").status_code == 404
    assert "sso" not in Client().get("/console/login").content.decode()


def test_the_sign_in_page_offers_it_by_its_name(idp):
    page = Client().get("/console/login?next=/console/lots").content.decode()
    assert "用 商场统一登录 登录" in page
    form = page[page.index('action="/console/sso/start"') :]
    assert 'name="next" value="/console/lots"' in form[: form.index("</form>")]


@pytest.mark.parametrize(
    "address", ["https://id.example.cn/", "https://id.example.cn/realms/x", "http://127.0.0.1:9"]
)
def test_an_issuer_is_kept_to_the_letter(address):
    assert env.issuer(address) == address


@pytest.mark.parametrize("address", ["http://id.example.cn", "id.example.cn", "https://id.example.cn/?x=1"])
def test_an_issuer_over_an_open_line_is_refused(address):
    with pytest.raises(ValueError, match="say an address"):
        env.issuer(address)
