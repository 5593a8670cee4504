"""How long paying takes: buckets, medians, and nothing about a single payment."""

from datetime import timedelta

import pytest

from monitoring import payment_speed
from monitoring.models import SpeedCount
from tests.factories import NOON, make_lot

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("seconds", "end"), [(0, 1), (1, 1), (1.01, 2), (7, 8), (300, 300), (301, 0)])
def test_bucket_is_the_upper_end(seconds, end):
    assert payment_speed.bucket(seconds) == end


def test_tap_counts_both_steps_once():
    lot = make_lot()
    payment_speed.note_tap(lot.pk, "7400,1900", at=NOON)
    payment_speed.note_tap(lot.pk, "7900,900", at=NOON)
    rows = SpeedCount.objects.order_by("step", "seconds").values_list("step", "seconds", "count")
    assert list(rows) == [("fee", 8, 2), ("tap", 1, 1), ("tap", 2, 1)]


@pytest.mark.parametrize("measured", ["", "1", "1,2,3", "-1,2", "x,y", "1,²", "9" * 40, "1.5,2"])
def test_malformed_measurement_counts_nothing(measured):
    payment_speed.note_tap(make_lot().pk, measured, at=NOON)
    assert not SpeedCount.objects.exists()


def test_absurd_durations_count_nothing():
    payment_speed.note_tap(make_lot().pk, "99999999,3600000", at=NOON)
    assert not SpeedCount.objects.exists()


def test_median_needs_twenty_payments():
    lot = make_lot()
    for _ in range(19):
        payment_speed.note_tap(lot.pk, "5000,1000", at=NOON)
    assert payment_speed.medians([lot.pk], at=NOON) == ()
    payment_speed.note_tap(lot.pk, "60000,1000", at=NOON)
    assert payment_speed.medians([lot.pk], at=NOON) == (("fee", 5), ("tap", 1))
    assert payment_speed.medians([lot.pk], at=NOON + timedelta(days=31)) == ()


def test_old_counts_are_deleted():
    payment_speed.note_tap(make_lot().pk, "5000,1000", at=NOON)
    assert payment_speed.prune(before=NOON) == 0
    assert payment_speed.prune(before=NOON + timedelta(days=1)) == 2
