"""Makes a lot with a sign, cameras and parked cars, and prints how to reach them."""

import json
import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.utils.timezone import now  # noqa: E402

from lots.sign_register import new_sign  # noqa: E402
from tests.chaos.payers import CHANNELS  # noqa: E402
from tests.chaos.world import CARS, PAYING_CARS  # noqa: E402
from tests.devices.callers import address, alarm  # noqa: E402
from tests.factories import make_device, make_lot, see  # noqa: E402

if __name__ == "__main__":
    lot = make_lot(slug="pujiang")
    entry = make_device(lot, "entry")
    sign = new_sign(lot=lot, place="B1")
    for number in range(CARS):
        see(entry, f"沪A2{number:04}", now() - timedelta(minutes=61))
    for number in range(PAYING_CARS):
        see(entry, f"沪C{number:05}", now() - timedelta(minutes=61))
    exits = {}
    for channel in CHANNELS:
        camera = make_device(lot, "exit")
        exits[channel] = {
            "push": address(camera, "push"),
            "body": alarm(camera, now()).decode(),
            "comet": address(camera, "comet"),
            "serial": camera.serial,
        }
    body = alarm(entry, now()).decode()
    print(json.dumps({"code": sign.code, "push": address(entry, "push"), "body": body, "exits": exits}))
