"""A driver's process that started while the database was away names whom to call, from the worker's file."""

import errno
import os

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from core import hot_sql
from driver import page_cache
from lots import contacts, lot_jobs
from lots.changes import FactsStamp
from lots.models import Operator
from tests.driver.conftest import PLATE
from tests.factories import NOON, see

PHONE, NAME = "021-5555 0100", "浦江广场"


@pytest.fixture
def file(mall, settings, tmp_path, monkeypatch):
    """The file as the worker writes it, and its own count of what changed."""
    settings.CONTACTS_FILE = tmp_path / "contacts.json"
    monkeypatch.setattr(contacts, "_STAMP", FactsStamp(clock=iter(range(0, 9999, 60)).__next__))
    monkeypatch.setattr(contacts, "_written", {})
    assert lot_jobs.write_contacts(now()) == 1
    return settings.CONTACTS_FILE


@pytest.fixture
def boot():
    """Forget all that the process knows, and let no statement meet the database."""

    def away(*_args, **_options):
        raise OperationalError

    with pytest.MonkeyPatch.context() as patch:

        def start() -> None:
            for cache in (page_cache.SIGNS, page_cache.ROWS, page_cache.TARIFFS, page_cache.PRIVACY):
                cache.clear()
            for name in ("rows", "joined"):
                patch.setattr(hot_sql, name, away)
            patch.setattr("django.db.backends.utils.CursorWrapper.execute", away)

        yield start


def test_outage_since_boot_shows_phone(mall, file, boot):
    see(mall.entry, PLATE, NOON)
    fee = mall.submit(f"/p/{mall.pure.code}", plate=PLATE)["Location"]
    boot()
    sign, lot = f"/p/{mall.pure.code}", f"/lot/{mall.lot.slug}"
    for answer in (
        *map(mall.get, (sign, f"{sign}/en", fee, f"{lot}/tariff", f"{lot}/privacy")),
        mall.submit(sign, plate=PLATE),
        mall.submit(sign, plate=PLATE, part="1"),
        mall.submit(f"{fee}/pay", channel="fake"),
    ):
        assert answer.status_code == 503
        shown = answer.content.decode()
        assert PHONE in shown
        assert 'href="tel:02155550100"' in shown
        assert "X-Part" in answer or NAME in shown
        assert PLATE not in shown


def test_contacts_hold_no_code_or_plate(mall, file):
    see(mall.entry, PLATE, NOON)
    text = file.read_text(encoding="utf-8")
    assert not [word for word in (mall.pure.code, mall.exit_sign.code, PLATE) if word in text]
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"lots": {"1": null}, "signs": {}}', '{"lots": []', "\x00"])
def test_damaged_contacts_are_no_error(mall, file, boot, text):
    file.write_text(text, encoding="utf-8")
    boot()
    answer = mall.get(f"/p/{mall.pure.code}")
    assert answer.status_code == 503
    assert PHONE not in answer.content.decode()


def test_contacts_follow_changes(mall, file):
    assert lot_jobs.write_contacts(now()) == 0
    Operator.objects.update(service_phone="021-5555 0199")
    mall.exit_sign.revoked_at = now()
    mall.exit_sign.save()
    assert lot_jobs.write_contacts(now()) == 1
    found = contacts.find(file, code=mall.pure.code)
    assert found is not None
    assert found.service_phone == "021-5555 0199"
    assert contacts.find(file, code=mall.exit_sign.code) is None
    file.unlink()
    assert lot_jobs.write_contacts(now()) == 1


def test_full_disk_keeps_former_contacts(mall, file, monkeypatch):
    before = file.read_bytes()
    Operator.objects.update(service_phone="021-5555 0199")

    def full(_number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        lot_jobs.write_contacts(now())
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_no_file_of_contacts_is_written_unasked(mall, settings):
    settings.CONTACTS_FILE = None
    assert lot_jobs.write_contacts(now()) == 0
    assert contacts.find(None, slug=mall.lot.slug) is None
