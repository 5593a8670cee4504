"""A phone on which the page failed by chance, while others opened it, tries once more."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from selfcheck.browser import STOPS, Options, PhoneVisit, visit_page
from selfcheck.phones import PHONES
from selfcheck.visit import PageControl, Screen, Visit

START = "https://pay.example.cn/p/1"


def opened(status=200, text="停车缴费", **parts):
    screen = Screen(START, "", text, **parts)
    return Visit("", True, START, url=START, status=status, screens=[screen], did={"opened"})


def failed(reason):
    return Visit("", True, START, stopped=[STOPS[reason]])


def tried(monkeypatch, *outcomes):
    """Return the visits of two phones whose attempts end so, and how many attempts there were."""
    left = list(outcomes)

    async def run(self, _browser):
        return left.pop(0)

    monkeypatch.setattr(PhoneVisit, "run", run)
    phones = [PHONES["wechat"], PHONES["plain"]]
    work = visit_page(None, START, phones, Options(automated=False))
    with ThreadPoolExecutor(1) as pool:
        visits = pool.submit(asyncio.run, work).result()
    return visits, len(outcomes) - len(left)


@pytest.mark.parametrize("first", [failed("no_answer"), failed("slow"), opened(502, "Bad Gateway")])
def test_phone_that_failed_tries_again(monkeypatch, first):
    visits, attempts = tried(monkeypatch, first, opened(), opened(text="第二次"))
    assert attempts == 3
    assert visits[0].screens[0].text == "第二次"


@pytest.mark.parametrize(
    "first",
    [
        failed("refused"),
        failed("crash"),
        opened(404),
        opened(503, controls=(PageControl("关注", "", False, False, 9, False),)),
    ],
)
def test_answer_that_tells_something_stands(monkeypatch, first):
    visits, attempts = tried(monkeypatch, first, opened(), opened())
    assert (visits[0], attempts) == (first, 2)


def test_page_that_no_phone_opens_is_left(monkeypatch):
    assert tried(monkeypatch, failed("no_answer"), failed("no_answer"), opened())[1] == 2


def test_second_failure_stands(monkeypatch):
    visits, _ = tried(monkeypatch, failed("slow"), opened(), failed("no_answer"))
    assert visits[0].stopped == [STOPS["no_answer"]]
