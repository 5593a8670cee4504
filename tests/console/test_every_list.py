"""Every list of the console is a `ListPage`: sorted by column, filtered, paged, and taken as a file."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from console.lists import ListPage
from console.urls import urlpatterns
from staff.models import Role
from tests.factories import make_person, signed_in

pytestmark = pytest.mark.django_db
VIEWS: dict[str, Any] = {
    str(pattern.name): getattr(pattern.callback, "view_class", None) for pattern in urlpatterns
}
PAGES = {
    name: view
    for name, view in VIEWS.items()
    if isinstance(view, type)
    and issubclass(view, ListPage)
    and not name.startswith("find-")
    and not name.endswith("-csv")
}
TEMPLATES = Path(__file__).parents[2] / "templates" / "console"
# A matrix, a calendar, paper and drawings have two heads or none; everything else is the table tag's.
BY_HAND = {
    "day_print.html",
    "days.html",
    "notice.html",
    "people.html",
    "permit.html",
    "report.html",
    "shop_offers.html",
    "tariff.html",
    "tariff_month.html",
    "today.html",
}


@pytest.fixture
def owner(shared_world):
    return signed_in(make_person(Role.OWNER, operator=shared_world.lot.operator))


def test_lists_are_found():
    assert {"stays", "payments", "access", "audit", "shops", "coupons", "invoices", "bills"} <= set(PAGES)
    assert {"people", "all-signs", "shifts", "lots", "devices", "reads", "rights"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_filter_form_leads_to_its_list(owner, name):
    page = owner.get(reverse(f"console:{name}")).content.decode()
    found = re.findall(r'<form class="filter" method="get" action="([^"]*)"', page)
    assert set(found) <= {""}


@pytest.mark.parametrize("name", PAGES)
def test_list_shows_total_and_files(owner, name):
    where = reverse(f"console:{name}")
    page = owner.get(where).content.decode()
    assert page.count('<table class="list') == 1
    if 'class="empty"' not in page:
        assert "file=csv" in page
        assert "file=xlsx" in page
        assert "共 " in page
    rows = list(csv.reader(io.StringIO(owner.get(f"{where}?file=csv").content.decode("utf-8-sig"))))
    assert rows[0] == [str(column.label) for column in PAGES[name].columns if column.in_file]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert owner.get(f"{where}?file=xlsx").content.startswith(b"PK")


@pytest.mark.parametrize("name", PAGES)
def test_list_sorts_by_each_column(owner, name):
    where = reverse(f"console:{name}")
    every = len(owner.get(where).context["lines"])
    for column in PAGES[name].columns:
        if column.sort:
            answer = owner.get(f"{where}?sort={column.sort}")
            assert len(answer.context["lines"]) == every, column.sort
            answer = owner.get(f"{where}?sort=-{column.sort}&before=1&size=20")
            assert answer.status_code == 200, column.sort


@pytest.mark.parametrize("name", PAGES)
def test_list_bears_any_query(owner, name):
    where = reverse(f"console:{name}")
    fields = owner.get(where).context["form"].fields
    for value in ("x", "", "1", "-1", "2026-01-01", "9999-12-31", "\0", "²", "9" * 40):
        assert owner.get(where, dict.fromkeys(fields, value)).status_code == 200, value


@pytest.mark.parametrize("name", PAGES)
def test_each_choice_of_a_filter_answers(owner, name):
    where = reverse(f"console:{name}")
    fields = owner.get(where).context["form"].fields
    for field, made in fields.items():
        for value, _label in getattr(made, "choices", ()):
            assert owner.get(where, {field: str(value)}).status_code == 200, (field, value)


def test_tables_are_made_by_the_tag():
    found = {path.name for path in TEMPLATES.rglob("*.html") if re.search(r"<table\b", path.read_text())}
    assert found == BY_HAND
