"""Merchants by settings: what an operator writes, and how each mistake is named at start-up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.timezone import now

from payments.merchants import at_sandbox, read_merchants
from payments.numbers import new_number
from payments.providers.alipay import AlipayProvider
from payments.providers.contract import Order, Payer, Scene
from sandbox.alipay.simulated_alipay_keys import make_alipay_keys
from sandbox.wechat.wechat_keys import make_keys


def starts(tmp_path, entries, **environment):
    """Load the settings as a new process does; return its exit status and its last words."""
    file = tmp_path / "merchants.json"
    file.write_text(json.dumps(entries))
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(len(s.MERCHANTS))"],
        env={**os.environ, "SANDBOX_URL": "", "MERCHANTS_FILE": str(file), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.mark.servers
def test_server_starts_with_real_merchants(tmp_path, entries):
    assert starts(tmp_path, list(entries.values())) == (0, "2")


@pytest.mark.servers
def test_server_refuses_merchants_with_sandbox(tmp_path, entries):
    status, words = starts(tmp_path, list(entries.values()), SANDBOX_URL="http://127.0.0.1:1")
    assert status == 1
    assert "MERCHANTS: entry 1: a real merchant and SANDBOX_URL exclude each other" in words


@pytest.mark.servers
def test_invalid_merchant_setting_stops_startup(tmp_path, entries):
    status, words = starts(tmp_path, [{**entries["wechat"], "serial": "nope"}])
    assert status == 1
    assert "MERCHANTS: entry 1 (wechat): serial" in words
    assert "nope" not in words


def test_key_given_twice_is_named():
    with pytest.raises(ValueError, match="'lots' twice in one object"):
        read_merchants('[{"provider": "wechat", "lots": "*", "lots": []}]')


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    """One merchant of each kind, written as docs/channels.md says."""
    folder: Path = tmp_path_factory.mktemp("merchants")
    make_keys(folder / "wechat")
    make_alipay_keys(folder / "alipay")
    wechat = json.loads((folder / "wechat" / "settings.json").read_text())
    for name in ("app_secret", "api_keys"):
        secret = wechat.pop(name)
        file = folder / f"{name}.txt"
        file.write_text(secret if isinstance(secret, str) else "\n".join(secret))
        wechat[f"{name}_file"] = str(file)
    wechat["private_key_file"] = wechat.pop("private_key")
    alipay = json.loads((folder / "alipay" / "settings.json").read_text())
    alipay = {name.removeprefix("ALIPAY_").lower(): value for name, value in alipay.items()}
    return {
        "wechat": {"provider": "wechat", "lots": "*", **wechat},
        "alipay": {"provider": "alipay", "lots": ["pujiang", "ruimin"], **alipay},
    }


def read(*entries):
    return read_merchants(json.dumps(entries))


def fault(*entries):
    with pytest.raises(ValueError, match=r".") as refused:
        read(*entries)
    return str(refused.value)


def test_merchants_are_read_with_lots(entries):
    wechat, alipay = read(entries["wechat"], entries["alipay"])
    assert (wechat.provider, wechat.name, wechat.lots) == ("wechat", entries["wechat"]["mchid"], None)
    assert (alipay.name, alipay.lots) == (entries["alipay"]["seller_id"], {"pujiang", "ruimin"})
    assert wechat.config.base_url == "https://api.mch.weixin.qq.com"


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '"x"'])
def test_invalid_merchant_list_is_refused(text):
    with pytest.raises(ValueError, match=r"JSON|list"):
        read_merchants(text)


@pytest.mark.parametrize(
    ("which", "changed", "named"),
    [
        ("wechat", {"provider": "wechatpay"}, "entry 1 (?): provider"),
        ("wechat", {"lots": None}, "entry 1 (wechat): lots"),
        ("wechat", {"lots": "pujiang"}, "lots"),
        ("wechat", {"lots": ["a b"]}, "lots"),
        ("wechat", {"mchid": "x"}, "mchid"),
        ("wechat", {"api_keys": ["k" * 32]}, "api_keys: give the file"),
        ("wechat", {"app_secret": "s" * 32}, "app_secret: give the file"),
        ("wechat", {"app_secret_file": "/nowhere"}, "app_secret_file: No such file"),
        ("wechat", {"private_key_file": 7}, "private_key_file: say the path"),
        ("wechat", {"shop": "x"}, "shop: unknown"),
        ("wechat", {"sandbox": "yes"}, "sandbox"),
        ("alipay", {"app_id": "1"}, "entry 1 (alipay): app_id"),
        ("alipay", {"seller_id": ""}, "seller_id is not set"),
        ("alipay", {"private_key": "MII"}, "private_key: give the file"),
        ("alipay", {"public_key_file": "/nowhere"}, "public_key_file: No such file"),
        ("alipay", {"scenes": ["browser"]}, "scenes: say a text"),
        ("alipay", {"gateway": "http://evil.example/gateway.do"}, "gateway"),
    ],
)
def test_setting_errors_show_no_secret(entries, which, changed, named):
    found = fault({**entries[which], **changed})
    assert named in found
    assert not {"k" * 32, "s" * 32, "MII", "evil"} & set(found.split())


def test_all_mistakes_are_reported_together(entries):
    found = fault({**entries["wechat"], "lots": 1, "mchid": "x"}, {**entries["alipay"], "app_id": "1"})
    assert all(named in found for named in ("entry 1 (wechat): lots", "mchid", "entry 2 (alipay): app_id"))


@pytest.mark.parametrize(
    ("lots", "others", "clash"),
    [
        ("*", "*", 'lots: "*" stands in entry 1 too'),
        (["a", "b"], ["b"], "lots: b is of entry 1 too"),
        ("*", ["a"], None),
        (["a"], [], None),
    ],
)
def test_lot_belongs_to_one_merchant(entries, lots, others, clash):
    first = {**entries["wechat"], "lots": lots}
    second = {**entries["wechat"], "lots": others, "sub_mchid": "1900000109"}
    if clash:
        assert clash in fault(first, second)
    else:
        assert len(read(first, second)) == 2


def test_duplicate_merchant_is_refused(entries):
    found = fault({**entries["wechat"], "lots": ["a"]}, {**entries["wechat"], "lots": ["b"]})
    assert "entry 2 (wechat): the same merchant entry 1 too" in found


def test_sandbox_receives_its_merchants_calls(entries):
    found = read(*({**entry, "sandbox": True} for entry in entries.values()))
    wechat, alipay = at_sandbox(found, "http://192.0.2.7:8001")
    urls = {wechat.config.base_url, wechat.config.backup_url, wechat.config.open_url, wechat.config.api_url}
    assert urls == {"http://192.0.2.7:8001"}
    assert alipay.config.gateway == "http://192.0.2.7:8001/gateway.do"
    assert alipay.config.page_gateway == alipay.config.gateway


def test_payers_reach_sandbox_at_public_url(entries):
    found = read(*({**entry, "sandbox": True} for entry in entries.values()))
    wechat, alipay = at_sandbox(found, "http://127.0.0.1:8009", "https://pay.example.cn")
    assert wechat.config.open_url == "https://pay.example.cn"
    assert {wechat.config.base_url, wechat.config.api_url} == {"http://127.0.0.1:8009"}
    assert alipay.config.gateway == "http://127.0.0.1:8009/gateway.do"
    order = Order(new_number(), 100, now(), "x", "https://pay.example.cn/n", "https://pay.example.cn/t")
    page = AlipayProvider(alipay.config).start(order, Payer(Scene.BROWSER)).url
    assert page.startswith("https://pay.example.cn/gateway.do?")


@pytest.mark.parametrize(("sandbox", "url"), [(False, "http://127.0.0.1:1"), (True, "")])
def test_merchants_must_match_sandbox_setting(entries, sandbox, url):
    found = read({**entries["wechat"], "sandbox": sandbox})
    with pytest.raises(ValueError, match="SANDBOX_URL"):
        at_sandbox(found, url)
