"""manage.py grant NAME ROLE: gives somebody a role at an operator, or at one lot; --end takes it away."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.errors import ParkingError
from lots.models import Lot, Operator
from staff import grants as people
from staff.models import Grant, Role


class Command(BaseCommand):
    help = "Give a person of staff a role at an operator (by its legal name) or at one lot, or end it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name; made by createsuperuser or an invitation")
        parser.add_argument("role", choices=Role.values)
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--operator", help="the operator's legal name: each of its lots")
        where.add_argument("--lot", help="one lot's name in addresses")
        parser.add_argument("--end", action="store_true", help="take the role away")

    def handle(self, *args: Any, name: str, role: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError("There is no such account.")
        operator, lot = self._place(options["operator"], options["lot"])
        try:
            if not options["end"]:
                people.give(user=user, operator=operator, lot=lot, role=role, at=now())
            elif not self._end(Grant.objects.filter(user=user, operator=operator, lot=lot, role=role)):
                raise CommandError("They do not have this role there.")
        except ParkingError as error:
            raise CommandError(error.code) from error
        self.stdout.write(f"{name}: {role} {'ended' if options['end'] else 'given'} at {lot or operator}")

    def _place(self, legal_name: str | None, slug: str | None) -> tuple[Operator, Lot | None]:
        if slug is not None:
            lot = Lot.objects.select_related("operator").filter(slug=slug).first()
            if lot is None:
                raise CommandError(f"There is no lot {slug!r}.")
            return lot.operator, lot
        found = list(Operator.objects.filter(legal_name=legal_name)[:2])
        if len(found) != 1:
            raise CommandError("There is no operator of this name, or more than one; use --lot.")
        return found[0], None

    @staticmethod
    def _end(grants: Any) -> bool:
        grant = grants.filter(ended_at=None).first()
        return grant is not None and people.end(grant, at=now())
