"""The worker's part of reports that go by mail."""

from datetime import datetime, timedelta

from core.claims import Queue
from core.jobs import job, queue_job
from staff.models import ReportMailing
from staff.report_mailings.sending import end_without_right, step

mail_reports = queue_job(
    "staff.report_mailings.mailing_jobs.mail_reports",
    Queue(ReportMailing.objects.all, step),
    every=timedelta(minutes=1),
)


@job(every=timedelta(hours=1), lasting=True)
def end_mailings(at: datetime) -> int:
    """Delete the addresses of people who must not see their report any more."""
    return end_without_right(at=at)
