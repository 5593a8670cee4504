"""When clocks change, and where that cuts a stretch of time: to the second, on both sides."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lots.tariffs.timeline import changes, next_change, regions, seconds_since_1970

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
HOUR, DAY = 3600, 86400
WINTER, SUMMER = HOUR, 2 * HOUR
SPRING, AUTUMN, NEXT_SPRING = (
    seconds_since_1970(datetime(*day, 1, tzinfo=UTC))
    for day in ((2026, 3, 29), (2026, 10, 25), (2027, 3, 28))
)


def test_year_lists_its_dst_changes():
    assert changes(BERLIN, 2026) == ((SPRING, SUMMER), (AUTUMN, WINTER))
    assert changes(SHANGHAI, 2026) == ()


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_interval_is_split_at_dst_change(change):
    before, after = (WINTER, SUMMER) if change == SPRING else (SUMMER, WINTER)
    around = (change - DAY, change + DAY)
    assert regions(BERLIN, *around) == [(around[0], change, before), (change, around[1], after)]
    assert regions(BERLIN, change - 1, change + 1) == [
        (change - 1, change, before),
        (change, change + 1, after),
    ]
    assert regions(BERLIN, change - HOUR, change) == [(change - HOUR, change, before)]
    assert regions(BERLIN, change, change + HOUR) == [(change, change + HOUR, after)]
    assert regions(SHANGHAI, *around) == [(*around, 8 * HOUR)]


@pytest.mark.parametrize(
    ("at", "then"),
    [(SPRING - 1, SPRING), (SPRING, AUTUMN), (AUTUMN - 1, AUTUMN), (AUTUMN, NEXT_SPRING)],
)
def test_next_change_follows_given_moment(at, then):
    assert next_change(BERLIN, at) == then
    assert next_change(SHANGHAI, at) is None
