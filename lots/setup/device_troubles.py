"""Counts of refused requests of a known device: one row per day and reason."""

from datetime import UTC, datetime, timedelta

from django.db.models import F

from lots.models import Device, DeviceTrouble

RETENTION = timedelta(days=30)


def note(device: Device, code: str, *, at: datetime) -> None:
    """Count one refusal. The device's key was proven before, so a stranger cannot fill the table."""
    day = at.astimezone(UTC).date()
    rows = DeviceTrouble.objects.filter(device=device, day=day, code=code)
    if not rows.update(count=F("count") + 1, last_at=at):
        DeviceTrouble.objects.get_or_create(
            device=device, day=day, code=code, defaults={"count": 1, "last_at": at}
        )


def of(device: Device, *, since: datetime) -> list[DeviceTrouble]:
    """Return the counts since then, the latest first."""
    day = since.astimezone(UTC).date()
    return list(DeviceTrouble.objects.filter(device=device, day__gte=day).order_by("-last_at"))


def forget(*, before: datetime) -> int:
    return DeviceTrouble.objects.filter(day__lt=before.astimezone(UTC).date()).delete()[0]
