"""Passes and white lists: whose car parks free from when until when, and what its stay then costs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from compliance.retention import erase_plates
from core.vault import plate_index, unseal_plate
from lots import sessions
from lots.models import GateCommand, ParkingSession, Permit, PermitExtension, TariffVersion
from lots.permits import AlreadyRuns, BadTerm, Closed, Hours, NoSuchPass, change_plate, extend, grant, revoke
from lots.plates import parse
from lots.pricing import price_session
from payments.refusals import NothingOwed
from tests.factories import NOON, make_device, make_lot, make_person, see
from tests.lots.tariffs.published import simple
from tests.payments.payment_steps import look_up

pytestmark = pytest.mark.django_db
PLATE, OTHER = "沪A12345", "沪B22222"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MONTH = NOON + 30 * DAY
PASSES = [
    {"name": "month", "price": 60000},
    {"name": "night", "price": 30000, "from": "20:00", "to": "08:00", "days": ["workday"]},
]
HOURLY = simple(500) | {"passes": PASSES}  # 5 yuan for each hour begun; noon is a Tuesday's


@pytest.fixture
def lot():
    return make_lot(tariff=HOURLY)


@pytest.fixture
def entry(lot):
    return make_device(lot, "entry")


@pytest.fixture
def way_out(lot):
    return make_device(lot, "exit")


def grant_permit(lot, plate=PLATE, **more):
    terms = {"valid_from": NOON - DAY, "valid_until": MONTH, "source": "staff", "at": NOON}
    return grant(**{"lot": lot, "plate": parse(plate), **terms, **more})


def enter(entry, plate=PLATE, at=NOON):
    see(entry, plate, at)
    return ParkingSession.objects.latest("pk")


def price(session, until):
    return price_session(ParkingSession.objects.get(pk=session.pk), until=until)[0]


def line_codes(session, until):
    return [(line.code, line.fen, line.values.get("right")) for line in price(session, until).lines]


# what a stay costs


def test_covered_car_is_free_and_released(lot, entry, way_out):
    grant_permit(lot, name="month")
    session = enter(entry)
    assert line_codes(session, NOON + 5 * HOUR) == [("covered", 0, "month")]
    verdict = see(way_out, PLATE, NOON + 5 * HOUR)
    assert verdict.opens(NOON + 5 * HOUR)
    assert verdict.command.cause == "nothing_owed"
    session.refresh_from_db()
    assert (session.left_at, session.paid_fen) == (NOON + 5 * HOUR, 0)


def test_plate_without_permit_is_charged(lot, entry):
    grant_permit(lot)
    assert price(enter(entry, OTHER), NOON + HOUR).fen == 500


def test_permit_is_limited_to_its_lot(lot, entry):
    grant_permit(make_lot(tariff=HOURLY))
    assert price(enter(entry), NOON + HOUR).fen == 500


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        (-DAY, 2 * HOUR, 1500),  # it ends within the stay of five hours: the rest is charged
        (3 * HOUR, DAY, 1500),  # it begins within it
        (HOUR, 2 * HOUR, 2000),
        (-DAY, 5 * HOUR, 0),
        (5 * HOUR, DAY, 2500),
    ],
)
def test_uncovered_time_is_charged(lot, entry, begins, ends, expected):
    grant_permit(lot, valid_from=NOON + begins, valid_until=NOON + ends)
    assert price(enter(entry), NOON + 5 * HOUR).fen == expected


def test_charge_line_names_the_permit(lot, entry):
    grant_permit(lot, name="month", valid_until=NOON + HOUR)
    grant_permit(lot, OTHER, valid_until=NOON + HOUR)
    assert line_codes(enter(entry), NOON + 2 * HOUR) == [("covered", 0, "month"), ("units", 500, None)]
    assert line_codes(enter(entry, OTHER), NOON + 2 * HOUR)[0] == ("covered", 0, "whitelist")


def test_permit_hours_come_from_tariff_pass(lot, entry):
    permit = grant_permit(lot, name="night")
    assert (permit.hours_from, permit.hours_to, permit.days) == (
        20 * 3600,
        8 * 3600,
        "mon tue wed thu fri makeup",
    )
    session = enter(entry, at=NOON + 7 * HOUR)  # 19:00: one hour until the night begins, one after it
    assert price(session, NOON + 21 * HOUR).fen == 1000


def test_permit_hours_survive_tariff_change(lot, entry):
    grant_permit(lot, name="month")
    TariffVersion.objects.create(lot=lot, version=2, document=simple(900), valid_from=NOON + HOUR)
    assert price(enter(entry, at=NOON + 2 * HOUR), NOON + 9 * HOUR).fen == 0
    with pytest.raises(NoSuchPass):
        grant_permit(lot, OTHER, name="month", at=NOON + 2 * HOUR)


def test_whitelist_hours_limit_coverage(lot, entry):
    grant_permit(lot, hours=Hours(12 * 3600, 14 * 3600, frozenset({"tue"})))
    assert price(enter(entry), NOON + 3 * HOUR).fen == 500


def test_permit_revoked_early_covers_nothing(lot, entry):
    permit = grant_permit(lot, valid_from=NOON + HOUR)
    revoke(permit, why="办错", at=NOON + SECOND)
    assert price(enter(entry), NOON + 3 * HOUR).fen == 1500


# changes while a car is inside


def test_late_permit_covers_open_stay(lot, entry):
    session = enter(entry)
    assert price(session, NOON + 4 * HOUR).fen == 2000
    grant_permit(lot, valid_from=NOON, at=NOON + 4 * HOUR)
    assert price(session, NOON + 4 * HOUR).fen == 0


def test_revoked_permit_covers_until_revocation(lot, entry, way_out):
    permit = grant_permit(lot)
    session = enter(entry)
    revoke(permit, why="退租", at=NOON + HOUR)
    assert price(session, NOON + 3 * HOUR).fen == 1000
    assert see(way_out, PLATE, NOON + 3 * HOUR).due_fen == 1000


@pytest.mark.parametrize("how", ["grant", "extend"])
def test_new_coverage_releases_held_car(lot, entry, way_out, how):
    permit = grant_permit(lot, valid_until=NOON + HOUR) if how == "extend" else None
    session = enter(entry)
    at = NOON + 2 * HOUR
    assert see(way_out, PLATE, at).due_fen
    if permit:
        extend(permit, until=MONTH, at=at + SECOND)
    else:
        grant_permit(lot, at=at + SECOND)
    command = GateCommand.objects.get(session=session, lane=way_out.lane)
    assert (command.cause, command.state) == ("nothing_owed", "queued")


def test_partial_coverage_opens_nothing(lot, entry, way_out):
    session = enter(entry)
    at = NOON + 2 * HOUR
    see(way_out, PLATE, at)
    grant_permit(lot, valid_from=NOON + HOUR, at=at + SECOND)
    assert not GateCommand.objects.filter(session=session, lane=way_out.lane).exists()


# what drivers and the database are asked


def test_covered_plate_answers_like_absent_one(lot, entry):
    grant_permit(lot)
    enter(entry)
    for plate in (PLATE, OTHER):
        with pytest.raises(NothingOwed) as raised:
            look_up(lot=lot, plate=parse(plate), at=NOON + 2 * HOUR)
        assert type(raised.value) is NothingOwed


@pytest.mark.parametrize("name", ["", "month", "night"])
def test_covered_and_absent_plates_query_equally(lot, entry, django_assert_num_queries, name):
    """The hours of a permit need the lot's clock: the lot is known already, and asked for no second time."""
    grant_permit(lot, name=name, hours=Hours(0, 23 * 3600) if not name else Hours())
    at = NOON + 8 * HOUR
    price(enter(entry, at=at), at)  # its tariff is parsed and kept
    for plate in (OTHER, PLATE, OTHER, PLATE):
        with django_assert_num_queries(1), pytest.raises(NothingOwed):
            look_up(lot=lot, plate=parse(plate), at=at + timedelta(minutes=30))


def test_permits_add_one_query_to_price(lot, entry, django_assert_num_queries):
    both = [enter(entry), enter(entry, OTHER)]
    grant_permit(lot, name="month")
    price(both[0], NOON + HOUR)  # its tariff is parsed and kept
    for session in ParkingSession.objects.filter(pk__in=[session.pk for session in both]):
        with django_assert_num_queries(2):
            price_session(session, until=NOON + HOUR)


# granting, extending, revoking, changing the plate


def test_permit_plate_is_sealed_and_indexed(lot):
    permit = Permit.objects.get(pk=grant_permit(lot).pk)
    assert unseal_plate(lot.pk, permit.plate) == PLATE
    assert bytes(permit.plate_index) == plate_index(lot.pk, PLATE)
    assert PLATE not in str(permit)


def test_repeated_grant_changes_nothing(lot):
    assert grant_permit(lot, name="month").pk == grant_permit(lot, name="month", at=NOON + HOUR).pk
    assert Permit.objects.count() == 1


def test_conflicting_permit_terms_are_refused(lot):
    first = grant_permit(lot)
    with pytest.raises(AlreadyRuns) as raised:
        grant_permit(lot, valid_until=MONTH + DAY)
    assert raised.value.permit == first
    assert Permit.objects.get().valid_until == MONTH


def test_plate_may_hold_several_permit_kinds(lot, entry):
    grant_permit(lot, name="night")
    grant_permit(lot, hours=Hours(9 * 3600, 18 * 3600))
    assert Permit.objects.count() == 2
    assert price(enter(entry), NOON + 9 * HOUR).fen == 1000  # 18:00 to 20:00


def test_expired_permit_yields_to_new_one(lot):
    old = grant_permit(lot, valid_until=NOON + DAY)
    new = grant_permit(lot, valid_from=NOON + 2 * DAY, at=NOON + 2 * DAY)
    old.refresh_from_db()
    assert (old.closed_at, new.closed_at) == (NOON + 2 * DAY, None)
    with pytest.raises(Closed):
        extend(old, until=MONTH, at=NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("valid_from", "valid_until"), [(NOON, NOON), (NOON + DAY, NOON + HOUR), (NOON - DAY, NOON - HOUR)]
)
def test_invalid_permit_term_is_refused(lot, valid_from, valid_until):
    with pytest.raises(BadTerm):
        grant_permit(lot, valid_from=valid_from, valid_until=valid_until)
    assert not Permit.objects.exists()


def test_permit_extension_is_recorded_once(lot):
    permit, staff = grant_permit(lot), make_person("duty", lot=lot)
    for _ in range(2):
        extend(permit, until=MONTH + DAY, at=NOON + HOUR, by=staff)
    kept = PermitExtension.objects.get()
    assert (kept.was_until, kept.until, kept.by, kept.at) == (MONTH, MONTH + DAY, staff, NOON + HOUR)
    with pytest.raises(BadTerm):
        extend(permit, until=MONTH, at=NOON + 2 * HOUR)


def test_expired_permit_can_be_extended(lot, entry):
    permit = grant_permit(lot, valid_until=NOON + DAY)
    session = enter(entry, at=NOON + 2 * DAY)
    assert extend(permit, until=MONTH, at=NOON + 3 * DAY).valid_until == MONTH
    assert price(session, NOON + 3 * DAY).fen == 0


def test_permit_revocation_is_recorded(lot):
    permit, staff = grant_permit(lot), make_person("duty", lot=lot)
    revoke(permit, why="退租", at=NOON + HOUR, by=staff)
    revoke(permit, why="again", at=NOON + DAY)
    permit.refresh_from_db()
    assert (permit.revoked_why, permit.revoked_by, permit.revoked_at) == ("退租", staff, NOON + HOUR)
    assert permit.ends_at == NOON + HOUR
    with pytest.raises(Closed):
        extend(permit, until=MONTH + DAY, at=NOON + DAY)


def test_expired_permit_cannot_be_revoked(lot):
    permit = grant_permit(lot, valid_until=NOON + HOUR)
    with pytest.raises(Closed):
        revoke(permit, why="x", at=NOON + HOUR)


def test_plate_change_splits_permit_term(lot, entry):
    permit, staff = grant_permit(lot, name="night"), make_person("duty", lot=lot)
    session = enter(entry, at=NOON + 9 * HOUR)
    at = NOON + 10 * HOUR
    new = change_plate(permit, plate=parse(OTHER), why="换车", at=at, by=staff)
    permit.refresh_from_db()
    assert (permit.revoked_at, permit.revoked_why, new.instead_of) == (at, "换车", permit)
    assert (new.valid_from, new.valid_until, new.name, new.days) == (at, MONTH, "night", permit.days)
    assert price(session, at + HOUR).fen == 500
    assert price(enter(entry, OTHER, at), at + HOUR).fen == 0
    assert change_plate(permit, plate=parse(OTHER), why="换车", at=at + HOUR).pk == new.pk


def test_plate_change_refuses_second_permit(lot):
    permit = grant_permit(lot)
    grant_permit(lot, OTHER)
    for plate in (PLATE, OTHER):
        with pytest.raises(AlreadyRuns):
            change_plate(permit, plate=parse(plate), why="换车", at=NOON + HOUR)
    permit.refresh_from_db()
    assert permit.closed_at is None


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_until": NOON - 2 * DAY},
        {"plate": None, "plate_index": None},
        {"revoked_at": NOON},
        {"hours_to": 86400},
    ],
)
def test_database_rejects_invalid_permits(lot, broken):
    permit = grant_permit(lot)
    with pytest.raises(IntegrityError), transaction.atomic():
        Permit.objects.filter(pk=permit.pk).update(**broken)


def test_database_rejects_duplicate_permit(lot):
    permit = grant_permit(lot)
    permit.pk = None
    permit._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        permit.save()


# forgetting


def test_active_permit_plate_is_not_erased(lot):
    grant_permit(lot, valid_from=NOON - 900 * DAY)
    assert erase_plates(at=MONTH + DAY) == []


@pytest.mark.parametrize("revoked", [False, True])
def test_ended_permit_plate_is_erased(lot, revoked):
    permit = grant_permit(lot, valid_until=MONTH if revoked else NOON + DAY)
    if revoked:
        revoke(permit, why="退租", at=NOON + DAY)
    assert erase_plates(at=NOON + 2 * DAY) == []
    (found,) = erase_plates(at=NOON + 2 * DAY + SECOND, dry_run=True)
    assert erase_plates(at=NOON + 2 * DAY + SECOND) == [found]
    permit.refresh_from_db()
    assert (found.permits, permit.plate, permit.plate_index) == (1, None, None)
    assert permit.closed_at == NOON + DAY
    with pytest.raises(Closed):
        extend(permit, until=MONTH, at=MONTH)


def test_permit_plate_outlasts_covered_stay(lot, entry):
    grant_permit(lot, valid_until=NOON + HOUR)
    session = enter(entry)
    erase_plates(at=NOON + 5 * DAY)
    assert price(session, NOON + 3 * HOUR).fen == 1000


@pytest.mark.parametrize("name", ["month", "night", ""])
def test_price_survives_plate_erasure(lot, entry, way_out, name):
    permit = grant_permit(lot, name=name, valid_until=NOON + 40 * HOUR)
    session = enter(entry)
    out = NOON + 45 * HOUR
    before = price(session, out)
    sessions.leave(session, lane=way_out.lane, at=out)
    erase_plates(at=out + DAY + SECOND)
    session.refresh_from_db()
    permit.refresh_from_db()
    assert (session.plate_index, permit.plate_index) == (None, None)
    assert price(session, out).fen == before.fen < 45 * 500
    assert session.covered[0][0] == (name or "whitelist")


def test_percentage_survives_plate_erasure():
    """The pass covered none of the stay, but gave 80 % of its price."""
    lot = make_lot(tariff=simple(500) | {"passes": [{**PASSES[1], "otherwise_percent": 80}]})
    grant_permit(lot, name="night", valid_until=NOON + HOUR)
    session = enter(make_device(lot, "entry"))
    out = NOON + 3 * HOUR
    sessions.leave(session, lane=make_device(lot, "exit").lane, at=out)
    assert price(session, out).fen == 1200
    erase_plates(at=out + DAY + SECOND)
    session.refresh_from_db()
    assert (session.plate_index, session.covered) == (None, [["night", 0, 0]])
    assert price(session, out).fen == 1200


def test_uncovered_stay_stores_no_coverage(lot, entry, way_out):
    grant_permit(lot)
    session = enter(entry, OTHER)
    sessions.leave(session, lane=way_out.lane, at=NOON + HOUR)
    erase_plates(at=NOON + 2 * DAY)
    session.refresh_from_db()
    assert session.plate_index is session.covered is None
