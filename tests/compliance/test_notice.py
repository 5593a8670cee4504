"""The notice says all that PIPL Art. 17 asks for, briefly, and promises nothing that is not so."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from compliance import inventory, notice_versions
from compliance.models import NoticeVersion
from compliance.privacy_notice import VERSION, notice_for
from compliance.retention import erase_plates
from core.data_kinds import PLATE
from core.privacy import Personal
from driver import page_cache
from lots.models import Device, Lot, ParkingSystemLink, Recipient
from tests.factories import NOON, make_device, make_lot, see

pytestmark = pytest.mark.django_db


def words(notice):
    rows = [cell for row in notice.stored for cell in row]
    return " ".join((*notice.what, *notice.ground, *rows, *notice.recipients, *notice.rights))


@pytest.fixture(autouse=True)
def clear_page_cache():
    page_cache.PRIVACY.clear()


@pytest.fixture
def notice(settings):
    settings.LANGUAGE_CODE = "en"
    return notice_for(make_lot(retention_hours=36))


def test_notice_names_controller_and_contact(notice):
    assert notice.controller == "上海浦江商业管理有限公司"
    assert notice.contact == "privacy@example.cn"
    assert notice.complaint_phones == "12345 / 12315"
    assert notice.contact in words(notice)
    assert notice.complaint_phones in words(notice)


def test_notice_states_the_lots_retention(notice):
    assert notice.retention_hours == 36
    assert "36" in notice.what[0]
    assert "36" in notice.stored[0][2]


def test_notice_shows_its_version(notice):
    assert notice.version == VERSION
    assert VERSION in words(notice)


def test_personal_kinds_are_disclosed():
    personal = {kind for kind in inventory.kinds() if kind.personal is not Personal.NO and not kind.topic}
    assert {kind.name for kind in personal if kind.notice is None} == {
        "books",
        "staff action",
        "barrier",
        "WeChat return",
        "staff",
        "sign-in",
        "invoice record",
        "alarm handling",
        "mailed report",
        "background task",
    }  # parts of payment, stay and quote; staff are not drivers
    assert PLATE.notice is not None


def test_notice_admits_data_collection(notice):
    text = words(notice).lower()
    for boast in ("no data", "no personal information", "collect nothing", "anonymous"):
        assert boast not in text


def test_notice_explains_codes_and_invoices(notice):
    assert "http://testserver/r:" in words(notice)
    assert "7 days after it was issued" in words(notice)
    assert "Only if you ask for an invoice" in words(notice)


@pytest.mark.parametrize("path", ["", "/hant", "/en"])
def test_privacy_page_exists_in_each_language(path):
    make_lot(slug="pujiang", retention_hours=7)
    answer = Client().get(f"/lot/pujiang/privacy{path}")
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in ("上海浦江商业管理有限公司", "privacy@example.cn", "12345 / 12315", VERSION, "7"):
        assert text in page
    assert "Set-Cookie" not in answer.headers


def test_privacy_page_follows_retention():
    lot = make_lot(slug="pujiang", retention_hours=7)
    Lot.objects.filter(pk=lot.pk).update(retention_hours=9)
    assert " 9 " in Client().get("/lot/pujiang/privacy/en").content.decode()


PICTURE_WORDS = {"": "照片", "/hant": "照片", "/en": "picture"}


def listed(slug, path):
    page_cache.PRIVACY.clear()  # it would be looked over within seconds
    return PICTURE_WORDS[path] in Client().get(f"/lot/{slug}/privacy{path}").content.decode()


@pytest.mark.parametrize("path", PICTURE_WORDS)
def test_pictures_are_disclosed_only_when_stored(path):
    make_device(make_lot(slug="drops"), "entry")
    make_device(make_lot(slug="revoked"), "entry", keep_images=True, revoked_at=NOON)
    make_device(make_lot(slug="keeps"), "entry", keep_images=True)
    assert [listed(slug, path) for slug in ("drops", "revoked", "keeps")] == [False, False, True]


def test_picture_disclosure_ends_after_erasure():
    lot = make_lot(slug="pujiang", retention_hours=7)
    see(make_device(lot, "entry", keep_images=True), None, NOON, picture=b"JPEG")
    Device.objects.update(keep_images=False)
    assert listed("pujiang", "/en")
    assert "7 hours after it was taken" in words_in_english(lot)
    erase_plates(at=NOON + timedelta(hours=8))
    assert not listed("pujiang", "/en")
    assert "taken" not in words_in_english(lot)


def words_in_english(lot):
    with translation.override("en"):
        return words(notice_for(lot))


def test_cached_notice_follows_camera_setting(monkeypatch):
    device = make_device(make_lot(slug="pujiang"), "entry")
    monkeypatch.setattr(page_cache, "TTL", 0)
    page = lambda: Client().get("/lot/pujiang/privacy").content.decode()  # noqa: E731
    assert "照片" not in page()
    Device.objects.filter(pk=device.pk).update(keep_images=True)
    assert "照片" in page()


ANOTHER = {
    "city": "示例市停车管理平台",
    "etc": "示例通行科技公司",
    "plate_pay": "示例支付公司",
    "camera_cloud": "示例相机公司",
    "maintenance": "示例维护公司",
}


def page_of(slug, path=""):
    page_cache.PRIVACY.clear()
    return Client().get(f"/lot/{slug}/privacy{path}").content.decode()


@pytest.mark.parametrize("path", ["", "/hant", "/en"])
def test_recipients_are_named_per_lot(path):
    listed, quiet = make_lot(slug="listed"), make_lot(slug="quiet")
    for kind, name in ANOTHER.items():
        Recipient.objects.create(lot=listed, kind=kind, name=name, contact="12345", since=NOON.date())
    page = page_of("listed", path)
    assert all(name in page for name in ANOTHER.values())
    assert not any(name in page_of("quiet", path) for name in ANOTHER.values())
    assert set(notice_for(listed).recipients) > set(notice_for(quiet).recipients[:-1])


def test_no_others_is_claimed_only_if_true():
    lot = make_lot(slug="pujiang")
    claim = "Nobody else receives anything."
    assert claim in page_of("pujiang", "/en")
    row = Recipient.objects.create(lot=lot, kind="city", name="市平台", contact="1", since=NOON.date())
    assert claim not in page_of("pujiang", "/en")
    Recipient.objects.filter(pk=row.pk).update(ended_on=NOON.date())
    assert claim in page_of("pujiang", "/en")


def test_page_names_the_foreign_parking_system():
    lot = make_lot(slug="fronted", system=Lot.System.GENERIC)
    ParkingSystemLink.objects.create(
        lot=lot,
        base_url="https://pms.example.cn",
        lot_code="1",
        secrets=b"",
        recipient_name="示例停车系统公司",
        recipient_contact="pms@example.cn",
    )
    page = page_of("fronted", "/en")
    assert "示例停车系统公司" in page
    assert "Nobody else receives anything." not in page


def test_sensitive_information_is_named(notice):
    assert "sensitive personal information" in " ".join(notice.what)


def test_notice_is_read_in_a_minute():
    """Slow readers take in some 500 characters a minute; the table and the rights are looked up."""
    with translation.override("zh-hans"):
        notice = notice_for(make_lot())
    assert len("".join((*notice.what, *notice.ground, *notice.recipients))) <= 640


def test_versions_of_many_lots_cost_few_statements(django_assert_max_num_queries):
    for number in range(4):
        make_lot(slug=f"lot-{number}")
    assert notice_versions.record_changed(at=NOON) == 4
    with django_assert_max_num_queries(2):
        assert notice_versions.record_changed(at=NOON) == 0


def test_version_matches_the_page():
    lot = make_lot()
    Recipient.objects.create(lot=lot, kind="etc", name="某公司", contact="02100000000", since=NOON.date())
    notice_versions.record_changed(at=NOON)
    with translation.override("zh-hans"):
        assert NoticeVersion.objects.get().text == notice_versions.text_of(notice_for(lot))
