"""Jobs of the worker: erasure, data requests, notice versions, self-checks, audit digests."""

from datetime import datetime, timedelta

import structlog

from compliance import data_requests, notice_versions, retention, selfcheck_schedule
from compliance.audit import audit_chain
from core.jobs import SELFCHECK, job
from staff.models import SignIn

audit = structlog.get_logger("audit")


@job(every=timedelta(minutes=5), lasting=True)
def erase_plates(at: datetime) -> int:
    """Erase the plates whose retention is over, in every lot."""
    return sum(found.rows for found in retention.erase_plates(at=at))


@job(every=timedelta(minutes=1))
def erase_as_asked(at: datetime) -> int:
    """Erase plates on request once the car has left and no money is open."""
    return data_requests.erase_requested(at=at)


@job(every=timedelta(hours=1), lasting=True)
def delete_expired_sign_ins(at: datetime) -> int:
    """Delete expired sign-ins of staff: Django itself never does."""
    return SignIn.objects.filter(expire_date__lt=at).delete()[0]


@job(every=timedelta(seconds=15), lane=SELFCHECK)
def selfcheck_lots(at: datetime) -> int:
    """Start the self-check of a lot that is due (SELFCHECK_HOURS, or asked for by staff)."""
    return selfcheck_schedule.start_due(at=at)


@job(every=timedelta(minutes=5))
def record_notices(at: datetime) -> int:
    """Store a version of each privacy notice whose text changed."""
    return notice_versions.record_changed(at=at)


@job(every=timedelta(minutes=10), lasting=True)
def seal_audit(at: datetime) -> int:
    """Add last night's link to the audit chain; its digest goes into the worker's log."""
    link = audit_chain.add_link(at=at)
    if link is not None:
        audit.info("audit_sealed", until=link.until.isoformat(), digest=link.digest)
    return int(link is not None)
