"""Monthly passes: an access right for a plate that was shown, and for as long as its holder is a member."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.models import AccessRight
from lots.people import Role
from lots.plates import parse
from members import benefits, plates
from members.asked import Kind
from members.models import Member
from payments.quotes import NothingOwed, quote_stay
from tests.factories import make_person, see, signed_in
from tests.members.conftest import PHONE, PLATE, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(bare):
    """A member with a bound plate, where passes are given."""
    benefits.start(lot=bare.lot, kind=Kind.PASS, optional=["name"], at=now())
    person = Person(bare).join()
    plates.bind_by_staff(person.row, plate=parse(PLATE), by=make_person(), at=now())
    return person


@pytest.fixture
def desk(bare):
    client = signed_in(make_person(Role.DUTY, lot=bare.lot))

    def give(plate=PLATE, days=30):
        until = (now().astimezone(bare.lot.tz) + timedelta(days=days)).date()
        return client.post("/console/members/pujiang/pass", {"phone": PHONE, "plate": plate, "until": until})

    return give


def test_staff_give_a_pass_to_a_plate_that_was_shown(holder, desk, bare):
    assert desk(plate="沪B99999").status_code == 422, "not bound"
    assert desk().status_code == 302
    right = AccessRight.objects.get()
    assert (right.source, right.name) == ("member", "")
    assert "有效至" in holder.get().content.decode()
    at = now()
    see(bare.entry, PLATE, at + timedelta(minutes=1))
    with pytest.raises(NothingOwed):
        quote_stay(lot=bare.lot, plate=parse(PLATE), at=at + timedelta(hours=5))


def test_no_column_of_a_right_leads_to_a_member(holder, desk):
    desk()
    assert not [field.name for field in AccessRight._meta.get_fields() if "member" in field.name]
    assert AccessRight.objects.get().granted_by


def test_a_second_month_extends_the_first(holder, desk):
    desk()
    assert desk(days=60).status_code == 302
    assert desk(days=10).status_code == 422
    right = AccessRight.objects.get()
    assert right.valid_until > now() + timedelta(days=58)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_term_that_is_none_is_refused(holder, desk, days):
    assert desk(days=days).status_code == 422
    assert not AccessRight.objects.exists()


@pytest.mark.parametrize("way", ["/unbind", "/withdraw", "/delete"])
def test_it_ends_with_what_it_was_given_for(holder, desk, way):
    desk()
    pk = holder.row.plates.get().pk
    holder.post(way, plate=pk)
    right = AccessRight.objects.get()
    assert right.revoked_at
    assert Member.objects.exists() == (way == "/unbind")


def test_whoever_shows_the_plate_next_does_not_take_over_the_pass(holder, desk, bare):
    desk()
    other = Person(bare, phone="13900139000").join()
    plates.bind_by_staff(other.row, plate=parse(PLATE), by=make_person(), at=now())
    assert AccessRight.objects.get().revoked_at
    assert "有效至" not in other.get().content.decode()


def test_a_name_for_the_invoice_may_be_kept_changed_and_dropped(holder):
    for name in ("上海某公司", "张三", ""):
        assert holder.post("/name", name=name).status_code == 303
        assert f'value="{name}"' in holder.get().content.decode()
    assert holder.post("/name", name="长" * 61).status_code == 422
    assert holder.row.name is None


def test_without_the_benefit_there_is_no_pass(holder, desk, bare):
    benefits.end(bare.lot.member_benefits.get(), at=now())
    assert desk().status_code == 422
