"""Being signed in as a member: a cookie of the members' surface alone, and a row that knows nothing else."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from members.member_keys import token_digest
from members.models import Member, MemberSession

LIFETIME = timedelta(days=30)
LONGEST = 64


def start(member: Member, *, at: datetime) -> str:
    """Return the token of a new session."""
    token = secrets.token_urlsafe(32)
    MemberSession.objects.create(digest=token_digest(token), member=member, expires_at=at + LIFETIME)
    return token


def whose(token: str, *, at: datetime) -> Member | None:
    """Return the member who is signed in by this token, and note that the account is in use."""
    if not token or len(token) > LONGEST:
        return None
    found = MemberSession.objects.select_related("member__operator").filter(
        digest=token_digest(token), expires_at__gt=at
    )
    session = found.first()
    if session is None:
        return None
    Member.objects.filter(~Q(used_on=at.date()), pk=session.member_id).update(used_on=at.date())
    return session.member


def end_others(member: Member, *, keep: str) -> None:
    """End all sessions of a member but the one with this token."""
    MemberSession.objects.filter(member=member).exclude(digest=token_digest(keep)).delete()


def end(token: str) -> None:
    if token and len(token) <= LONGEST:
        MemberSession.objects.filter(digest=token_digest(token)).delete()
