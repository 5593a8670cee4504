"""Keys change month by month: what is still remembered moves to the newest, then an old key can go."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from compliance import rekeying
from compliance.rekeying import rekey_plates
from compliance.retention import erase_plates
from config.env import keyring
from core.vault import Unreadable, key_of, unseal, unseal_plate
from lots import permits, pictures
from lots.models import Device, ParkingSession, ParkingSystemLink, Permit, PlateRead, ReadPicture
from lots.plates import parse
from lots.systems import links
from payments.refusals import NothingOwed
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.payment_steps import look_in_lane, look_up

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PLATE = "沪A12345"
AUTUMN, WINTER = ("2026-11", b"\x66" * 32), ("2026-12", b"\x77" * 32)
OLD, BOTH, NEW = dict([AUTUMN]), dict([WINTER, AUTUMN]), dict([WINTER])
LEAVING = NOON + timedelta(minutes=61)


@pytest.fixture(autouse=True)
def without_member_columns(monkeypatch):
    monkeypatch.setattr(rekeying, "registered", list)


@pytest.fixture
def lot():
    with override_settings(PLATE_KEYS=OLD):
        lot = make_lot()
        see(make_device(lot, "entry"), PLATE, NOON)
        see(make_device(lot, "exit"), PLATE, LEAVING, picture=b"JPEG")  # owes, so it is held
        until = LEAVING + timedelta(days=30)
        permits.grant(
            lot=lot, plate=parse("沪B22222"), valid_from=NOON, valid_until=until, source="staff", at=NOON
        )
        ParkingSystemLink.objects.create(lot=lot, secrets=links.seal_secrets(lot.pk, {"key": "k"}))
        return lot


def sealed_values():
    for row in [*ParkingSession.objects.all(), *PlateRead.objects.all(), *Permit.objects.all()]:
        yield row.plate, f"plate {row.lot_id}"
    for row in ReadPicture.objects.all():
        yield row.picture, f"picture {row.lot_id}"
    for device in Device.objects.all():
        yield device.secret, "device"
    for link in ParkingSystemLink.objects.all():
        yield link.secrets, f"parking system {link.lot_id}"


def test_old_key_can_be_dropped(lot):
    with override_settings(PLATE_KEYS=BOTH):
        done = rekey_plates()
    assert [(each.table, each.resealed, each.unreadable) for each in done] == [
        ("lots.ParkingSession", 1, 0),
        ("lots.PlateRead", 2, 0),
        ("lots.Permit", 1, 0),
        ("lots.ReadPicture", 1, 0),
        ("lots.Device", 2, 0),
        ("lots.ParkingSystemLink", 1, 0),
        ("payments.InvoiceRequest", 0, 0),
        ("staff.BackgroundTask", 0, 0),
        ("staff.BackgroundTask", 0, 0),
    ]
    with override_settings(PLATE_KEYS=NEW):
        assert {unseal_plate(lot.pk, session.plate) for session in ParkingSession.objects.all()} == {PLATE}
        assert pictures.show(ReadPicture.objects.get()) == b"JPEG"
        assert all(unseal(value, context) for value, context in sealed_values())
        assert look_in_lane(lane=PlateRead.objects.latest("pk").lane, at=LEAVING).amount_fen == 1000


def test_old_backup_becomes_unreadable(lot):
    backup = bytes(ParkingSession.objects.get().plate)
    with override_settings(PLATE_KEYS=BOTH):
        rekey_plates()
    with override_settings(PLATE_KEYS=NEW), pytest.raises(Unreadable):
        unseal_plate(lot.pk, backup)


def test_repeated_rekeying_changes_nothing(lot):
    with override_settings(PLATE_KEYS=BOTH):
        rekey_plates()
        before = [bytes(value) for value, _ in sealed_values()]
        assert [each.resealed for each in rekey_plates()] == [0] * 9
    assert [bytes(value) for value, _ in sealed_values()] == before


def test_rekeying_dry_run_counts_by_key(lot):
    with override_settings(PLATE_KEYS=BOTH):
        done = rekey_plates(dry_run=True)
    assert [(each.resealed, dict(each.under)) for each in done] == [
        (0, {"2026-11": 1}),
        (0, {"2026-11": 2}),
        (0, {"2026-11": 1}),
        (0, {"2026-11": 1}),
        (0, {"2026-11": 2}),
        (0, {"2026-11": 1}),
        *[(0, {})] * 3,
    ]
    assert {key_of(value) for value, _ in sealed_values()} == {"2026-11"}


def test_rekeying_backlog_runs_in_batches(lot, monkeypatch):
    monkeypatch.setattr(rekeying, "BATCH", 1)
    with override_settings(PLATE_KEYS=BOTH):
        assert [each.resealed for each in rekey_plates()] == [1, 2, 1, 1, 2, 1, 0, 0, 0]


def test_rekeying_never_restores_erased_plate(lot, monkeypatch):
    def seal_bytes(clear, context):
        ParkingSession.objects.update(plate=None, plate_index=None)
        return b"\x07anew"

    monkeypatch.setattr(rekeying, "seal_bytes", seal_bytes)
    with override_settings(PLATE_KEYS=BOTH):
        assert rekey_plates()[0].resealed == 0
    assert ParkingSession.objects.get().plate is None


def test_early_key_removal_is_survivable(lot):
    """The plates are as good as forgotten: counted, forgotten on time, and still found when typed."""
    with override_settings(PLATE_KEYS=NEW):
        assert [each.unreadable for each in rekey_plates()] == [1, 2, 1, 1, 2, 1, 0, 0, 0]
        with pytest.raises(NothingOwed):
            look_in_lane(lane=PlateRead.objects.latest("pk").lane, at=LEAVING)
        assert look_up(lot=lot, plate=parse(PLATE), at=LEAVING).amount_fen == 1000
        ParkingSession.objects.update(left_at=LEAVING)
        assert [(each.sessions, each.reads) for each in erase_plates(at=LEAVING + timedelta(days=2))] == [
            (1, 2)
        ]


@pytest.mark.parametrize("damaged", [b"", b"\x07", b"\x072026-11", b"\x072026-11" + b"x" * 12, b"\xff\xff"])
def test_damaged_value_counts_as_unreadable(lot, damaged):
    ParkingSession.objects.update(plate=damaged)
    with override_settings(PLATE_KEYS=BOTH):
        assert rekey_plates()[0].unreadable == 1


def test_rekey_command_prints_no_secrets(lot):
    out = StringIO()
    with override_settings(PLATE_KEYS=BOTH):
        call_command("rekey_plates", stdout=out)
    assert "lots.PlateRead: 2 sealed again, 0 unreadable; now 2 under 2026-12" in out.getvalue()
    assert "12345" not in out.getvalue()
    assert "77" not in out.getvalue()


def test_new_key_fits_the_keyring():
    out, again = StringIO(), StringIO()
    call_command("new_key", "2026-12", stdout=out)
    call_command("new_key", "2026-12", stdout=again)
    assert list(keyring(out.getvalue().strip())) == ["2026-12"]
    assert out.getvalue() != again.getvalue()


@pytest.mark.parametrize("name", ["", "a" * 17, "a:b", "a,b", "十二月", "new"])
def test_invalid_key_id_is_refused(name):
    with pytest.raises(CommandError):
        call_command("new_key", name)
