"""Our own page, tested as anybody's: it is pure, and a violation planted in its templates is caught."""

import pytest

from compliance.selfcheck.browser import Options, find_axe
from compliance.selfcheck.checking import Page, check
from compliance.selfcheck.hosts import Lists
from compliance.selfcheck.phones import EVERY
from compliance.selfcheck.verdicts import Verdict
from payments.driver import inline, respond, views
from tests.browser.conftest import (
    PLATE,
    books_may_close,
    car_park,
    notice_sink,
    sandbox_keys,
    sandbox_process,
    sandbox_server,
)

__all__ = ["books_may_close", "car_park", "notice_sink", "sandbox_keys", "sandbox_process", "sandbox_server"]

pytestmark = pytest.mark.browser


def options(sandbox_server, **more):
    cashier = sandbox_server.url.partition("//")[2]
    return Options(plate=PLATE, cashiers=(cashier,), allow_private=True, dwell=0.3, axe=find_axe(), **more)


def test_our_page_is_pure_on_every_phone_and_all_the_way_to_the_cashier(car_park, sandbox_server):
    car_park.park()
    page = Page(car_park.scan(car_park.pure), phones=EVERY, options=options(sandbox_server))
    checked = check([page], lists=Lists())[0]
    assert [f"{f.rule} {f.what} {f.evidence} {f.phone}" for f in checked.outcome.findings] == []
    assert checked.outcome.verdict is Verdict.PURE
    assert [visit.acts for visit in checked.visits] == [2] * 5
    assert all(visit.cashier for visit in checked.visits)


PLANTED = {
    "P3": '<p><label>手机 <input type="tel" name="mobile"></label></p>',
    "P5a": "<p>关注公众号，停车更优惠</p>",
    "P5b": '<p><label><input type="checkbox" name="pack" checked> 加购洗车服务</label></p>',
    "P5c": '<dialog open style="position:fixed;top:9em;width:300px;height:300px"><p>温馨提示</p></dialog>',
    "P6": '<img src="https://hm.baidu.com/hm.gif" alt="">',
    "P11b": "<p>入场时间 09:12</p>",
    "P12d": '<a class="banner" href="https://shop.example.com/">新车试驾</a>',
    "P12e": "<p>会员价 5 元</p>",
}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_violation_planted_in_our_templates_is_caught(car_park, sandbox_server, monkeypatch, rule):
    planted, render = PLANTED[rule], respond.render
    for module in (respond, views):
        monkeypatch.setattr(
            module,
            "render",
            lambda *args: render(*args).replace("</main>", f"{planted}</main>"),
        )
    loose = {"img-src": ["*"], "style-src": ["'unsafe-inline'"]}
    monkeypatch.setattr(inline, "POLICY", {**inline.POLICY, **loose})
    car_park.park()
    page = Page(car_park.scan(car_park.pure), phones=("plain",), options=options(sandbox_server))
    assert rule in check([page], lists=Lists())[0].outcome.broken


@pytest.mark.parametrize(
    ("rule", "was", "becomes"),
    [
        ("P8a", 'method="post" action="/p/', 'method="get" action="/p/'),
        ("P12a", "收款方", "停车场"),
        ("P15a", "隐私", "关于"),
    ],
)
def test_what_is_taken_out_of_our_templates_is_missed(
    car_park, sandbox_server, monkeypatch, rule, was, becomes
):
    render = respond.render
    more = {"P12a": ("有限公司", ""), "P15a": ("/privacy", "/tariff")}.get(rule, ("", ""))
    for module in (respond, views):
        monkeypatch.setattr(
            module, "render", lambda *args: render(*args).replace(was, becomes).replace(*more)
        )
    car_park.park()
    phone = "no-script" if rule == "P8a" else "plain"
    page = Page(car_park.scan(car_park.pure), phones=(phone,), options=options(sandbox_server))
    assert rule in check([page], lists=Lists())[0].outcome.broken
