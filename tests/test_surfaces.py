"""Each surface alone and behind a TLS proxy, as `deploy/` runs it."""

import os
import re
import subprocess
import sys
from html import unescape
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from config import urls
from lots.enrolment import camera_addresses
from lots.models import Device
from staff.models import Role
from tests.console.console_world import make_world
from tests.factories import make_lot, make_person, signed_in
from tests.payments.conftest import channel as channel  # a fixture
from tools.machine import ROOT

PUBLIC, DEVICES, CONSOLE = (
    "https://pay.example.cn",
    "https://devices.example.cn",
    "https://console.example.cn",
)
REFUSED_CODE = 422  # the form is accepted, its code is not
FORWARDED = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "console.example.cn"}

pytestmark = pytest.mark.django_db


def surface(name: str) -> Any:
    """Return the addresses of a process with SURFACES=name."""
    module = ModuleType(f"only_{name}")
    module.urlpatterns = [*urls.PROBES, *urls.SURFACES[name]()]  # type: ignore[attr-defined]
    for handler in ("handler400", "handler403", "handler404", "handler500"):
        setattr(module, handler, getattr(urls, handler))
    return module


@pytest.fixture
def deployed(settings):
    """A console process of its own behind one proxy."""
    settings.PUBLIC_URL, settings.DEVICE_URL, settings.CONSOLE_URL = PUBLIC, DEVICES, CONSOLE
    settings.ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [PUBLIC, DEVICES, CONSOLE]
    settings.ALLOWED_HOSTS = [urlsplit(url).hostname for url in settings.ORIGINS]
    settings.SURFACES, settings.ROOT_URLCONF = ["console"], surface("console")
    settings.TRUSTED_PROXIES = 1
    return settings


def join(**headers: Any) -> int:
    client = Client(enforce_csrf_checks=True, **headers)
    page = client.get("/console/join").content.decode()
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
    return client.post("/console/join", {"csrfmiddlewaretoken": token, "code": "x"}).status_code


def test_forms_work_behind_proxy(deployed):
    assert join(**FORWARDED, HTTP_ORIGIN=CONSOLE) == REFUSED_CODE


def test_forms_work_without_scheme_header(deployed):
    assert (
        join(HTTP_HOST="console.example.cn", HTTP_ORIGIN=CONSOLE) == 422
    )  # the code is wrong, the form is accepted


def test_foreign_origin_is_refused(deployed):
    assert join(**FORWARDED, HTTP_ORIGIN="https://evil.example.cn") == 403


@pytest.mark.parametrize("name", ["console.example.cn", "pay.example.cn", "devices.example.cn"])
def test_hsts_is_sent_on_every_host(deployed, name):
    answer = Client(HTTP_HOST=name, HTTP_X_FORWARDED_PROTO="https").get("/healthz")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("path", ["/console/login", "/console/nothing", "/api/v1/reads", "/healthz", "/"])
def test_no_other_origin_loads_an_answer(deployed, path):
    answer = Client(**FORWARDED).get(path)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


SHOW_COOKIES = """
import django
django.setup()
from django.conf import settings
from django.test import Client
answer = Client(HTTP_HOST="console.example.cn", HTTP_X_FORWARDED_PROTO="https").get("/console/login")
print(answer.cookies["__Host-csrf"].OutputString())
names = ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")
print([getattr(settings, f"SESSION_COOKIE_{name}") for name in names])
"""


def test_console_cookies_are_bound_to_https_host():
    env = {
        **os.environ,
        "CONSOLE_URL": CONSOLE,
        "ALLOWED_HOSTS": "console.example.cn",
        "TRUSTED_PROXIES": "1",
    }
    words = [sys.executable, "-c", SHOW_COOKIES]
    shown = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    csrf, session = shown.splitlines()
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(csrf.split("; "))
    assert "Domain" not in csrf
    assert session == "['__Host-session', True, True, 'Lax', None, '/']"


def test_forged_scheme_is_ignored_without_proxies(deployed):
    deployed.TRUSTED_PROXIES = 0
    assert "Strict-Transport-Security" not in Client(**FORWARDED).get("/healthz").headers


def test_only_trusted_hop_sets_scheme(deployed):
    answer = Client(HTTP_HOST="console.example.cn", HTTP_X_FORWARDED_PROTO="https, http").get("/healthz")
    assert "Strict-Transport-Security" not in answer.headers


def serves(name: str, path: str) -> bool:
    try:
        resolve(path, urlconf=surface(name))
    except Resolver404:
        return False
    return True


def test_console_links_lead_somewhere(deployed, channel, client):
    world = make_world(channel)
    person = make_person(Role.OWNER, lot=world.lot)
    person.set_password("a long password")
    person.save()
    boss = signed_in(person)
    boss.defaults.update(FORWARDED)
    waiting, seen, broken = ["/console/"], set(), []
    while waiting:
        page = waiting.pop()
        path = urlsplit(page).path
        if path in seen:
            continue
        seen.add(path)
        answer = boss.get(page, follow=True)
        if answer.status_code >= 400:
            broken.append((answer.status_code, page))
        if not answer.headers["Content-Type"].startswith("text/html") or answer.streaming:
            continue
        for link in map(unescape, re.findall(r'href="([^"#]+)', answer.content.decode())):
            if link.startswith(PUBLIC):
                assert serves("driver", urlsplit(link).path), link
            elif link.startswith(("/", "?")) and "/static/" not in link and "/logout" not in link:
                waiting.append(link if link.startswith("/") else path + link)
    assert not broken
    assert len(seen) > 60


def test_console_process_enrols_camera(deployed):
    lot = make_lot(slug="pujiang")
    boss = signed_in(make_person(Role.OWNER, lot=lot))
    boss.defaults.update(FORWARDED)
    lane = lot.lanes.create(name="入口", direction="entry")
    page = f"/console/lots/{lot.slug}/devices/add"
    form = boss.get(page).content.decode()
    press = re.search(r'name="press" value="([^"]+)"', form)[1]
    values = {"press": press, "lane": lane.pk, "make": "vzenith", "name": "", "serial": "fe71e106-57263272"}
    answer = boss.post(page, values, follow=True)
    assert answer.status_code == 200
    assert f"{DEVICES}/d/vzenith/" in answer.content.decode()
    assert Device.objects.count() == 1


def test_camera_addresses_are_served_by_devices(deployed):
    device = Device(key_id="k" * 16)
    for address in camera_addresses(device, "s" * 43).values():
        assert address.startswith(DEVICES)
        assert serves("device", urlsplit(address).path)
