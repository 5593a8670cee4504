"""Races: one holder, one coupon, one account. Real threads, real connections."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils.timezone import now

from lots.plates import parse
from members import benefits, changing, joining, member_jobs, member_keys, member_plates
from members.asked import BenefitKind
from members.models import BoundPlate, Consent, Member, MemberSession, Outgoing, Points, SmsCode
from payments.coupons.coupon_models import Coupon
from tests.members.conftest import PLATE, Person
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_concurrent_bindings_leave_one_holder(mall):
    people = [Person(mall, phone=f"1380013800{n}").join().row for n in range(2)]
    member_jobs.send_texts(now())
    plate = parse(PLATE)
    answers = at_once(
        *(lambda one=one: member_plates.bind_by_staff(one, plate=plate, by=None, at=now()) for one in people)
    )
    assert not faults(answers)
    holder = BoundPlate.objects.get().member
    former = next(one for one in people if one != holder)
    member_jobs.send_texts(now() + timedelta(seconds=1))
    found = [text for text in mall.inbox.texts if text.kind == "plate_moved"]
    assert [text.phone for text in found] == [member_keys.unseal_phone(former.operator_id, former.phone)]


def test_concurrent_presses_give_one_coupon(member, mall):
    row, benefit = member.row, mall.lot.member_benefits.select_related("lot", "shop", "offer").get()
    answers = at_once(*[lambda: benefits.take(benefit, row, plate=None, at=now())] * 3)
    assert not faults(answers)
    assert len({coupon.pk for coupon in answers}) == 1
    assert Coupon.objects.count() == 1


def test_concurrent_spending_never_overdraws_points(member, mall):
    benefit = benefits.start(lot=mall.lot, kind=BenefitKind.POINTS, value=500, points=10, at=now())
    version = joining.terms.keep(mall.lot, at=now()).version
    joining.agree(member.row, lot=mall.lot, version=version, language="zh-hans", at=now())
    Points.objects.create(member=member.row, lot=mall.lot, points=15, press="x", at=now())
    row = member.row
    answers = at_once(
        *(lambda n=n: benefits.spend_points(benefit, row, press=f"press-{n}", at=now()) for n in range(3))
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Coupon", "NotEnough", "NotEnough"]
    assert benefits.balance(row, mall.lot) == 5


def test_concurrent_code_entry_succeeds_once(person, mall):
    answer = person.ask()
    code = person.code()
    token = answer.content.decode().split('name="attempt" value="')[1].split('"')[0]
    answers = at_once(
        *[lambda: joining.enter(lot=mall.lot, token=token, code=code, client="x", at=now())] * 3
    )
    assert sorted(type(one).__name__ for one in answers) == ["Entered", "WrongCode", "WrongCode"]
    assert (Member.objects.count(), Consent.objects.count()) == (1, 1)
    assert not MemberSession.objects.exists()


def test_concurrent_number_changes_have_one_winner(mall):
    people = [Person(mall, phone=f"1380013800{n}").join().row for n in range(2)]
    to = Person(mall, phone="13900139000")
    asked = {"lot": mall.lot, "client": "x", "at": now()}
    calls = []
    for one in people:
        token = changing.ask_code(one, phone=to.phone, language="zh-hans", **asked)
        SmsCode.objects.update(made_at=now() - timedelta(minutes=2))
        calls.append(partial(changing.change, one, session="", token=token, code=to.code(), **asked))
    answers = at_once(*calls)
    assert {type(answer) for answer in answers} == {type(None), changing.NumberTaken}
    winner, loser = people if answers[0] is None else people[::-1]
    assert to.row == winner
    assert Member.objects.get(phone_digest=loser.phone_digest) == loser


def test_repeated_code_changes_number_once(member, mall):
    to, row = Person(mall, phone="13900139000"), member.row
    asked = {"lot": mall.lot, "client": "x", "at": now()}
    token = changing.ask_code(row, phone=to.phone, language="zh-hans", **asked)
    answers = at_once(*[partial(changing.change, row, session="", token=token, code=to.code(), **asked)] * 3)
    assert sorted(type(one).__name__ for one in answers) == ["NoneType", "WrongCode", "WrongCode"]
    assert to.row == row
    assert Outgoing.objects.count() == 1


def test_concurrent_workers_send_each_text_once(person, mall):
    person.ask()
    assert (SmsCode.objects.count(), Outgoing.objects.count()) == (1, 1)
    at = now()
    assert sum(at_once(*[lambda: member_jobs.send_texts(at)] * 2)) == 1
    assert len(mall.inbox.texts) == 1
