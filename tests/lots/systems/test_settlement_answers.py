"""Answers to a payment as programs of each vendor may write them: counted, refused, or left to a person.

None comes from a simulator. A payment that may be counted is never called gone: it would be given back.
"""

import json
from typing import Any

import pytest
from django.utils.timezone import now

from lots.systems import REMOTE
from lots.systems.answer_reading import CallFault, check_counted
from lots.systems.fault_texts import MEANINGS
from lots.systems.parking_system import Accepted, NothingDue, PaidCharge, SessionGone, TryAgain
from lots.systems.vendor_refusals import says_no_car, says_paid
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_other_habits import Canned
from tests.lots.systems.test_tampered_answers import unsigned  # noqa: F401 - a fixture
from tests.lots.systems.test_vendors import ask

pytestmark = [pytest.mark.usefixtures("unsigned"), pytest.mark.servers]
REFERENCES = {"aike": "20260105093000.B1"}


def attributes(**values):
    return {"resultCode": 0, "dataItems": [{"attributes": values}]}


ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "aike": [
        ("accepted", {"status": 1, "resultCode": 0, "data": {"timeoutLength": 15}}),
        ("accepted", {"status": 1, "resultCode": 0, "data": "成功"}),
        ("accepted", {"status": 1}),
        ("accepted", {"status": 2, "resultCode": 907, "data": "已同步"}),
        ("not_confirmed", {"status": 1, "resultCode": 0, "data": {"code": 8, "msg": "失败"}}),
        ("not_confirmed", {"status": 1, "resultCode": 0, "data": False}),
        ("paid_already", {"status": 2, "resultCode": 906, "message": "账单已支付"}),
        ("paid_already", {"status": 2, "resultCode": 905, "message": "账单已缴费，车辆已离场"}),
        ("gone", {"status": 2, "resultCode": 905, "data": "车辆不在场", "message": {"text": "x"}}),
        ("system_error", {"status": 3, "resultCode": 907}),
        ("unknown_code", {"status": 1, "resultCode": 200, "data": {}}),
        ("malformed", {"resultCode": 0, "data": {}}),
    ],
    "keytop": [
        ("accepted", {"resCode": "0000", "data": "OK"}),
        ("not_confirmed", {"resCode": 0, "data": False}),
        ("paid_already", {"resCode": 1, "resMsg": "该订单已缴费"}),
        ("paid_already", {"resCode": "1", "resMsg": "重复通知"}),
        ("bill_refused", {"resCode": 1, "resMsg": "车辆已离场"}),
        ("bill_refused", {"resCode": 1, "resMsg": "金额不一致"}),
        ("lot_offline", {"resCode": 2001, "resMsg": "停车场离线"}),
        ("too_many", {"resCode": -1.0}),
        ("unknown_code", {"resCode": 200, "resMsg": "success"}),
        ("malformed", {"code": 0, "msg": "ok"}),
        ("malformed", {"resCode": None}),
    ],
    "hikvision": [
        ("accepted", {"code": "0x00000000", "msg": "success"}),
        ("accepted", {"code": 0.0, "data": "ok"}),
        ("not_confirmed", {"code": "0", "data": {"success": False}}),
        ("not_confirmed", {"code": "0", "data": {"errorCode": "0x1"}}),
        ("paid_already", {"code": "0x00072202", "msg": "账单已支付"}),
        ("unknown_code", {"code": "0x00072001", "msg": "no such bill"}),
        ("malformed", {"code": None, "msg": "success"}),
        ("malformed", {"code": False}),
    ],
    "hikvision8700": [
        ("accepted", {"errorCode": "0000", "data": "x"}),
        ("not_confirmed", {"errorCode": 0, "data": False}),
        ("paid_already", {"errorCode": 201, "errorMessage": "Bill has already been paid"}),
        ("unknown_code", {"errorCode": "0x10001", "errorMessage": None}),
        ("malformed", {"errorMessage": ""}),
        ("malformed", {"code": "0"}),
    ],
    "jieshun": [
        ("accepted", attributes(retCode="0")),
        ("accepted", attributes(retcode=0)),
        ("accepted", {"resultCode": "0", "dataItems": [{"retCode": 0}]}),
        ("accepted", {"resultCode": 0, "dataItems": [], "retCode": 0}),
        ("not_confirmed", {"resultCode": 0, "dataItems": []}),
        ("not_confirmed", attributes(retCode=None)),
        ("paid_already", attributes(retCode=2, retMsg="订单已支付")),
        ("paid_already", attributes(retCode=2233, retMsg="重复支付")),
        ("paid_already", {"resultCode": 9}),
        ("gone", attributes(retCode=2233)),
        ("gone", {"resultCode": "2233", "message": "订单不存在", "dataItems": "none"}),
        ("bad_request", {"resultCode": 2, "message": 5}),
        ("malformed", {"dataItems": [{"attributes": {"retCode": 0}}]}),
    ],
    "pcloud": [
        ("accepted", {"result_code": "1001", "sign": "X"}),
        ("paid_already", {"result_code": 1403, "message": "订单已支付", "sign": "X"}),
        ("paid_already", {"result_code": 1500, "message": "重复通知"}),
        ("gone", {"result_code": 1403, "message": "车辆已离场", "sign": "X"}),
        ("gone", {"result_code": 1403, "sign": "X"}),
        ("bill_refused", {"result_code": 1002, "sign": "X"}),
        ("unknown_code", {"result_code": 0, "sign": "X"}),
        ("malformed", {"code": 1001, "sign": "X"}),
    ],
    "bolian": [
        ("accepted", {"data": {"state": 1}}, {"data": {"state": 2, "order_id": "S1"}}),
        ("waiting_for_lot", {"state": "1"}, {"data": {"state": 1, "order_id": "S1"}}),
        ("not_confirmed", {"data": {"state": 0, "errmsg": "重复支付"}}, {"state": 1, "order_id": "S1"}),
        ("paid_already", {"data": {"state": 0, "errmsg": "重复支付"}}, {"state": 2, "order_id": "S1"}),
        ("paid_already", {"data": {"state": 2, "errmsg": "已预付"}}),
        (
            "paid_already",
            {"data": {"state": 0, "errmsg": "订单已支付"}},
            {"state": 0, "errmsg": "订单不存在"},
        ),
        ("gone", {"data": {"state": 0}}, {"data": {"state": 0, "errmsg": "订单不存在"}}),
        ("bill_refused", {"data": {"state": 0}}, {"data": {"state": 0}}),
        ("lot_offline", {"data": {"state": 3}}),
        ("malformed", {"data": {"state": True}}),
    ],
    "bolian_lot": [
        ("accepted", {"data": {"state": "1"}}),
        ("paid_already", {"data": {"state": 0, "errmsg": "重复支付"}}, {"state": 1, "order_id": "S1"}),
        ("gone", {"data": {"state": 0}}, {"data": {"state": 0, "errmsg": "车辆已离场"}}),
        ("bill_refused", {"data": {"state": 0}}, {"data": {"state": 0}}),
    ],
    "generic": [
        ("accepted", {"result": "accepted", "leave_by": "soon"}),
        ("gone", {"result": "stay_gone"}),
        ("busy", {"result": "try_again"}),
        ("unknown_code", {"result": "already_paid"}),
        ("malformed", {"result": True}),
    ],
}
CASES = [(name, *case) for name, cases in ANSWERS.items() for case in cases]


class InTurn(Canned):
    """Answers the first call with one body, and what is asked after it with another."""

    def __init__(self, first, then):
        super().__init__(first)
        self.then = Canned(then)

    def send(self, *request):
        reply = super().send(*request)
        if b'"errorCode": 0, "data": "u"' not in reply.body and b'"token"' not in reply.body:
            self.body = self.then.body
        return reply


def outcome(name, body, then=None):
    """Return what the system makes of an answer to a payment: "accepted", "gone", or the fault."""
    system = REMOTE[name.removesuffix("_lot")](
        vendor_named(name).link(), InTurn(body, body if then is None else then)
    )
    paid = PaidCharge(REFERENCES.get(name, "R1"), "S1", "N" * 26, 1250, now(), "wechat")
    match system.settle(paid):
        case Accepted():
            return "accepted"
        case SessionGone():
            return "gone"
        case TryAgain(fault=fault):
            assert fault in MEANINGS
            return fault


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_answer_to_payment_means_this(case):
    name, wanted, *bodies = case
    assert outcome(name, *bodies) == wanted


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - {"generic", "bolian"}))
def test_spelling_of_acceptance_is_read(name):
    body = json.dumps(ANSWERS[name][0][1] | {"hint": "操作成功"}, ensure_ascii=False)
    spellings = [b"\xef\xbb\xbf" + body.encode(), body.encode("gbk"), json.dumps(body).encode()]
    assert {outcome(name, each) for each in spellings} == {"accepted"}
    assert outcome(name, "<html>已支付 操作成功</html>".encode("gbk")) == "malformed"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("keytop", {"resCode": 1, "resMsg": "未查询到车辆停车信息"}),
        ("hikvision", {"code": "0x02401003", "msg": "该车辆不在场"}),
        ("hikvision8700", {"errorCode": 201, "errorMessage": "vehicle not found"}),
    ],
)
def test_absent_car_in_words_is_absent(name, body):
    system = REMOTE[name](vendor_named(name).link(), Canned(body))
    answer = ask(system)
    assert isinstance(answer, NothingDue)
    assert answer.reason.value == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "无权限查询车辆",
        "没有权限",
        "车场不存在",
        "设备不在线",
        "未知错误",
        "车场未授权查询车牌",
        "no permission for this car",
        "",
    ],
)
def test_other_refusals_are_no_absent_car(text):
    assert not says_no_car(text)


@pytest.mark.parametrize(
    "text", ["未支付", "订单不存在", "支付失败", "unpaid", "not paid yet", "金额不一致", ""]
)
def test_other_refusals_are_not_paid(text):
    assert not says_paid(text)


@pytest.mark.parametrize(
    "data", [False, {"success": False}, {"code": "8"}, [{"retCode": 1}], '{"resCode": 5}']
)
def test_acceptance_taken_back_is_none(data):
    with pytest.raises(CallFault, match="not_confirmed"):
        check_counted(data)
    for fine in (None, "", True, "OK", {}, [], {"code": "0", "success": True}, {"retCode": None}, 7):
        check_counted(fine)
