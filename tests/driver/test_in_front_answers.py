"""What a driver sees in front of another vendor's parking system, for each of its answers."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.utils.timezone import now

from driver import plate
from lots.models import Lane, ParkingSystemLink, SystemSession
from lots.plates import parse
from lots.pricing import add_version
from lots.sign_register import new_sign
from lots.systems.parking_system import ClosesAutopay
from payments import settlements, zero_bills
from payments.models import Payment, Refund, Settlement, ZeroBill
from payments.settling import settle
from sandbox.systems.system_server import SystemAnswer
from tests.driver.conftest import PLATE, Mall, charge_of, text
from tests.factories import TARIFF
from tests.lots.systems.linked import lot_in_front_of, move_to
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.payments.conftest import channel as channel  # a fixture
from tests.payments.conftest import fakes as fakes  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("budget", "channel")]


def mall_of(vendor):
    lot = lot_in_front_of(vendor)
    sign = new_sign(lot=lot, place="B1")
    return Mall(lot=lot, entry=None, way_out=None, pure=sign, exit_sign=None, entry_sign=None)


def paid(mall, page, channel):
    """Pay the fee that a page shows, and have the channel say so."""
    mall.pay(text(page), plate=PLATE)
    payment = Payment.objects.order_by("-pk").first()
    settle(channel.pay(payment.number), cause="notice", at=now())
    return payment


def parked_at(name):
    """Return a vendor, a car there that owes 12.50 yuan, and the mall in front of it."""
    vendor = vendor_named(name)
    return vendor, vendor.simulator.park.enter(PLATE, 1250), mall_of(vendor)


@pytest.mark.parametrize("end", ["", "/en"])
def test_receipt_names_no_tariff_of_ours(channel, end):
    _, _, mall = parked_at("aike")
    payment = paid(mall, mall.search(), channel)
    payment.refresh_from_db()
    page = text(mall.send(f"/r{end}", code=payment.receipt_code))
    assert "¥12.50" in page
    assert not re.search("None|/tariff/|计费规则", page)


@every_vendor
def test_fee_is_shown_and_paid(name, channel):
    _, car, mall = parked_at(name)
    page = mall.search()
    assert "¥12.50" in text(page)
    payment = paid(mall, page, channel)
    assert payment.amount_fen == 1250
    settlements.settle_with_systems(now())
    assert car.paid_fen == 1250


def mall_with_exit(vendor):
    """Return a mall whose exit lane has a sign and a number in the vendor's system."""
    mall = mall_of(vendor)
    lane = Lane.objects.create(lot=mall.lot, name="东出口", direction="exit")
    ParkingSystemLink.objects.filter(lot=mall.lot).update(lanes={str(lane.pk): "E1"})
    mall.exit_sign = new_sign(lot=mall.lot, place="东出口", lane=lane)
    return mall


@pytest.mark.parametrize("name", ["aike", "bolian_lot", "generic", "pcloud"])
def test_lane_code_is_paid_by_one_tap(name, channel):
    vendor = vendor_named(name)
    mall = mall_with_exit(vendor)
    car = vendor.simulator.park.enter(PLATE, 1250)
    assert "¥12.50" not in text(mall.get(f"/p/{mall.exit_sign.code}"))  # it has not come to the lane yet
    car.lane = "E1"
    page = text(mall.get(f"/p/{mall.exit_sign.code}"))
    assert "¥12.50" in page
    assert PLATE not in page
    mall.pay(page)
    payment = Payment.objects.get()
    assert payment.lane == mall.exit_sign.lane
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert car.paid_fen == 1250


def test_screen_lane_shows_the_fee():
    """A code that changes names a car that our camera read: in front of another system there is none."""
    vendor = vendor_named("aike")
    mall = mall_with_exit(vendor)
    Lane.objects.update(has_screen=True)
    vendor.simulator.park.enter(PLATE, 1250).lane = "E1"
    assert "¥12.50" in text(mall.get(f"/p/{mall.exit_sign.code}"))


@pytest.mark.parametrize("name", ["aike", "pcloud"])
def test_lane_code_shows_the_plate_masked(name):
    vendor = vendor_named(name)
    mall = mall_with_exit(vendor)
    vendor.simulator.park.enter(PLATE, 1250).lane = "E1"
    page = text(mall.get(f"/p/{mall.exit_sign.code}"))
    assert parse(PLATE).masked in page
    assert PLATE not in page


@every_vendor
def test_fee_address_shows_a_masked_plate(name):
    """A page without scripts, a reload and a second phone: which car the fee is for, and no more of it."""
    *_, mall = parked_at(name)
    page = text(mall.get(charge_of(text(mall.search()))))
    assert f'<b class="plate blue">{parse(PLATE).masked}</b>' in page
    assert "A12345" not in page


@every_vendor
def test_unnumbered_lane_asks_for_plate(name):
    """By lane where the vendor can, else as at any sign of the lot."""
    vendor = vendor_named(name)
    mall = mall_with_exit(vendor)
    ParkingSystemLink.objects.update(lanes={})
    vendor.simulator.park.enter(PLATE, 1250)
    page = mall.get(f"/p/{mall.exit_sign.code}")
    assert page.status_code == 200
    assert 'name="plate"' in text(page)
    assert "¥12.50" in text(mall.send(f"/p/{mall.exit_sign.code}", plate=PLATE))


@every_vendor
def test_address_of_a_paid_charge_owes_nothing(name, channel):
    *_, mall = parked_at(name)
    page = mall.search()
    paid(mall, page, channel)
    for _ in range(2):  # before the settlement, and after
        again = mall.get(charge_of(text(page)))
        assert again.status_code == 200
        assert "¥12.50" not in text(again)
        settlements.settle_with_systems(now())


@every_vendor
def test_unreported_payment_is_not_due_again(name, channel):
    _, car, mall = parked_at(name)
    paid(mall, mall.search(), channel)
    assert car.paid_fen == 0
    assert "¥12.50" not in text(mall.search())


@every_vendor
def test_fee_paid_over_there_takes_no_money(name):
    """The fee is on the phone, and is paid at the vendor's machine before the driver taps."""
    _, car, mall = parked_at(name)
    page = mall.search()
    car.paid_fen = 1250
    answer = mall.pay(text(page), plate=PLATE)
    assert answer.status_code == 200
    assert "¥12.50" not in text(answer)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("name", ["pcloud", "bolian_lot"])
def test_lane_fee_paid_elsewhere_takes_nothing(name):
    vendor = vendor_named(name)
    mall = mall_with_exit(vendor)
    car = vendor.simulator.park.enter(PLATE, 1250)
    car.lane = "E1"
    page = text(mall.get(f"/p/{mall.exit_sign.code}"))
    car.paid_fen = 1250
    mall.pay(page)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("name", ["pcloud", "bolian_lot"])
@pytest.mark.parametrize("stands", ["none", "another"])
def test_other_car_in_lane_blocks_no_payment(name, stands):
    vendor = vendor_named(name)
    mall = mall_with_exit(vendor)
    vendor.simulator.park.enter(PLATE, 1250)
    if stands == "another":
        vendor.simulator.park.enter("沪B54321", 700).lane = "E1"
    page = text(mall.send(f"/p/{mall.exit_sign.code}", plate=PLATE))
    mall.pay(page)  # without the plate, as after a reload
    assert Payment.objects.get().amount_fen == 1250


@every_vendor
def test_shown_fee_stands_for_its_minutes(name, channel):
    """More is due when the driver taps: the amount that was shown is charged; 捷顺 shows the new one."""
    vendor, car, mall = parked_at(name)
    page = mall.search()
    car.price_fen = 1400
    answer = mall.pay(text(page), plate=PLATE)
    system = vendor.system()
    if system.can_ask_again or isinstance(system, ClosesAutopay):  # it says what it is now: that is shown
        assert "¥14.00" in text(answer)
        assert not Payment.objects.exists()
    else:
        assert Payment.objects.get().amount_fen == 1250


@every_vendor
def test_fee_address_asks_for_no_other_plate(name, monkeypatch):
    """Else the address of one fee would try any plate, and spend no budget."""
    vendor, _, mall = parked_at(name)
    page = mall.search()
    vendor.simulator.received.clear()
    monkeypatch.setattr(plate, "look_up", lambda *_, **__: HttpResponse("looked up"))
    mall.pay(text(page), plate="沪B54321")
    mall.submit(f"{charge_of(text(page))}/coupon", plate="沪B54321", coupon="ABCD2345")
    assert b"B54321" not in b"".join(vendor.simulator.received)


def test_longest_references_are_paid(channel, monkeypatch):
    vendor = vendor_named("generic")
    car = vendor.simulator.park.enter(PLATE, 1250)
    car.session = "s" * 64
    bill = vendor.simulator.park.bill

    def long(of):
        made = replace(bill(of), number="b" * 64)
        vendor.simulator.park.bills[made.number] = made
        return made

    monkeypatch.setattr(vendor.simulator.park, "bill", long)
    mall = mall_of(vendor)
    paid(mall, mall.search(), channel)
    settlements.settle_with_systems(now())
    assert car.paid_fen == 1250


@pytest.mark.parametrize("name", ["jieshun", "keytop", "hikvision8700"])
def test_second_bill_is_a_surplus(name, fakes):
    """Two phones ask before either pays: that system numbers two bills, and one of them goes back."""
    _, car, mall = parked_at(name)
    pages = [mall.search(), mall.search()]
    for page, fake in zip(pages, fakes, strict=True):
        mall.pay(text(page), channel=fake.name, plate=PLATE)
    for payment in Payment.objects.order_by("pk"):
        fake = next(fake for fake in fakes if fake.name == payment.provider)
        settle(fake.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert car.paid_fen == 1250
    assert [refund.amount_fen for refund in Refund.objects.all()] == [1250]


@every_vendor
def test_nothing_due_looks_the_same(name):
    vendor = vendor_named(name)
    mall, park = mall_of(vendor), vendor.simulator.park
    absent = text(mall.search())
    park.enter(PLATE, 1000, is_permit=True)
    assert text(mall.search()) == absent
    park.clear()
    park.enter(PLATE, 0)
    assert text(mall.search()) == absent


@every_vendor
@pytest.mark.parametrize("fault", ["offline", "no_answer", "not_json", "busy", "http_error", "huge"])
def test_silent_system_is_no_absent_car(name, fault):
    vendor, _, mall = parked_at(name)
    absent = text(mall.search(plate="沪Z99999"))
    vendor.simulator.fault(fault)
    page = mall.search()
    assert page.status_code == 503
    assert text(page) != absent
    assert mall.lot.operator.service_phone in text(page)


@every_vendor
def test_unfinished_payment_leads_on(name, channel):
    *_, mall = parked_at(name)
    mall.pay(text(mall.search()), plate=PLATE)
    payment = Payment.objects.get()
    same = mall.submit(f"/t/{payment.token}/pay", way="same")
    assert same.status_code == 200
    assert payment.token in text(same)
    new = mall.send(f"/t/{payment.token}/pay", way="new")
    assert new.status_code == 200
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("way", ["get", "submit"])
def test_coupon_at_a_charge_of_another_system(way):
    *_, mall = parked_at("aike")
    token = charge_of(text(mall.search()))
    page = mall.get(f"{token}/coupon") if way == "get" else mall.submit(f"{token}/coupon", coupon="ABCD2345")
    assert page.status_code < 500


def test_name_of_a_session_is_forgotten(channel):
    *_, mall = parked_at("jieshun")
    paid(mall, mall.search(), channel)
    settlements.settle_with_systems(now())
    named = SystemSession.objects.get().reference
    settlements.forget_session_names(now())
    assert SystemSession.objects.get().reference == named
    Payment.objects.update(created_at=now() - timedelta(hours=mall.lot.retention_hours + 1))
    settlements.forget_session_names(now())
    assert SystemSession.objects.get().reference.startswith("~~")
    assert named not in Settlement.objects.get().session_reference


# 捷顺: a contract of the vendor that would charge the same stay


@pytest.fixture
def jieshun():
    vendor = vendor_named("jieshun")
    vendor.simulator.autopay.clear()
    vendor.simulator.park.enter(PLATE, 1250)
    vendor.simulator.autopay.add(PLATE)
    return vendor


def test_autopay_is_closed_before_money_is_taken(jieshun, channel):
    mall = mall_of(jieshun)
    page = mall.search()
    assert jieshun.simulator.autopay  # a look-up acts on nothing
    mall.pay(text(page), plate=PLATE)
    assert not jieshun.simulator.autopay
    assert Payment.objects.get().amount_fen == 1250


def test_payment_without_a_plate_asks_for_it(jieshun):
    mall = mall_of(jieshun)
    page = mall.search()
    asked = mall.pay(text(page))
    assert asked.status_code == 200
    assert 'name="plate"' in text(asked)
    assert not Payment.objects.exists()
    assert jieshun.simulator.autopay


@pytest.mark.parametrize("fault", ["no_answer", "not_json", "http_error", "unknown_code"])
def test_open_autopay_takes_no_money(jieshun, fault):
    mall = mall_of(jieshun)
    page = mall.search()
    jieshun.simulator.fault(fault)
    assert mall.pay(text(page), plate=PLATE).status_code == 503
    assert not Payment.objects.exists()


def test_silence_at_pay_leads_back(jieshun):
    mall = mall_of(jieshun)
    page = mall.search()
    jieshun.simulator.fault("no_answer")
    failed = mall.pay(text(page), plate=PLATE)
    assert 'class="go" href=""' in text(failed)  # which is the address of this form
    jieshun.simulator.clear()
    back = mall.get(failed.wsgi_request.path)
    assert (back.status_code, back["Location"]) == (303, charge_of(text(page)))
    assert "¥12.50" in text(mall.get(back["Location"]))


def test_changed_fee_is_shown_before_autopay_closes(jieshun):
    mall = mall_of(jieshun)
    page = mall.search()
    jieshun.simulator.park.inside(PLATE).price_fen = 1500
    assert "¥15.00" in text(mall.pay(text(page), plate=PLATE))
    assert not Payment.objects.exists()
    assert jieshun.simulator.autopay


def test_refused_closing_takes_no_money(jieshun, monkeypatch):
    mall = mall_of(jieshun)
    page = mall.search()
    refusal = SystemAnswer({"resultCode": 1, "message": "", "dataItems": []})
    monkeypatch.setattr(jieshun.simulator, "close_autopay", lambda _: refusal)
    assert mall.pay(text(page), plate=PLATE).status_code == 503
    assert not Payment.objects.exists()


# 海康: a bill of zero is settled too, or the barrier stays down


@pytest.mark.parametrize("name", ["hikvision", "hikvision8700"])
def test_worker_settles_zero_bills(name):
    vendor = vendor_named(name)
    vendor.simulator.opened.clear()
    car = vendor.simulator.park.enter(PLATE, 0)
    mall = mall_of(vendor)
    mall.search()
    mall.search(plate="沪Z99999")
    assert not vendor.simulator.opened  # the page waits for no second call
    vendor.simulator.fault("no_answer")
    zero_bills.settle_zero_bills(now())
    assert ZeroBill.objects.exists()
    vendor.simulator.clear()
    zero_bills.settle_zero_bills(now() + timedelta(seconds=5))
    assert vendor.simulator.opened[-1] == car.session
    assert not ZeroBill.objects.exists()


def test_silent_system_is_not_asked_for_ever():
    vendor = vendor_named("hikvision")
    vendor.simulator.park.enter(PLATE, 0)
    mall_of(vendor).search()
    vendor.simulator.fault("no_answer")
    for minute in range(20):
        zero_bills.settle_zero_bills(now() + timedelta(minutes=minute))
    assert not ZeroBill.objects.exists()


def test_other_systems_have_no_bill_of_zero():
    vendor = vendor_named("aike")
    vendor.simulator.park.enter(PLATE, 0)
    mall_of(vendor).search()
    assert not ZeroBill.objects.exists()


def test_own_tariff_is_shown_nowhere(client):
    """The lot has a tariff of its own, from before or by mistake; the other system charges by its own."""
    mall = mall_of(vendor_named("aike"))
    slug, in_an_hour = mall.lot.slug, now() + timedelta(hours=1)
    add_version(lot=mall.lot, document=TARIFF, valid_from=in_an_hour, at=now())
    for address in (f"/p/{mall.pure.code}", f"/p/{mall.pure.code}/en", f"/lot/{slug}/tariff"):
        page = client.get(address)
        assert page.status_code == 200
        assert not re.search(r"[¥￥元]\s*[0-9]|[0-9]\s*元", text(page))
    assert "入口处的公示牌" in text(page)
    facts = client.get(f"/lot/{slug}/facts.json").json()["lot"]
    assert (facts["tariff"], facts["tariff_version"], facts["tariff_from"]) == (None, None, None)


def test_former_tariff_stays_readable(client):
    """A receipt from before the lot stood in front of a system names the version that it was charged by."""
    lot = mall_of(vendor_named("aike")).lot
    add_version(lot=lot, document=TARIFF, valid_from=now() + timedelta(hours=1), at=now())
    page = client.get(f"/lot/{lot.slug}/tariff/1")
    assert "本版已停止使用" in text(page)
    assert client.get(f"/lot/{lot.slug}/tariff/2").status_code == 404


@pytest.mark.parametrize("name", ["aike", "generic"])
def test_other_site_asks_for_the_plate(name):
    """The lot was linked to another site meanwhile, which gives the stay's number to another car."""
    former, new = vendor_named(name), vendor_named(name, site=2)
    former.simulator.park.enter(PLATE, 1250).session = "7001"
    mall = mall_of(former)
    mall.pay(text(mall.search()), plate=PLATE)
    payment = Payment.objects.get()
    move_to(new, mall.lot)
    new.simulator.park.enter("沪B54321", 990).session = "7001"
    answer = mall.send(f"/t/{payment.token}/pay", way="new")
    assert answer.status_code == 200
    assert "¥9.90" not in text(answer)
    assert not new.simulator.received


def test_coupon_asks_no_other_site_by_number():
    former, new = vendor_named("aike"), vendor_named("aike", site=2)
    former.simulator.park.enter(PLATE, 1250).session = "7001"
    mall = mall_of(former)
    token = charge_of(text(mall.search()))
    move_to(new, mall.lot)
    new.simulator.park.enter("沪B54321", 990).session = "7001"
    page = mall.send(f"{token}/coupon", coupon="ABCD-EFGH")
    assert "¥9.90" not in text(page)
    assert not new.simulator.received
