"""Makes the car park of the day and its staff, and prints what visitors and the search have to know."""

import json
import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from lots.models import Device, Lot  # noqa: E402
from members import benefits  # noqa: E402
from members.asked import BenefitKind  # noqa: E402
from members.member_signs import new_sign as new_member_sign  # noqa: E402
from tests.factories import see  # noqa: E402
from tests.payments.coupons.making import hand_out, make_offer, make_shop  # noqa: E402
from tests.processes.place import make_place  # noqa: E402

TOTP_SECRET = "KANA7RIENVOGEL5LIEDQ6JBSWY3DPEHP"
MORE_PLATES = {"inside": "沪D8R3W1", "twice": "沪E9T4X2", "missed": "沪F2U5Y6", "member": "沪G3V6Z8"}


def make_day() -> dict[str, str]:
    made, at = make_place(), now()
    lot = Lot.objects.get(slug="pujiang")
    benefits.start(lot=lot, kind=BenefitKind.MINUTES, value=60, optional=["plate"], at=at)
    entry = Device.objects.filter(lot=lot, lane__direction="entry", make="vzenith").get()
    for name in ("inside", "twice", "member"):
        see(entry, MORE_PLATES[name], at - timedelta(minutes=61))
    TOTP.activate(get_user_model().objects.get(username=made["owner"]), TOTP_SECRET)
    shop = make_shop(lot)
    coupon = hand_out(shop, make_offer(shop, "amount", 100), at, plate=None)
    return {
        **made,
        "member_sign": new_member_sign(lot=lot, place="服务台").code,
        "coupon": str(coupon.code),
    }


if __name__ == "__main__":
    print(json.dumps(make_day()))
