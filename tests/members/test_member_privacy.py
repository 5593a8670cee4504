"""A canary phone, name and plate go through everything that members have, and are found nowhere in clear."""

import logging

import pytest
from django.utils.timezone import now

from config.logs import QUIET
from core.transport import OutcomeUnknown
from members import benefits, sms
from members.asked import BenefitKind
from staff.models import Role
from tests.factories import make_person, signed_in
from tests.members.conftest import Person
from tests.members.test_account import consent_again
from tests.needles import forms
from tests.test_privacy import database_bytes, hits

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PHONE, PLATE, NAME = "13987654321", "沪A7K9Q3", "欧阳金丝雀"
NEXT = "13976543210"
NEEDLES = {word: forms(word) for word in (PHONE, NEXT, PLATE, "A7K9Q3", NAME)}


def found(haystack: bytes) -> list[str]:
    return hits(haystack, NEEDLES)


@pytest.fixture
def debug_log(tmp_path):
    """Everything that any logger says, at DEBUG."""
    path = tmp_path / "log"
    handler, root = logging.FileHandler(path, encoding="utf-8"), logging.getLogger()
    level, quiet = root.level, {name: logging.getLogger(name).level for name in QUIET}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in (*QUIET, "django.db.backends"):
        logging.getLogger(name).setLevel(QUIET.get(name, logging.INFO))
    yield path
    root.removeHandler(handler)
    handler.close()
    root.setLevel(level)
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)


def test_member_canaries_are_not_found(bare, debug_log, settings, tmp_path, capfd):
    settings.STATIC_ROOT = tmp_path
    benefits.start(lot=bare.lot, kind=BenefitKind.MINUTES, value=60, optional=["plate"], at=now())
    benefits.start(lot=bare.lot, kind=BenefitKind.PASS, optional=["name"], at=now())
    person = Person(bare, phone=PHONE)
    person.ask()
    assert found(database_bytes()) == [], "while the code is on its way"
    person = Person(bare, phone=PHONE)
    from members.models import SmsCode

    SmsCode.objects.all().delete()
    person.join()
    staff = signed_in(make_person(Role.OWNER, lot=bare.lot))
    answers = (
        person.post("/name", name=NAME),
        staff.post("/console/members/pujiang/bind", {"phone": PHONE, "plate": PLATE}),
        person.post("/plate", plate=PLATE, proof="receipt", proof_code="0" * 12),
        staff.get("/console/members/pujiang"),
    )
    asked = person.post("/phone", phone=NEXT)
    assert found(database_bytes()) == [], "while the new number is being proven"
    person.phone = NEXT
    answers += (asked, person.enter(asked, door="/change"))
    heads = [f"{answer.status_code} {dict(answer.items())}" for answer in answers]
    shown = person.get().content.decode()
    assert NAME in shown
    assert "沪A·7K9Q3" in shown
    assert found(database_bytes()) == []
    assert found(staff.get("/console/members/pujiang").content) == []
    other = Person(bare, phone="13900139000").join()
    staff.post("/console/members/pujiang/bind", {"phone": other.phone, "plate": PLATE})
    assert found(database_bytes()) == [], "while the former holder is being notified"
    person.code()
    consent_again(other) if "agree" in other.get().content.decode() else None
    assert found(debug_log.read_bytes()) == []
    assert found("\n".join(heads).encode()) == []
    assert found("".join(capfd.readouterr()).encode()) == []


def test_planted_member_canary_is_found():
    assert found(f"x {PHONE} y".encode()) == [PHONE]
    assert found(PLATE.encode("utf-16-le")) == [PLATE, "A7K9Q3"]


def test_failed_text_is_logged_without_number(person, monkeypatch, debug_log, caplog):
    class Broken:
        def send(self, text):
            raise OutcomeUnknown(f"no route for {text.phone}")

    person.phone = PHONE
    person.ask()
    monkeypatch.setattr(sms, "sender", Broken)
    from members.member_jobs import send_texts

    caplog.clear()
    send_texts(now())
    written = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [entry["event"] for entry in written] == ["sms_not_sent"]
    assert found(caplog.text.encode()) == []
    assert found(debug_log.read_bytes()) == []
