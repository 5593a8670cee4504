"""The worker's part of forgetting, of looking after the drivers' pages, and of proving both."""

from datetime import datetime, timedelta

import structlog

from compliance import data_requests, notice_versions, retention, selfcheck_schedule
from compliance.audit import audit_chain
from core.jobs import job
from staff.models import SignIn

audit = structlog.get_logger("audit")


@job(every=timedelta(minutes=5))
def forget_plates(at: datetime) -> int:
    """Forget the plates whose time is over, in every lot."""
    return sum(found.rows for found in retention.forget_plates(at=at))


@job(every=timedelta(minutes=1))
def erase_as_asked(at: datetime) -> int:
    """Forget the plates whose drivers asked for it while their car was inside or money was open."""
    return data_requests.carry_out_deletions(at=at)


@job(every=timedelta(hours=1))
def forget_logins(at: datetime) -> int:
    """Delete staff's logins that ran out: Django itself keeps them for ever."""
    return SignIn.objects.filter(expire_date__lt=at).delete()[0]


@job(every=timedelta(minutes=1))
def selfcheck_lots(at: datetime) -> int:
    """Test the pages of own lots that are due (SELFCHECK_HOURS), beside the worker's other work."""
    return selfcheck_schedule.start_due(at=at)


@job(every=timedelta(minutes=5))
def keep_notices(at: datetime) -> int:
    """Keep each lot's privacy notice where it says something new."""
    return notice_versions.keep_changed(at=at)


@job(every=timedelta(minutes=10))
def seal_audit(at: datetime) -> int:
    """Add last night's link to the chain over the audit log; its digest goes into the worker's log."""
    link = audit_chain.add_link(at=at)
    if link is not None:
        audit.info("audit_sealed", until=link.until.isoformat(), digest=link.digest)
    return int(link is not None)
