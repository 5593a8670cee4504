"""manage.py demo_staff NAME: makes one person, with DEMO_PASSWORD, owner of the demo's lots."""

import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.utils.timezone import now

from core.management.demo_command import DemoCommand
from lots.models import Operator
from staff import grants
from staff.models import Role


class Command(DemoCommand):
    help = "Create the demo's staff account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        password = os.environ.get("DEMO_PASSWORD", "")
        if not password:
            raise CommandError("DEMO_PASSWORD is not set.")
        user, _ = get_user_model().objects.get_or_create(username=name)
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        for operator in Operator.objects.all():
            grants.give(user=user, operator=operator, role=Role.OWNER, at=now())
