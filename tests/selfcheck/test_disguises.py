"""Disguises by kind: a packed plate, what an interface tells, what can be pressed, what covers the page."""

import base64
import gzip
import json
import zlib
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from selfcheck import answer_wording, covers, judging_way, offer_wording, page_controls, prompt_wording
from selfcheck.answer_data import disclosures, plates_of_others
from selfcheck.breaches import Context
from selfcheck.browser import note_download
from selfcheck.canary import Canary, pieces_sent
from selfcheck.choosing import Ranks
from selfcheck.coverage import not_tested
from selfcheck.fee_look_up import says_more
from selfcheck.fee_payment import Paying
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.judging_way import ticked_for_unknown, waits_for_terms
from selfcheck.page_controls import billed, leads_elsewhere
from selfcheck.proxy import Exchange
from selfcheck.recorder import Recorder
from selfcheck.request_data import (
    amount_in,
    holds_series,
    identity_in,
    packed_in,
    text_of,
    unreadable_in,
    worker_paints,
)
from selfcheck.visit import BrowserCall, Field, Overlay, PageControl, Phase, Picture, Request, Screen, Visit

PLATE = "沪Q7K319"
HERE = "https://pay.example.cn/p/1"


def rules_on(*, phase=Phase.ARRIVE, visit=None, **parts):
    """Return the rules that one screen with these parts, or this change of the visit, breaches."""
    made = _visited(phase, visit, parts)
    return {finding.rule for finding in findings(made, Context(Lists(), "pure"))}


def left_to_a_person(rule, *, phase=Phase.ARRIVE, visit=None, **parts):
    """Return whether such a visit breaks the rule in nothing that is known, and a person has to look."""
    made, context = _visited(phase, visit, parts), Context(Lists(), "pure")
    accused = rule in {finding.rule for finding in findings(made, context)}
    return not accused and "由人" in not_tested(rule, [made], context)


def _visited(phase, visit, parts):
    screen = Screen(HERE, "", "", phase=phase, **parts)
    made = Visit("plain", scripts=True, start=HERE, url=HERE, status=200, typed_by="field", screens=[screen])
    made.did.add("looked up")
    return replace(made, **(visit or {}))


@pytest.mark.parametrize(
    "text",
    [
        "/%E6%B2%AA/Q/7/K/3/1/9.gif",
        json.dumps(list(PLATE), ensure_ascii=False),
        "".join(f"{ord(sign):04x}" for sign in PLATE),
        PLATE.encode("utf-16-le").hex(),
        json.dumps([ord(sign) for sign in PLATE]),
        "/v1/" + "/".join(f"{ord(sign):x}" for sign in PLATE) + "/p.gif",
        "-".join(map(str, PLATE.encode())),
    ],
)
def test_plate_in_parts_is_found(text):
    assert Canary(PLATE).forms_in(text)


NUMBER = int.from_bytes(PLATE.encode())


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"/1.gif?k={NUMBER}", "one number"),
        (f"/1.gif?k={NUMBER:x}", "hex"),
        ("/1.gif?k=oy48v0vo0f4xfd", "one number"),
        ("#/fee?r=沪D7X319", "shifted letters"),
        ("/b.png?r=%E6%B2%AAr7l319", "shifted letters"),
    ],
)
def test_plate_counted_or_shifted_is_found(text, form):
    assert form in Canary(PLATE).forms_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "k=6caa-51-37-4b-33-31-39",
        "k=6CAA%2C51%2C37%2C4B%2C33%2C31%2C39",
        '"[27818,81,55,75,51,49,57]"',
        '"e6 b2 aa 51 37 4b 33 31 39"',
        f"n={NUMBER}",
        "/lgq/29/1j/23/1f/1d/1l/",
    ],
)
def test_plate_in_numbers_is_scrubbed(text):
    left = Canary(PLATE).scrubbed(f"a=1&{text}&b=2")
    assert "〈plate〉" in left
    assert not Canary(PLATE).forms_in(left)


def test_other_numbers_are_kept():
    text = "[27818,81,55,75,51,49,58] 6caa-51-37-4b-33-31-3a"
    assert Canary(PLATE).scrubbed(text) == text


@pytest.mark.parametrize(
    ("texts", "sent"),
    [
        (['{"p":"沪Q"}', '{"p":"7K3"}', '{"p":"19"}'], True),
        (['{"a":"沪","b":"Q","c":"7k319"}'], True),
        (["/a?a=Q7K", "/a?b=319"], True),
        (["/a?n=7k3", "/b?x=19"], False),
        (["19", "7k3", "q"], False),
        ([], False),
    ],
)
def test_plate_in_pieces_is_found(texts, sent):
    assert pieces_sent(Canary(PLATE), texts) is sent


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda raw: zlib.compress(raw)[2:-4]])
def test_packed_body_is_read(pack):
    body = pack(f"plate {PLATE} end".encode())
    assert PLATE in text_of(Exchange(0, "POST", HERE, [], body=body))


@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, bytes.hex])
@pytest.mark.parametrize(
    "pack",
    # the time in it decides whether there is a plus in base64
    [partial(gzip.compress, mtime=0), partial(gzip.compress, mtime=0x6B16888F), zlib.compress],
)
def test_packed_address_is_read(write, pack):
    word = write(pack(json.dumps({"c": PLATE}).encode()))
    word = word if isinstance(word, str) else word.decode()
    assert Canary(PLATE).forms_in(packed_in(f"https://s.other.cn/i/{word.rstrip('=')}.gif"))
    assert Canary(PLATE).forms_in(packed_in(f"https://s.other.cn/i?d={quote(word)}&t=1"))


@pytest.mark.parametrize("body", [b"", b"\x1f\x8b\x08broken-gzip-stream", b"\x78\x9c" + b"\xff" * 40])
def test_broken_packing_is_left_alone(body):
    assert isinstance(text_of(Exchange(0, "POST", HERE, [], body=body)), str)


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("[1203.5,1220,1300,1400,1500,1600,1700,1800]", True),
        ('[["keydown",1203],["keyup",1220],["k",1300],["k",1400],["k",1500],[1600],[1700],[1800]]', True),
        ("plate=x&amount=800&lot=12345", False),
        ("[1203,1220,1300,1400,1500]", True),
        ("5,10,15,20", False),
        ("9 8 7 6 5 4 3 2 1", False),
        ("", False),
    ],
)  # fmt: skip
def test_growing_numbers_are_a_series(text, series):
    assert holds_series(text) is series


def answered(body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer_headers = [("Content-Type", "application/json")]
    return {
        kind
        for kind, _ in disclosures(Exchange(0, "POST", HERE, [], answer=raw, answer_headers=answer_headers))
    }


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ({"data": {"entryTime": "2026-11-27 08:12:33"}}, {"入场时间"}),
        ({"inTime": 1796000000000}, {"入场时间"}),
        ({"rows": [{"inImage": "/snap/1.jpg"}]}, {"照片"}),
        ({"ownerPhone": "138****1234"}, {"车主", "手机号"}),
        ({"berth": "B2-118"}, {"位置"}),
        ({"lastVisitTime": "11-20"}, {"历史"}),
        ({"amount": 800, "minutes": 80, "payee": "上海测试停车管理有限公司"}, set()),
        ({"servicePhone": "13800000000", "logoImage": "/logo.png", "freeSpaces": 118}, set()),
        ({"entryTime": "", "photo": None, "phone": ""}, set()),
        (b"[" * 100000, set()),
        (b"not json", set()),
    ],
)
def test_disclosing_data_is_named(body, kinds):
    assert answered(body) == kinds


CARS = ["沪A3K812", "沪B72Q09", "苏E8H31P", "沪AD31726", "浙F20K77"]


@pytest.mark.parametrize(
    ("script", "photo"),
    [
        ("d.style.backgroundImage='url(/a.png?v=2)'", False),
        ("var carPic='/snap/1.jpg'", True),
        ("tick.src = '/static/ok.png'", False),
        ("new Image().src='/capture/8812.jpg'", True),
        ("var stay={src:'/f/8812.jpg'}", True),
    ],
)
def test_background_in_a_script_is_no_photo(script, photo):
    page = f"<p>¥8.00</p><script>{script}</script>".encode()
    answer = Exchange(0, "POST", HERE, [], answer_headers=[("content-type", "text/html")], answer=page)
    assert bool(disclosures(answer)) is photo


@pytest.mark.parametrize("more", [[], [PLATE]])
@pytest.mark.parametrize(
    "encode",
    [
        lambda plates: ",".join(plates).encode(),
        lambda plates: ",".join(plates).encode("gb18030"),
        lambda plates: json.dumps(plates).encode(),
        lambda plates: base64.b64encode(quote(",".join(plates)).encode()),
    ],
)
def test_plates_of_others_are_counted(encode, more):
    def found(plates):
        answer_headers = [("Content-Type", "text/plain")]
        exchange = Exchange(0, "GET", HERE, [], answer=encode(plates), answer_headers=answer_headers)
        return plates_of_others(exchange, PLATE)

    assert found([*CARS, *more]) == 5
    assert found(["沪A12345", "沪AD12345", "沪A3K***", *CARS[:2], *more]) == 0  # examples, masked ones


@pytest.mark.parametrize(
    ("label", "known"),
    [("味道餐厅 消费减免 ¥5.00", True), ("信用卡减免 5 元", False), ("会员减免 ¥5.00", False)],
)
def test_relief_of_a_shop_is_known(label, known):
    assert page_controls.granted(label) is known


@pytest.mark.parametrize(
    ("others", "breached"),
    [([], True), ([Field("input", "text", "t", "发票抬头", "", True, False, False)], False)],
)
def test_phone_number_on_the_receipt_breaches(others, breached):
    asked = Field("input", "tel", "", "手机 / 微信号", "", visible=True, ticked=False, plate=False)
    receipt = Screen(HERE, "", "缴费成功", fields=(asked, *others))
    assert ("P3" in rules_on(visit={"afterwards": [receipt]})) is breached


def test_relief_of_a_shop_is_no_question():
    row = Field("input", "radio", "c", "味道餐厅 消费减免 ¥5.00", "", visible=True, ticked=False, plate=False)
    assert not left_to_a_person("P3", phase=Phase.SUBMIT, fields=(row,))


@pytest.mark.parametrize(
    ("text", "asks"),
    [("加管家后道闸才抬起", True), ("无需加管家后道闸也抬起", False), ("增加管家后更方便", False)],
)
def test_adding_a_guide_is_a_prompt(text, asks):
    assert ("加好友" in prompt_wording.prompts_in(text)) is asks


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("砸金蛋", True),
        ("直播中", True),
        ("去看看", True),
        ("查询停车费", False),
        ("长辈版（大字）", False),
        ("呼叫值班员", False),
        ("無障礙說明", False),
        ("English", False),
        ("×", False),
        ("A1", False),
        ("不是这辆车", False),
        ("填错了，重新输", False),
        ("租辆车", True),
    ],
)
def test_what_leads_elsewhere_is_recognised(text, elsewhere):
    assert leads_elsewhere(text) is elsewhere
    control = PageControl(text, "https://pay.example.cn/x", False, False, 900, False)
    found = "P5a" in rules_on(controls=(control,)) or left_to_a_person("P5a", controls=(control,))
    assert found is elsewhere


@pytest.mark.parametrize(
    "text",
    [
        "白色 特斯拉 Model 3",
        "您上次光临是 11 月 3 日",
        "爱车在 3 层东区立柱 C12 附近",
        "从 2 号门进入",
        "08:12 您已到达",
        "今早 7 点 31 分驶入",
        "经地面岗亭入场",
        "昨晚进场",
        "相机：南门-2，置信度 98%",
        "车道：进口 1",
        "本月到访 6 次，共停放 86 小时",
    ],
)
def test_answer_about_the_car_is_recognised(text):
    assert answer_wording.tells_besides(text, "")
    assert answer_wording.tells_besides(text, text) == ""  # the first page shows it too


@pytest.mark.parametrize(
    "text",
    [
        "请在 10:15 前支付",
        "停车 1 小时 52 分，按 2 小时计",
        "计费截至 2026-11-27 10:02",
        "22:00 后入场按夜间价",
        "营业时间 06:00–24:00",
        "首小时 8 元，之后每小时 6 元",
        "客服 021-5555 0100",
        "B2 层车位已满",
        "共 1 笔订单",
        "晚上 22 点后入场按次收费",
        "入场后 15 分钟内免费",
        "金额保留 04:59",
        "缴费后请走出口 2 号车道",
        "蓝牌（小型车）",
        "车辆在 15 分钟免费时长内，请直接离场",
        "您的车在免费时段 30 分钟内",
    ],
)
def test_answer_about_the_fee_is_harmless(text):
    assert answer_wording.tells_besides(text, "") == ""


def test_running_clock_is_no_entry_time():
    texts = ["入场 07:31\n请在 14:59 内支付", "入场 07:31\n请在 14:57 内支付", "查询停车费"]
    assert answer_wording.ticking(texts) == {"14:59", "14:57"}
    texts = ["入场 07:31\n入场 09:12\n余 14:59", "入场 07:31\n入场 09:12\n余 14:50\n支付未完成"]
    assert answer_wording.ticking(texts) == {"14:59", "14:50"}


def test_identity_in_address_or_header_is_found():
    assert identity_in(Exchange(0, "GET", HERE + "?lot=1&openid=o1", [])) == "openid"
    assert identity_in(Exchange(0, "GET", HERE, [("X-Device-Id", "d1")])) == "Device_Id"
    assert identity_in(Exchange(0, "GET", HERE + "?lot=1&openid=", [("X-Requested-With", "a")])) == ""


FORM_DATA = '--x\r\nContent-Disposition: form-data; name="openid"\r\n\r\no1\r\n--x--'


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("application/json", '{"plate":"x","ext":{"deviceId":"d1"}}', "deviceId"),
        ("application/json", '{"plate":"x","phone":"","openid":null}', ""),
        ("application/x-www-form-urlencoded", "plate=x&unionid=o1", "unionid"),
        ("multipart/form-data; boundary=x", FORM_DATA, "openid"),
        ("text/plain", "{broken", ""),
    ],
)
def test_identity_in_request_is_found(kind, body, name):
    exchange = Exchange(0, "POST", HERE, [("Content-Type", kind)], body=body.encode())
    assert identity_in(exchange) == name


@pytest.mark.parametrize(("phase", "breached"), [(Phase.SUBMIT, True), (Phase.PAY, False)])
def test_identity_before_paying_breaches_p3(phase, breached):
    request = Request(phase, "POST", HERE, "fetch", third=False, identity="openid")
    assert ("P3" in rules_on(visit={"requests": [request]})) is breached


def test_fingerprint_in_worker_is_recognised():
    assert worker_paints(b"let c=new OffscreenCanvas(9,9);\nc.convertToBlob()")
    assert not worker_paints(b"onmessage=e=>postMessage(e.data)")


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("addContact", "P5a"), ("miniProgram.redirectTo", "P1"), ("startApp", "P1"), ("geoLocation", "P9a"),
        ("getBrandWCPayRequest", ""), ("hideOptionMenu", ""), ("setTitle", ""), ("miniProgram.getEnv", ""),
    ],
)  # fmt: skip
def test_app_is_asked_for_payment_only(call, rule):
    found = rules_on(visit={"calls": [BrowserCall(Phase.ARRIVE, call, "", "", app=True)]})
    assert found & {"P1", "P4a", "P5a", "P5d", "P9a"} == ({rule} if rule else set())


def test_calls_of_scripts_are_not_the_apps():
    assert "P9a" not in rules_on(visit={"calls": [BrowserCall(Phase.ARRIVE, "anything", "")]})


def test_unseen_layer_is_a_trap():
    layer = Overlay("", 80, 0, trap="https://pay.example.cn/coupon")
    assert "P5c" in rules_on(overlays=(layer,))
    assert "P5c" not in rules_on(overlays=(replace(layer, trap=""),))  # a mask while the page waits


@pytest.mark.parametrize(("text", "stray"), [("精彩内容 5s", True), ("请核对车牌 应付 ¥8.00", False)])
def test_stray_cover_after_looking_up_is_one(text, stray):
    assert ("P5c" in rules_on(phase=Phase.SUBMIT, overlays=(Overlay(text, 90, 0),))) is stray


def test_label_of_a_field_may_prompt():
    field = Field("input", "text", "plate", "先关注公众号，再输入车牌", "", True, False, True)
    assert "P5a" in rules_on(fields=(field,))
    assert "P5a" not in rules_on(fields=(replace(field, label="请输入车牌号"),))


@pytest.mark.parametrize(
    ("label", "rule"), [("同意接收优惠短信", True), ("不同意", False), ("微信支付", False)]
)
def test_chosen_radio_of_consent_is_ticked(label, rule):
    field = Field("input", "radio", "ad", label, "", True, True, False)
    assert ("P5b" in rules_on(fields=(field,))) is rule


def test_other_transport_is_a_third_party():
    assert "P6" in rules_on(
        visit={"calls": [BrowserCall(Phase.ARRIVE, "transport", "", "https://q.other.cn:4433/t")]}
    )
    assert "P6" not in rules_on(
        visit={"calls": [BrowserCall(Phase.ARRIVE, "transport", "", "https://pay.example.cn/t")]}
    )


def test_rhythm_of_keys_is_recorded():
    sent = Request(Phase.SUBMIT, "POST", HERE, "document", third=False, series=True)
    keys = BrowserCall(Phase.ARRIVE, "keys", "", "keydown")
    assert "P9b" in rules_on(visit={"calls": [keys], "requests": [sent]})
    assert "P9b" not in rules_on(visit={"requests": [sent]})


def test_page_that_traps_back_breaches():
    assert "P5c" in rules_on(visit={"traps_back": True})


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("一楼新开火锅店，凭停车小票享 8 折，欢迎品尝", True),
        ("新车上市，预约试驾", True),
        ("本店不做任何促销", False),
        ("酒店客人请到前台登记", False),
        ("商场营业至 22:00", False),
    ],
)
def test_offer_of_goods_is_an_advertisement(text, offers):
    assert bool(offer_wording.advertised(text)) is offers


def screens(*rows):
    """Return a visit's screens before and after the look-up, each with one field."""
    return {"screens": [Screen(HERE, "", "", (row,), phase=phase) for phase, row in rows]}


@pytest.mark.parametrize(("name", "doubted"), [("rcv", True), ("plate", False)])
def test_lone_answer_field_is_no_plate(name, doubted):
    plate = Field("input", "text", "plate", "", "", True, False, True)
    visit = screens((Phase.ARRIVE, plate), (Phase.SUBMIT, replace(plate, name=name)))
    assert left_to_a_person("P3", visit=visit) is doubted


@pytest.mark.parametrize(
    "text", ["车牌号：沪 A B C", " ".join("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋"), "积分商城"]
)
def test_painted_page_lacks_no_form(text):
    canvas = Picture("", "canvas", text, acts=True)
    visit = {"screens": [Screen(HERE, "", "", pictures=(canvas,))], "typed_by": "", "did": {"scrolled"}}
    assert "P1" not in rules_on(visit=visit)
    assert ("P12d" in rules_on(visit=visit)) is (text == "积分商城")


ODD = PageControl("看看要付多少", "", third=False, picture=False, area=9, ad=False)


@pytest.mark.parametrize(
    ("control", "did", "breached"),
    [
        (ODD, {"looked up"}, False),
        (ODD, set(), False),
        (replace(ODD, text="拆惊喜"), {"looked up"}, True),
        (replace(ODD, key=True), {"looked up"}, False),
        (replace(ODD, text="领券中心"), set(), True),
        (replace(ODD, text="积分商城", key=True), set(), True),
        (replace(ODD, third=True, href="https://other.example/x"), set(), True),
    ],
)
def test_unexplained_button_accuses_nobody(control, did, breached):
    assert ("P5a" in rules_on(controls=(control,), visit={"did": did})) is breached
    doubted = control == ODD and bool(did)
    assert left_to_a_person("P5a", controls=(control,), visit={"did": did}) is doubted


@pytest.mark.parametrize(
    ("text", "controls", "breached"),
    [
        ("车牌\n点击输入", (), False),
        ("沪 · · · · ·", (), False),
        ("欢迎使用智慧停车", (), False),
        ("车牌\n点击输入", (replace(ODD, text="立即注册"),), True),
    ],
)
def test_plate_without_field_accuses_nobody(text, controls, breached):
    visit = {"screens": [Screen(HERE, "", text, controls=controls)], "typed_by": "", "did": {"scrolled"}}
    assert ("P1" in rules_on(visit=visit)) is breached


@pytest.mark.parametrize(
    ("main", "typed_by", "plate", "breached"),
    [
        (True, "keys", "body:part", False),
        (True, "field", "body:part", True),
        (False, "keys", "body:part", True),
        (True, "keys", "url:part", True),
    ],
)
def test_key_that_loads_page_is_typing(main, typed_by, plate, breached):
    sent = Request(Phase.TYPE, "POST", HERE, "document", third=False, plate=(plate,), main=main)
    assert ("P8c" in rules_on(visit={"requests": [sent], "typed_by": typed_by})) is breached


@pytest.mark.parametrize(
    ("label", "breached"), [("确认支付 ¥8.00", False), ("合计 ¥10.90 确认支付", True), ("确认支付", False)]
)
def test_amount_that_grew_is_found(label, breached):
    answer = Screen(HERE, "", "应付 ¥8.00", phase=Phase.SUBMIT)
    sheet = Screen(HERE, "", label, controls=(replace(ODD, text=label),), phase=Phase.PAY)
    assert ("P12e" in rules_on(visit={"screens": [answer, sheet], "fee": True})) is breached


@pytest.mark.parametrize(
    ("bill", "cashier", "breached"),
    [
        ("应付 ¥8.00", "应付\n¥8.00", False),
        ("应付 ¥8.00", "应付\n¥9.50", True),
        ("本次 ¥8.00\n上次 ¥5.00", "合计\n¥13.00", False),
        ("应付 ¥8.00", "缴费满 100.00 元，可在服务台开具纸质发票", False),
    ],
)
def test_own_cashier_asks_for_the_fee(bill, cashier, breached):
    answer = Screen(HERE, "", bill, phase=Phase.SUBMIT)
    sheet = Screen(HERE, "", cashier, controls=(replace(ODD, text="立即支付"),), phase=Phase.PAY)
    assert ("P12e" in rules_on(visit={"screens": [answer, sheet], "fee": True})) is breached


@pytest.mark.parametrize(
    ("cashier", "breached"),
    [("嘉定影剧院\n¥8.00", False), ("嘉定影剧院\n¥9.00\n爱心礼包\n¥1.00", True)],
)
def test_payee_beside_the_amount_is_no_row(cashier, breached):
    bill = Screen(HERE, "", "停车费\n¥8.00", phase=Phase.SUBMIT)
    shown = Screen(HERE, "", cashier, phase=Phase.PAY, moment="pay")
    assert ("P12d" in rules_on(visit={"screens": [bill, shown], "fee": True})) is breached


@pytest.mark.parametrize(("host", "breached"), [("cashier.lakala.com", False), ("x.other.cn", True)])
def test_cashier_left_open_is_no_cover(host, breached):
    cover = Overlay("收银台", 100, 0, modal=True, frame=f"https://{host}/h5")
    screen = Screen(HERE, "", "", overlays=(cover,), phase=Phase.SUBMIT, moment="cancelled")
    assert ("P5c" in rules_on(visit={"screens": [screen]})) is breached


@pytest.mark.parametrize(
    ("autocomplete", "breached"), [("tel", True), ("off", False), ("section-a email", True)]
)
def test_autofilled_field_out_of_sight_breaches_p3(autocomplete, breached):
    field = Field("input", "text", "t", "", autocomplete, False, False, False, lurks=True)
    assert ("P3" in rules_on(fields=(field,))) is breached


@pytest.mark.parametrize(("by", "breached"), [(HERE, True), ("https://cashier.lakala.com/a.js", False)])
def test_page_asks_nothing_when_paying(by, breached):
    calls = {"calls": [BrowserCall(Phase.PAY, "notification", by)], "cashier": "cashier.lakala.com"}
    assert ("P9a" in rules_on(visit=calls)) is breached


def test_form_without_tls_breaches_p10a():
    assert "P10a" in rules_on(clear=("http://pay.example.cn/p/1",))


@pytest.mark.parametrize(
    ("texts", "breached"),
    [
        (("储值余额付 ¥6.40", "微信付 ¥8.00"), True),
        (("会员付 ¥5.00", "支付 ¥8.00"), True),
        (("会员付 ¥5.00", "非会员付 ¥8.00"), True),
        (("支付 ¥5.00", "支付 ¥8.00"), False),  # two bills
        (("补缴上次 ¥5.00", "支付本次 ¥8.00"), False),
    ],
)
def test_price_by_way_of_paying_breaches_p12e(texts, breached):
    controls = tuple(PageControl(text, "", False, False, 1, False) for text in texts)
    assert ("P12e" in rules_on(phase=Phase.SUBMIT, controls=controls)) is breached


def test_incomplete_plate_in_base64_is_found():
    packed = base64.b64encode("沪Q7K31".encode()).decode()
    assert Canary(PLATE).part_in(packed)
    assert not Canary(PLATE).part_in(base64.b64encode(b"heartbeat 12").decode())


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("plate=浙EF7570", False),  # an ordinary plate, asked for before the eighth sign
        ("plate=浙ef7570", False),
        ("plate=浙EF757", True),
        ("plate=%E6%B5%99EF75", True),
        ("plate=浙EF7570&keys=浙EF757", True),
    ],
)
def test_ordinary_beginning_is_no_part(sent, found):
    assert Canary("浙EF75702").part_in(sent) is found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("洗车券 1 张 ¥5.00", True),
        ("出行保障服务（已为您添加） ¥1.00", True),
        ("爱心捐赠（凑整）￥2.00", True),
        ("驾乘意外保障 3.00", True),
        ("停车费 ¥8.00", False),
        ("停放时长 1.50", False),
        ("会员日减免 -¥2.00", False),
        ("上海虹桥站停车场 ¥8.00", False),
        ("充电占位费 ¥3.00", False),
        ("应付合计 ¥13.00", False),
        ("微信支付 ¥8.00", False),
        ("优惠金额 0.00元", False),
        ("停车费6.00 通道养护 1.50", True),
        ("停车费6.00 充电费 1.50", False),
    ],
)
def test_bill_holds_parking_only(row, found):
    assert bool(billed(row)) is found


@pytest.mark.parametrize(
    ("kind", "label", "ticked", "rule"),
    [
        ("radio", "停车费＋出行无忧险 ¥9.00", True, "P5b"),
        ("radio", "微信支付", True, ""),
        ("checkbox", "我已阅读并同意《用户协议》《会员章程》", False, "P3"),
        ("checkbox", "我已阅读收费标准", False, ""),
    ],
)
def test_choice_binds_to_nothing(kind, label, ticked, rule):
    field = Field("input", kind, "", label, "", True, ticked, False)
    assert rules_on(fields=(field,)) & {"P3", "P5b"} == ({rule} if rule else set())


TO_CASHIER = "https://openapi.alipay.com/gateway.do?biz_content="


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        (TO_CASHIER + "%7B%22total_amount%22%3A%229.90%22%7D", "9.90"),
        (TO_CASHIER + "1&totalFee=990", "990"),
        (TO_CASHIER + "1&amountType=2", ""),
    ],
)
def test_amount_for_the_cashier_is_read(text, amount):
    assert amount_in(Exchange(0, "GET", text, [])) == amount


@pytest.mark.parametrize(
    ("amount", "breached"), [("9.90", True), ("8.00", False), ("800", False), ("", False)]
)
def test_cashier_is_asked_for_the_shown_amount(amount, breached):
    request = Request(Phase.PAY, "POST", TO_CASHIER, "document", True, main=True, amount=amount)
    fee = Screen(HERE, "", "应付 8.00 元", phase=Phase.SUBMIT)
    visit = {"screens": [fee], "requests": [request], "fee": True, "cashier": "openapi.alipay.com"}
    assert ("P12e" in rules_on(visit=visit)) is breached


@pytest.mark.parametrize(
    ("url", "text", "noted"),
    [
        (HERE + "/houses", "江景现房 首付 18 万起", True),
        (HERE + "/live", "主播正在讲解\n今晚福利价 39 元\n进入直播间", True),
        (HERE + "/pay", "支付遇到问题？重新支付 ¥8.00", False),
        (HERE + "/pay", "正在跳转", False),
        (HERE + "/order", "正在打开收银台，应付停车费 8 元", False),
        (TO_CASHIER, "收银台", False),
    ],
)
def test_window_beside_the_cashier_is_a_breach(url, text, noted):
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, status=200)
    Recorder(visit, Canary(PLATE)).note_window(url, text)
    assert bool(visit.popups) is noted


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("送您积分俱乐部名额一个，确定领取并入会？", True),
        ("确认支付停车费 8 元？", False),
        ("网络错误，请重试", False),
    ],
)
def test_strange_dialog_after_pay_is_told_apart(text, strange):
    assert covers.strange(text) is strange


@pytest.mark.parametrize(
    ("text", "breached"), [("换机油，到二楼，老板亲自送机滤", True), ("请核对车牌，应付停车费八元", False)]
)
def test_spoken_advertisement_is_found(text, breached):
    assert (
        "P12d" in rules_on(visit={"calls": [BrowserCall(Phase.SUBMIT, "spoken", HERE, text)]})
    ) is breached


@pytest.mark.parametrize(
    ("text", "breached"), [("急用钱？当天放款，月息低至 6 厘", True), ("本停车场 15 分钟内免费", False)]
)
def test_moving_text_is_judged_as_a_poster(text, breached):
    assert ("P12d" in rules_on(pictures=(Picture(text, "moving text"),))) is breached


RAW = {"href": "", "submit": False, "above": False, "near": False, "key": False}


def test_button_that_explains_looks_nothing_up():
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, status=200)
    rank = Ranks(Recorder(visit, Canary(PLATE))).look_up
    assert rank(RAW | {"text": "获取费用", "near": True}) > rank(RAW | {"text": "查看价目牌"})
    assert rank(RAW | {"text": "查询"}) > rank(RAW | {"text": "清空", "near": True})
    assert rank(RAW | {"text": "查询"}) > rank(RAW | {"text": "完成", "key": True})
    assert rank(RAW | {"text": "Look up the parking charge", "submit": True}) >= 20


CONTEXT = Context(Lists(), "pure")
SEALED = b'{"d":"q83VxN0mKZ4vR7yTfW1bLg=="}'


def test_unreadable_data_leaves_plate_open():
    url = "https://t.example.net/v"
    assert unreadable_in(Exchange(0, "POST", url, [], body=SEALED))
    assert not unreadable_in(Exchange(0, "POST", url, [], body=b'{"event":"fee shown"}'))
    beacon = Request(Phase.SUBMIT, "POST", url, "beacon", third=True, unreadable=True)
    frame = Request(Phase.ARRIVE, "GET", url, "document", third=True)
    for request in (beacon, frame):
        visit = Visit("plain", scripts=True, start=HERE, url=HERE, requests=[request])
        assert "t.example.net" in not_tested("P8b", [visit], CONTEXT)
    read = Visit("plain", scripts=True, start=HERE, requests=[replace(beacon, unreadable=False)])
    assert "读不出" not in not_tested("P8b", [read], CONTEXT)


def test_unknown_cashier_in_frame_accuses_nobody():
    url = "https://cashier.acquirer.example/h5"
    visit = Visit("plain", scripts=True, start=HERE, url=HERE)
    visit.requests.append(Request(Phase.PAY, "GET", url, "document", third=True))
    frame = PageControl("", url, third=True, picture=False, area=9000, ad=False, frame=True)
    framed, recorder = Screen(HERE, "", "收银台", controls=(frame,)), Recorder(visit, Canary(PLATE))
    known = SimpleNamespace(visit=visit, page=SimpleNamespace(url=HERE), recorder=recorder)
    assert "P6" in {finding.rule for finding in findings(visit, CONTEXT)}
    Paying._note_waylaid(known, framed, None)
    assert visit.cashier_unknown == "cashier.acquirer.example"
    assert "P6" not in {finding.rule for finding in findings(visit, CONTEXT)}


def test_words_of_waiting_are_no_answer():
    shown = Screen(HERE, "", "车牌\n加载中...")
    assert not says_more(shown, "车牌")
    assert says_more(replace(shown, text="车牌\n加载中...\n应付 ¥12.00"), "车牌")


def test_own_car_of_several_is_chosen():
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, status=200)
    rank = Ranks(Recorder(visit, Canary(PLATE))).which_car
    labels = ("沪Q7K318 · B1", "沪Q***19 · B2", "沪Q·7K319 黄牌", "支付 沪Q7K319", "查询")
    ranks = [rank(RAW | {"text": label}) for label in labels]
    assert ranks == [0, 4, 7, 0, 0]
    box = PageControl("沪Q7K31 车牌号码", "", third=False, picture=False, area=900, ad=False)
    visit.screens.append(Screen(HERE, "", "车牌号码", controls=(box,), phase=Phase.TYPE))
    assert rank(RAW | {"text": "沪Q7K319 车牌号码"}) == 0  # where the plate was typed


def test_file_given_by_pay_is_not_unasked():
    visit = Visit("plain", scripts=True, start=HERE, url=HERE)
    recorder = Recorder(visit, Canary(PLATE), phase=Phase.PAY)
    note_download(SimpleNamespace(url=f"{HERE}/d.apk"), recorder)
    assert not visit.downloads
    assert visit.waylaid == f"下载文件 {HERE}/d.apk"
    recorder.phase = Phase.ARRIVE
    note_download(SimpleNamespace(url=f"{HERE}/d.apk"), recorder)
    assert visit.downloads == [f"{HERE}/d.apk"]


def test_reserving_bay_sells_nothing():
    assert not page_controls.of_trade("车位预约")
    assert page_controls.of_trade("预约试驾")


def test_price_per_stay_is_no_history():
    tells = answer_wording.TELLS_TOO_MUCH.search
    assert not tells("展期停车1次，应付 20.00 元")
    assert tells("停车 6 次")


def test_only_box_of_parking_terms_is_ticked():
    box = Field(
        "input", "checkbox", "", "我已阅读《停车收费须知》", "", visible=True, ticked=False, plate=False
    )
    assert waits_for_terms(Screen(HERE, "", "", fields=(box,)))
    assert not waits_for_terms(Screen(HERE, "", "", fields=(box, replace(box, label="开通免密支付"))))
    ticked = Screen(HERE, "", "", fields=(replace(box, ticked=True),))
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, screens=[ticked])
    assert ticked_for_unknown(visit)
    visit.screens.insert(0, Screen(HERE, "", "", fields=(box,)))
    assert not ticked_for_unknown(visit)  # the test ticked it
    for label in ("我已阅读并同意《会员服务协议》", "同意接收优惠短信条款", "开具发票"):
        assert not waits_for_terms(Screen(HERE, "", "", fields=(replace(box, label=label),)))


def test_plate_confirmation_belongs_to_look_up():
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, status=200)
    rank = Ranks(Recorder(visit, Canary(PLATE))).says_right
    labels = ("核对无误，查看费用", "车牌正确", "核对无误，立即支付", "下一步", "返回修改")
    assert [rank(RAW | {"text": label}) for label in labels] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("label", "is_kind"),
    [
        ("绿 Green (8)", True),
        ("蓝牌", True),
        ("新能源车", True),
        ("黃色", True),
        ("绿色出行保障", False),
        ("Green card", False),
        ("", False),
    ],
)
def test_kinds_of_plate_are_no_offer(label, is_kind):
    assert page_controls.names_plate_kind(label) is is_kind


@pytest.mark.parametrize(
    ("line", "is_relief"),
    [
        ("✓ 观影抵 2 小时 自动 ¥-10.00", True),
        ("商户减免 -5元", True),
        ("车行保障包 ¥2.90", False),
        ("到店礼 138-0000", False),
        ("开通会员立减 -5元", False),
        ("下载 App 抵 ¥-3.00", False),
    ],
)
def test_deductions_are_no_offer(line, is_relief):
    assert page_controls.takes_off(line) is is_relief
    if is_relief:
        assert not page_controls.leads_elsewhere(line)


@pytest.mark.parametrize("text", ["晚6点至凌晨2点4元", "20:00-8:00 5元", "22时后2元"])
def test_prices_by_the_clock_are_a_tariff(text):
    assert page_controls.priced_goods(text) == ""


@pytest.mark.parametrize(
    ("label", "is_billed"),
    [
        ("车牌 沪QV0ZP6", True),
        ("本次停车费 ¥8.00", True),
        ("停车保险 ¥2.00", False),
        ("本次一并加入会员", False),
        ("车行保障包 ¥2.90", False),
        ("同意推送优惠", False),
        ("加入会员优惠 ¥-5.00", False),
        ("11月20日 HK0107 40分 6.00元", True),
        ("2026-11-20 淮海路 1 小时 15.00 元", True),
        ("11.11 会员日礼包 6.00 元", False),
    ],
)
def test_ticked_lines_of_the_bill_are_no_choice(label, is_billed):
    assert judging_way._is_of_bill(label) is is_billed
