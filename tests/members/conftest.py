"""A mall with a member code beside its pure code, and a person with a phone who joins there."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils.timezone import now

from core import budget
from lots.models import Device, Lot, Sign
from lots.sign_register import new_sign
from members import benefits, joining, member_plates, sms
from members.asked import BenefitKind
from members.member_jobs import send_texts
from members.member_signs import new_sign as new_member_sign
from members.models import Member, MemberSign
from tests.factories import make_device, make_lot

FORM = "application/x-www-form-urlencoded"
PHONE = "13800138000"
PLATE = "沪A12345"


@dataclass
class Inbox:
    """A gateway that delivers to a list."""

    texts: list[sms.Text] = field(default_factory=list)

    def send(self, text: sms.Text) -> None:
        self.texts.append(text)


@dataclass
class Mall:
    lot: Lot
    pure: Sign
    sign: MemberSign
    inbox: Inbox
    entry: Device
    way_out: Device

    @property
    def base(self) -> str:
        return f"/member/{self.lot.slug}"


@dataclass
class Person:
    """Someone with a phone: forms are sent as a browser without script sends them."""

    mall: Mall
    phone: str = PHONE
    client: Client = field(default_factory=Client)

    def get(self, path: str = "", **more: Any) -> Any:
        return self.client.get(f"{self.mall.base}{path}", **more)

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form of the account page, with the word that its forms carry."""
        page = self.get().content.decode()
        found = re.search(r'name="form" value="(\w*)"', page)
        fields.setdefault("form", found[1] if found else "")
        return self.send(path, **fields)

    def send(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"{self.mall.base}{path}", urlencode(fields, doseq=True), content_type=FORM)

    def ask(self, *, way: str = "join", agree: bool = True, phone: str = "", version: str = "") -> Any:
        page = self.get("/join").content.decode()
        answer = re.search(r'name="version" value="(\w+)"', page)
        fields = {
            "phone": phone or self.phone,
            "way": way,
            "version": version or (answer[1] if answer else ""),
        }
        return self.send("/code", **fields, **({"agree": "1"} if agree else {}))

    def code(self) -> str:
        """Let the worker send what is due and return the last code that came."""
        send_texts(now())
        mine = [text.code for text in self.mall.inbox.texts if text.phone == self.phone and text.code]
        return mine[-1]

    def enter(self, answer: Any, code: str = "", *, door: str = "/enter") -> Any:
        page = answer.content.decode()
        attempt = re.search(r'name="attempt" value="([^"]+)"', page)
        form = re.search(r'name="form" value="(\w*)"', page)
        assert attempt, page
        assert form, page
        return self.send(door, attempt=attempt[1], form=form[1], code=code or self.code())

    def join(self) -> "Person":
        assert self.enter(self.ask()).status_code == 303
        return self

    @property
    def row(self) -> Member:
        from members.member_keys import phone_digest

        return Member.objects.get(phone_digest=phone_digest(self.mall.lot.operator_id, self.phone))


@pytest.fixture(autouse=True)
def no_budget_of_another_test():
    for one in (joining.ASKING, joining.TRYING, member_plates.PROVING, budget.RECEIPTS):
        one._spent.clear()


@pytest.fixture
def inbox(monkeypatch) -> Inbox:
    box = Inbox()
    monkeypatch.setattr(sms, "sender", lambda: box)
    return box


@pytest.fixture
def bare(inbox) -> Mall:
    """A mall that gives its members nothing yet."""
    lot = make_lot(slug="pujiang", address="浦江路 100 号")
    pure = new_sign(lot=lot, place="B1 层电梯厅")
    sign = new_member_sign(lot=lot, place="服务台")
    return Mall(lot, pure, sign, inbox, make_device(lot, "entry"), make_device(lot, "exit"))


@pytest.fixture
def mall(bare: Mall) -> Mall:
    benefits.start(lot=bare.lot, kind=BenefitKind.MINUTES, value=60, optional=["plate"], at=now())
    return bare


@pytest.fixture
def person(mall: Mall) -> Person:
    return Person(mall)


@pytest.fixture
def member(person: Person) -> Person:
    return person.join()
