"""The pages about one's account: the console's own words, not those of the package behind them."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from tests.factories import make_person

pytestmark = pytest.mark.django_db
PACKAGE_WORDS = re.compile(
    "账户|帐户|双因素|身份验证器|安全密钥|重新验证|Security Key|Reauthenticate|Authenticator Code"
)
PAGES = (
    *("mfa_index", "account_change_password", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"),
    *("mfa_generate_recovery_codes", "account_reauthenticate", "account_inactive"),
)


@pytest.fixture
def client():
    user = make_person()
    user.set_password("a-long-word-of-mine")
    user.save()
    client = Client()
    client.post(reverse("account_login"), {"login": user.username, "password": "a-long-word-of-mine"})
    client.post(reverse("account_reauthenticate"), {"password": "a-long-word-of-mine"})
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_account_page_has_house_words(client, page, language):
    client.cookies["console-language"] = language
    if page == "mfa_generate_recovery_codes":
        Authenticator.objects.create(user_id=client.session["_auth_user_id"], type="totp", data={})
    answer = client.get(reverse(page))
    assert answer.status_code == 200, answer.headers.get("Location")
    text = answer.content.decode()
    assert "console/console.css" in text
    assert not PACKAGE_WORDS.search(text)
    if language == "en":
        assert not re.search("[一-鿿]", text.replace("中文", ""))


def test_password_faults_stand_beside_fields(client):
    form = {"oldpassword": "wrong", "password1": "12345", "password2": "54321"}
    text = client.post(reverse("account_change_password"), form).content.decode()
    assert text.count('class="error"') >= 2
    assert "id_oldpassword_error" in text


def test_account_without_password_gets_reason():
    client = Client()
    client.force_login(make_person())
    answer = client.get(reverse("account_change_password"), follow=True)
    assert answer.redirect_chain == [(reverse("account_set_password"), 302)]
    assert answer.status_code == 200
    assert "没有密码" in answer.content.decode()
