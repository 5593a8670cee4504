"""What reaches the price of a stored stay: zone, calendar, plate, earlier stays, payments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lots import sessions, tariffs
from lots.models import Lane, TariffVersion
from lots.plates import parse
from lots.pricing import price_session, tariff_of
from lots.sessions import due_fen
from tests.factories import make_lot
from tests.lots.tariffs.published import BAIGUAN, BAILIAN, HONGQIAO, simple

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(text, zone=SHANGHAI):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone).astimezone(UTC)


def enter(lot, at, plate="沪A12345"):
    lane = lot.lanes.first() or Lane.objects.create(lot=lot, name="东入口", direction="entry")
    return sessions.enter(lane=lane, plate=parse(plate), at=at)


def leave(session, at):
    assert sessions.leave(session, lane=session.entry_lane, at=at)


def fen(session, until):
    return price_session(session, until=until)[0].fen


def test_night_follows_lot_clock():
    for zone, expected in (("Asia/Shanghai", 500), ("Europe/Berlin", 1000)):
        lot = make_lot(tariff=BAILIAN, zone=zone)
        session = enter(lot, moment("04-27 22:00"))  # 16:00 in Berlin
        assert fen(session, moment("04-27 23:00")) == expected


def test_price_uses_holiday_calendar():
    for day, expected in (("04-30", 500), ("05-01", 0), ("05-09", 500), ("05-10", 0)):
        session = enter(make_lot(tariff=BAIGUAN), moment(f"{day} 10:00"))
        assert fen(session, moment(f"{day} 11:00")) == expected


def test_the_plate_decides_the_class():
    lot = make_lot(tariff=BAIGUAN)
    green = enter(lot, moment("04-27 10:00"), "沪AD12345")
    blue = enter(lot, moment("04-27 10:00"))
    assert (fen(green, moment("04-27 12:00")), fen(blue, moment("04-27 12:00"))) == (0, 1000)


def test_clockless_tariff_skips_lot_query(django_assert_num_queries):
    sessions_of = [enter(make_lot(tariff=tariff), moment("04-27 10:00")) for tariff in (HONGQIAO, BAILIAN)]
    for session in sessions_of:
        fen(session, moment("04-27 11:00"))  # its tariff is parsed and kept
    for session, queries in zip(sessions_of, (2, 3), strict=True):
        with django_assert_num_queries(queries):
            fen(session, moment("04-27 12:00"))


def test_reentering_car_pays_added_amount():
    reentry = {"reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}}
    lot = make_lot(tariff=simple(1000, 3000) | reentry)
    first = enter(lot, moment("04-27 08:00"))
    leave(first, moment("04-27 10:00"))
    again, other = enter(lot, moment("04-27 14:00")), enter(lot, moment("04-27 14:00"), "沪B12345")
    assert (fen(first, moment("04-27 10:00")), fen(again, moment("04-27 18:00"))) == (2000, 1000)
    assert fen(other, moment("04-27 18:00")) == 3000


def test_extra_time_does_not_recharge_settled():
    for setting, expected in (("extra_time", 1000), ("recomputed", 1700)):
        lot = make_lot(tariff=simple(1000) | {"after_exit_window": setting})
        session = enter(lot, moment("04-27 08:00"))
        paid_at = moment("04-27 10:00")
        sessions.credit(session, fen=1300, paid_at=paid_at, exit_until=paid_at + timedelta(minutes=15))
        assert due_fen(session, at=moment("04-27 10:15")) == 0
        assert due_fen(session, at=moment("04-27 10:16")) == expected


def test_payment_without_exit_window_settles_nothing():
    lot = make_lot(tariff=simple(1000) | {"after_exit_window": "extra_time"})
    session = enter(lot, moment("04-27 08:00"))
    sessions.credit(session, fen=1300, paid_at=moment("04-27 10:00"), exit_until=None)
    assert due_fen(session, at=moment("04-27 10:16")) == 1700


def test_all_tariffs_are_read_at_once(django_assert_num_queries):
    versions = [
        make_lot(slug=f"lot-{n}", tariff=rule).tariffs.get() for n, rule in enumerate((HONGQIAO, BAILIAN) * 3)
    ]
    with django_assert_num_queries(1):
        found = [tariff_of(version.pk) for version in versions]
    assert found[0] is found[2]
    assert found == [tariffs.read(version.document) for version in versions]


def test_broken_tariff_concerns_its_lot_alone():
    broken = make_lot(slug="broken").tariffs.get()
    TariffVersion.objects.filter(pk=broken.pk).update(document={"format": 99})
    whole = make_lot(slug="whole", tariff=HONGQIAO).tariffs.get()
    assert tariff_of(whole.pk) == tariffs.read(HONGQIAO)
    with pytest.raises(tariffs.TariffError):
        tariff_of(broken.pk)


def test_version_committed_late_is_found(monkeypatch):
    version = make_lot(tariff=HONGQIAO).tariffs.get()
    monkeypatch.setattr("lots.pricing._learnt_to", version.pk + 1)
    assert tariff_of(version.pk) == tariffs.read(HONGQIAO)
