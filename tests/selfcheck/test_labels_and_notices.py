"""What buttons, fields, notices and scripts say: misread once, and what looks like it and is a fault."""

from datetime import UTC, datetime, timedelta

import pytest

from selfcheck import page_wording
from selfcheck.answer_data import disclosures, phone_functions_in, secrets_in
from selfcheck.choosing import Ranks
from selfcheck.judging_answers import without_notice
from selfcheck.judging_prompts import leads_back
from selfcheck.judging_way import consent_in_terms, names_place, not_understood
from selfcheck.page_controls import leads_elsewhere, names_language, names_lot
from selfcheck.proxy import Exchange
from selfcheck.recorder import Recorder
from selfcheck.visit import Field, PageControl, Phase, Screen, Visit
from tests.selfcheck.test_disguises import HERE, left_to_a_person, rules_on

KEY = "Zk3nQ8vT1xR7mB5cW9pL2sD6fH4jG0aY"


def button(text, href=""):
    return PageControl(text, href, third=False, picture=False, area=2, ad=False)


@pytest.mark.parametrize("text", ["平凉路 1 号库", "江浦路路外场", "东区停车场", "3 号楼", "B 座"])
def test_car_park_of_choice_is_explained(text):
    assert names_lot(text)
    assert "P5a" not in rules_on(controls=(button(text),))


@pytest.mark.parametrize(
    ("text", "sells"),
    [
        ("抢购车库", True),
        ("福利停车场", True),
        ("惊喜大世界", True),
        ("欢乐大世界", False),
        ("进去逛逛吧", False),
    ],
)
def test_other_names_are_no_car_parks(text, sells):
    assert not names_lot(text)
    assert ("P5a" in rules_on(controls=(button(text),))) is sells
    assert left_to_a_person("P5a", controls=(button(text),)) is not sells


@pytest.mark.parametrize("label", ["☰ 菜单", "正确，查询", "没错，去缴费"])
def test_menu_and_assent_are_explained(label):
    assert not leads_elsewhere(label)


@pytest.mark.parametrize("label", ["打赏保安 ¥2.00", "顺手捐款 ¥1.00", "给保洁阿姨的小费"])
def test_tip_is_no_parking(label):
    assert leads_elsewhere(label)


def choice(label, *, ticked, tag="input", kind="radio", name="tip"):
    return Field(tag, kind, name, label, "", visible=True, ticked=ticked, plate=False)


@pytest.mark.parametrize(
    ("rows", "breached"),
    [
        ((choice("¥2.00", ticked=True), choice("不打赏", ticked=False)), True),
        ((choice("感谢保安 ¥2.00", ticked=True, tag="option", kind="choice"),), True),
        ((choice("不打赏", ticked=True), choice("¥2.00", ticked=False)), False),
        ((choice("1 小时 6 元", ticked=True), choice("2 小时 9 元", ticked=False)), False),
        ((choice("停车券 -¥5.00", ticked=True), choice("不使用停车券", ticked=False)), False),
    ],
)
def test_costly_choice_beside_free_one(rows, breached):
    assert ("P5b" in rules_on(fields=rows)) is breached


@pytest.mark.parametrize("text", ["料金を見る", "料金を確認", "요금 조회", "Оплатить парковку", "ดูค่าจอดรถ"])
def test_unknown_script_accuses_nobody(text):
    assert not leads_elsewhere(text)


@pytest.mark.parametrize("text", ["缤纷の乐园门票", "抽奖はこちら优惠"])
def test_one_foreign_sign_hides_nothing(text):
    assert leads_elsewhere(text)


@pytest.mark.parametrize(
    ("label", "text", "breached"),
    [
        ("日本語", "Voir le tarif", False),
        ("看看这里呀", "Voir le tarif", False),
        ("看看这里呀", "赛前两小时北门只出不进", False),
        ("看看这里呀", "欢迎参加二楼亲子市集，入会立减 5 元", True),
    ],
)
def test_what_opens_must_push(label, text, breached):
    pressed = button("立即入会" if breached else "Afficher votre dû ici")
    behind = Screen(HERE, "", text, controls=(pressed,))
    assert ("P5a" in rules_on(visit={"behind": [(label, behind)]})) is breached


@pytest.mark.parametrize(("label", "offers"), [("日本語", True), ("Français", True), ("看看这里呀", False)])
def test_language_is_recognised(label, offers):
    assert names_language(label) is offers


@pytest.mark.parametrize(
    ("label", "shown", "back"),
    [
        ("回到栏杆前的车", "栏杆前的车\n沪A···7", True),
        ("返回刚才的账单", "刚才的账单", True),
        ("回到乐享生活圈", "停车费 8.00 元", False),
        ("返回积分商城", "积分商城", False),
        ("栏杆前的车", "栏杆前的车", False),
    ],
)
def test_way_back_is_explained(label, shown, back):
    screens = [Screen(HERE, "", shown), Screen(HERE, "", label, controls=(button(label),))]
    visit = Visit("plain", scripts=True, start=HERE, screens=screens)
    assert leads_back(visit) == ({label} if back else set())


@pytest.mark.parametrize(
    ("label", "breached"),
    [
        ("影票底部的 6 位停车码（没有可不填）", False),
        ("小票上的号码", False),
        ("号牌，手机自带输入法也行", False),
        ("驾驶证号码", True),
        ("订票手机号码", True),
        ("您的称呼", True),
        ("影厅与座位", False),
    ],
)
def test_code_on_paper_is_no_personal_data(label, breached):
    row = Field("input", "text", "cd", label, "", visible=True, ticked=False, plate=False)
    assert ("P3" in rules_on(fields=(row,))) is breached


@pytest.mark.parametrize(
    ("label", "asks"),
    [
        ("找路名", ""),
        ("搜车场", ""),
        ("查找您的小区", "查找您的小区"),
        ("口令", "口令"),
        ("纸质停车券券号（选填）", ""),
        ("抵用券编号", ""),
    ],
)
def test_field_that_seeks_a_place_is_explained(label, asks):
    row = Field("input", "text", "k", label, "", visible=True, ticked=False, plate=False)
    visit = Visit("plain", scripts=True, start=HERE, screens=[Screen(HERE, "", "", fields=(row,))])
    assert not_understood(visit) == asks


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("系统繁忙，第 1 次重试……", True),
        ("网络不稳，正在重试", True),
        ("查询失败，请重新输入", False),
        ("重试", False),
    ],
)
def test_page_that_tries_again_is_waited_for(text, waits):
    assert bool(page_wording.WAITING.search(text)) is waits


def test_link_for_who_has_paid_asks_no_fee():
    ranks = Ranks(Recorder(Visit("plain", scripts=True, start=HERE), None))
    raw = {"href": "", "key": False, "submit": False, "above": False, "near": 0}
    paid = ranks.look_up({**raw, "text": "我已付款，查看出场状态", "href": f"{HERE}/ok"})
    assert paid < ranks.look_up({**raw, "text": "查询停车费"})


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("点击查询即视为您同意将车牌提供给合作保险、二手车机构用于报价", True),
        ("您使用查询功能，即授权我公司将车牌提供给二手车平台", True),
        ("使用本页即同意我们向您回访、推送活动信息", True),
        ("点击查询即同意我们为收取停车费处理车牌", False),
        ("使用本页即授权我们查询本次停车费，不提供给保险公司", False),
        ("扫码即可查询，授权书见岗亭", False),
    ],
)
def test_consent_to_other_trades_is_found(text, taken):
    assert bool(consent_in_terms(text)) is taken


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("您可通过【联系电话】或【邮箱】查阅", True),
        ("我们将在 XX 个工作日内答复", True),
        ("更新于 20XX 年 X 月 X 日", True),
        ("某某公司（以下简称我们）", True),
        ("联系\n【联系电话】021-5555 0100", False),
        ("【公司名称】\n上海大场停车管理有限公司", False),
        ("付款后保存 60 天，电话 021-5555 0100", False),
    ],
)
def test_blanks_of_template_are_found(text, blank):
    assert bool(page_wording.UNFILLED.search(text)) is blank


@pytest.mark.parametrize(
    ("text", "forever"),
    [
        ("您的信息将在我们的服务器上长期保存", True),
        ("车牌永久保留", True),
        ("我们不会长期保存您的车牌", False),
        ("缴费凭证依会计法规长期保存", False),
        ("付款后保存 60 天", False),
    ],
)
def test_notice_without_end_is_found(text, forever):
    assert bool(page_wording.kept_for_ever(text)) is forever


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("车牌只用来算停车费，由闵行体育公园管理处保管，出场 30 天后删除", True),
        ("号牌仅用于计费。信息处理者：上海静安停车公司，90 天后清除号牌", True),
        ("车号仅供算费，车牌保存 20 天，由中心医院总务科保管", True),
        ("车牌仅用于计费，缴费后删除，异常由岗亭处理", False),
        ("Your plate is only used to work out this fee. Controller: Riverside Parking Ltd", True),
        ("The plate is used for this fee, and deleted after 24 hours. It is held by Riverside Parking", True),
        ("Enter the plate to see the fee. Riverside Parking", False),
    ],
)
def test_line_that_names_the_handler_is_a_notice(line, tells):
    arrived = Screen(HERE, "", f"{line}\n电话 021-5555 0100")
    visit = Visit("plain", True, HERE, url=HERE, screens=[arrived], typed_by="field", notice="")
    assert without_notice(visit) is not tells


def test_blank_notice_is_left_to_a_person():
    notice = "我们收集车牌用于查询停车费，保存 30 天。联系【联系电话】或【邮箱】"
    assert {"P15a"} <= rules_on(visit={"notice": notice})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"const c={{mchId:'1604482219',mchKey:'{KEY}'}}", [("mchKey", True)]),
        (f'{{"apiV3Key": "{KEY}"}}', [("apiV3Key", True)]),
        ("-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", [("PRIVATE KEY", True)]),
        ("url:'mysql://park:Mq2021x@10.8.2.14:3306/park'", [("mysql", True)]),
        ("url:'jdbc:mysql://10.8.2.14:3306/park'", [("jdbc:mysql", False)]),
        (f"appSecret:'{KEY}',merchantKey:'{KEY}'", [("appSecret", False), ("merchantKey", False)]),
        (f"publicKey:'{KEY}',nonceStr:'{KEY}',paySign:'{KEY}'", []),
        ("mchKey:'请联系管理员获取',mch_key:'xxxxxxxxxxxxxxxxxxxxxxxx'", []),
        ("-----BEGIN PUBLIC KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", []),
    ],
)
def test_secret_in_script_is_found(body, found):
    kind = [("Content-Type", "text/javascript")]
    exchange = Exchange(0, "GET", HERE, [], answer=body.encode(), answer_headers=kind)
    assert secrets_in(exchange) == found


@pytest.mark.parametrize(
    ("back", "kinds"), [(timedelta(hours=3), {"入场时间"}), (timedelta(days=900), set())]
)
def test_number_of_merchant_is_no_entry_time(back, kinds):
    number = int((datetime.now(UTC) - back).timestamp())
    kind = [("Content-Type", "application/json")]
    exchange = Exchange(0, "POST", HERE, [], answer=f'{{"mchId":"{number}"}}'.encode(), answer_headers=kind)
    assert {name for name, _ in disclosures(exchange)} == kinds


@pytest.mark.parametrize(("certain", "breached"), [(True, True), (False, False)])
def test_only_certain_secret_accuses(certain, breached):
    visit = {"secrets": [("appSecret", HERE, certain)]}
    assert ("P10a" in rules_on(visit=visit)) is breached


@pytest.mark.parametrize(
    ("url", "breached"),
    [
        ("http://pay.example.cn/p/1", True),
        ("https://pay.example.cn/p/1", False),
        ("http://192.168.1.20:8000/p/1", False),
        ("http://localhost/p/1", False),
        ("", False),
    ],
)
def test_page_in_clear_breaches_p10a(url, breached):
    """The address alone tells, so a visit that breaks off right after it accuses nobody."""
    assert ("P10a" in rules_on(visit={"url": url, "did": set()})) is breached


@pytest.mark.parametrize(
    ("text", "label", "breached"),
    [
        ("广告 · 由第三方提供", "确认抬杆", True),
        ("广告", "立即查看", True),
        ("本页没有广告", "确认抬杆", False),
        ("广告 · 由第三方提供", "返回", False),
    ],
)
def test_button_under_advertisement_label_is_found(text, label, breached):
    behind = Screen(HERE, "", f"支付成功\n{label}\n{text}", controls=(button(label),), phase=Phase.ARRIVE)
    assert ("P12d" in rules_on(visit={"behind": [("出场状态", behind)]})) is breached


@pytest.mark.parametrize(
    ("label", "place"),
    [("大沽路(石门一路—成都北路)", True), ("建国路（会员专享）", False), ("三号楼（您的单位）", False)],
)
def test_place_may_be_described_in_brackets(label, place):
    assert names_place(label) is place


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("navigator.share&&navigator.share({url})", "P5a"),
        ("navigator.contacts.select(['tel'])", "P9a"),
        ("new NDEFReader().scan()", "P9a"),
    ],
)
def test_functions_of_phones_are_not_tested(script, rule):
    exchange = Exchange(
        0, "GET", HERE, [], answer=script.encode(), answer_headers=[("Content-Type", "text/javascript")]
    )
    names = phone_functions_in(exchange)
    assert left_to_a_person(rule, visit={"phone_only": names})
    assert not left_to_a_person({"P5a": "P9a", "P9a": "P5a"}[rule], visit={"phone_only": names})
