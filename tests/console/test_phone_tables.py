"""On a phone each row of a table with many columns is a card, in which the cells name their columns."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from console.templatetags.tables import render_table
from staff.models import Role
from tests.factories import make_device, make_lot, make_person, signed_in

CSS = Path(__file__).parents[2] / "static" / "console" / "console.css"


def rendered(columns, **more):
    heads = [("", f"<a>{name}</a>" if name == "b" else name) for name in columns]
    return render_table(heads, [("", [("td", "", name) for name in columns])], **more)


def test_many_columns_name_their_cells():
    table = rendered("abc")
    assert table.startswith('<table class="stack">')
    assert re.findall(r'<td data-label="([^"]*)">', table) == ["a", "b", "c"]


def test_two_columns_stay_a_table():
    table = rendered("ab")
    assert "stack" not in table
    assert "data-label" not in table


def test_wide_columns_do_not_count():
    heads = [("", "a"), ("wide", "b"), ("number wide", "c"), ("", "d")]
    assert "stack" not in render_table(heads, [("", [("td", "", "x")] * 4)])


def test_tables_without_labels_stay_tables():
    assert "stack" not in render_table([("", "")] * 4, [("", [("td", "", "x")] * 4)])


def test_own_layout_is_left_alone():
    assert "stack" not in rendered("abcd", css="list log")


def test_labels_are_escaped():
    heads = [("", '"><b>')] * 3
    assert "<b>" not in render_table(heads, [("", [("td", "", "x")] * 3)])


def test_tag_names_cells_too():
    columns = '{% column _("A") row %}1{% column _("B") %}2{% column _("C") %}3'
    text = f"{{% load tables %}}{{% table row in rows %}}{columns}{{% endtable %}}"
    table = Template(text).render(Context({"rows": [1]}))
    assert re.findall('data-label="(.)"', table) == ["A", "B", "C"]  # a row's header may be a number


@pytest.mark.django_db
def test_list_labels_are_plain_text():
    lot = make_lot(slug="own")
    make_device(lot, "entry")
    client = signed_in(make_person(Role.OWNER, lot=lot))
    page = client.get("/console/devices?sort=-name").content.decode()
    assert 'class="list stack"' in page
    assert {"车道", "最近联络"} <= set(re.findall('data-label="([^"]*)"', page))
    first = client.get("/console/").content.decode()
    assert 'data-label="在场车辆"' in first


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["devices", "reads", "stays", "shifts", "tasks/balances"])
def test_phone_list_of_many_lots_names_them(name, shared_world):
    client = signed_in(make_person(Role.OWNER, operator=shared_world.lot.operator))
    of_all, of_one = (client.get(f"/console/{name}?lot={lot}").content.decode() for lot in ("", "lot-x"))
    assert re.search(r'<th scope="col">(<a[^>]*>)?停车场<', of_all)
    assert re.search(r'<th scope="col" class="wide">(<a[^>]*>)?停车场<', of_one)


def test_text_follows_the_browser_font_size():
    """A person who sets larger letters in the browser gets them; only pictures scale with their width."""
    fixed = re.findall(r"^(?=.*font[^;{}]*\dpx)(.*)$", CSS.read_text(encoding="utf-8"), re.MULTILINE)
    assert fixed
    assert all(" text { " in line for line in fixed)
