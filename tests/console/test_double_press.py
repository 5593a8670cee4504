"""Two presses of one button within milliseconds, as two requests that run at once: one row, one result."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from console.sign_wording_page import SignWordingForm
from lots.models import Lot, ParkingSystemLink, SettingChange, SignEvent, SignWording
from lots.models.printing import PrintRun
from lots.signs.sign_wording import PRESETS, City
from payments import booth
from payments.coupons.coupon_models import Shop
from payments.models import Refund, StaffAct
from payments.models.closing_models import DayClosingEvent
from payments.staff_action_log import ActedBy
from staff.models import Invitation, Role
from tests.console.console_world import make_world
from tests.console.test_repeated_forms import SHOP, WHY, act, press
from tests.factories import make_device, make_person, see
from tests.payments.acting import OTHER
from tests.payments.conftest import channel as channel  # a fixture
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(channel):
    return make_world(channel)


def count(model, **which):
    return model.objects.filter(**which).count


def refund(world):
    where = f"/console/payments/{world.payment.pk}/refund"
    return where, act(amount="1", owed="waived"), count(Refund)


def move(world):
    where = f"/console/payments/{world.payment.pk}/move"
    return where, act(target=str(world.owing.pk)), count(StaffAct, kind="moved")


def close_day(world):
    where = f"/console/days/{world.lot.slug}/{localdate() - timedelta(days=1)}/close"
    return where, {"version": "0", "reason": WHY}, count(DayClosingEvent)


def print_signs(world):
    data = {"sign": [world.sign.number], "format": "a4", "file": "pdf", "key": str(uuid4())}
    return f"/console/lots/{world.lot.slug}/signs/print", data, count(SignEvent, kind="printed")


def new_shop(world):
    return f"/console/shops/new/{world.lot.slug}", press(name="面馆", revision=1, **SHOP), count(Shop)


def invite(world):
    return "/console/people/invite", press(place=f"l{world.lot.pk}", role="booth"), count(Invitation)


def take_cash(world):
    lane = make_device(world.lot, "exit").lane
    read = see(lane.devices.get(), OTHER, now()).read
    where = f"/console/booth/{world.lot.slug}/lanes/{lane.pk}/cash"
    return where, act(read=read.pk, amount="10"), count(StaffAct, kind="cash")


def link(world):
    Lot.objects.filter(pk=world.lot.pk).update(closed_at=now())
    data = {
        "base_url": "https://pms.example",
        "lot_code": "L1",
        "recipient_name": "某停车系统公司",
        "recipient_contact": "privacy@pms.example",
        "support_phone": "020-5550 0100",
        "secret": "k" * 32,
    }
    where = f"/console/lots/{world.lot.slug}/system?vendor=generic"
    return where, data, count(SettingChange, thing="lot", after__system="generic")


@pytest.mark.parametrize(
    "form",
    [refund, move, close_day, print_signs, new_shop, invite, take_cash, link],
    ids=lambda form: form.__name__,
)
def test_double_press_is_one_act(world, form):
    owner = make_person(Role.OWNER, operator=world.lot.operator)
    clients = [Client() for _ in range(2)]
    for client in clients:
        client.force_login(owner)
    booth.open_shift(world.lot, float_fen=0, by=ActedBy(uuid4(), owner, "接班"), at=now())
    where, data, rows = form(world)
    before = rows()
    answers = at_once(*[lambda client=client: client.post(where, data) for client in clients])
    assert not faults(answers)
    assert {answer.status_code for answer in answers} <= {200, 302}, [
        answer.content.decode() for answer in answers
    ]
    assert rows() == before + 1
    assert len({answer.headers.get("Location") for answer in answers}) == 1
    assert PrintRun.objects.count() <= 1
    assert ParkingSystemLink.objects.count() == (form is link)


def test_two_cashiers_at_once_record_once(world):
    """Both saw an unpaid stay, and press in one instant: one records, the other is asked."""
    where = f"/console/stays/{world.owing.pk}/cash"
    presses = []
    for _ in range(2):
        cashier = make_person(Role.OWNER, operator=world.lot.operator)
        booth.open_shift(world.lot, float_fen=0, by=ActedBy(uuid4(), cashier, "接班"), at=now())
        client = Client()
        client.force_login(cashier)
        presses.append(partial(client.post, where, act(amount="10.00", seen="0")))
    answers = at_once(*presses)
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert StaffAct.objects.filter(kind="cash").count() == 1
    (asked,) = [answer for answer in answers if answer.status_code == 422]
    assert 'name="seen" value="1000"' in asked.content.decode()


def test_two_system_forms_at_once_keep_one(world):
    """Two people save different links in one instant: the second one's form is shown again, with why."""
    where, data, _ = link(world)
    presses = []
    for code in ("L1", "L2"):
        client = Client()
        client.force_login(make_person(Role.OWNER, operator=world.lot.operator))
        presses.append(partial(client.post, where, {**data, "lot_code": code, "seen": "0"}))
    answers = at_once(*presses)
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert SettingChange.objects.filter(thing="lot", after__system="generic").count() == 1


def test_two_wordings_at_once_are_one(world, monkeypatch):
    """Each looks whether it is stored; without the lock both would look before either stores."""
    looked, is_stored = Barrier(2), SignWordingForm.is_stored

    def look(form):
        found = is_stored(form)
        with suppress(BrokenBarrierError):
            looked.wait(0.5)
        return found

    monkeypatch.setattr(SignWordingForm, "is_stored", look)
    texts = {name: getattr(PRESETS[City.SHANGHAI], name) for name in ("headline", "promise")}
    data = {"city": "shanghai", **texts, "note": "夜间请走东门", "seen": "0"}
    owner = make_person(Role.OWNER, operator=world.lot.operator)
    clients = [Client() for _ in range(2)]
    for client in clients:
        client.force_login(owner)
    where = f"/console/lots/{world.lot.slug}/signs/wording"
    answers = at_once(*[lambda client=client: client.post(where, data) for client in clients])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert SignWording.objects.count() == 1
