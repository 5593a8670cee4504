"""A coupon forgets its plate with the stay, and stays in the books without it."""

from datetime import timedelta

import pytest

from compliance.models import Erasure
from compliance.retention import erase_plates
from lots import sessions
from lots.models import ParkingSession
from lots.plates import parse
from payments.coupons.coupon_models import Coupon, CouponUse
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.coupons.making import PLATE, hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, tap

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(minutes=61)
SECOND = timedelta(seconds=1)


@pytest.fixture
def lot():
    return make_lot(retention_hours=24)


@pytest.fixture
def shop(lot):
    return make_shop(lot)


def has_plate():
    return Coupon.objects.get().plate_index is not None


def test_used_coupon_plate_erased_with_stay(lot, shop):
    see(make_device(lot, "entry"), PLATE, NOON)
    hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=AT), at=AT) == 0
    erase_plates(at=AT + timedelta(days=9))
    assert has_plate()  # its car is inside still
    gone = AT + timedelta(days=10)
    ParkingSession.objects.update(left_at=gone)
    erase_plates(at=gone + timedelta(hours=24))
    assert has_plate()
    erase_plates(at=gone + timedelta(hours=24) + SECOND)
    assert not has_plate()
    assert (Erasure.objects.get().coupons, CouponUse.objects.get().fen) == (1, 1000)
    assert erase_plates(at=gone + timedelta(hours=25)) == []


def test_unused_coupon_plate_erased_after_expiry(lot, shop):
    coupon = hand_out(shop, make_offer(shop, same_day=False), AT)
    assert coupon.valid_until == AT + timedelta(hours=24)
    erase_plates(at=AT + timedelta(hours=48))
    assert has_plate()
    (found,) = erase_plates(at=AT + timedelta(hours=48) + SECOND)
    assert (has_plate(), found.coupons, found.sessions) == (False, 1, 0)


def test_coupon_erasure_dry_run_only_counts(lot, shop):
    hand_out(shop, make_offer(shop), AT)
    (found,) = erase_plates(at=AT + timedelta(days=9), dry_run=True)
    assert (found.coupons, has_plate()) == (1, True)


def test_late_read_preserves_coupon_use(lot, shop):
    entry = make_device(lot, "entry")
    see(entry, PLATE, NOON)
    hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert tap(look_up(lot=lot, plate=parse(PLATE), at=AT), at=AT) == 0
    see(entry, PLATE, NOON - timedelta(minutes=10), offline=True, received=AT)
    session = CouponUse.objects.get().session
    assert session.relief_fen == 1000
    assert sessions.find_open(lot.pk, parse(PLATE)) is not None
