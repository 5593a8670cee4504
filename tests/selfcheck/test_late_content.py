"""What a page shows after minutes, and how answers that come at other times are compared."""

from types import SimpleNamespace

import pytest

from selfcheck.breaches import Context
from selfcheck.checking import in_thread
from selfcheck.coverage import for_a_person, what_was_done
from selfcheck.fee_look_up import comparable
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.late_content import COUNTED, LateContent
from selfcheck.visit import LATER, Field, Overlay, PageControl, Phase, Screen, Visit

HERE = "https://pay.example.cn/p/1"
CONTEXT = Context(Lists())
FEE = Screen(HERE, "", "停车费\n¥8.00", phase=Phase.SUBMIT)


def visited(later):
    did = {"looked up", "scrolled"}
    return Visit(
        "plain", True, HERE, url=HERE, status=200, did=did, screens=[FEE], later=[later], typed_by="field"
    )


def after_minutes(text="停车费\n¥8.00", **parts):
    return Screen(HERE, "", text, phase=Phase.SUBMIT, moment=LATER, **parts)


def breached(visit):
    return {one.rule for one in findings(visit, CONTEXT)}


@pytest.mark.parametrize(
    ("screen", "rule"),
    [
        (
            after_minutes(controls=(PageControl("添加停车管家领 10 元券", "", False, False, 900, False),)),
            "P5a",
        ),
        (after_minutes(overlays=(Overlay("关注公众号，立减 2 元", 60, 0, ("去关注",)),)), "P5c"),
        (after_minutes(fields=(Field("input", "tel", "sj", "手机号", "", True, False, False),)), "P3"),
    ],
)
def test_late_faults_accuse(screen, rule):
    assert rule in breached(visited(screen))


@pytest.mark.parametrize(
    ("text", "left_open"),
    [
        ("页面停留过久，费用可能已变化，请重新查询", False),
        ("长时间没有操作，请刷新页面", False),
        ("小满说：今晚的月亮很圆", True),
    ],
)
def test_late_covers_accuse_nobody(text, left_open):
    visit = visited(after_minutes(overlays=(Overlay(text, 60, 0, ("好",)),)))
    assert "P5c" not in breached(visit)
    assert bool(for_a_person("P5c", [visit])) is left_open


def test_report_names_the_time_ahead():
    visit = visited(FEE)
    visit.ahead = 150
    assert "拨快 2 分 30 秒" in what_was_done("P5a", [visit])
    assert "拨快" not in what_was_done("P10a", [visit])
    assert "没有看" not in what_was_done("P5a", [visit])
    visit.polls_on = True
    assert "答复没有看" in what_was_done("P5a", [visit])


def test_later_polls_are_not_compared():
    asked = {"/fee": ['200 {"fee": "0.00"}'], "/time": ['200 {"left": "9 分"}', '200 {"left": "8 分"}']}
    first, second = comparable(("免费 9 分", asked), ("免费 7 分", {"/fee": ['200 {"fee": "0.00"}']}))
    assert first == second


def test_answers_at_one_address_are_compared():
    first, second = comparable(("无记录", {"/fee": ["404 {}"]}), ("无记录", {"/fee": ['200 {"left": true}']}))
    assert first != second


def test_repeated_polls_are_compared_once():
    once, often = {"/time": ["200 {}"]}, {"/time": ["200 {}", "200 {}"]}
    assert comparable(("免费", once))[0] == comparable(("免费", often))[0]


def test_longer_polls_are_no_difference():
    asking, free = '200 {"state": "asking"}', '200 {"state": "free"}'
    short, long = comparable(("免费", {"/fee": [asking]}), ("免费", {"/fee": [asking, free]}))
    assert short == long
    inside, gone = comparable(("好", {"/fee": [asking, free]}), ("好", {"/fee": [asking, "404 {}"]}))
    assert inside != gone


@pytest.mark.parametrize(
    ("then", "grows"),
    [
        ("停车费\n¥9.00", True),
        ("停车费\n¥7.00", False),
        ("已停 2 小时\n停车费\n¥9.00", False),
        ("优惠已过期\n停车费\n¥9.00", False),
    ],
)
def test_fee_that_grows_in_silence_is_found(then, grows):
    visit = visited(after_minutes())
    visit.later.append(after_minutes(then))
    visit.fee = True
    assert ("P12e" in breached(visit)) is grows


def looks(monkeypatch, *, scripts, exchanges=1, **seen):
    """Return how often a page is read whose scripts have run for so long at each question."""
    monkeypatch.setattr("selfcheck.late_content.FRAMES", 0)
    counts, read = iter(scripts), []

    async def send(method, *_):
        counted = next(counts) if method == "Performance.getMetrics" else 0
        return {"metrics": [{"name": name, "value": counted} for name in COUNTED]}

    async def look(_phase):
        read.append(1)
        return FEE

    proxy = SimpleNamespace(exchanges=[None] * exchanges)
    walk = SimpleNamespace(visit=visited(FEE), recorder=SimpleNamespace(proxy=proxy, busy=False))
    seen = {"parts": ["main"], "restless": False, **seen}
    reader = SimpleNamespace(cdp=SimpleNamespace(send=send), look=look, seen=seen)

    async def notes():
        late = LateContent(walk)
        for _ in range(4):
            await late._note(reader, Phase.SUBMIT)

    in_thread(notes)
    return len(read)


def test_resting_page_is_read_once(monkeypatch):
    assert looks(monkeypatch, scripts=[5] * 9) == 1


def test_page_with_timers_is_read_again(monkeypatch):
    assert looks(monkeypatch, scripts=range(99)) == 4


@pytest.mark.parametrize("seen", [{"restless": True}, {"parts": ["main", "frame"]}])
def test_what_moves_without_scripts_is_read_again(monkeypatch, seen):
    assert looks(monkeypatch, scripts=[5] * 9, **seen) == 4
