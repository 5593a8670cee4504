"""What a change of the database cannot change is tested on one engine only."""

import pytest

from tests.conftest import meets_a_database


def test_a_test_that_asks_for_no_database_is_run_once(request: pytest.FixtureRequest) -> None:
    assert not meets_a_database(request.node)


@pytest.mark.django_db
def test_a_test_with_the_mark_meets_a_database(request: pytest.FixtureRequest) -> None:
    assert meets_a_database(request.node)


def test_a_test_with_a_server_meets_a_database(request: pytest.FixtureRequest, live_server: object) -> None:
    assert meets_a_database(request.node)
