"""Filters that staff save for themselves: named, shown above the list, deleted, never with a plate."""

import pytest
from django import forms
from django.urls import reverse

from console import saved_filters
from staff.models import Role, SavedFilter
from tests.console.test_every_list import PAGES
from tests.factories import make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db
SAVE = "/console/stays/filters"


@pytest.fixture
def lot():
    return make_lot(slug="own")


def save(client, query, name="滞留车辆"):
    return client.post(f"{SAVE}?{query}", {"name": name}, follow=True)


def test_filter_is_saved_and_shown(duty):
    page = save(duty, "state=abandoned&lot=own&sort=-entered_at").content.decode()
    assert "滞留车辆" in page
    assert SavedFilter.objects.get().query == "lot=own&state=abandoned&sort=-entered_at"
    assert (
        'href="?lot=own&amp;state=abandoned&amp;sort=-entered_at"'
        in duty.get("/console/stays").content.decode()
    )


def test_same_name_replaces_filter(duty):
    assert "筛选已保存：滞留车辆。" in save(duty, "state=inside").content.decode()
    assert "已替换原来的筛选：滞留车辆。" in save(duty, "state=left").content.decode()
    assert SavedFilter.objects.get().query == "state=left"


def test_filter_is_deleted(duty):
    save(duty, "state=inside")
    duty.post(SAVE, {"drop": "滞留车辆"})
    duty.post(SAVE, {"drop": "滞留车辆"})
    assert not SavedFilter.objects.exists()


def test_filters_are_ones_own(duty, lot):
    save(duty, "state=inside")
    other = signed_in(make_person(Role.DUTY, lot=lot))
    assert "滞留车辆" not in other.get("/console/stays").content.decode()
    other.post(SAVE, {"drop": "滞留车辆"})
    assert SavedFilter.objects.count() == 1
    assert "滞留车辆" not in duty.get("/console/reads").content.decode()


@pytest.mark.parametrize(
    "query", ["", "plate=沪A12345", "q=沪A12345", "state=沪A12345", "begin=沪A12345", "before=5"]
)
def test_nothing_but_known_values_is_saved(duty, query):
    page = save(duty, query).content.decode()
    assert "还没有筛选条件" in page
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["沪A12345", "沪 A·12345 常客", "13812345678", "", " ", "名" * 41])
def test_bad_names_are_refused(duty, name):
    save(duty, "state=inside", name)
    assert not SavedFilter.objects.exists()


def test_number_of_filters_is_limited(duty, monkeypatch):
    monkeypatch.setattr(saved_filters, "MOST", 1)
    save(duty, "state=inside", "一")
    save(duty, "state=left", "二")
    save(duty, "state=left", "一")
    assert SavedFilter.objects.get().query == "state=left"


@pytest.mark.parametrize("name", PAGES)
def test_no_filter_has_free_text(lot, name):
    client = signed_in(make_person(Role.OWNER, operator=lot.operator))
    fields = client.get(reverse(f"console:{name}")).context["form"].fields
    assert not [one for one, field in fields.items() if not isinstance(field, saved_filters.SAVED)]
    assert not any(type(field) is forms.CharField for field in fields.values())


def test_saving_needs_the_lists_permission(lot):
    shop = signed_in(make_person(Role.SHOP, lot=lot))
    assert shop.post(f"{SAVE}?state=inside", {"name": "x"}).status_code == 403
    assert not SavedFilter.objects.exists()


def test_report_filter_is_saved_and_shown(lot):
    owner = signed_in(make_person(Role.OWNER, operator=lot.operator))
    where, query = "/console/reports/income", "lot=own&first=2026-11-01&last=2026-11-07&compare=before"
    page = owner.post(f"{where}/filters?{query}&plate=A12345", {"name": "周报"}, follow=True)
    assert "周报" in page.content.decode()
    saved = SavedFilter.objects.get()
    assert (saved.list_name, saved.query) == ("report-income", query)
    assert "周报" not in owner.get("/console/reports/refunds").content.decode()
    owner.post(f"{where}/filters", {"drop": "周报"})
    assert not SavedFilter.objects.exists()
    assert owner.post("/console/reports/nothing/filters", {"name": "x"}).status_code == 404
