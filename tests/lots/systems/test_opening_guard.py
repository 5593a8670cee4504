"""A lot may not be opened where money could be taken twice."""

import pytest

from lots.models import Lot, ParkingSystemLink
from lots.setup import going_live
from lots.setup.setting_changes import By
from tests.factories import NOON, make_lot, make_person

pytestmark = pytest.mark.django_db


def test_jieshun_lot_cannot_open():
    lot = make_lot(closed_at=NOON, system=Lot.System.JIESHUN)
    ParkingSystemLink.objects.create(
        lot=lot, secrets=b"x", recipient_name="vendor", recipient_contact="021-5550 0100"
    )
    with pytest.raises(going_live.NotReady):
        going_live.open_lot(lot, starts_at=NOON, by=By(make_person()), at=NOON)
