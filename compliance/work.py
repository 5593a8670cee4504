"""The worker's part of forgetting."""

from datetime import datetime, timedelta

from compliance import forgetting
from lots.jobs import job


@job(every=timedelta(minutes=5))
def forget_plates(at: datetime) -> int:
    """Forget the plates whose time is over, in every lot."""
    return sum(found.sessions + found.reads for found in forgetting.forget_plates(at=at))
