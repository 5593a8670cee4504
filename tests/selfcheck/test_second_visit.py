"""What is tried after the way to the cashier: other moments, other forms of the page, links and buttons."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from selfcheck.browser import Options, with_plates
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.second_visit import SecondVisit
from selfcheck.visit import PageControl, Phase, Screen, Visit
from tests.selfcheck.zoo.animals import ABSENT, FEE, FORM, PLATE
from tests.selfcheck.zoo.keeper import open_zoo, serve_from
from tests.selfcheck.zoo.unseen_corners import layer
from tests.selfcheck.zoo.unseen_styles import App, page
from tests.selfcheck.zoo.unseen_templates import jquery

START = "https://pay.example.cn/p/1"
RETURN = "document.addEventListener('visibilitychange',()=>{if(!document.hidden){%s}});"
PRESS = "document.querySelector('#m').onclick=()=>{document.querySelector('#s').hidden=false};"
ENGLISH = (
    "if(location.search.includes('lang=en'))document.querySelector('#e').textContent='Please sign up first';"
)


def second_visit(*links, url=START):
    reader = SimpleNamespace(links=[(START, list(links))], notice_url=f"{START}/privacy")
    recorder = SimpleNamespace(third=lambda url: "other" in url)
    visit = SimpleNamespace(start=START, url=url)
    walk = SimpleNamespace(
        reader=reader,
        recorder=recorder,
        visit=visit,
        page=SimpleNamespace(url=url),
        ranks=SimpleNamespace(look_up=lambda raw: 0),
    )
    return SecondVisit(walk)


@pytest.mark.parametrize("plate", ["湘AQ7T36", "苏A12345", ""])
def test_other_plate_is_of_another_province(plate):
    plates = with_plates(Options(plate=plate))
    assert plates.again[0] != plates.plate[0]


@pytest.mark.parametrize(
    ("text", "url", "followed"),
    [
        ("首页", "https://pay.example.cn/home", True),
        ("首页", "https://pay.example.cn/", False),
        ("首页", "https://other.cn/home", False),
        ("注销", "https://pay.example.cn/out", False),
        ("立即支付", "https://pay.example.cn/pay", False),
        ("隐私", f"{START}/privacy", False),
        ("", "javascript:;", False),
    ],
)
def test_only_own_pages_for_reading_are_opened(text, url, followed):
    assert bool(second_visit((text, url))._links()) is followed


def bill(*labels, phase=Phase.SUBMIT):
    controls = tuple(PageControl(text, "", False, False, 900, False) for text in labels)
    return Screen(START, "", "停车费 ¥8.00", controls=controls, phase=phase)


@pytest.mark.parametrize(
    ("screens", "ways"),
    [
        ([bill("支付 ¥8.00", "返回")], []),
        ([bill("支付 ¥8.00", "银行卡支付", "云闪付")], [("银行卡支付",), ("云闪付",)]),
        ([bill("支付 ¥8.00"), bill("微信支付", "龙卡", "取消", phase=Phase.PAY)], [("支付 ¥8.00", "龙卡")]),
    ],
)
def test_other_ways_to_pay_are_named(screens, ways):
    visit = Visit("plain", True, START, url=START, screens=screens, fee=True, cashier="wx.tenpay.com")
    visit.paid_by = ["支付 ¥8.00", "微信支付"]
    assert SecondVisit(SimpleNamespace(visit=visit))._other_payments() == ways


@pytest.mark.parametrize(
    ("fee", "did", "pressed"),
    [
        (True, {"looked up"}, ["打开“港湾出行”", "停车明细"]),
        (False, {"looked up"}, ["打开“港湾出行”"]),
        (False, set(), []),
    ],
)
def test_answer_without_fee_is_pressed(fee, did, pressed):
    visit = Visit("plain", True, START, screens=[bill("停车明细", "打开“港湾出行”")], fee=fee, did=did)
    assert SecondVisit(SimpleNamespace(visit=visit))._beside_pay() == pressed


def test_own_page_with_parameters_is_a_variant():
    one = second_visit(("English", f"{START}?lang=en"), ("顶部", f"{START}#top"))
    assert one._variants() == [f"{START}?lang=en"]
    assert one._links() == []


@pytest.mark.parametrize(
    ("text", "pressed"),
    [
        ("更多", True),
        ("呼叫值班员", False),
        ("抬杆", False),
        ("删除", False),
        ("支付 ¥8.00", False),
        ("×", False),
    ],
)
def test_buttons_that_act_are_not_pressed(text, pressed):
    raw = {"text": text, "href": "", "submit": False, "disabled": False, "key": False}
    assert second_visit()._is_other(raw, set()) is pressed


def checked(folder, one, **more):
    """Return what is found on one page with a plain phone."""
    with open_zoo(folder, serve_from({one.name: one})) as zoo:
        how = {"dwell": 0.3, "quiet": 0.15, "pace": 0, "automated": False, **more}
        options = Options(PLATE, ABSENT, resolve=zoo.resolve, any_certificate=True, **how)
        return check([Page(one.url, "pure", ("plain",), options)], lists=Lists())[0]


@pytest.mark.browser
def test_late_cover_is_no_cloaking(tmp_path):
    late = f"if(document.querySelector('#plate'))setTimeout(()=>{layer('<p>来看看新品</p>')},4000)"
    one = App("late", "四秒后", whole=page(FORM.format(path="/p/7F3K"), late))
    breached = checked(tmp_path, one, automated=True, revisit=False).outcome.breached
    assert "P5c" in breached
    assert "P16" not in breached


@pytest.mark.browser
@pytest.mark.parametrize("word", ["查 询", "查詢"])
def test_button_of_old_pages_is_pressed(tmp_path, word):
    one = jquery("老式按钮", top="")
    one = replace(one, name="oldbutton", whole=one.whole.replace("查 询", word))
    [visit] = checked(tmp_path, one, revisit=False).visits
    assert visit.cashier


@pytest.mark.browser
def test_other_moments_and_links_count(tmp_path):
    inner = (
        FORM.format(path="/p/7F3K") + "<a href='/more'>停车须知</a> <a href='/p/7F3K?lang=en'>English</a>"
        "<button type=button id=m>更多</button><p id=e></p>"
        "<div id=s hidden><p>扫码添加管家领券</p><button type=button>加企业微信</button></div>"
    )
    script = RETURN % layer("<p>欢迎回来，送您一张咖啡券</p><button>收下</button>") + PRESS + ENGLISH
    fee = FEE + "<button onclick='this.nextSibling.hidden=false'>再看看</button>"
    fee += "<div hidden><p>添加管家，下次停车半价</p><button>加企业微信</button></div>"
    more = (("/more", page("<button>立即注册会员</button>")),)
    one = App("corners", "各处", whole=page(inner, script), fee=fee, more=more)
    result = checked(tmp_path, one)
    found = {(finding.rule, finding.what) for finding in result.outcome.findings}
    assert ("P5c", "回到页面时遮罩或弹窗盖住页面") in found
    behind = [finding.evidence for finding in result.outcome.findings if "后面是" in finding.what]
    assert any(text.startswith("停车须知 →") for text in behind)
    assert any(text.startswith("更多 →") for text in behind)
    assert any(text.startswith("再看看 →") for text in behind)
    assert ("P5a", "缴费前出现“注册”引导") in found
    assert {"cancelled", "moments", "revisited"} & result.visits[0].did >= {"moments", "revisited"}
