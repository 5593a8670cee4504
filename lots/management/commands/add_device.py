"""manage.py add_device LOT LANE --make vzenith|api: enrols a device and shows its secret once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.management.setting import English
from lots.models import Device, Lane
from lots.setup.device_settings import add_device
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = "Enrol a camera or gate box in a lane. Its secret is shown now and never again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("lane", help="the lane's name")
        parser.add_argument("--make", required=True, choices=Device.Make.values)
        parser.add_argument("--name", default="", help="what staff call it; the lane's name if not said")
        parser.add_argument(
            "--serial", default="", help="what a Vzenith camera calls itself; then it is checked"
        )
        parser.add_argument(
            "--keep-images",
            action="store_true",
            help="keep a Vzenith camera's pictures, sealed, as long as the plate; else they are dropped",
        )

    def handle(self, *_args: Any, lot: str, lane: str, **options: Any) -> None:
        place = Lane.objects.select_related("lot__operator").filter(lot__slug=lot, name=lane).first()
        if place is None:
            raise CommandError(f"There is no lane {lane!r} in a lot {lot!r}.")
        if options["keep_images"] and options["make"] != Device.Make.VZENITH:
            raise CommandError("Only a Vzenith camera sends pictures.")
        said = {name: options[name] for name in ("name", "make", "serial", "keep_images")}
        with English():
            made = add_device(place, by=By(), at=now(), **said)
        for label, value in made.told():
            self.stdout.write(f"{label:<10}{value}")
