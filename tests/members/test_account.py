"""A member's own page: coupons, points, plates with proof, the name; leaving, deleting, a copy."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from django.test import Client
from django.utils import translation
from django.utils.timezone import now

from lots.plates import parse
from members import benefits, member_jobs, member_plates
from members.asked import BenefitKind
from members.member_plates import shown_in
from members.models import (
    BoundPlate,
    ClaimedReceipt,
    Consent,
    LaneDisplay,
    Member,
    MemberSession,
    Outgoing,
    Points,
    SmsCode,
)
from members.pages.member_view import COOKIE
from payments.coupons.coupon_models import Coupon
from tests.factories import see
from tests.members.conftest import PHONE, PLATE, Person
from tests.payments.acting import pay
from tests.payments.conftest import channel
from tests.payments.payment_steps import look_up

__all__ = ["channel"]

pytestmark = pytest.mark.django_db


def only_benefit(mall):
    return mall.lot.member_benefits.filter(ended_at=None).earliest("pk")


def consent_again(person):
    page = person.get().content.decode()
    version = re.search(r'name="version" value="(\w+)"', page)
    assert version
    assert person.post("/agree", version=version[1], agree="1").status_code == 303


@pytest.fixture
def paid(mall, channel):
    """A stay of 61 minutes that someone has paid: 10 yuan, and its receipt code."""
    at = now()
    see(mall.entry, PLATE, at - timedelta(minutes=61))
    return pay(mall.lot, channel, at=at)


def test_member_gets_one_coupon_daily(member, mall):
    benefit = only_benefit(mall)
    for _ in range(2):
        assert member.post("/take", benefit=benefit.pk, plate="").status_code == 303
    coupon = Coupon.objects.get()
    assert coupon.offer.funded_by == "operator"
    page = member.get().content.decode()
    link = re.search(r'href="http://testserver(/c/[0-9A-Z]{12})"', page)
    assert link
    assert "停车券" in Client().get(link[1]).content.decode()


def test_member_price_is_price_minus_coupon(member, mall):
    at = now()
    see(mall.entry, PLATE, at - timedelta(minutes=121))
    common = look_up(lot=mall.lot, plate=parse(PLATE), at=at)
    assert (common.price_fen, common.amount_fen) == (1500, 1500)
    member.post("/take", benefit=only_benefit(mall).pk, plate="")
    code = re.search(r"/c/([0-9A-Z]{12})", member.get().content.decode())[1]
    mine = look_up(lot=mall.lot, plate=parse(PLATE), at=now(), codes=[code])
    assert (mine.price_fen, mine.amount_fen) == (1500, 1000)


def test_coupon_does_not_identify_its_member(member, mall):
    member.post("/take", benefit=only_benefit(mall).pk, plate="")
    row = Coupon.objects.get()
    assert not re.search(rf"\b{member.row.pk}\b", row.request)
    columns = {field.name for field in Coupon._meta.get_fields()}
    assert not [name for name in columns if "member" in name]


def test_receipt_gives_points_once(member, mall, paid):
    benefits.start(lot=mall.lot, kind=BenefitKind.POINTS, value=500, points=10, at=now())
    consent_again(member)
    written = f"{paid.receipt_code[:4]}-{paid.receipt_code[4:].lower()}"
    assert member.post("/points", receipt=written).status_code == 303
    assert member.post("/points", receipt=paid.receipt_code).status_code == 422
    assert member.post("/points", receipt="0" * 12).status_code == 422
    assert Points.objects.get().points == 10
    assert paid.receipt_code.encode() not in bytes(ClaimedReceipt.objects.get().digest)
    assert "10 积分" in member.get().content.decode()


def test_points_buy_one_coupon_per_press(member, mall):
    benefit = benefits.start(lot=mall.lot, kind=BenefitKind.POINTS, value=500, points=10, at=now())
    consent_again(member)
    Points.objects.create(member=member.row, lot=mall.lot, points=15, press="x", at=now())
    press = re.search(r'name="press" value="([^"]+)"', member.get().content.decode())[1]
    for _ in range(2):
        assert member.post("/spend", benefit=benefit.pk, press=press).status_code == 303
    other = press[:-1] + ("0" if press[-1] != "0" else "1")
    assert member.post("/spend", benefit=benefit.pk, press=other).status_code == 422
    assert Coupon.objects.count() == 1
    assert benefits.balance(member.row, mall.lot) == 5


@pytest.mark.parametrize("press", ["", "x", "a" * 5000])
def test_forged_press_token_is_refused(member, mall, press):
    benefit = benefits.start(lot=mall.lot, kind=BenefitKind.POINTS, value=500, points=10, at=now())
    assert member.post("/spend", benefit=benefit.pk, press=press).status_code == 400


def test_receipt_binds_its_own_plate(member, mall, paid):
    code = paid.receipt_code
    assert member.post("/plate", plate="沪B99999", proof="receipt", proof_code=code).status_code == 422
    assert not BoundPlate.objects.exists()
    assert member.post("/plate", plate="沪A·12345", proof="receipt", proof_code=code).status_code == 303
    assert "沪A·12345" in member.get().content.decode()
    assert BoundPlate.objects.get().proof == "receipt"


def test_erased_plate_cannot_be_proven(member, paid):
    type(paid.session).objects.update(plate=None, plate_index=None)
    answer = member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    assert answer.status_code == 422


def test_lane_screen_code_binds_plate(member, mall):
    at, lane = now(), mall.way_out.lane
    see(mall.entry, PLATE, at - timedelta(minutes=61))
    see(mall.way_out, PLATE, at)
    masked, code = shown_in(lane, at=at)
    assert masked == "沪A***45"
    assert member.post("/plate", plate=PLATE, proof="lane", proof_code=code).status_code == 422, "no screen"
    LaneDisplay.objects.create(lane=lane, digest=b"x", made_at=at)
    assert member.post("/plate", plate="沪A12346", proof="lane", proof_code=code).status_code == 422
    wrong = "000000" if code != "000000" else "000001"
    assert member.post("/plate", plate=PLATE, proof="lane", proof_code=wrong).status_code == 422
    assert member.post("/plate", plate=PLATE, proof="lane", proof_code=code).status_code == 303
    assert BoundPlate.objects.get().member == member.row


def test_proof_guessing_is_rate_limited(member):
    answers = [
        member.post("/plate", plate=PLATE, proof="lane", proof_code=f"{n:06}").status_code for n in range(14)
    ]
    assert answers == [422] * 12 + [429] * 2


def test_former_holder_gets_masked_plate(member, mall, paid):
    form = {"plate": PLATE, "proof": "receipt", "proof_code": paid.receipt_code}
    member.post("/plate", **form)
    other = Person(mall, phone="13900139000").join()
    assert other.post("/plate", **form).status_code == 303
    assert BoundPlate.objects.get().member == other.row
    member_jobs.send_texts(now())
    found = mall.inbox.texts[-1]
    assert (found.phone, found.kind) == (PHONE, "plate_moved")
    assert "沪A***45" in found.text
    assert "12345" not in found.text
    assert PLATE not in member.get().content.decode()


def test_former_holder_is_texted_in_own_language(member, mall):
    member_plates.bind_by_staff(member.row, plate=parse(PLATE), by=None, at=now())
    other = Person(mall, phone="13900139000").join()
    with translation.override("en"):  # of the staff's console
        member_plates.bind_by_staff(other.row, plate=parse(PLATE), by=None, at=now())
    member_jobs.send_texts(now())
    assert "已由他人凭证明绑定" in mall.inbox.texts[-1].text


def test_plate_coupon_hides_presence(member, mall, paid):
    member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    type(paid.session).objects.update(left_at=now())
    pages = []
    for inside in (False, True):
        bound = BoundPlate.objects.get()
        member.post("/take", benefit=only_benefit(mall).pk, plate=bound.pk)
        pages.append(re.sub(r'value="[^"]*"', "", member.get().content.decode()))
        if not inside:
            see(mall.entry, PLATE, now())
    assert pages[0] == pages[1]
    assert "所选车牌查费时自动抵扣" in pages[0]


def test_plate_coupon_hides_payment(member, mall, paid, channel):
    member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    type(paid.session).objects.update(left_at=now())
    member.post("/take", benefit=only_benefit(mall).pk, plate=BoundPlate.objects.get().pk)
    before = re.sub(r'value="[^"]*"', "", member.get().content.decode())
    assert Coupon.objects.get().state == "issued"
    see(mall.entry, PLATE, now() - timedelta(minutes=61))
    pay(mall.lot, channel, at=now())
    assert Coupon.objects.get().state == "used"
    assert re.sub(r'value="[^"]*"', "", member.get().content.decode()) == before


def test_todays_coupon_is_offered_once(member, mall):
    benefit = only_benefit(mall).pk
    assert "领取今日停车券" in member.get().content.decode()
    member.post("/take", benefit=benefit, plate="")
    Coupon.objects.update(state=Coupon.State.REVOKED)
    page = member.get().content.decode()
    assert "今日停车券已领取" in page
    assert "领取今日停车券" not in page
    assert "/c/" not in page


def test_refused_form_keeps_its_input(member):
    page = member.post("/plate", plate="沪B99999", proof="lane", proof_code="123456").content.decode()
    for kept_one in ('value="沪B99999"', 'value="123456"', "<details open>"):
        assert kept_one in page
    assert re.search(r'value="lane"\s+checked', page)
    page = member.post("/agree").content.decode()
    assert "<details open>" not in page


def test_ended_benefits_need_no_consent(member, mall):
    benefits.end(only_benefit(mall), at=now())
    page = member.get().content.decode()
    assert "目前没有会员权益" in page
    assert "/agree" not in page
    assert "/delete" in page


def test_account_holds_three_plates(member):
    from members.member_plates import bind_by_staff

    for number in range(3):
        bind_by_staff(member.row, plate=parse(f"沪A1234{number}"), by=None, at=now())
    page = member.get().content.decode()
    assert page.count("移除") == 3
    pk = BoundPlate.objects.first().pk
    assert member.post("/unbind", plate=pk).status_code == 303
    assert BoundPlate.objects.count() == 2


def test_other_members_plate_is_refused(member, mall, paid):
    member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    other, pk = Person(mall, phone="13900139000").join(), BoundPlate.objects.get().pk
    assert other.post("/unbind", plate=pk).status_code == 303
    assert BoundPlate.objects.get().member == member.row
    assert other.post("/take", benefit=only_benefit(mall).pk, plate=pk).status_code == 400


def test_name_needs_a_matching_benefit(member, mall):
    assert 'name="name"' not in member.get().content.decode()
    assert member.post("/name", name="张三").status_code == 400
    assert Member.objects.get().name is None


def test_only_listed_data_is_asked(member):
    page = member.get().content.decode()
    for word in ("birthday", "生日", "gender", "性别", "email", "身份证", 'address"'):
        assert word not in page
    member.post("/name", name="", birthday="1990-01-01")
    stored = {field.name for field in Member._meta.get_fields() if field.concrete}
    assert stored == {"id", "operator", "phone", "phone_digest", "name", "joined_at", "used_on"}


def test_withdrawal_ends_everything_at_once(member, mall):
    member.post("/take", benefit=only_benefit(mall).pk, plate="")
    assert 'action="/member/pujiang/withdraw"' in member.get().content.decode()
    answer = member.post("/withdraw")
    assert answer.status_code == 200
    assert "您已退出" in answer.content.decode()
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert not Member.objects.exists()
    assert not MemberSession.objects.exists()
    assert Coupon.objects.get().state == "revoked"
    assert Consent.objects.get().ended_how == "withdrawn"


def test_deletion_leaves_an_anonymous_proof(member, mall, paid):
    member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    assert member.post("/delete").status_code == 200
    consent = Consent.objects.get()
    assert (consent.member, consent.ended_how) == (None, "deleted")
    for model in (Member, MemberSession, BoundPlate, Points, SmsCode):
        assert not model.objects.exists(), model
    assert "发送验证码" in member.get().content.decode()


def test_consent_proof_expires_after_three_years(member):
    member.post("/delete")
    assert not member_jobs.drop_proofs(now() + timedelta(days=1000))
    assert Consent.objects.exists()
    member_jobs.drop_proofs(now() + timedelta(days=3 * 365 + 1))
    assert not Consent.objects.exists()


def test_unused_account_is_deleted(member):
    assert member_jobs.delete_unused(now() + timedelta(days=settings.MEMBER_DAYS - 1)) == 0
    assert member_jobs.delete_unused(now() + timedelta(days=settings.MEMBER_DAYS + 2)) == 1
    assert not Member.objects.exists()
    assert Consent.objects.get().ended_how == "unused"


def test_data_copy_is_complete(member, mall, paid):
    member.post("/plate", plate=PLATE, proof="receipt", proof_code=paid.receipt_code)
    answer = member.get("/copy.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    copy = json.loads(answer.content)
    assert (copy["phone"], copy["plates"][0]["plate"]) == (PHONE, "沪A·12345")
    assert copy["consents"][0]["text"]
    assert "copy" not in Client().get(f"{mall.base}/copy.json").headers.get("Content-Disposition", "")


def test_signing_out_ends_the_session(member, mall):
    assert member.post("/out").status_code == 303
    assert not MemberSession.objects.exists()
    assert "发送验证码" in member.get().content.decode()


FORM_ACTIONS = ["agree", "take", "points", "spend", "plate", "unbind", "name", "phone", "change"]


@pytest.mark.parametrize("action_name", [*FORM_ACTIONS, "withdraw", "delete", "out"])
class TestMemberForms:
    def test_forged_form_token_is_refused(self, member, action_name):
        before = Member.objects.count(), Consent.objects.filter(ended_at=None).count()
        answer = member.send(f"/{action_name}", form="0" * 32, agree="1")
        assert answer.status_code == 403
        assert (Member.objects.count(), Consent.objects.filter(ended_at=None).count()) == before

    def test_cross_site_post_is_refused(self, member, action_name):
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        answer = member.client.post(f"{member.mall.base}/{action_name}", {}, headers=headers)
        assert answer.status_code == 403
        assert Member.objects.count() == 1

    def test_large_or_foreign_body_is_refused(self, member, action_name):
        path = f"{member.mall.base}/{action_name}"
        huge = member.client.post(path, "x" * 70_000, content_type="application/x-www-form-urlencoded")
        assert (huge.status_code, member.client.post(path, {"a": "b"}).status_code) == (413, 415)

    def test_stranger_is_redirected_to_sign_in(self, mall, action_name):
        assert Person(mall).send(f"/{action_name}").status_code == 303
        assert Person(mall).get(f"/{action_name}").status_code == 405


@pytest.mark.parametrize("token", ["x", "x" * 64, "x" * 5000])
def test_forged_cookie_is_ignored(mall, token):
    client = Client()
    client.cookies[COOKIE] = token
    assert "发送验证码" in client.get(mall.base).content.decode()


def test_cookie_holds_only_a_token(member):
    cookie = member.client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie.value.encode() not in bytes(MemberSession.objects.get().digest)
    assert {field.name for field in MemberSession._meta.fields} == {"id", "digest", "member", "expires_at"}
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("path", ["", "/join"])
def test_absent_database_is_503_with_a_wait(person, monkeypatch, path):
    def away(*_args, **_options):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(connections["default"]), "cursor", away)
        answer = person.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
