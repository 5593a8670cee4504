"""manage.py device_key KEY begin|finish|revoke: changes a device's key while it works, or ends it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from lots.models import Device
from lots.setup import device_settings
from lots.setup.setting_changes import By


class Command(BaseCommand):
    help = (
        "begin: give a device a second key, shown once. finish: end the first, once the second was used. "
        "revoke: take the device out of use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the key id that the device has now")
        parser.add_argument("act", choices=["begin", "finish", "revoke"])

    def handle(self, *args: Any, key: str, act: str, **options: Any) -> None:
        device = Device.objects.select_related("lot__operator", "lane").filter(key_id=key).first()
        if device is None:
            raise CommandError("There is no device with this key.")
        if act == "revoke":
            done = device_settings.revoke(device, by=By(), at=now())
            self.stdout.write("Out of use" if done else "It was out of use before")
            return
        try:
            self._rotate(device, act)
        except device_settings.NotHeard:
            raise CommandError("It has not used its new key yet: it would be locked out.") from None
        except device_settings.Revoked:
            raise CommandError("It is out of use: enrol it anew (manage.py add_device)") from None

    def _rotate(self, device: Device, act: str) -> None:
        if act == "begin":
            for label, value in device_settings.begin_rotation(device, by=By(), at=now()).told():
                self.stdout.write(f"{label:<10}{value}")
        elif device_settings.finish_rotation(device, by=By(), at=now()):
            self.stdout.write("The old key is gone")
        else:
            self.stdout.write("Nothing to do: no new key was begun")
