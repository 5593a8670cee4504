"""A web process imports only what its surfaces need: it starts soon and stays small."""

import os
import subprocess
import sys

import pytest

from tools.machine import ROOT

pytestmark = pytest.mark.servers

SCRIPT = """
import sys
from core import schema_gate
schema_gate.check = lambda: None  # no database is needed to import
import config.wsgi
print(*sys.modules)
"""
DRAWING = {"typst", "pypdf", "PIL", "qrcode", "xlsxwriter"}
CONSOLE = {
    "fido2",
    "jwt",
    "whitenoise",
    "console.urls",
    "console.sign_in",
    "console.attention",
    "allauth.account",
}
DEVICE = {"devices.urls", "rest_framework", "drf_spectacular"}
PAGES = {"driver.plate", "presentation.templatetags.money_tags"}
WORKER = {
    "payments.payment_jobs",
    "compliance.compliance_jobs",
    "selfcheck.browser",
    "selfcheck.judging",
    "monitoring.alert_delivery",
}


def modules_of(surfaces: str, members: str) -> set[str]:
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**env, "SURFACES": surfaces, "MEMBERS": members},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("members", [pytest.param("0", marks=pytest.mark.deep), "1"])  # imports more
@pytest.mark.parametrize(
    ("surface", "absent", "present"),
    [
        ("driver", DRAWING | CONSOLE | DEVICE | WORKER, {"driver.urls", *PAGES}),
        ("device", DRAWING | CONSOLE | WORKER | {"driver.urls"}, {"devices.urls"}),
    ],
)
def test_process_imports_only_its_surface(surface, absent, present, members):
    """And all of that before it listens: no first request waits for an import."""
    modules = modules_of(surface, members)
    assert present <= modules
    assert not absent & modules


def test_console_imports_no_rules_of_selfcheck():
    modules = modules_of("console", "1")
    assert {"console.urls", "selfcheck.purity_verdict"} <= modules
    assert not {"pypdf", "selfcheck.browser", "selfcheck.judging", "selfcheck.page_wording"} & modules


@pytest.mark.parametrize(
    "surface",
    ["driver", *(pytest.param(name, marks=pytest.mark.deep) for name in ("device", "console", "members"))],
)
def test_wrong_setting_ends_surfaces_in_one_line(surface):
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=ROOT,
        env={**os.environ, "SURFACES": surface, "MEMBERS": "1", "TRUSTED_PROXIES": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Settings: TRUSTED_PROXIES: must be ")


def test_wrong_setting_ends_commands_in_one_line():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "TRUSTED_PROXIES": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Settings: TRUSTED_PROXIES: must be ")


def test_unwritable_file_is_one_line():
    done = subprocess.run(
        [sys.executable, "manage.py", "data_inventory", "--write", "/nonexistent/x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "/nonexistent/x: No such file or directory\n")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgresql://x:hidden@127.0.0.1:1/x", "Connection refused"),
        ("sqlite:///{}/of/nothing", "unable to open database file"),
        ("sqlite:///{}/empty", "no such table"),
        ("sqlite:///{}/text", "file is not a database"),
    ],
)
def test_command_names_unusable_database(tmp_path, address, why):
    (tmp_path / "text").write_text("text" * 100)
    done = subprocess.run(
        [sys.executable, "manage.py", "forget_plates"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address.format(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith("The database cannot be used: ")
    assert why in done.stderr
    assert "hidden" not in done.stderr
