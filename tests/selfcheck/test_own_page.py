"""Our own page, tested as anybody's: it is pure, and a violation planted in its templates is caught."""

import pytest
from django.utils.csp import build_policy

from lots.sign_register import new_sign
from presentation import inline, respond
from selfcheck.browser import Options, find_axe
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.phones import EVERY
from selfcheck.purity_verdict import PurityVerdict
from tests.browser.conftest import (
    PLATE,
    car_park,
    notice_sink,
    phone,
    phones,
    sandbox_keys,
    sandbox_process,
    sandbox_server,
)
from tests.browser.test_paying_pages import find_fee, pay

__all__ = [
    "car_park",
    "notice_sink",
    "phone",
    "phones",
    "sandbox_keys",
    "sandbox_process",
    "sandbox_server",
]

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patient")]


def options(sandbox_server, **more):
    cashier = sandbox_server.url.partition("//")[2]
    return Options(
        plate=PLATE,
        cashiers=(cashier,),
        allow_private=True,
        dwell=0.3,
        pace=0,
        patience=600,  # a slow machine is no fault of the page
        axe=find_axe(),
        **more,
    )


def paid_page(car_park, phone):
    """Return the address of the page that a driver sees after paying; the car has left."""
    car_park.park()
    find_fee(phone, car_park)
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert car_park.drive_up(car_park.way_out)
    return phone.page.url


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("wechat", "no-script"), id="with scripts and without"),
        pytest.param(EVERY, id="every phone", marks=pytest.mark.deep),
    ],
)
def test_own_page_is_pure(car_park, phone, sandbox_server, names):
    shown = paid_page(car_park, phone)
    car_park.park()
    page = Page(car_park.scan(car_park.pure), phones=names, options=options(sandbox_server, paid=shown))
    checked = check([page], lists=Lists())[0]
    assert [f"{f.rule} {f.what} {f.evidence} {f.phone}" for f in checked.outcome.findings] == []
    assert checked.outcome.verdict is PurityVerdict.PURE
    assert [visit.acts for visit in checked.visits] == [2] * len(names)
    assert all(visit.cashier for visit in checked.visits)


def add_to_main(text):
    return lambda page: page.replace("</main>", f"{text}</main>")


def replace_text(was, becomes):
    return lambda page: page.replace(was, becomes)


def script(text):
    return add_to_main(f"<script>{text}</script>")


def both(*changes):
    def change(page):
        for one in changes:
            page = one(page)
        return page

    return change


# What is done to our templates, and which rules then have to be broken: these, and no others.
VIOLATIONS = {
    "nothing": ((), lambda page: page),
    "leaves": (("P1",), script("setTimeout(() => { location.href = 'mallapp://open/park' }, 30)")),
    "phone": (("P3",), add_to_main('<p><label>手机 <input type="tel" name="mobile" size="5"></label></p>')),
    "userinfo": (("P4a",), script("window.wx && wx.getUserProfile({})")),
    "follow": (("P5a",), add_to_main("<p>关注公众号，停车更优惠</p>")),
    "ticked": (
        ("P5b",),
        add_to_main('<p><label><input type="checkbox" name="pack" checked> 加购洗车服务</label></p>'),
    ),
    "dialog": (
        ("P5c",),
        add_to_main(
            '<dialog open style="position:fixed;top:9em;width:300px;height:300px"><p>温馨提示</p></dialog>'
        ),
    ),
    "alert": (("P5c",), script("alert('欢迎光临')")),
    "lookalike": (("P5a", "P5d"), add_to_main("<p><button type=button>领券支付</button></p>")),
    "tracker": (("P6", "P15b"), add_to_main('<img src="https://hm.baidu.com/hm.gif" alt="">')),
    "stores": (("P7a",), script("localStorage.setItem('visitor', '1')")),
    "cookie": (("P7b",), script("document.cookie = 'sid=1'")),
    "get": (("P8a",), replace_text('method="post" action="/p/', 'method="get" action="/p/')),
    "sends": (
        ("P8c",),
        script("addEventListener('input', (e) => fetch('/healthz', {method: 'POST', body: e.target.value}))"),
    ),
    "locates": (("P9a",), script("navigator.geolocation.getCurrentPosition(() => {})")),
    "canvas": (
        ("P9b",),
        script("const c = document.createElement('canvas'); c.getContext('2d'); c.toDataURL()"),
    ),
    "tells": (
        ("P11b",),
        script(
            "const seen = new MutationObserver(() => { seen.disconnect();"
            " fee.insertAdjacentHTML('beforeend', '<p>入场时间 09:12</p>') });"
            " seen.observe(fee, {childList: true})"
        ),
    ),
    "nameless": (("P12a",), both(replace_text("收款方", "停车场"), replace_text("有限公司", ""))),
    "banner": (("P5a", "P12d"), add_to_main('<a class="banner" href="https://shop.example.com/">新车试驾</a>')),
    "dearer": (("P5a", "P12e"), add_to_main("<p>会员价 5 元</p>")),
    "unnamed": (("P13a",), add_to_main('<p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></p>')),
    "clipped": (
        ("P13c",),
        add_to_main('<div style="height:28px;overflow:hidden;white-space:nowrap">请在离场前完成缴费</div>'),
    ),
    "noticeless": (("P15a",), both(replace_text("隐私", "关于"), replace_text("/privacy", "/tariff"))),
}  # fmt: skip
# In every run one of each kind, beside the sound page: the page leads away, asks, stores, sends, hides.
PLANTED = ["nothing", "leaves", "phone", "stores", "sends", "dialog", "noticeless"]
PHONES_OF = {"get": "no-script", "userinfo": "wechat"}
LOOSE_POLICY = {
    "default-src": ["*", "data:", "'unsafe-inline'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(PLANTED, id="one of each kind"),
        pytest.param(sorted(VIOLATIONS.keys() - set(PLANTED)), id="others", marks=pytest.mark.deep),
    ],
)
def test_planted_violation_is_caught(car_park, sandbox_server, monkeypatch, subtests, names):
    """Every plant is a sign of its own, so that one browser judges all of them at once."""
    car_park.park()
    signs = {name: new_sign(lot=car_park.lot, place=name) for name in names}
    changes = {sign.code: VIOLATIONS[name][1] for name, sign in signs.items()}
    render = respond.render

    def planted(*args):
        page = render(*args)
        code = next((code for code in changes if code in page), None)
        return changes[code](page) if code else page

    monkeypatch.setattr(respond, "render", planted)
    for policy in ("POLICY", "SIGN_POLICY"):
        monkeypatch.setattr(inline, policy, LOOSE_POLICY)
    monkeypatch.setattr(inline, "POLICY_TEXT", build_policy(LOOSE_POLICY))
    how = options(sandbox_server, revisit=False)
    pages = [
        Page(car_park.scan(sign), phones=(PHONES_OF.get(name, "plain"),), options=how)
        for name, sign in signs.items()
    ]
    for name, checked in zip(signs, check(pages, lists=Lists(), parallel=6), strict=True):
        found = [f"{f.rule} {f.what} {f.evidence}" for f in checked.outcome.findings]
        with subtests.test(name):
            assert set(checked.outcome.breached) == set(VIOLATIONS[name][0]), found
