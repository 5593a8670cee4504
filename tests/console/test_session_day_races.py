"""A day is counted while a time in it changes: the count and the change wait for each other."""

from threading import Event

import pytest
from django.db import connection, transaction
from django.utils.timezone import now

from tests.console.test_session_days import DAY, count_all, fill, live, reports, session
from tests.factories import make_lot
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_count_waits_for_uncommitted_change():
    lot = make_lot()
    fill([lot])
    changed, at = Event(), now()

    def change():
        with transaction.atomic():
            session(lot, at - 6 * DAY, at - 5 * DAY)
            changed.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")

    def count():
        changed.wait(10)
        count_all()

    assert faults(at_once(change, count)) == []
    assert reports([lot]) == live([lot])
