"""The worker's part of forgetting."""

from datetime import datetime, timedelta

from compliance import forgetting
from lots.jobs import job
from lots.models import SignIn


@job(every=timedelta(minutes=5))
def forget_plates(at: datetime) -> int:
    """Forget the plates whose time is over, in every lot."""
    return sum(found.sessions + found.reads + found.pictures for found in forgetting.forget_plates(at=at))


@job(every=timedelta(hours=1))
def forget_logins(at: datetime) -> int:
    """Delete staff's logins that ran out: Django itself keeps them for ever."""
    return SignIn.objects.filter(expire_date__lt=at).delete()[0]
