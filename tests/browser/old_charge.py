"""`python -m tests.browser.old_charge SIGN PLATE` prints a charge that a sign showed six minutes ago.

It runs with the settings of a staged installation, whose keys seal the charge.
"""

import sys
from datetime import timedelta

import django


def main(code: str, plate: str) -> None:
    from django.utils.timezone import now

    from lots.models import Sign
    from lots.plates import parse
    from lots.systems.parking_system import ChargeQuery
    from payments.charges import Due, ask, sealed

    sign, at = Sign.objects.select_related("lot").get(code=code), now() - timedelta(minutes=6)
    due = ask(sign.lot, ChargeQuery(at, plate=parse(plate)))
    assert isinstance(due, Due), due
    print(sealed(due, lot=sign.lot, sign=sign, lane=None, language="zh-hans", plate=parse(plate), at=at))


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
