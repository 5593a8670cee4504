"""Small functions that make what a test needs and nothing else."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from core.vault import seal
from lots.models import Device, Lane, Lot, Operator, TariffVersion
from lots.plate_reads import Sighting, Verdict, record_read
from staff import grants

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
TARIFF: dict[str, Any] = {
    "format": 2,
    "currency": "CNY",
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
    "steps_count": "cycle",
    "cycle": {"basis": "from_entry", "hours": 24},
    "caps": [{"cycle": "each", "amount": 4000}],
    "caps_count": "per_cycle",
    "after_exit_window": "recomputed",
    "exempt": ["emergency"],
}
_numbers = count(1)


def make_lot(*, tariff: dict[str, Any] | None = None, **fields: Any) -> Lot:
    """A mall that charges 5 yuan an hour after 15 free minutes, at most 40 in 24 hours."""
    operator = fields.pop("operator", None) or Operator.objects.create(
        legal_name="上海浦江商业管理有限公司",
        contact="privacy@example.cn",
        service_phone="021-5555 0100",
        cash_information="可在B1层岗亭支付现金",
    )
    number = next(_numbers)
    lot = Lot.objects.create(
        operator=operator, **{"slug": f"lot-{number}", "name": "浦江广场", "kind": Lot.Kind.MALL, **fields}
    )
    TariffVersion.objects.create(
        lot=lot, version=1, document=tariff or TARIFF, valid_from=datetime(2020, 1, 1, tzinfo=UTC)
    )
    return lot


def make_person(role: str | None = None, *, lot: Lot | None = None, operator: Any = None) -> Any:
    """Someone with a role at one lot or at each lot of an operator; without a role, who set the site up."""
    name = f"person-{next(_numbers)}"
    user = get_user_model().objects.create_user(name, is_superuser=role is None)
    if role is not None:
        place = lot.operator if lot else operator
        grants.give(user=user, operator=place, lot=lot, role=role, at=NOON)
    return user


def signed_in(user: Any) -> Client:
    """A browser in which someone has signed in to the console."""
    client = Client()
    client.force_login(user)
    return client


def client_of(role: str, lot: Lot) -> Client:
    """A browser in which someone with this role at the lot has signed in."""
    return signed_in(make_person(role, lot=lot))


def make_device(lot: Lot, direction: str, *, make: str = Device.Make.VZENITH, **fields: Any) -> Device:
    """A camera in a lane of its own; its secret is `secret` and its key id."""
    number = next(_numbers)
    lane = Lane.objects.create(lot=lot, name=f"{direction} {number}", direction=direction)
    return Device.objects.create(
        lot=lot,
        lane=lane,
        name=f"camera {number}",
        make=make,
        key_id=f"key{number}",
        serial=f"serial-{number}",
        secret=seal(f"secret{number}", "device"),
        **fields,
    )


def see(device: Device, plate: str | None, at: datetime, **fields: Any) -> Verdict:
    """Let a camera report a plate as it happens, or with `received=` later."""
    received = fields.pop("received", at)
    key = fields.pop("key", f"event-{next(_numbers)}")
    return record_read(device=device, sighting=Sighting(key, plate, at, **fields), at=received)
