"""The worker's part of members: send texts, and forget what is over."""

from datetime import datetime, timedelta

from django.conf import settings

from core.claims import Queue
from core.jobs import job, queue_job
from members import leaving, points, sms
from members.models import ClaimedReceipt, Consent, Member, MemberSession, Outgoing, SmsCode, Terms

CODES_KEPT = timedelta(hours=1)  # for as long as they count against a phone's limit
PROOF_KEPT = timedelta(days=3 * 365)  # 民法典 Art. 188: claims end after three years
BATCH = 200


send_texts = queue_job(
    "members.work.send_texts", Queue(Outgoing.objects.all, sms.carry_out), every=timedelta(seconds=1)
)


@job(every=timedelta(minutes=5), lasting=True)
def drop_codes(at: datetime) -> int:
    """Delete codes and sessions whose time is over."""
    codes = SmsCode.objects.filter(made_at__lt=at - CODES_KEPT).delete()[0]
    return codes + MemberSession.objects.filter(expires_at__lt=at).delete()[0]


@job(every=timedelta(hours=1), lasting=True)
def delete_unused(at: datetime) -> int:
    """Delete the accounts that were not used for MEMBER_DAYS days."""
    before = (at - timedelta(days=settings.MEMBER_DAYS)).date()
    due = list(Member.objects.filter(used_on__lt=before).select_related("operator")[:BATCH])
    for member in due:
        leaving.delete(member, at=at, how=Consent.Ended.UNUSED)
    return len(due)


@job(every=timedelta(hours=1), lasting=True)
def drop_proofs(at: datetime) -> int:
    """Delete consents that ended three years ago, texts without consents, and receipts too old to show."""
    done = Consent.objects.filter(ended_at__lt=at - PROOF_KEPT).delete()[0]
    cited = Consent.objects.values("terms")
    pending = SmsCode.objects.filter(terms__isnull=False).values("terms")
    unused = Terms.objects.filter(made_at__lt=at - timedelta(days=1)).exclude(pk__in=cited)
    done += unused.exclude(pk__in=pending).delete()[0]
    return done + ClaimedReceipt.objects.filter(at__lt=at - points.FRESH - timedelta(days=1)).delete()[0]
