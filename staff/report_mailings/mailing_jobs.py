"""The worker's part of reports that go by mail."""

from datetime import datetime, timedelta

from core.claims import claim, each
from core.jobs import job
from staff.models import ReportMailing
from staff.report_mailings.sending import end_without_right, step


@job(every=timedelta(minutes=1))
def mail_reports(at: datetime) -> int:
    """Send the reports that are due."""
    return sum(each(step, claim(ReportMailing.objects.all(), at), at))


@job(every=timedelta(hours=1))
def end_mailings(at: datetime) -> int:
    """Forget the addresses of who may not see their report any more."""
    return end_without_right(at=at)
