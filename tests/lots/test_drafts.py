"""Drafts of a tariff: no edit is lost, what is signed is what was read, the past is not changed."""

import json
from datetime import timedelta

import pytest

from lots import tariff_drafts, tariffs
from lots.models import ParkingSession
from lots.models.tariff_draft_models import TariffEdit
from lots.pricing import PastTariff, next_version, version_at, version_for
from lots.tariff_replay import compare, group_of, replay
from lots.tariffs import Place, TariffError
from tests.factories import NOON, TARIFF, make_person

pytestmark = pytest.mark.django_db
DEARER = json.dumps({**TARIFF, "steps": [{"until_min": None, "unit_min": 60, "price": 800}]})
LATER = NOON + timedelta(days=7)


@pytest.fixture
def people():
    return make_person(), make_person()


def test_stale_save_keeps_both_texts(lot, people):
    first, second = people
    tariff_drafts.save(lot=lot, text="{}", revision=0, by=first, at=NOON)
    tariff_drafts.save(lot=lot, text="first", revision=1, by=first, at=NOON)
    with pytest.raises(tariff_drafts.StaleDraft):
        tariff_drafts.save(lot=lot, text="second", revision=1, by=second, at=NOON)
    tariff_drafts.save(lot=lot, text="second", revision=2, by=second, at=NOON)
    assert tariff_drafts.open_draft(lot).text == "second"
    assert list(TariffEdit.objects.values_list("text", flat=True).order_by("revision")) == [
        "{}",
        "first",
        "second",
    ]


def test_concurrent_start_creates_one_draft(lot, people):
    tariff_drafts.save(lot=lot, text="a", revision=0, by=people[0], at=NOON)
    with pytest.raises(tariff_drafts.StaleDraft):
        tariff_drafts.save(lot=lot, text="b", revision=0, by=people[1], at=NOON)
    assert lot.drafts.count() == 1


def test_double_click_saves_and_signs_once(lot, people):
    by = people[0]
    for _ in range(2):
        draft = tariff_drafts.save(lot=lot, text=DEARER, revision=0, by=by, at=NOON)
    assert draft.revision == 1
    signed = [
        tariff_drafts.sign(draft.pk, revision=1, valid_from=LATER, by=by, why="批复", at=NOON)
        for _ in range(2)
    ]
    assert signed[0] == signed[1]
    assert lot.tariffs.count() == 2


def test_changed_draft_is_not_signed(lot, people):
    draft = tariff_drafts.save(lot=lot, text=DEARER, revision=0, by=people[0], at=NOON)
    tariff_drafts.save(lot=lot, text=DEARER + " ", revision=1, by=people[1], at=NOON)
    with pytest.raises(tariff_drafts.StaleDraft):
        tariff_drafts.sign(draft.pk, revision=1, valid_from=LATER, by=people[0], why="批复", at=NOON)
    assert lot.tariffs.count() == 1


@pytest.mark.parametrize(
    ("text", "start", "error"),
    [
        (DEARER, NOON - timedelta(seconds=1), PastTariff),
        ("{", LATER, tariff_drafts.NoDocument),
        ("{}", LATER, TariffError),
        ('{"currency": "CNY", "currency": "CNY"}', LATER, TariffError),
    ],
)
def test_invalid_draft_cannot_be_signed(lot, people, text, start, error):
    draft = tariff_drafts.save(lot=lot, text=text, revision=0, by=people[0], at=NOON)
    with pytest.raises(error):
        tariff_drafts.sign(draft.pk, revision=1, valid_from=start, by=people[0], why="批复", at=NOON)
    assert tariff_drafts.open_draft(lot) == draft
    assert lot.tariffs.count() == 1


def test_future_version_can_be_called_off(lot, people):
    draft = tariff_drafts.save(lot=lot, text=DEARER, revision=0, by=people[0], at=NOON)
    signed = tariff_drafts.sign(draft.pk, revision=1, valid_from=LATER, by=people[1], why="批复", at=NOON)
    assert (version_at(lot, NOON).version, next_version(lot, NOON)) == (1, signed)
    assert version_at(lot, LATER) == signed
    assert version_for(ParkingSession(lot=lot, entered_at=LATER)) == signed
    with pytest.raises(tariff_drafts.InForce):
        tariff_drafts.call_off(signed.pk, by=people[0], at=LATER)
    tariff_drafts.call_off(signed.pk, by=people[0], at=LATER - timedelta(seconds=1))
    assert version_at(lot, LATER).version == 1
    assert version_for(ParkingSession(lot=lot, entered_at=LATER)).version == 1


def test_document_text_round_trips():
    assert json.loads(tariff_drafts.written(TARIFF)) == TARIFF


def test_last_month_priced_by_both_tariffs(lot):
    for days, minutes in ((1, 10), (2, 60), (3, 61), (40, 600)):
        ParkingSession.objects.create(
            lot=lot,
            plate_kind="ordinary",
            entered_at=NOON - timedelta(days=days, minutes=minutes),
            left_at=NOON - timedelta(days=days),
        )
    ParkingSession.objects.create(lot=lot, plate_kind="ordinary", entered_at=NOON)
    old, new = tariffs.read(TARIFF), tariffs.read(json.loads(DEARER))
    found = replay(lot, old=old, new=new, place=Place(), at=NOON)
    assert (found.stays, found.changed, found.before, found.after) == (3, 2, 1500, 2400)
    assert [(one.minutes, one.change) for one in found.largest] == [(61, 600), (60, 300)]
    assert found.whole
    assert not replay(lot, old=old, new=new, place=Place(), at=NOON, most=2).whole


def test_comparison_returns_ten_largest_differences():
    old, new = tariffs.read(TARIFF), tariffs.read(json.loads(DEARER))
    stays = [(NOON, NOON + timedelta(hours=hours % 4 + 1), "ordinary", "") for hours in range(40)]
    found = compare(stays, old=old, new=new, place=Place())
    assert [one.change for one in found.largest] == [1200] * 10
    assert sum(found.groups.values()) == found.changed == 40
    assert [group_of(fen) for fen in (-5000, -4999, -1, 1, 500, 501, 5001)] == [0, 1, 3, 4, 4, 5, 7]
