"""Where and when the stays of tests are: zones, calendars, moments of 2026, entries and lengths at random.

Of 2026: 2 March and 27 April are Mondays, 1 May is a holiday, 9 May a worked Saturday.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from lots.calendars import calendar_of
from lots.tariffs import Place
from tests.lots.tariffs.documents import CALENDAR

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
PLACE = Place(SHANGHAI, CALENDAR)  # with the few days off that `documents` knows
CHINA = Place(SHANGHAI, calendar_of("Asia/Shanghai"))
ENTRIES = st.integers(0, 14 * 1440).map(lambda n: datetime(2026, 4, 27, tzinfo=UTC) + timedelta(minutes=n))
MINUTES = st.integers(0, 300) | st.integers(0, 5000)


def moment(text, zone=SHANGHAI):
    """Return a moment of 2026 from its month, day and time: 04-27 09:00."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)
