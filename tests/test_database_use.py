"""What a change of the database cannot change is tested on one engine only."""

import pytest

from lots.models import Lot
from tests.conftest import needs_database
from tests.factories import make_lot


def test_plain_test_uses_no_database(request: pytest.FixtureRequest) -> None:
    assert not needs_database(request.node)


@pytest.mark.django_db
def test_marked_test_uses_a_database(request: pytest.FixtureRequest) -> None:
    assert needs_database(request.node)


def test_live_server_test_uses_a_database(request: pytest.FixtureRequest, live_server: object) -> None:
    assert needs_database(request.node)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_unordered_rows_come_in_reverse() -> None:
    made = [make_lot(name=name).pk for name in ("东区", "西区", "南区")]
    assert [row.pk for row in Lot.objects.all()] == made[::-1]
