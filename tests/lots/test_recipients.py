"""Recipients of a lot's data come from its document; a second run changes nothing, and ended ones stay."""

import pytest

from lots.lot_document import ApplyReport
from lots.models import Recipient
from lots.recipients import apply_recipients, in_force
from tests.factories import NOON, make_lot

pytestmark = pytest.mark.django_db
CITY = {"kind": "city", "name": "示例市平台", "contact": "12345", "since": "2026-11-01"}


def apply(lot, *rows):
    report = ApplyReport()
    apply_recipients(lot, list(rows), report, NOON)
    return report


def test_second_run_changes_nothing():
    lot = make_lot()
    assert apply(lot, CITY).changes == ["recipient 示例市平台: added"]
    assert apply(lot, CITY).changes == []
    assert in_force(lot).count() == 1


def test_ended_recipient_stays_as_record():
    lot = make_lot()
    apply(lot, CITY)
    ended = {**CITY, "ended_on": "2026-11-20"}
    assert apply(lot, ended).changes == ["recipient 示例市平台: ended_on changed"]
    assert apply(lot, ended).changes == []
    assert not in_force(lot).exists()
    assert Recipient.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "friend"),
        ("name", ""),
        ("name", "长" * 121),
        ("contact", 5),
        ("since", "yesterday"),
        ("ended_on", "2025-01-01"),
        ("plate", "沪A12345"),
    ],
)
def test_faulty_recipient_is_refused(name, value):
    lot = make_lot()
    report = apply(lot, {**CITY, name: value})
    assert [fault.partition(":")[0].rpartition(".")[2] for fault in report.faults] == [name]
    assert not Recipient.objects.exists() or name == "plate"
