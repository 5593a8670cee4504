"""manage.py first_owner NAME --operator 名称: creates the first account, prints an invitation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.addresses import console_url
from staff.first_account import AlreadyOwned, UnfitName, first_owner


class Command(BaseCommand):
    help = (
        "Create the first account and the operator that it owns. Prints an invitation code, with which the"
        " owner chooses a password. Until the code is used, run this again to get a new one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")
        parser.add_argument("--operator", required=True, help="the operator's legal name (运营方全称)")

    def handle(self, *args: Any, name: str, operator: str, **options: Any) -> None:
        try:
            code = first_owner(name=name, legal_name=operator, at=now())
        except AlreadyOwned:
            raise CommandError(
                "This site has an account in use: sign in, or invite from the page 人员 (People)."
            ) from None
        except UnfitName:
            raise CommandError(
                "Give a name of letters, digits and @.+-_ for the account, and the operator's legal name."
            ) from None
        self.stdout.write(f"Open {console_url('/console/join')} and enter, within seven days:\n\n  {code}\n")
        self.stdout.write("Then sign in; the first page leads to the next step.")
