"""The pure parts: addresses, disguises of a plate, words, sites, lists, changes."""

import base64
import hashlib
from dataclasses import replace

import pytest

from selfcheck import answer_wording, covers, offer_wording, page_wording, plain_chinese, prompt_wording
from selfcheck.breaches import Context
from selfcheck.canary import Canary
from selfcheck.cashiers import cashier_at, silent_openid
from selfcheck.check_runs import BadList, Row, read_list, table
from selfcheck.checking import in_thread
from selfcheck.coverage import not_tested
from selfcheck.hosts import Lists, read_easy
from selfcheck.judging import findings
from selfcheck.network_addresses import Refused, guarded, is_public
from selfcheck.purity_rules import RULES
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.sites import site_of, tidy
from selfcheck.verdicts import compare
from selfcheck.visit import (
    FOLLOWING,
    Overlay,
    PageControl,
    Phase,
    Picture,
    Request,
    Screen,
    StoredItem,
    Visit,
)
from tests.selfcheck.zoo.sentences import ASKS, ASKS_NOTHING

PLATE = "沪Q7K319"
CANARY = Canary(PLATE)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("114.114.114.114", True),
        ("2400:3200::1", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.1.1", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("2002:7f00:1::", False),
        ("::ffff:114.114.114.114", True),
        ("::ffff:169.254.169.254", False),
        ("::10.0.0.1", False),
        ("64:ff9b::7272:7272", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7272:7272", False),
        ("fec0::1", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("::", False),
        ("2001:db8::1", False),
        ("2001:0:0:0:0:0:f5ff:fffe", False),
        ("2400:3200::5efe:10.0.0.1", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("240.0.0.1", False),
        ("not an address", False),
    ],
)
def test_only_internet_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 80), ("localhost", 443), ("114.114.114.114", 22)])
def test_private_addresses_and_ports_are_refused(host, port):
    with pytest.raises(Refused):
        in_thread(lambda: guarded()(host, port))
    if port != 22:
        assert in_thread(lambda: guarded(allow_private=True)(host, port)).port == port


def digest(name, text):
    return hashlib.new(name, text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"plate={PLATE}", "plain"),
        ("plate=%E6%B2%AAQ7K319", "plain"),
        ("plate=%BB%A6Q7K319", "plain"),
        ("c=沪Q·7K319", "plain"),
        ('{"p":"\\u6caaQ7K319"}', "plain"),
        ("n=q7k319", "plain"),
        (base64.b64encode(PLATE.encode()).decode(), "base64"),
        (base64.b64encode(f'{{"a":1,"plate":"{PLATE}"}}'.encode()).decode(), "base64"),
        (base64.urlsafe_b64encode(f"x{PLATE}y".encode()).decode(), "base64"),
        (base64.b32encode(PLATE.encode()).decode().lower(), "base32"),
        (PLATE.encode().hex(), "hex"),
        *((digest(name, PLATE), name) for name in ("md5", "sha1", "sha256", "sha512")),
        (digest("md5", PLATE).upper(), "md5"),
        (digest("sha256", "沪Q·7K319"), "sha256"),
        (f"https://b{PLATE.encode().hex()[::-1]}.line.cn/", "reversed"),
        (PLATE[::-1], "reversed"),
    ],
)
def test_encoded_plate_is_found(text, form):
    assert CANARY.forms_in(text) == (form,)


@pytest.mark.parametrize("text", ["plate=沪A12345", "7K31", "", digest("md5", "沪A12345"), "q7k3-19"])
def test_other_text_is_not_the_plate(text):
    assert CANARY.forms_in(text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请先关注公众号", {"关注"}),
        ("无需关注、注册，不收手机号", set()),
        ("只用车牌查询和缴纳本次停车费，不需关注、登录，不收手机号。", set()),
        ("No login, no phone number, nothing to follow.", set()),
        ("输入手机号获取验证码", {"手机号"}),
        ("领取优惠券后缴费", {"领券"}),
        ("下载 APP 享优惠", {"下载"}),
        ("关注点：注意车距", set()),
        ("本停车场免费停放 15 分钟。加入会员免费停 2 小时", {"会员"}),
    ],
)
def test_prompt_differs_from_denial(text, found):
    assert set(prompt_wording.prompts_in(text)) == found


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("按住说出手机号找车", "手机号"),
        ("按住说出车牌", ""),
        ("使用说明：手机横屏", ""),
        ("报出手机电量", ""),
    ],
)
def test_spoken_phone_number_is_a_prompt(text, prompt):
    assert prompt_wording.prompt_of_control(text) == prompt


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        *((text, "会员") for text in ("个人中心", "车主中心", "我的账户", "我的积分")),
        *((text, "") for text in ("服务中心", "客服中心电话", "我的车牌", "我的车停了多久")),
    ],
)
def test_way_to_an_account_is_a_prompt(text, prompt):
    assert prompt_wording.prompt_of_control(text) == prompt


@pytest.mark.parametrize(
    ("text", "prompt"),
    [("＋ 一键关注，停车早知道", "关注"), ("以 LINE 帳號繼續", "登录"), ("★ 关注限高 2.1 米", "")],
)
def test_sign_before_a_prompt_hides_nothing(text, prompt):
    assert prompt_wording.prompt_of_control(text) == prompt


@pytest.mark.parametrize(
    ("text", "dear"),
    [
        ("支付停车费 ¥8.00", False),
        ("线上缴费 8.00 元", False),
        ("停车服务费 ¥18.00", False),
        ("网络服务费 5 元/小时", False),
        ("便捷费\n¥0.50", True),
        ("網頁繳費附加費（使用 App 豁免）\nHK$2.00", True),
    ],
)
def test_surcharge_differs_from_the_fee(text, dear):
    assert bool(offer_wording.dearer(text)) is dear


@pytest.mark.parametrize("text", ["HK$8.00", "NT$ 40", "8 圓"])
def test_other_currencies_are_amounts(text):
    assert page_wording.AMOUNT.search(plain_chinese.simplified(text))


@pytest.mark.parametrize(
    ("text", "pays"),
    [
        ("支付 ¥8.00", True),
        ("去缴费", True),
        ("Pay", True),
        ("支 付", True),
        ("繳付 HK$8.00", True),
        ("支付方式说明", False),
        ("我已支付，查看结果", False),
    ],
)
def test_pay_button_is_recognised(text, pays):
    assert page_wording.is_pay(text) is pays


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://pay.mall.com.cn/p", "mall.com.cn"),
        ("https://a.b.mall.cn/p", "mall.cn"),
        ("http://10.0.0.1:8000/p", "10.0.0.1:8000"),
        ("http://localhost:1/p", "localhost:1"),
        ("https://x.sh.cn", "x.sh.cn"),
        ("WSS://PAY.MALL.CN", "mall.cn"),
    ],
)
def test_site_is_the_registrable_domain(url, site):
    assert site_of(url) == site


def test_url_is_stripped_of_variable_parts():
    url = "https://pay.mall.cn/t/3fK9dQ0aZx81LmNoP2?plate=%E6%B2%AAQ7K319&b=2"
    assert tidy(url, CANARY.spellings) == "https://pay.mall.cn/t/…?b&plate"
    assert (
        tidy("https://pay.mall.cn/%E6%B2%AAQ7K319/x", CANARY.spellings) == "https://pay.mall.cn/〈plate〉/x"
    )


@pytest.mark.parametrize(
    ("url", "cashier"),
    [
        ("https://wx.tenpay.com/cgi-bin/x", "wx.tenpay.com"),
        ("weixin://wap/pay?prepayid=1", "weixin:"),
        ("alipays://platformapi/startapp?x", "alipays:"),
        ("weixin://dl/business/?t=x", ""),
        ("https://evil-tenpay.com/", ""),
        ("http://127.0.0.1:9000/cashier", "127.0.0.1:9000"),
    ],
)
def test_cashier_url_is_recognised(url, cashier):
    assert cashier_at(url, ("127.0.0.1:9000",)) == cashier
    assert silent_openid("https://open.weixin.qq.com/connect/oauth2/authorize?scope=snsapi_base")


def test_host_owner_comes_from_known_lists():
    easy = read_easy(
        ["||tracker-x.com^", "||narrow.com^$script,domain=a.com", "||b.com/path^", "! c", "@@||d.com^"]
    )
    lists = Lists(easy=easy)
    assert set(easy) == {"tracker-x.com"}
    assert lists.owner("a.tracker-x.com").rule == "||tracker-x.com^"
    assert lists.owner("hm.baidu.com").name == "百度统计"
    assert lists.owner("baidu.com") is None
    assert len({(o.name, h) for h, o in lists.hosts.items()}) > 100


def test_every_rule_has_all_texts():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all((rule.zh, rule.en, rule.ground, rule.mend, rule.mend_en))
        assert not rule.en.isascii() or rule.en[0].isupper()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("https://a.cn\nhttps://b.cn\n", [Row("https://a.cn", "https://a.cn"), Row("https://b.cn", "https://b.cn")]),
        ("name,url,label\n甲,https://a.cn,member\n", [Row("甲", "https://a.cn", "member")]),
        ("name,url,label\n乙,https://b.cn,\n", [Row("乙", "https://b.cn")]),
        ("\ufeffurl\nhttps://a.cn\nhttps://a.cn\n", [Row("https://a.cn", "https://a.cn")]),
    ],
)  # fmt: skip
def test_list_accepts_csv_or_plain_urls(text, rows):
    assert read_list(text) == rows


@pytest.mark.parametrize("text", ["", "name,url\n甲,ftp://x\n", "javascript:alert(1)\n"])
def test_list_without_urls_is_refused(text):
    with pytest.raises(BadList):
        read_list(text)


def document(verdict, *breached, url="https://a.cn"):
    rules = [{"id": rule.id, "state": "breached" if rule.id in breached else "kept"} for rule in RULES]
    return {
        "url": url,
        "verdict": verdict,
        "headline": "",
        "rules": rules,
        "name": "甲",
        "why": [],
        "visits": [],
    }


@pytest.mark.parametrize(
    ("before", "after", "worse", "better", "relapsed"),
    [
        (document("pure"), document("not_pure", "P6"), ("P6",), (), True),
        (document("remarks", "P7b"), document("remarks", "P7b", "P12c"), ("P12c",), (), True),
        (document("not_pure", "P6"), document("pure"), (), ("P6",), False),
        (document("pure"), document("unknown"), (), (), False),
        (document("unknown"), document("not_pure", "P6"), (), (), True),
        (document("not_pure", "P6"), document("not_pure", "P3"), ("P3",), ("P6",), True),
        (document("pure"), document("pure"), (), (), False),
    ],
)
def test_comparison_finds_relapses(before, after, worse, better, relapsed):
    change = compare(before, after)
    assert (change.worse, change.better, change.relapsed) == (worse, better, relapsed)


def test_table_is_sorted_and_formula_safe():
    rows = table(
        [document("pure"), {**document("not_pure", "P6", url="https://b.cn"), "name": "=1+1"}]
    ).splitlines()
    assert [line.split(",")[2] for line in rows[1:]] == [PurityVerdict.NOT_PURE, PurityVerdict.PURE]
    assert rows[1].startswith("'=1+1,")


def picture_visit(*, unread):
    visit = Visit("plain", scripts=True, start="https://pay.example.cn/p/1", url="https://pay.example.cn/p/1")
    visit.status, visit.typed_by, visit.cashier = 200, "field", "wx.tenpay.com"
    visit.did = {"opened", "waited", "touched", "scrolled", "looked up"}
    visit.screens = [Screen(visit.url, "", "", pictures=(Picture("地图", "/map.png", unread=unread),))]
    return visit


@pytest.mark.servers
@pytest.mark.parametrize("rule", ["P5a", "P12d"])
def test_unread_picture_leaves_rule_untested(rule):
    context = Context(Lists(), "pure")
    assert "OCR" in not_tested(rule, [picture_visit(unread=True)], context)
    assert not_tested(rule, [picture_visit(unread=False)], context) == ""


@pytest.mark.parametrize(
    "text",
    [
        "关 注 公 众 号",
        "请先关★注公众号",
        "請先關注公眾號",
        "關注「廣場」視頻號領停車券",
        "扫一扫加企微好友，停车立减 3 元",
        "停车羊毛群，快上车",
        "加入 LINE 官方帳號，繳費更快",
    ],
)
def test_disguised_prompt_is_read(text):
    assert prompt_wording.prompts_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "会员停车优惠请到商场服务台办理，与本页缴费无关。",
        "办理月卡请到管理处",
        "注册会员不影响缴费",
        "如在其他停车场有欠费，请另行缴纳",
        "首页 停车 我的",
        "毋须登记成为会员，毋须下载应用程式。",
        "以上价格对所有车辆一致，本场不设会员价。",
        "业主、会员车辆的减免已在应缴金额中扣除。",
        "如有人要求您先关注公众号、注册会员才能缴费，请拨打 12345 举报。",
        "本页无会员、无积分、无优惠券、无广告。",
        "近期有不法人员张贴“停车送券”二维码，请认准本牌。",
        "會員優惠請於服務台辦理，本頁不須加入會員。",
    ],
)
def test_clause_about_elsewhere_is_no_prompt(text):
    assert prompt_wording.prompts_in(text) == {}
    assert prompt_wording.prompt_of_control(text) == "" or "会员" in text
    assert not answer_wording.TELLS_TOO_MUCH.search(plain_chinese.simplified(text))


@pytest.mark.parametrize(
    "text",
    [
        "09:12 入场",
        "上次缴费 11-20 18:30",
        "已绑定 138****1234",
        "其他停车场欠费 2 笔",
        "车位 B2-118",
        "09:12 从北门入场",
        "08:05 由 2 号口驶入",
        "停车记录\n11-20 2 小时 ¥12.00",
    ],
)
def test_answer_that_tells_is_recognised(text):
    assert answer_wording.TELLS_TOO_MUCH.search(plain_chinese.simplified(text))


@pytest.mark.parametrize(
    "text",
    [
        "停车约 2 小时",
        "请在 15 分钟内离场",
        "共 1 笔订单",
        "B2 层车位已满",
        "剩余车位 B2 118 个",
        "客服 021-5555 0100",
        "22:00 后入场按夜间价",
        "22:00 前入场的车辆",
        "营业时间 06:00–24:00，请由 2 号口入场",
        "6:00-22:00 入场",
    ],
)
def test_ordinary_answer_tells_nothing(text):
    assert not answer_wording.TELLS_TOO_MUCH.search(plain_chinese.simplified(text))


def pay_buttons(*texts):
    controls = tuple(PageControl(text, "", False, False, 4000, False) for text in texts)
    visit = picture_visit(unread=False)
    visit.screens = [Screen(visit.url, "", "", controls=controls, phase=Phase.SUBMIT)]
    return {finding.rule for finding in findings(visit, Context(Lists(), "pure"))}


def test_member_button_with_other_amount_is_dearer():
    assert "P12e" in pay_buttons("会员支付 ¥6.00", "普通支付 ¥8.00")
    assert "P12e" not in pay_buttons("微信支付 ¥8.00", "支付宝支付 ¥8.00")
    assert "P12e" not in pay_buttons("会员支付 ¥8.00", "普通支付 ¥8.00")


def found_on(*screens, **changes):
    visit = picture_visit(unread=False)
    visit.screens = list(screens)
    for name, value in changes.items():
        setattr(visit, name, value)
    return {finding.rule for finding in findings(visit, Context(Lists(), "pure"))}


def test_words_known_before_are_no_answer():
    sign = "请勿将车停在 B3 低洼处"
    first, answer = (Screen("https://a.cn", "", sign, phase=p) for p in (Phase.ARRIVE, Phase.SUBMIT))
    assert "P11b" not in found_on(first, answer)
    assert "P11b" in found_on(Screen("https://a.cn", "", ""), answer)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("立即领取\n停车券 10 元", "领券"),
        ("进入小程序\n缴费", "小程序"),
        ("会员车位在 B2\n限高 2 米", ""),
        ("请在此领取停车卡", ""),
    ],
)
def test_poster_lines_are_headlines(text, name):
    assert next(iter(prompt_wording.prompts_on_poster(text)), "") == name


@pytest.mark.parametrize(
    ("code", "breached"), [("https://u.wechat.com/x", True), ("https://pay.a.cn/p/1", False), ("", False)]
)
def test_code_in_picture_is_a_prompt(code, breached):
    screen = Screen("https://a.cn", "", "", pictures=(Picture("", "/qr.png", code=code),))
    assert ("P5a" in found_on(screen)) is breached


@pytest.mark.parametrize(
    ("where", "rules"), [("sessionStorage", {"P7b", "P8c"}), ("localStorage", {"P7a", "P8c"})]
)
def test_stored_plate_breaches_by_lasting(where, rules):
    row = StoredItem(Phase.SUBMIT, where, "c", False, 0, "", plate=("base64",))
    found = found_on(Screen("https://a.cn", "", ""), stored=[row])
    assert set(found) & {"P7a", "P7b", "P8c"} == rules


def test_service_worker_alone_is_a_remark():
    row = StoredItem(Phase.ARRIVE, "worker", "worker", False, 0, "")
    found = found_on(Screen("https://a.cn", "", ""), stored=[row])
    assert "P7b" in found
    assert "P7a" not in found


def test_embedded_cashier_is_no_third_party():
    asked = Request(Phase.PAY, "GET", "https://qr.chinaums.com/pay", "document", third=True)
    assert "P6" not in found_on(requests=[asked], cashier="chinaums.com")
    assert "P6" in found_on(requests=[asked], cashier="")
    assert "P6" in found_on(requests=[replace(asked, phase=Phase.SUBMIT)], cashier="chinaums.com")


def test_item_added_after_pay_is_found():
    bill = Screen("https://p.example.cn/", "", "停车费 ¥6.00\n付款", phase=Phase.SUBMIT)
    sheet = replace(
        bill, text=f"{bill.text}\n¥7.50\n停车费6.00 通道养护 1.50\n继续", phase=Phase.PAY, moment="pay"
    )
    assert "P12d" in found_on(bill, sheet, url=bill.url)
    same = replace(sheet, text=f"{bill.text}\n停车费6.00\n继续")
    assert "P12d" not in found_on(bill, same, url=bill.url)


def test_advertisement_behind_the_cashier_is_found():
    page = Screen("https://p.example.cn/", "", "请在支付宝中完成付款", phase=Phase.PAY, moment=FOLLOWING)
    advert = Overlay("广告 温泉双人套票 ¥399 立即抢购", share=100, keys=0)
    assert "P12d" in found_on(replace(page, overlays=(advert,)), url=page.url)
    assert "P12d" not in found_on(page, url=page.url)


@pytest.mark.parametrize(
    ("text", "is_answer"),
    [
        ("车牌位数不足", True),
        ("请输入正确的车牌号", True),
        ("查询失败,请稍后再试", True),
        ("确认支付5元?", True),
        ("注册会员停车立减5元,去看看?", False),
        ("祝您生活愉快,点击进入好运频道", False),
    ],
)
def test_dialog_that_answers_is_recognised(text, is_answer):
    assert covers.answers(text) is is_answer


def test_new_lure_after_pay_is_an_interception():
    def screen(*texts):
        return Screen("", "", "", (), tuple(PageControl(t, "", False, False, 9, False) for t in texts))

    before = screen("支付 ¥8.00", "领券")
    assert covers.interceptions(screen("免费领取"), before) == "免费领取"
    assert covers.interceptions(screen("领券", "支付 ¥8.00"), before) == ""
    assert covers.interceptions(screen("不领取，继续支付"), before) == ""


def test_offer_beside_fee_intercepts_nothing():
    """A sheet over the bill leaves its words there: they were shown before pay was pressed."""
    bill = Screen("", "", "停车费 ¥18.00\n停车省钱卡，本次立减 3 元")
    sheet = replace(bill, text=f"{bill.text}\n选择支付方式\n微信支付")
    assert covers.interceptions(sheet, bill) == ""
    assert covers.interceptions(sheet, replace(bill, text="停车费 ¥18.00"))


@pytest.mark.parametrize(
    ("shown", "waylays"),
    [
        ("缴费成功\n纸质小票可到岗亭领取", False),
        ("缴费成功\n电子发票请在公示牌扫码领取", False),
        ("缴费成功\n本月会员日，领取洗车名额", True),
    ],
)
def test_receipt_is_no_interception(shown, waylays):
    before = Screen("", "", "支付 ¥8.00")
    assert bool(covers.interceptions(Screen("", "", shown), before)) is waylays


def test_lure_without_a_button_is_an_interception():
    before, after = Screen("", "", "支付 ¥8.00"), Screen("", "", "开卡后本单减 2 元\n开卡支付\n不了")
    assert covers.interceptions(after, before).startswith("开卡")


def test_choice_of_payment_is_no_interception():
    before = Screen("", "", "支付 ¥8.00")
    sheet = Overlay("选择支付方式 微信支付 支付宝 取消", share=40, keys=0)
    assert covers.interceptions(replace(before, overlays=(sheet,)), before) == ""
    strange = replace(sheet, text="抽中好运大礼 收下", controls=("收下",))
    assert covers.interceptions(replace(before, overlays=(strange,)), before) != ""


def test_cover_known_before_pay_is_no_interception():
    before, after = (Screen("", "", text) for text in ("浦江广场\n支付 ¥8.00", "广告 车险限时报价\n关闭"))
    assert covers.interceptions(after, before) == "广告 车险限时报价 关闭"
    assert covers.interceptions(after, before, {"广告 车险限时报价 关闭"}) == ""


def test_sentences_that_ask_are_recognised():
    missed = [text for text in ASKS if not prompt_wording.prompts_in(text)]
    accused = [text for text in ASKS_NOTHING if prompt_wording.prompts_in(text)]
    assert len(missed) <= 0.05 * len(ASKS), missed
    assert len(accused) <= len(ASKS_NOTHING) / 40, accused


@pytest.mark.parametrize("rule", ["P5a", "P5c", "P7a"])
def test_failed_second_visit_leaves_rule_untested(rule):
    visit = picture_visit(unread=False)
    visit.missed.append("没有能够再次打开页面")
    assert not_tested(rule, [visit], Context(Lists(), "pure")) == "没有能够再次打开页面"


def test_numbers_with_letters_make_no_difference():
    one, other = ('{"orderNo": "5e17dq2", "state": "NONE"}', '{"orderNo": "0k9pz41", "state": "NONE"}')
    assert page_wording.plain_answer(one) == page_wording.plain_answer(other)
    assert page_wording.plain_answer(one) != page_wording.plain_answer(one.replace("NONE", "PAID"))
