"""One walk through all of it in a real browser, scripts off; and every page for everybody."""

import re

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from lots.models import Lot
from lots.sign_register import new_sign
from members import benefits, sms
from members.asked import BenefitKind
from members.member_jobs import send_texts
from members.member_signs import new_sign as new_member_sign
from members.models import Consent, Member
from tests.browser.page_watch import CUT_OFF, SMALL
from tests.browser.test_accessible import COLOURS, EVERYTHING, TWICE, violations
from tests.factories import make_lot
from tests.members.conftest import Inbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(live_server, settings, monkeypatch) -> Lot:
    settings.PUBLIC_URL = settings.MEMBERS_URL = live_server.url
    lot = make_lot(slug="pujiang", address="浦江路 100 号")
    new_sign(lot=lot, place="B1 层电梯厅")
    benefits.start(lot=lot, kind=BenefitKind.MINUTES, value=60, optional=["plate"], at=now())
    benefits.start(lot=lot, kind=BenefitKind.POINTS, value=500, points=50, at=now())
    benefits.start(lot=lot, kind=BenefitKind.PASS, optional=["name"], at=now())
    return lot


def check_accessibility(page) -> None:
    """By day and by night, and in letters twice as large."""
    page.emulate_media(color_scheme="light")
    assert violations(page, EVERYTHING) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == []
    page.evaluate(TWICE)
    assert page.evaluate(CUT_OFF) == []


def test_person_joins_uses_coupon_and_leaves(chromium, live_server, place, monkeypatch):
    inbox = Inbox()
    monkeypatch.setattr(sms, "sender", lambda: inbox)
    sign = new_member_sign(lot=place, place="服务台")
    # Axe needs a script of the test's own; the pages' policy runs none, so nothing of theirs is let in.
    context = chromium.new_context(viewport=SMALL, is_mobile=True, has_touch=True, bypass_csp=True)
    page, scripts, hosts = context.new_page(), [], set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("requestfinished", lambda request: scripts.append(request.resource_type))

    page.goto(f"{live_server.url}/M/{sign.code}")
    assert page.locator("script").count() == 0
    assert page.locator("main").inner_text().startswith("这是会员码，缴停车费不需要它。")
    check_accessibility(page)
    page.reload()
    page.get_by_role("link", name="直接缴停车费").click()
    expect(page, "one tap to paying").to_have_url(re.compile("/p/"))
    page.go_back()

    page.get_by_label("手机号").fill("138 0013 8000")
    page.get_by_role("button", name="发送验证码，加入会员").click()
    expect(page.locator("main")).to_contain_text("不同意就不建立账号")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="发送验证码，加入会员").click()
    expect(page.get_by_label("短信验证码")).to_be_visible()
    check_accessibility(page)
    send_texts(now())
    page.get_by_label("短信验证码").fill(inbox.texts[-1].code)
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_url(f"{live_server.url}/member/pujiang")
    cookies = context.cookies()
    assert [cookie["name"] for cookie in cookies] == ["member"]

    page.get_by_role("button", name="领取今日停车券").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}"))
    page.get_by_text("绑定车牌", exact=True).click()
    page.get_by_text("更换手机号", exact=True).click()
    check_accessibility(page)
    page.reload()
    page.get_by_text("更换手机号", exact=True).click()
    page.get_by_label("新手机号").fill("139 0013 9000")
    page.get_by_role("button", name="发送验证码").click()
    expect(page.locator("main")).to_contain_text("139****9000")
    send_texts(now())
    page.get_by_label("短信验证码").fill(inbox.texts[-1].code)
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_url(f"{live_server.url}/member/pujiang")
    expect(page.locator("main")).to_contain_text("139****9000")
    page.goto(f"{live_server.url}/member/pujiang/en")
    assert "Today's coupon has been taken" in page.inner_text("main")
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate(CUT_OFF) == []

    page.get_by_role("button", name="Delete my account now").click()
    expect(page.locator("main")).to_contain_text("Your account is deleted")
    assert context.cookies() == []
    assert not Member.objects.exists()
    assert Consent.objects.get().member is None
    assert set(scripts) == {"document"}
    assert hosts == {live_server.url.split("/")[2]}
    context.close()
