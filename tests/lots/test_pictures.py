"""Pictures are dropped unless a camera is set to keep them; then they are as private as the plate."""

import logging
from base64 import b64encode
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from prometheus_client import REGISTRY

from compliance.forgetting import forget_plates
from lots import pictures
from lots.models import PlateRead, ReadPicture
from lots.reads import Sighting
from lots.vault import Unreadable, unseal_picture
from tests.factories import NOON, make_device, make_lot, see
from tests.lots.devices.callers import PLATE, alarm, push
from tests.test_privacy import base64_forms, database_bytes

pytestmark = pytest.mark.django_db
WHOLE, FRAGMENT = (
    b"\xff\xd8\xff\xe0 CANARY of the whole car \xff\xd9",
    b"\xff\xd8\xff\xe0 of its plate \xff\xd9",
)


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def keeping(lot):
    return make_device(lot, "entry", keep_images=True)


@pytest.fixture
def staff():
    return signed_in(is_superuser=True)


def signed_in(**rights):
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_user("wang", **rights))
    return browser


def pictured(device, whole=WHOLE, fragment=FRAGMENT, **fields):
    said = {"imageFile": whole, "imageFragmentFile": fragment}
    return alarm(
        device, now(), **{k: b64encode(v).decode() for k, v in said.items() if v is not None}, **fields
    )


def kept():
    return [pictures.show(row) for row in ReadPicture.objects.all()]


def dropped():
    return REGISTRY.get_sample_value("purecode_pictures_too_large_total", {"make": "vzenith"}) or 0


def address(read=None):
    return f"/console/reads/{(read or PlateRead.objects.get()).pk}/picture.jpg"


def test_a_camera_that_is_not_set_to_keep_pictures_keeps_none(lot):
    device = make_device(lot, "entry")
    push(device, pictured(device))
    assert PlateRead.objects.count() == 1
    assert kept() == []


@pytest.mark.parametrize(
    ("whole", "fragment", "expected"),
    [
        (WHOLE, FRAGMENT, [WHOLE]),
        (None, FRAGMENT, [FRAGMENT]),
        (WHOLE, None, [WHOLE]),
        (None, None, []),
        (b"x" * pictures.LARGEST, None, [b"x" * pictures.LARGEST]),
    ],
)
def test_of_a_read_one_picture_is_kept_the_whole_one_if_there_is_one(keeping, whole, fragment, expected):
    push(keeping, pictured(keeping, whole, fragment))
    assert kept() == expected


def test_a_picture_above_1_mb_is_dropped_and_counted_and_its_read_is_not(keeping):
    before = dropped()
    push(keeping, pictured(keeping, b"x" * (pictures.LARGEST + 1)))
    assert PlateRead.objects.get().outcome == "entered"
    assert (kept(), dropped()) == ([], before + 1)


@pytest.mark.parametrize("fields", [{}, {"isoffline": 1}])
def test_a_repeat_changes_nothing(keeping, fields):
    body = pictured(keeping, **fields)
    push(keeping, body)
    sealed = bytes(ReadPicture.objects.get().picture)
    push(keeping, body)
    assert bytes(ReadPicture.objects.get().picture) == sealed


def test_a_repeat_after_forgetting_does_not_bring_the_picture_back(keeping):
    body = pictured(keeping, plate="_无_")
    push(keeping, body)
    forget_plates(at=now() + timedelta(hours=25))
    push(keeping, body)
    assert kept() == []


def test_a_picture_that_cannot_be_kept_leaves_no_read_either(keeping, monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(pictures, "seal_picture", broken)
    with pytest.raises(RuntimeError):
        see(keeping, PLATE, NOON, picture=WHOLE)
    assert not PlateRead.objects.exists()


def test_a_picture_does_not_open_in_another_lot(keeping):
    push(keeping, pictured(keeping))
    row = ReadPicture.objects.get()
    assert unseal_picture(row.lot_id, row.picture) == WHOLE
    with pytest.raises(Unreadable):
        unseal_picture(row.lot_id + 1, row.picture)


def forms(picture):
    return {picture, picture.hex().encode(), *base64_forms(picture)}


def test_no_picture_is_found_in_clear_in_the_database_or_the_log(keeping, staff, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    push(keeping, pictured(keeping))
    assert staff.get(address()).content == WHOLE
    out, err = capfd.readouterr()
    places = {"database": database_bytes(), "log": (caplog.text + out + err).encode()}
    assert b"picture_seen" in places["log"]
    assert "浦江广场".encode() in places["database"]
    assert [place for place, left in places.items() for form in forms(WHOLE) if form in left] == []
    assert "JPEG" not in repr(Sighting("1", None, NOON, picture=b"JPEG"))


def test_a_picture_stored_in_clear_would_be_found(keeping):
    push(keeping, pictured(keeping))
    ReadPicture.objects.update(picture=WHOLE)
    assert any(form in database_bytes() for form in forms(WHOLE))


def test_staff_see_a_link_only_beside_reads_that_have_a_picture(keeping, lot, staff):
    see(keeping, "沪B22222", now())
    assert "照片</a>" not in staff.get("/console/lots/pujiang").content.decode()
    seen = see(keeping, PLATE, now(), picture=WHOLE).read
    page = staff.get("/console/lots/pujiang").content.decode()
    assert page.count("照片</a>") == page.count(address(seen)) == 1


def test_staff_see_the_picture_which_nobody_else_may_keep(keeping, staff):
    push(keeping, pictured(keeping))
    answer = staff.get(address())
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/jpeg", WHOLE)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_who_looked_at_which_picture_is_on_record_without_the_plate(keeping, staff, caplog):
    caplog.set_level(logging.INFO)
    push(keeping, pictured(keeping))
    staff.get(address())
    (line,) = [record.getMessage() for record in caplog.records if "picture_seen" in record.getMessage()]
    assert f"'read': {PlateRead.objects.get().pk}" in line
    assert f"'staff': {User.objects.get().pk}" in line
    assert "12345" not in line


def test_strangers_are_sent_to_sign_in_and_others_refused(keeping):
    push(keeping, pictured(keeping))
    answer = Client().get(address())
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/console/login")
    assert signed_in().get(address()).status_code == 403


def test_a_picture_that_is_forgotten_or_whose_key_is_gone_is_not_found(keeping, staff, settings):
    push(keeping, pictured(keeping, plate="_无_"))
    where = address()
    keys, settings.PLATE_KEYS = settings.PLATE_KEYS, {"other": b"x" * 32}
    assert staff.get(where).status_code == 404
    settings.PLATE_KEYS = keys
    assert staff.get(where).status_code == 200
    forget_plates(at=now() + timedelta(hours=25))
    assert staff.get(where).status_code == 404
