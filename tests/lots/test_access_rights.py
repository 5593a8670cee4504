"""Passes and white lists: whose car parks free from when until when, and what its stay then costs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from compliance.forgetting import forget_plates
from lots import sessions
from lots.access_rights import (
    AlreadyRuns,
    BadTerm,
    Closed,
    Hours,
    NoSuchPass,
    change_plate,
    extend,
    grant,
    revoke,
)
from lots.models import AccessExtension, AccessRight, GateCommand, ParkingSession, TariffVersion
from lots.plates import parse
from lots.pricing import price_stay
from lots.vault import plate_index, unseal_plate
from payments.quotes import NothingOwed, quote_stay
from tests.factories import NOON, make_device, make_lot, make_person, see
from tests.lots.tariffs.published import simple

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


def give(lot, plate=PLATE, **more):
    terms = {"valid_from": NOON - DAY, "valid_until": MONTH, "source": "staff", "at": NOON}
    return grant(**{"lot": lot, "plate": parse(plate), **terms, **more})


def enter(entry, plate=PLATE, at=NOON):
    see(entry, plate, at)
    return ParkingSession.objects.latest("pk")


def price(stay, until):
    return price_stay(ParkingSession.objects.get(pk=stay.pk), until=until)[0]


def told(stay, until):
    return [(line.code, line.fen, line.values.get("right")) for line in price(stay, until).lines]


# what a stay costs


def test_a_car_with_a_right_all_through_its_stay_owes_nothing_and_is_let_out_at_once(lot, entry, way_out):
    give(lot, name="month")
    stay = enter(entry)
    assert told(stay, NOON + 5 * HOUR) == [("covered", 0, "month")]
    verdict = see(way_out, PLATE, NOON + 5 * HOUR)
    assert verdict.opens(NOON + 5 * HOUR)
    assert verdict.command.cause == "nothing_owed"
    stay.refresh_from_db()
    assert (stay.left_at, stay.paid_fen) == (NOON + 5 * HOUR, 0)


def test_a_car_without_one_is_charged_although_another_has_one(lot, entry):
    give(lot)
    assert price(enter(entry, OTHER), NOON + HOUR).fen == 500


def test_a_right_is_good_in_its_own_lot_alone(lot, entry):
    give(make_lot(tariff=HOURLY))
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
def test_what_a_right_does_not_cover_is_charged(lot, entry, begins, ends, expected):
    give(lot, valid_from=NOON + begins, valid_until=NOON + ends)
    assert price(enter(entry), NOON + 5 * HOUR).fen == expected


def test_the_bill_names_the_pass_and_calls_the_white_list_by_its_word(lot, entry):
    give(lot, name="month", valid_until=NOON + HOUR)
    give(lot, OTHER, valid_until=NOON + HOUR)
    assert told(enter(entry), NOON + 2 * HOUR) == [("covered", 0, "month"), ("units", 500, None)]
    assert told(enter(entry, OTHER), NOON + 2 * HOUR)[0] == ("covered", 0, "whitelist")


def test_a_pass_has_the_hours_and_days_that_the_tariff_sold_it_with(lot, entry):
    right = give(lot, name="night")
    assert (right.hours_from, right.hours_to, right.days) == (
        20 * 3600,
        8 * 3600,
        "mon tue wed thu fri makeup",
    )
    stay = enter(entry, at=NOON + 7 * HOUR)  # 19:00: one hour until the night begins, one after it
    assert price(stay, NOON + 21 * HOUR).fen == 1000


def test_a_pass_keeps_its_hours_when_the_tariff_changes(lot, entry):
    give(lot, name="month")
    TariffVersion.objects.create(lot=lot, version=2, document=simple(900), valid_from=NOON + HOUR)
    assert price(enter(entry, at=NOON + 2 * HOUR), NOON + 9 * HOUR).fen == 0
    with pytest.raises(NoSuchPass):
        give(lot, OTHER, name="month", at=NOON + 2 * HOUR)


def test_the_white_list_may_be_for_hours_of_days(lot, entry):
    give(lot, hours=Hours(12 * 3600, 14 * 3600, frozenset({"tue"})))
    assert price(enter(entry), NOON + 3 * HOUR).fen == 500


def test_a_right_revoked_before_it_begins_covers_nothing(lot, entry):
    right = give(lot, valid_from=NOON + HOUR)
    revoke(right, why="办错", at=NOON + SECOND)
    assert price(enter(entry), NOON + 3 * HOUR).fen == 1500


# changes while a car is inside


def test_a_right_granted_late_covers_the_open_stay_from_where_it_says(lot, entry):
    stay = enter(entry)
    assert price(stay, NOON + 4 * HOUR).fen == 2000
    give(lot, valid_from=NOON, at=NOON + 4 * HOUR)
    assert price(stay, NOON + 4 * HOUR).fen == 0


def test_a_revoked_right_covers_up_to_that_moment(lot, entry, way_out):
    right = give(lot)
    stay = enter(entry)
    revoke(right, why="退租", at=NOON + HOUR)
    assert price(stay, NOON + 3 * HOUR).fen == 1000
    assert see(way_out, PLATE, NOON + 3 * HOUR).due_fen == 1000


@pytest.mark.parametrize("how", ["grant", "extend"])
def test_a_car_held_at_the_exit_is_let_out_when_its_right_comes(lot, entry, way_out, how):
    right = give(lot, valid_until=NOON + HOUR) if how == "extend" else None
    stay = enter(entry)
    at = NOON + 2 * HOUR
    assert see(way_out, PLATE, at).due_fen
    if right:
        extend(right, until=MONTH, at=at + SECOND)
    else:
        give(lot, at=at + SECOND)
    command = GateCommand.objects.get(session=stay, lane=way_out.lane)
    assert (command.cause, command.state) == ("nothing_owed", "queued")


def test_a_right_that_leaves_something_to_pay_opens_nothing(lot, entry, way_out):
    stay = enter(entry)
    at = NOON + 2 * HOUR
    see(way_out, PLATE, at)
    give(lot, valid_from=NOON + HOUR, at=at + SECOND)
    assert not GateCommand.objects.filter(session=stay, lane=way_out.lane).exists()


# what drivers and the database are asked


def test_a_covered_car_gets_the_answer_of_an_absent_one(lot, entry):
    give(lot)
    enter(entry)
    for plate in (PLATE, OTHER):
        with pytest.raises(NothingOwed) as raised:
            quote_stay(lot=lot, plate=parse(plate), at=NOON + 2 * HOUR)
        assert type(raised.value) is NothingOwed


@pytest.mark.parametrize("name", ["", "month", "night"])
def test_the_answer_takes_as_many_statements_whether_a_car_is_covered_or_absent(
    lot, entry, django_assert_num_queries, name
):
    """The hours of a right need the lot's clock: the lot is known already, and asked for no second time."""
    give(lot, name=name, hours=Hours(0, 23 * 3600) if not name else Hours())
    at = NOON + 8 * HOUR
    price(enter(entry, at=at), at)  # its tariff is parsed and kept
    for plate in (OTHER, PLATE, OTHER, PLATE):
        with django_assert_num_queries(5), pytest.raises(NothingOwed):
            quote_stay(lot=lot, plate=parse(plate), at=at + timedelta(minutes=30))


def test_rights_cost_a_price_one_statement_whether_there_are_any_or_not(
    lot, entry, django_assert_num_queries
):
    stays = [enter(entry), enter(entry, OTHER)]
    give(lot, name="month")
    price(stays[0], NOON + HOUR)  # its tariff is parsed and kept
    for stay in ParkingSession.objects.filter(pk__in=[stay.pk for stay in stays]):
        with django_assert_num_queries(2):
            price_stay(stay, until=NOON + HOUR)


# granting, extending, revoking, changing the plate


def test_a_right_keeps_its_plate_sealed_and_findable_in_its_lot_alone(lot):
    right = AccessRight.objects.get(pk=give(lot).pk)
    assert unseal_plate(lot.pk, right.plate) == PLATE
    assert bytes(right.plate_index) == plate_index(lot.pk, PLATE)
    assert PLATE not in str(right)


def test_granting_the_same_again_changes_nothing(lot):
    assert give(lot, name="month").pk == give(lot, name="month", at=NOON + HOUR).pk
    assert AccessRight.objects.count() == 1


def test_other_terms_for_a_plate_that_has_such_a_right_are_refused_and_lose_nothing(lot):
    first = give(lot)
    with pytest.raises(AlreadyRuns) as raised:
        give(lot, valid_until=MONTH + DAY)
    assert raised.value.right == first
    assert AccessRight.objects.get().valid_until == MONTH


def test_a_plate_may_have_rights_of_several_sorts(lot, entry):
    give(lot, name="night")
    give(lot, hours=Hours(9 * 3600, 18 * 3600))
    assert AccessRight.objects.count() == 2
    assert price(enter(entry), NOON + 9 * HOUR).fen == 1000  # 18:00 to 20:00


def test_a_right_that_has_run_out_gives_way_to_a_new_one(lot):
    old = give(lot, valid_until=NOON + DAY)
    new = give(lot, valid_from=NOON + 2 * DAY, at=NOON + 2 * DAY)
    old.refresh_from_db()
    assert (old.closed_at, new.closed_at) == (NOON + 2 * DAY, None)
    with pytest.raises(Closed):
        extend(old, until=MONTH, at=NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("valid_from", "valid_until"), [(NOON, NOON), (NOON + DAY, NOON + HOUR), (NOON - DAY, NOON - HOUR)]
)
def test_a_right_that_ends_before_it_begins_or_is_over_already_is_refused(lot, valid_from, valid_until):
    with pytest.raises(BadTerm):
        give(lot, valid_from=valid_from, valid_until=valid_until)
    assert not AccessRight.objects.exists()


def test_an_extension_is_on_record_and_counts_once(lot):
    right, staff = give(lot), make_person("duty", lot=lot)
    for _ in range(2):
        extend(right, until=MONTH + DAY, at=NOON + HOUR, by=staff)
    kept = AccessExtension.objects.get()
    assert (kept.was_until, kept.until, kept.by, kept.at) == (MONTH, MONTH + DAY, staff, NOON + HOUR)
    with pytest.raises(BadTerm):
        extend(right, until=MONTH, at=NOON + 2 * HOUR)


def test_a_right_that_ran_out_may_be_extended_from_where_it_ended(lot, entry):
    right = give(lot, valid_until=NOON + DAY)
    stay = enter(entry, at=NOON + 2 * DAY)
    assert extend(right, until=MONTH, at=NOON + 3 * DAY).valid_until == MONTH
    assert price(stay, NOON + 3 * DAY).fen == 0


def test_a_revocation_says_who_when_and_why_and_stays(lot):
    right, staff = give(lot), make_person("duty", lot=lot)
    revoke(right, why="退租", at=NOON + HOUR, by=staff)
    revoke(right, why="again", at=NOON + DAY)
    right.refresh_from_db()
    assert (right.revoked_why, right.revoked_by, right.revoked_at) == ("退租", staff, NOON + HOUR)
    assert right.ends_at == NOON + HOUR
    with pytest.raises(Closed):
        extend(right, until=MONTH + DAY, at=NOON + DAY)


def test_what_is_over_is_not_revoked(lot):
    right = give(lot, valid_until=NOON + HOUR)
    with pytest.raises(Closed):
        revoke(right, why="x", at=NOON + HOUR)


def test_another_plate_has_what_is_left_and_the_old_one_what_was(lot, entry):
    right, staff = give(lot, name="night"), make_person("duty", lot=lot)
    stay = enter(entry, at=NOON + 9 * HOUR)
    at = NOON + 10 * HOUR
    new = change_plate(right, plate=parse(OTHER), why="换车", at=at, by=staff)
    right.refresh_from_db()
    assert (right.revoked_at, right.revoked_why, new.instead_of) == (at, "换车", right)
    assert (new.valid_from, new.valid_until, new.name, new.days) == (at, MONTH, "night", right.days)
    assert price(stay, at + HOUR).fen == 500
    assert price(enter(entry, OTHER, at), at + HOUR).fen == 0
    assert change_plate(right, plate=parse(OTHER), why="换车", at=at + HOUR).pk == new.pk


def test_a_plate_that_has_such_a_right_takes_over_no_second_one(lot):
    right = give(lot)
    give(lot, OTHER)
    for plate in (PLATE, OTHER):
        with pytest.raises(AlreadyRuns):
            change_plate(right, plate=parse(plate), why="换车", at=NOON + HOUR)
    right.refresh_from_db()
    assert right.closed_at is None


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_until": NOON - 2 * DAY},
        {"plate": None, "plate_index": None},
        {"revoked_at": NOON},
        {"hours_to": 86400},
    ],
)
def test_the_database_itself_refuses_what_cannot_be(lot, broken):
    right = give(lot)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRight.objects.filter(pk=right.pk).update(**broken)


def test_the_database_itself_refuses_a_second_right_of_a_sort(lot):
    right = give(lot)
    right.pk = None
    right._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        right.save()


# forgetting


def test_a_running_right_keeps_its_plate_however_old_it_is(lot):
    give(lot, valid_from=NOON - 900 * DAY)
    assert forget_plates(at=MONTH + DAY) == []


@pytest.mark.parametrize("revoked", [False, True])
def test_a_right_that_is_over_forgets_its_plate_on_the_lots_clock(lot, revoked):
    right = give(lot, valid_until=MONTH if revoked else NOON + DAY)
    if revoked:
        revoke(right, why="退租", at=NOON + DAY)
    assert forget_plates(at=NOON + 2 * DAY) == []
    (found,) = forget_plates(at=NOON + 2 * DAY + SECOND, dry_run=True)
    assert forget_plates(at=NOON + 2 * DAY + SECOND) == [found]
    right.refresh_from_db()
    assert (found.access_rights, right.plate, right.plate_index) == (1, None, None)
    assert right.closed_at == NOON + DAY
    with pytest.raises(Closed):
        extend(right, until=MONTH, at=MONTH)


def test_a_right_remembers_its_plate_while_a_car_is_inside_that_it_covered(lot, entry):
    give(lot, valid_until=NOON + HOUR)
    stay = enter(entry)
    forget_plates(at=NOON + 5 * DAY)
    assert price(stay, NOON + 3 * HOUR).fen == 1000


@pytest.mark.parametrize("name", ["month", "night", ""])
def test_a_stay_costs_the_same_when_its_plate_is_forgotten(lot, entry, way_out, name):
    right = give(lot, name=name, valid_until=NOON + 40 * HOUR)
    stay = enter(entry)
    out = NOON + 45 * HOUR
    before = price(stay, out)
    sessions.leave(stay, lane=way_out.lane, at=out)
    forget_plates(at=out + DAY + SECOND)
    stay.refresh_from_db()
    right.refresh_from_db()
    assert (stay.plate_index, right.plate_index) == (None, None)
    assert price(stay, out).fen == before.fen < 45 * 500
    assert stay.covered[0][0] == (name or "whitelist")


def test_a_stay_that_no_right_covered_has_nothing_written_down(lot, entry, way_out):
    give(lot)
    stay = enter(entry, OTHER)
    sessions.leave(stay, lane=way_out.lane, at=NOON + HOUR)
    forget_plates(at=NOON + 2 * DAY)
    stay.refresh_from_db()
    assert stay.plate_index is stay.covered is None
