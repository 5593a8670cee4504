"""Which days are holidays: the national calendar, and the operator's own dates before it."""

from datetime import date

import pytest

from lots.calendars import calendar_of
from lots.operator_dates import Dates, read_dates

OWN = (
    '{"Asia/Shanghai": {"years": [2031], "holidays": ["2031-01-01", "2026-05-09"], "plain": ["2026-05-01"]}}'
)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 5, 1), "holiday"),
        (date(2026, 5, 9), "makeup"),
        (date(2026, 5, 10), "sun"),
        (date(2026, 4, 30), "thu"),
        (date(2031, 1, 1), "wed"),
    ],
)
def test_mainland_days_follow_the_national_calendar(day, kind):
    assert calendar_of("Asia/Shanghai").kind_of(day) == kind


def test_unannounced_year_is_unknown():
    years = calendar_of("Asia/Shanghai").years
    assert 2026 in years
    assert 2031 not in years


def test_another_zone_has_no_mainland_holidays():
    calendar = calendar_of("Asia/Hong_Kong")
    assert (calendar.kind_of(date(2026, 5, 1)), calendar.years) == ("fri", frozenset())


@pytest.mark.parametrize(
    ("day", "kind"),
    [(date(2031, 1, 1), "holiday"), (date(2026, 5, 9), "holiday"), (date(2026, 5, 1), "fri")],
)
def test_operator_dates_override_national_ones(settings, day, kind):
    settings.CALENDARS = read_dates(OWN)
    calendar = calendar_of("Asia/Shanghai")
    assert calendar.kind_of(day) == kind
    assert {2026, 2031} <= calendar.years


def test_calendar_file_is_keyed_by_zone():
    read = read_dates('{"Asia/Hong_Kong": {"workdays": ["2027-01-09"], "years": [2027]}}')
    assert read == {"Asia/Hong_Kong": Dates(workdays=frozenset({date(2027, 1, 9)}), years=frozenset({2027}))}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "must be an object with time zones"),
        ("{", "Expecting property name"),
        ('{"Asia/Shanghai": {"plain": [], "plain": []}}', "'plain' twice in one object"),
        ('{"Asia/Shanghai": {}, "Asia/Shanghai": {}}', "'Asia/Shanghai' twice in one object"),
        ('{"Asia/Pudong": {}}', "Asia/Pudong is no IANA time zone"),
        ('{"Asia/Shanghai": []}', "must have years, holidays"),
        ('{"Asia/Shanghai": {"closed": []}}', "must have years, holidays"),
        ('{"Asia/Shanghai": {"holidays": "2027-01-01"}}', "Asia/Shanghai.holidays: must be a list of dates"),
        ('{"Asia/Shanghai": {"plain": ["1 May"]}}', "Asia/Shanghai.plain: must be a list of dates such as"),
        ('{"Asia/Shanghai": {"plain": [20270101]}}', "Asia/Shanghai.plain: must be a list of dates such as"),
        (
            '{"Asia/Shanghai": {"workdays": ["2027-01-08"]}}',
            "Asia/Shanghai.workdays: 2027-01-08 is no weekend",
        ),
        ('{"Asia/Shanghai": {"holidays": ["2027-01-02"], "plain": ["2027-01-02"]}}', "only one of"),
        ('{"Asia/Shanghai": {"holidays": ["2027-01-02"], "workdays": ["2027-01-02"]}}', "only one of"),
        ('{"Asia/Shanghai": {"plain": ["2027-01-02"], "workdays": ["2027-01-02"]}}', "only one of"),
        ('{"Asia/Shanghai": {"years": ["2027"]}}', "Asia/Shanghai.years: must be a list of years"),
        ('{"Asia/Shanghai": {"years": 2027}}', "Asia/Shanghai.years: must be a list of years"),
    ],
)
def test_faulty_calendar_file_names_error(text, reason):
    with pytest.raises(ValueError, match=reason):
        read_dates(text)
