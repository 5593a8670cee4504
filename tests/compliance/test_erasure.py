"""A plate is forgotten on its lot's clock, with a proof that holds none, never while its car is inside."""

import time
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from compliance import compliance_jobs, retention
from compliance.models import Erasure
from compliance.retention import erase_plates
from core import jobs
from lots.models import ParkingSession, PlateRead, ReadPicture
from lots.plates import parse
from lots.sessions import find_open
from tests.factories import NOON, make_device, make_lot, make_person, see
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PLATE = "沪A12345"
LEFT = NOON + timedelta(minutes=10)  # within the free minutes: it is let out
MOMENT = timedelta(microseconds=1)


def make_session(lot, plate=PLATE, *, left=True, at=NOON):
    see(make_device(lot, "entry"), plate, at)
    if left:
        see(make_device(lot, "exit"), plate, at + (LEFT - NOON))
    return ParkingSession.objects.filter(lot=lot).latest("pk")


def plates(model, **where):
    return model.objects.filter(plate__isnull=False, plate_index__isnull=False, **where).count()


def counts(found):
    return [(each.lot, each.sessions, each.reads) for each in found]


@pytest.mark.parametrize(
    ("hours", "after", "forgotten"),
    [
        (24, timedelta(hours=24), False),
        (24, timedelta(hours=24) + MOMENT, True),
        (1, timedelta(hours=1), False),
        (1, timedelta(hours=1) + MOMENT, True),
        (72, timedelta(hours=24) + MOMENT, False),
    ],
)
def test_plate_is_erased_after_retention(hours, after, forgotten):
    lot = make_lot(retention_hours=hours)
    session = make_session(lot)
    found = erase_plates(at=LEFT + after)
    session.refresh_from_db()
    assert (session.plate is None, session.plate_index is None) == (forgotten, forgotten)
    assert session.forgotten_at == (LEFT + after if forgotten else None)
    assert plates(PlateRead) == (0 if forgotten else 2)
    assert counts(found) == ([(lot, 1, 2)] if forgotten else [])


def test_each_lot_has_its_own_retention():
    quick, slow = make_lot(retention_hours=2), make_lot(retention_hours=48)
    for lot in (quick, slow):
        make_session(lot)
    assert counts(erase_plates(at=LEFT + timedelta(hours=3))) == [(quick, 1, 2)]
    assert (plates(ParkingSession, lot=quick), plates(ParkingSession, lot=slow)) == (0, 1)


def test_single_lot_can_be_selected():
    lots = [make_lot(), make_lot()]
    for lot in lots:
        make_session(lot)
    erase_plates(at=LEFT + timedelta(days=2), lot=lots[0])
    assert [plates(ParkingSession, lot=lot) for lot in lots] == [0, 1]


def test_erasure_keeps_times_and_kind():
    session = make_session(make_lot())
    erase_plates(at=LEFT + timedelta(days=2))
    kept = ParkingSession.objects.get(pk=session.pk)
    assert (kept.entered_at, kept.left_at, kept.plate_kind) == (NOON, LEFT, "ordinary")


def test_open_session_keeps_its_plate():
    lot = make_lot()
    make_session(lot, left=False)
    assert erase_plates(at=NOON + timedelta(days=90)) == []
    assert find_open(lot.pk, parse(PLATE)) is not None
    assert plates(PlateRead) == 1


def test_unmatched_read_expires_by_capture_time():
    lot = make_lot()
    see(make_device(lot, "exit"), PLATE, NOON)  # its entry was never seen
    assert erase_plates(at=NOON + timedelta(hours=24)) == []
    assert counts(erase_plates(at=NOON + timedelta(hours=24) + MOMENT)) == [(lot, 0, 1)]


@pytest.mark.parametrize(
    ("since_entry", "remembered"),
    [(timedelta(hours=1), True), (timedelta(hours=-1), False)],
)
def test_unlinked_read_follows_the_open_session(since_entry, remembered):
    lot = make_lot()
    make_session(lot, left=False)
    PlateRead.objects.update(session=None, captured_at=NOON + since_entry)
    erase_plates(at=NOON + timedelta(days=9))
    assert plates(PlateRead) == int(remembered)


def test_daily_visits_do_not_extend_retention():
    lot = make_lot()
    for day in range(4):
        make_session(lot, at=NOON + timedelta(days=day))
    PlateRead.objects.filter(captured_at__lt=NOON + timedelta(hours=1)).update(session=None)
    erase_plates(at=LEFT + timedelta(days=3))
    assert plates(ParkingSession) == 2
    assert plates(PlateRead) == 4


def test_erasure_dry_run_changes_nothing():
    lot = make_lot()
    make_session(lot)
    see(make_device(lot, "exit"), "沪B22222", NOON)
    at = LEFT + timedelta(days=2)
    before = list(ParkingSession.objects.values()), list(PlateRead.objects.values())
    would = erase_plates(at=at, dry_run=True)
    assert (list(ParkingSession.objects.values()), list(PlateRead.objects.values())) == before
    assert not Erasure.objects.exists()
    assert counts(would) == counts(erase_plates(at=at)) == [(lot, 1, 3)]


def test_repeated_erasure_adds_no_proof():
    make_session(make_lot())
    at = LEFT + timedelta(days=2)
    assert len(erase_plates(at=at)) == 1
    assert erase_plates(at=at) == []
    assert ParkingSession.objects.get().forgotten_at == at
    assert Erasure.objects.count() == 1


def test_erasure_backlog_gives_one_proof(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    lot = make_lot()
    for number in range(5):
        make_session(lot, f"沪A1234{number}")
    at = LEFT + timedelta(days=2)
    assert counts(erase_plates(at=at)) == [(lot, 5, 10)]
    proof = Erasure.objects.get()
    assert (proof.lot, proof.at, proof.sessions, proof.reads) == (lot, at, 5, 10)
    assert proof.left_before == at - timedelta(hours=24)


def test_killed_erasure_leaves_a_proof(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    lot = make_lot()
    for number in range(3):
        make_session(lot, f"沪A1234{number}")
    proof = Erasure(lot=lot, at=NOON, left_before=LEFT + MOMENT, sessions=0, reads=0, pictures=0)
    assert retention._erase_batch(proof)
    assert (Erasure.objects.get().sessions, plates(ParkingSession)) == (2, 1)


def test_proof_has_no_plate_column():
    names = {field.name for field in Erasure._meta.get_fields()}
    values = {"id", "lot", "at", "left_before", "by", "reason"}  # a reason with a plate in it is refused
    assert names == values | {"sessions", "reads", "pictures", "coupons", "permits"}


def test_late_record_is_erased_next_run():
    lot = make_lot()
    make_session(lot)
    late = LEFT + timedelta(days=2)
    erase_plates(at=late)
    see(make_device(lot, "exit"), PLATE, LEFT, offline=True, received=late)
    assert plates(PlateRead) == plates(ParkingSession) == 1
    erase_plates(at=late)
    assert plates(PlateRead) == plates(ParkingSession) == 0


def test_picture_is_erased_with_its_plate():
    lot = make_lot()
    see(make_device(lot, "entry"), PLATE, NOON, picture=b"in")
    see(make_device(lot, "exit"), PLATE, LEFT, picture=b"out")
    see(make_device(lot, "entry"), "沪B22222", NOON, picture=b"still inside")
    due = LEFT + timedelta(hours=24)
    assert erase_plates(at=due) == []
    assert erase_plates(at=due + MOMENT, dry_run=True)[0].pictures == 2
    assert ReadPicture.objects.count() == 3
    (found,) = erase_plates(at=due + MOMENT)
    assert (found.sessions, found.reads, found.pictures) == (1, 2, 2)
    assert Erasure.objects.get().pictures == 2
    assert ReadPicture.objects.get().read.plate is not None


def test_plateless_picture_expires_by_capture_time():
    lot = make_lot()
    see(make_device(lot, "entry"), None, NOON, picture=b"no plate on it")
    assert erase_plates(at=NOON + timedelta(hours=24)) == []
    (found,) = erase_plates(at=NOON + timedelta(hours=24) + MOMENT)
    assert (found.reads, found.pictures, ReadPicture.objects.count()) == (0, 1, 0)


def test_batch_erases_pictures_with_plates(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    lot = make_lot()
    for number in range(3):
        see(make_device(lot, "exit"), f"沪A1234{number}", NOON, picture=b"x")
        see(make_device(lot, "exit"), None, NOON, picture=b"y")
    at = NOON + timedelta(days=2)
    proof = Erasure(lot=lot, at=at, left_before=NOON + MOMENT, sessions=0, reads=0, pictures=0)
    assert retention._erase_batch(proof)
    assert (proof.reads, proof.pictures) == (2, 5)
    assert ReadPicture.objects.get().read.plate is not None


def test_worker_erases_every_five_minutes():
    lot = make_lot()
    make_session(lot)
    job = jobs.load()["compliance.compliance_jobs.erase_plates"]
    assert job.every == timedelta(minutes=5)
    assert compliance_jobs.erase_plates(LEFT + timedelta(days=2)) == 3


def test_erasure_command_prints_no_plate():
    lot = make_lot()
    make_session(lot, at=now() - timedelta(days=2))
    for words, text in (
        (["--dry-run"], f"{lot.slug}: would erase 1 stays and 2 reads"),
        (["--lot", lot.slug], f"{lot.slug}: erased 1 stays and 2 reads"),
        ([], "Nothing is due."),
    ):
        out = StringIO()
        call_command("forget_plates", *words, stdout=out)
        assert text in out.getvalue()
        assert "12345" not in out.getvalue()


def test_erasure_command_refuses_unknown_lot():
    with pytest.raises(CommandError):
        call_command("forget_plates", "--lot", "nowhere")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_erase_each_plate_once(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    lot = make_lot()
    for number in range(8):
        make_session(lot, f"沪A1234{number}")
    answers = at_once(*4 * [partial(erase_plates, at=LEFT + timedelta(days=2))])
    found = [each for answer in answers for each in answer]
    assert sum(each.sessions for each in found) == 8
    assert sum(each.reads for each in found) == 16
    assert sum(Erasure.objects.values_list("sessions", flat=True)) == 8


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cars", [0, 1, 8])
def test_simultaneous_presses_leave_one_proof(monkeypatch, cars):
    lot, by = make_lot(), make_person()
    for number in range(cars):
        make_session(lot, f"沪A1234{number}")
    original, at, first = retention._drop, LEFT + timedelta(hours=1), [0.8]

    def slow(due):
        time.sleep(first.pop() if first else 0)  # the second press finds the first one's work uncommitted
        return original(due)

    monkeypatch.setattr(retention, "_drop", slow)
    press = partial(retention.erase_now, lot, by=by, reason="车主要求", at=at)
    found = at_once(press, press, delays=[0, 0.1])
    assert faults(found) == []
    assert [one.sessions for one in found] == [cars, cars]
    assert Erasure.objects.get().sessions == cars


def test_quiet_lots_cost_no_statements(django_assert_max_num_queries):
    for number in range(5):
        make_session(make_lot(slug=f"quiet-{number}", retention_hours=24), left=False)
    with django_assert_max_num_queries(2):
        assert erase_plates(at=LEFT + timedelta(days=2)) == []


def test_lots_are_found_by_their_own_retention():
    sessions = [make_session(make_lot(slug=f"lot-{hours}", retention_hours=hours)) for hours in (1, 24, 72)]
    found = erase_plates(at=LEFT + timedelta(hours=25))
    assert [each.lot for each in found] == [session.lot for session in sessions[:2]]
