"""Help: every page of the console says what it is and what to do now, in both languages."""

import re
from gettext import GNUTranslations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from console.page_help import ACTS, HELP
from console.search_guides import GUIDES
from staff.models import Role
from staff.permissions import MAY
from tests.console.test_permission_matrix import FOUND, VIEWS, address
from tests.factories import make_person

pytestmark = pytest.mark.django_db
NO_HELP = {"console:join", "console:sso-back"}  # before one is signed in
SPOKEN = {"I have paid"}  # by a driver


def test_every_page_has_help(shared_world):
    world = shared_world
    client = Client()
    client.force_login(make_person())
    without = []
    for view in VIEWS:
        answer = client.get(address(view, world))
        names = {template.name for template in getattr(answer, "templates", ())}
        is_page = "console/base.html" in names and answer.status_code == 200
        if is_page and view not in NO_HELP and '<details class="help">' not in answer.content.decode():
            without.append(view)
    assert without == []


def test_help_names_existing_pages():
    assert set(HELP) - {"mfa_index"} <= set(VIEWS)


def test_help_is_in_both_languages():
    texts = [text for pair in HELP.values() for text in pair]
    with translation.override("en"):
        english = [str(text) for text in texts]
    with translation.override("zh-hans"):
        assert [source for text, source in zip(texts, english, strict=True) if str(text) == source] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_labels_in_advice_exist(language):
    """What help and search guides quote are labels, or the beginning of one."""
    advice = [guide.steps for guide in GUIDES] + [text for pair in HELP.values() for text in pair]
    with (settings.BASE_DIR / "locale/zh_Hans/LC_MESSAGES/django.mo").open("rb") as file:
        messages = GNUTranslations(file)._catalog
    names = (key if isinstance(key, str) else key[0] for key in messages)
    labels = messages.values() if language == "zh-hans" else (name.rpartition("\x04")[2] for name in names)
    known = "\n" + "\n".join(labels)
    with translation.override(language):
        quoted = {label for text in advice for label in re.findall("“([^”]+)”", str(text))} - SPOKEN
    assert [label for label in sorted(quoted) if f"\n{label}" not in known] == []


def test_help_is_folded(shared_world):
    world = shared_world
    client = Client()
    client.force_login(make_person(Role.OWNER, operator=world.lot.operator))
    page = client.get("/console/days").content.decode()
    assert '<details class="help">' in page
    assert "日结" in page


def test_help_advises_no_forbidden_act(shared_world):
    world = shared_world
    shown = {}
    for role in (Role.AUDITOR, Role.BOOTH):
        client = Client()
        client.force_login(make_person(role, operator=world.lot.operator))
        shown[role] = "您的角色在这一页只能查看" in client.get("/console/shifts").content.decode()
    assert shown == {Role.AUDITOR: True, Role.BOOTH: False}


def test_read_only_help_fits_pages():
    """Each entry is about a page that some role sees and may not act on; else it says nothing."""
    for view, acts in ACTS.items():
        match = next(match for match in FOUND if match.view_name == view)
        doers = frozenset().union(*(MAY[act] for act in acts))
        assert view in HELP
        assert MAY[match.func.action] - doers, view
