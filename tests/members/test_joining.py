"""Joining and signing in: what the page says, the consent, the code; and uniform answers for everybody."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from members import benefits, joining, work
from members.asked import Kind
from members.models import Consent, Member, MemberSession, Outgoing, SmsCode
from members.signs import revoke, sign_address
from tests.members.conftest import PHONE, Person

pytestmark = pytest.mark.django_db


def words(answer):
    return re.sub(r"<[^>]+>", "\n", answer.content.decode())


def lines(answer):
    body = answer.content.decode().split("<body>")[1]
    return [line.strip() for line in re.sub(r"<[^>]+>", "\n", body).splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("end", "first"),
    [
        ("", "这是会员码，缴停车费不需要它。"),
        ("/hant", "這是會員碼，繳停車費不需要它。"),
        ("/en", "This is the member code. Paying for parking does not need it."),
    ],
)
def test_the_first_line_says_that_paying_needs_none_of_this(mall, end, first):
    answer = Client().get(f"/m/{mall.sign.code}{end}")
    assert answer.status_code == 200
    assert lines(answer)[0] == first


def test_whoever_scans_the_wrong_code_reaches_payment_in_one_tap(mall):
    page = Client().get(f"/M/{mall.sign.code}").content.decode()
    links = re.findall(r'<a class="go" href="([^"]+)"', page)
    assert links[0] == f"http://testserver/p/{mall.pure.code}"
    assert page.index(links[0]) < page.index("<form")
    paying = Client().get(links[0].removeprefix("http://testserver"))
    assert paying.status_code == 200
    assert 'id="plate"' in paying.content.decode()


def test_the_page_says_what_is_asked_for_what_how_long_by_whom_and_how_to_leave(mall):
    said = words(Client().get(f"/m/{mall.sign.code}"))
    for fact in (
        "上海浦江商业管理有限公司",
        "手机号",
        "车牌（可不填）",
        "每天一次，免费 1 小时",
        "365 天",
        "随时在会员页撤回",
        "privacy@example.cn",
    ):
        assert fact in said, fact


def test_consent_is_a_box_that_is_not_ticked(mall):
    page = Client().get(f"/m/{mall.sign.code}").content.decode()
    box = re.search(r'<input type="checkbox"[^>]*>', page)
    assert box
    assert "checked" not in box[0]


def test_without_the_tick_nothing_is_stored_and_nothing_sent(person):
    answer = person.ask(agree=False)
    assert answer.status_code == 422
    assert "不同意就不建立账号" in words(answer)
    assert not SmsCode.objects.exists()
    assert not Outgoing.objects.exists()


def test_joining_keeps_the_words_their_version_and_the_time(person):
    before = now()
    person.join()
    consent = Consent.objects.get()
    assert consent.member == person.row
    assert before <= consent.given_at <= now()
    assert consent.terms.version in person.get().content.decode()
    assert "车牌（可不填）" in " ".join(consent.terms.texts["zh-hans"])
    assert MemberSession.objects.count() == 1


def test_nobody_is_a_member_before_the_phone_is_proven(person):
    person.ask()
    assert not Member.objects.exists()
    assert not Consent.objects.exists()


def test_older_words_cannot_be_agreed_to(person):
    assert person.ask(version="00000000").status_code == 422
    assert not SmsCode.objects.exists()


def test_joining_twice_is_one_account_with_one_consent(person, mall):
    person.join()
    SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
    Person(mall).join()
    assert (Member.objects.count(), Consent.objects.count()) == (1, 1)


def test_a_member_comes_back_by_a_code(member, mall):
    again = Person(mall)
    SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
    answer = again.enter(again.ask(way="in", agree=False))
    assert answer.status_code == 303
    assert "我的会员账号" in words(again.get())


def test_asking_answers_alike_for_a_member_and_for_a_stranger(member, mall):
    SmsCode.objects.all().delete()
    answers = [
        Person(mall).ask(way="in", agree=False, phone=phone).content for phone in (PHONE, "13900139000")
    ]
    masks = [re.sub(rb'(name="attempt" value=")[^"]+|1\d{2}\*{4}\d{4}', rb"\1", answer) for answer in answers]
    assert masks[0] == masks[1]


def test_who_proves_a_phone_without_an_account_is_told_and_not_made_a_member(person):
    answer = person.enter(person.ask(way="in", agree=False))
    assert answer.status_code == 404
    assert "没有账号" in words(answer)
    assert not Member.objects.exists()


def test_a_code_works_once_for_five_minutes_and_five_tries(person, monkeypatch):
    asked = person.ask()
    code = person.code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert person.enter(asked, wrong).status_code == 422
    assert person.enter(asked, code).status_code == 422, "tried too often"
    SmsCode.objects.update(tries=0, expires_at=now())
    assert person.enter(asked, code).status_code == 422, "too old"
    SmsCode.objects.update(expires_at=now() + timedelta(minutes=1))
    assert person.enter(asked, code).status_code == 303
    assert person.enter(asked, code).status_code == 422, "used"
    assert MemberSession.objects.count() == 1


def test_a_phone_gets_one_code_a_minute_and_five_an_hour_and_the_answer_is_the_same(person, mall):
    for number in range(7):
        assert person.ask().status_code == 200
        SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
        assert SmsCode.objects.count() == min(number + 1, 5)
    SmsCode.objects.all().delete()
    for _ in range(2):
        assert person.ask().status_code == 200
    assert SmsCode.objects.count() == 1


def test_one_visitor_cannot_have_many_phones_ring(mall):
    answers = [Person(mall).ask(phone=f"138001380{number:02}").status_code for number in range(14)]
    assert answers == [200] * 12 + [429] * 2
    assert Outgoing.objects.count() == 12


def test_the_code_is_nowhere_in_clear_and_gone_within_the_hour(person):
    person.ask()
    row = SmsCode.objects.get()
    code = person.code()
    for value in (row.code_digest, row.phone, row.token_digest):
        assert code.encode() not in bytes(value)
        assert PHONE.encode() not in bytes(value)
    assert not Outgoing.objects.exists(), "sent, so deleted"
    assert work.drop_codes(now() + timedelta(minutes=61)) == 1
    assert not SmsCode.objects.exists()


@pytest.mark.parametrize(
    "typed", ["+86 138 0013 8000", "0086-13800138000", "１３８００１３８０００", "138-0013-8000"]
)
def test_a_number_is_taken_as_people_write_it(person, typed):
    assert person.ask(phone=typed).status_code == 200
    assert person.code()


@pytest.mark.parametrize("typed", ["", "12345", "沪A12345", "1" * 500, "+8612", "138001380001", "\0" * 11])
def test_what_is_no_number_is_said_beside_the_field(person, typed):
    answer = person.send("/code", phone=typed, way="in")
    assert answer.status_code == 422
    assert "请核对手机号" in words(answer)


def test_changed_words_are_asked_for_again_before_anything_is_given(member, mall):
    benefits.start(lot=mall.lot, kind=Kind.PERCENT, value=10, at=now())
    page = member.get().content.decode()
    assert "说明文本已更新" in page
    assert "领取今日停车券" not in page
    version = re.search(r'name="version" value="(\w+)"', page)[1]
    assert member.post("/agree", version=version).status_code == 422, "not ticked"
    assert member.post("/agree", version=version, agree="1").status_code == 303
    old, new = Consent.objects.order_by("pk")
    assert (old.ended_how, new.ended_how) == ("renewed", "")
    assert old.terms != new.terms
    assert "领取今日停车券" in member.get().content.decode()


def test_a_lot_without_benefits_asks_for_nothing(bare):
    answer = Client().get(f"/m/{bare.sign.code}")
    assert 'name="phone"' not in answer.content.decode()
    assert Person(bare).ask(version="x").status_code == 422


@pytest.mark.parametrize("code", ["x", "0" * 16, "A" * 5000, "%00", "../p"])
def test_a_code_that_is_none_of_ours_asks_no_database(mall, code, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get(f"/m/{code}").status_code == 404


def test_the_two_kinds_of_code_live_apart(mall):
    browser = Client()
    assert browser.get(f"/p/{mall.sign.code}").status_code == 404
    assert browser.get(f"/m/{mall.pure.code}").status_code == 404
    assert sign_address(mall.sign) == f"HTTP://TESTSERVER/M/{mall.sign.code}"


def test_a_revoked_member_code_still_leads_to_paying(mall):
    assert revoke(mall.sign, at=now())
    answer = Client().get(f"/m/{mall.sign.code}")
    assert answer.status_code == 410
    assert f"/p/{mall.pure.code}" in answer.content.decode()


def test_a_consent_of_one_lot_is_none_of_another(member, mall):
    from tests.factories import make_lot

    sister = make_lot(slug="sister")
    type(sister).objects.filter(pk=sister.pk).update(operator=mall.lot.operator)
    sister.refresh_from_db()
    benefits.start(lot=sister, kind=Kind.PERCENT, value=10, at=now())
    page = member.client.get("/member/sister").content.decode()
    assert "尚未在本停车场加入" in page
    stranger = make_lot(slug="strange")
    assert "发送验证码" in member.client.get(f"/member/{stranger.slug}").content.decode()
    assert joining.in_force(member.row, sister) is None
