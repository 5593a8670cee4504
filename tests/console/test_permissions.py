"""Each role does what the table says, in its own lots alone."""

import threading
from datetime import timedelta

import pytest

from lots.models import Lot
from staff import grants as people
from staff.access import Access
from staff.models import Grant, Role
from staff.permissions import MAY
from tests.factories import NOON, make_device, make_lot, make_person, see, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    """One's own lot, its sister at the same operator, and a lot of strangers."""
    own, strange = make_lot(slug="own"), make_lot(slug="strange")
    sister = make_lot(slug="sister")
    Lot.objects.filter(pk=sister.pk).update(operator=own.operator)
    return own, Lot.objects.get(pk=sister.pk), strange


def reachable_lots(user, action):
    return sorted(Access(user, action).lots().values_list("slug", flat=True))


@pytest.mark.parametrize("role", Role)
def test_role_reaches_only_own_lots(role, places):
    own = places[0]
    at_lot, at_operator = make_person(role, lot=own), make_person(role, operator=own.operator)
    for action in MAY:
        may = role in MAY[action]
        assert reachable_lots(at_lot, action) == (["own"] if may else []), action
        assert reachable_lots(at_operator, action) == (["own", "sister"] if may else []), action
        assert [Access(at_lot, action).may(action, lot.pk) for lot in places] == [may, False, False], action
        both = [Access(at_operator, action).may(action, lot.pk) for lot in places]
        assert both == [may, may, False], action


def test_superuser_reaches_every_lot(places):
    assert reachable_lots(make_person(), "days.close") == ["own", "sister", "strange"]
    assert set(MAY) - {action for action, roles in MAY.items() if Role.OWNER in roles} == set()


def test_auditor_and_regulator_are_read_only():
    changing = {action for action in MAY if not action.endswith(".see")}
    assert not [action for action in changing if MAY[action] & {Role.AUDITOR, Role.REGULATOR}]


def test_other_lots_return_404(places):
    own = places[0]
    see(make_device(own, "entry"), "沪A12345", NOON)
    client = signed_in(make_person(Role.DUTY, lot=own))
    assert client.get("/console/lots/own").status_code == 200
    assert {client.get(f"/console/lots/{slug}").status_code for slug in ("sister", "strange", "none")} == {
        404
    }
    page = client.get("/console/").content.decode()
    assert "lots/own" in page
    assert "lots/sister" not in page


def test_ended_role_grants_nothing(places):
    own = places[0]
    user = make_person(Role.FINANCE, lot=own)
    grant = user.grants.get()
    assert people.end(grant, at=NOON + timedelta(hours=1))
    assert not people.end(grant, at=NOON + timedelta(hours=2))
    assert reachable_lots(user, "money.see") == []
    grant.refresh_from_db()
    assert grant.ended_at == NOON + timedelta(hours=1)


def test_granting_role_twice_creates_one(places):
    own = places[0]
    user = make_person(Role.BOOTH, lot=own)
    people.give(user=user, operator=own.operator, lot=own, role=Role.BOOTH, at=NOON)
    assert user.grants.count() == 1


def test_role_at_foreign_lot_is_refused(places):
    own, _, strange = places
    with pytest.raises(people.ForeignLot):
        people.give(user=make_person(), operator=own.operator, lot=strange, role=Role.DUTY, at=NOON)


def test_last_owner_cannot_be_removed(places):
    own = places[0]
    first, second = (make_person(Role.OWNER, operator=own.operator) for _ in range(2))
    assert people.end(first.grants.get(), at=NOON)
    with pytest.raises(people.LastOwner):
        people.end(second.grants.get(), at=NOON)


@pytest.mark.django_db(transaction=True)
def test_concurrent_owner_removal_leaves_one():
    operator = make_lot().operator
    grants = [make_person(Role.OWNER, operator=operator).grants.get() for _ in range(2)]
    gate, found = threading.Barrier(2), []

    def work(grant):
        from django.db import connection

        gate.wait()
        try:
            found.append(people.end(grant, at=NOON))
        except people.LastOwner:
            found.append("last")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[grant]) for grant in grants]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(map(str, found)) == ["True", "last"]
    assert Grant.objects.filter(operator=operator, ended_at=None).count() == 1
