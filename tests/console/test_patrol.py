"""The patrol on a phone: genuine signs are recorded, everything else is an alarm and a task."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now
from PIL import Image

from lots import patrol, sign_register
from lots.models import SignAlarm, SignEvent
from lots.sign_qr import qr_png, sign_address
from payments.today_figures import Scope, count_tasks
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db
Kind = SignAlarm.Kind


@pytest.fixture
def lot():
    return make_lot()


@pytest.fixture
def sign(lot):
    return sign_register.new_sign(lot=lot, place="B1 电梯厅")


@pytest.fixture
def client(lot):
    return signed_in(make_person(Role.DUTY, operator=lot.operator))


def scan(client, lot, **form):
    return client.post(f"/console/lots/{lot.slug}/patrol", form)


def seen(sign):
    return sign.events.filter(kind=SignEvent.Kind.SEEN).count()


def test_genuine_code_is_recorded_once(client, lot, sign):
    for _ in range(2):
        answer = scan(client, lot, text=sign_address(sign))
        assert answer.status_code == 200
    assert "B1 电梯厅" in answer.content.decode()
    assert seen(sign) == 1
    assert not SignAlarm.objects.exists()


def test_photo_is_decoded_on_the_server(client, lot, sign):
    photo = SimpleUploadedFile("sign.png", qr_png(sign_address(sign)))
    assert scan(client, lot, photo=photo).status_code == 200
    assert seen(sign) == 1


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_unreadable_photo_is_a_fault(client, lot, content):
    answer = scan(client, lot, photo=SimpleUploadedFile("sign.png", content))
    assert answer.status_code == 422
    assert "id_photo_error" in answer.content.decode()
    assert not SignAlarm.objects.exists()


def test_photo_without_code_is_no_alarm(client, lot):
    white = SimpleUploadedFile("sign.png", _blank())
    assert scan(client, lot, photo=white).status_code == 422
    assert not SignAlarm.objects.exists()


def _blank():
    out = BytesIO()
    Image.new("L", (200, 200), 255).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://evil.example/p/0123456789ABCDEF?a=b", "evil.example"),
        ("wxp://f2f0abcdef", "wxp"),
        ("weixin://dl/business/?t=1", "weixin"),
        ("http://testserver.evil.example/p/X", "testserver.evil.example"),
        ("http://testserver/elsewhere", "testserver"),
        ("http://testserver/p/AAAAAAAAAAAAAAAA", "testserver"),
        ("http://[", ""),
        ("hello", ""),
        ("沪A12345", ""),
        ("x" * 5000, None),
    ],
)
def test_foreign_code_raises_an_alarm(client, lot, sign, text, found):
    answer = scan(client, lot, text=text, near=sign.pk)
    if found is None:
        assert answer.status_code == 422
        return
    alarm = SignAlarm.objects.get()
    assert (alarm.kind, alarm.sign, alarm.found) == (Kind.FOREIGN, sign, found)
    assert seen(sign) == 0


def test_place_of_an_alarm_is_named_afterwards(client, lot, sign):
    page = scan(client, lot, text="https://evil.example/a").content.decode()
    assert "盖住的是哪张标识？" in page
    assert 'name="text" value="https://evil.example/a"' in page
    page = scan(client, lot, text="https://evil.example/a", near=sign.pk).content.decode()
    assert "盖住的是哪张标识？" not in page
    assert SignAlarm.objects.get().sign == sign


def test_alarm_keeps_no_query_or_path(client, lot):
    scan(client, lot, text="https://evil.example/u/13800001234?plate=A")
    assert SignAlarm.objects.get().found == "evil.example"


def test_same_finding_is_one_alarm(client, lot):
    for _ in range(3):
        scan(client, lot, text="https://evil.example/a")
    assert SignAlarm.objects.count() == 1


def test_revoked_code_raises_an_alarm(client, lot, sign):
    sign_register.revoke(sign, at=now())
    scan(client, lot, text=sign_address(sign))
    assert SignAlarm.objects.get().kind == Kind.REVOKED


def test_sign_of_another_lot_raises_an_alarm(client, lot):
    other = sign_register.new_sign(lot=make_lot(), place="外地")
    answer = scan(client, lot, text=sign_address(other))
    assert SignAlarm.objects.get().kind == Kind.ELSEWHERE
    assert "外地" not in answer.content.decode()
    assert seen(other) == 0


def test_alarm_is_a_task_until_handled(client, lot, sign):
    client.post(f"/console/signs/{sign.pk}/report", {"kind": "damaged"})
    client.post(f"/console/signs/{sign.pk}/report", {"kind": "nonsense"})
    alarm = SignAlarm.objects.get()
    assert count_tasks(Scope([lot], now())) == 1
    assert str(Kind.DAMAGED.label) in client.get("/console/tasks").content.decode()
    address = f"/console/signs/alarms/{alarm.pk}/handled"
    client.post(address, {"done": " "})
    assert count_tasks(Scope([lot], now())) == 1
    client.post(address, {"done": "已换新"})
    client.post(address, {"done": "又一次"})
    alarm.refresh_from_db()
    assert alarm.done == "已换新"
    assert count_tasks(Scope([lot], now())) == 0


def test_signs_are_due_after_a_week(client, lot, sign):
    at = now()
    assert patrol.lines_of(lot, at=at)[0].is_due
    scan(client, lot, text=sign_address(sign))
    line = patrol.lines_of(lot, at=now())[0]
    assert line.is_done
    assert not line.is_due
    later = patrol.lines_of(lot, at=at + timedelta(days=8))[0]
    assert later.is_due
    assert not later.is_done


def test_camera_is_allowed_on_this_page_alone(client, lot):
    page = client.get(f"/console/lots/{lot.slug}/patrol")
    assert "camera=(self)" in page["Permissions-Policy"]
    assert 'capture="environment"' in page.content.decode()
    for other in ("/console/", f"/console/lots/{lot.slug}/signs"):
        assert "camera=()" in client.get(other)["Permissions-Policy"]


def test_booth_cannot_patrol(lot):
    booth = signed_in(make_person(Role.BOOTH, operator=lot.operator))
    assert booth.get(f"/console/lots/{lot.slug}/patrol").status_code == 403


def test_frame_is_read_and_not_recorded(client, lot, sign):
    address = f"/console/lots/{lot.slug}/patrol/frame"
    frame = SimpleUploadedFile("frame.png", qr_png(sign_address(sign)))
    assert client.post(address, {"frame": frame}).json() == {"codes": [sign_address(sign)]}
    assert seen(sign) == 0
    assert client.post(address, {"frame": SimpleUploadedFile("f.png", _blank())}).json() == {"codes": []}
    assert not SignAlarm.objects.exists()


@pytest.mark.parametrize("content", [None, b"no picture", b"\0" * (1024 * 1024 + 1)])
def test_bad_frame_is_refused(client, lot, content):
    form = {} if content is None else {"frame": SimpleUploadedFile("frame.jpg", content)}
    answer = client.post(f"/console/lots/{lot.slug}/patrol/frame", form)
    assert (answer.status_code, answer.json()) == (422, {"codes": []})
