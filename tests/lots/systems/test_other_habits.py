"""Answers as other programs of the same vendors may write them: each still means what it says.

None of them comes from a simulator. An amount, a stay or a car is never guessed: what is unclear is a fault.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now

from core.transport import Reply
from lots.systems import REMOTE
from lots.systems.answer_reading import (
    CallFault,
    check_lot,
    check_plate,
    first,
    moment_of,
    number_of,
    part,
    read_json,
)
from lots.systems.parking_system import Charge, NothingDue
from sandbox.systems.__main__ import SIMULATORS
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_tampered_answers import unsigned  # noqa: F401 - a fixture
from tests.lots.systems.test_vendors import PLATE, ask

CHINA = ZoneInfo("Asia/Shanghai")
CAME = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
TEXT = "2026-01-05 09:30:00"
FORMS = [
    TEXT,
    "2026-01-05 09:30:00.0",
    "2026-01-05 09:30:00.123",
    "2026-01-05 09:30",
    "2026-01-05T09:30:00",
    "2026-01-05T09:30:00+08:00",
    "2026-01-05T09:30:00.000+0800",
    "2026-01-05T01:30:00Z",
    "2026/01/05 09:30:00",
    "2026/1/5 9:30:00",
    "20260105093000",
    int(CAME.timestamp()),
    str(int(CAME.timestamp())),
    int(CAME.timestamp() * 1000),
]
NONE = [
    None,
    "",
    0,
    "0",
    "0001-01-01 00:00:00",
    "0001-01-01T00:00:00",
    "1900-01-01 00:00:00",
    "1970-01-01 08:00:00",
]
NONE += ["00010101000000"]


def usual(name):
    """Return what each vendor answers for a car that owes 12.50, and the path to the object that says so."""
    code = SIMULATORS[name].lot_code
    recent = f"{now().astimezone(CHINA) - timedelta(hours=2):%Y-%m-%d %H:%M:%S}"
    return {
        "aike": (
            {"status": 1, "resultCode": 0},
            {
                "parkCode": code,
                "parkingCode": "P1",
                "carCode": PLATE.text,
                "shouldPayValue": 12.5,
                "chargeDate": recent,
                "enterDate": recent,
            },
        ),
        "keytop": (
            {"resCode": 0},
            {"orderNo": "K1", "plateNo": PLATE.text, "payable": 1250, "entryTime": recent},
        ),
        "hikvision": (
            {"code": "0"},
            {
                "billSyscode": "H1",
                "inRecordSyscode": "R1",
                "plateNo": PLATE.text,
                "supposeCost": "12.50",
                "enterTime": recent,
            },
        ),
        "hikvision8700": ({"errorCode": 0}, {"preBillUuid": "U1", "cost": 12.5, "enterTime": recent}),
        "bolian": (
            {},
            {
                "state": 1,
                "order_id": "B1",
                "plate_number": PLATE.text,
                "money": "12.50",
                "start_time": recent,
            },
        ),
        "bolian_lot": (
            {},
            {"state": 1, "order_id": "B1", "car_number": PLATE.text, "price": "12.50", "start_time": recent},
        ),
        "jieshun": (
            {"resultCode": 0},
            {"orderNo": "J1", "carNo": "沪-A12345", "serviceFee": 12.5, "startTime": recent},
        ),
        "pcloud": (
            {"result_code": 1001, "sign": "X"},
            {
                "plate": PLATE.text,
                "parking_serial": "S1",
                "parking_order": "O1",
                "pay_value": 1250,
                "enter_time": recent,
            },
        ),
    }[name]


def body_of(name, around, bill):
    """Return an answer around a bill, which may be any value in its place."""
    if name == "pcloud":
        return {**around, **bill}
    if name == "jieshun":
        return {**around, "dataItems": [{"attributes": bill}]}
    return {**around, "data": [bill] if name == "keytop" and isinstance(bill, dict) else bill}


class Canned:
    """A transport whose every answer is this; a login and a user are had before it."""

    def __init__(self, body):
        self.body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    def send(self, _method, url, _headers, _body):
        if url.endswith("/login"):
            return Reply(200, {}, b'{"resultCode": 0, "token": "t"}')
        user = "getDefaultUserUuid" in url
        return Reply(200, {}, b'{"errorCode": 0, "data": "u"}' if user else self.body)


def outcome(name, body):
    """Return what the system makes of an answer: "due 1250", why nothing is due, or the fault."""
    system = REMOTE[name.removesuffix("_lot")](vendor_named(name).link(), Canned(body))
    answer = ask(system)
    if isinstance(answer, Charge):
        return f"due {answer.due_fen}"
    return answer.reason.value if isinstance(answer, NothingDue) else answer.fault


NAMES = ["aike", "bolian", "bolian_lot", "hikvision", "hikvision8700", "jieshun", "keytop", "pcloud"]
AMOUNTS = {
    "aike": "shouldPayValue",
    "bolian": "money",
    "bolian_lot": "price",
    "hikvision": "supposeCost",
    "hikvision8700": "cost",
    "jieshun": "serviceFee",
    "keytop": "payable",
    "pcloud": "pay_value",
}
IN_FEN = {"keytop", "pcloud"}
TIMES = {
    "aike": "enterDate",
    "bolian": "start_time",
    "bolian_lot": "start_time",
    "hikvision": "enterTime",
    "hikvision8700": "enterTime",
    "jieshun": "startTime",
    "keytop": "entryTime",
    "pcloud": "enter_time",
}
by_name = pytest.mark.parametrize("name", NAMES)
pytestmark = [pytest.mark.usefixtures("unsigned"), pytest.mark.servers]


@by_name
def test_codes_and_amounts_may_be_texts(name):
    around, bill = usual(name)
    texts = [{key: str(value) for key, value in each.items()} for each in (around, bill)]
    assert outcome(name, body_of(name, *texts)) == "due 1250"


@by_name
@pytest.mark.parametrize(
    ("amount", "yuan", "fen"),
    [
        ("12.500", "due 1250", "malformed"),
        ("12.505", "bad_amount", "malformed"),
        (".50", "due 50", "malformed"),
        ("1250.00", "due 125000", "malformed"),
        (1250.0, "due 125000", "due 1250"),
        (None, "bad_amount", "malformed"),
        ("12,50", "bad_amount", "malformed"),
        ("-1", "bad_amount", "bad_amount"),
    ],
)
def test_amount_is_exact_or_a_fault(name, amount, yuan, fen):
    around, bill = usual(name)
    wanted = fen if name in IN_FEN else yuan
    assert outcome(name, body_of(name, around, bill | {AMOUNTS[name]: amount})) == wanted


@by_name
@pytest.mark.parametrize("form", ["2026-01-05T09:30:00.000+0800", "2026-01-05 09:30:00.0"])
def test_time_of_any_form_is_read(name, form):
    around, bill = usual(name)
    moment = now().replace(microsecond=0) - timedelta(hours=3)
    text = f"{moment.astimezone(CHINA):%Y-%m-%d{form[10]}%H:%M:%S}" + form[19:]
    system = REMOTE[name.removesuffix("_lot")](
        vendor_named(name).link(), Canned(body_of(name, around, bill | {TIMES[name]: text}))
    )
    assert ask(system).entered_at == moment


@by_name
def test_entry_in_the_future_is_checked(name):
    around, bill = usual(name)
    for ahead, wanted in ((timedelta(minutes=3), "due 1250"), (timedelta(days=3), "bad_time")):
        later = {TIMES[name]: int((now() + ahead).timestamp())}
        assert outcome(name, body_of(name, around, bill | later)) == wanted


@by_name
def test_spelling_of_the_body_is_read(name):
    text = json.dumps(body_of(name, *usual(name)), ensure_ascii=False)
    bodies = [b"\xef\xbb\xbf" + text.encode(), text.encode() + b"\r\n\x00", text.encode("gbk")]
    assert {outcome(name, body) for body in bodies} == {"due 1250"}
    assert {outcome(name, body) for body in (b"<html>502</html>", text.encode("utf-16"))} == {"malformed"}


@pytest.mark.parametrize("name", ["aike", "bolian", "bolian_lot", "hikvision", "hikvision8700", "keytop"])
def test_bill_may_be_wrapped(name):
    around, bill = usual(name)
    packed = json.dumps(bill, ensure_ascii=False)
    for data in (packed, json.dumps(packed), [bill], [bill, dict(bill)], f"[{packed}]"):
        assert outcome(name, {**around, "data": data}) == "due 1250"
    assert outcome(name, {**around, "data": [bill, bill | {AMOUNTS[name]: "7"}]}) == "needs_a_choice"


@pytest.mark.parametrize("name", ["aike", "hikvision", "hikvision8700", "keytop"])
@pytest.mark.parametrize("nothing", [None, "", [], {}, "null", "[]", "{}"])
def test_empty_bill_is_an_absent_car(name, nothing):
    assert outcome(name, {**usual(name)[0], "data": nothing}) == "absent"


@pytest.mark.parametrize(
    ("name", "body", "wanted"),
    [
        ("aike", {"status": "2", "resultCode": "905", "data": ""}, "absent"),
        ("aike", {"status": 2, "resultCode": "902"}, "lot_offline"),
        ("aike", {"status": 1, "resultCode": 200, "data": {}}, "unknown_code"),
        ("keytop", {"resCode": "2001", "data": None}, "lot_offline"),
        ("hikvision", {"code": "200", "data": {}}, "unknown_code"),
        ("hikvision8700", {"data": {}}, "malformed"),
        ("jieshun", {"resultCode": "2"}, "absent"),
        ("jieshun", {"resultCode": 10.0, "dataItems": None}, "free"),
        ("jieshun", {"resultCode": 0, "dataItems": []}, "malformed"),
        ("pcloud", {"result_code": "1500", "message": "x"}, "system_error"),
        ("bolian", {"data": {"state": 0, "errmsg": "车场不在线"}}, "unknown_code"),
        ("bolian", {"data": {"state": "3"}}, "lot_offline"),
    ],
)
def test_code_of_another_type_means_the_same(name, body, wanted):
    assert outcome(name, body) == wanted


def test_code_of_zeros_is_zero():
    around, bill = usual("hikvision")
    assert outcome("hikvision", body_of("hikvision", around | {"code": "00000000"}, bill)) == "due 1250"
    assert outcome("hikvision", body_of("hikvision", around | {"code": ""}, bill)) == "malformed"


def test_answer_in_base64_is_read():
    body = json.dumps(body_of("bolian", *usual("bolian")), ensure_ascii=False)
    assert outcome("bolian", base64.b64encode(body.encode())) == "due 1250"


def test_charge_time_with_a_dot_is_refused():
    """A dot stands between it and the bill in our reference: the settlement would name another bill."""
    around, bill = usual("aike")
    assert outcome("aike", body_of("aike", around, bill | {"chargeDate": f"{TEXT}.0"})) == "bad_time"


@pytest.mark.parametrize("never", NONE)
def test_bill_never_paid_is_free(never):
    around, bill = usual("keytop")
    more = {"payable": 0, "payTime": never, "delayTime": 15}
    assert outcome("keytop", body_of("keytop", around, bill | more)) == "free"


def test_deadline_that_is_over_is_none():
    around, bill = usual("keytop")
    more = {"payable": 0, "payTime": TEXT, "delayTime": 15}
    answer = ask(
        REMOTE["keytop"](vendor_named("keytop").link(), Canned(body_of("keytop", around, bill | more)))
    )
    assert (answer.reason.value, answer.leave_by) == ("paid", None)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_time(form):
    moment = moment_of({"at": form}, "at", CHINA)
    assert moment.replace(microsecond=0) == CAME


@pytest.mark.parametrize("form", NONE)
def test_forms_of_no_time(form):
    assert moment_of({"at": form}, "at", CHINA) is None


@pytest.mark.parametrize(
    "form",
    [
        "20261301000000",
        "20260230000000",
        "2026-01-05",
        "09:30",
        "soon",
        "2026-01-05 25:00:00",
        "9" * 30,
        "-1",
        TEXT * 2,
    ],
)
def test_impossible_moment_is_refused(form):
    with pytest.raises(CallFault) as fault:
        moment_of({"at": form}, "at", CHINA)
    assert fault.value.code == "bad_time"


@pytest.mark.parametrize(
    "spelling", ["蓝沪A12345", "沪A12345蓝", "沪A12345蓝色", "沪A·12345", "沪A1**45", "沪A*****"]
)
def test_coloured_or_masked_plate_is_the_car(spelling):
    check_plate({"plate": spelling}, "plate", PLATE)


@pytest.mark.parametrize("other", ["蓝沪A12346", "沪A9**45", "沪A1*45", "蓝A12345蓝", "黑A12345", "苏A***45"])
def test_plate_of_another_car_is_refused(other):
    with pytest.raises(CallFault, match="needs_a_choice"):
        check_plate({"plate": other}, "plate", PLATE)


def test_lot_number_may_lose_its_zeros():
    check_lot({"lot": 10028888}, "lot", "0010028888")
    for other in ("10028888", 10028889):
        with pytest.raises(CallFault, match="lot_unknown"):
            check_lot({"lot": other}, "lot", "0010028888")


@pytest.mark.parametrize("text", ["12.50", "12.00", "1e3", "１２", "12.", "1 2", "0x10", "1" * 16])
def test_unclear_number_is_refused(text):
    with pytest.raises(CallFault):
        number_of({"n": text}, "n")


@pytest.mark.parametrize("value", ['"\\"\\\\\\"x\\\\\\"\\""', "[1", [1], 5, True, '"x"'])
def test_unclear_object_is_refused(value):
    for read in (part, first):
        with pytest.raises(CallFault):
            read(value)


def test_deep_text_is_refused():
    with pytest.raises(CallFault):
        part(json.dumps({"a": json.loads("[" * 20 + "]" * 20)}))
    with pytest.raises(CallFault):
        read_json(b"")
