"""A page may hold only what the two steps need: what else acts, plays, is sent or lies behind a link."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from selfcheck.answer_data import disclosures
from selfcheck.answer_wording import CHINA
from selfcheck.breaches import Context
from selfcheck.coverage import not_tested
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.judging_prompts import explained_by_target
from selfcheck.page_controls import asked_first, leads_elsewhere, lured, priced_goods
from selfcheck.proxy import Exchange
from selfcheck.request_data import device_in
from selfcheck.visit import BrowserCall, Field, Overlay, PageControl, Phase, Picture, Request, Screen, Visit
from tests.selfcheck.test_disguises import HERE, left_to_a_person, rules_on

BEFORE = (datetime.now(UTC) - timedelta(hours=2)).astimezone(CHINA)
LATER = BEFORE + timedelta(hours=3)


def answered(body, kind="application/json"):
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    exchange = Exchange(0, "POST", HERE, [], answer=raw, answer_headers=[("Content-Type", kind)])
    return {kind for kind, _ in disclosures(exchange)}


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ({"t1": f"{BEFORE:%Y-%m-%d %H:%M:%S}"}, {"入场时间"}),
        ({"t1": int(BEFORE.timestamp())}, {"入场时间"}),
        ({"t1": f"{LATER:%Y-%m-%d %H:%M}"}, set()),
        ({"queryTime": f"{BEFORE:%Y/%m/%d %H:%M}"}, set()),
        ({"t1": "2026-13-45 99:99"}, set()),
        ({"x": "/c/77.jpg"}, {"照片"}),
        ({"mapImage": "/map.png"}, set()),
        ({"x": "王*"}, {"车主"}),
        ({"x": "138****1234"}, {"车主"}),
        ({"tip": "尾号 7788 的车主"}, {"车辆或车主的信息"}),
    ],
)
def test_data_is_judged_by_its_value(body, kinds):
    assert answered(body) == kinds


def test_hidden_markup_is_data_too():
    markup = f"<input type=hidden name=a value='{BEFORE:%Y-%m-%d %H:%M}'><p data-photo='/c/1.jpg'></p>"
    assert answered(markup, "text/html") == {"入场时间", "照片"}
    assert answered("<input type=hidden name=quote value=q1>", "text/html") == set()


def test_scripts_and_comments_are_data_too():
    order = f"<script>var o={{inTime:'{BEFORE:%Y-%m-%d %H:%M}',tel:\"138****1234\"}}</script>"
    assert answered(order, "text/html") == {"入场时间", "手机号"}
    assert answered(f"<!-- enterTime='{BEFORE:%Y-%m-%d %H:%M}' -->", "text/html") == {"入场时间"}
    harmless = "<script>const t='应缴停车费',time=\"30\",serviceTel='13800000000'</script>"
    assert answered(harmless, "text/html") == set()


@pytest.mark.parametrize(
    ("name", "label", "breached"),
    [("ticket", "联系方式", True), ("plate2", "", False), ("n", "取票号", False), ("plate", "A12345", False)],
)
def test_field_is_judged_by_its_label(name, label, breached):
    field = Field("input", "text", name, label, "", True, False, False)
    assert ("P3" in rules_on(fields=(field,))) is breached


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ('{"ua":"Mozilla/5.0 (Linux; Android 14)"}', "浏览器标识"),
        ("d=TW96aWxsYS81LjAgKExpbnV4", "浏览器标识"),
        ('{"w":360,"h":760}', "屏幕尺寸"),
        ("https://a.cn/c?tz=Asia%2FShanghai", "时区"),
        ('{"plate":"x","amount":800}', ""),
    ],
)
def test_phone_in_a_request_is_found(text, device):
    assert device_in(text) == device


def test_reported_phone_is_a_fingerprint():
    sent = Request(Phase.ARRIVE, "POST", HERE, "fetch", third=False, device="时区")
    assert "P9b" in rules_on(visit={"requests": [sent]})
    assert "P9b" not in rules_on(visit={"requests": [replace(sent, device="")]})


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("share", "P5a"),
        ("fullscreen", "P5c"),
        ("background", "P9a"),
        ("persist", "P9a"),
        ("adverts", "P9b"),
        ("play", "P12d"),
    ],
)
def test_unneeded_call_is_a_breach(call, rule):
    assert rule in rules_on(visit={"calls": [BrowserCall(Phase.ARRIVE, call, "")]})


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("停车商城", True),
        ("立即体验", True),
        ("地图游戏", True),
        ("Explore the mall", True),
        ("我要开发票", False),
        ("车牌识别有误", False),
        ("How is it worked out?", False),
        ("日本語", False),
        ("沪Q73", False),
        ("沪 Q 7 K 3 1 9", False),
        ("缴款 8.00 元", False),
        ("申请复核", False),
        ("隐私告知", False),
        ("A+", False),
        ("选填", False),
        ("小型车", False),
        ("地面停车场", False),
        ("切换新能源(8位)", False),
        ("更换号牌 7/8 位", False),
        ("省份简称 粤 ﹀", False),
        ("换 5 元券", True),
    ],
)
def test_every_word_of_a_label_is_explained(text, elsewhere):
    assert leads_elsewhere(text) is elsewhere


@pytest.mark.parametrize(
    ("text", "path", "doubted"),
    [
        ("🎁", "/lucky", True),
        ("", "/vip", True),
        ("", "/help", False),
        ("←", "/x", False),
        ("🎁", "/", False),
    ],
)
def test_path_explains_wordless_link(text, path, doubted):
    control = PageControl(text, f"https://pay.example.cn{path}", False, False, 900, False)
    assert left_to_a_person("P5a", controls=(control,)) is doubted


@pytest.mark.parametrize(
    ("label", "breached"),
    [
        ("住院部", False),
        ("您居住的小区", True),
        ("参加抽奖", True),
        ("愿意接受回访", True),
        ("我已阅读收费标准", False),
        ("绿牌", False),
        ("", False),
    ],
)
def test_choice_about_something_else_is_found(label, breached):
    field = Field("input", "checkbox", "c", label, "", True, False, False)
    assert ("P3" in rules_on(fields=(field,))) is breached


@pytest.mark.parametrize(
    ("picture", "breached"),
    [
        (Picture("", "/a.jpg", "周末亲子乐园", acts=True), True),
        (Picture("", "/a.jpg", "", acts=True), False),
        (Picture("", "/a.jpg", "", href="https://shop.other.cn/", acts=True), True),
        (Picture("", "/a.jpg", "立即缴费", acts=True), False),
        (Picture("", "/a.jpg", "周末亲子乐园"), False),
        (Picture("", "/a.jpg", "", href="https://pay.example.cn/", acts=True), False),
    ],
)
def test_picture_that_acts_must_be_of_parking(picture, breached):
    assert ("P12d" in rules_on(pictures=(picture,))) is breached


@pytest.mark.parametrize(
    ("text", "sold"),
    [
        ("大家都在买：玻璃水 6.9 元", True),
        ("遮阳挡 ¥29.9", True),
        ("停车费 ¥8.00，充电服务费 ¥0.60", False),
        ("小型车 5 元/小时，旺季 10 元", False),
        ("遗失卡补办 20 元", False),
        ("应付 8 元", False),
        ("非会员加收 2 元", False),
        ("Staying longer? Rooms from CNY 299 tonight at Riverside Hotel.", True),
        ("Evening rate from 6 pm: CNY 2 per hour, at most CNY 20 a day.", False),
        ("Cap: at most ¥8.00 for the whole stay", False),
        ("最高 ¥60.00，至此共收 ¥8.00", False),
        ("专业陪诊，3 小时 99 元起", True),
        ("金牌讲解员带您游，20 元/人", True),
        ("小客车起步价 5 元，旅游大巴 20 元起", False),
        ("充电 1.2 元/度，停车前两小时免费", False),
        ("星期日及公眾假期每小時 HK$15", False),
        ("國慶禮盒 HK$68", True),
    ],
)
def test_goods_with_prices_are_advertising(text, sold):
    assert bool(priced_goods(text)) is sold
    assert ("P12d" in rules_on(visit={"screens": [with_button(text)]})) is sold


def with_button(text, label="看一看"):
    return Screen(HERE, "", f"{text}\n{label}", controls=(PageControl(label, "", False, False, 900, False),))


LURE = "来二楼逛逛，停车不花钱"


@pytest.mark.parametrize(
    ("screen", "accused"),
    [
        (with_button(LURE), True),
        (with_button(f"{LURE}\n车牌号\n收费标准\n每小时 5 元"), False),  # the button stands elsewhere
        (with_button(LURE, "支付 ¥8.00"), False),
        (Screen(HERE, "", LURE), False),
        (Screen(HERE, "", LURE, pictures=(Picture("", "/a.jpg", "L2 新开业"),)), True),
        (Screen(HERE, "", "", overlays=(Overlay(LURE, 50, 0),)), False),  # P5c names it
        (Screen(HERE, "", LURE, overlays=(Overlay(LURE, 50, 0),)), True),
    ],
)
def test_words_alone_accuse_nobody(screen, accused):
    visit = Visit("plain", True, HERE, url=HERE, screens=[screen])
    assert ("P5a" in rules_on(visit={"screens": [screen]})) is accused
    assert (LURE in not_tested("P5a", [visit], Context(Lists()))) is (not accused and LURE in screen.text)


@pytest.mark.parametrize(
    ("text", "breached"),
    [("刮开有惊喜", True), ("新能源车优惠停车", False), ("礼让行人", False), ("沪 Q 7 K", False)],
)
def test_luring_picture_is_an_advertisement(text, breached):
    found = rules_on(pictures=(Picture("", "canvas", text),))
    assert ("P12d" in found) is breached


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("先扫墙上的二维码加管家，再回本页缴费", True),
        ("请先完成问卷，才能缴费", True),
        ("先输入车牌，再查询缴费", False),
        ("请先查询费用再支付", False),
        ("无需先扫会员码再缴费", False),
    ],
)
def test_deed_before_paying_must_be_of_parking(text, asks):
    assert bool(asked_first(text)) is asks


@pytest.mark.parametrize(
    ("text", "lures"),
    [
        ("扫旁边的码，停车便宜一半", True),
        ("转发本页到朋友圈，停车费减半", True),
        ("住院陪护车辆在导诊台登记后按 10 元/天收取", False),
        ("餐饮顾客请在店内扫码核销停车减免", False),
        ("请扫码查询停车费，首小时免费", False),
        ("不用扫码加群也同样优惠", False),
        ("减免码（选填）", False),
        ("发朋友圈集满 18 个赞，凭截图到岗亭免停车费", True),
        ("网约车司机招募，月入过万，扫码报名", True),
        ("Get 10% off your next visit: subscribe to our letter.", True),
        ("Follow the signs to the exit, the first hour is free.", False),
        ("You need not join anything to park for free.", False),
        ("欢迎光临，祝您购物愉快", False),
        ("国庆节期间道路泊位免费停放，依据《临海市机动车停放服务收费管理办法》，查看原文", False),
        ("来 L2 逛逛，停车不花钱", True),
    ],
)
def test_gain_for_unrelated_act_breaches(text, lures):
    assert bool(lured(text)) is lures


@pytest.mark.parametrize(
    ("href", "breached"),
    [
        ("intent://pay#Intent;scheme=tcparking;end", True),
        ("mallpark://open", True),
        ("weixin://dl/business/?t=abc", True),
        ("alipays://platformapi/startapp?appId=1", False),
        ("tel:02155550100", False),
        ("https://pay.example.cn/help", False),
    ],
)
def test_link_to_an_app_is_a_prompt(href, breached):
    control = PageControl("极速缴费", href, False, False, 900, False)
    assert ("P5a" in rules_on(controls=(control,))) is breached


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("wxp://f2f0AbCd", {"P5d"}),
        ("https://shop.other.cn/a", {"P5a"}),
        ("https://u.wechat.com/EFabc", {"P5a"}),
        ("https://pay.example.cn/p/1", set()),
        ("weixin://wxpay/bizpayurl?pr=1", set()),
        ("https://qr.95516.com/00010000/1", set()),
    ],
)
def test_pictured_code_leads_to_cashier(code, rules):
    assert rules_on(pictures=(Picture("", "/a.png", code=code),)) & {"P5a", "P5d"} == rules


def test_film_that_plays_is_advertising():
    assert "P12d" in rules_on(media=("/promo.mp4",))


@pytest.mark.parametrize(
    ("screen", "rules"),
    [
        (Screen(HERE, "", "请先注册会员再缴费"), set()),
        (Screen(HERE, "", "", controls=(PageControl("立即入会", "", False, False, 900, False),)), {"P5a"}),
        (Screen("https://shop.other.cn/", "", ""), {"P5a"}),
        (Screen(HERE, "", "", overlays=(Overlay("加入会员立减 5 元", 90, 0),)), {"P5a"}),
        (Screen(HERE, "", "新车上市，预约试驾"), {"P12d"}),
        (Screen(HERE, "", "首小时 8 元，客服 021-5555 0100"), set()),
    ],
)
def test_what_is_behind_a_link_counts(screen, rules):
    assert rules_on(visit={"behind": [("更多", screen)]}) & {"P5a", "P12d"} == rules


@pytest.mark.parametrize(
    ("text", "breached"),
    [("请核对车牌，没错，查询", False), ("停车已满两小时，附近咖啡店欢迎您", True), ("欢迎加入车友会", True)],
)
def test_asked_dialog_may_confirm_the_plate(text, breached):
    layer = Overlay(text, 30, 0, modal=True)
    made = Screen(HERE, "", "", overlays=(layer,), phase=Phase.SUBMIT)
    assert ("P5c" in rules_on(visit={"screens": [made]})) is breached
    assert "P5c" in rules_on(visit={"screens": [replace(made, phase=Phase.ARRIVE)]})


def test_excused_moment_may_tell_what_happened():
    layer = Overlay("网络已断开", 90, 0)
    made = Screen(HERE, "", "", overlays=(layer,), moment="offline")
    assert "P5c" not in rules_on(visit={"screens": [made]})
    assert "P5c" in rules_on(visit={"screens": [replace(made, moment="touched")]})
    lure = replace(made, overlays=(Overlay("别走，领红包", 90, 0),))
    assert "P5c" in rules_on(visit={"screens": [lure]})


def test_title_may_prompt():
    made = Screen(HERE, "请先关注公众号再缴费", "")
    assert "P5a" in rules_on(visit={"screens": [made]})


def test_embedded_cashier_is_no_advertisement():
    frame = PageControl("", "https://wx.tenpay.com/x", True, False, 900, False, frame=True)
    assert "P12d" not in rules_on(controls=(frame,))
    assert "P12d" in rules_on(controls=(replace(frame, href="https://ads.other.cn/x"),))


@pytest.mark.parametrize(("limit", "rule"), [("unread", "P5a"), ("unrecorded", "P9b"), ("unheard", "P8c")])
def test_what_was_not_read_is_untested(limit, rule):
    visit = Visit("plain", scripts=True, start=HERE, status=200, typed_by="field")
    visit.did |= {"opened", "waited", "touched", "scrolled", "looked up"}
    assert not not_tested(rule, [visit], Context(Lists(), "pure"))
    assert not_tested(rule, [replace(visit, **{limit: True})], Context(Lists(), "pure"))


def test_button_that_led_on_is_explained():
    button = PageControl("即刻畀錢走人", "", third=False, picture=False, area=9, ad=False)
    assert left_to_a_person("P5a", controls=(button,))
    assert not left_to_a_person("P5a", controls=(button,), visit={"led_on": {"即刻畀錢走人"}})


@pytest.mark.parametrize(
    ("label", "href", "breached"),
    [
        ("改一下", "", False),
        ("付 8.00 元", "", False),
        ("逛街", "https://pay.example.cn/b", False),
        ("抢保险", "", True),
    ],
)
def test_brief_button_alone_accuses_nobody(label, href, breached):
    button = PageControl(label, href, third=False, picture=False, area=9, ad=False)
    assert ("P5a" in rules_on(controls=(button,))) is breached


@pytest.mark.parametrize(
    ("behind", "explained"),
    [("房客停车：离店当日免费，费用由前台处理", True), ("今日特惠套餐，邀您品鉴", False), ("", False)],
)
def test_label_is_explained_by_what_it_opens(behind, explained):
    label = "我是房客看这里"
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, behind=[(label, Screen(HERE, "", behind))])
    assert (label in explained_by_target(visit)) is explained


@pytest.mark.parametrize(("behind", "explained"), [("white", True), ("black", False)])
def test_button_that_only_restyles_is_explained(behind, explained):
    button = PageControl("黑底白字", "", third=False, picture=False, area=9, ad=False)
    page = Screen(HERE, "", "停车缴费", controls=(button,), looks="black")
    visit = Visit("plain", True, HERE, url=HERE, screens=[page])
    visit.behind.append(("黑底白字", replace(page, looks=behind)))
    assert ("黑底白字" in explained_by_target(visit)) is explained


@pytest.mark.parametrize(("label", "explained"), [("P4 长停", True), ("充值卡 9 折", False)])
def test_button_that_only_chooses_is_explained(label, explained):
    button = PageControl(label, "", third=False, picture=False, area=9, ad=False)
    chosen = Field("button", "choice", "on", label, "", visible=True, ticked=True, plate=False)
    page = Screen(HERE, "", "停车缴费", controls=(button,))
    visit = Visit("plain", True, HERE, url=HERE, screens=[page])
    visit.behind.append((label, replace(page, fields=(chosen,))))
    assert (label in explained_by_target(visit)) is explained


@pytest.mark.parametrize(("label", "breached"), [("图形验证码", False), ("短信验证码", True)])
def test_drawn_code_is_no_personal_data(label, breached):
    row = Field("input", "text", "yzm", label, "", visible=True, ticked=False, plate=False)
    assert ("P3" in rules_on(fields=(row,))) is breached


@pytest.mark.parametrize(
    ("text", "covers"),
    [("应付 8.00 元\n上海某某商业管理有限公司", False), ("正在为您匹配离场礼遇\n附近三人刚刚领走", True)],
)
def test_cover_with_the_fee_needs_a_price(text, covers):
    overlay = Overlay(text, share=60, keys=0)
    assert ("P5c" in rules_on(phase=Phase.SUBMIT, overlays=(overlay,))) is covers


def test_page_for_an_app_alone_is_untested():
    shown = Screen(HERE, "", "请在微信客户端打开链接")
    visit = Visit("plain", scripts=True, start=HERE, url=HERE, status=200, screens=[shown])
    visit.did = {"opened", "waited", "touched", "scrolled"}
    assert "P1" not in {finding.rule for finding in findings(visit, Context(Lists(), "pure"))}
    assert "指定应用" in not_tested("P5a", [visit], Context(Lists(), "pure"))


def test_moving_picture_is_one_advertisement():
    shots = [Screen(HERE, "", "", pictures=(Picture("", "/a.png", f"优惠大促 {n}"),)) for n in "ab"]
    visit = Visit("plain", True, HERE, HERE, screens=shots)
    assert sum(f.rule == "P12d" for f in findings(visit, Context(Lists(), "pure"))) == 1


@pytest.mark.parametrize(("text", "sold"), [("年终大促\n全场5折", True), ("微信支付", False), ("", False)])
def test_picture_on_the_way_to_the_cashier(text, sold):
    shot = Screen(HERE, "", "", phase=Phase.PAY, moment="pay", pictures=(Picture("", "/full.png", text),))
    visit = Visit("plain", True, HERE, HERE, screens=[shot])
    assert ("P12d" in {f.rule for f in findings(visit, Context(Lists(), "pure"))}) is sold
