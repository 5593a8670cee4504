"""The worker's part of reports that go by mail."""

from datetime import datetime, timedelta

from lots.claims import claim, each
from lots.jobs import job
from payments.reports.mailing import end_without_right, step
from payments.reports.models import ReportMailing


@job(every=timedelta(minutes=1))
def mail_reports(at: datetime) -> int:
    """Send the reports that are due."""
    return sum(each(step, claim(ReportMailing.objects.all(), at), at))


@job(every=timedelta(hours=1))
def end_mailings(at: datetime) -> int:
    """Forget the addresses of who may not see their report any more."""
    return end_without_right(at=at)
