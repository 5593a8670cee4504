"""Lots that stand in front of a simulated parking system, for tests with a database."""

from lots.models import Lot, ParkingSystemLink
from lots.systems.links import digest_of_row, seal_secrets
from tests.factories import make_lot
from tests.lots.systems.simulated import Vendor


def lot_in_front_of(vendor: Vendor, **fields: object) -> Lot:
    """Return a lot whose fees this simulator knows."""
    lot = make_lot(system=vendor.kind)
    row = ParkingSystemLink.objects.create(
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
    return answers_from(lot, row)


def answers_from(lot: Lot, row: ParkingSystemLink, *, system: str = "") -> Lot:
    """Record that the lot's answers come through this link, as `save_link` does."""
    lot.system = system or lot.system
    lot.system_digest = digest_of_row(lot.system, row)
    lot.save(update_fields=["system", "system_digest"])
    return lot


def move_to(vendor: Vendor, lot: Lot) -> Lot:
    """Link a lot to another simulator, without what `save_link` checks."""
    row = ParkingSystemLink.objects.get(lot=lot)
    row.base_url, row.lot_code = vendor.url, vendor.simulator.lot_code
    row.options, row.secrets = vendor.simulator.options, seal_secrets(lot.pk, vendor.simulator.secrets)
    row.save()
    return answers_from(lot, row, system=vendor.kind)
