"""Joining and signing in: what the page says, the consent, the code; and uniform answers for everybody."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from members import benefits, joining, member_jobs, prices
from members.asked import BenefitKind
from members.member_signs import revoke, sign_address
from members.models import Consent, Member, MemberSession, Outgoing, SmsCode
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
def test_first_line_states_payment_needs_no_membership(mall, end, first):
    answer = Client().get(f"/m/{mall.sign.code}{end}")
    assert answer.status_code == 200
    assert lines(answer)[0] == first


def test_member_sign_links_to_payment(mall):
    page = Client().get(f"/M/{mall.sign.code}").content.decode()
    links = re.findall(r'<a class="go" href="([^"]+)"', page)
    assert links[0] == f"http://testserver/p/{mall.pure.code}"
    assert page.index(links[0]) < page.index("<form")
    paying = Client().get(links[0].removeprefix("http://testserver"))
    assert paying.status_code == 200
    assert 'id="plate"' in paying.content.decode()


def test_member_page_states_all_terms(mall):
    text = words(Client().get(f"/m/{mall.sign.code}"))
    for fact in (
        "上海浦江商业管理有限公司",
        "手机号",
        "车牌（可不填）",
        "每天一次，免费 1 小时",
        "365 天",
        "随时在会员页撤回",
        "privacy@example.cn",
    ):
        assert fact in text, fact


def test_consent_box_starts_unticked(mall):
    page = Client().get(f"/m/{mall.sign.code}").content.decode()
    box = re.search(r'<input type="checkbox"[^>]*>', page)
    assert box
    assert "checked" not in box[0]


def test_consent_box_is_one_for_one_thing(mall):
    page = Client().get(f"/m/{mall.sign.code}").content.decode()
    assert re.findall(r'<input type="checkbox"[^>]*name="(\w+)"', page) == ["agree"]
    assert "<select" not in page


def test_missing_consent_stores_nothing(person):
    answer = person.ask(agree=False)
    assert answer.status_code == 422
    assert "不同意就不建立账号" in words(answer)
    assert not SmsCode.objects.exists()
    assert not Outgoing.objects.exists()


def test_joining_records_the_consent(person):
    before = now()
    person.join()
    consent = Consent.objects.get()
    assert consent.member == person.row
    assert before <= consent.given_at <= now()
    assert consent.terms.version in person.get().content.decode()
    assert "车牌（可不填）" in " ".join(consent.terms.texts["zh-hans"])
    assert MemberSession.objects.count() == 1


def test_unproven_phone_creates_no_member(person):
    person.ask()
    assert not Member.objects.exists()
    assert not Consent.objects.exists()


def test_outdated_terms_are_refused(person):
    assert person.ask(version="00000000").status_code == 422
    assert not SmsCode.objects.exists()


def test_joining_twice_is_one_account(person, mall):
    person.join()
    SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
    Person(mall).join()
    assert (Member.objects.count(), Consent.objects.count()) == (1, 1)


def test_member_signs_in_by_code(member, mall):
    again = Person(mall)
    SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
    answer = again.enter(again.ask(way="in", agree=False))
    assert answer.status_code == 303
    assert "我的会员账号" in words(again.get())


def test_sign_in_hides_existing_accounts(member, mall):
    SmsCode.objects.all().delete()
    answers = [
        Person(mall).ask(way="in", agree=False, phone=phone).content for phone in (PHONE, "13900139000")
    ]
    masks = [re.sub(rb'(name="attempt" value=")[^"]+|1\d{2}\*{4}\d{4}', rb"\1", answer) for answer in answers]
    assert masks[0] == masks[1]


def test_sign_in_creates_no_account(person):
    answer = person.enter(person.ask(way="in", agree=False))
    assert answer.status_code == 404
    assert "没有账号" in words(answer)
    assert not Member.objects.exists()


def test_sign_in_code_expires_and_works_once(person, monkeypatch):
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


def test_codes_are_limited_per_phone(person, mall):
    for number in range(7):
        assert person.ask().status_code == 200
        SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
        assert SmsCode.objects.count() == min(number + 1, 5)
    SmsCode.objects.all().delete()
    for _ in range(2):
        assert person.ask().status_code == 200
    assert SmsCode.objects.count() == 1


def test_texts_are_limited_per_visitor(mall):
    answers = [Person(mall).ask(phone=f"138001380{number:02}").status_code for number in range(14)]
    assert answers == [200] * 12 + [429] * 2
    assert Outgoing.objects.count() == 12


def test_sms_code_is_sealed_and_deleted(person):
    person.ask()
    row = SmsCode.objects.get()
    code = person.code()
    for value in (row.code_digest, row.phone, row.token_digest):
        assert code.encode() not in bytes(value)
        assert PHONE.encode() not in bytes(value)
    assert not Outgoing.objects.exists(), "sent, so deleted"
    assert member_jobs.drop_codes(now() + timedelta(minutes=61)) == 1
    assert not SmsCode.objects.exists()


@pytest.mark.parametrize(
    "typed", ["+86 138 0013 8000", "0086-13800138000", "１３８００１３８０００", "138-0013-8000"]
)
def test_phone_formats_are_accepted(person, typed):
    assert person.ask(phone=typed).status_code == 200
    assert person.code()


@pytest.mark.parametrize("typed", ["", "12345", "沪A12345", "1" * 500, "+8612", "138001380001", "\0" * 11])
def test_invalid_phone_is_reported(person, typed):
    answer = person.send("/code", phone=typed, way="in")
    assert answer.status_code == 422
    assert "请核对手机号" in words(answer)


def test_changed_terms_need_new_consent(member, mall):
    benefits.start(lot=mall.lot, kind=BenefitKind.PERCENT, value=10, at=now())
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


def test_lot_without_benefits_asks_nothing(bare):
    answer = Client().get(f"/m/{bare.sign.code}")
    assert 'name="phone"' not in answer.content.decode()
    assert Person(bare).ask(version="x").status_code == 422


@pytest.mark.parametrize("code", ["x", "0" * 16, "A" * 5000, "%00", "../p"])
def test_invalid_member_code_skips_the_database(mall, code, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get(f"/m/{code}").status_code == 404


def test_payment_and_member_codes_are_separate(mall):
    browser = Client()
    assert browser.get(f"/p/{mall.sign.code}").status_code == 404
    assert browser.get(f"/m/{mall.pure.code}").status_code == 404
    assert sign_address(mall.sign) == f"HTTP://TESTSERVER/M/{mall.sign.code}"


def test_revoked_member_code_links_to_payment(mall):
    assert revoke(mall.sign, at=now())
    answer = Client().get(f"/m/{mall.sign.code}")
    assert answer.status_code == 410
    assert f"/p/{mall.pure.code}" in answer.content.decode()


def test_consent_applies_to_one_lot(member, mall):
    from tests.factories import make_lot

    sister = make_lot(slug="sister")
    type(sister).objects.filter(pk=sister.pk).update(operator=mall.lot.operator)
    sister.refresh_from_db()
    benefits.start(lot=sister, kind=BenefitKind.PERCENT, value=10, at=now())
    page = member.client.get("/member/sister").content.decode()
    assert "尚未在本停车场加入" in page
    stranger = make_lot(slug="strange")
    assert "发送验证码" in member.client.get(f"/member/{stranger.slug}").content.decode()
    assert joining.in_force(member.row, sister) is None


def test_no_price_in_front_of_a_system(mall):
    """Another vendor's system prices the stays: what a tariff of ours would cost is not what is charged."""
    rows = list(mall.lot.member_benefits.all())
    assert prices.compared(mall.lot, rows, at=now())
    mall.lot.system = "aike"
    assert prices.compared(mall.lot, rows, at=now()) == []
