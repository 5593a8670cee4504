"""What only a person can judge, or is no page: neither accused nor called kept, and with a reason."""

import asyncio
import gzip
import zlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from selfcheck import covers, proxy
from selfcheck.answer_wording import tells_besides
from selfcheck.breaches import Context
from selfcheck.browser import _dismiss
from selfcheck.canary import Canary
from selfcheck.cashiers import names_its_return, returns_to
from selfcheck.checking import in_thread
from selfcheck.choosing import Ranks
from selfcheck.cloaking import suspects
from selfcheck.coverage import not_tested, what_was_done
from selfcheck.fee_payment import Paying
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.judging_prompts import (
    asks_transfer,
    explained_by_target,
    not_pressed,
    set_apart_by_target,
)
from selfcheck.judging_way import (
    consent_in_terms,
    not_understood,
    only_in_app,
    out_of_service,
    used_for_marketing,
)
from selfcheck.network_addresses import Destination
from selfcheck.offer_wording import advertised
from selfcheck.page_actions import PageActions
from selfcheck.page_controls import billed, charged_for_the_place, leads_elsewhere, lured, priced_goods
from selfcheck.page_wording import owes, says_paid
from selfcheck.prompt_wording import prompt_of_control, prompts_in
from selfcheck.proxy import Exchange
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.recorder import Recorder, RequestMoment
from selfcheck.threat_wording import threatened
from selfcheck.verdicts import conclude
from selfcheck.visit import Field, Overlay, PageControl, Phase, Picture, Request, Screen, Visit

HERE = "https://pay.example.cn/p/1"
CONTEXT = Context(Lists(), "pure")


def visited(*screens, **parts):
    did = {"looked up", "scrolled"}
    return Visit(
        "plain",
        True,
        HERE,
        **{"url": HERE, "status": 200, "did": did, "screens": list(screens), **parts},
    )


@pytest.mark.parametrize(
    ("text", "pressed"),
    [
        ("手慢加价！02:59 后将多收 10 元", True),
        ("逾期将自动加收 10 倍并报送个人征信", True),
        ("请立即付款，否则将计入失信名单", True),
        ("2 分钟内不付款，费用翻倍", True),
        ("优惠仅剩 02:59", True),
        ("早付优惠：5 分钟内支付享 9 折", True),
        ("停车优惠 30 分钟后失效", True),
        ("停车优惠券 60 分钟后过期", False),
        ("Pay within 3 minutes or a surcharge of 10 yuan applies", True),
        ("请在付款后 15 分钟内离场，超时将重新计费", False),
        ("付款后 15 分钟内未离场将加收停车费", False),
        ("超时加收 4 元/小时", False),
        ("超出免费时段后每小时加收 5 元", False),
        ("欠费不影响个人征信", False),
        ("请勿占用消防通道，违停将被拖车", False),
        ("本页 3 分钟后失效，请重新查询", False),
    ],
)
def test_threat_is_left_to_a_person(text, pressed):
    visit = visited(Screen(HERE, "", text, phase=Phase.SUBMIT), typed_by="field")
    assert bool(threatened(text)) is pressed
    assert ("由人核对" in not_tested("P12e", [visit], CONTEXT)) is pressed
    assert "P12e" not in {finding.rule for finding in findings(visit, CONTEXT)}


@pytest.mark.parametrize(
    ("later", "left", "after"), [(20, "02:58", True), (20, "02:38", False), (2, "02:59", False)]
)
def test_deadline_that_begins_anew_is_untrue(later, left, after):
    def shown(moment, *clocks):
        texts = [f"应付 ¥8.00\n限时优惠，仅剩 {clock}，过时恢复 ¥16.00！" for clock in clocks]
        screens = [Screen(HERE, "", text, phase=Phase.SUBMIT) for text in texts]
        return visited(*screens, typed_by="field", looked_up_at=moment)

    visits = [shown(100, "02:59", "02:57"), shown(100 + later, left, "02:31")]
    assert ("P12e" in conclude(HERE, visits, CONTEXT).breached) is after


@pytest.mark.parametrize("faint", [True, False])
def test_notice_nobody_can_read_is_missing(faint):
    line = "隐私说明：车牌只用于缴费，30 天后删除，联系 021-5555 0100"
    screen = Screen(HERE, "", f"停车缴费\n{line}", faint=(line,) if faint else ())
    breached = {f.what for f in findings(visited(screen, typed_by="field", notice=""), CONTEXT)}
    assert ("缴费前看不到隐私说明" in breached) is faint


CHANNELS = tuple(
    Field("input", "radio", "w", label, "", True, False, False) for label in ("微信支付", "支付宝")
)
FEE = Screen(
    HERE, "", "\n".join(("云栖酒店", "沪Q·····", "停车 3 小时", "应付 ¥24.00", "支付")), phase=Phase.SUBMIT
)


@pytest.mark.parametrize(
    ("added", "parts", "is_same"),
    [
        ("向云栖酒店付款\n¥ 24.00\n确认\n再看看", {}, True),
        ("确认付款\n应付 ¥24.00", {}, True),
        ("选择付款方式\n微信支付\n支付宝\n支付 ¥24.00", {"fields": CHANNELS}, True),
        ("选择付款方式\n微信支付\n云闪付", {}, True),
        ("选择付款方式\n微信支付\n开通免密支付立减", {}, False),
        ("微信支付 ¥24.90\n支付宝 ¥24.90", {}, False),
        ("确认付款", {}, False),
        ("合计 ¥26.90 确认支付", {}, False),
        ("开通会员立减\n¥24.00 确认支付", {}, False),
        (
            "手机号\n¥24.00 确认支付",
            {"fields": (Field("input", "tel", "m", "", "", True, False, False),)},
            False,
        ),
        ("确认支付 ¥24.00", {"url": f"{HERE}/confirm"}, False),
    ],
)
def test_sheet_that_repeats_the_fee(added, parts, is_same):
    sheet = replace(FEE, text=f"{FEE.text}\n{added}", phase=Phase.PAY, **parts)
    assert covers.repeats_the_fee(sheet, FEE) is is_same


def test_page_after_pay_is_a_step():
    page = replace(FEE, text="确认订单\n应付 ¥24.00\n确认支付", phase=Phase.PAY)
    assert not covers.repeats_the_fee(page, FEE)


@pytest.mark.parametrize(
    ("kind", "shows", "reason"),
    [
        ("application/json", "{}", "打开的不是网页而是 application/json"),
        ("image/png", "", "打开的不是网页而是 image/png"),
        ("text/html; charset=utf-8", "", "页面是空白的，什么也没有显示"),
        ("text/html", "欢迎使用", ""),
        ("", "欢迎使用", ""),
    ],
)
def test_what_is_no_page_is_unknown(kind, shows, reason):
    visit = visited(Screen(HERE, "", shows), headers={"content-type": kind}, did={"scrolled"})
    outcome = conclude(HERE, [visit], CONTEXT)
    assert outcome.why == ((reason,) if reason else ())
    assert outcome.verdict is (PurityVerdict.UNKNOWN if reason else PurityVerdict.PARTIAL)


@pytest.mark.parametrize(
    ("text", "label", "breached"),
    [
        ("今天免费停放，请直接离场", "", False),
        ("请到出口岗亭缴费", "021-5555 0100", False),
        ("今天免费停放，请直接离场", "本周新品尝鲜", False),
        ("欢迎光临", "", False),
        ("欢迎光临", "立即注册", True),
        ("请先注册会员", "", True),
    ],
)
def test_page_without_plate_that_asks_nothing(text, label, breached):
    pressed = (PageControl(label, "", False, False, 900, False),) if label else ()
    visit = visited(Screen(HERE, "", text, controls=pressed), did={"scrolled"})
    assert ("P1" in {one.rule for one in findings(visit, CONTEXT)}) is breached
    assert breached or "由人核对" in not_tested("P1", [visit], CONTEXT)


@pytest.mark.parametrize(
    ("label", "breached"), [("✓", False), ("", False), ("✓ 加入会员 -5元", True), ("✓ 本次停车 ¥8.00", False)]
)
def test_tick_without_words_accuses_nobody(label, breached):
    box = Field("div", "checkbox", "", label, "", True, True, False)
    visit = visited(Screen(HERE, "", "", (box,), phase=Phase.SUBMIT), typed_by="field")
    found = {finding.rule for finding in findings(visit, CONTEXT)}
    assert ("P5b" in found) is breached
    wordless = label in {"", "✓"}
    assert ("由人核对" in not_tested("P5b", [visit], CONTEXT)) is wordless


def test_garbled_words_lead_nowhere():
    garbled = "隐私说明".encode().decode("latin-1")
    assert not leads_elsewhere(garbled)
    assert leads_elsewhere("积分商城")
    control = PageControl(garbled, f"{HERE}/x", third=False, picture=False, area=9, ad=False)
    visit = visited(Screen(HERE, "", "", controls=(control,)), typed_by="field")
    assert "P5a" not in {finding.rule for finding in findings(visit, CONTEXT)}


@pytest.mark.parametrize(
    ("label", "elsewhere"),
    [
        ("长者模式", False),
        ("复制链接", False),
        ("分享给家人代付", False),
        ("残疾人免费停车", False),
        ("分享给好友", True),
        ("老人鞋特价", True),
        ("料金を確認", False),
        ("春の上新", True),
    ],
)
def test_label_of_service_leads_nowhere(label, elsewhere):
    assert leads_elsewhere(label) is elsewhere


@pytest.mark.parametrize(
    ("coding", "body", "unread"),
    [
        ("", b"{}", False),
        ("gzip", gzip.compress(b"{}", mtime=0), False),
        ("gzip", b"broken", True),
        ("deflate", zlib.compress(b"{}"), False),
        ("zstd", b"\x28\xb5\x2f\xfd", True),
        ("gzip", gzip.compress(b"x" * 5 * proxy.MAX_BODY), True),
    ],
)
def test_answer_that_was_not_unpacked(coding, body, unread):
    exchange = Exchange(0, "POST", HERE, [], answer_headers=[("Content-Encoding", coding)])
    proxy._decoded(body, exchange)
    assert exchange.unread is unread


def test_unread_answer_leaves_p11b_untested():
    visit = visited(Screen(HERE, "", "应付 8 元", phase=Phase.SUBMIT), typed_by="field", unread_answer=True)
    assert "没有全部读到" in not_tested("P11b", [visit], CONTEXT)


def test_unknown_compression_is_not_asked_for():
    exchange = Exchange(0, "GET", HERE, [("Accept-Encoding", "gzip, deflate, br, zstd")])
    head = proxy.ObservingProxy(resolve=None)._head_for_site(exchange).decode()
    assert "Accept-Encoding: gzip, deflate, br\r\n" in head


@pytest.mark.parametrize(
    ("location", "app"),
    [
        ("weixin://dl/business/?t=1", "weixin://dl/business/?t=1"),
        ("/p/2", ""),
        ("//other.example/x", ""),
        ("https://other.example/x", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_redirect_to_an_app_is_a_hop(location, app):
    answer = Exchange(0, "GET", HERE, [], status=302, answer_headers=[("Location", location)])
    recorder = Recorder(visited(), Canary("沪Q7K319"))
    assert recorder.sent_off_the_web(answer) == app


@pytest.mark.parametrize(("header", "again"), [([], True), ([("Location", HERE)], False)])
def test_page_that_loads_itself_is_no_hop(header, again):
    answer = Exchange(0, "GET", HERE, [], status=200, answer_headers=header)
    assert Recorder(visited(), Canary("沪Q7K319"))._loads_again(answer, Exchange(1, "GET", HERE, [])) is again


@pytest.mark.parametrize(("ended", "unheard"), [(4.0, True), (9.0, False), (0.0, False)])
def test_socket_closed_before_typing_is_unheard(ended, unheard):
    recorder = Recorder(visited(), Canary("沪Q7K319"), first="example.cn", complete_at=6.0)
    mark = RequestMoment(Phase.ARRIVE, muted=False, main=False, touched=False, typed="")
    socket = Exchange(1, "GET", HERE, [("Upgrade", "websocket")], status=101, ended=ended, mark=mark)
    recorder.proxy = proxy.ObservingProxy(resolve=None, exchanges=[socket])
    assert recorder._sockets_closed_early() is unheard


@pytest.mark.parametrize(
    ("text", "sold"),
    [
        ("二手车一口价收 · 比 4S 店高出 8000 元", True),
        ("手头紧?有车就能借,当天到账,最高五十万", True),
        ("卖车多卖五千", True),
        ("退款 3 天内原路到账，最高 1 万元", False),
        ("现金收费，岗亭可付", False),
        ("换车牌后请重新查询", False),
    ],
)
def test_loans_and_used_cars_are_offers(text, sold):
    assert bool(advertised(text)) is sold


@pytest.mark.parametrize(
    ("label", "breached"),
    [
        ("停车省钱卡 ¥9.9/月 本次立减 3 元，到期自动续费，可随时取消", True),
        ("停车 2 小时 36 分 ¥18.00", False),
    ],
)
def test_renewing_card_is_chosen_in_advance(label, breached):
    box = Field("div", "checkbox", "", label, "", True, True, False)
    found = {one.rule for one in findings(visited(replace(FEE, fields=(box,))), CONTEXT)}
    assert ("P5b" in found) is breached


@pytest.mark.parametrize(
    ("text", "lure"),
    [
        ("纸质停车券请输券码抵扣", False),
        ("请填写减免码抵扣停车费", False),
        ("加客服领券码，立享优惠", True),
        ("关注后获取优惠码免费停", True),
    ],
)
def test_code_of_own_coupon_lures_nobody(text, lure):
    assert bool(lured(text)) is lure


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("请核对车牌号：〈plate〉", True),
        ("确认支付 5 元？", True),
        ("Is plate 〈plate〉 correct?", True),
        ("开通会员立减 5 元，确认支付？", False),
        ("车牌不正确，是否重新输入？", False),
        ("确认取消支付？", False),
        ("是否允许定位？", False),
    ],
)
def test_dialog_about_plate_gets_a_yes(text, accepted):
    assert covers.goes_on(text) is accepted


@pytest.mark.parametrize(
    ("kind", "text", "muted", "noted", "answer"),
    [
        ("alert", "没有查到停车费", True, [], "no"),
        ("alert", "没有查到停车费", False, ["没有查到停车费"], "no"),
        ("alert", "开通会员立减 5 元", True, ["开通会员立减 5 元"], "no"),
        ("confirm", "请核对车牌号：沪Q7K319", True, [], "yes"),
    ],
)
def test_dialog_of_further_look_up_is_an_answer(kind, text, muted, noted, answer):
    given = []

    async def reply(word):
        given.append(word)

    dialog = SimpleNamespace(
        type=kind, message=text, accept=lambda: reply("yes"), dismiss=lambda: reply("no")
    )
    visit = visited(typed_by="field")
    recorder = Recorder(visit, Canary("沪Q7K319"), first="example.cn")
    recorder.phase, recorder.muted = Phase.ARRIVE, muted
    asyncio.run(_dismiss(dialog, visit, recorder))
    assert (visit.dialogs, given) == (noted, [answer])


def test_basis_of_a_price_is_no_goods():
    assert priced_goods("每日最高 10 元（业主大会 2024 年决议）") == ""
    assert priced_goods("每小时 6 元（沪价费〔2020〕12 号）") == ""
    assert priced_goods("羊绒衫 ¥99（物价局核定）")


def test_price_by_the_hour_is_one_price():
    assert priced_goods("当日换乘 8 元/天；不换乘 4 元/小时，每天最多 40 元") == ""
    assert priced_goods("精洗 38 元/次")
    assert priced_goods("就诊当日20元封顶") == ""
    assert priced_goods("商场会员\t当日消费满200元抵2小时，凭小票到一楼服务台办理") == ""
    assert priced_goods("大闸蟹礼盒 168 元")
    assert priced_goods("滞纳金 0.00 元") == ""


@pytest.mark.servers
@pytest.mark.parametrize("answer", [b"\x00garbage\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 x y\r\n\r\n"])
def test_answer_that_is_none_ends_quietly(answer):
    async def talk():
        async def garbage(_reader, writer):
            writer.write(answer)
            writer.close()

        async def resolve(_host, _port):
            return Destination("127.0.0.1", site.sockets[0].getsockname()[1])

        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        site = await asyncio.start_server(garbage, "127.0.0.1", 0)
        async with site, proxy.ObservingProxy(resolve) as between:
            port = int(between.address.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET http://pay.example.cn/p/1 HTTP/1.1\r\nHost: pay.example.cn\r\n\r\n")
            got = await reader.read()
            writer.close()
        return got, faults

    assert in_thread(talk) == (b"", [])


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("长按识别下方收款码，向老陈转账 8.00 元", True),
        ("停车费请转账给门卫张师傅", True),
        ("扫码付款后请将付款截图发给岗亭", True),
        ("请扫保安微信收款码付款", True),
        ("请勿向任何个人转账", False),
        ("凡要求您向个人转账的均为诈骗，请拨打 110", False),
        ("退款将在 3 日内转账到您的支付账户", False),
        ("月租单位请对公转账到物业公司账户", False),
        ("现金、刷卡或扫岗亭的商户收款码", False),
    ],
)
def test_transfer_to_person_is_found(text, asked):
    assert bool(asks_transfer(text)) is asked


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("使用本页即视为您同意我们向您发送营销短信", True),
        ("点击查询即表示您已阅读并同意接收优惠信息", True),
        ("继续操作视为同意将停车记录共享给合作商户", True),
        ("點擊查詢即代表您同意接收廣告推送", True),
        ("查询即表示您同意我们为计算停车费处理您的车牌", False),
        ("查询即表示您同意我们处理车牌，不用于营销", False),
        ("缴费即视为同意向支付机构提供订单号和金额", False),
        ("继续即表示同意我们发送缴费结果的服务通知", False),
        ("未经您同意，我们不会向您发送营销短信", False),
        ("付款即开通停车账户", True),
        ("点击支付，即默认开通免密支付", True),
        ("支付即授权我们向保险公司查询车险", True),
        ("支付即视为同意加入车主俱乐部", True),
        ("付款后不会自动开通任何服务", False),
        ("支付成功后车牌自动加入出场白名单", False),
        ("点击支付即同意《停车服务协议》", False),
        ("已开通无感支付的车辆，离场即视为同意扣款", False),
    ],
)
def test_consent_in_terms_is_found(text, taken):
    assert bool(consent_in_terms(text)) is taken


@pytest.mark.parametrize(
    ("text", "found_time"),
    [
        ("已于今天 14:10 缴费 8.00 元", ""),
        ("支付时间\n14:10", ""),
        ("请在以下时间内离场：\n12:22", ""),
        ("请核对入场时间\n12:22", "12:22"),
        ("收集范围：车牌号（由您输入）及对应的入场时间", ""),
        ("上次缴费 11-20 14:10", "上次缴费"),
        ("上次离场未缴\n¥6.00", ""),
        ("上次 11 月 20 日离场未缴 ¥6.00", "上次"),
        ("缴费时间 11-20 14:10", "11-20"),
        ("驶入时刻\n14:10", "14:10"),
        ("由东门入场", "由东门入场"),
        ("停放時長\n2:14", ""),
        ("停车时长\n08:41 入场", "08:41"),
    ],
)
def test_only_moment_of_payment_is_harmless(text, found_time):
    found = tells_besides(text, "")
    assert found.startswith(found_time)
    assert bool(found) is bool(found_time)


LONG = "维护期间其余时段请到岗亭付款，可用现金或刷卡。" * 12


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (f"线上缴费系统维护中\n{LONG}", True),
        (f"停车缴费\n{LONG}", False),
        (f"扫码付费正在检修\n{LONG}", True),
        (f"系统故障，暂时不能缴费\n{LONG}", True),
        (f"扫码缴费暂停，正在升级\n{LONG}", True),
        ("系统维护中，请关注公众号缴费", False),
        (f"线上缴费系统维护中\n请下载 APP 缴费\n{LONG}", False),
    ],
)
def test_long_maintenance_note_is_understood(text, closed):
    assert out_of_service(visited(Screen(HERE, "", text))) is closed


@pytest.mark.parametrize(
    ("name", "label", "strange"),
    [
        ("lot", "古镇 P1", False),
        ("a", "合生汇 B3、B4", False),
        ("lot", "会员专享车位", True),
        ("a", "送洗车", True),
    ],
)
def test_choice_of_car_park_is_harmless(name, label, strange):
    row = Field("input", "radio", name, label, "", visible=True, ticked=False, plate=False)
    visit = visited(Screen(HERE, "", "", fields=(row,)))
    assert ("P3" in {one.rule for one in findings(visit, CONTEXT)}) is strange


def test_page_blank_without_scripts_is_judged():
    shown = visited(Screen(HERE, "", "车牌号", phase=Phase.SUBMIT), typed_by="field", cashier="wx.tenpay.com")
    blank = replace(visited(Screen(HERE, "", "")), phone="no-script", scripts=False)
    assert conclude(HERE, [shown, blank], CONTEXT).verdict is not PurityVerdict.UNKNOWN
    assert conclude(HERE, [blank], CONTEXT).verdict is PurityVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("本页不会要求您关注公众号、填写手机号、获取位置信息、下载APP，也没有广告", False),
        ("不需要昵称头像、位置、注册会员", False),
        ("无需下载、注册即可缴费", False),
        ("不用现金，请下载APP缴费", True),
        ("未开启相机，请手动输入车牌", False),
        ("没有打开定位，请打开定位", True),
    ],
)
def test_denial_holds_for_its_list(text, prompts):
    assert bool(prompts_in(text)) is prompts


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("住院陪护凭护士站章每日封顶20元", False),
        ("陪护床每晚特惠20元", True),
        ("向老陈转账 8.00 元", False),
        ("轮椅租借押金封顶", False),
        ("东场、西场 8 元/次，渔港路 4 元", False),
        ("电价 0.80 元", False),
        ("火锅广场 88 元", True),
    ],
)
def test_tariff_of_a_group_is_no_offer(text, goods):
    assert bool(priced_goods(text)) is goods


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("停车费已缴清\n请在倒计时结束前离场，无需再付：\n13:00", ""),
        ("停车费已缴清\n离场剩余时间，请抓紧\n14:59", ""),
        ("停车费 8.00 元\n这辆车来的时候\n13:00", "13:00"),
        ("正在向车库查询（第 1 次）", ""),
        ("网络慢，第 2 次重试", ""),
        ("自动识别，第 3 次来", "第3次"),
    ],
)
def test_clock_is_read_with_its_line(text, expected):
    assert tells_besides(text, "") == expected


@pytest.mark.parametrize(
    ("bill", "row"),
    [
        ("停车费（49 分钟）\n¥8.00\n离场保障服务 不需要\n¥1.90\n合计\n¥9.90", "离场保障服务 不需要 ¥1.90"),
        ("停车费 ¥8.00\n爱心捐赠 ¥1.00\n合计 ¥9.00", "爱心捐赠 ¥1.00"),
        ("停车费\n¥8.00\n夜间加收\n¥2.00\n合计\n¥10.00", ""),
        ("停车费 ¥8.00\n商户减免 ¥2.00\n应付 ¥6.00", ""),
        ("停车费 ¥8.00\n充电服务费 ¥2.00\n合计 ¥10.00", ""),
    ],
)
def test_row_that_makes_the_sum_more(bill, row):
    assert billed(bill) == row


CLEANED = "停车费 ¥8.00\n清洁费 ¥2.00\n合计 ¥10.00"


@pytest.mark.parametrize(
    ("bill", "board", "row"),
    [
        (CLEANED, "收费标准：4 元/小时", "清洁费 ¥2.00"),
        (CLEANED, "收费标准：4 元/小时，另收清洁费 2 元/次", ""),
        ("停车费 ¥8.00\n合计 ¥8.00", "收费标准：4 元/小时", ""),
    ],
)
def test_charge_for_the_place_needs_the_board(bill, board, row):
    assert billed(bill) == ""
    assert charged_for_the_place(bill, board) == row


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("https://wx.tenpay.com/x?prepay_id=1&redirect_url=%2Fp%2Fdone", "/p/done"),
        (
            "https://openapi.alipay.com/g?return_url=https%3A%2F%2Fpay.example.cn%2Fok",
            "https://pay.example.cn/ok",
        ),
        ("frontUrl=https%3A%2F%2Fpay.example.cn%2Fok&txnAmt=800", "https://pay.example.cn/ok"),
        (
            "backUrl=https%3A%2F%2Fpay.example.cn%2Fn&frontUrl=https%3A%2F%2Fpay.example.cn%2Fok",
            "https://pay.example.cn/ok",
        ),
        ("https://syb.allinpay.com/x?returl=https%3A%2F%2Fpay.example.cn%2Fok", "https://pay.example.cn/ok"),
        ("page_notify_url=%2Fok&back_notify_url=%2Fn&quit_url=%2Fp", "/ok"),
        ("https://wx.tenpay.com/x?redirect_url=pages&notify_url=https%3A%2F%2Fpay.example.cn", ""),
    ],
)
def test_cashier_names_where_to_return(asked, address):
    assert returns_to(asked) == address


@pytest.mark.parametrize(
    ("cashier", "names"),
    [
        ("wx.tenpay.com", True),
        ("openapi.alipay.com", True),
        ("getBrandWCPayRequest", True),
        ("weixin:", True),
        ("qr.95516.com", False),
        ("pay.lakala.com", False),
    ],
)
def test_other_cashiers_hide_the_return(cashier, names):
    assert names_its_return(cashier) is names


@pytest.mark.parametrize(
    ("label", "ticked", "breached"),
    [
        ("不绑定车牌到微信，不开通“下次自动扣费”免密支付", False, True),
        ("我不需要接收优惠短信", False, True),
        ("拒绝将车牌共享给合作商户", False, True),
        ("不同意接收活动推送", False, True),
        ("Do not enrol me as a member", False, True),
        ("不绑定车牌到微信，不开通免密支付", True, False),
        ("我不需要接收优惠短信", True, False),
        ("不需要发票", False, False),
        ("不打印小票", False, False),
        ("不播放语音", False, False),
        ("不是本人的车", False, False),
        ("无牌车", False, False),
    ],
)
def test_refusal_to_tick_binds_by_default(label, ticked, breached):
    box = Field("input", "checkbox", "", label, "", True, ticked, False)
    visit = visited(replace(FEE, fields=(box,)))
    assert ("P5b" in {one.rule for one in findings(visit, CONTEXT)}) is breached


@pytest.mark.parametrize(
    ("notice", "found"),
    [
        ("影院、广告商等都收不到车牌", False),
        ("车牌提供给广告商用于推荐", True),
        ("广告商也能收到车牌", True),
        ("不使用 Cookie 进行跟踪，不投放广告", False),
        ("从不对您做画像、推送活动信息", False),
        ("不定期推送优惠活动信息", True),
        ("车牌可不经同意共享给合作商户", True),
    ],
)
def test_who_gets_nothing_is_denied(notice, found):
    assert bool(used_for_marketing(notice)) is found


def test_pages_behind_personal_fields_stay_untested():
    phone = Field("input", "tel", "t", "请输入手机号", "", True, False, False)
    visit = visited(
        Screen(HERE, "", "请验证手机号后查看账单", fields=(phone,), phase=Phase.SUBMIT),
        typed_by="field",
        did={"opened", "waited", "touched", "scrolled", "looked up"},
    )
    paid = replace(visit, fee=True, cashier="wx.tenpay.com")
    for rule in ("P5c", "P11b", "P12e"):
        assert "请输入手机号" in not_tested(rule, [visit], CONTEXT)
        assert not_tested(rule, [paid], CONTEXT) == ""


@pytest.mark.parametrize(
    ("way", "missing"),
    [("可向 021-6404 3350 或上述地址提出", ""), ("自 2026 年 10 月 12 日起施行", "联系方式")],
)
def test_number_is_a_contact(way, missing):
    notice = f"为查询停车费处理车牌，保存 30 天。{way}"
    visit = visited(FEE, typed_by="field", notice=notice)
    assert next((one.evidence for one in findings(visit, CONTEXT) if one.rule == "P15a"), "") == missing


def test_known_car_needs_a_notice():
    lane = visited(replace(FEE, text="沪A·***45 应付 8.00 元"), known_car=True, notice="")
    assert "P15a" in {one.rule for one in findings(lane, CONTEXT)}


@pytest.mark.parametrize(
    ("shown", "explains"),
    [("停 2 小时：首小时 4 元 + 2 个半小时 4 元 = 8 元", True), ("小满和她的猫住在二楼，每天看雨", False)],
)
def test_worked_price_explains_its_button(shown, explains):
    visit = visited(FEE, behind=[("来看看", replace(FEE, text=f"{FEE.text}\n{shown}"))])
    assert ("来看看" in explained_by_target(visit)) is explains


@pytest.mark.parametrize(
    ("labels", "left_open"),
    [
        ([f"第{n}位 空" for n in range(1, 9)], False),
        (["第5位 空"], True),
        ([f"{n} 元红包任你拆" for n in range(1, 9)], True),
    ],
)
def test_row_of_boxes_is_explained(labels, left_open):
    buttons = tuple(PageControl(label, "", False, False, 900, False) for label in labels)
    assert bool(not_pressed(visited(replace(FEE, controls=buttons)))) is left_open


@pytest.mark.parametrize(
    ("line", "label", "breached"),
    [
        ("以下与本次缴费无关", "会员服务（另行登录）", False),
        ("以下与本次缴费无关", "会员停车优惠，立即领取", True),
        ("以下与本次缴费无关", "关注公众号", True),
        ("更多服务", "会员服务（另行登录）", True),
    ],
)
def test_member_entry_set_apart_accuses_nobody(line, label, breached):
    link = PageControl(label, f"{HERE}/member", False, False, 900, False)
    visit = visited(replace(FEE, text=f"{FEE.text}\n{line}\n{label}", controls=(link,)))
    assert ("P5a" in {one.rule for one in findings(visit, CONTEXT)}) is breached
    assert breached or not_pressed(visit) == label


@pytest.mark.parametrize(
    ("code", "waylays"),
    [
        ("weixin://wxpay/bizpayurl?pr=Yq7K2fOz1", False),
        ("https://qr.alipay.com/bax01234", False),
        ("https://qr.95516.com/00010000/1", False),
        ("wxp://f2f0abc", True),
        ("https://u.wechat.com/abc", True),
        ("weixin://dl/business/?t=1", True),
    ],
)
def test_code_of_cashier_waylays_nobody(code, waylays):
    shown = replace(FEE, phase=Phase.PAY, pictures=(Picture("支付码", "svg", code=code),))
    assert bool(covers.interceptions(shown, FEE)) is waylays


def test_guess_that_pays_nothing_is_judged_as_opened():
    opened = Screen(HERE, "", "抽奖赢大奖", phase=Phase.PAY, moment="pay")
    visit = visited(FEE, opened, pressed_pay=True, waylaid="抽奖赢大奖")
    Paying._take_back_guess(SimpleNamespace(visit=visit), ["看看"])
    assert visit.behind == [("看看", opened)]
    assert (visit.screens, visit.pressed_pay, visit.waylaid) == ([FEE], False, "")


def test_kind_of_invoice_may_be_described():
    kinds = tuple(
        Field("input", "radio", "t", label, "", True, False, False) for label in ("个人（不填姓名）", "单位")
    )
    assert not_understood(visited(replace(FEE, fields=kinds))) == ""


@pytest.mark.parametrize(
    ("served", "hides"),
    [
        (b"<x-pay><template shadowrootmode=closed><p>", True),
        (b"e.setHTMLUnsafe('<template shadowRootMode=\"closed\">')", True),
        (b"<x-pay><template shadowrootmode=open><p>closed", False),
    ],
)
def test_closed_root_in_markup_is_noticed(served, hides):
    recorder = Recorder(visited(FEE), Canary("沪Q7K319"))
    recorder.proxy = SimpleNamespace(exchanges=[Exchange(1, "GET", HERE, [], answer=served)])
    assert recorder.may_hide_in_shadow() is hides


def test_keyboard_counts_on_unrecorded_screens():
    keys = Overlay("1 2 3", 40, 30)
    actions = SimpleNamespace(reader=SimpleNamespace(last=replace(FEE, overlays=(keys,))))
    assert PageActions._keys_lie_over(actions, {"free": False})
    assert not PageActions._keys_lie_over(actions, {"free": True})


@pytest.mark.parametrize(
    ("url", "text", "breached"),
    [
        (HERE, "支付成功\n还差一步：关注“大场生活圈”，道闸收到后自动抬起", True),
        (HERE, "支付成功\n请先注册会员，才能离场", True),
        (HERE, "关注公众号后，请到出口，道闸自动抬起", True),
        (HERE, "支付成功，请在 15 分钟内离场，如需开票请关注公众号", False),
        (HERE, "支付成功\n请在 15 分钟内离场，道闸自动抬起", False),
        (HERE, "支付成功，无需关注公众号，栏杆自动抬起", False),
        ("https://draw.other.cn/", "", True),
        ("https://wx.tenpay.com/x", "", False),
        ("https://h5.zhongting-park.com/order/…?no", "", False),
        ("https://hd.other.cn/order/result", "", True),
    ],
)
def test_what_is_asked_after_pay(url, text, breached):
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[Screen(url, "", text)])
    assert ("P5d" in {one.rule for one in findings(visit, CONTEXT)}) is breached


@pytest.mark.parametrize("known", [True, False])
def test_lane_page_is_no_answer_to_a_plate(known):
    arrived = Screen(HERE, "", "正在读取您前方的车辆")
    shown = Screen(HERE, "", "应付 8.00 元\n道口相机识别的车牌", phase=Phase.SUBMIT)
    visit = visited(arrived, shown, fee=True, known_car=known, typed_by="" if known else "field")
    assert ("P11b" in {one.rule for one in findings(visit, CONTEXT)}) is not known


PAD = "\n".join("1234567890")


@pytest.mark.parametrize(
    ("text", "breached"),
    [
        (f"¥8.00\n接收电子票据的手机号(必填)\n{PAD}\n去支付", True),
        (f"请输入手机号\n11 位\n\n{PAD}", True),
        (f"输入车牌后五位\n{PAD}\n服务电话 021-5555 0100", False),
        (f"服务电话：021-5677 0188\n车牌号\n{PAD}", False),
        (f"不需要手机号\n{PAD}", False),
        (f"手机号\n{PAD}\n" + "\n".join("ABCDEFGHJKLM"), False),
        ("请输入手机号\n1\n2\n3", False),
    ],
)
def test_number_pad_that_asks_who_is_found(text, breached):
    visit = visited(Screen(HERE, "", text, phase=Phase.SUBMIT), typed_by="field", fee=True)
    assert ("P3" in {one.rule for one in findings(visit, CONTEXT)}) is breached


def numbered(*labels, plates=1):
    return tuple(
        Field("input", "text", f"c{place}", label, "", True, False, place < plates)
        for place, label in enumerate(labels)
    )


@pytest.mark.parametrize(
    ("labels", "plates", "asked"),
    [
        (["第1位，省份简称", *(f"第{n}位" for n in range(2, 9))], 1, ""),
        (["第1位，省份简称", *(f"第{n}位" for n in range(2, 9))], 0, "第2位"),
        (["第1位，省份简称", "第2位", "第3位"], 1, "第2位"),
        ([f"短信验证码第{n}位" for n in range(1, 7)], 0, "短信验证码第1位"),
    ],
)
def test_numbered_boxes_of_a_plate_are_its_own(labels, plates, asked):
    arrived = Screen(HERE, "", "", fields=numbered(*labels, plates=plates))
    turned = replace(arrived, fields=numbered(*labels, plates=0), moment="turned")
    assert not_understood(visited(arrived, turned)) == asked


def test_unseen_page_after_pay_needs_a_person():
    did = {"opened", "waited", "touched", "scrolled", "looked up"}
    visit = visited(FEE, typed_by="field", did=did, cashier="wx.tenpay.com")
    assert not any(not_tested(rule, [visit], CONTEXT) for rule in ("P5d", "P12d"))
    visit.unseen_afterwards = "付款后的页面没有看到"
    assert all("须由人核对" in not_tested(rule, [visit], CONTEXT) for rule in ("P5d", "P12d"))


def test_seen_page_after_pay_is_reported():
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com")
    assert "付款后" not in what_was_done("P5d", [visit])
    visit.afterwards.append(Screen(HERE, "", "支付成功"))
    assert "看付款后的页面" in what_was_done("P5d", [visit])


@pytest.mark.parametrize(
    ("label", "asked"),
    [("字母 / 数字", False), ("切换到省份", False), ("数字和字母", False), ("数字藏品 / 字母盲袋", True)],
)
def test_other_keys_need_no_person(label, asked):
    control = PageControl(label, "", third=False, picture=False, area=900, ad=False)
    assert bool(not_pressed(visited(Screen(HERE, "", label, controls=(control,))))) is asked


@pytest.mark.parametrize(
    ("label", "prompt"),
    [
        ("有店家给的停车券码？（选填）", ""),
        ("输入停车券码", ""),
        ("手里有停车券吗", ""),
        ("选择停车券", ""),
        ("使用优惠券", ""),
        ("领取停车券码", "领券"),
        ("有停车券待领取", "领券"),
        ("您有 3 张优惠券", "领券"),
        ("优惠券", "领券"),
    ],
)
def test_own_coupon_is_no_prompt(label, prompt):
    assert prompt_of_control(label) == prompt
    assert prompt or not leads_elsewhere(label)


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("支付成功\n请在 15 分钟内离场", True),
        ("已付 8.00 元", True),
        ("停车费已缴清", True),
        ("Payment received", True),
        ("已缴费，正在抬杆", True),
        ("正在确认，已付款请勿重复支付", False),
        ("正在确认付款结果", False),
        ("付款成功后这里会显示离场时限", False),
        ("如已付款，请刷新本页", False),
        ("尚未支付成功", False),
        ("已付费用可开票", False),
        ("应付 8.00 元", False),
    ],
)
def test_result_page_says_that_it_was_paid(text, paid):
    assert says_paid(text) is paid


OWN = "https://pay.example.cn/api/"


@pytest.mark.parametrize(
    ("at", "url", "mode", "asked"),
    [
        (6, OWN + "status", "cors", "/api/status"),
        (6, OWN + "lot", "cors", ""),
        (6, OWN + "log", "no-cors", ""),
        (4, OWN + "order", "cors", ""),
        (6, "https://t.other.cn/status", "cors", ""),
    ],
)
def test_question_behind_cashier_is_noted(at, url, mode, asked):
    def sent(at, url, phase, mode="cors"):
        headers = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", mode)]
        return Exchange(at, "GET", url, headers, mark=RequestMoment(phase, False, False, False, ""))

    recorder = Recorder(visited(FEE), Canary("沪Q7K319"))
    recorder.first, recorder.cashier_at = "example.cn", 5
    recorder.proxy = SimpleNamespace(
        exchanges=[sent(1, OWN + "lot", Phase.ARRIVE), sent(at, url, Phase.PAY, mode)]
    )
    assert recorder.asked_behind_cashier() == asked


@pytest.mark.parametrize(
    ("early", "answer", "asked"),
    [("rum", b"", ""), ("rum", b"<p>\xe9\xa2\x86\xe5\x88\xb8", "/api/rum"), ("lot", b"", "/api/rum")],
)
def test_report_without_answer_is_no_question(early, answer, asked):
    def sent(at, path, phase, body, answer=b""):
        headers = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")]
        mark = RequestMoment(phase, False, False, False, "")
        return Exchange(at, "POST", OWN + path, headers, body, answer=answer, mark=mark)

    recorder = Recorder(visited(FEE), Canary("沪Q7K319"))
    recorder.first, recorder.cashier_at = "example.cn", 5
    rows = [sent(1, early, Phase.ARRIVE, b"1"), sent(6, "rum", Phase.PAY, b"2", answer)]
    recorder.proxy = SimpleNamespace(exchanges=rows)
    assert recorder.asked_behind_cashier() == asked


@pytest.mark.parametrize(
    ("answer", "others", "open_still"),
    [
        ("请用微信或支付宝扫码打开后付款", "bridge:tradePay", False),
        ("请用微信或支付宝扫码打开后付款", "", True),
        ("系统忙，请稍后再试", "bridge:tradePay", True),
    ],
)
def test_page_may_be_paid_in_apps_alone(answer, others, open_still):
    answered = replace(FEE, text=f"{FEE.text}\n{answer}", phase=Phase.PAY)
    did = {"opened", "waited", "touched", "scrolled", "looked up"}
    plain = visited(FEE, answered, typed_by="field", did=did, pressed_pay=True)
    alipay = visited(FEE, typed_by="field", did=did, pressed_pay=True, cashier=others)
    assert bool(not_tested("P2", [plain, alipay], CONTEXT)) is open_still


FOOTER = "\n".join(
    ["收款方：万佳停车", "投诉 021-5555 0100", "车牌只用于查询和缴纳本次停车费，付款后删除。" * 6]
)


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        (f"请使用微信或支付宝扫一扫\n{FOOTER}", True),
        (f"临停缴费\n请用微信打开\n{FOOTER}", True),
        (f"{FOOTER}\n请用微信打开", False),
        ("请用支付宝扫码打开后付款", True),
    ],
)
def test_page_only_for_apps_says_so(text, says_so):
    assert only_in_app(visited(Screen(HERE, "", text))) is says_so


@pytest.mark.parametrize(
    ("url", "main", "accused"),
    [
        ("https://mp.weixin.qq.com/mp/profile_ext?action=home", True, True),
        ("https://act.other-zoo.cn/hongbao", True, True),
        ("https://act.other-zoo.cn/hongbao", False, False),
        ("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb", True, False),
        ("https://pay.second-zoo.cn/cashier", True, False),
    ],
)
def test_page_that_leaves_the_fee(url, main, accused):
    request = Request(Phase.SUBMIT, "GET", url, "document", third=True, main=main)
    visit = visited(FEE, typed_by="field", fee=True, requests=[request])
    found = {one.what for one in findings(visit, CONTEXT) if one.rule == "P5d"}
    assert ("看到费用后网页自己转到他站" in found) is accused


@pytest.mark.parametrize(
    ("url", "text", "accused"),
    [
        ("https://loan.other-zoo.cn/apply", "", True),
        ("ccbapp://open", "", True),
        (HERE, "登录会员后支付", True),
        (HERE, "停车费 ¥8.00", False),
        ("https://qr.95516.com/pay", "", False),
        ("https://h5.other-zoo.cn/pay/cashier", "", False),
    ],
)
def test_other_way_to_pay_has_to_pay(url, text, accused):
    visit = visited(FEE, typed_by="field", other_payments=[("银行卡支付", Screen(url, "", text))])
    assert ("P5d" in {one.rule for one in findings(visit, CONTEXT)}) is accused


@pytest.mark.parametrize(
    ("name", "paid", "rules"),
    [
        ("geolocation", True, {"P9a"}),
        ("bridge:getPhoneNumber", True, {"P4a"}),
        ("listen", True, set()),
        ("geolocation", False, set()),
    ],
)
def test_question_after_payment_is_noted(name, paid, rules):
    recorder = Recorder(visited(FEE, typed_by="field"), Canary("沪Q7K319"), muted=True, paid=paid)
    recorder.probed({"name": name, "detail": "", "by": HERE})
    found = {one.rule for one in findings(recorder.visit, CONTEXT)}
    assert found & {"P4a", "P9a"} == rules
    assert {call.phase for call in recorder.visit.calls} <= {Phase.PAY}


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("1 元投保并缴费", "1元投保并缴费"),
        ("储值 100 元", "储值100元"),
        ("充值并缴费", ""),
        ("储值卡支付", ""),
        ("返回", ""),
    ],
)
def test_money_for_later_is_no_fee(label, found):
    sheet = replace(FEE, controls=(PageControl(label, "", False, False, 900, False),))
    assert covers.interceptions(sheet, FEE) == found


@pytest.mark.parametrize(
    ("url", "body", "repeated"),
    [
        ("/alive?at=17", b"", True),
        ("/alive?at=x", b"", False),
        ("/other", b"", False),
        ("/alive?at=3", b"n=2", False),
    ],
)
def test_site_that_is_spared_is_asked_once(url, body, repeated):
    asked = Exchange(1, "GET", "https://pay.example.cn/alive?at=3", [], status=404, ended=2)
    between = proxy.ObservingProxy(resolve=None, exchanges=[asked])
    again = Exchange(3, "GET", f"https://pay.example.cn{url}", [], body)
    assert (between._asked_before(again) is asked) is repeated


@pytest.mark.parametrize(
    ("url", "asked"),
    [("https://h5.zhongting.com/pay/result", True), ("https://pay.example.cn/result", False)],
)
def test_result_on_other_site_needs_a_person(url, asked):
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[Screen(url, "", "")])
    assert ("由人核对" in not_tested("P5d", [visit], CONTEXT)) is asked


@pytest.mark.parametrize(
    ("shown", "notice", "reason"),
    [
        ("《隐私政策》\n停放 3 小时", "加载中…", True),
        ("我们如何使用您的车牌：只为结算本次停车费，离场后 72 小时删除", "", False),
        ("停车缴费", "", True),
        ("《隐私政策》", "车牌只用于查询停车费，7 天后删除", False),
        ("车牌只用于查询停车费，7 天后删除", "", True),
        ("车牌号自出场之日起保存七日，您有权查询、更正、删除", "", False),
        ("收集车牌号一项；保存到离场后 24 小时；您有查阅、更正、删除、投诉的权利", "", False),
        ("车牌号保存到离场后 24 小时", "", True),
    ],
)
def test_empty_notice_is_none(shown, notice, reason):
    visit = visited(Screen(HERE, "", shown), typed_by="field", notice=notice)
    assert bool(not_tested("P15b", [visit], CONTEXT)) is reason


def test_payee_is_no_goods():
    assert priced_goods("收款方：上海车墩影视乐园有限公司　¥8/次") == ""


@pytest.mark.parametrize(("touched", "compared"), [(False, {"第三方 hm.baidu.com"}), (True, set())])
def test_request_after_touch_is_not_hidden(touched, compared):
    asked = Request(Phase.ARRIVE, "GET", "https://hm.baidu.com/hm.js", "script", third=True, touched=touched)
    assert suspects(visited(requests=[asked])) == compared


PHONE = Field("input", "text", "sj", "手机号", "", visible=True, ticked=False, plate=False)


@pytest.mark.parametrize(
    ("answer", "breached"),
    [
        (FEE, set()),
        (replace(FEE, fields=(PHONE,)), {"P3"}),
        (replace(FEE, overlays=(Overlay("正在为您匹配离场礼遇", 40, 0),)), set()),
        (
            replace(FEE, overlays=(Overlay("恭喜抽中洗车大礼包", 60, 0, controls=("去领取",)),)),
            {"P5a", "P5c"},
        ),
    ],
)
def test_corrected_plate_is_asked_no_more(answer, breached):
    visit = visited(FEE, typed_by="field", fee=True, asked_again=[FEE, answer])
    found = {one.rule for one in findings(visit, CONTEXT)}
    assert found & {"P3", "P5a", "P5c"} == breached


@pytest.mark.parametrize(
    ("label", "corrects"),
    [
        ("查另一辆车", 2),
        ("查下一辆", 2),
        ("查看其他费用", 0),
        ("车牌输错了,重新查", 2),
        ("换一辆车牌", 2),
        ("返回", 1),
        ("立即支付", 0),
        ("返回地图导航到停车场出口的路线和方向", 0),
    ],
)
def test_button_that_leads_back_to_the_plate(label, corrects):
    recorder = Recorder(visited(FEE), Canary("沪Q7K319"), first="example.cn")
    assert Ranks(recorder).corrects({"text": label, "href": ""}) == corrects


@pytest.mark.parametrize(
    ("label", "pays"),
    [
        ("非会员支付", True),
        ("暂不开通，直接支付", True),
        ("Pay as non-member", True),
        ("会员价支付 ¥12.00", False),
        ("开通会员并支付", False),
        ("不用排队，开通会员支付", False),
    ],
)
def test_button_that_declines_an_offer_pays(label, pays):
    recorder = Recorder(visited(FEE), Canary("沪Q7K319"), first="example.cn")
    assert bool(Ranks(recorder).pay({"text": label, "href": "", "above": False, "way": False})) is pays
    bill = replace(FEE, controls=(PageControl(label, "", False, False, 900, False),))
    posing = {one.what for one in findings(visited(bill), CONTEXT)}
    assert ("按钮形似支付，实为营销" in posing) is not pays


def test_button_pays_and_not_what_it_pays_by():
    rank = Ranks(Recorder(visited(FEE), Canary("沪Q7K319"), first="example.cn")).pay
    row = {"text": "微信支付", "href": "", "above": False, "way": True}
    assert 0 < rank(row) < rank(row | {"text": "确认支付", "way": False})


@pytest.mark.parametrize(("gone", "compared"), [(True, set()), (False, {"遮罩或弹窗"})])
def test_cover_that_went_away_is_not_hidden(gone, compared):
    splash = Screen(
        HERE, "", "新车上市", overlays=(Overlay("新车上市", 100, 0, controls=("关闭",)),), moment="opened"
    )
    later = Screen(HERE, "", "停车缴费", overlays=() if gone else splash.overlays, moment="waited")
    assert suspects(visited(splash, later), lasting=True) == compared


@pytest.mark.parametrize(
    ("fees", "left_open"), [(("8.00", "8.00"), False), (("8.00", "13.00"), False), (("13.00", "8.00"), True)]
)
def test_fee_that_fell_is_left_open(fees, left_open):
    visits = [
        Visit(name, True, HERE, url=HERE, status=200, fee=True, looked_up_at=float(place),
              screens=[Screen(HERE, "", ""), Screen(HERE, "", f"停车费\n¥{fee}", phase=Phase.SUBMIT)])
        for place, (name, fee) in enumerate(zip(("wechat", "plain"), fees, strict=True))
    ]  # fmt: skip
    assert ("先后查到" in not_tested("P12e", visits, CONTEXT)) is left_open


@pytest.mark.parametrize(
    ("url", "reports"),
    [
        ("https://pay.example.cn/pk/mall", True),
        ("https://pay.example.cn/act/draw", True),
        ("https://pay.example.cn/order/success", False),
        ("https://pay.example.cn/mall/parking/ok", False),
    ],
)
def test_market_after_pay_is_an_advertisement(url, reports):
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[Screen(url, "", "今日爆款")])
    found = {one.what for one in findings(visit, CONTEXT)}
    assert ("付款后自动转到营销页" in found) is reports


@pytest.mark.parametrize(
    ("cover", "sells"), [("抽免单！100% 中奖，输入手机号立即抽奖", True), ("请在 15 分钟内离场", False)]
)
def test_lottery_over_the_result_is_an_advertisement(cover, sells):
    paid = Screen(HERE, "", f"支付成功\n{cover}", overlays=(Overlay(cover, 100, 0),))
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[paid])
    assert ("P12d" in {one.rule for one in findings(visit, CONTEXT)}) is sells


@pytest.mark.parametrize(
    ("sign", "answer", "tells"),
    [
        ("道路停车\n泊位 HK0231", "泊位 HK0231\n应付 ¥9.00", False),
        ("道路停车", "泊位 HK0231\n应付 ¥9.00", True),
        ("泊位：请看地面编号", "泊位 HK0231\n应付 ¥9.00", True),
    ],
)
def test_bay_of_the_sign_tells_nothing(sign, answer, tells):
    shown = Screen(HERE, "", sign), Screen(HERE, "", answer, phase=Phase.SUBMIT)
    assert ("P11b" in {one.rule for one in findings(visited(*shown, typed_by="field"), CONTEXT)}) is tells


@pytest.mark.parametrize(
    ("text", "is_owed"),
    [
        ("3 号出口\n沪A1***45\n停放 2 小时 14 分\n¥15.00", True),
        ("当前车辆 沪A·••••5\n15.00 元", True),
        ("应付 15.00", True),
        ("停车 2 小时内免费\n¥10.00", False),
        ("车牌格式如 沪A12345\n¥10.00", False),
    ],
)
def test_fee_of_a_known_car_is_recognised(text, is_owed):
    assert owes(text) is is_owed


@pytest.mark.parametrize("acts", [True, False])
def test_wordless_picture_after_pay_is_left_open(acts):
    paid = Screen(HERE, "", "支付成功", pictures=(Picture("", f"{HERE}.svg", href=f"{HERE}/x", acts=acts),))
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[paid])
    assert ("看不出做什么" in not_tested("P12d", [visit], CONTEXT)) is acts


@pytest.mark.parametrize(
    ("label", "href", "covers_it", "outcome"),
    [
        ("关注公众号", "", False, "person"),
        ("停车小助手", "https://mp.weixin.qq.com/mp/profile_ext?action=home", False, "person"),
        ("关注公众号", "", True, "breach"),
        ("关注公众号开具发票", "", False, ""),
        ("关注公众号开具发票", "", True, ""),
        ("返回首页", "", False, ""),
    ],
)
def test_following_from_the_receipt_is_judged(label, href, covers_it, outcome):
    button = PageControl(label, href, third=False, picture=False, area=9, ad=False)
    cover = (Overlay(label, 100, 0, controls=(label,)),) if covers_it else ()
    paid = Screen(HERE, "", f"支付成功\n{label}", controls=() if cover else (button,), overlays=cover)
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[paid])
    assert ("P12d" in {one.rule for one in findings(visit, CONTEXT)}) is (outcome == "breach")
    assert ("是否推广" in not_tested("P12d", [visit], CONTEXT)) is (outcome == "person")


@pytest.mark.parametrize(
    ("line", "label", "outcome"),
    [
        ("恭喜您获得洗车券一张", "去使用", "breach"),
        ("车险到期？算算能省多少", "立即测算", "breach"),
        ("贷款额度最高 20 万", "查额度", "breach"),
        ("恭喜您获得洗车券一张", "完成", ""),
        ("本次停车为您节省 6 元", "查看奖励", "person"),
        ("电子发票", "去开票", ""),
        ("停车券已抵扣 5 元", "返回首页", ""),
    ],
)
def test_what_acts_on_the_receipt_is_judged(line, label, outcome):
    button = PageControl(label, "", third=False, picture=False, area=9, ad=False)
    paid = Screen(HERE, "", f"支付成功\n{line}\n{label}", controls=(button,))
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[paid], led_on={"支付"})
    assert ("P12d" in {one.rule for one in findings(visit, CONTEXT)}) is (outcome == "breach")
    left_open = "看不出做什么" in not_tested("P12d", [visit], CONTEXT)
    assert outcome == "breach" or left_open is (outcome == "person")


@pytest.mark.parametrize(
    ("label", "target", "apart"),
    [
        ("会员中心", "会员登录\n停车缴费无需登录", True),
        ("会员中心", "会员登录", False),
        ("会员停车立减 5 元", "停车缴费无需登录", False),
    ],
)
def test_member_page_may_set_itself_apart(label, target, apart):
    link = PageControl(label, f"{HERE}/member", False, False, 900, False)
    visit = visited(replace(FEE, text=f"{FEE.text}\n{label} · 收费公示", controls=(link,)))
    visit.behind.append((label, Screen(f"{HERE}/member", "", target)))
    visit.apart_behind = set_apart_by_target(visit)
    assert ("P5a" in {one.rule for one in findings(visit, CONTEXT)}) is not apart
    assert not apart or not_pressed(visit) == label


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("扫码加企微 领洗车券", "breach"),
        ("长按识别 关注公众号", "person"),
        ("关注公众号开具发票", ""),
        ("出口指引图", ""),
    ],
)
def test_poster_on_the_receipt_is_judged(text, outcome):
    paid = Screen(HERE, "", "支付成功", pictures=(Picture("", f"{HERE}.png", text),))
    visit = visited(FEE, typed_by="field", cashier="wx.tenpay.com", afterwards=[paid])
    assert ("P12d" in {one.rule for one in findings(visit, CONTEXT)}) is (outcome == "breach")
    assert outcome == "breach" or ("是否推广" in not_tested("P12d", [visit], CONTEXT)) is (
        outcome == "person"
    )


@pytest.mark.parametrize(("label", "breached"), [("立即支付(含 1 元保障)", True), ("立即支付", False)])
def test_pay_button_sells_no_protection(label, breached):
    button = PageControl(label, "", third=False, picture=False, area=9, ad=False)
    visit = visited(replace(FEE, controls=(button,)), typed_by="field")
    assert ("P5d" in {one.rule for one in findings(visit, CONTEXT)}) is breached
