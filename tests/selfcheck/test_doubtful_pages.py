"""What only a person can judge, or is no page: neither accused nor called kept, and with a reason."""

import asyncio
import gzip
import zlib
from dataclasses import replace

import pytest

from selfcheck import covers, proxy
from selfcheck.breaches import Context
from selfcheck.canary import Canary
from selfcheck.checking import in_thread
from selfcheck.coverage import not_tested
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.network_addresses import Place
from selfcheck.offer_wording import advertised
from selfcheck.page_controls import leads_elsewhere, priced_goods
from selfcheck.proxy import Exchange
from selfcheck.recorder import Mark, Recorder
from selfcheck.threat_wording import threatened
from selfcheck.verdicts import Verdict, conclude
from selfcheck.visit import Control, Field, Phase, Screen, Visit

HERE = "https://pay.example.cn/p/1"
CONTEXT = Context(Lists(), "pure")


def visited(*screens, **parts):
    did = {"looked up", "scrolled"}
    return Visit(
        "plain",
        True,
        HERE,
        **{"url": HERE, "status": 200, "secure": True, "did": did, "screens": list(screens), **parts},
    )


@pytest.mark.parametrize(
    ("text", "pressed"),
    [
        ("手慢加价！02:59 后将多收 10 元", True),
        ("逾期将自动加收 10 倍并报送个人征信", True),
        ("请立即付款，否则将计入失信名单", True),
        ("2 分钟内不付款，费用翻倍", True),
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


FEE = Screen(
    HERE, "", "\n".join(("云栖酒店", "沪Q·····", "停车 3 小时", "应付 ¥24.00", "支付")), phase=Phase.SUBMIT
)


@pytest.mark.parametrize(
    ("added", "parts", "is_same"),
    [
        ("向云栖酒店付款\n¥ 24.00\n确认\n再看看", {}, True),
        ("确认付款\n应付 ¥24.00", {}, True),
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
    assert outcome.verdict is (Verdict.UNKNOWN if reason else Verdict.NOT_PURE)


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
    control = Control(garbled, f"{HERE}/x", third=False, picture=False, area=9, ad=False)
    visit = visited(Screen(HERE, "", "", controls=(control,)), typed_by="field")
    assert "P5a" not in {finding.rule for finding in findings(visit, CONTEXT)}


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
    mark = Mark(Phase.ARRIVE, muted=False, main=False, touched=False, typed="")
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


def test_price_by_the_hour_is_one_price():
    assert priced_goods("当日换乘 8 元/天；不换乘 4 元/小时，每天最多 40 元") == ""
    assert priced_goods("精洗 38 元/次")


@pytest.mark.parametrize("answer", [b"\x00garbage\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 x y\r\n\r\n"])
def test_answer_that_is_none_ends_quietly(answer):
    async def talk():
        async def garbage(_reader, writer):
            writer.write(answer)
            writer.close()

        async def resolve(_host, _port):
            return Place("127.0.0.1", site.sockets[0].getsockname()[1])

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
