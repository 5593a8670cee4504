"""Another phone number for an account: proven by a code in the member's own session; nothing else changes."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.plates import parse
from members import benefits, member_jobs, member_plates
from members.asked import BenefitKind
from members.member_keys import phone_digest
from members.models import BoundPlate, Consent, Member, MemberSession, Outgoing, Points, SmsCode
from tests.factories import make_lot
from tests.members.conftest import PHONE, PLATE, Person

pytestmark = pytest.mark.django_db
NEW = "13900139000"
SHOWN = {PHONE: "138****8000", NEW: "139****9000"}


@pytest.fixture
def new(mall) -> Person:
    """Someone who reads the texts to the new number, with a browser of their own."""
    return Person(mall, phone=NEW)


def ask(person, phone=NEW):
    return person.post("/phone", phone=phone)


def prove(person, asked, code):
    return person.enter(asked, code, door="/change")


def later():
    """Let the pause of a minute go by."""
    SmsCode.objects.update(made_at=now() - timedelta(minutes=2))


def sent_notices(mall):
    member_jobs.send_texts(now())
    return [text for text in mall.inbox.texts if not text.code]


def test_number_change_keeps_the_account(member, mall, new):
    before = member.row
    Points.objects.create(member=before, lot=mall.lot, points=15, press="x", at=now())
    member_plates.bind_by_staff(before, plate=parse(PLATE), by=None, at=now())
    consents = list(Consent.objects.values())
    assert SHOWN[PHONE] in member.get().content.decode()
    asked = ask(member)
    assert asked.status_code == 200
    assert SHOWN[NEW] in asked.content.decode()
    assert prove(member, asked, new.code()).status_code == 303
    page = member.get().content.decode()
    assert SHOWN[NEW] in page
    assert SHOWN[PHONE] not in page
    assert member.get("/copy.json").json()["phone"] == NEW
    assert new.row == before
    assert (new.row.joined_at, Points.objects.get().member) == (before.joined_at, before)
    assert BoundPlate.objects.get().member == before
    assert list(Consent.objects.values()) == consents


@pytest.mark.parametrize(
    ("end", "link", "label"),
    [
        ("", "更换手机号", "新手机号"),
        ("/hant", "更換手機號碼", "新手機號碼"),
        ("/en", "Change the number", "New mobile number"),
    ],
)
def test_number_change_exists_in_each_language(member, end, link, label):
    page = member.get(end).content.decode()
    assert f"<summary>{link}</summary>" in page
    assert f">{label}</label>" in page
    asked = member.post(f"/phone{end}", phone=NEW).content.decode()
    assert f'action="/member/pujiang/change{end}"' in asked
    assert f'<a href="/member/pujiang{end}">' in asked


def test_old_number_works_until_proven(member, mall, new):
    asked, code = ask(member), new.code()
    later()
    again = Person(mall)
    assert again.enter(again.ask(way="in", agree=False)).status_code == 303
    assert new.enter(new.ask(way="in", agree=False)).status_code == 404
    assert prove(member, asked, code).status_code == 303
    later()
    assert new.enter(new.ask(way="in", agree=False)).status_code == 303
    assert again.enter(again.ask(way="in", agree=False)).status_code == 404


def test_number_change_ends_other_sessions(member, mall, new):
    other = Person(mall, phone="13700137000").join()
    later()
    again = Person(mall)
    again.enter(again.ask(way="in", agree=False))
    prove(member, ask(member), new.code())
    assert "发送验证码" in again.get().content.decode()
    assert "<summary>" not in again.get().content.decode()
    assert SHOWN[NEW] in member.get().content.decode()
    assert "我的会员账号" in other.get().content.decode()


def test_old_number_is_notified_without_the_new(member, mall, new):
    asked = member.post("/phone/en", phone=NEW)
    assert sent_notices(mall) == []
    member.enter(asked, new.code(), door="/change/en")
    (text,) = sent_notices(mall)
    assert (text.phone, text.kind) == (PHONE, "phone_changed")
    assert "手机号已更换" in text.text, "in the language in which the member joined"
    assert mall.lot.operator.service_phone in text.text
    assert not re.search("139|9000", text.text.replace(mall.lot.operator.service_phone, ""))


def test_old_number_is_fully_removed(member, mall, new):
    prove(member, ask(member), new.code())
    sent_notices(mall)
    old = phone_digest(mall.lot.operator_id, PHONE)
    assert not Member.objects.filter(phone_digest=old).exists()
    assert not SmsCode.objects.filter(phone_digest=old).exists()
    assert not Outgoing.objects.exists()


def test_old_numbers_open_code_is_void(member, mall, new):
    later()
    thief = Person(mall)
    open_one = thief.ask(way="in", agree=False)
    code = thief.code()
    prove(member, ask(member), new.code())
    assert thief.enter(open_one, code).status_code == 422


def test_number_change_hides_existing_accounts(member, mall):
    Person(mall, phone=NEW).join()
    later()
    answers = [ask(member, phone) for phone in (NEW, "13700137000")]
    assert {answer.status_code for answer in answers} == {200}
    masks = [
        re.sub(rb'(name="attempt" value=")[^"]+|1\d{2}\*{4}\d{4}', rb"\1", answer.content)
        for answer in answers
    ]
    assert masks[0] == masks[1]


def test_taken_number_is_reported_after_proof(member, mall, new):
    new.join()
    later()
    before = list(Member.objects.order_by("pk").values())
    sessions = MemberSession.objects.count()
    answer = prove(member, ask(member), new.code())
    assert answer.status_code == 422
    assert "已有账号" in answer.content.decode()
    assert SHOWN[PHONE] in answer.content.decode()
    assert list(Member.objects.order_by("pk").values()) == before
    assert MemberSession.objects.count() == sessions
    assert sent_notices(mall) == []


def test_other_operators_account_does_not_block(member, mall, new):
    stranger = make_lot(slug="strange")
    benefits.start(lot=stranger, kind=BenefitKind.MINUTES, value=60, at=now())
    old = Person(mall)
    old.mall = type(mall)(stranger, mall.pure, mall.sign, mall.inbox, mall.entry, mall.way_out)
    there = old.join().row
    assert prove(member, ask(member), new.code()).status_code == 303
    there.refresh_from_db()
    assert bytes(there.phone_digest) == phone_digest(stranger.operator_id, PHONE)


@pytest.mark.parametrize("typed", [PHONE, "+86 138 0013 8000"])
def test_current_number_is_refused_without_sms(member, typed):
    later()
    SmsCode.objects.all().delete()
    answer = ask(member, typed)
    assert answer.status_code == 422
    assert "已经是这个号码" in answer.content.decode()
    assert not SmsCode.objects.exists()
    assert not Outgoing.objects.exists()


def test_invalid_new_number_can_be_corrected(member):
    answer = ask(member, "12345")
    page = answer.content.decode()
    assert (answer.status_code, SmsCode.objects.count()) == (422, 1)
    assert "请核对手机号" in page
    assert 'value="12345"' in page
    assert "<details open>" in page
    assert member.post("/phone").status_code == 400


def test_change_code_is_bound_to_its_session(member, mall, new):
    other = Person(mall, phone="13700137000").join()
    asked, code = ask(member), new.code()
    sessions = MemberSession.objects.count()
    attempt = re.search(r'name="attempt" value="([^"]+)"', asked.content.decode())[1]
    answers = [
        other.post("/change", attempt=attempt, code=code),
        *(person.send("/enter", attempt=attempt, code=code) for person in (member, other, new)),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert new.send("/change", attempt=attempt, code=code).status_code == 303, "to the way in"
    assert MemberSession.objects.count() == sessions
    assert not Member.objects.filter(phone_digest=phone_digest(mall.lot.operator_id, NEW)).exists()
    assert prove(member, asked, code).status_code == 303, "nobody else could use it up"


def test_sign_in_code_changes_no_number(member, new):
    asked = new.ask(way="in", agree=False)
    attempt = re.search(r'name="attempt" value="([^"]+)"', asked.content.decode())[1]
    assert member.post("/change", attempt=attempt, code=new.code()).status_code == 422
    assert SHOWN[PHONE] in member.get().content.decode()


def test_change_code_expires_and_works_once(member, mall, new):
    asked, code = ask(member), new.code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert prove(member, asked, wrong).status_code == 422
    assert prove(member, asked, code).status_code == 422, "tried too often"
    SmsCode.objects.update(tries=0, expires_at=now())
    refused = prove(member, asked, code)
    assert refused.status_code == 422, "too old"
    SmsCode.objects.update(expires_at=now() + timedelta(minutes=1))
    assert prove(member, refused, code).status_code == 303, "from the page that refused the last one"
    assert prove(member, asked, code).status_code == 422, "used"
    assert len(sent_notices(mall)) == 1


def test_second_code_has_no_further_effect(member, mall, new):
    codes = []
    for _ in range(2):
        asked = ask(member)
        codes.append((asked, new.code()))
        later()
    assert [prove(member, *one).status_code for one in codes] == [303, 303]
    assert len(sent_notices(mall)) == 1


def test_change_codes_are_limited_per_number(member, new):
    new.ask(way="in", agree=False)
    sent = SmsCode.objects.count()
    assert ask(member).status_code == 200
    assert SmsCode.objects.count() == sent, "within the minute"
    for _ in range(6):
        later()
        assert ask(member).status_code == 200
    assert SmsCode.objects.filter(phone_digest=phone_digest(member.mall.lot.operator_id, NEW)).count() == 5


def test_change_shares_sign_in_budgets(member, new):
    asked = ask(member)
    answers = [ask(member, f"137001370{n:02}").status_code for n in range(11)]
    assert answers == [200] * 10 + [429], "one was for joining, one for the first number"
    tries = [prove(member, asked, "x").status_code for _ in range(13)]
    assert tries == [422] * 12 + [429]


def test_lost_key_allows_number_change(member, mall, new, settings):
    settings.PLATE_KEYS = {"other": b"\x99" * 32}
    assert "<p>—</p>" in member.get().content.decode()
    assert prove(member, ask(member), new.code()).status_code == 303
    assert SHOWN[NEW] in member.get().content.decode()
    assert sent_notices(mall) == [], "nobody knows to whom"
