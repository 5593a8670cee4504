"""Every form of the member pages filled with nonsense: it is answered, and never with a fault of ours."""

import re
from pathlib import Path

import pytest
from django.test import Client

from core import budget
from members import joining, member_plates
from members.urls import urlpatterns
from tests.console.test_malformed_forms import NONSENSE
from tests.members.conftest import FORM

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]
PAGES = Path(__file__).parents[2] / "members/pages"
READ = re.compile(r"""(?:POST|data)(?:\.get\(|\.getlist\(|\[)["'](\w+)["']""")
FIELDS = sorted({name for page in PAGES.glob("*.py") for name in READ.findall(page.read_text("utf-8"))})
PATHS = [
    path
    for route in urlpatterns
    if (path := str(route.pattern)).startswith("member/<slug:slug>/") and path.count("/") == 2
]
BODIES = [
    (b"\xff\xfe=%", FORM),
    (b"form=%zz&%00=%00&=", FORM),
    (b"a=1&" * 3000, FORM),
    (b'{"phone": [1]}', "application/json"),
    (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\n1\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
    (b"", "multipart/form-data"),
]


def spend_nothing():
    for one in (joining.ASKING, joining.TRYING, member_plates.PROVING, budget.RECEIPTS):
        one._spent.clear()


def word_of(person, known):
    """Return the word that the forms of this session carry; it is read once from a page."""
    session = person.client.cookies.output()
    if session not in known:
        found = re.search(r'name="form" value="(\w*)"', person.get().content.decode())
        known[session] = found[1] if found else ""
    return known[session]


@pytest.mark.parametrize("is_member", [True, False])
@pytest.mark.parametrize("path", PATHS)
def test_member_form_answers_nonsense(person, path, is_member):
    if is_member:
        person.join()
    faults, words = [], {}
    for nonsense in NONSENSE:
        spend_nothing()
        fields = {name: nonsense for name in FIELDS if name != "form"}
        answer = person.send(path.removeprefix("member/<slug:slug>"), form=word_of(person, words), **fields)
        if answer.status_code >= 500:
            faults.append((nonsense, answer.status_code))
    for body, kind in BODIES:
        spend_nothing()
        answer = person.client.post(f"{person.mall.base}{path}", body, content_type=kind)
        if answer.status_code not in {303, 400, 403, 404, 405, 413, 415, 422, 429}:
            faults.append((body[:20], answer.status_code))
    assert faults == []


@pytest.mark.parametrize("path", ["/m/", "/member/", "/lane/"])
def test_member_address_answers_nonsense(mall, path):
    odd = ("%00", "%FF", "x" * 3000, "..%2F..", "%E6%B2%AA", "-", "0" * 14)
    assert {Client().get(f"{path}{text}").status_code for text in odd} <= {400, 404}
