"""Monthly passes: an permit for a plate that was shown, and for as long as its holder is a member."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.models import Permit
from lots.plates import parse
from members import benefits, member_plates
from members.asked import BenefitKind
from members.models import Member
from payments.refusals import NothingOwed
from staff.models import Role
from tests.factories import make_person, see, signed_in
from tests.members.conftest import PHONE, PLATE, Person
from tests.payments.payment_steps import look_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(bare):
    """A member with a bound plate, where passes are given."""
    benefits.start(lot=bare.lot, kind=BenefitKind.PASS, optional=["name"], at=now())
    person = Person(bare).join()
    member_plates.bind_by_staff(person.row, plate=parse(PLATE), by=make_person(), at=now())
    return person


@pytest.fixture
def grant_pass(bare):
    client = signed_in(make_person(Role.DUTY, lot=bare.lot))

    def give(plate=PLATE, days=30):
        until = (now().astimezone(bare.lot.tz) + timedelta(days=days)).date()
        return client.post("/console/members/pujiang/pass", {"phone": PHONE, "plate": plate, "until": until})

    return give


def test_staff_grant_pass_for_bound_plate(holder, grant_pass, bare):
    assert grant_pass(plate="沪B99999").status_code == 422, "not bound"
    assert grant_pass().status_code == 302
    permit = Permit.objects.get()
    assert (permit.source, permit.name) == ("member", "")
    assert "有效至" in holder.get().content.decode()
    at = now()
    see(bare.entry, PLATE, at + timedelta(minutes=1))
    with pytest.raises(NothingOwed):
        look_up(lot=bare.lot, plate=parse(PLATE), at=at + timedelta(hours=5))


def test_permit_does_not_reference_member(holder, grant_pass):
    grant_pass()
    assert not [field.name for field in Permit._meta.get_fields() if "member" in field.name]
    assert Permit.objects.get().granted_by


def test_second_month_extends_the_pass(holder, grant_pass):
    grant_pass()
    assert grant_pass(days=60).status_code == 302
    assert grant_pass(days=10).status_code == 422
    permit = Permit.objects.get()
    assert permit.valid_until > now() + timedelta(days=58)


@pytest.mark.parametrize("days", [-1, 400])
def test_invalid_pass_term_is_refused(holder, grant_pass, days):
    assert grant_pass(days=days).status_code == 422
    assert not Permit.objects.exists()


@pytest.mark.parametrize("way", ["/unbind", "/withdraw", "/delete"])
def test_pass_ends_with_plate_or_membership(holder, grant_pass, way):
    grant_pass()
    pk = holder.row.plates.get().pk
    holder.post(way, plate=pk)
    permit = Permit.objects.get()
    assert permit.revoked_at
    assert Member.objects.exists() == (way == "/unbind")


def test_new_holder_does_not_inherit_pass(holder, grant_pass, bare):
    grant_pass()
    other = Person(bare, phone="13900139000").join()
    member_plates.bind_by_staff(other.row, plate=parse(PLATE), by=make_person(), at=now())
    assert Permit.objects.get().revoked_at
    assert "有效至" not in other.get().content.decode()


def test_invoice_name_can_be_changed(holder):
    for name in ("上海某公司", "张三", ""):
        assert holder.post("/name", name=name).status_code == 303
        assert f'value="{name}"' in holder.get().content.decode()
    assert holder.post("/name", name="长" * 61).status_code == 422
    assert holder.row.name is None


def test_pass_needs_an_active_benefit(holder, grant_pass, bare):
    benefits.end(bare.lot.member_benefits.get(), at=now())
    assert grant_pass().status_code == 422
