"""The nightly check of prices: agreed, inputs differ, diverged; it changes nothing."""

from datetime import timedelta

import pytest
from django.utils.timezone import get_default_timezone, localtime

from lots.models import ParkingSession
from lots.pricing import clear_parsed
from payments import payment_jobs
from payments.models import Payment
from payments.recompute import recompute_day
from tests.factories import NOON
from tests.payments.acting import LEAVING, park, pay

pytestmark = pytest.mark.django_db
ZONE = get_default_timezone()


@pytest.fixture
def paid(lot, entry, channel):
    park(entry)
    return pay(lot, channel)


def again(at=LEAVING):
    return recompute_day(localtime(at).date(), zone=ZONE)


def test_unchanged_charge_agrees(paid):
    found = again()
    assert (found.agreed, found.inputs_differ, found.diverged) == (1, 0, [])
    assert again(LEAVING - timedelta(days=1)).agreed == 0


def test_corrected_entry_is_another_input(paid):
    ParkingSession.objects.update(entered_at=LEAVING + timedelta(hours=1))
    found = again()
    assert (found.agreed, found.inputs_differ, found.diverged) == (0, 1, [])


def test_wrong_price_diverges_and_is_logged(paid, caplog):
    Payment.objects.update(price_fen=1234)
    before = list(Payment.objects.values())
    found = again()
    assert (found.agreed, found.inputs_differ, len(found.diverged)) == (0, 0, 1)
    assert str(found.diverged) in caplog.text
    assert "沪" not in caplog.text
    assert list(Payment.objects.values()) == before


def test_job_runs_at_night_only(paid):
    Payment.objects.update(price_fen=1234)
    clear_parsed()
    night = localtime(NOON).replace(hour=3) + timedelta(days=1)
    assert payment_jobs.recompute_yesterday(night) == 1
    assert payment_jobs.recompute_yesterday(night + timedelta(hours=1)) == 0
