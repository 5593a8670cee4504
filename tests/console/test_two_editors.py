"""Two people have the same form open: the second loses nothing, overwrites nothing unseen, and sees why."""

import re

import pytest

from compliance.models import SelfCheckAlarm
from lots import patrol
from lots.models import Lane, ParkingSystemLink, SettingChange, SignWording
from lots.models.printing import SignAlarm
from lots.signs.sign_wording import PRESETS, City
from payments.coupons.coupon_models import Shop
from staff.models import Role
from tests.console.test_system_setup import typed as system_form
from tests.factories import NOON, make_lot, make_person, signed_in
from tests.lots.systems.simulated import vendor_named
from tests.payments.coupons.making import make_offer, make_shop

pytestmark = pytest.mark.django_db
SHOP = {"name": "浦江书店", "pays_percent": "100", "per_plate_day": "1", "month_fen": "", "revision": "1"}


@pytest.fixture
def lot():
    return make_lot(slug="own", address="浦江路 1 号", closed_at=NOON)


@pytest.fixture
def li(lot):
    return client_of("li.na", lot)


@pytest.fixture
def wang(lot):
    return client_of("wang.lei", lot)


def client_of(name, lot):
    person = make_person(Role.OWNER, operator=lot.operator)
    person.username = name
    person.save()
    return signed_in(person)


def page(answer):
    return answer.content.decode()


def shown(text, name):
    """Return the value of an input."""
    return re.search(rf'<input[^>]*name="{name}"[^>]*>', text)[0].partition('value="')[2].partition('"')[0]


@pytest.fixture
def shop(lot):
    shop = make_shop(lot, name="浦江书店", per_plate_day=1)
    make_offer(shop)
    return shop


def save_shop(client, shop, **changes):
    form = {**SHOP, "offers": [offer.pk for offer in shop.offers.all()], **changes}
    return client.post(f"/console/shops/{shop.pk}/settings", form)


def test_shop_edits_of_different_fields_both_stand(li, wang, shop):
    offers = [offer.pk for offer in shop.offers.all()]
    assert save_shop(li, shop, pays_percent="80").status_code == 302
    late = save_shop(wang, shop, month_fen="500", offers=offers)
    assert late.status_code == 409
    text = page(late)
    assert "li.na" in text
    assert shown(text, "pays_percent") == "80"
    assert shown(text, "month_fen") == "500"
    assert save_shop(wang, shop, month_fen="500", pays_percent="80", revision="2").status_code == 302
    shop.refresh_from_db()
    assert (shop.pays_percent, shop.month_fen, shop.revision) == (80, 50000, 3)


def test_clash_in_a_shop_is_a_decision(li, wang, shop):
    assert save_shop(li, shop, pays_percent="80").status_code == 302
    late = save_shop(wang, shop, pays_percent="60")
    assert "li.na 刚改为“80”" in page(late)
    assert shown(page(late), "pays_percent") == "60"
    assert Shop.objects.get().pays_percent == 80
    assert save_shop(wang, shop, pays_percent="60", revision=shown(page(late), "revision")).status_code == 302
    assert Shop.objects.get().pays_percent == 60


def test_coupons_taken_from_a_shop_stay_taken(li, wang, shop):
    offers = [offer.pk for offer in shop.offers.all()]
    assert save_shop(li, shop, offers=[]).status_code == 302
    late = page(save_shop(wang, shop, offers=offers, per_day="9"))
    assert 'name="offers" value' in late
    assert "checked" not in late.split('name="offers"')[1].split(">")[0]


def test_shop_changes_are_in_the_audit_log(li, shop, lot):
    save_shop(li, shop, pays_percent="80", month_fen="1200")
    li.post(f"/console/shops/{shop.pk}/settings/end")
    kinds = list(SettingChange.objects.filter(thing="shop").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["changed", "revoked"]
    log = page(li.get("/console/compliance/audit?kind=setting"))
    assert "浦江书店" in log
    assert "1,200.00" in page(li.get(f"/console/shops/{shop.pk}/settings"))


def test_repeated_shop_form_changes_nothing(li, shop):
    assert save_shop(li, shop, pays_percent="80").status_code == 302
    assert save_shop(li, shop, pays_percent="80").status_code == 302
    assert SettingChange.objects.filter(thing="shop").count() == 1


def test_shop_form_without_revision_is_refused(li, shop):
    answer = save_shop(li, shop, pays_percent="80", revision="")
    assert answer.status_code == 422
    assert Shop.objects.get().pays_percent == 100


def test_lane_edits_of_different_fields_both_stand(li, wang, lot):
    lane = Lane.objects.create(lot=lot, name="东出口", direction="exit")
    address, seen = (
        f"/console/lots/own/lanes/{lane.pk}",
        {
            "name": "东出口",
            "was": "东出口",
            "min_confidence": "50",
            "was_confidence": "50",
            "was_screen": "False",
        },
    )
    assert li.post(address, {**seen, "min_confidence": "70"}).status_code == 302
    assert wang.post(address, {**seen, "has_screen": "on"}).status_code == 302
    lane.refresh_from_db()
    assert (lane.min_confidence, lane.has_screen) == (70, True)
    clash = wang.post(address, {**seen, "min_confidence": "60", "has_screen": "on", "was_screen": "True"})
    assert clash.status_code == 422
    assert "改为“70”" in page(clash)
    lane.refresh_from_db()
    assert lane.min_confidence == 70


def word(client, **fields):
    texts = {name: getattr(PRESETS[City.SHANGHAI], name) for name in ("headline", "promise")}
    return client.post("/console/lots/own/signs/wording", {"city": "shanghai", **texts, **fields})


def test_older_wording_form_is_refused_once(li, wang, lot):
    assert word(li, note="夜间请走东门", seen="0").status_code == 302
    late = word(wang, note="夜间请走西门", seen="0")
    assert late.status_code == 422
    assert "li.na 刚在" in page(late)
    assert shown(page(late), "note") == "夜间请走西门"
    assert SignWording.objects.count() == 1
    assert word(wang, note="夜间请走西门", seen=shown(page(late), "seen")).status_code == 302
    assert SignWording.objects.latest("pk").texts["note"] == "夜间请走西门"


def test_older_system_form_is_refused_once(li, wang, lot):
    vendor = vendor_named("aike")
    address = f"/console/lots/own/system?vendor={vendor.kind}"
    seen = shown(page(li.get(address)), "seen")
    assert li.post(address, system_form(vendor, lot_code="LI", seen=seen)).status_code == 302
    assert li.post(address, system_form(vendor, lot_code="LI", seen=seen)).status_code == 302
    late = wang.post(address, system_form(vendor, lot_code="WANG", seen=seen))
    assert late.status_code == 422
    assert "li.na 刚在" in page(late)
    assert ParkingSystemLink.objects.get().lot_code == "LI"
    again = system_form(vendor, lot_code="WANG", seen=shown(page(late), "seen"))
    assert wang.post(address, again).status_code == 302
    assert ParkingSystemLink.objects.get().lot_code == "WANG"


def test_second_answer_to_an_alarm_is_told(li, wang, lot):
    owner = make_person(Role.OWNER, operator=lot.operator)
    sign = patrol.raise_alarm(lot, SignAlarm.Kind.FOREIGN, by=owner, at=NOON)
    relapse = SelfCheckAlarm.objects.create(lot=lot, at=NOON, was="pure", became="not_pure", worse="P6")
    for address in (
        f"/console/signs/alarms/{sign.pk}/handled",
        f"/console/selfcheck/alarms/{relapse.pk}/handled",
    ):
        assert "已处理完毕" in page(li.post(address, {"done": "揭下"}, follow=True))
        assert "同事已经处理过" in page(wang.post(address, {"done": "报警"}, follow=True))
    sign.refresh_from_db()
    assert sign.done == "揭下"
