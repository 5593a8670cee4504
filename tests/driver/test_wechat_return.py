"""To WeChat and back for the silent openid, with the production client and the sandbox's WeChat Pay."""

import http.client
import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils.timezone import now

from driver import sign_page, wechat_return
from lots.models import Lot, ParkingSession
from payments import channels
from payments.models import Payment, WechatReturn
from payments.openid import prune_states
from payments.providers.contract import Scene
from payments.providers.wechat import WechatConfig, WechatProvider
from presentation import inline
from sandbox.wechat.wechat_keys import open_keys
from tests.driver.conftest import PLATE, charge_of, text
from tests.driver.test_scenes import AGENTS, Channel
from tests.factories import see
from tests.payments.providers.conftest import transport  # noqa: F401
from tests.sandbox import notice_sink, sandbox_keys, sandbox_process, sandbox_server  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]


@pytest.fixture
def sandbox(sandbox_server, sandbox_keys, monkeypatch, settings, transport):  # noqa: F811
    """WeChat Pay of the sandbox beside a fake Alipay. The sandbox itself stays unknown to the pages."""
    settings.SANDBOX_URL = ""
    open_keys(sandbox_keys / "wechat")
    output = json.loads((sandbox_keys / "wechat" / "settings.json").read_text())
    hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), sandbox_server.url)
    provider = WechatProvider(WechatConfig.from_mapping({**output, **hosts}), transport=transport)
    pair = provider, Channel("alipay")
    monkeypatch.setattr(channels, "providers", lambda: {(p.name, p.merchant): p for p in pair})
    return sandbox_server


@pytest.fixture
def clock(clock, monkeypatch):
    def put(at):
        monkeypatch.setattr(wechat_return, "now", lambda: at)
        return clock(at)

    put(now().replace(microsecond=0))  # WeChat's answers carry the time of today
    return put


@pytest.fixture
def parked(mall, clock):
    see(mall.entry, PLATE, sign_page.now() - timedelta(minutes=61))


def channel_of(mall):
    return channels.provider_for(mall.lot, "wechat")


def press(mall, language=""):
    """Press Pay with WeChat inside WeChat and return the page and where it leads."""
    mall.browser.defaults["HTTP_USER_AGENT"] = AGENTS[Scene.WECHAT]
    charge = charge_of(text(mall.search()))
    answer = mall.send(f"{charge}/pay{language}", channel="wechat", plate=PLATE)
    return answer, unescape(re.search(r'class="go" href="([^"]+)"', text(answer))[1])


def authorise(server, address):
    """Go to WeChat and return where it sends the browser back to."""
    target = urlsplit(address)
    connection = http.client.HTTPConnection(target.netloc, timeout=60)
    connection.request("GET", f"{target.path}?{target.query}")
    back = connection.getresponse().getheader("Location")
    connection.close()
    return back.removeprefix("http://testserver")


def pay_and_return(mall, server, language=""):
    return mall.get(authorise(server, press(mall, language)[1]))


def test_pay_page_links_to_wechat_oauth(mall, parked, sandbox):
    answer, address = press(mall)
    asked = parse_qs(urlsplit(address).query)
    assert answer.status_code == 200
    assert f'content="0;url={unescape(address)}"' in unescape(text(answer))
    assert asked["redirect_uri"] == ["http://testserver/w"]
    assert asked["scope"] == ["snsapi_base"]
    assert PLATE not in unescape(address)
    assert not Payment.objects.exists()


def test_script_is_led_to_wechat_without_a_page(mall, parked, sandbox):
    mall.browser.defaults["HTTP_USER_AGENT"] = AGENTS[Scene.WECHAT]
    charge = charge_of(text(mall.search()))
    answer = mall.send(f"{charge}/pay", channel="wechat", plate=PLATE, part="1")
    assert answer.content == b""
    assert authorise(sandbox, answer["X-Cashier"]).startswith("/w?")


def test_oauth_return_starts_payment(mall, parked, sandbox):
    answer = pay_and_return(mall, sandbox)
    payment = Payment.objects.get()
    bridge = json.loads(unescape(re.search(r'data-bridge="([^"]*)"', text(answer))[1]))
    assert bridge["package"].startswith("prepay_id=wx")
    assert bridge["signType"] == "RSA"
    assert f'data-back="/t/{payment.token}"' in text(answer)
    assert (payment.provider, payment.state) == ("wechat", Payment.State.OPEN)
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["Cache-Control"] == "no-store"
    assert inline._allow(inline.PAY_SCRIPT) in answer["Content-Security-Policy"]
    assert not answer.cookies


def test_oauth_return_restores_language(mall, parked, sandbox):
    assert "Opening the cashier" in text(pay_and_return(mall, sandbox, "/en"))
    assert Payment.objects.get().language == "en"


def test_failed_return_restores_language(mall, parked, sandbox):
    back = authorise(sandbox, press(mall, "/en")[1])
    Lot.objects.update(closed_at=now())
    page = text(mall.get(back))
    assert "Online payment is suspended here" in page
    assert '<html lang="en">' in page
    assert '<html lang="zh-Hans">' in text(mall.get("/w"))


def test_sandbox_replaces_bridge_with_link(mall, parked, sandbox, settings):
    settings.SANDBOX_URL = settings.SANDBOX_PUBLIC_URL = sandbox.url
    page = text(pay_and_return(mall, sandbox))
    assert f"{sandbox.url}/cashier/prepay/wx" in page
    assert "<script>" not in page


def test_reused_return_retries_oauth_once(mall, parked, sandbox):
    back = authorise(sandbox, press(mall)[1])
    assert "data-bridge" in text(mall.get(back))
    once_more = text(mall.get(back))
    assert "data-bridge" not in once_more
    last = authorise(sandbox, unescape(re.search(r'class="go" href="([^"]+)"', once_more)[1]))
    assert "data-bridge" in text(mall.get(last))
    other = mall.get(last)
    assert other.status_code == 503
    assert re.findall(r'name="channel" value="(\w+)"', text(other)) == ["alipay"]
    assert Payment.objects.count() == 1


def test_reused_return_after_payment_owes_nothing(mall, parked, sandbox, clock):
    back = authorise(sandbox, press(mall)[1])
    mall.get(back)
    at = WechatReturn.objects.get().expires_at - timedelta(minutes=5)
    ParkingSession.objects.update(paid_fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))
    assert "没有待缴的停车费" in text(mall.get(back))


def test_reused_return_expires(mall, parked, sandbox, clock):
    back = authorise(sandbox, press(mall)[1])
    mall.get(back)
    clock(WechatReturn.objects.get().expires_at)
    again = mall.get(back)
    assert again.status_code == 410
    assert "微信支付页面已失效" in text(again)


@pytest.mark.parametrize("state", ["", "X" * 26, "Y" * 500, "沪A12345"])
def test_forged_state_starts_no_payment(mall, parked, sandbox, state):
    press(mall)
    assert mall.get(f"/w?code=0123456789abcdef&state={state}").status_code == 410
    assert not Payment.objects.exists()


def test_stale_state_starts_no_payment(mall, parked, sandbox, clock):
    back = authorise(sandbox, press(mall)[1])
    clock(WechatReturn.objects.get().expires_at)
    assert mall.get(back).status_code == 410
    assert not Payment.objects.exists()


def test_only_state_digest_is_stored_briefly(mall, parked, sandbox):
    _, address = press(mall)
    state = parse_qs(urlsplit(address).query)["state"][0]
    row = WechatReturn.objects.get()
    assert state not in str(row.__dict__)
    assert prune_states(before=row.expires_at) == 0
    assert prune_states(before=row.expires_at + timedelta(seconds=1)) == 1


def test_used_code_retries_then_offers_alipay(mall, parked, sandbox):
    used = parse_qs(urlsplit(authorise(sandbox, press(mall)[1])).query)
    code, state = used["code"][0], used["state"][0]
    channel_of(mall).openid_for(code)
    once_more = mall.get(f"/w?code={code}&state={state}")
    assert once_more.status_code == 200
    address = unescape(re.search(r'class="go" href="([^"]+)"', text(once_more))[1])
    second = parse_qs(urlsplit(address).query)["state"][0]
    assert second != state
    other = mall.get(f"/w?code={code}&state={second}")
    assert other.status_code == 503
    assert re.findall(r'name="channel" value="(\w+)"', text(other)) == ["alipay"]
    assert "A12345" not in text(other)
    assert not Payment.objects.exists()


def test_second_oauth_attempt_can_succeed(mall, parked, sandbox):
    state = parse_qs(urlsplit(press(mall)[1]).query)["state"][0]
    page = text(mall.get(f"/w?state={state}"))  # WeChat sent no code
    address = unescape(re.search(r'class="go" href="([^"]+)"', page)[1])
    assert "data-bridge" in text(mall.get(authorise(sandbox, address)))


def test_stay_already_paid_owes_nothing(mall, parked, sandbox, clock):
    back = authorise(sandbox, press(mall)[1])
    at = WechatReturn.objects.get().expires_at - timedelta(minutes=5)
    ParkingSession.objects.update(paid_fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))
    assert "没有待缴的停车费" in text(mall.get(back))


def test_jsapi_refusal_offers_other_channel(mall, parked, sandbox):
    back = authorise(sandbox, press(mall)[1])
    sandbox.fault("refusal", on="POST /v3/pay/transactions/jsapi", status=403, code="NO_AUTH")
    answer = mall.get(back)
    assert answer.status_code == 503
    assert re.findall(r'name="channel" value="(\w+)"', text(answer)) == ["alipay"]


@pytest.mark.parametrize("method", ["post", "head", "put"])
def test_only_get_consumes_state(mall, parked, sandbox, method):
    back = authorise(sandbox, press(mall)[1])
    assert getattr(mall.browser, method)(back).status_code in {405, 415}
    assert "data-bridge" in text(mall.get(back))


BRIDGE = """
window.asked = [];
window.WeixinJSBridge = { invoke(name, said, done) {
  window.asked.push([name, said]);
  done({ err_msg: "get_brand_wcpay_request:" + (window.asked.length > 1 ? "ok" : "cancel") });
} };
"""


def test_bridge_script_opens_cashier_and_returns(mall, parked, sandbox, chromium):
    """As in WeChat: cancelled at first, then paid by the button. The policy of the page is in force."""
    back = authorise(sandbox, press(mall)[1])
    answer = mall.get(back)
    token = Payment.objects.get().token
    page = chromium.new_page()
    page.add_init_script(BRIDGE)
    heads = dict(answer.headers)
    page.route(
        "**/*",
        lambda route: (
            route.fulfill(body=answer.content, headers=heads)
            if "/w?" in route.request.url
            else route.fulfill(body="status", content_type="text/html")
        ),
    )
    page.goto(f"http://testserver{back}")
    assert page.url == f"http://testserver/t/{token}"  # the code is gone from the address bar
    ((name, found),) = page.evaluate("window.asked")
    assert name == "getBrandWCPayRequest"
    assert set(found) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    page.click("#go")
    page.wait_for_function("document.body.textContent === 'status'")
    assert page.url == f"http://testserver/t/{token}"
    page.close()
