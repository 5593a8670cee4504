"""The payer and the plate are led through bills, staff, refunds, coupons and debts, and are found nowhere.

As in test_privacy.py: the database as it lies on the disk, the log at DEBUG, heads of answers, kept pages;
here at both real channels of the sandbox with the production clients, which see all that a channel tells of a
payer, and with what is sent to the channel. Each new place is planted once, to show that it would be found.
"""

import base64
import json
import logging
import pickle
from datetime import timedelta
from urllib.parse import quote as url_quote
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils.timezone import now

from core import jobs
from core.lanes import step
from lots.models import ParkingSession
from lots.plates import parse
from lots.sign_register import new_sign
from payments import booth, channels, refund_acts, staff_actions
from payments.coupons import redemption
from payments.models import Debt, Discrepancy, Refund, StaffAct
from payments.models.closing_models import BillRun
from payments.staff_action_log import ActedBy, IdentifiesPerson
from sandbox.alipay.alipay_messages import BUYER
from sandbox.wechat.wechat_messages import ACCOUNT, BANK
from staff.models import SignIn
from tests.factories import make_device, make_lot, make_person, see, signed_in
from tests.needles import forms
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, start_paying
from tests.payments.providers.conftest import transport
from tests.payments.providers.wechat.conftest import OPENID as WECHAT_OPENID
from tests.payments.reconciliation.conftest import mall
from tests.sandbox import notice_sink, sandbox_keys, sandbox_process, sandbox_server
from tests.test_privacy import ADDRESS, CANARY, NEEDLES, Listening, Traces, Visit, log_file

__all__ = [
    "log_file",
    "mall",
    "notice_sink",
    "sandbox_keys",
    "sandbox_process",
    "sandbox_server",
    "transport",
]

pytestmark = pytest.mark.django_db
PHONE = "13812348765"
OF_THE_PAYER = (WECHAT_OPENID, BANK, ACCOUNT, *BUYER.values(), PHONE)
ALL = NEEDLES | {text: forms(text) for text in OF_THE_PAYER}
SENT = {text: forms(text) for text in (CANARY, CANARY.lower(), CANARY[1:], ADDRESS, PHONE)}


def found_in(places, needles=ALL):
    low = {place: traces.lower() for place, traces in places.items()}
    return {
        (place, text)
        for place, traces in low.items()
        for text, each in needles.items()
        if any(form in traces for form in each)
    }


@pytest.fixture
def sent(transport, monkeypatch):
    """Everything that goes to a channel, as bytes."""
    found, really = [], transport.send

    def send(method, url, headers, body=b""):
        found.append(f"{method} {url} {headers}".encode() + body)
        return really(method, url, headers, body)

    monkeypatch.setattr(transport, "send", send)
    return found


@pytest.fixture
def traces(mall, log_file):
    return Traces(log_file, Listening())


@pytest.fixture
def channel(monkeypatch):
    fake = Listening()
    monkeypatch.setattr(channels, "providers", lambda: {(fake.name, fake.merchant): fake})
    return fake


def all_places(traces):
    """Return every place, with sign-ins unpacked, and the cache that Django has beside them."""
    cached = "\n".join(map(str, cached_values())).encode()
    sign_ins = json.dumps([each.get_decoded() for each in SignIn.objects.all()], ensure_ascii=False).encode()
    return {**traces.places(), "cache": cached, "sign-ins": sign_ins}


def cached_values():
    """Return the values of the shared cache, which are pickled and in base64."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM staff_limits")
        return [(key, pickle.loads(base64.b64decode(value))) for key, value in cursor.fetchall()]


def by(person, reason="司机要求"):
    return ActedBy(uuid4(), person, reason)


def run_scenario(mall, visit, person):
    at = now()
    payment = mall.started()
    session = payment.session
    staff_actions.correct_plate(session, plate=parse(CANARY), by=by(person), at=at)
    mall.server.act(payment.number, "loses_notice")
    mall.backdate(payment, mall.noon)
    given = mall.paid()
    mall.refunded_by_hand(given, 300)
    mall.reconcile()
    payment.refresh_from_db()
    assert payment.state == "paid"
    refund_acts.refund(payment, amount_fen=100, still_owed=False, by=by(person), at=at)
    staff_actions.correct_entry(session, entered_at=at - timedelta(minutes=30), by=by(person), at=at)
    debt_and_coupon(mall, visit, person)
    for path in (
        "payments",
        f"payments/{payment.pk}",
        f"stays/{session.pk}",
        "bills",
        "tasks",
        "shifts",
        "days",
    ):
        assert visit.client.get(f"/console/{path}").status_code == 200, path


def debt_and_coupon(mall, visit, person):
    """Another stay of the same car takes a coupon, owes the rest, and leaves with a debt."""
    at = now()
    ParkingSession.objects.filter(lot=mall.lot, left_at=None).update(left_at=at)
    see(mall.entry, CANARY, at - timedelta(minutes=200), key="canary-2")
    shop = make_shop(mall.lot)
    code = hand_out(shop, make_offer(shop), at, plate=None).code
    hand_out(shop, make_offer(shop, "amount", 100, stackable=True), at, plate=CANARY)
    page = f"/p/{new_sign(lot=mall.lot, place='B1').code}"
    charge = visit.post(page, plate=CANARY, coupon=code).headers["Location"]
    assert visit.get(charge).status_code == 200
    session = ParkingSession.objects.filter(lot=mall.lot).latest("pk")
    booth.open_shift(mall.lot, float_fen=0, by=by(person, "接班"), at=at)
    booth.take_cash(session, amount_fen=100, by=by(person), at=at)
    staff_actions.end_session(session, left_at=at, by=by(person, "道闸故障"), at=at)
    assert Debt.objects.filter(cleared_at=None).exists()
    redemption.expire(at=at + timedelta(days=2))


def test_payer_is_not_found_in_clear(mall, traces, sent, monkeypatch):
    person = make_person()
    visit = Visit(traces)
    visit.client.force_login(person)
    run_scenario(mall, visit, person)
    for wrong in (f"车牌{CANARY}", f"电话{PHONE}"):
        with pytest.raises(IdentifiesPerson):
            by(person, wrong)
    for later in (timedelta(minutes=10), timedelta(days=1)):
        for job in jobs.load().values():
            step(job.name, job.run, at=now() + later)
    assert len(sent) > 5
    assert StaffAct.objects.count() >= 5
    assert Refund.objects.filter(reason="external").exists()
    assert found_in(all_places(traces)) == set()
    assert found_in({"sent": b"\n".join(sent)}, SENT) == set()


def plant_act(lot, text):
    StaffAct.objects.create(
        act=uuid4(), kind="refund", staff=make_person(), lot=lot, at=now(), reason=text, subject="a stay"
    )


def plant_event(lot, text):
    payment_in(lot).events.create(was="new", became="open", cause=text[:40], at=now())


def plant_discrepancy(lot, text):
    Discrepancy.objects.create(kind="differs", provider="fake", merchant="m1", number=text, seen_at=now())


def plant_refund(lot, text):
    payment = payment_in(lot)
    payment.refunds.create(
        number="R",
        amount_fen=1,
        reason="external",
        external_number=text,
        created_at=now(),
        next_check_at=now(),
    )


def plant_bill(lot, text):
    run = BillRun.objects.create(
        provider="fake", merchant="m1", day=now().date(), created_at=now(), state="done"
    )
    run.lines.create(verdict="differs", number=text[:64], amount_fen=1, outcome="paid", at=now())


def plant_coupon(lot, text):
    shop = make_shop(lot)
    make_offer(shop, name=text[:40])


def plant_shop(lot, text):
    make_shop(lot, name=text[:40])


def plant_session(lot, text):
    client = signed_in(make_person())
    session = client.session
    session["seen"] = text
    session.save()


def plant_cache(lot, text):
    cache.set("seen", text)


def plant_log(lot, text):
    logging.getLogger("payments").warning("from %s", text)


def payment_in(lot):
    see(make_device(lot, "entry"), "沪B00000", now() - timedelta(minutes=61))
    quote = look_up(lot=lot, plate=parse("沪B00000"), at=now())
    return start_paying(quote, "fake", at=now())


@pytest.mark.parametrize(
    ("plant", "text"),
    [
        (plant_act, f"司机是{CANARY}"),
        (plant_act, f"打过 {PHONE}"),
        (plant_event, WECHAT_OPENID),
        (plant_discrepancy, BUYER["buyer_user_id"]),
        (plant_refund, BANK),
        (plant_bill, BUYER["buyer_open_id"]),
        (plant_coupon, CANARY),
        (plant_shop, ADDRESS),
        (plant_session, WECHAT_OPENID),
        (plant_cache, ACCOUNT),
        (plant_log, BUYER["buyer_logon_id"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_planted_payer_leak_is_found(channel, log_file, plant, text):
    traces = Traces(log_file, channel)
    lot = make_lot()
    assert found_in(all_places(traces)) == set()
    plant(lot, text)
    assert found_in(all_places(traces))
    cache.clear()


@pytest.mark.parametrize("text", SENT)
def test_planted_leak_to_channel_is_found(text):
    assert found_in({"sent": f"GET https://api.example.cn/?a={url_quote(text)}".encode()}, SENT)
