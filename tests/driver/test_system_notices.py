"""Notices that another vendor's parking system sends by itself: signed, counted once, refused by default."""

import base64
import json
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils.timezone import now

from lots.models import Lot, ParkingSystemLink, SystemNotice
from lots.sign_register import new_sign
from lots.systems import bolian, generic, keytop, pcloud, system_of
from lots.systems.aike import sign_v3
from payments import notice_effects, settlements
from payments.models import Payment, Settlement
from payments.settling import settle
from tests.driver.conftest import PLATE, Mall, charge_of, text
from tests.factories import make_lot
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.payments.conftest import channel as channel  # a fixture
from tests.payments.conftest import fakes as fakes  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("budget", "channel")]
PAID = "该停车记录已通过其他方式支付"


def aike_notice(lot, event, session="S1", /, *, ts=None, secret="123456", **more):
    command = {
        "paid": "reportParkingFee",
        "left": "reportCarOut",
        "entered": "reportCarIn",
        "heartbeat": "reportParkHeartbeat",
    }[event]
    fields = {"cmd": command, "parkCode": "2KSANDBX", "parkingCode": session, "carNo": PLATE}
    if event == "paid":
        fields |= {"billCode": "B1", "actPayCharge": 12.5}
    body = json.dumps(fields | more, ensure_ascii=False)
    ts = ts or now().astimezone(lot.tz).strftime("%Y%m%d%H%M%S")
    headers = {"Authorization": base64.b64encode(f"test:{ts}".encode()).decode()}
    return (
        f"/v/{lot.slug}?sign={sign_v3('test', ts, body, secret)}",
        body.encode(),
        headers,
        "application/json",
    )


def generic_notice(
    lot, event, session="S1", /, *, secret="open-pair-sandbox-secret", nonce="n" * 20, ts=None, **more
):
    path, ts = f"/v/{lot.slug}", ts or str(int(time.time()))
    body = json.dumps({"lot": "east", "event": event, "session": session} | more).encode()
    headers = {
        "X-Parking-Timestamp": ts,
        "X-Parking-Nonce": nonce,
        "X-Parking-Signature": generic.sign(secret, "POST", path, ts, nonce, body),
    }
    return path, body, headers, "application/json"


def pcloud_notice(lot, event, session="S1", /, *, secret="pcloud-sandbox-secret", **more):
    fields = {
        "park_uuid": "3bad72c0-6204-4b65-90aa-4323ddd1fb5a",
        "parking_serial": session,
        "plate": PLATE,
        "car_type": "1",
    } | more
    body = urlencode(fields | {"sign": pcloud.sign(fields, secret)}).encode()
    word = {"left": "leave", "entered": "enter"}[event]
    path = f"/v/{lot.slug}/gate/1.0/parking/internal/{word}"
    return path, body, {}, "application/x-www-form-urlencoded"


def bolian_notice(lot, number, result=1, *, key="bolian-sandbox-key"):
    data = json.dumps(
        {"order_id": "S1", "trade_no": number, "prepay": "12.50", "prepay_result": result},
        separators=(",", ":"),
    )
    body = f'{{"data":{data},"sign":"{bolian.sign(data.encode(), key)}"}}'.encode()
    return f"/v/{lot.slug}", body, {}, "application/json"


def keytop_notice(lot, report="PostCarOutInfo", /, *, secret="keytop-sandbox-secret", **more):
    fields = {
        "appId": "10023",
        "parkId": "1000001",
        "ts": int(time.time() * 1000),
        "reqId": "r1",
        "trafficId": "T1",
        "plateNo": PLATE,
        "entryTime": "2026-01-05 09:30:00",
        "leaveTime": "2026-01-05 11:30:00",
        "imgName": "in/1.jpg",
    } | more
    body = json.dumps(fields | {"key": keytop.sign(fields, secret)}, ensure_ascii=False).encode()
    return f"/v/{lot.slug}/{report}", body, {}, "application/json"


SIGNED = {"aike": aike_notice, "generic": generic_notice, "pcloud": pcloud_notice}
EVENTS = [(name, event) for name in SIGNED for event in ("left", "entered")]


def send(client, sent):
    path, body, headers, kind = sent
    return client.post(path, body, content_type=kind, headers=headers)


def mall_of(name):
    lot = lot_in_front_of(vendor_named(name))
    sign = new_sign(lot=lot, place="B1")
    return Mall(lot=lot, entry=None, way_out=None, pure=sign, exit_sign=None, entry_sign=None)


@pytest.fixture(params=sorted(SIGNED))
def name(request):
    return request.param


@pytest.mark.parametrize(("name", "event"), EVENTS)
def test_notice_is_recorded_once(client, name, event):
    lot = lot_in_front_of(vendor_named(name))
    sent = SIGNED[name](lot, event)
    assert [send(client, sent).status_code for _ in range(3)] == [200] * 3
    row = SystemNotice.objects.get()
    assert (row.kind, row.reference) == (event, "S1" if event == "left" else "")
    assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is not None


@pytest.mark.parametrize(
    ("leave_type", "is_departure"),
    [
        *((code, False) for code in (13, 18, 97, 98, "97", "98")),
        *((code, True) for code in (0, 6, 20, 96, "0")),
    ],
)
def test_closed_record_is_no_departure(client, leave_type, is_departure):
    """艾科 reports records that were closed at a desk as if their cars had left."""
    lot = lot_in_front_of(vendor_named("aike"))
    assert send(client, aike_notice(lot, "left", leaveType=leave_type)).status_code == 200
    assert SystemNotice.objects.filter(kind="left").exists() == is_departure
    assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is not None


def test_forged_notice_is_refused(client, name):
    lot = lot_in_front_of(vendor_named(name))
    answer = send(client, SIGNED[name](lot, "left", secret="another"))
    assert answer.status_code == 403
    assert not SystemNotice.objects.exists()
    assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is None


def test_altered_notice_is_refused(client, name):
    lot = lot_in_front_of(vendor_named(name))
    path, body, headers, kind = SIGNED[name](lot, "left")
    assert send(client, (path, body.replace(b"S1", b"S2"), headers, kind)).status_code == 403
    assert not SystemNotice.objects.exists()


@pytest.mark.parametrize("minutes", [-11, 11])
def test_old_notice_is_refused(client, minutes):
    lot = lot_in_front_of(vendor_named("aike"))
    moment = now() + timedelta(minutes=minutes)
    stamp = moment.astimezone(lot.tz).strftime("%Y%m%d%H%M%S")
    assert send(client, aike_notice(lot, "paid", ts=stamp)).status_code == 403
    other = lot_in_front_of(vendor_named("generic"))
    assert send(client, generic_notice(other, "paid", ts=str(int(moment.timestamp())))).status_code == 403
    assert not SystemNotice.objects.exists()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("aike", {"parkCode": "another"}),
        ("aike", {"cmd": "getCarOwnerInfo"}),
        ("aike", {"parkCode": ""}),
        ("generic", {"lot": "another"}),
        ("generic", {"event": "deleted"}),
        ("generic", {"session": ""}),
        ("generic", {"event": "paid", "amount_fen": -1}),
        ("generic", {"event": "paid", "amount_fen": 10**12}),
        ("pcloud", {"park_uuid": "another"}),
        ("pcloud", {"parking_serial": ""}),
    ],
)
def test_wrong_content_is_refused(client, name, more):
    lot = lot_in_front_of(vendor_named(name))
    assert send(client, SIGNED[name](lot, "left", **more)).status_code == 403
    assert not SystemNotice.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff" * 40, b"[" * 20_000, b'{"data":1,"sign":"x"}', b"null"]
)
@pytest.mark.parametrize("vendor", ["aike", "generic", "keytop", "pcloud", "bolian"])
def test_nonsense_is_refused(client, vendor, body):
    lot = lot_in_front_of(vendor_named(vendor))
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.generic("POST", f"/v/{lot.slug}?sign=x", body, content_type=kind)
        assert answer.status_code in {400, 403, 413}


PARTS = b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(1100))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=gbk", b"a=1"),
        ("application/x-www-form-urlencoded; charset=utf8", b"a=1"),
        ("application/x-www-form-urlencoded; charset=rot13", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"a=1&" * 1500),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=", b"--x--"),
        ("multipart/form-data; boundary=\xff", b"--x--"),
        ("multipart/form-data; boundary=x; charset=utf-16", b"--x--"),
        ("multipart/form-data; boundary=x", PARTS + b"--x--"),
        (";;;", b"a=1"),
        ("application/json; charset=gbk", "{'a': '粤'}".encode("gbk")),
    ],
)
@pytest.mark.parametrize("vendor", ["aike", "generic", "keytop", "pcloud", "bolian", "bolian_lot"])
def test_strange_form_gets_vendors_answer(client, caplog, vendor, kind, body):
    lot = lot_in_front_of(vendor_named(vendor))
    answer = client.generic("POST", f"/v/{lot.slug}/leave", body, content_type=kind)
    assert answer.status_code == 403
    assert answer.json() == system_of(lot).notice_answer(is_accepted=False)
    assert "system_notice_refused" in caplog.text


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000, "1e3", "٣"])
def test_strange_length_is_refused(client, caplog, length):
    lot = lot_in_front_of(vendor_named("pcloud"))
    for path in (f"/v/{lot.slug}", "/n/fake/m1"):
        answer = client.generic("POST", path, b"a=1", content_type="text/plain", CONTENT_LENGTH=length)
        assert (answer.status_code, answer.content) == (413, b"")
    assert "too_large" in caplog.text


def test_large_body_is_not_read(client, name):
    lot = lot_in_front_of(vendor_named(name))
    answer = client.generic("POST", f"/v/{lot.slug}", b"x" * 70_000, content_type="application/json")
    assert answer.status_code == 413


def test_body_without_a_length_is_refused(client, name):
    lot = lot_in_front_of(vendor_named(name))
    chunked = {"Transfer-Encoding": "chunked"}
    for path in (f"/v/{lot.slug}", "/n/fake/m1"):
        answer = client.post(path, b"{}", content_type="application/json", headers=chunked)
        assert answer.status_code == 411


@pytest.mark.parametrize("vendor", ["jieshun", "hikvision", "hikvision8700"])
def test_systems_without_notices_have_no_address(client, vendor):
    lot = lot_in_front_of(vendor_named(vendor))
    assert client.post(f"/v/{lot.slug}").status_code == 404


def test_other_lots_have_no_address(client):
    own = make_lot()
    assert client.post(f"/v/{own.slug}").status_code == 404
    assert client.post("/v/none").status_code == 404
    linked = lot_in_front_of(vendor_named("aike"))
    assert client.get(f"/v/{linked.slug}").status_code == 405


def test_no_plate_is_stored_or_logged(client, name, caplog):
    lot = lot_in_front_of(vendor_named(name))
    send(client, SIGNED[name](lot, "left"))
    send(client, SIGNED[name](lot, "left", secret="another"))
    stored = str(list(SystemNotice.objects.values())) + caplog.text
    assert PLATE not in stored
    assert PLATE[1:] not in stored


@pytest.mark.parametrize(
    ("vendor", "session"),
    [("aike", "A12345-0930"), ("aike", PLATE), ("generic", PLATE), ("pcloud", "a12345"), ("pcloud", PLATE)],
)
def test_plate_in_a_number_is_dropped(client, vendor, session):
    lot = lot_in_front_of(vendor_named(vendor))
    answer = send(client, SIGNED[vendor](lot, "left", session))
    assert answer.status_code == (200 if vendor == "aike" else 403)
    assert not SystemNotice.objects.exclude(reference="").exists()


def test_page_shows_a_payment_elsewhere(client):
    mall = mall_of("aike")
    car = vendor_named("aike", fresh=False).simulator.park.enter(PLATE, 1250)
    token = charge_of(text(mall.search()))
    assert "¥12.50" in text(mall.get(token))
    car.paid_fen = 1250
    send(client, aike_notice(mall.lot, "paid", car.session))
    assert PAID in text(mall.get(token))
    assert PAID in text(mall.submit(f"{token}/pay", channel="fake"))
    assert PAID not in text(mall.search())  # a typed plate learns nothing
    assert not Payment.objects.exists()


def test_sealed_charge_ends_with_the_notice(client):
    """A system that is asked by plate alone: the seal would be trusted, and the driver would pay twice."""
    mall = mall_of("pcloud")
    car = vendor_named("pcloud", fresh=False).simulator.park.enter(PLATE, 1250)
    token = charge_of(text(mall.search()))
    send(client, pcloud_notice(mall.lot, "left", car.session))
    assert "¥12.50" not in text(mall.submit(f"{token}/pay", channel="fake"))
    assert not Payment.objects.exists()


def test_older_notice_ends_no_new_charge(client):
    mall = mall_of("generic")
    car = vendor_named("generic", fresh=False).simulator.park.enter(PLATE, 1250)
    send(client, generic_notice(mall.lot, "paid", car.session, amount_fen=500))
    assert SystemNotice.objects.get().amount_fen == 500
    car.paid_fen = 500
    assert "¥7.50" in text(mall.search())


@pytest.mark.parametrize("vendor", ["bolian", "bolian_lot"])
def test_payment_result_is_queried_at_once(client, channel, vendor):
    mall = mall_of(vendor)
    simulator = vendor_named(vendor, fresh=False).simulator
    simulator.park.enter(PLATE, 1250)
    mall.pay(text(mall.search()))
    payment = Payment.objects.get()
    settle(channel.pay(payment.number), cause="notice", at=now())
    simulator.fault("no_answer")
    settlements.settle_with_systems(now())
    simulator.clear()
    later = now() + timedelta(hours=1)
    Settlement.objects.update(next_check_at=later)
    assert send(client, bolian_notice(mall.lot, payment.number, key="another")).status_code == 403
    assert Settlement.objects.get().next_check_at == later
    answer = send(client, bolian_notice(mall.lot, payment.number))
    assert answer.json()["state"] == 1
    assert Settlement.objects.get().next_check_at <= now()
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().state == Settlement.State.ACCEPTED


@pytest.mark.parametrize(
    ("vendor", "state"),
    [
        *(("bolian", "accepted"), ("aike", "accepted"), ("generic", "accepted")),
        *(("settled", "accepted"), ("refused", "gone")),
    ],
)
@pytest.mark.parametrize("is_suspended", [False, True])
def test_counted_payment_of_gone_car_is_kept(client, channel, vendor, state, is_suspended):
    """The answer was lost, the car has left meanwhile, and the repeat says so: only the notice knows more."""
    name = {"refused": "bolian", "settled": "generic"}.get(vendor, vendor)
    mall = mall_of(name)
    simulator = vendor_named(name, fresh=False).simulator
    car = simulator.park.enter(PLATE, 1250)
    mall.pay(text(mall.search()))
    payment = Payment.objects.get()
    settle(channel.pay(payment.number), cause="notice", at=now())
    if is_suspended:
        Lot.objects.update(closed_at=now())
    sent = (
        bolian_notice(mall.lot, payment.number, result=int(vendor != "refused"))
        if name == "bolian"
        else SIGNED[name](
            mall.lot,
            "settled" if vendor == "settled" else "paid",
            car.session,
            **{"billCode" if name == "aike" else "number": payment.number},
            **({} if name == "aike" else {"amount_fen": 1250}),
        )
    )
    assert send(client, sent).status_code == 200
    simulator.park.leave(PLATE)
    settlements.settle_with_systems(now())
    assert Settlement.objects.get().state == state
    assert payment.refunds.exists() == (state == "gone")


def test_own_payment_is_none_of_elsewhere(client, channel):
    mall = mall_of("aike")
    car = vendor_named("aike", fresh=False).simulator.park.enter(PLATE, 1250)
    mall.pay(text(mall.search()))
    number = Payment.objects.get().number
    send(client, aike_notice(mall.lot, "paid", car.session, billCode=number))
    assert SystemNotice.objects.get().kind == SystemNotice.Kind.SETTLED
    assert not notice_effects.paid_elsewhere(mall.lot, car.session, since=now() - timedelta(hours=1))


def test_old_notices_are_forgotten(client):
    lot = lot_in_front_of(vendor_named("generic"))
    send(client, generic_notice(lot, "left"))
    assert notice_effects.forget_notices(now()) == 0
    assert notice_effects.forget_notices(now() + timedelta(days=8)) == 1


def test_heartbeat_stores_no_row(client):
    for name in ("aike", "generic"):
        lot = lot_in_front_of(vendor_named(name))
        assert send(client, SIGNED[name](lot, "heartbeat")).status_code == 200
        assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is not None
    assert not SystemNotice.objects.exists()


@pytest.mark.parametrize("report", ["PostCarInInfo", "PostCarOutInfo", "PostPayFeeInfo"])
def test_keytop_report_is_a_sign_of_life(client, caplog, report):
    lot = lot_in_front_of(vendor_named("keytop"))
    answer = send(client, keytop_notice(lot, report))
    assert (answer.status_code, answer.json()["resCode"]) == (200, 0)
    assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is not None
    assert not SystemNotice.objects.exists()
    assert PLATE not in caplog.text


@pytest.mark.parametrize(
    ("report", "more"),
    [
        ("PostCarOutInfo", {"secret": "another"}),
        ("PostCarOutInfo", {"ts": 1}),
        ("PostCarOutInfo", {"ts": "soon"}),
        ("PostCarOutInfo", {"ts": 10**14}),
        ("PostCarOutInfo", {"parkId": "1000002"}),
        ("PostCarOutInfo", {"parkId": ""}),
        ("GetParkingImg", {}),
    ],
)
def test_wrong_keytop_report_is_refused(client, report, more):
    lot = lot_in_front_of(vendor_named("keytop"))
    assert send(client, keytop_notice(lot, report, **more)).status_code == 403
    assert ParkingSystemLink.objects.get(lot=lot).last_notice_at is None


def test_altered_keytop_report_is_refused(client):
    lot = lot_in_front_of(vendor_named("keytop"))
    path, body, headers, kind = keytop_notice(lot)
    assert send(client, (path, body.replace(b"T1", b"T2"), headers, kind)).status_code == 403


def test_report_of_the_lan_form_is_refused(client):
    lot = lot_in_front_of(vendor_named("keytop"), options={"form": "lan"})
    assert send(client, keytop_notice(lot)).status_code == 403


def test_signature_of_pcloud_is_the_published_one():
    """The vendor's own example for `leave`: text and its MD5."""
    fields = {
        "car_color": "1",
        "car_desc": "临时车",
        "car_type": "1",
        "enter_gate": "入口名称",
        "enter_image": "https://t7.baidu.com/it/u=1595072465,3644073269&fm=193&f=GIF",
        "enter_image_hash": "3EF48C1A8A95DF308EFF872082280815",
        "enter_release_reason": "访问客户",
        "enter_security": "入口保安",
        "enter_time": "1624874732253",
        "park_uuid": "49f0cc52-e8c7-41e3-b54d-af666b8cc11a",
        "parking_serial": "202106028000000007",
        "plate": "粤X44444",
        "plate_color": "1",
        "remain_parking_space": "10",
        "total_parking_space": "100",
        "vehicle_type": "1",
    }
    assert pcloud.sign(fields, "123") == "F58EDB51E299C99BE0E24D84739994CA"
