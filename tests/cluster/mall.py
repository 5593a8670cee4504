"""Makes a lot with a sign and cars inside, and prints the sign's code."""

import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from lots.sign_register import new_sign  # noqa: E402
from tests.cluster.cluster_run import plate  # noqa: E402
from tests.factories import make_device, make_lot, see  # noqa: E402

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    lot = make_lot(slug="pujiang")
    entry = make_device(lot, "entry")
    sign = new_sign(lot=lot, place="B1")
    for number in range(int(os.environ["CARS"])):
        see(entry, plate(number), now() - timedelta(minutes=61))
    print(sign.code)
