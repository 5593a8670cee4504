"""What every test of the console's pages needs."""

import copy
from math import inf

import pytest
from django.db import transaction

from console import attention
from payments import channels
from staff.models import Role
from tests.console.console_world import make_world
from tests.factories import client_of, make_person, signed_in
from tests.payments.fakes import FakeProvider


@pytest.fixture
def owner(lot):
    return signed_in(make_person(Role.OWNER, operator=lot.operator))


@pytest.fixture
def duty(lot):
    return client_of(Role.DUTY, lot)


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def static_root(settings, static_folder):
    """The static files need a folder, collected or not; all files in it are looked at."""
    settings.STATIC_ROOT = static_folder


@pytest.fixture(autouse=True)
def kept_counts(monkeypatch):
    """Keep the header's counts for a whole test: on a slow machine ten seconds pass between two requests."""
    monkeypatch.setattr(attention, "KEPT_SECONDS", inf)


@pytest.fixture(scope="module")
def made_world(django_db_setup, django_db_blocker):
    """Make a world in a transaction around all tests of a module, none of which may have a real one."""
    fake, rows = FakeProvider(), transaction.atomic()
    rows._from_testcase = True  # what runs in it may begin a durable transaction, as within any test
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "providers", lambda: {(fake.name, fake.merchant): fake})
        with django_db_blocker.unblock():
            rows.__enter__()
            world = make_world(fake)
        yield world
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            rows.__exit__(None, None, None)


@pytest.fixture
def shared_world(db, made_world):
    """Return the world of the module; what a test changes is undone."""
    return copy.deepcopy(made_world)
