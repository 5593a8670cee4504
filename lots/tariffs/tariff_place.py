"""Where a stay is: whose clock it follows, and whose calendar."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lots.tariffs.day_kinds import PLAIN, Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Place:
    """The wall clock that bands and days follow, and the calendar of its days."""

    zone: ZoneInfo = SHANGHAI
    calendar: Calendar = PLAIN


HERE = Place()
