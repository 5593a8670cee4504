"""Staff who act, in tests: each call of `by()` is one press of one form."""

from datetime import timedelta
from uuid import uuid4

from django.contrib.auth import get_user_model

from lots.models import ParkingSession
from lots.plates import parse
from payments import booth
from payments.settling import settle
from payments.staff_action_log import ActedBy
from tests.factories import NOON, see
from tests.payments.payment_steps import look_up, start_paying

PLATE, OTHER = "沪A12345", "沪B67890"
LEAVING = NOON + timedelta(minutes=61)  # 10 yuan
LATER = NOON + timedelta(minutes=121)  # 15 yuan


def staff(name="li"):
    return get_user_model().objects.get_or_create(username=name, defaults={"is_superuser": True})[0]


def by(name="li", reason="司机要求", act=None):
    return ActedBy(act or uuid4(), staff(name), reason)


def park(entry, plate=PLATE, at=NOON):
    see(entry, plate, at)
    return ParkingSession.objects.order_by("-pk").first()


def on_shift(lot, name="li", float_fen=20000, at=NOON):
    return booth.open_shift(lot, float_fen=float_fen, by=by(name, "接班"), at=at).shift


def pay(lot, channel, plate=PLATE, at=LEAVING, notify=True):
    """Pay by phone what the plate owes and return the payment; without `notify` its channel is silent."""
    token = look_up(lot=lot, plate=parse(plate), at=at)
    payment = start_paying(token, channel.name, at=at)
    if notify:
        settle(channel.pay(payment.number), cause="notice", at=at)
        payment.refresh_from_db()
    return payment


def fresh(row):
    row.refresh_from_db()
    return row
