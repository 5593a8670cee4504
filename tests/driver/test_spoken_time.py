"""Durations as people say them: 24 小时, but 30 天."""

import pytest
from django.utils import translation

from core.spoken_time import spoken, spoken_hours
from presentation.formatting import duration, rule_duration


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (0, "0 分钟", "0 minutes"),
        (1, "1 分钟", "1 minute"),
        (90, "1 小时 30 分钟", "1 hour 30 minutes"),
        (1440, "24 小时", "24 hours"),
        (2160, "36 小时", "36 hours"),
        (2880, "2 天", "2 days"),
        (4510, "3 天 3 小时 10 分钟", "3 days 3 hours 10 minutes"),
        (43200, "30 天", "30 days"),
    ],
)
def test_duration_is_as_people_say_it(minutes, chinese, english):
    assert duration(minutes, "zh-hans") == chinese
    with translation.override("en"):
        assert spoken(minutes) == english


def test_rules_stay_in_hours():
    """Three days of a tariff could be days of the calendar."""
    with translation.override("zh-hans"):
        assert rule_duration(4320) == "72 小时"


def test_traditional_days_are_written_too():
    with translation.override("zh-hant"):
        assert spoken_hours(720) == "30 天"
