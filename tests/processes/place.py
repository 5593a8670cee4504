"""Makes what a day at a car park needs, and prints how to reach it: `python -m tests.processes.place`."""

import json
import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from lots.models import ParkingSystemLink  # noqa: E402
from lots.sign_register import new_sign  # noqa: E402
from lots.systems.links import seal_secrets  # noqa: E402
from sandbox.systems.__main__ import SIMULATORS  # noqa: E402
from tests.devices.callers import address, alarm, secret_of  # noqa: E402
from tests.factories import make_device, make_lot, make_person, see  # noqa: E402
from tests.lots.systems.linked import answers_from  # noqa: E402

PASSWORD = "kanarienvogel-7731-x"
PLATES = {"wechat": "沪A7K9Q3", "alipay": "沪B6M8R2", "lost": "沪C5N7T4"}


def make_place() -> dict[str, str]:
    call_command("migrate", verbosity=0)
    lot = make_lot(slug="pujiang")
    entry, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    gate = make_device(lot, "entry", make="api")
    for plate in PLATES.values():
        see(entry, plate, now() - timedelta(minutes=61))
    silent = make_lot(slug="silent", system="aike")
    row = ParkingSystemLink.objects.create(
        lot=silent,
        base_url="http://127.0.0.1:1",
        lot_code="1",
        options=SIMULATORS["aike"].options,
        secrets=seal_secrets(silent.pk, SIMULATORS["aike"].secrets),
    )
    answers_from(silent, row)
    owner = make_person()
    owner.set_password(PASSWORD)
    owner.save()
    return {
        "sign": new_sign(lot=lot, place="B1").code,
        "silent": new_sign(lot=silent, place="B1").code,
        "push": address(way_out, "push"),
        "comet": address(way_out, "comet"),
        "record": alarm(way_out, now()).decode(),
        "secret": secret_of(way_out),
        "key": gate.key_id,
        "key_secret": secret_of(gate),
        "owner": owner.get_username(),
    }


if __name__ == "__main__":
    print(json.dumps(make_place()))
