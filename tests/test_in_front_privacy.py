"""A canary plate in front of each parking system, whose answers hold all that they should not.

Owner, phone, photos and bays come back with the fee, and failures that name the plate. Nothing of it may be
found in the database, the log, the channel's messages, kept pages or the heads of answers.
"""

import re

import pytest
from django.utils.timezone import now

from lots.sign_register import new_sign
from payments import settlements
from payments.models import Payment, Settlement
from payments.settling import settle
from sandbox.systems.system_server import SystemAnswer
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named
from tests.needles import forms
from tests.test_privacy import (  # noqa: F401 - fixtures too
    CANARY,
    NEEDLES,
    Visit,
    assert_everything_was_looked_at,
    found_in,
    hits,
    log_file,
    traces,
)

pytestmark = pytest.mark.django_db
STRANGERS = ("王某", "13800000000", "http://x/", "B660 bay")
ALL = NEEDLES | {text: forms(text) for text in STRANGERS}
FAULTS = ("unknown_code", "offline", "two_cars", "forged", "not_json", "http_error")


def pays(visit, sign, vendor, channel):
    """Look, pay and be settled; return what went to the vendor after the payment was started."""
    shown = visit.post(f"/p/{sign.code}", plate=CANARY, part="1").content.decode()
    assert not any(text in shown for text in STRANGERS)
    charge = re.search(r'action="(/q/[^"]+)/pay"', shown)[1]
    assert visit.post(f"{charge}/pay", channel=channel.name, plate=CANARY).status_code == 200
    vendor.simulator.received.clear()
    payment = Payment.objects.get()
    settle(channel.pay(payment.number), cause="notice", at=now())
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().state == Settlement.State.ACCEPTED
    assert visit.get(f"/t/{payment.token}").status_code == 200
    return b"\n".join(vendor.simulator.received)


@every_vendor
def test_plate_and_owner_are_found_nowhere(name, traces, monkeypatch):  # noqa: F811
    vendor, visit = vendor_named(name), Visit(traces)
    sign = new_sign(lot=lot_in_front_of(vendor), place="B1")
    vendor.simulator.park.enter(CANARY, 1250)
    vendor.simulator.fault("extra_fields")
    visit.get(f"/p/{sign.code}")
    assert hits(pays(visit, sign, vendor, traces.channel)) == []
    for fault in FAULTS:
        vendor.simulator.fault(fault)
        visit.post(f"/p/{sign.code}", plate=CANARY)
        vendor.simulator.clear()
    answer = dict.fromkeys(("message", "errmsg", "msg", "resMsg", "orderNo", "reference"), f"{CANARY} 王某")
    monkeypatch.setattr(
        vendor.simulator, "answer", lambda _: SystemAnswer({**answer, "data": [answer], "state": 0})
    )
    assert visit.post(f"/p/{sign.code}", plate=CANARY).status_code == 503
    assert_everything_was_looked_at(traces.places())
    assert found_in(traces.places(), ALL) == {}
