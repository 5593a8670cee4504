"""Lots that stand in front of a simulated parking system, for tests with a database."""

from lots.models import Lot, ParkingSystemLink
from lots.systems.links import seal_secrets
from tests.factories import make_lot
from tests.lots.systems.simulated import Vendor


def lot_in_front_of(vendor: Vendor, **fields: object) -> Lot:
    """Return a lot whose fees this simulator knows."""
    lot = make_lot(system=vendor.kind)
    ParkingSystemLink.objects.create(
        lot=lot,
        **{
            "base_url": vendor.url,
            "lot_code": vendor.simulator.lot_code,
            "options": vendor.simulator.options,
            "secrets": seal_secrets(lot.pk, vendor.simulator.secrets),
            "recipient_name": "示例停车系统有限公司",
            "recipient_contact": "privacy@pms.example",
            **fields,
        },
    )
    return lot
