"""From the shop's hand to the barrier: quoted, held, used once, booked, given back."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from payments import payment_jobs
from payments.channel_orders import close_attempt
from payments.coupons import redemption
from payments.coupons.coupon_issuing import LimitReached, NotOffered, revoke
from payments.coupons.coupon_models import Coupon, CouponEvent, CouponUse
from payments.coupons.coupon_rules import Refusal
from payments.models import Payment, Refund
from payments.refusals import ChargeExpired, NothingOwed
from payments.settling import settle
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.coupons.making import PLATE, booked, hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, start_paying, tap

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(minutes=88)  # 5 yuan an hour: 10 yuan
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(lot):
    return make_shop(lot)


@pytest.fixture
def hour(shop):
    return make_offer(shop)


@pytest.fixture
def session(entry):
    see(entry, PLATE, NOON)
    return ParkingSession.objects.get()


def quote(lot, *codes, at=AT, plate=PLATE):
    return look_up(lot=lot, plate=parse(plate), at=at, codes=codes)


def start(quoted, at=AT):
    return start_paying(quoted, "fake", at=at)


def pay(channel, payment, at=AT):
    return settle(channel.pay(payment.number), cause="notice", at=at)


def state(coupon):
    coupon.refresh_from_db()
    return coupon.state


def test_busy_coupon_cannot_be_held_again(lot, shop, hour, entry, session, channel):
    coupon = hand_out(shop, hour, AT, plate=None)
    start(quote(lot, coupon.code))
    see(entry, "沪B12345", NOON)
    other = ParkingSession.objects.exclude(pk=session.pk).get()
    assert not redemption.hold(other.pk, [coupon.pk], at=AT)
    assert redemption.hold(session.pk, [coupon.pk], at=AT)


def test_plate_coupon_reduces_fee(lot, shop, hour, session, channel):
    coupon = hand_out(shop, hour, AT)
    shown = quote(lot)
    assert (shown.price_fen, shown.discount_fen, shown.amount_fen) == (1000, 500, 500)
    assert sum(line.fen for line in shown.due.lines) == 500
    assert state(coupon) == "issued"  # a look reserves nothing
    payment = start(shown)
    assert state(coupon) == "held"
    pay(channel, payment)
    session.refresh_from_db()
    assert (state(coupon), session.paid_fen, session.relief_fen) == ("used", 500, 500)
    use = CouponUse.objects.get()
    assert (use.payment_id, use.fen, use.face_fen, use.shop_fen) == (payment.pk, 500, 500, 500)
    assert booked() == {"channel:fake:m1": 500, "parking": -500, f"shop:{shop.pk}": 500, "validated": -500}
    moves = CouponEvent.objects.order_by("pk").values_list("was", "became", "cause")
    assert list(moves) == [("", "issued", "issue"), ("issued", "held", "pay"), ("held", "used", "settle")]


def test_code_coupon_reduces_fee(lot, shop, hour, session, channel):
    coupon = hand_out(shop, hour, AT, plate=None)
    assert quote(lot).amount_fen == 1000
    for spelling in (coupon.code, coupon.code.lower(), f" {coupon.code[:4]}-{coupon.code[4:]}"):
        assert quote(lot, spelling).amount_fen == 500
    pay(channel, start(quote(lot, coupon.code)))
    assert state(coupon) == "used"


def test_coupon_cost_is_split_as_agreed(lot, session, channel):
    shop = make_shop(lot, pays_percent=80)
    hand_out(shop, make_offer(shop, "amount", 333), AT)
    pay(channel, start(quote(lot)))
    assert booked() == {
        "channel:fake:m1": 667,
        "parking": -667,
        f"shop:{shop.pk}": 266,
        "discounts": 67,
        "validated": -333,
    }


def test_operator_funded_coupon_costs_shop_nothing(lot, shop, session, channel):
    hand_out(shop, make_offer(shop, "amount", 300, funded_by="operator"), AT)
    pay(channel, start(quote(lot)))
    assert booked() == {"channel:fake:m1": 700, "parking": -700, "discounts": 300, "validated": -300}


def test_free_coupon_opens_without_payment(lot, shop, entry, way_out, session, channel):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    assert not see(way_out, PLATE, AT).opens(AT)
    shown = quote(lot, coupon.code)
    assert (shown.amount_fen, shown.discount_fen, state(coupon)) == (0, 1000, "issued")
    assert tap(shown, at=AT) == 0
    session.refresh_from_db()
    assert (state(coupon), session.paid_fen, session.relief_fen) == ("used", 0, 1000)
    assert session.exit_until == AT + 15 * MINUTE
    assert GateCommand.objects.filter(session=session, state="queued").count() == 1
    assert (channel.calls, Payment.objects.count()) == ([], 0)
    assert booked() == {f"shop:{shop.pk}": 1000, "validated": -1000}
    assert CouponUse.objects.get().payment is None


def test_free_plate_coupon_opens_exit(shop, way_out, session, channel):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert state(coupon) == "issued"
    assert see(way_out, PLATE, AT).opens(AT)
    session.refresh_from_db()
    assert (state(coupon), session.left_at, session.relief_fen) == ("used", AT, 1000)


def test_issued_coupon_releases_waiting_car(shop, way_out, session):
    assert not see(way_out, PLATE, AT).opens(AT)
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert coupon.state == "used"
    assert GateCommand.objects.filter(session=session, cause="paid").count() == 1


def test_exit_charges_amount_after_coupon(shop, hour, way_out, session):
    coupon = hand_out(shop, hour, AT)
    verdict = see(way_out, PLATE, AT)
    assert (verdict.opens(AT), verdict.due_fen, state(coupon)) == (False, 500, "issued")


def test_used_coupon_applies_until_exit(lot, shop, way_out, session, channel):
    hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert tap(quote(lot), at=AT) == 0
    later = AT + timedelta(hours=2)  # long past the exit window: 20 yuan by now
    assert see(way_out, PLATE, later).opens(later)
    assert CouponUse.objects.get().fen == 2000
    assert booked() == {f"shop:{shop.pk}": 2000, "validated": -2000}


def test_overstay_after_coupon_charges_difference(lot, shop, hour, session, channel):
    hand_out(shop, hour, AT)
    pay(channel, start(quote(lot)))
    later = AT + timedelta(hours=1)
    again = quote(lot, at=later)
    assert (again.price_fen, again.discount_fen, again.amount_fen) == (1500, 500, 500)
    pay(channel, start(again, at=later), at=later)
    session.refresh_from_db()
    assert (session.paid_fen, CouponUse.objects.get().fen) == (1000, 500)


def test_a_free_stay_uses_no_coupon(lot, shop, hour, session, way_out):
    soon = NOON + 10 * MINUTE
    coupon = hand_out(shop, hour, soon)
    with pytest.raises(NothingOwed):
        quote(lot, at=soon)
    assert see(way_out, PLATE, soon).opens(soon)
    assert state(coupon) == "issued"


@pytest.mark.parametrize("by_code", [True, False])
def test_coupon_after_payment_refunds_difference(lot, shop, hour, session, channel, by_code):
    pay(channel, start(quote(lot)))
    soon = AT + MINUTE
    coupon = hand_out(shop, hour, soon, plate=None if by_code else PLATE)
    if by_code:
        shown = quote(lot, coupon.code, at=soon)
        assert (shown.amount_fen, shown.due.back_fen, state(coupon)) == (0, 500, "issued")
        assert tap(shown, at=soon) == 500
        assert tap(shown, at=soon) is None
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, state(coupon)) == (500, "overpaid", "used")
    payment_jobs.send_refunds(soon)
    session.refresh_from_db()
    assert (session.paid_fen, session.relief_fen, session.exit_until) == (500, 500, AT + 15 * MINUTE)
    assert booked() == {"channel:fake:m1": 500, "parking": -500, f"shop:{shop.pk}": 500, "validated": -500}
    with pytest.raises(NothingOwed):
        quote(lot, *filter(None, [coupon.code]), at=soon)
    assert Refund.objects.count() == 1


def test_one_coupon_pays_for_one_car(lot, shop, hour, session, entry, channel):
    see(entry, "沪B12345", NOON)
    coupon = hand_out(shop, hour, AT, plate=None)
    mine, other = quote(lot, coupon.code), quote(lot, coupon.code, plate="沪B12345")
    payment = start(mine)
    with pytest.raises(ChargeExpired):
        start(other)
    seen = quote(lot, coupon.code, plate="沪B12345")
    assert (seen.amount_fen, seen.refused) == (1000, ((coupon.code, Refusal.IN_USE),))
    pay(channel, payment)
    seen = quote(lot, coupon.code, plate="沪B12345")
    assert seen.refused == ((coupon.code, Refusal.USED),)


def test_closed_payment_releases_coupon(lot, shop, hour, session, entry, channel):
    see(entry, "沪B12345", NOON)
    coupon = hand_out(shop, hour, AT, plate=None)
    payment = start(quote(lot, coupon.code))
    assert not revoke(coupon, why="发错", at=AT)
    close_attempt(payment, at=AT)
    assert quote(lot, coupon.code, plate="沪B12345").amount_fen == 500
    pay(channel, start(quote(lot, coupon.code, plate="沪B12345")))
    assert CouponUse.objects.get().session.pk != session.pk


def test_late_payment_without_coupon_opens_nothing(lot, shop, hour, session, entry, channel):
    see(entry, "沪B12345", NOON)
    coupon = hand_out(shop, hour, AT, plate=None)
    payment = start(quote(lot, coupon.code))
    close_attempt(payment, at=AT)
    pay(channel, start(quote(lot, coupon.code, plate="沪B12345")))
    pay(channel, payment)
    session.refresh_from_db()
    assert (session.paid_fen, session.relief_fen, session.exit_until) == (500, 0, None)
    assert quote(lot).amount_fen == 500


def test_late_payment_takes_no_held_coupon(lot, shop, hour, session, entry, channel):
    see(entry, "沪B12345", NOON)
    coupon = hand_out(shop, hour, AT, plate=None)
    payment = start(quote(lot, coupon.code))
    close_attempt(payment, at=AT)
    other = start(quote(lot, coupon.code, plate="沪B12345"))
    pay(channel, payment)
    assert state(coupon) == "held"
    pay(channel, other)
    assert CouponUse.objects.get().session_id == other.session_id


def test_expired_coupon_honours_timely_payment(lot, shop, session, channel):
    coupon = hand_out(shop, make_offer(shop, same_day=False, valid_hours=2), AT, plate=None)
    payment = start(quote(lot, coupon.code))
    later = AT + timedelta(hours=3)
    assert redemption.expire(at=later) == 0  # its payment is still on its way
    close_attempt(payment, at=later)
    assert redemption.expire(at=later) == 1
    assert state(coupon) == "expired"
    settle(channel.statement(payment.number, outcome="paid", at=AT + MINUTE), cause="notice", at=later)
    assert state(coupon) == "used"


def test_revoked_coupon_is_refused(lot, shop, hour, session, django_user_model):
    staff = django_user_model.objects.create_user("guard")
    coupon = hand_out(shop, hour, AT, plate=None)
    assert revoke(coupon, why="发错车", at=AT, by=staff)
    assert not revoke(coupon, why="再次", at=AT, by=staff)
    event = CouponEvent.objects.get(became="revoked")
    assert (event.cause, event.by, state(coupon)) == ("发错车", staff, "revoked")
    assert quote(lot, coupon.code).refused == ((coupon.code, Refusal.REVOKED),)


def test_a_used_coupon_cannot_be_revoked(lot, shop, session):
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT)
    assert tap(quote(lot), at=AT) == 0
    assert not revoke(coupon, why="x", at=AT)
    assert state(coupon) == "used"


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKMN", "x", "", "沪A12345", "0" * 40])
def test_invalid_coupon_code_changes_nothing(lot, session, code):
    seen = quote(lot, code)
    assert (seen.amount_fen, seen.refused) == (1000, ((code, Refusal.UNKNOWN),))


def test_code_from_another_lot_is_unknown(lot, session):
    elsewhere = make_shop(make_lot())
    coupon = hand_out(elsewhere, make_offer(elsewhere), AT, plate=None)
    assert quote(lot, coupon.code).refused == ((coupon.code, Refusal.UNKNOWN),)


def test_plate_coupon_is_limited_to_lot(entry):
    other = make_lot()
    see(make_device(other, "entry"), PLATE, NOON)
    shop = make_shop(entry.lot)
    hand_out(shop, make_offer(shop), AT)
    assert quote(other).amount_fen == 1000


# limits of a shop

LIMITS = [
    ("per_hour", {"per_hour": 2}, 60),
    ("per_day", {"per_day": 2}, 24 * 60),
    ("per_plate_day", {"per_plate_day": 2}, 24 * 60),
]


@pytest.mark.parametrize(("name", "limits", "minutes"), LIMITS, ids=[one[0] for one in LIMITS])
def test_shop_limit_holds_until_period_ends(lot, name, limits, minutes):
    shop = make_shop(lot, **limits)
    offer = make_offer(shop)
    midnight = NOON - timedelta(hours=12)  # in the lot
    for _ in range(2):
        hand_out(shop, offer, midnight)
    with pytest.raises(LimitReached) as reached:
        hand_out(shop, offer, midnight + timedelta(minutes=minutes, seconds=-1))
    assert reached.value.limit == name
    hand_out(shop, offer, midnight + timedelta(minutes=minutes))


def test_coupon_limit_is_per_plate(lot):
    shop = make_shop(lot, per_plate_day=1)
    offer = make_offer(shop)
    hand_out(shop, offer, AT)
    hand_out(shop, offer, AT, plate="沪B12345")
    hand_out(shop, offer, AT, plate=None)
    with pytest.raises(LimitReached):
        hand_out(shop, offer, AT)


@pytest.mark.parametrize(
    ("kind", "value", "more", "bound"),
    [
        ("amount", 300, {}, 300),
        ("minutes", 60, {}, 500),
        ("all_free", 0, {}, 4000),
        ("all_free", 0, {"most_fen": 1500}, 1500),
        ("percent", 50, {}, 4000),
    ],
)
def test_monthly_budget_counts_maximum_value(lot, kind, value, more, bound):
    shop = make_shop(lot, month_fen=2 * bound)
    offer = make_offer(shop, kind, value, **more)
    coupons = [hand_out(shop, offer, AT) for _ in range(2)]
    assert coupons[0].bound_fen == bound
    with pytest.raises(LimitReached) as reached:
        hand_out(shop, offer, AT)
    assert reached.value.limit == "month_fen"
    revoke(coupons[0], why="退回", at=AT)
    hand_out(shop, offer, AT)


def test_budget_counts_actual_value_once_used(lot, session, channel):
    shop = make_shop(lot, month_fen=4500)
    offer = make_offer(shop, "all_free", 0)
    hand_out(shop, offer, AT)
    with pytest.raises(LimitReached):
        hand_out(shop, offer, AT)
    assert tap(quote(lot), at=AT) == 0
    hand_out(shop, make_offer(shop, "amount", 3500), AT)  # 10.00 taken, 35.00 may be


def test_repeated_request_issues_nothing_new(shop, hour):
    one, other = (hand_out(shop, hour, AT, plate=None, request="same") for _ in range(2))
    assert one.pk == other.pk
    assert (Coupon.objects.count(), CouponEvent.objects.count()) == (1, 1)


def test_shop_issues_only_its_offers(lot, shop, hour):
    with pytest.raises(NotOffered):
        hand_out(make_shop(lot), hour, AT)
    hour.ended_at = AT
    hour.save()
    with pytest.raises(NotOffered):
        hand_out(shop, hour, AT)


@pytest.mark.parametrize(
    ("fields", "plate", "hours"),
    [
        ({"same_day": False, "valid_hours": 6}, PLATE, 6),
        ({"same_day": False, "valid_hours": 720}, PLATE, 24),  # no longer for a plate
        ({"same_day": False, "valid_hours": 720}, None, 720),
        ({"same_day": True, "valid_hours": 720}, None, 12),  # from noon to the lot's midnight
    ],
)
def test_coupon_expiry_uses_earliest_limit(shop, fields, plate, hours):
    coupon = hand_out(shop, make_offer(shop, **fields), NOON, plate=plate)
    assert coupon.valid_until == NOON + timedelta(hours=hours)


def test_coupon_events_are_immutable(shop, hour):
    hand_out(shop, hour, AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        CouponEvent.objects.update(cause="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        CouponEvent.objects.all().delete()


def test_late_payment_after_coupon_is_refunded(lot, shop, session, channel):
    payment = start(quote(lot))
    coupon = hand_out(shop, make_offer(shop, "all_free", 0), AT, plate=None)
    assert tap(quote(lot, coupon.code), at=AT) == 0
    late = AT + timedelta(minutes=16)  # the exit window is over
    settle(channel.pay(payment.number), cause="notice", at=late)
    session.refresh_from_db()
    assert (session.paid_fen, session.relief_fen) == (0, 1000)
    assert Refund.objects.get().amount_fen == payment.amount_fen
