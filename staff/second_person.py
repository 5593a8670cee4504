"""Approval by two people: the person who asked must not have created the account that approves.

An owner can invite a colleague, give a role or a new password, or take off second factors. For a day after
that the account counts as made by this owner and cannot approve what the owner asked for. So the others, who
are notified at once (`monitoring.watch.send`), have time to object.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from core.errors import ParkingError
from staff.models import Grant, Invitation

DELAY = timedelta(hours=24)


class MadeByAsker(ParkingError):
    """The account that approves was made or reset by the one who asked, less than a day ago."""

    code = "made_by_asker"


def check(*, asked_by: int, approver: User, at: datetime) -> None:
    """Raise `MadeByAsker` if the approver comes, directly or by others, from the asker within the delay."""
    if approver.pk in made_by(asked_by, since=at - DELAY):
        raise MadeByAsker


def made_by(maker: int, *, since: datetime) -> set[int]:
    """Return the accounts that a user, or accounts made by that user, gave roles or new passwords."""
    made: set[int] = set()
    makers = {maker}
    while makers:
        given = Grant.objects.filter(given_by__in=makers, given_at__gt=since).values_list("user", flat=True)
        reset = Invitation.objects.filter(made_by__in=makers, made_at__gt=since, user__isnull=False)
        used = Invitation.objects.filter(made_by__in=makers, used_at__gt=since, user__isnull=False)
        found = {*given, *reset.values_list("user", flat=True), *used.values_list("user", flat=True)}
        makers = found - made - {maker}
        made |= makers
    return made
