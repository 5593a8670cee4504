"""What is seen by its shape alone accuses nobody: it has to act, to last, or to be sent."""

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from selfcheck import answer_wording
from selfcheck.canary import Canary
from selfcheck.checking import in_thread
from selfcheck.fee_look_up import FeeLookUp
from selfcheck.fee_payment import Paying
from selfcheck.page_reader import PageReader
from selfcheck.proxy import Exchange
from selfcheck.recorder import Recorder
from selfcheck.visit import (
    DOWNLOADED,
    BrowserCall,
    Field,
    Hop,
    Overlay,
    PageControl,
    Phase,
    Request,
    Screen,
    StoredItem,
    Visit,
)
from tests.selfcheck.test_disguises import HERE, PLATE, left_to_a_person, rules_on

COVER = Overlay("马上就好", share=60, keys=0)


def listening(*, count, touched, kind="fetch"):
    """Return a visit whose page listens to touches and sends some requests before the plate is complete."""
    listened = [BrowserCall(Phase.ARRIVE, "listen", HERE, name) for name in ("touchmove", "scroll", "click")]
    sent = Request(Phase.ARRIVE, "POST", f"{HERE}/a", kind, third=False, touched=touched)
    return {"calls": listened, "requests": [sent] * count}


@pytest.mark.parametrize(
    ("visit", "recorded"),
    [
        (listening(count=1, touched=False), False),
        (listening(count=2, touched=False), False),
        (listening(count=1, touched=True), False),
        (listening(count=2, touched=True), True),
        (listening(count=1, touched=False, kind="beacon"), True),
    ],
)
def test_listening_is_recorded_by_reports(visit, recorded):
    assert ("P9b" in rules_on(visit=visit)) is recorded


@pytest.mark.parametrize(
    ("names", "fingerprint"),
    [
        (("platform", "vendor", "maxTouchPoints", "languages", "orientation"), False),
        (("platform", "vendor", "hardwareConcurrency", "deviceMemory", "plugins"), True),
    ],
)
def test_layout_needs_no_fingerprint(names, fingerprint):
    calls = [BrowserCall(Phase.ARRIVE, "property", HERE, name) for name in names]
    assert ("P9b" in rules_on(visit={"calls": calls})) is fingerprint


@pytest.mark.parametrize(("how", "breached"), [("http", False), ("script", True)])
def test_silent_redirects_on_one_site(how, breached):
    assert ("P1" in rules_on(visit={"hops": [Hop(HERE, how, third=False)] * 2})) is breached


@pytest.mark.parametrize(
    ("cover", "stays", "accused"),
    [
        (COVER, False, False),
        (COVER, True, True),
        (Overlay("马上就好", share=60, keys=0, controls=("关闭",)), False, True),
        (Overlay("注册会员立减 5 元", share=60, keys=0), False, True),
    ],
)
def test_cover_that_passes_waits(cover, stays, accused):
    shown = Screen(HERE, "", "", overlays=(cover,))
    later = shown if stays else Screen(HERE, "", "")
    assert ("P5c" in rules_on(visit={"screens": [shown, later]})) is accused
    assert left_to_a_person("P5c", visit={"screens": [shown, later]}) is not accused


@pytest.mark.parametrize(
    ("pressed", "acts"),
    [(["缴费说明", "支付"], 2), (["支付", "确认"], 3), (["支付", "支付"], 3), (["支付"], 3)],
)
def test_detour_is_no_step(pressed, acts):
    buttons = tuple(
        PageControl(text, "", third=False, picture=False, area=9, ad=False) for text in ("缴费说明", "支付")
    )
    bill = Screen(HERE, "", "", controls=buttons, phase=Phase.SUBMIT)
    visit = Visit("plain", scripts=True, start=HERE, screens=[bill], acts=3)
    Paying._forget_detour(SimpleNamespace(visit=visit, _at_cashier=lambda: True), pressed)
    assert visit.acts == acts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("B1 层东侧出口最近", ("", False)),
        ("您的车在 B1 层", ("B1层", True)),
        ("B1 层", ("B1层", False)),
        ("停放位置\nB1 层", ("B1层", True)),
    ],
)
def test_place_is_that_of_the_car(text, found):
    assert answer_wording.tells_place(text, "") == found


@pytest.mark.parametrize(
    ("text", "accused", "doubted"),
    [
        ("08:12 入场", True, False),
        ("来车\n08:12", True, False),
        ("停放 1 小时 50 分　核算于 08:12", False, True),
        ("08:12", False, True),
        ("下一计费点 08:12", False, False),
        ("11月26日 桐浦中心\n11月21日 桐浦中心", True, False),
        ("11月26日 桐浦中心", False, True),
        ("时长 1:58", False, False),
    ],
)
def test_moment_without_word_is_doubted(text, accused, doubted):
    answer = {"screens": [Screen(HERE, "", ""), Screen(HERE, "", text, phase=Phase.SUBMIT)]}
    assert ("P11b" in rules_on(visit=answer)) is accused
    assert left_to_a_person("P11b", visit=answer) is doubted


@pytest.mark.parametrize(
    ("label", "breached", "doubted"),
    [
        ("夜间配色", False, False),
        ("芝麻开门", False, True),
        ("离场保障 ¥1.90", True, False),
        ("接收优惠", True, False),
        ("Send me offers and news", True, False),
        ("Subscribe to our newsletter", True, False),
    ],
)
def test_tick_in_advance_has_to_bind(label, breached, doubted):
    box = Field("input", "checkbox", "c", label, "", visible=True, ticked=True, plate=False)
    assert ("P5b" in rules_on(fields=(box,))) is breached
    assert left_to_a_person("P5b", fields=(box,)) is doubted


@pytest.mark.parametrize(
    ("text", "breached"),
    [
        ("沪D5K917 刚刚缴费\n沪AD60238 1 分钟前\n苏F72M06 2 分钟前", True),
        ("沪D5K917\n沪AD60238", False),
        ("车牌格式：沪D5K917、沪AD60238、苏F72M06", False),
        ("沪A12345\n沪AD12345\n沪A88888", False),
    ],
)
def test_plates_of_others_are_shown_to_nobody(text, breached):
    assert ("P11b" in rules_on(visit={"screens": [Screen(HERE, "", text)]})) is breached


@pytest.mark.parametrize(
    ("label", "breached"),
    [("数字人民币 需已开立数字钱包", False), ("零钱包充值再付", True), ("微信支付（签约免密）", True)],
)
def test_channel_stands_among_channels(label, breached):
    names = ("微信支付", "支付宝", label)
    group = tuple(Field("input", "radio", "w", one, "", True, False, False) for one in names)
    assert ("P3" in rules_on(phase=Phase.PAY, fields=group)) is breached


def test_time_of_the_answer_is_no_visit():
    shown = [Screen(HERE, "", ""), Screen(HERE, "", "到达 08:12", phase=Phase.SUBMIT)]
    now = datetime(2026, 11, 29, 8, 14, tzinfo=answer_wording.CHINA)
    for later, is_breached in ((0, False), (120, True)):
        at = (now + timedelta(minutes=later)).timestamp()
        assert ("P11b" in rules_on(visit={"screens": shown, "looked_up_at": at})) is is_breached


@pytest.mark.parametrize(
    ("text", "label", "breached"),
    [
        ("¥8.00", "极速通道 ¥9.90 立即支付（含加速 ¥1.90）", True),
        ("停车费 8 元", "支付 ¥8.00", False),
        ("停车费 8 元\n充电费 2.5 元", "支付 ¥10.50", False),
        ("停车费 10 元\n优惠 2 元", "支付 ¥8.00", False),
        ("首小时 4 元", "支付 ¥8.00", False),
        ("已停 2 小时", "支付 ¥8.00", False),
    ],
)
def test_button_asks_for_the_shown_fee(text, label, breached):
    button = PageControl(label, "", third=False, picture=False, area=9, ad=False)
    fee = Screen(HERE, "", f"{text}\n{label}", controls=(button,), phase=Phase.SUBMIT)
    assert ("P12e" in rules_on(visit={"screens": [Screen(HERE, "", ""), fee]})) is breached


@pytest.mark.parametrize(
    ("folded", "breached"), [("平安出行保 ¥2.00", {"P5b", "P12d"}), ("停车费 ¥10.00", set())]
)
def test_folded_part_of_bill_is_judged(folded, breached):
    pays = PageControl("付款 ¥10.00", "", False, False, 900, False)
    bill = Screen(
        HERE, "", "沪A·12345\n停车 2 小时\n合计 ¥10.00\n查看明细", controls=(pays,), phase=Phase.SUBMIT
    )
    box = Field("input", "checkbox", "b", folded, "", visible=True, ticked=True, plate=False)
    unfolded = Screen(
        HERE, "", f"沪A·12345\n停车 2 小时\n合计 ¥10.00\n{folded}", fields=(box,), controls=(pays,)
    )
    visit = {"screens": [Screen(HERE, "", ""), bill], "fee": True, "behind": [("查看明细", unfolded)]}
    assert {"P5b", "P12d"} & rules_on(visit=visit) == breached


@pytest.mark.parametrize(
    ("text", "parts", "accused"),
    [
        ("网络异常,请点确定后重新查询 确 定", {}, False),
        ("网络异常,请点确定后重新查询 确 定", {"pictures": 1}, True),
        ("马上就好，精彩内容不要错过 确 定", {}, True),
        ("车牌格式不正确", {}, False),
        ("车牌格式不正确", {"fields": 1}, True),
    ],
)
def test_box_that_answers_is_no_cover(text, parts, accused):
    box = Overlay(text, share=100, keys=0, controls=("确 定",), modal=True, **parts)
    answer = Screen(HERE, "", text, overlays=(box,), phase=Phase.SUBMIT, moment="fee")
    assert ("P5c" in rules_on(visit={"screens": [Screen(HERE, "", ""), answer]})) is accused


@pytest.mark.parametrize(("statuses", "failed"), [((200, 502), True), ((502, 200), False), ((), False)])
def test_failed_look_up_is_asked_again(statuses, failed):
    asked = [Exchange(1, "POST", HERE, [], status=status, ended=2) for status in statuses]
    assert FeeLookUp._failed(SimpleNamespace(_asked=lambda: asked)) is failed


def test_car_park_is_chosen_again():
    """What led to the plate on the first visit is pressed where the fee is looked up once more."""
    pressed = []

    async def done(*_):
        return Screen(HERE, "", "")

    async def press(spot):
        pressed.append(spot)

    walk = SimpleNamespace(
        visit=Visit("plain", scripts=True, start=HERE, before_plate=["东门停车场"]),
        ranks=SimpleNamespace(pay=None),
        reader=SimpleNamespace(look=done),
        place_for_plate=lambda: bool(pressed),
        choose=lambda rank: next(
            (n for n, text in enumerate(["北门", "东门停车场"]) if rank({"text": text})), None
        ),
        press=press,
        type_plate=lambda _plate: asyncio.sleep(0, False),
    )
    assert in_thread(lambda: FeeLookUp.look_up_here(walk, "沪Q7K319")) is None  # this one may have a loop
    assert pressed == [1]


@pytest.mark.parametrize("label", ["车架号后 6 位", "发动机号", "保单号", "VIN", "短信中的 4 位码"])
def test_field_for_papers_of_the_car_breaches_p3(label):
    asked = Field("input", "text", "", label, "", visible=True, ticked=False, plate=False)
    assert "P3" in rules_on(phase=Phase.SUBMIT, fields=(asked,))


@pytest.mark.parametrize(
    ("file", "breached"),
    [("/dl/a.apk?from=qr", True), ("/a.mobileconfig", True), ("/receipt.pdf", False), ("/apk", False)],
)
def test_installer_is_an_app_offered(file, breached):
    url = HERE.removesuffix("/p/1") + file
    link = PageControl("安装", url, third=False, picture=False, area=900, ad=False)
    bill = Screen(HERE, "", "应缴 ¥8.00", controls=(link,), phase=Phase.SUBMIT)
    for visit in ({"screens": [bill]}, {"downloads": [url]}, {"waylaid": f"{DOWNLOADED}{url}"}):
        assert ("P5a" in rules_on(visit=visit)) is breached, visit


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ((Phase.PAY, 8, "a"), (Phase.ARRIVE, 8, "b"), (Phase.ARRIVE, 8)),
        ((Phase.PAY, 8, "a"), (Phase.ARRIVE, 8, "a"), (Phase.PAY, 8)),
        ((Phase.ARRIVE, 0, "a"), (Phase.ARRIVE, 8, "b"), (Phase.ARRIVE, 8)),
        ((Phase.ARRIVE, 0, "a"), (Phase.PAY, 8, "b"), (Phase.ARRIVE, 0)),
    ],
)
def test_what_is_left_again_counts_anew(first, second, kept):
    recorder = Recorder(Visit("plain", scripts=True, start=HERE), Canary(PLATE))
    reader = PageReader(None, None, recorder, scripts=True)
    for phase, hours, content in (first, second):
        row = StoredItem(phase, "cookie", "v", False, hours, "")
        reader._note_left(("cookie", "v"), row, content)
    [row] = recorder.stored.values()
    assert (row.phase, row.hours) == kept
