"""Members stand apart: the folder can be deleted, nothing imports it, and drivers' pages do not know it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.utils.timezone import now

from config import env
from console import menu
from driver import page_cache
from lots.plates import parse
from members import benefits
from members.asked import BenefitKind
from members.pages.member_view import COOKIE
from tests.factories import see
from tests.members.conftest import PLATE
from tests.payments.payment_steps import look_up

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
OURS = ("members", "templates/members", "tests/members")
CODE = (
    "config",
    "core",
    "lots",
    "payments",
    "staff",
    "compliance",
    "monitoring",
    "presentation",
    "driver",
    "devices",
    "console",
    "selfcheck",
)
TREE = (*CODE, "templates", "static", "locale")


@pytest.fixture(scope="module")
def tree_without_members(tmp_path_factory):
    """The tree as it is once the folder of members was deleted."""
    folder = tmp_path_factory.mktemp("tree")
    for name in TREE:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "fonts", "members")
        )
    shutil.copytree(ROOT / "lots/signs/fonts", folder / "lots/signs/fonts")
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept_env = {name: value for name, value in os.environ.items() if name not in {"MEMBERS", "PYTHONPATH"}}
    database = {"DATABASE_URL": f"sqlite:///{ROOT}/var/apart.sqlite3"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**kept_env, **database, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words", [["check"], ["makemigrations", "--check", "--dry-run"]], ids=["starts", "migrations"]
)
def test_project_works_without_members(tree_without_members, words):
    assert not [path for path in tree_without_members.rglob("*") if path.name == "members"]
    done = run(tree_without_members, "manage.py", *words)
    assert done.returncode == 0, done.stderr


def test_missing_folder_blocks_members_setting(tree_without_members):
    done = run(tree_without_members, "manage.py", "check", MEMBERS="1")
    assert "there is no folder members/" in done.stderr


def test_members_are_off_by_default():
    code = (
        "import django; django.setup(); from django.conf import settings; from django.apps import apps;"
        " from config import urls;"
        " print(settings.SURFACES, apps.is_installed('members'), 'members' in urls.SURFACES)"
    )
    done = run(ROOT, "-c", code, DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(ROOT))
    assert done.stdout.strip() == "['driver', 'device', 'console'] False False", done.stderr


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"SURFACES": "members", "MEMBERS": "0"}, "SURFACES: members needs MEMBERS=1"),
        ({"MEMBERS": "1", "SMS_URL": "https://sms.example.cn"}, "SMS_URL and SMS_KEY go together"),
        ({"MEMBERS": "1", "SMS_URL": "http://sms.example.cn"}, "SMS_URL: must be an address"),
        ({"MEMBERS": "1", "MEMBER_DAYS": "7"}, "MEMBER_DAYS: must be a number of days from 30"),
        ({"MEMBERS": "1", "PURECODE_PRODUCTION": "1", "SANDBOX_URL": ""}, "a MEMBERS_URL of its own"),
        (
            {
                "MEMBERS": "1",
                "PURECODE_PRODUCTION": "1",
                "SANDBOX_URL": "",
                "SMS_URL": "https://sms.example.cn",
                "SMS_KEY": "ab" * 32,
                "PUBLIC_URL": "https://park.example.cn",
                "MEMBERS_URL": "https://park.example.cn:8443",
            },
            "a MEMBERS_URL of its own",
        ),
    ],
)
def test_wrong_member_settings_stop_startup(settings, fault):
    done = run(ROOT, "manage.py", "check", **settings)
    assert done.returncode
    assert fault in done.stderr


def test_members_import_contract_holds():
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--config", "members/importlinter.ini"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_only_wiring_names_members():
    named = {
        str(path.relative_to(ROOT))
        for name in CODE
        for path in (ROOT / name).rglob("*.py")
        if re.search(
            r"^\s*(?:from|import) members\b|[\"']members\.\w+", path.read_text(encoding="utf-8"), re.M
        )
    }
    assert named == {
        "console/menu.py",
        "console/page_help.py",  # who may act on their pages
        "config/urls.py",
        "staff/permissions.py",
        "monitoring/signal_words.py",  # what its queues are called
    }


def test_menu_hides_disabled_members():
    assert "members-console:members" not in str(menu.with_members(on=False))
    assert "members-console:members" in str(menu.with_members(on=True))


def test_members_surface_can_run_alone():
    assert env.surfaces("members") == ["members"]
    done = run(ROOT, "manage.py", "check", MEMBERS="1", SURFACES="members")
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
class TestDriverPages:
    @pytest.mark.parametrize("way", ["/p/{code}", "/lot/pujiang/tariff", "/lot/pujiang/privacy", "/r"])
    def test_driver_pages_ignore_the_member_cookie(self, member, mall, way):
        path = way.format(code=mall.pure.code)
        plain, signed = Client().get(path), member.client.get(path)
        assert member.client.cookies[COOKIE].value
        assert plain.content == signed.content
        assert not plain.cookies
        assert not signed.cookies
        assert "Set-Cookie" not in signed.headers
        assert "Cookie" not in signed.headers.get("Vary", "")

    def test_search_sets_no_member_cookie(self, member, mall):
        answer = member.client.post(
            f"/p/{mall.pure.code}", f"plate={PLATE}", content_type="application/x-www-form-urlencoded"
        )
        assert (answer.status_code, bool(answer.cookies)) == (200, False)

    def test_first_page_is_unchanged_by_members(self, bare):
        first = Client().get(f"/p/{bare.pure.code}").content
        benefits.start(lot=bare.lot, kind=BenefitKind.PASS, at=now())
        page_cache.SIGNS.clear()
        assert Client().get(f"/p/{bare.pure.code}").content == first

    def test_stranger_price_is_unchanged_by_members(self, bare):
        at = now()
        see(bare.entry, PLATE, at)
        before = look_up(lot=bare.lot, plate=parse(PLATE), at=at.replace(year=at.year + 1))
        for kind, value, points in (
            (BenefitKind.MINUTES, 60, 0),
            (BenefitKind.PERCENT, 50, 0),
            (BenefitKind.POINTS, 500, 9),
        ):
            benefits.start(lot=bare.lot, kind=kind, value=value, points=points, at=at)
        after = look_up(lot=bare.lot, plate=parse(PLATE), at=at.replace(year=at.year + 1))
        assert (after.price_fen, after.amount_fen) == (before.price_fen, before.amount_fen)

    def test_price_board_mentions_members_once(self, bare):
        assert "会员" not in Client().get("/lot/pujiang/tariff").content.decode()
        benefits.start(lot=bare.lot, kind=BenefitKind.MINUTES, value=60, at=now())
        page_cache.TARIFFS.clear()
        page = Client().get("/lot/pujiang/tariff").content.decode()
        line = [one for one in page.splitlines() if "会员" in one]
        assert line == [
            '<p class="small">会员另有：每天一次，免费 1 小时。以上价格对所有人一样，无须加入会员。'
            "例如停 2 小时：不用券 ¥10.00，用会员停车券 ¥5.00。</p>"
        ]
        assert "/m/" not in page
        assert "/member" not in page
        english = Client().get("/lot/pujiang/tariff/en").content.decode()
        assert "¥10.00 for everybody, ¥5.00 with a member" in english

    def test_member_prices_agree_on_both_pages(self, mall):
        page = Client().get(f"/m/{mall.sign.code}").content.decode()
        assert "<td>2 小时</td>" in page
        assert "<td>¥10.00</td>\n<td>¥5.00</td>" in page

    def test_privacy_page_discloses_active_members(self, bare):
        assert "仅会员" not in Client().get("/lot/pujiang/privacy").content.decode()
        benefits.start(lot=bare.lot, kind=BenefitKind.MINUTES, value=60, at=now())
        page_cache.PRIVACY.clear()
        page = Client().get("/lot/pujiang/privacy").content.decode()
        for fact in ("仅会员", "手机号，以及自愿填写的车牌", "末次使用后 365 天", "终止后三年"):
            assert fact in page


@pytest.mark.django_db
def test_members_pages_need_their_own_host(mall, settings):
    settings.MEMBERS_URL, settings.ALLOWED_HOSTS = "http://members.example.cn", ["*"]
    path = f"/m/{mall.sign.code}"
    assert Client().get(path).status_code == 404
    assert Client(headers={"host": "members.example.cn"}).get(path).status_code == 200
