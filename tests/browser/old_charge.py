"""`python -m tests.browser.old_charge` prints charges that signs showed six minutes ago.

It reads a line of JSON for each: the sign's code and the plate. It runs with the settings of a staged
installation, whose keys seal the charge.
"""

import json
import sys
from datetime import timedelta

import django


def old_charge(code: str, plate: str) -> str:
    from django.utils.timezone import now

    from lots.models import Sign
    from lots.plates import parse
    from lots.systems.parking_system import ChargeQuery
    from payments.charges import Due, ask, sealed

    sign, at = Sign.objects.select_related("lot").get(code=code), now() - timedelta(minutes=6)
    due = ask(sign.lot, ChargeQuery(at, plate=parse(plate)))
    assert isinstance(due, Due), due
    return sealed(due, lot=sign.lot, sign=sign, lane=None, language="zh-hans", plate=parse(plate), at=at)


if __name__ == "__main__":
    django.setup()
    for line in sys.stdin:
        print(old_charge(*json.loads(line)), flush=True)
