import pytest

from lots.tariffs import timeline
from lots.tariffs.day_kinds import PLAIN
from tests.lots.tariffs.documents import CALENDAR


@pytest.fixture(autouse=True, scope="module")
def _fresh_calendar_caches() -> None:
    """Let no test be answered by what another one looked up."""
    for calendar in (CALENDAR, PLAIN):
        calendar._known.clear()
    timeline.changes.cache_clear()
    timeline._changes_of.cache_clear()
