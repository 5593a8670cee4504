"""Our numbers at the channels: drawn at random, once each, also after a backup was put back."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from lots.models import ParkingSession
from payments import checkout
from payments.channels import ChannelDown
from payments.models import Payment, Refund
from payments.numbers import new_number
from payments.providers.contract import Outcome, ProviderRefused
from payments.refunds import request_refund
from payments.settling import settle
from tests.factories import make_device, make_lot, see
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up_session, start_paying

pytestmark = pytest.mark.django_db
TAKEN, UNUSED, FREE = "TAKEN" + "0" * 21, "UNUSED" + "0" * 20, "FREE" + "0" * 22


def shown(plate="沪A12345"):
    see(make_device(make_lot(), "entry"), plate, now() - timedelta(minutes=61))
    return look_up_session(ParkingSession.objects.latest("pk"), at=now())


def start(plate="沪A12345"):
    return press(shown(plate))


def press(shown):
    return start_paying(shown, "fake", at=now())


@pytest.fixture
def drawn(monkeypatch):
    """Let these numbers be drawn, in this order."""

    def put(*numbers):
        left = iter(numbers)
        monkeypatch.setattr(checkout, "new_number", lambda: next(left))

    return put


def test_numbers_are_drawn_at_random():
    numbers = [new_number() for _ in range(1000)]
    assert len(set(numbers)) == 1000
    assert all(re.fullmatch("[A-Z][0-9A-Z]{25}", number) for number in numbers)
    for place in range(5, 26):  # no counter and no clock shows in them
        assert len({number[place] for number in numbers}) > 8


def test_taken_number_is_skipped(channel, drawn):
    drawn(TAKEN, TAKEN, FREE)
    assert [start("沪A12345").number, start("沪B12345").number] == [TAKEN, FREE]


def test_number_known_at_channel_is_replaced(channel, drawn, monkeypatch):
    """After yesterday's backup the channel has an order of another amount under it."""

    def known(self, order, payer):
        if order.number == TAKEN:
            raise ProviderRefused("invalid_request")
        return really(self, order, payer)

    really = FakeProvider.start
    monkeypatch.setattr(FakeProvider, "start", known)
    channel.outcomes[TAKEN] = Outcome.OPEN
    drawn(TAKEN, UNUSED, FREE)  # each attempt is written with a number, unless there is an earlier one
    once = shown()
    with pytest.raises(ChannelDown):
        press(once)
    assert press(once).number == FREE
    assert list(Payment.objects.order_by("pk").values_list("state", flat=True)) == ["closed", "open"]
    assert channel.outcomes[TAKEN] == Outcome.CLOSED


@pytest.mark.parametrize("change", [{"provider_number": "P-2"}, {"number": FREE}], ids=["ours", "theirs"])
def test_database_refuses_duplicate_numbers(channel, change):
    payment = start()
    Payment.objects.update(state="paid", provider_number="P-1", next_check_at=None)
    payment.refresh_from_db()
    payment.pk, payment.token = None, "another"
    for name, value in change.items():
        setattr(payment, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        payment.save(force_insert=True)


def test_unfinished_rows_require_next_check(channel):
    payment = start()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(next_check_at=None)
    settle(channel.pay(payment.number), cause="notice", at=now())
    request_refund(payment, amount_fen=100, reason=Refund.Reason.STAFF, at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.update(next_check_at=None)
