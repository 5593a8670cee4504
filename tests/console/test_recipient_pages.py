"""Who receives data of a lot's drivers: named in the console, then in all that is published."""

import pytest
from django.test import Client
from django.utils import translation

from compliance.privacy_notice import notice_for
from driver import page_cache
from lots.models import Recipient, SettingChange
from tests.factories import NOON, make_lot
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named

pytestmark = pytest.mark.django_db
NO_OTHERS = "Nobody else receives anything"
CITY = {"kind": "city", "name": "示例市停车管理中心", "contact": "privacy@city.example"}


@pytest.fixture(autouse=True)
def static_root():
    page_cache.PRIVACY.clear()
    yield
    page_cache.PRIVACY.clear()


@pytest.fixture
def lot():
    return make_lot(slug="own", address="浦江路 1 号")


def public_page(lot):
    page_cache.PRIVACY.clear()
    return Client().get(f"/lot/{lot.slug}/privacy/en").content.decode()


def recipients_of(lot):
    with translation.override("en"):
        return " ".join(notice_for(lot).recipients)


def test_public_notice_names_the_parking_system():
    lot = lot_in_front_of(vendor_named("aike"))
    page = public_page(lot)
    assert "示例停车系统有限公司" in page
    assert "privacy@pms.example" in page
    assert NO_OTHERS not in page


def test_only_an_empty_list_claims_no_others(owner, lot):
    assert NO_OTHERS in public_page(lot)
    assert owner.post("/console/lots/own/recipients", CITY).status_code == 302
    page = public_page(lot)
    assert CITY["name"] in page
    assert CITY["contact"] in page
    assert NO_OTHERS not in page
    row = Recipient.objects.get()
    assert owner.post(f"/console/lots/own/recipients/{row.pk}/remove").status_code == 302
    assert NO_OTHERS in public_page(lot)
    assert Recipient.objects.get().ended_on is not None  # the record of providing stays
    assert SettingChange.objects.filter(lot=lot).count() == 2


@pytest.mark.parametrize("kind", Recipient.Kind.values)
def test_each_kind_states_what_it_receives(lot, kind):
    Recipient.objects.create(lot=lot, kind=kind, name="示例公司", contact="a@b.example", since=NOON.date())
    assert "示例公司 (a@b.example)" in recipients_of(lot)
    assert NO_OTHERS not in recipients_of(lot)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "mars"}, "kind"),
        ({"name": " "}, "name"),
        ({"contact": ""}, "contact"),
        ({"name": "x" * 121}, "name"),
    ],
)
def test_bad_recipient_is_named(owner, change, field):
    answer = owner.post("/console/lots/own/recipients", {**CITY, **change})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Recipient.objects.exists()


def test_recipient_is_named_once(owner, lot):
    for _ in range(2):  # a second press leads to the list too
        assert owner.post("/console/lots/own/recipients", CITY).status_code == 302
    assert Recipient.objects.count() == 1


def test_recipient_of_another_lot_stays(owner):
    other = make_lot(slug="other")
    row = Recipient.objects.create(lot=other, since=NOON.date(), **CITY)
    assert owner.post(f"/console/lots/own/recipients/{row.pk}/remove").status_code == 404
    assert Recipient.objects.get(pk=row.pk).ended_on is None
