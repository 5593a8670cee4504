"""Forms that are sent twice, as by a double click without scripts: the second answer is the result too.

Of two answers one sees the second. So it leads where the first led, adds no row, and reports no failure.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.messages import INFO, SUCCESS, get_messages
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from console import session_page
from lots.models import ParkingSession
from payments.invoices.invoice_handling import mark_issued
from payments.models import StaffAct
from staff.models import Role
from tests.console.console_world import ADDRESSES
from tests.factories import make_device, make_person, see

pytestmark = pytest.mark.django_db
WHY = "核对无误"


def press(**values):
    return {"press": str(uuid4()), "key": str(uuid4()), **values}


def act(**values):
    return {"act": str(uuid4()), "reason": WHY, **values}


def lot_form(world):
    return press(
        operator=world.lot.operator_id,
        name="新停车场",
        slug="new-lot",
        address="上海市某路 1 号",
        kind="mall",
        province="沪",
        bays=10,
        retention_hours=24,
        exit_window=15,
        zone="Asia/Shanghai",
    )


def permit_form(_world):
    first, last = localdate(), localdate() + timedelta(days=30)
    return {"plate": "沪E12345", "name": "", "first": str(first), "last": str(last)}


def tariff_form(world):
    draft = world.lot.drafts.get()
    begin = f"{localtime() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    return {"draft": draft.pk, "revision": "1", "why": WHY, "valid_from": begin}


def invoice_form(world):
    return {
        "number": world.invoice.number,
        "invoice_number": "12345678901234567890",
        "link": "",
        "amount_fen": world.payment.amount_fen,
    }


def reverse_form(world):
    fen, at = world.payment.amount_fen, localtime()
    issued = {"invoice_number": "12345678901234567890", "link": "", "amount_fen": fen}
    mark_issued(world.invoice, **issued, by=world.clerk, at=at)
    return {"number": world.invoice.number, "amount_fen": fen, "invoice_number": "22345678901234567890"}


COUPON = {"kind": "amount", "value": "5", "per_stay": "1", "valid_hours": "24", "funded_by": "shop"}
SHOP = {"pays_percent": 100, "per_hour": 10, "per_day": 20, "per_plate_day": 2, "month_fen": 10000}
FORMS = {
    "console:access-act": lambda _world: {"last": str(localdate() + timedelta(days=90))},
    "console:add-access": permit_form,
    "console:add-device": lambda world: press(lane=world.device.lane_id, make="api", name="二号机"),
    "console:add-sign": lambda _world: {"place": "B2 电梯厅"},
    "console:answer-call": lambda _world: {},
    "console:answer-right": lambda _world: {"answer": "right"},
    "console:booth-act": lambda _world: act(read=""),
    "console:call-lane": lambda _world: {},
    "console:close-day": lambda _world: {"version": "0", "reason": WHY},
    "console:close-lot": lambda _world: press(why=WHY),
    "console:close-shift": lambda _world: act(counted="0"),
    "console:drop-recipient": lambda _world: press(),
    "console:end-all-grants": lambda _world: {},
    "console:end-grant": lambda _world: {},
    "console:end-mailing": lambda _world: {},
    "console:entered-by-hand": lambda _world: act(),
    "console:erase-now": lambda _world: {"why": WHY},
    "console:invite": lambda world: press(place=f"l{world.lot.pk}", role="booth"),
    "console:invoice-issued": invoice_form,
    "console:lanes": lambda _world: press(name="西入口", direction="entry"),
    "console:new-lot": lot_form,
    "console:open-lot": lambda _world: press(),
    "console:orphan-act": lambda _world: act(),
    "console:payment-act": lambda _world: act(amount="1", owed="waived"),
    "console:recipients": lambda _world: press(kind="city", name="上海市停车平台", contact="021-1234 5678"),
    "console:red-letter": lambda _world: {"invoice_number": "12345678901234567890", "amount_fen": 1},
    "console:reject-invoice": lambda world: {"number": world.invoice.number, "reason": "other"},
    "console:report-sign": lambda _world: {"kind": "damaged"},
    "console:reverse-invoice": reverse_form,
    "console:resolve": lambda _world: act(),
    "console:revoke-device": lambda _world: press(),
    "console:revoke-sign": lambda _world: {"why": WHY},
    "console:selfcheck-handled": lambda _world: {"done": WHY},
    "console:selfcheck-now": lambda _world: {},
    "console:shop-dismiss": lambda _world: {},
    "console:shop-end": lambda _world: press(),
    "console:shop-invite": lambda _world: press(),
    "console:shop-new": lambda _world: press(name="面馆", revision=1, **SHOP),
    "console:shop-offer-end": lambda _world: press(),
    "console:shop-offers": lambda _world: press(name="五元券", **COUPON),
    "console:shop-take-back": lambda _world: {"why": WHY},
    "console:sign-alarm-handled": lambda _world: {"done": WHY},
    "console:stay-act": lambda _world: act(left=f"{localtime():%Y-%m-%dT%H:%M}"),
    "console:take-invoice": lambda world: {"number": world.invoice.number},
    "console:tariff-drop": tariff_form,
    "console:tariff-sign": tariff_form,
    "console:withdraw": lambda _world: {},
}


@pytest.fixture
def world(shared_world):
    return shared_world


@pytest.fixture
def client(world):
    client = Client()
    client.force_login(make_person(Role.OWNER, operator=world.lot.operator))
    return client


def address(view, world):
    where = ADDRESSES[view](world) if view in ADDRESSES else None
    if where is not None and "day" in where:
        where["day"] = str(localdate() - timedelta(days=1))
    if where is None:
        where = {} if view in {"console:invite", "console:new-lot"} else {"slug": world.lot.slug}
    return reverse(view, kwargs=where)


def counted():
    """Return the number of rows of every table."""
    tables = [model._meta.db_table for model in apps.get_models()]
    counts = ", ".join(f'(SELECT COUNT(*) FROM "{table}")' for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


def repeat_faults(client, view, form, world):
    """Send a form twice; yield what is wrong with the second answer."""
    where, data = address(view, world), form(world)
    first = client.post(where, data)
    if first.status_code >= 400:
        yield f"{view}: the first answer is {first.status_code}"
        return
    results, rows = list(map(str, get_messages(first.wsgi_request))), counted()
    second = client.post(where, data)
    if (second.status_code, second.headers.get("Location")) != (
        first.status_code,
        first.headers.get("Location"),
    ):
        yield f"{view}: {second.status_code} {second.headers.get('Location')}, not {first.status_code}"
    texts = list(get_messages(second.wsgi_request))[len(results) :]
    warned = (text for text in texts if text.level not in {INFO, SUCCESS})
    yield from (f"{view}: {text}" for text in warned if str(text) not in results)
    yield from (f"{view}: {table} grew" for table, count in counted().items() if count != rows[table])


def test_second_answer_is_the_result(client, world):
    faults = []
    for view, form in FORMS.items():
        with transaction.atomic():
            faults += repeat_faults(client, view, form, world)
            transaction.set_rollback(True)
    assert not faults, "\n".join(faults)


ENDS = ("drop", "merge", "end", "entry")


def mergeable(world):
    """Return a stay without payments, and the number of one that it could be merged into."""
    camera, at = make_device(world.lot, "entry"), localtime() - timedelta(hours=1)
    for minutes, plate in enumerate(("沪E22222", "沪E11111")):
        see(camera, plate, at + timedelta(minutes=minutes))
    second, first = ParkingSession.objects.order_by("pk").reverse()[:2][::-1]
    return first, second.pk


@pytest.mark.parametrize("act_name", ENDS)
@pytest.mark.parametrize("step", ["_session", "offers_of", "carry_out"])
def test_press_during_the_first(client, world, monkeypatch, step, act_name):
    """The first press ends while the second one is between two steps of the view."""
    session, other = mergeable(world)
    form = act(target=other, left=f"{localtime():%Y-%m-%dT%H:%M}", entered=f"{localtime():%Y-%m-%dT00:00}")
    where = reverse("console:stay-act", args=[session.pk, act_name])
    original, first = getattr(session_page, step), []

    def late(*args, **options):
        if not first:
            first.append(None)
            first[0] = client.post(where, form)
        return original(*args, **options)

    monkeypatch.setattr(session_page, step, late)
    second = client.post(where, form)
    assert (second.status_code, second.url) == (302, first[0].url)
    texts = [text for text in get_messages(second.wsgi_request) if text.level not in {INFO, SUCCESS}]
    assert texts == []
    assert StaffAct.objects.filter(act=form["act"]).count() == 1


def test_stay_deleted_by_a_colleague(client, world, monkeypatch):
    session, other = mergeable(world)
    original = session_page.carry_out

    def late(*args, **options):
        ParkingSession.objects.filter(pk=session.pk).delete()
        return original(*args, **options)

    monkeypatch.setattr(session_page, "carry_out", late)
    for act_name in ("drop", "merge"):
        where = reverse("console:stay-act", args=[session.pk, act_name])
        assert client.post(where, act(target=other)).status_code == 404


def test_colleague_who_closes_later_is_warned(client, world):
    where, data = address("console:close-day", world), {"version": "0", "reason": WHY}
    client.post(where, data)
    colleague = Client()
    colleague.force_login(make_person(Role.OWNER, operator=world.lot.operator))
    assert colleague.post(where, data).status_code == 409


def test_repeated_reopening_is_the_result(client, world):
    closing, reopening = address("console:close-day", world), address("console:reopen-day", world)
    client.post(closing, {"version": "0", "reason": WHY})
    answers = [client.post(reopening, {"version": "1", "reason": WHY}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert client.post(closing, {"version": "0", "reason": WHY}).status_code == 409  # an older page
