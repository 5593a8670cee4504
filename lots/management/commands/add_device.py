"""manage.py add_device LOT LANE --make vzenith|api: enrols a device and shows its secret once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lots.devices.enrol import camera_addresses, enrol
from lots.models import Device, Lane


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
        place = Lane.objects.filter(lot__slug=lot, name=lane).first()
        if place is None:
            raise CommandError(f"There is no lane {lane!r} in a lot {lot!r}.")
        if options["keep_images"] and options["make"] != Device.Make.VZENITH:
            raise CommandError("Only a Vzenith camera sends pictures.")
        device, secret = enrol(
            lane=place,
            name=options["name"] or place.name,
            make=options["make"],
            serial=options["serial"],
            keep_images=options["keep_images"],
        )
        for label, value in told(device, secret):
            self.stdout.write(f"{label:<10}{value}")


def told(device: Device, secret: str) -> list[tuple[str, str]]:
    """Return what must be entered at the device: three addresses for a camera, key and secret for the API."""
    if device.make == Device.Make.API:
        return [("address", f"{settings.DEVICE_URL}/api/v1"), ("key", device.key_id), ("secret", secret)]
    return list(camera_addresses(device, secret).items())
