"""Parking coupons in front of another vendor's system: priced or counted there, used once, given back."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import outside
from lots.sign_register import new_sign
from payments import settlements
from payments.coupons import handover
from payments.coupons.coupon_models import Coupon, CouponUse
from payments.coupons.redemption import expire
from payments.models import CouponHandover, Payment, Refund, Settlement
from payments.settling import settle
from payments.system_comparison import compare
from tests.driver.conftest import PLATE, Mall, charge_of, text
from tests.effort import cases
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.payments.conftest import channel as channel  # a fixture
from tests.payments.conftest import fakes as fakes  # a fixture
from tests.payments.coupons.making import booked, hand_out, make_offer, make_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("budget", "channel")]
PRICED = ["aike", "jieshun", "keytop"]  # the system says what a charge is with a coupon
COUNTED = ["generic", "pcloud"]  # it counts a coupon at once
COVERED = ["aike", "keytop", *COUNTED]  # a coupon may cover all that is due
NOT_TAKEN = ["bolian", "bolian_lot", "hikvision", "hikvision8700"]
State = Coupon.State


class Scene:
    """A driver with a coupon's code in a lot in front of a simulated system."""

    def __init__(self, name, *, kind="amount", value=300, due=1250, agreed="yes"):
        self.vendor = vendor_named(name)
        self.simulator = self.vendor.simulator
        self.car = self.simulator.park.enter(PLATE, due)
        lot = lot_in_front_of(self.vendor, options={**self.simulator.options, "coupons": agreed})
        sign = new_sign(lot=lot, place="B1")
        self.mall = Mall(lot=lot, entry=None, way_out=None, pure=sign, exit_sign=None, entry_sign=None)
        shop = make_shop(lot)
        self.coupon = hand_out(shop, make_offer(shop, kind, value, stackable=True), now(), plate=None)
        self.code = self.coupon.code

    def with_code(self, plate=PLATE):
        """Look up the fee and type the code at it, as the page's own form does; follow to the answer."""
        page = self.mall.search()
        return self.tap(page, coupon=self.code, plate=plate)

    def tap(self, page, **form):
        """Press the button for coupons at a fee, and follow to the page that comes of it."""
        answer = self.mall.submit(f"{charge_of(text(page))}/coupon", **form)
        return self.mall.get(answer.headers["Location"]) if answer.status_code == 303 else answer

    def pay(self, page, channel):
        self.mall.pay(text(page), plate=PLATE)
        payment = Payment.objects.latest("pk")
        settle(channel.pay(payment.number), cause="notice", at=now())
        return payment

    @property
    def state(self):
        return Coupon.objects.get(pk=self.coupon.pk).state


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
def test_system_reduces_the_fee_once(name, channel):
    scene = Scene(name)
    page = scene.with_code()
    assert "¥9.50" in text(page)
    payment = scene.pay(page, channel)
    assert payment.amount_fen == 950
    assert settlements.settle_with_systems(now()) == 1
    assert Settlement.objects.get().state == Settlement.State.ACCEPTED
    assert (scene.car.paid_fen, scene.car.relief_fen, scene.car.due_fen) == (950, 300, 0)
    assert scene.state == State.USED
    use = CouponUse.objects.get()
    assert (use.fen, use.coupon_id) == (300, scene.coupon.pk)
    settlements.settle_with_systems(now() + timedelta(hours=2))
    handover.settle_coupon_handovers(now() + timedelta(hours=2))
    assert scene.car.relief_fen == 300
    assert CouponUse.objects.count() == 1


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
def test_used_coupon_counts_for_no_other_car(name, channel):
    scene = Scene(name)
    scene.pay(scene.with_code(), channel)
    settlements.settle_with_systems(now())
    other = "沪B00002"
    scene.simulator.park.enter(other, 900)
    page = scene.mall.search(plate=other)
    again = scene.tap(page, coupon=scene.code, plate=other)
    assert "¥9.00" in text(again)
    assert scene.simulator.park.inside(other).relief_fen == 0


@pytest.mark.parametrize("name", COVERED)
def test_coupon_covers_all(name):
    scene = Scene(name, kind="all_free", value=0)
    page = scene.with_code()
    if name in PRICED:
        assert "−¥12.50" in text(page)
        scene.tap(page, plate=PLATE)
    assert scene.state == State.USED
    assert scene.car.due_fen == 0
    assert CouponUse.objects.get().fen == 1250
    assert not Payment.objects.exists()
    assert "¥" not in text(scene.mall.search()).split("<main")[-1].split("<details")[0]


@pytest.mark.parametrize("name", ["aike", "keytop"])
def test_covered_charge_is_no_difference(name):
    scene = Scene(name, kind="all_free", value=0)
    scene.tap(scene.with_code(), plate=PLATE)
    number, lot = CouponHandover.objects.get().number, scene.mall.lot
    day = localdate(timezone=lot.tz)
    assert compare(lot, day, f"number,amount\n{number},0.00\n".encode()).is_clean
    found = compare(lot, day, f"number,amount\n{number},12.50\n".encode())
    assert [row.theirs_fen for row in found.over] == [1250]


def test_minutes_are_priced_by_the_system(channel):
    scene = Scene("pcloud", kind="minutes", value=60)
    page = scene.with_code()
    assert "¥6.50" in text(page)
    assert CouponUse.objects.get().fen == 600


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_other_systems_refuse_coupons(name):
    scene = Scene(name)
    page = scene.with_code()
    assert "¥12.50" in text(page)
    assert scene.state == State.ISSUED


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
def test_lot_without_agreement_refuses_coupons(name):
    scene = Scene(name, agreed="no")
    page = scene.with_code()
    assert "¥12.50" in text(page)
    assert scene.state == State.ISSUED


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
def test_kind_that_is_not_counted_is_refused(name):
    scene = (
        Scene(name, kind="tariff", value=0) if name == "generic" else Scene(name, kind="percent", value=20)
    )
    page = scene.with_code()
    assert "¥12.50" in text(page)
    assert scene.state == State.ISSUED


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
def test_made_up_code_changes_nothing(name):
    scene = Scene(name)
    page = scene.mall.search()
    again = scene.tap(page, coupon="ABCD-EFGH-JKMN", plate=PLATE)
    assert "¥12.50" in text(again)
    assert scene.state == State.ISSUED


@pytest.mark.parametrize("name", COUNTED)
def test_refused_coupon_is_given_back(name):
    scene = Scene(name)
    page = scene.mall.search()
    scene.simulator.fault("void")
    again = scene.tap(page, coupon=scene.code, plate=PLATE)
    assert again.status_code == 200
    assert scene.state == State.ISSUED
    assert CouponHandover.objects.get().state == CouponHandover.State.REFUSED
    scene.simulator.clear()
    assert "¥9.50" in text(scene.with_code())


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("fault", ["lost_answer", "no_answer", "http_error", "not_json", "busy"])
def test_coupon_without_answer_counts_once(name, fault, monkeypatch):
    scene = Scene(name)
    page = scene.mall.search()
    serve = scene.simulator.serve
    monkeypatch.setattr(scene.simulator, "serve", lambda call: _only_coupons(scene, serve, call, fault))
    scene.tap(page, coupon=scene.code, plate=PLATE)
    monkeypatch.undo()
    scene.simulator.clear()
    row = CouponHandover.objects.get()
    assert row.state == CouponHandover.State.OPEN
    assert scene.state == State.HELD
    expire(at=now() + timedelta(days=3))
    assert scene.state == State.HELD  # it may have been counted
    handover.settle_coupon_handovers(now() + timedelta(minutes=1))
    assert scene.state == State.USED
    assert scene.car.relief_fen == 300
    assert len(scene.simulator.park.coupons) == 1


@pytest.mark.parametrize("name", COUNTED)
def test_clock_ahead_uses_no_coupon(name, monkeypatch):
    """A day by a wrong clock is no day of asking: the coupon stays held until it is answered."""
    scene = Scene(name)
    page, begun = scene.mall.search(), now()
    serve = scene.simulator.serve
    monkeypatch.setattr(scene.simulator, "serve", lambda call: _only_coupons(scene, serve, call, "no_answer"))
    scene.tap(page, coupon=scene.code, plate=PLATE)
    handover.settle_coupon_handovers(begun + timedelta(days=1, hours=1))
    assert (CouponHandover.objects.get().state, scene.state) == ("open", State.HELD)
    for hour in range(1, handover.ASKED_BY_THEN + 2):  # asked for a day
        handover.settle_coupon_handovers(begun + timedelta(days=1, hours=1 + hour))
    assert (CouponHandover.objects.get().state, scene.state) == ("taken", State.USED)


def _only_coupons(scene, serve, call, fault):
    """Have the fault for the call with the coupon alone."""
    is_coupon = b"discount.create" in call.body or call.path == "/coupon"
    scene.simulator._faults = {fault: {}} if is_coupon else {}
    return serve(call)


@pytest.mark.parametrize("name", PRICED)
def test_void_payment_frees_its_coupon(name, channel):
    scene = Scene(name)
    scene.pay(scene.with_code(), channel)
    assert scene.state == State.HELD
    Settlement.objects.update(state=Settlement.State.GONE, next_check_at=None)
    other = "沪B00002"
    scene.simulator.park.enter(other, 900)
    page = scene.mall.search(plate=other)
    again = scene.tap(page, coupon=scene.code, plate=other)
    assert "¥6.00" in text(again)
    assert not CouponUse.objects.exists()


def test_car_that_left_keeps_the_coupon(channel):
    scene = Scene("aike")
    payment = scene.pay(scene.with_code(), channel)
    scene.simulator.park.leave(PLATE)
    settlements.settle_with_systems(now())
    assert [(refund.payment, refund.amount_fen) for refund in Refund.objects.all()] == [(payment, 950)]
    assert not CouponUse.objects.exists()
    assert not booked().get("discounts")


@pytest.mark.parametrize("name", PRICED)
def test_coupon_waits_for_the_system(name, channel):
    """Paid and not accepted yet: no other stay gets the coupon meanwhile."""
    scene = Scene(name)
    scene.pay(scene.with_code(), channel)
    scene.simulator.fault("no_answer")
    settlements.settle_with_systems(now())
    scene.simulator.clear()
    expire(at=now() + timedelta(days=3))
    assert scene.state == State.HELD
    settlements.settle_with_systems(now() + timedelta(minutes=5))
    assert scene.state == State.USED


@pytest.mark.parametrize("name", PRICED)
def test_two_phones_use_one_coupon_once(name, fakes):
    scene = Scene(name)
    pages = [scene.with_code(), scene.with_code()]
    for page, fake in zip(pages, fakes, strict=True):
        scene.mall.pay(text(page), channel=fake.name, plate=PLATE)
    for payment in Payment.objects.order_by("pk"):
        fake = next(fake for fake in fakes if fake.name == payment.provider)
        settle(fake.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert (scene.car.paid_fen, scene.car.relief_fen) == (950, 300)
    assert [refund.amount_fen for refund in Refund.objects.all()] == [950]
    assert CouponUse.objects.count() == 1


def test_vendor_gets_no_code_or_plate(channel):
    scene = Scene("pcloud")
    scene.with_code()
    sent = b"".join(scene.simulator.received).decode()
    assert scene.code not in sent
    given = [request for request in scene.simulator.received if b"discount.create" in request]
    assert given
    assert not any(PLATE.encode() in request for request in given)


STEPS = st.lists(
    st.sampled_from(["tap", "tap", "pay", "work", "offline", "lost_answer", "no_answer", "heal"]), max_size=8
)


@pytest.mark.parametrize("name", [*PRICED, *COUNTED])
@settings(max_examples=cases(5), suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_coupon_is_used_once_or_free(name, steps, channel):
    """Any sequence of taps, payments, lost answers and repeats: both books agree on the coupon."""
    scene = Scene(name)
    at = now()
    for step in [*steps, "heal", "work", "work"]:
        if step in {"tap", "pay"}:
            page = scene.mall.search()
            if "/coupon" in text(page):
                page = scene.tap(page, coupon=scene.code, plate=PLATE)
            if step == "pay" and "/pay" in text(page):
                scene.mall.pay(text(page), plate=PLATE)
                for payment in Payment.objects.filter(lot=scene.mall.lot, state=Payment.State.OPEN):
                    settle(channel.pay(payment.number), cause="notice", at=now())
        elif step == "work":
            at += timedelta(hours=2)
            settlements.settle_with_systems(at)
            handover.settle_coupon_handovers(at)
        elif step == "heal":
            scene.simulator.clear()
            outside.LIMITS.forget()  # in service its circuit closes after a while
        else:
            scene.simulator.fault(step)
    taken = scene.car.relief_fen
    assert taken in {0, 300}
    assert scene.state == (State.USED if taken else State.ISSUED)
    assert [use.fen for use in CouponUse.objects.filter(coupon=scene.coupon)] == [taken] * bool(taken)
    paid = Payment.objects.filter(lot=scene.mall.lot, credited_fen__gt=0)
    assert scene.car.paid_fen == sum(payment.credited_fen for payment in paid)
    assert scene.car.paid_fen + taken <= 1250
