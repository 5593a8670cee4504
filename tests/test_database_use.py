"""What a change of the database cannot change is tested on one engine only."""

import pytest

from tests.conftest import needs_database


def test_plain_test_uses_no_database(request: pytest.FixtureRequest) -> None:
    assert not needs_database(request.node)


@pytest.mark.django_db
def test_marked_test_uses_a_database(request: pytest.FixtureRequest) -> None:
    assert needs_database(request.node)


def test_live_server_test_uses_a_database(request: pytest.FixtureRequest, live_server: object) -> None:
    assert needs_database(request.node)
