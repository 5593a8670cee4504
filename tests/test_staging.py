"""Staging mode: each page is marked, and it excludes real money."""

import subprocess
import sys
from pathlib import Path

import pytest

from lots.sign_register import new_sign
from tests.factories import make_lot

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parent.parent
MARK = "演练模式"
NOT_OURS = ROOT / "templates/selfcheck/report.html"  # about other pages; it has none of this installation
BASES = [
    path
    for path in (ROOT / "templates").rglob("*.html")
    if "<body" in path.read_text(encoding="utf-8") and path != NOT_OURS
]


@pytest.mark.parametrize("path", BASES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_every_frame_has_the_mark(path):
    assert "{% staging_mark %}" in path.read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("staging", [False, True])
def test_drivers_page_is_marked_in_staging_alone(client, settings, staging):
    settings.STAGING = staging
    sign = new_sign(lot=make_lot(), place="B1")
    assert (MARK in client.get(f"/p/{sign.code}").content.decode()) is staging


@pytest.mark.django_db
@pytest.mark.parametrize("staging", [False, True])
def test_console_is_marked_in_staging_alone(client, settings, staging):
    settings.STAGING = staging
    assert (MARK in client.get("/console/login").content.decode()) is staging


def test_staging_excludes_production():
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={"STAGING": "1", "PURECODE_PRODUCTION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "STAGING: not together with PURECODE_PRODUCTION" in done.stderr
