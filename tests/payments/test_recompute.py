"""The nightly check of prices: agreed, inputs differ, diverged; it changes nothing."""

from datetime import timedelta

import pytest
from django.utils.timezone import get_default_timezone, localtime

from lots.models import ParkingSession, TariffVersion
from lots.pricing import clear_parsed
from monitoring import measurements
from monitoring.signal_rules import Level, judge
from payments import payment_jobs
from payments.models import Payment, PriceCheck
from payments.recompute import recompute_day
from tests.factories import NOON, make_person, see, signed_in
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.shared_boards import DAILY
from tests.payments.acting import LEAVING, PLATE, park, pay

pytestmark = pytest.mark.django_db
ZONE = get_default_timezone()


@pytest.fixture
def paid(lot, entry, channel):
    park(entry)
    return pay(lot, channel)


def again(at=LEAVING):
    return recompute_day(localtime(at).date(), zone=ZONE, at=at)


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


def test_used_free_minutes_are_a_stored_input(lot, entry, channel):
    TariffVersion.objects.update(document=DAILY)
    clear_parsed()
    park(entry)
    payment = pay(lot, channel)
    line = {"code": "free_used_today", "fen": 0, "values": {"minutes": 30}, "from": 0, "to": 0}
    Payment.objects.filter(pk=payment.pk).update(lines=[line, *payment.lines])
    found = again()
    assert (found.agreed, found.inputs_differ, found.diverged) == (1, 0, [])


@pytest.mark.parametrize("period", ["week", "month"])
def test_fees_of_the_period_are_a_stored_input(period, lot, entry, way_out, channel):
    """What the stays before cost is read from the charge: their plates may be erased by now."""
    TariffVersion.objects.update(document={**BASE, f"{period}_cap": 1500})
    clear_parsed()
    park(entry, at=NOON - timedelta(minutes=100))
    pay(lot, channel, at=NOON - timedelta(minutes=11))
    see(way_out, PLATE, NOON - timedelta(minutes=10))
    park(entry)
    payment = pay(lot, channel)
    before = [line["values"] for line in payment.lines if line["code"] == f"{period}_before"]
    assert (payment.price_fen, before) == (500, [{"before_fen": 1000}])
    ParkingSession.objects.exclude(pk=payment.session_id).update(plate=None, plate_index=None)
    assert not again().diverged


@pytest.fixture
def returned(lot, entry, way_out, channel):
    """Return the payment of a car that came back after ten minutes: its two stays count as one."""
    rule = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "free"}
    document = TariffVersion.objects.values_list("document", flat=True).get()
    TariffVersion.objects.update(document={**document, "reentry": rule})
    clear_parsed()
    park(entry, at=NOON - timedelta(minutes=100))
    pay(lot, channel, at=NOON - timedelta(minutes=11))
    see(way_out, PLATE, NOON - timedelta(minutes=10))
    park(entry)
    payment = pay(lot, channel)
    assert "earlier_stays" in {line["code"] for line in payment.lines}
    return payment


def test_car_that_came_back_agrees(returned):
    assert again().agreed == 2


def test_wrong_price_of_two_stays_diverges(returned):
    Payment.objects.filter(pk=returned.pk).update(price_fen=1234)
    assert again().diverged == [returned.pk]


def test_erased_earlier_stay_is_another_input(returned):
    earlier = ParkingSession.objects.exclude(pk=returned.session_id)
    earlier.update(plate=None, plate_index=None, forgotten_at=LEAVING)
    assert again().inputs_differ == 1


def test_earlier_stay_may_be_erased_later(returned):
    Payment.objects.filter(pk=returned.pk).update(price_fen=1234)
    found = recompute_day(localtime(LEAVING).date(), zone=ZONE, at=LEAVING + timedelta(hours=48))
    assert (found.inputs_differ, found.diverged) == (1, [])


def test_job_runs_at_night_only(paid):
    Payment.objects.update(price_fen=1234)
    clear_parsed()
    night = localtime(NOON).replace(hour=3) + timedelta(days=1)
    assert payment_jobs.recompute_yesterday(night) == 1
    assert payment_jobs.recompute_yesterday(night + timedelta(hours=1)) == 0


def test_result_is_stored_for_each_lot(paid):
    again()
    again()  # a repeat replaces it
    [check] = PriceCheck.objects.all()
    assert (check.lot_id, check.agreed, check.inputs_differ, check.diverged) == (paid.lot_id, 1, 0, [])


def test_missed_night_is_made_up_for(paid):
    late = localtime(NOON).replace(hour=11) + timedelta(days=1)
    payment_jobs.recompute_yesterday(late.replace(hour=2))
    assert not PriceCheck.objects.exists()
    payment_jobs.recompute_yesterday(late)
    assert PriceCheck.objects.get().agreed == 1


def test_divergence_is_shown_to_staff(paid):
    Payment.objects.update(price_fen=1234)
    again(LEAVING)
    browser = signed_in(make_person())
    page = browser.get("/console/price-checks").content.decode()
    assert f'/console/payments/{paid.pk}"' in page
    [signal] = [one for one in judge(measurements.measure(at=LEAVING)) if one.kind == "diverged_prices"]
    assert (signal.level, signal.values) == (Level.RED, {"count": 1})
    [mine] = [
        one for one in judge(measurements.measure_of([paid.lot], at=LEAVING)) if one.kind == signal.kind
    ]
    assert mine.level == Level.RED
    later = LEAVING + timedelta(days=4)
    assert measurements.diverged_prices(later) == 0
