"""Single sign-on of staff: only identities linked to an account sign in."""

import html
import json
import re
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from config import env
from console import sso_pages
from core.transport import OutcomeUnknown
from staff import identities
from staff.models import Role, SignIn, StaffIdentity
from staff.sso.provider import MAX_WAITING, ProviderUnavailable, SsoProvider
from staff.sso.provider import Registration as AtProvider
from staff.sso.tokens import TokenRejected, read_token
from tests.factories import make_lot, make_person, signed_in
from tests.monitoring.identity_provider import ID, SECRET, IdentityProvider, new_key, plain, public, signed

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
    settings.OIDC_ISSUER, settings.OIDC_NAME = running.issuer, "商场统一登录"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = ID, SECRET
    settings.CONSOLE_URL = "http://testserver"
    sso_pages._made.cache_clear()
    cache.clear()
    return running


@pytest.fixture
def user():
    person = make_person(Role.OWNER, operator=make_lot(slug="own").operator)
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def linked(user, idp):
    identities.link(user=user, issuer=idp.issuer, subject="emp-0017", at=now())
    return user


def start_sso(client, address="/console/sso/start", **form):
    """Press the button; return where the page leads."""
    page = client.post(address, form)
    assert page.status_code == 200, page
    return html.unescape(
        re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())[1]
    )


def sign_in(idp, client=None, **form):
    client = client or Client()
    return client, client.get(idp.authorize(start_sso(client, **form)))


def is_signed_in(client):
    return client.get("/console/").status_code == 200


def test_linked_user_signs_in_and_is_redirected(idp, linked):
    client, answer = sign_in(idp, next="/console/lots")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/lots")
    assert is_signed_in(client)
    assert SignIn.objects.filter(user=linked).count() == 1


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_foreign_next_address_is_ignored(idp, linked, address):
    assert sign_in(idp, next=address)[1].headers["Location"] == "/console/"


def test_unlinked_user_is_refused_without_account(idp, user):
    client, answer = sign_in(idp)
    assert (answer.status_code, "还没有绑定" in answer.content.decode()) == (403, True)
    assert not is_signed_in(client)
    assert list(User.objects.all()) == [user]


def test_linking_requires_reauthentication(idp, user):
    client = Client()
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    assert client.post("/console/account/sso/link").headers["Location"].startswith(REAUTHENTICATE)
    client.post(REAUTHENTICATE, {"password": PASSWORD, "next": "/console/account/sso"})
    back = client.get(idp.authorize(start_sso(client, "/console/account/sso/link")))
    assert back.headers["Location"] == "/console/account/sso"
    assert "解除绑定" in client.get("/console/account/sso").content.decode()
    assert is_signed_in(sign_in(idp)[0])
    client.post("/console/account/sso/unlink")
    assert sign_in(idp)[1].status_code == 403


def test_identity_links_to_one_account(idp, linked):
    other = make_person(Role.FINANCE, operator=linked.grants.get().operator)
    with pytest.raises(identities.IdentityTaken):
        identities.link(user=other, issuer=idp.issuer, subject="emp-0017", at=now())
    with pytest.raises(identities.IdentityTaken):
        identities.link(user=linked, issuer=idp.issuer, subject="emp-0018", at=now())
    assert identities.link(user=linked, issuer=idp.issuer, subject="emp-0017", at=now())
    assert StaffIdentity.objects.count() == 1


def test_linking_fails_after_user_change(idp, user):
    client = Client()
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    client.post(REAUTHENTICATE, {"password": PASSWORD})
    back = idp.authorize(start_sso(client, "/console/account/sso/link"))
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


def signed_with_public_key(idp, claims):
    return signed(idp.key, claims, alg="HS256")


def tampered(idp, claims):
    mine, other = signed(idp.key, claims).split("."), signed(idp.key, {**claims, "sub": "x"}).split(".")
    return f"{mine[0]}.{mine[1]}.{other[2]}"


NO_OBJECT: Any = ["sub"]
INVALID_TOKENS = {
    "signed by another key": (lambda _, claims: signed(new_key(), claims), "signature"),
    "signed by an unknown key": (lambda _, claims: signed(new_key(), claims, kid="k9"), "key"),
    "not signed": (unsigned, "algorithm"),
    "signed by a shared secret": (signed_with_public_key, "algorithm"),
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
    "not ASCII": (lambda *_: "\ud800.b.c", "form"),
    "no JSON object": (lambda *_: f"{plain(b'[]')}.{plain(b'{}')}.{plain(b'x')}", "form"),
    "key id that is no text": (lambda idp, claims: signed(idp.key, claims, kid=7), "algorithm"),
    "detached payload": (lambda idp, claims: signed(idp.key, claims, b64=True, crit=["b64"]), "algorithm"),
    "claims that are no object": (lambda idp, claims: signed(idp.key, NO_OBJECT), "form"),
}


@pytest.mark.parametrize("fault", INVALID_TOKENS)
def test_invalid_token_is_refused(idp, linked, fault, caplog):
    make, reason = INVALID_TOKENS[fault]
    idp.make = lambda claims: make(idp, claims)
    client, answer = sign_in(idp)
    assert answer.status_code == 403
    assert not is_signed_in(client)
    refused = [record.msg for record in caplog.records if record.name == "sso"]
    assert [(each["event"], each["reason"]) for each in refused] == [("sso_refused", reason)]
    assert "emp-0017" not in caplog.text


def test_callback_works_once(idp, linked):
    client = Client()
    back = idp.authorize(start_sso(client))
    assert client.get(back).status_code == 302
    client.post("/console/logout")
    assert client.get(back).status_code == 403
    assert not is_signed_in(client)


def test_callback_needs_the_starting_browser(idp, linked):
    leaver, thief = Client(), Client()
    back = idp.authorize(start_sso(leaver))
    assert thief.get(back).status_code == 403
    start_sso(thief)  # its own way, with its own state
    assert thief.get(back).status_code == 403
    assert not is_signed_in(thief)


def test_foreign_authorization_code_is_refused(idp, linked):
    """An attacker puts their own code into another's callback: the verifier does not match it."""
    victim, thief = Client(), Client()
    stolen = parse_qs(urlsplit(idp.authorize(start_sso(thief))).query)["code"][0]
    state = parse_qs(urlsplit(start_sso(victim)).query)["state"][0]
    assert victim.get("/console/sso/back", {"code": stolen, "state": state}).status_code == 403
    assert not is_signed_in(victim)


def test_expired_sign_in_attempt_is_refused(idp, linked, monkeypatch):
    client = Client()
    back = idp.authorize(start_sso(client))
    late = now() + timedelta(minutes=11)
    monkeypatch.setattr(sso_pages, "now", lambda: late)
    assert "离开太久" in client.get(back).content.decode()


@pytest.mark.parametrize(
    "answer", [{"error": "access_denied"}, {}, {"code": "x" * 2001}, {"iss": "x", "code": "y"}]
)
def test_failed_callback_allows_retry(idp, linked, answer):
    client = Client()
    state = parse_qs(urlsplit(start_sso(client)).query)["state"][0]
    assert client.get("/console/sso/back", {"state": state, **answer}).status_code == 403
    assert sign_in(idp, client)[1].status_code == 302


def test_provider_keys_are_fetched_sparingly(idp, linked, monkeypatch):
    sign_in(idp)
    before = len(idp.asked)
    sign_in(idp)
    assert idp.asked[before:] == ["/realms/mall/token"]
    monkeypatch.setattr(idp, "key", new_key())
    monkeypatch.setattr(idp, "kid", "k2")
    assert sign_in(idp)[1].status_code == 403  # within the minute, so that nobody makes us ask and ask
    later = now() + timedelta(minutes=2)
    monkeypatch.setattr(sso_pages, "now", lambda: later)
    assert sign_in(idp)[1].status_code == 302


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": 7}],
)
def test_untrusted_discovery_is_refused(idp, linked, document):
    idp.discovery = document
    assert Client().post("/console/sso/start").status_code == 503


def test_provider_outage_leaves_password_sign_in(idp, linked, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    page = Client().post("/console/sso/start")
    assert (page.status_code, "用密码登录" in page.content.decode()) == (503, True)


def test_hanging_provider_blocks_two_threads():
    held, waiting = threading.Event(), threading.Semaphore(0)

    class Hanging:
        def send(self, *_arguments):
            waiting.release()
            held.wait(10)
            raise OutcomeUnknown("no answer")

    provider = SsoProvider(AtProvider("https://sso.example", ID, SECRET), Hanging())
    way = {"state": "s", "nonce": "n", "verifier": "v", "back": "https://own.example", "at": now()}
    refused = []

    def ask():
        with pytest.raises(ProviderUnavailable):
            provider.address(**way)
        refused.append(held.is_set())

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(MAX_WAITING):
        assert waiting.acquire(timeout=120)
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


def test_next_address_must_be_https(linked, idp, settings):
    settings.CONSOLE_URL = "https://testserver"
    client = Client(headers={"host": "testserver"})
    page = client.post("/console/sso/start", {"next": "http://testserver/console/lots"}, secure=True)
    assert page.status_code == 200
    assert client.session["sso"]["next"] == ""


def test_es256_token_needs_its_own_key():
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    numbers = key.public_key().public_numbers()
    public = {name: plain(getattr(numbers, name).to_bytes(32)) for name in ("x", "y")}
    keys = [{"kty": "EC", "crv": "P-256", "kid": "e1", **public}]
    at = now()
    values = {
        "iss": "i",
        "aud": ID,
        "sub": "emp",
        "nonce": "n",
        "iat": at.timestamp(),
        "exp": at.timestamp() + 9,
    }
    ask = {"keys": keys, "issuer": "i", "client": ID, "nonce": "n", "at": at}
    body = f"{plain(json.dumps({'alg': 'ES256', 'kid': 'e1'}).encode())}.{plain(json.dumps(values).encode())}"

    def token(signer):
        r, s = decode_dss_signature(signer.sign(body.encode(), ec.ECDSA(SHA256())))
        return f"{body}.{plain(r.to_bytes(32) + s.to_bytes(32))}"

    assert read_token(token(key), **ask).subject == "emp"
    with pytest.raises(TokenRejected, match="signature"):
        read_token(token(other), **ask)
    with pytest.raises(TokenRejected, match="signature"):
        read_token(f"{body}.{plain(key.sign(body.encode(), ec.ECDSA(SHA256())))}", **ask)
    with pytest.raises(TokenRejected, match="key"):
        read_token(token(key), **{**ask, "keys": [{**keys[0], "kty": "RSA"}]})


def claims_at(at):
    until = at.timestamp() + 9
    return {"iss": "i", "aud": ID, "sub": "emp", "nonce": "n", "iat": at.timestamp(), "exp": until}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n": plain(b"\x01" * 128)}, "signature"),
        ({"n": "!"}, "signature"),
        ({"n": 7}, "signature"),
        ({"e": None}, "signature"),
        ({"kty": "EC", "crv": "P-384"}, "key"),
        ({"use": "enc"}, "key"),
        ({"kid": "other"}, "key"),
    ],
    ids=["other", "not base64", "no text", "missing", "other curve", "for encryption", "other id"],
)
def test_malformed_provider_key_is_rejected(change, reason):
    key, at = new_key(), now()
    claims = {
        "iss": "i",
        "aud": ID,
        "sub": "emp",
        "nonce": "n",
        "iat": at.timestamp(),
        "exp": at.timestamp() + 9,
    }
    ask = {"issuer": "i", "client": ID, "nonce": "n", "at": at}
    assert read_token(signed(key, claims), keys=[public(key, "k1")], **ask).subject == "emp"
    with pytest.raises(TokenRejected, match=reason):
        read_token(signed(key, claims), keys=[public(key, "k1") | change], **ask)


def test_short_rsa_key_is_rejected():
    key, at = rsa.generate_private_key(public_exponent=65537, key_size=1024), now()
    claims = {
        "iss": "i",
        "aud": ID,
        "sub": "emp",
        "nonce": "n",
        "iat": at.timestamp(),
        "exp": at.timestamp() + 9,
    }
    with pytest.raises(TokenRejected, match="signature"):
        read_token(signed(key, claims), keys=[public(key, "k1")], issuer="i", client=ID, nonce="n", at=at)


def test_local_second_factor_is_still_required(idp, linked):
    TOTP.activate(linked, "JBSWY3DPEHPK3PXP")
    idp.claims = {"amr": ["pwd", "mfa"]}  # not believed: no setting says so
    client, answer = sign_in(idp)
    assert answer.headers["Location"].startswith("/console/account/factor")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("claims", "counts"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "urn:mall:two"}, True),
        ({"amr": ["pwd"]}, False),
        ({}, False),
    ],
)
def test_provider_second_factor_needs_settings(idp, linked, settings, claims, counts):
    settings.OIDC_MFA, settings.CONSOLE_MFA = ["mfa", "urn:mall:two"], "required"
    idp.claims = claims
    client, _ = sign_in(idp)
    assert is_signed_in(client)
    people = client.get("/console/people")
    assert people.status_code == (200 if counts else 302)
    TOTP.activate(linked, "JBSWY3DPEHPK3PXP")
    assert is_signed_in(sign_in(idp)[0]) is counts


def test_earlier_second_factor_does_not_carry_over(idp, linked, settings):
    settings.OIDC_MFA, settings.CONSOLE_MFA = ["mfa"], "required"
    idp.claims = {"amr": ["mfa"]}
    client, _ = sign_in(idp)
    client.post("/console/logout")
    client.post("/console/login", {"login": linked.username, "password": PASSWORD})
    assert client.get("/console/people").status_code == 302


def test_closed_account_stays_closed(idp, linked):
    User.objects.update(is_active=False)
    assert sign_in(idp)[1].status_code == 403


def test_password_lockout_does_not_block_sso(idp, linked):
    for _ in range(6):
        Client().post("/console/login", {"login": linked.username, "password": "wrong"})
    assert is_signed_in(sign_in(idp)[0])


def test_only_the_subject_is_stored(idp, linked):
    idp.claims = {"phone_number": "13800000000"}
    sign_in(idp)
    kept = [str(SignIn.objects.get().get_decoded())]
    for table in ("staff_staffidentity", "auth_user"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            kept.append(str(cursor.fetchall()))
    assert not [
        text for text in kept for word in ("王小明", "wang@", "13800", "access-token") if word in text
    ]
    assert "emp-0017" not in kept[0]


def test_pending_reauthentication_stores_no_address(idp, user):
    client = Client(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="KnownBrowser/1")
    client.post("/console/login", {"login": user.username, "password": PASSWORD})
    for address in ("/console/account/totp", "/console/account/recovery/new", "/console/account/sso/link"):
        assert client.post(address, {"code": "1"}).status_code == 302
        assert "203.0.113.77" not in str(SignIn.objects.get().get_decoded())


def test_missing_settings_disable_sso(user, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    client = signed_in(user)
    assert client.get("/console/account/sso").status_code == 404
    assert Client().post("/console/sso/start").status_code == 404
    assert Client().get("/console/sso/back").status_code == 404
    assert "sso/start" not in Client().get("/console/login").content.decode()


def test_login_page_offers_sso(idp):
    page = Client().get("/console/login?next=/console/lots").content.decode()
    assert "用 商场统一登录 登录" in page
    form = page[page.index('action="/console/sso/start"') :]
    assert 'name="next" value="/console/lots"' in form[: form.index("</form>")]


@pytest.mark.parametrize(
    "address", ["https://id.example.cn/", "https://id.example.cn/realms/x", "http://127.0.0.1:9"]
)
def test_issuer_is_preserved_exactly(address):
    assert env.issuer(address) == address


@pytest.mark.parametrize("address", ["http://id.example.cn", "id.example.cn", "https://id.example.cn/?x=1"])
def test_insecure_issuer_is_refused(address):
    with pytest.raises(ValueError, match="must be an address"):
        env.issuer(address)
