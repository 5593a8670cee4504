"""An approver whom the asker has just made is no second person."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.utils.timezone import now

from monitoring.models import AlertMessage
from staff import grants, invitations, second_person
from staff.models import Role
from tests.factories import NOON, make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db
SOON, LATER = NOON + timedelta(hours=1), NOON + second_person.DELAY + timedelta(seconds=1)


@pytest.fixture
def lot():
    return make_lot()


@pytest.fixture
def asker(lot):
    return make_person(Role.OWNER, operator=lot.operator)


def refused(asker, approver, at=SOON):
    try:
        second_person.check(asked_by=asker.pk, approver=approver, at=at)
    except second_person.MadeByAsker:
        return True
    return False


def give(user, lot, by):
    grants.give(user=user, operator=lot.operator, role=Role.FINANCE, at=NOON, by=by)


def test_new_account_waits_a_day(lot, asker):
    approver = User.objects.create_user("new")
    give(approver, lot, asker)
    assert refused(asker, approver)
    assert not refused(asker, approver, LATER)


def test_account_made_by_others_may_approve(lot, asker):
    approver = User.objects.create_user("new")
    give(approver, lot, make_person(Role.OWNER, operator=lot.operator))
    assert not refused(asker, approver)


def test_account_made_over_another_waits(lot, asker):
    middle, approver = User.objects.create_user("middle"), User.objects.create_user("end")
    give(middle, lot, asker)
    give(approver, lot, middle)
    give(asker, lot, approver)
    assert refused(asker, approver)


def test_reset_account_waits(lot, asker):
    approver = make_person(Role.FINANCE, lot=lot)
    assert not refused(asker, approver)
    invitations.invite_back(user=approver, operator=lot.operator, by=asker, at=NOON)
    assert refused(asker, approver)


def test_account_without_its_factors_waits(lot):
    asker, approver = make_person(Role.OWNER, operator=lot.operator), make_person(Role.FINANCE, lot=lot)
    TOTP.activate(approver, "JBSWY3DPEHPK3PXP")
    signed_in(asker).post(f"/console/people/{approver.pk}/drop-factors")
    assert refused(asker, approver, now())
    assert not refused(make_person(Role.OWNER, operator=lot.operator), approver, now())
    assert not invitations._open(now()).exists()


def test_late_used_reset_waits(lot, asker):
    approver = make_person(Role.FINANCE, lot=lot)
    code = invitations.invite_back(user=approver, operator=lot.operator, by=asker, at=NOON)
    used = NOON + timedelta(days=3)
    invitations.accept(code=code, name="", password="vivid otter lantern 73", at=used)
    assert refused(asker, approver, used + timedelta(hours=1))


def test_owners_are_notified(lot, asker, settings):
    settings.ALERT_WECOM = "https://robots.example/?key=1"
    client = signed_in(asker)
    other = make_person(Role.FINANCE, operator=lot.operator)
    place = f"o{lot.operator_id}"
    client.post("/console/people/invite", {"place": place, "role": Role.FINANCE})
    client.post("/console/people/invite", {"place": place, "role": Role.BOOTH})
    client.post(f"/console/people/{other.pk}/invite-back")
    TOTP.activate(other, "JBSWY3DPEHPK3PXP")
    client.post(f"/console/people/{other.pk}/drop-factors")
    texts = AlertMessage.objects.values_list("text", flat=True)
    assert len(texts) == 3
    assert not any(other.username in text for text in texts)
