"""The worker's part of forgetting, and of looking after the drivers' pages."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from compliance import forgetting
from compliance.selfcheck import schedule
from lots.jobs import job


@job(every=timedelta(minutes=5))
def forget_plates(at: datetime) -> int:
    """Forget the plates whose time is over, in every lot."""
    return sum(found.sessions + found.reads + found.pictures for found in forgetting.forget_plates(at=at))


@job(every=timedelta(hours=1))
def forget_logins(at: datetime) -> int:
    """Delete staff's logins that ran out: Django itself keeps them for ever."""
    return Session.objects.filter(expire_date__lt=at).delete()[0]


@job(every=timedelta(minutes=1))
def selfcheck_lots(at: datetime) -> int:
    """Test the pages of own lots that are due (SELFCHECK_HOURS), beside the worker's other work."""
    return schedule.start_due(at=at)
