"""Where the driver's page runs: it orders the channels on a page that was asked for by a form, no other."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest

from driver.user_agents import scene_of
from payments import channels
from payments.models import Payment
from payments.providers.contract import HandOver, Scene
from presentation import inline
from tests.driver.conftest import PLATE, charge_of, text
from tests.factories import NOON, see
from tests.payments.fakes import FakeProvider

PHONE = "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 Chrome/121 Mobile Safari/537.36"
AGENTS = {
    Scene.WECHAT: f"{PHONE} MicroMessenger/8.0.47.2560(0x28002F35) WeChat/arm64",
    Scene.ALIPAY: f"{PHONE} AliApp(AP/10.5.88) AlipayClient/10.5.88",
    Scene.BROWSER: PHONE,
    Scene.SCREEN: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/121",
}
BRIDGE = {"appId": "wx1", "timeStamp": "1", "nonceStr": "n", "package": "prepay_id=wx7", "signType": "RSA"}


@dataclass
class Channel(FakeProvider):
    """A fake that hands over as the real ones do in each scene, and keeps what it was given of the payer."""

    ways: frozenset[Scene] = frozenset(Scene)
    payer_given: object = None

    def scenes(self):
        return self.ways

    def start(self, order, payer):
        self.payer_given = payer
        link = super().start(order, payer)
        if payer.scene is Scene.SCREEN:
            return HandOver(qr="weixin://wxpay/bizpayurl?pr=abc")
        return HandOver(bridge=BRIDGE) if payer.scene is Scene.WECHAT else link


@pytest.fixture
def both(mall, monkeypatch, settings):
    settings.SANDBOX_URL = ""
    pair = Channel("wechat"), Channel("alipay", merchant="m2", ways=frozenset(Scene) - {Scene.WECHAT})
    monkeypatch.setattr(channels, "providers", lambda: {(p.name, p.merchant): p for p in pair})
    return pair


def send(mall, path, scene, **fields):
    mall.browser.defaults["HTTP_USER_AGENT"] = AGENTS[scene]
    return mall.send(path, **fields)


def search(mall, scene):
    return send(mall, f"/p/{mall.pure.code}", scene, plate=PLATE)


def pay(mall, scene, channel):
    charge = charge_of(text(search(mall, scene)))
    return send(mall, f"{charge}/pay", scene, channel=channel, plate=PLATE)


@pytest.mark.parametrize("scene", Scene)
def test_user_agent_determines_environment(scene):
    assert scene_of(AGENTS[scene]) == scene


def test_unknown_user_agent_is_screen():
    assert scene_of("") == scene_of("curl/8") == Scene.SCREEN


@pytest.mark.parametrize(
    ("scene", "order"),
    [
        (Scene.WECHAT, ["wechat", "alipay"]),
        (Scene.ALIPAY, ["alipay", "wechat"]),
        (Scene.BROWSER, ["wechat", "alipay"]),
        (Scene.SCREEN, ["wechat", "alipay"]),
    ],
)
def test_native_channel_is_listed_first(mall, parked, both, scene, order):
    assert re.findall(r'name="channel" value="(\w+)"', text(search(mall, scene))) == order


@pytest.mark.parametrize(
    ("language", "labels"),
    [("", ("微信支付", "支付宝")), ("/hant", ("微信支付", "支付寶")), ("/en", ("WeChat Pay", "Alipay"))],
)
def test_channel_names_are_translated(mall, parked, both, language, labels):
    page = text(mall.search(language=language))
    assert all(f">{label} ¥" in page for label in labels)


@pytest.mark.parametrize("path", ["pure", "exit_sign"])
def test_fetched_page_ignores_user_agent(mall, parked, both, path):
    see(mall.way_out, PLATE, NOON + timedelta(minutes=61))
    pages = set()
    for agent in AGENTS.values():
        mall.browser.defaults["HTTP_USER_AGENT"] = agent
        page = text(mall.get(f"/p/{getattr(mall, path).code}"))
        pages.add(re.sub(r'"/q/[^"]+"', '"/q/…"', page))
    assert len(pages) == 1


def test_screen_shows_payment_qr_code(mall, parked, both):
    page = text(pay(mall, Scene.SCREEN, "wechat"))
    assert '<svg class="qr"' in page
    assert "用微信扫码支付" in page
    assert 'http-equiv="refresh"' not in page
    assert f'data-back="/t/{Payment.objects.get().token}"' in page


def test_screen_qr_code_is_decodable(chromium, mall, parked, both, tmp_path):
    import zxingcpp
    from PIL import Image

    page = chromium.new_page()
    page.set_content(text(pay(mall, Scene.SCREEN, "wechat")))
    page.screenshot(path=tmp_path / "screen.png")
    codes = zxingcpp.read_barcodes(Image.open(tmp_path / "screen.png"))
    page.close()
    assert [code.text for code in codes] == ["weixin://wxpay/bizpayurl?pr=abc"]


def test_wechat_bridge_reads_data_attribute(mall, parked, both):
    answer = pay(mall, Scene.WECHAT, "wechat")
    found = re.search(r'data-bridge="([^"]*)"', text(answer))
    assert json.loads(unescape(found[1])) == BRIDGE
    assert f"<script>{inline.PAY_SCRIPT}</script>" in text(answer)
    assert inline._allow(inline.PAY_SCRIPT) in str(inline.POLICY["script-src"])
    assert "<noscript>" in text(answer)


def test_alipay_in_wechat_shows_blocking_hint(mall, parked, both):
    page = text(pay(mall, Scene.WECHAT, "alipay"))
    assert "微信内可能打不开支付宝" in page
    assert "https://cashier.example/" in page


@pytest.mark.parametrize(
    ("scene", "channel", "receives_ip"),
    [
        (Scene.BROWSER, "wechat", True),  # H5 alone asks for it
        (Scene.BROWSER, "alipay", False),
        (Scene.SCREEN, "wechat", False),
        (Scene.WECHAT, "wechat", False),
    ],
)
def test_only_h5_receives_client_ip(mall, parked, both, scene, channel, receives_ip):
    pay(mall, scene, channel)
    answers = next(p.payer_given for p in both if p.name == channel)
    assert bool(answers.client_ip) is receives_ip


def test_lot_payments_use_own_merchant(mall, parked, monkeypatch, settings):
    mine, rest = Channel("wechat", merchant="mall"), Channel("wechat", merchant="chain")
    monkeypatch.setattr(channels, "providers", lambda: {(p.name, p.merchant): p for p in (rest, mine)})
    monkeypatch.setattr(channels, "lots_of", lambda p: frozenset({"pujiang"}) if p is mine else None)
    pay(mall, Scene.BROWSER, "wechat")
    assert Payment.objects.get().merchant == "mall"


def test_failing_channels_leave_fee_and_booth(mall, parked, both):
    for provider in both:
        for _ in range(3):
            channels.note_failure(
                mall.lot.pk, provider, channels.OutcomeUnknown(), at=NOON + timedelta(hours=1)
            )
    page = text(search(mall, Scene.BROWSER))
    assert 'name="channel"' not in page
    assert "10.00" in page
    assert "岗亭" in page
