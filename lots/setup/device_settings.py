"""Enrol devices, rotate their keys while they work, revoke them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.addresses import device_url
from core.errors import ParkingError
from core.vault import seal
from lots.device_keys import CONTEXT, secret_of
from lots.enrolment import camera_addresses, enrol
from lots.models import Device, Lane, Lot
from lots.setup.change_recorder import (
    ChangedBy,
    ChangeKind,
    SettingChange,
    SettingFault,
    Thing,
    check,
    plain,
    pressed,
    record,
)

AGAIN = timedelta(minutes=10)  # in which a second press of the same form shows the same secret once more


class ShownOnce(ParkingError):
    """The secret was shown when it was made, and is not shown again: make a new key."""

    code = "secret_shown_once"


class NewKeyUnused(ParkingError):
    """The device has not used its new key yet: without the old one it would be locked out."""

    code = "new_key_unused"


class Revoked(ParkingError):
    """The device is revoked; enrol it again."""

    code = "device_revoked"


@dataclass(frozen=True)
class Enrolled:
    """A device with a key that can be read now and never again."""

    device: Device
    key_id: str
    secret: str

    def to_enter(self) -> list[tuple[str, str]]:
        """Return what is to be entered at the device: addresses for a camera; address and key for the API."""
        if self.device.make == Device.Make.API:
            return [("address", device_url("/api/v1")), ("key", self.key_id), ("secret", self.secret)]
        return list(camera_addresses(self.device, self.secret, key_id=self.key_id).items())


def add_device(
    lane: Lane,
    *,
    make: str,
    name: str = "",
    serial: str = "",
    keep_images: bool = False,
    by: ChangedBy,
    at: datetime,
) -> Enrolled:
    """Enrol a device. A second press shows the same secret for some minutes. Raises `SettingFault`."""
    if (known := pressed(by, Device)) is not None:
        return _shown_again(known, by, at)
    given = {"name": plain(name) or _free_name(lane), "serial": plain(serial)}
    _check_device(lane, make=make, keep_images=keep_images, **given)
    try:
        with transaction.atomic():
            device, secret = enrol(lane=lane, make=make, keep_images=keep_images, **given)
            recorded = {**given, "lane": lane.name, "make": make, "keep_images": keep_images}
            after = {key: value for key, value in recorded.items() if value}
            record(device, Thing.DEVICE, ChangeKind.ADDED, by=by, at=at, after=after)
    except IntegrityError:
        if (known := pressed(by, Device)) is not None:
            return _shown_again(known, by, at)
        raise
    return Enrolled(device, device.key_id, secret)


def begin_rotation(device: Device, *, by: ChangedBy, at: datetime) -> Enrolled:
    """Give a device a second key; the first stays good until `finish_rotation`. Raises `Revoked`.

    One that was begun before is replaced: its addresses were lost.
    """
    if (known := pressed(by, Device)) is not None:
        return _shown_again(known, by, at)
    secret, key_id = secrets.token_urlsafe(32), secrets.token_hex(8)
    try:
        with transaction.atomic():
            rows = Device.objects.in_use().filter(pk=device.pk)
            if not rows.update(next_key_id=key_id, next_secret=seal(secret, CONTEXT), next_used_at=None):
                raise Revoked(f"device {device.pk}")
            record(device, Thing.DEVICE, ChangeKind.ROTATING, by=by, at=at)
    except IntegrityError:  # a double click: its answer is the one that is seen
        if (known := pressed(by, Device)) is None:
            raise
        return _shown_again(known, by, at)
    return Enrolled(device, key_id, secret)


@transaction.atomic
def finish_rotation(device: Device, *, by: ChangedBy, at: datetime) -> bool:
    """Revoke the old key; False if no rotation is under way. Raises `NewKeyUnused`."""
    row = Device.objects.select_for_update().get(pk=device.pk)
    if row.next_key_id is None or row.next_secret is None or row.revoked_at is not None:
        return False
    if row.next_used_at is None:
        raise NewKeyUnused(f"device {row.pk}")
    row.key_id, row.secret = row.next_key_id, row.next_secret
    row.next_key_id = row.next_secret = row.next_used_at = None
    row.save(update_fields=["key_id", "secret", "next_key_id", "next_secret", "next_used_at"])
    record(row, Thing.DEVICE, ChangeKind.ROTATED, by=by, at=at)
    return True


@transaction.atomic
def revoke(device: Device, *, by: ChangedBy, at: datetime) -> bool:
    """Revoke a device's keys for good; False if they were revoked before."""
    rows = Device.objects.in_use().filter(pk=device.pk)
    if not rows.update(revoked_at=at, next_key_id=None, next_secret=None, next_used_at=None):
        return False
    record(device, Thing.DEVICE, ChangeKind.REVOKED, by=by, at=at)
    return True


def _free_name(lane: Lane) -> str:
    """Return the default name of a device: its lane's, with a number if there are several."""
    taken = set(lane.lot.devices.in_use().values_list("name", flat=True))
    names = (
        lane.name if number == 1 else f"{lane.name[:36]} {number}" for number in range(1, len(taken) + 2)
    )
    return next(name for name in names if name not in taken)


def _check_device(lane: Lane, *, name: str, serial: str, make: str, keep_images: bool) -> None:
    if faults := device_faults(lane.lot, name=name, serial=serial, make=make, keep_images=keep_images):
        raise SettingFault(faults)
    check(Device(lot=lane.lot, lane=lane, name=name, serial=serial, make=make, key_id="new", secret=b"x"))


def device_faults(lot: Lot, *, name: str, serial: str, make: str, keep_images: bool) -> dict[str, list[str]]:
    """Return what is wrong with the values of a new device, by field."""
    faults: dict[str, list[str]] = {}
    used = lot.devices.in_use()
    if name and used.filter(name=name).exists():
        faults["name"] = [_("This lot already has a device with this name; choose another.")]
    if serial and used.filter(serial=serial).exists():
        faults["serial"] = [_("A device with this serial number is already enrolled.")]
    if keep_images and make != Device.Make.VZENITH:
        faults["keep_images"] = [_("Only Vzenith cameras send pictures.")]
    return faults


def _shown_again(device: Device, by: ChangedBy, at: datetime) -> Enrolled:
    """Return what an earlier press of this form made: its answer may have been lost on the way."""
    made = SettingChange.objects.filter(thing=Thing.DEVICE, row=device.pk).latest("pk")
    key_id = device.next_key_id if made.kind == ChangeKind.ROTATING else device.key_id
    secret = secret_of(device, key_id)
    if made.press != by.press or at - made.at > AGAIN or key_id is None or secret is None:
        raise ShownOnce(f"device {device.pk}")
    return Enrolled(device, key_id, secret)
