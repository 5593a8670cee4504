"""Every list and report of the console with nonsense in its address: an answer, never a fault of ours."""

import pytest
from django.urls import reverse

from staff.models import Role
from tests.console.console_world import make_world
from tests.console.test_permission_matrix import PARTS, REPORT
from tests.factories import make_person, signed_in
from tests.payments.conftest import channel as channel  # a fixture

pytestmark = pytest.mark.django_db
NAMES = (
    *("lot", "state", "sort", "before", "size", "first", "last", "begin", "end", "least", "most"),
    *("compare", "kind", "day", "all", "lane", "role", "channel", "age", "file"),
)
NONSENSE = ("%00", "%ff%fe", "9" * 30, "0001-01-01", "9999-12-31T23:59", "NaN", "'; DROP TABLE lots--")


@pytest.fixture
def pages(channel, settings, tmp_path):
    """Return an owner's client and the addresses of all pages that are about no single thing."""
    settings.STATIC_ROOT = tmp_path
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    world = make_world(channel)
    client = signed_in(make_person(Role.OWNER, operator=world.lot.operator))
    client.raise_request_exception = False
    found = [reverse(view) for view, parts in PARTS.items() if not parts]
    return client, [*found, reverse("console:report", kwargs=REPORT)]


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_addresses_is_answered(pages, value):
    client, addresses = pages
    query = "&".join(f"{name}={value}" for name in NAMES)
    faults = [where for where in addresses if client.get(f"{where}?{query}").status_code >= 500]
    assert faults == []
