"""Durations as people say them, for every text that a person reads."""

from django.utils.translation import ngettext

HOUR, DAY = 60, 24 * 60  # minutes


def spoken(minutes: int, *, in_days: bool = True) -> str:
    """Return 90 as 1 小时 30 分钟 and 43200 as 30 天; without `in_days` as 720 小时.

    Days count from two on: notices and the law speak of 24 hours, and 36 hours are no “1 day 12 hours”.
    """
    days, rest = divmod(minutes, DAY) if in_days and minutes >= 2 * DAY else (0, minutes)
    hours, rest = divmod(rest, HOUR)
    parts = []
    if days:
        parts.append(ngettext("%(n)s day", "%(n)s days", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if rest or not parts:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", rest) % {"n": rest})
    return " ".join(parts)


def spoken_hours(hours: int) -> str:
    """Return whole hours as `spoken` does: 24 as 24 小时 and 720 as 30 天."""
    return spoken(hours * HOUR)
