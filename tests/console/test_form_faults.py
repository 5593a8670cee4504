"""Each form of the console shows all its faults at once, each beside its field."""

import gettext
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import django
import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import now

import console
from console.list_filters import ListFilter
from console.people_list import InviteForm
from staff.access import Access
from staff.models import Role
from tests.factories import make_lot, make_person
from tests.payments.coupons.making import make_offer, make_shop

pytestmark = pytest.mark.django_db
WRONG = "\0" + "x" * 20_000  # no number, no date, no choice, no plate, too long for any text


def form_classes():
    """Return every form class of the console, but for filters, which ignore what they cannot read."""
    found = {}
    for module in pkgutil.walk_packages(console.__path__, "console."):
        for name, thing in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            is_form = issubclass(thing, forms.Form) and not issubclass(thing, ListFilter)
            of_model = issubclass(thing, forms.ModelForm) and thing._meta.model is not None
            if (is_form or of_model) and thing.__module__.startswith("console.") and not name.startswith("_"):
                found[f"{thing.__module__}.{name}"] = thing
    return found


FORMS = form_classes()


def made(form, data):
    """Return the form with this data and whatever else its class asks for."""
    lot = make_lot()
    owner = Access(make_person(Role.OWNER, operator=lot.operator), "people.edit")
    known = {
        "lot": lot,
        "at": now(),
        "shop": make_shop(lot),
        "lots": type(lot).objects.all(),
        "prefix": "form",
        "person": owner,
        "left": 1000,
        "paid": 1000,
        "due": 0,
        "system": "aike",
        "proposals": [(1, "one")],
        "operators": type(lot.operator).objects.all(),
        "last": None,
        "initial": {},
        "largest": 1000,
    }
    wanted = inspect.signature(form).parameters
    if (first := next(iter(wanted))) in {"person", "lot"}:
        return form(known[first], data)
    needed = [name for name, one in wanted.items() if one.default is inspect.Parameter.empty]
    return form(data, **{name: known[name] for name in needed if name in known and name != "data"})


def wrong_data(form, blank):
    value = "" if blank else WRONG
    return {form.add_prefix(name): value for name in form.fields}


def can_be_wrong(field, *, blank):
    """Return whether the value is a fault of this field: a text without a limit takes anything."""
    if blank:
        return field.required and not isinstance(field, forms.BooleanField | forms.FileField)
    is_free = type(field) is forms.CharField and field.max_length is None
    return not is_free and not isinstance(field, forms.BooleanField | forms.FileField)


@pytest.mark.parametrize("blank", [True, False], ids=["blank", "wrong"])
@pytest.mark.parametrize("name", FORMS)
def test_each_wrong_field_has_a_fault(name, blank):
    empty = made(FORMS[name], None)
    form = made(FORMS[name], wrong_data(empty, blank))
    form.is_valid()
    silent = [
        field
        for field, known in form.fields.items()
        if can_be_wrong(known, blank=blank) and field not in form.errors
    ]
    visible = [one for one in silent if not isinstance(form.fields[one].widget, forms.HiddenInput)]
    assert visible == []


@pytest.mark.parametrize("name", FORMS)
def test_each_fault_stands_beside_its_field(name):
    empty = made(FORMS[name], None)
    form = made(FORMS[name], wrong_data(empty, False))
    form.is_valid()
    for template in ("console/fields.html", "console/setup/_form.html", "console/pairs.html"):
        page = render_to_string(template, {"form": form})
        for field in form.visible_fields():
            if field.errors:
                assert f'id="{field.auto_id}_error"' in page, (template, field.name)


@pytest.mark.parametrize("name", FORMS)
def test_pasted_text_is_never_cut(name):
    """A browser cuts a paste at `maxlength` without a word."""
    form = made(FORMS[name], None)
    areas = [one for one in form.visible_fields() if isinstance(one.field.widget, forms.Textarea)]
    assert [one.name for one in areas if "maxlength" in str(one)] == []


def test_offer_and_plate_are_checked_together():
    shop = make_shop(make_lot())
    make_offer(shop)
    form = FORMS["console.issue_forms.PlateIssueForm"](
        {"press": "x", "offer": "0", "plate": "沪A1"}, shop=shop
    )
    assert set(form.errors) == {"press", "offer", "plate"}


def test_invitation_is_checked_whole():
    lot = make_lot()
    owner = Access(make_person(Role.OWNER, operator=lot.operator), "people.edit")
    assert set(InviteForm(owner, {}).errors) == {"place", "role"}


@pytest.mark.parametrize("wrong", [WRONG, "", "-1", "999"])
def test_faults_are_in_plain_chinese(wrong):
    """Django's own translations read like translations: 确保该值小于或等于240。"""
    with translation.override("zh-hans"):
        faults = []
        for form_class in FORMS.values():
            form = made(form_class, dict.fromkeys(made(form_class, None).fields, wrong))
            form.is_valid()
            faults += [str(one) for errors in form.errors.values() for one in errors]
    assert faults
    assert [one for one in faults if re.search("确保|该字段|输入一个", one)] == []


def test_choices_of_filters_begin_alike():
    """A list of 'All, Closed, on shift' looks unfinished."""
    filters = [
        thing
        for module in pkgutil.walk_packages(console.__path__, "console.")
        for thing in vars(importlib.import_module(module.name)).values()
        if inspect.isclass(thing) and issubclass(thing, ListFilter)
    ]
    labels = {
        str(label)
        for one in filters
        for field in one.base_fields.values()
        for _value, label in getattr(field, "choices", ())
    }
    assert len(labels) > 20
    assert sorted(label for label in labels if label[:1].islower()) == []


def messages_of(field):
    """Return the messages that a field can show, in English."""
    texts = [*field.error_messages.values(), *(getattr(one, "message", "") for one in field.validators)]
    with translation.override("en"):
        return {str(text) for text in texts}


def test_messages_of_django_are_reworded():
    """Django's own translation of a fault is shown nowhere."""
    own = gettext.translation("django", Path(django.__file__).parent / "conf" / "locale", ["zh_Hans"])
    fields = [field for form in FORMS.values() for field in made(form, None).fields.values()]
    english = {text for field in fields for text in messages_of(field)}
    assert len(english) > 10
    with translation.override("zh-hans"):
        as_django = [text for text in english if own.gettext(text) == translation.gettext(text) != text]
    assert as_django == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_missing_choice_asks_to_choose(form):
    """“Fill this in” would send one looking for a field to type into."""
    with translation.override("zh-hans"):
        fields = made(form, {}).fields
        words = {
            name: str(field.error_messages["required"])
            for name, field in fields.items()
            if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) and field.required
        }
        assert [name for name, text in words.items() if "选" not in text] == []


def test_lists_keep_their_role():
    """A list that is an alert is none to a screen reader: the alert goes around it."""
    pages = (Path(__file__).parents[2] / "templates").rglob("*.html")
    assert [page.name for page in pages if re.search(r"<[uod]l\b[^>]*\brole=", page.read_text("utf-8"))] == []
