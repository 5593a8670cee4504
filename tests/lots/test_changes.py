"""The stamp of the facts: it differs after any change, by whatever way it was written."""

from datetime import timedelta
from threading import Event, Thread
from time import sleep
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.utils.timezone import now

from lots import changes
from lots.changes import FactsStamp
from lots.models import FactsChange, Lane, Lot, Operator, Sign, TariffVersion
from lots.sign_register import new_sign
from tests.factories import make_device, make_lot


@pytest.fixture
def lot(db):
    lot = make_lot()
    make_device(lot, "entry")
    new_sign(lot=lot, place="B1")
    return lot


def stamp():
    return FactsStamp().current()


@pytest.mark.parametrize("model", [Operator, Lot, Lane, Sign, TariffVersion])
def test_update_changes_stamp(lot, model):
    before = stamp()
    field = {Operator: "legal_name", Lot: "name", Lane: "name", Sign: "place", TariffVersion: "why"}[model]
    assert model.objects.update(**{field: "新"})
    assert stamp() != before


def test_plain_sql_changes_stamp(lot):
    before = stamp()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE lots_lot SET province = '京'")
    assert stamp() != before


def test_new_sign_changes_stamp(lot):
    before = stamp()
    assert new_sign(lot=lot, place="B2").pk == Sign.objects.latest("pk").pk
    assert stamp() != before


def test_stamp_is_equal_without_change(lot):
    assert stamp() == stamp()


def test_stamp_differs_once_a_tariff_begins(lot, monkeypatch):
    begins = now() + timedelta(days=1)
    TariffVersion.objects.create(lot=lot, version=9, document={}, valid_from=begins)
    before = stamp()
    monkeypatch.setattr(changes, "now", lambda: begins)
    assert stamp() != before


def test_recent_stamp_asks_no_database(lot, django_assert_num_queries):
    seconds = [0.0]
    known = FactsStamp(clock=lambda: seconds[0])
    assert known.recent() is None
    with django_assert_num_queries(1):
        assert known.current() == known.current() == known.recent()
    seconds[0] = changes.REFRESH
    assert known.recent() is None


def test_prune_keeps_the_newest(lot, monkeypatch):
    monkeypatch.setattr(changes, "KEPT_ROWS", 2)
    for n in range(5):
        Lot.objects.update(name=f"{n}")
    newest = FactsChange.objects.latest("pk").pk
    assert changes.prune()
    assert list(FactsChange.objects.order_by("pk").values_list("pk", flat=True)) == [newest - 1, newest]


def test_one_failure_ends_all_waiting(lot, monkeypatch):
    """Threads that wait while the database hangs do not each wait for it in turn."""
    asked = []
    hangs, waiting = Event(), Event()

    def hang(*args):
        asked.append(args)
        waiting.set()
        hangs.wait(10)
        raise OperationalError

    monkeypatch.setattr(changes.hot_sql, "rows", hang)
    known, errors = FactsStamp(), []

    def ask():
        try:
            known.current()
        except OperationalError as error:
            errors.append(error)

    threads = [Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert waiting.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len([thread for thread in threads if thread.is_alive()]) < 3:
        sleep(0.01)
    sleep(0.1)  # until the others stand at the lock
    hangs.set()
    for thread in threads:
        thread.join(10)
    assert (len(errors), len(asked)) == (3, 1)


def test_failure_is_forgotten_with_the_stamp(lot, monkeypatch):
    """It is kept for those who wait at that moment; a clock that starts again must not bring it back."""
    moment = [5.0]
    known, rows = FactsStamp(clock=lambda: moment[0]), changes.hot_sql.rows
    monkeypatch.setattr(changes.hot_sql, "rows", Mock(side_effect=OperationalError))
    with pytest.raises(OperationalError):
        known.current()
    monkeypatch.setattr(changes.hot_sql, "rows", rows)
    known.forget()
    moment[0] = 0.0
    assert known.current()
