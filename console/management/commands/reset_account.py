"""manage.py reset_account NAME [--second-factor]: lets an owner in again whom no other owner can let in."""

from typing import Any

import structlog
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.timezone import now

from console.account_reset import drop_factors, notify_owners_of_reset
from core.addresses import console_url
from staff import invitations
from staff.access import Access

audit = structlog.get_logger("audit")


class Command(BaseCommand):
    help = (
        "Print a code with which an owner chooses a new password, for one whom no other owner can help."
        " The other owners get an alert, and the audit log has it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")
        parser.add_argument(
            "--second-factor",
            action="store_true",
            help="also remove the second factor, which was lost, and sign the account out everywhere",
        )

    def handle(self, *args: Any, name: str, second_factor: bool, **options: Any) -> None:
        user, at = User.objects.filter(username=name).first(), now()
        operator = Access(user, "people.edit").operators().order_by("pk").first() if user else None
        if user is None or not user.is_active or operator is None:
            raise CommandError("No owner has this account. Owners reset other accounts in the console.")
        with translation.override("zh-hans"):
            if second_factor:
                drop_factors(user=user, operator=operator, by=user, at=at)
            notify_owners_of_reset(operator, at=at)
        audit.info("account_reset_by_command", subject=user.pk)
        code = invitations.invite_back(user=user, operator=operator, by=user, at=at)
        self.stdout.write(f"Open {console_url('/console/join')} and enter, within seven days:\n\n  {code}\n")
