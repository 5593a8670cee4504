"""Pictures are dropped unless a camera is set to keep them; then they are as private as the plate."""

import logging
from base64 import b64encode
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from prometheus_client import REGISTRY

from compliance.retention import erase_plates
from core.vault import Unreadable, unseal_picture
from lots import pictures
from lots.models import PlateRead, ReadPicture
from lots.plate_reads import Sighting
from tests.devices.callers import PLATE, alarm, push
from tests.factories import NOON, make_device, make_lot, see
from tests.needles import base64_forms
from tests.test_privacy import database_bytes

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
def picture_camera(lot):
    return make_device(lot, "entry", keep_images=True)


@pytest.fixture
def staff():
    return signed_in(is_superuser=True)


def signed_in(**rights):
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_user("wang", **rights))
    return browser


def push_with_pictures(device, whole=WHOLE, fragment=FRAGMENT, **fields):
    values = {"imageFile": whole, "imageFragmentFile": fragment}
    return alarm(
        device, now(), **{k: b64encode(v).decode() for k, v in values.items() if v is not None}, **fields
    )


def stored_pictures():
    return [pictures.show(row) for row in ReadPicture.objects.all()]


def dropped():
    return REGISTRY.get_sample_value("purecode_pictures_too_large_total", {"make": "vzenith"}) or 0


def address(read=None):
    return f"/console/reads/{(read or PlateRead.objects.get()).pk}/picture.jpg"


def test_pictures_are_dropped_by_default(lot):
    device = make_device(lot, "entry")
    push(device, push_with_pictures(device))
    assert PlateRead.objects.count() == 1
    assert stored_pictures() == []


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
def test_whole_picture_preferred_over_fragment(picture_camera, whole, fragment, expected):
    push(picture_camera, push_with_pictures(picture_camera, whole, fragment))
    assert stored_pictures() == expected


def test_oversized_picture_dropped_read_stored(picture_camera):
    before = dropped()
    push(picture_camera, push_with_pictures(picture_camera, b"x" * (pictures.LARGEST + 1)))
    assert PlateRead.objects.get().outcome == "entered"
    assert (stored_pictures(), dropped()) == ([], before + 1)


@pytest.mark.parametrize("fields", [{}, {"isoffline": 1}])
def test_repeated_picture_push_changes_nothing(picture_camera, fields):
    body = push_with_pictures(picture_camera, **fields)
    push(picture_camera, body)
    sealed = bytes(ReadPicture.objects.get().picture)
    push(picture_camera, body)
    assert bytes(ReadPicture.objects.get().picture) == sealed


def test_repeat_after_erasure_restores_no_picture(picture_camera):
    body = push_with_pictures(picture_camera, plate="_无_")
    push(picture_camera, body)
    erase_plates(at=now() + timedelta(hours=25))
    push(picture_camera, body)
    assert stored_pictures() == []


def test_unsealable_picture_rolls_back_read(picture_camera, monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(pictures, "seal_picture", broken)
    with pytest.raises(RuntimeError):
        see(picture_camera, PLATE, NOON, picture=WHOLE)
    assert not PlateRead.objects.exists()


def test_picture_is_bound_to_its_lot(picture_camera):
    push(picture_camera, push_with_pictures(picture_camera))
    row = ReadPicture.objects.get()
    assert unseal_picture(row.lot_id, row.picture) == WHOLE
    with pytest.raises(Unreadable):
        unseal_picture(row.lot_id + 1, row.picture)


def forms(picture):
    return {picture, picture.hex().encode(), *base64_forms(picture)}


def test_picture_is_never_stored_in_clear(picture_camera, staff, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    push(picture_camera, push_with_pictures(picture_camera))
    assert staff.get(address()).content == WHOLE
    out, err = capfd.readouterr()
    places = {"database": database_bytes(), "log": (caplog.text + out + err).encode()}
    assert b"picture_seen" in places["log"]
    assert "浦江广场".encode() in places["database"]
    assert [place for place, left in places.items() for form in forms(WHOLE) if form in left] == []
    assert "JPEG" not in repr(Sighting("1", None, NOON, picture=b"JPEG"))


def test_clear_picture_check_detects_leak(picture_camera):
    push(picture_camera, push_with_pictures(picture_camera))
    ReadPicture.objects.update(picture=WHOLE)
    assert any(form in database_bytes() for form in forms(WHOLE))


def test_reads_link_only_existing_pictures(picture_camera, lot, staff):
    see(picture_camera, "沪B22222", now())
    assert "照片</a>" not in staff.get("/console/lots/pujiang").content.decode()
    seen = see(picture_camera, PLATE, now(), picture=WHOLE).read
    page = staff.get("/console/lots/pujiang").content.decode()
    assert page.count("照片</a>") == page.count(address(seen)) == 1


def test_picture_response_is_not_cached(picture_camera, staff):
    push(picture_camera, push_with_pictures(picture_camera))
    answer = staff.get(address())
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/jpeg", WHOLE)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_picture_view_is_logged_without_plate(picture_camera, staff, caplog):
    caplog.set_level(logging.INFO)
    push(picture_camera, push_with_pictures(picture_camera))
    staff.get(address())
    (line,) = [record.getMessage() for record in caplog.records if "picture_seen" in record.getMessage()]
    assert f"'read': {PlateRead.objects.get().pk}" in line
    assert f"'staff': {User.objects.get().pk}" in line
    assert "12345" not in line


def test_picture_requires_staff_permission(picture_camera):
    push(picture_camera, push_with_pictures(picture_camera))
    answer = Client().get(address())
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/console/login")
    assert signed_in().get(address()).status_code == 403


def test_erased_or_keyless_picture_returns_404(picture_camera, staff, settings):
    push(picture_camera, push_with_pictures(picture_camera, plate="_无_"))
    where = address()
    keys, settings.PLATE_KEYS = settings.PLATE_KEYS, {"other": b"x" * 32}
    assert staff.get(where).status_code == 404
    settings.PLATE_KEYS = keys
    assert staff.get(where).status_code == 200
    erase_plates(at=now() + timedelta(hours=25))
    assert staff.get(where).status_code == 404
