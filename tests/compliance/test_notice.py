"""The notice says all that PIPL Art. 17 asks for, briefly, and promises nothing that is not so."""

import pytest
from django.test import Client

from compliance.inventory import KINDS, PLATE, Personal
from compliance.notice import VERSION, notice_for
from lots.models import Lot
from payments.driver import kept
from tests.factories import make_lot

pytestmark = pytest.mark.django_db


def words(notice):
    rows = [cell for row in notice.kept for cell in row]
    return " ".join((*notice.what, *notice.ground, *rows, *notice.recipients, *notice.rights))


@pytest.fixture(autouse=True)
def no_kept_pages():
    kept.PRIVACY.clear()


@pytest.fixture
def notice(settings):
    settings.LANGUAGE_CODE = "en"
    return notice_for(make_lot(retention_hours=36))


def test_it_names_who_answers_and_how_to_reach_them(notice):
    assert notice.controller == "上海浦江商业管理有限公司"
    assert notice.contact == "privacy@example.cn"
    assert notice.complaint_phones == "12345 / 12315"
    assert notice.contact in words(notice)
    assert notice.complaint_phones in words(notice)


def test_it_gives_the_lots_own_retention(notice):
    assert notice.retention_hours == 36
    assert "36" in notice.what[0]
    assert "36" in notice.kept[0][2]


def test_it_carries_the_date_of_its_words(notice):
    assert notice.version == VERSION
    assert VERSION in words(notice)


def test_every_kind_of_data_about_drivers_is_told_or_is_told_with_another():
    silent = {kind.name for kind in KINDS if kind.personal is not Personal.NO and kind.told is None}
    assert silent == {
        "books",
        "barrier",
        "staff",
        "login",
    }  # parts of payment and stay; staff are not drivers
    assert PLATE.told is not None


def test_it_never_claims_that_no_data_is_collected(notice):
    text = words(notice).lower()
    for boast in ("no data", "no personal information", "collect nothing", "anonymous"):
        assert boast not in text


@pytest.mark.parametrize("path", ["", "/hant", "/en"])
def test_the_privacy_page_of_a_lot_shows_it_in_each_language(path):
    make_lot(slug="pujiang", retention_hours=7)
    answer = Client().get(f"/lot/pujiang/privacy{path}")
    page = answer.content.decode()
    assert answer.status_code == 200
    for said in ("上海浦江商业管理有限公司", "privacy@example.cn", "12345 / 12315", VERSION, "7"):
        assert said in page
    assert "Set-Cookie" not in answer.headers


def test_the_page_follows_the_lots_retention():
    lot = make_lot(slug="pujiang", retention_hours=7)
    Lot.objects.filter(pk=lot.pk).update(retention_hours=9)
    assert " 9 " in Client().get("/lot/pujiang/privacy/en").content.decode()
