"""The cut-over page: the choice for early cars, a table that is checked first, faults by their row."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now

from lots.cut_over import early_version
from lots.models import ParkingSession
from staff.models import Role
from tests.factories import make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/console/lots/own/cut-over"


@pytest.fixture
def lot():
    made = make_lot(slug="own")
    made.tariffs.update(valid_from=now() - timedelta(hours=1))
    return made


@pytest.fixture
def owner(lot):
    return signed_in(make_person(Role.OWNER, lot=lot))


def send(client, lot, *plates, hours=3, action="import"):
    entered = (now() - timedelta(hours=hours)).astimezone(lot.tz)
    lines = [f"{plate},{entered:%Y/%m/%d %H:%M}" for plate in plates]
    file = SimpleUploadedFile("inside.csv", "\r\n".join(["号牌,入场时间", *lines]).encode("gb18030"))
    return client.post(PAGE, {"file": file, action: "1"})


def test_choice_then_check_then_import(owner, lot):
    answer = owner.post(PAGE, {"early": "1", "choice": "flat", "amount": "8.00"}, follow=True)
    assert "固定金额" in answer.content.decode()
    page = send(owner, lot, "沪C12345", "沪D22222", action="check").content.decode()
    assert "新增 2 辆（其中规则生效前入场 2 辆）" in page
    assert page.count("8.00") >= 3  # the choice, and each car
    assert "沪C12345" not in page
    assert not ParkingSession.objects.exists()
    assert "新增 2 辆" in send(owner, lot, "沪C12345", "沪D22222").content.decode()
    assert ParkingSession.objects.open().count() == 2
    history = owner.get("/console/lots/own/settings").content.decode()
    assert "从其他系统导入的在场车辆" in history


def test_checked_cars_are_imported_without_choosing_again(owner, lot):
    page = send(owner, lot, "沪C12345", hours=0, action="check").content.decode()
    carried = {"checked": re.search(r'name="checked" value="([^"]+)"', page)[1], "import": "1"}
    assert "新增 1 辆" in owner.post(PAGE, carried).content.decode()
    assert ParkingSession.objects.open().count() == 1


@pytest.mark.parametrize(
    "values", [{"choice": "flat"}, {"choice": "flat", "amount": "x"}, {"choice": "free", "amount": "1"}, {}]
)
def test_bad_choice_is_explained_beside_its_field(owner, lot, values):
    answer = owner.post(PAGE, {"early": "1", **values})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert early_version(lot) is None


def test_later_choice_is_refused_in_words(owner, lot):
    """A colleague has chosen meanwhile, so the form itself is gone from the page."""
    owner.post(PAGE, {"early": "1", "choice": "flat", "amount": "8.00"})
    answer = owner.post(PAGE, {"early": "1", "choice": "free", "amount": ""})
    assert answer.status_code == 422
    assert 'class="error" role="alert"' in answer.content.decode()


def test_early_cars_without_choice_are_not_imported(owner, lot):
    answer = send(owner, lot, "沪C12345")
    assert answer.status_code == 422
    assert "请先选定" in answer.content.decode()
    assert not ParkingSession.objects.exists()


def test_bad_row_is_named_by_number(owner, lot):
    answer = send(owner, lot, "沪C12345", "bad", hours=0.5)
    assert answer.status_code == 422
    assert "第 3 行：号牌不正确" in answer.content.decode()
    assert not ParkingSession.objects.exists()


@pytest.mark.parametrize("data", [{}, {"file": ""}, {"file": SimpleUploadedFile("x.csv", b"\xff\xff\x80")}])
def test_missing_or_unreadable_file_is_explained(owner, lot, data):
    answer = owner.post(PAGE, {**data, "import": "1"})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


def test_duty_manager_cannot_cut_over(lot):
    assert signed_in(make_person(Role.DUTY, lot=lot)).get(PAGE).status_code == 403
