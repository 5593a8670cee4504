"""Every list and report of the console with nonsense in its address: an answer, never a fault of ours."""

from itertools import cycle, islice

import pytest
from django.urls import reverse

from staff.models import Role
from tests.console.test_permission_matrix import PARTS, REPORT
from tests.factories import make_person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
NAMES = (
    *("lot", "state", "sort", "before", "size", "first", "last", "begin", "end", "least", "most"),
    *("compare", "kind", "day", "all", "lane", "role", "channel", "age", "file"),
    *("after", "page", "from", "to", "staff", "shop", "operator", "vendor", "like", "format", "bucket", "q"),
)
NONSENSE = (
    *("%00", "%ff%fe", "%ED%A0%80", "9" * 30, "9" * 5000, "0001-01-01", "9999-12-31T23:59", "2026-02-31"),
    *("NaN", "1e400", "-1", "1000000000000", "'; DROP TABLE lots--", "-nowhere", "2026-03-29T02:30"),
    *(
        "2026-11-24T00:00:00%2B00:00,act,99999999999999999999",
        "9999-12-31T23:59:59-14:00,act,1",
        "",
        "x" * 500,
    ),
)
ROUNDS = range(3)
PATHS = {  # where a page's address varies; a number may be larger than any integer of the database
    "pk": (10**30, 2**63, 2**31),
    "slug": ("-", "x" * 200),
    "day": ("2026-02-31", "9999-12-31", "0001-01-01", "x"),
    "number": (10**30, 2**63),
    "act": ("nothing", "-"),
    "coupon_pk": (2**63,),
    "user_pk": (2**63,),
    "provider": ("nothing",),
    "name": ("nothing", "x" * 200),
    "press": ("x" * 200,),
}


@pytest.fixture
def pages(shared_world, settings):
    """Return an owner's client and the addresses of all pages that are about no single thing."""
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    client = signed_in(make_person(Role.OWNER, operator=shared_world.lot.operator))
    client.raise_request_exception = False
    found = [reverse(view) for view, parts in PARTS.items() if not parts]
    return client, [*found, reverse("console:report", kwargs=REPORT)]


def test_nonsense_in_paths_is_answered(pages):
    client, _addresses = pages
    faults = []
    for view, parts in PARTS.items():
        for number in range(2) if parts else ():
            odd = {name: PATHS[name][number % len(PATHS[name])] for name in parts}
            if number == 0 and "slug" in parts:
                odd["slug"] = "lot-x"  # the rest of the address is looked at only in a lot that is there
            where = reverse(view, kwargs=odd)
            ask = client.post if number else client.get
            faults += [where] if ask(where).status_code >= 500 else []
    assert faults == []


@pytest.mark.parametrize("number", ROUNDS)
def test_nonsense_in_addresses_is_answered(pages, number):
    """Each field has another value in each round, and some have two."""
    client, addresses = pages
    faults = []
    for place, where in enumerate(addresses):
        values = islice(cycle(NONSENSE), (place + 3 * number) % len(NONSENSE), None)
        query = "&".join(f"{name}={next(values)}" for name in (*NAMES, *NAMES[place % 7 :: 7]))
        if client.get(f"{where}?{query}").status_code >= 500:
            faults.append(f"{where}?{query}")
    assert faults == []
