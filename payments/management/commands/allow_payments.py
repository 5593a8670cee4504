"""manage.py allow_payments KEY --channel etc: lets a device report money that an outside channel took."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lots.models import Device
from payments.models import Reporter


class Command(BaseCommand):
    help = "Let a device of the signed API report payments of an outside channel, or stop it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the device's key id")
        parser.add_argument("--channel", choices=Reporter.Channel.values, help="whose money it reports")
        parser.add_argument(
            "--gives-back", action="store_true", help="it carries refunds out itself; else staff do"
        )
        parser.add_argument("--stop", action="store_true", help="let it report no more")

    def handle(self, *_args: Any, key: str, **options: Any) -> None:
        device = Device.objects.filter(key_id=key, make=Device.Make.API, revoked_at=None).first()
        if device is None:
            raise CommandError("There is no device of the signed API with this key.")
        if options["stop"]:
            Reporter.objects.filter(device=device).delete()
            self.stdout.write("It reports no more payments.")
            return
        if not options["channel"]:
            raise CommandError("Say --channel or --stop.")
        Reporter.objects.update_or_create(
            device=device,
            defaults={"channel": options["channel"], "gives_back": options["gives_back"]},
        )
        self.stdout.write(f"It reports payments of the channel {options['channel']}.")
