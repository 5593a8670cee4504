"""Resets of accounts: second factors that were lost, and the alerts that owners get of every reset."""

from datetime import datetime

import structlog
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from lots.models import Operator
from monitoring import watch
from staff import invitations
from staff.models import SignIn

audit = structlog.get_logger("audit")


def drop_factors(*, user: User, operator: Operator, by: User, at: datetime) -> bool:
    """Remove a user's second factors, sign them out everywhere and record it. False: there were none."""
    with transaction.atomic():
        dropped, _of_each = Authenticator.objects.filter(user=user).delete()
        if not dropped:
            return False
        SignIn.objects.end(user)
        invitations.note_dropped_factors(user=user, operator=operator, by=by, at=at)
    notify_owners(operator, gettext("The two-step verification of an account was reset."), at=at)
    audit.info("factors_dropped", staff=by.pk, subject=user.pk)
    return True


def notify_owners_of_reset(operator: Operator, *, at: datetime) -> None:
    notify_owners(operator, gettext("A password reset for an account was started."), at=at)


def notify_owners(operator: Operator, what: str, *, at: datetime) -> None:
    """Send an alert: a second person who approves must not appear unnoticed. It contains no name."""
    advice = gettext("If you do not know of it, open the staff page and the audit log of %(operator)s.")
    watch.send(f"{what} {advice % {'operator': operator.legal_name}}", at=at)
