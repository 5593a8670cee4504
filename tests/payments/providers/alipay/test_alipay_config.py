"""The settings of a merchant: read as the key tool prints them, refused by name."""

import base64
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from payments.providers.alipay import AlipayConfig, AlipayMisconfigured
from payments.providers.contract import Scene
from tests.payments.providers.alipay.made import ALIPAYS, APP, OURS, SELLER


def private(encoding: Encoding, form: PrivateFormat, key: RSAPrivateKey = OURS) -> str:
    return _text(encoding, key.private_bytes(encoding, form, NoEncryption()))


def public(encoding: Encoding, key: RSAPrivateKey = ALIPAYS) -> str:
    return _text(encoding, key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))


def _text(encoding: Encoding, content: bytes) -> str:
    return base64.b64encode(content).decode() if encoding is Encoding.DER else content.decode()


PRIVATE, PUBLIC = private(Encoding.DER, PrivateFormat.PKCS8), public(Encoding.DER)
GOOD = {
    "ALIPAY_APP_ID": APP,
    "ALIPAY_SELLER_ID": SELLER,
    "ALIPAY_PRIVATE_KEY": PRIVATE,
    "ALIPAY_PUBLIC_KEY": PUBLIC,
}


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS8", "PKCS1"]
)
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM], ids=["bare", "PEM"])
def test_keys_accept_bare_and_pem_formats(encoding: Encoding, form: PrivateFormat) -> None:
    text = private(encoding, form)
    for written in (text, f"\n {text}\n", text.replace("\n", "\\n")):
        settings = {**GOOD, "ALIPAY_PRIVATE_KEY": written, "ALIPAY_PUBLIC_KEY": public(encoding)}
        config = AlipayConfig.from_mapping(settings)
        assert config.private_key.private_numbers() == OURS.private_numbers()
        assert config.alipay_public_key == ALIPAYS.public_key()


def test_keys_can_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(PRIVATE)
    (tmp_path / "b").write_text(PUBLIC + "\n")
    settings = {
        "MALL_APP_ID": APP,
        "MALL_SELLER_ID": SELLER,
        "MALL_PRIVATE_KEY_FILE": str(tmp_path / "a"),
        "MALL_PUBLIC_KEY_FILE": str(tmp_path / "b"),
    }
    assert AlipayConfig.from_mapping(settings, "MALL_").seller_id == SELLER


def test_defaults_use_production_gateway() -> None:
    config = AlipayConfig.from_mapping(GOOD)
    assert config.gateway == "https://openapi.alipay.com/gateway.do"
    assert config.scenes == {Scene.ALIPAY, Scene.BROWSER}


def test_no_secret_is_shown() -> None:
    config = AlipayConfig.from_mapping(GOOD)
    assert "rsa" not in repr(config).lower()
    assert "key" not in repr(config)


SMALL = generate_private_key(65537, 1024)
CURVE = ec.generate_private_key(ec.SECP256R1())
BAD = {
    "an app id with letters": ("APP_ID", "wx" + "1" * 16),
    "a seller's mail": ("SELLER_ID", "mall@example.test"),
    "an account that is no seller": ("SELLER_ID", "1" * 16),
    "no key": ("PRIVATE_KEY", "not-a-key"),
    "half a key": ("PRIVATE_KEY", PRIVATE[:-40]),
    "a public key as private": ("PRIVATE_KEY", PUBLIC),
    "a short key": ("PRIVATE_KEY", private(Encoding.DER, PrivateFormat.PKCS8, SMALL)),
    "a curve": (
        "PRIVATE_KEY",
        _text(Encoding.PEM, CURVE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
    ),
    "a private key as Alipay's": ("PUBLIC_KEY", PRIVATE),
    "a short key of Alipay's": ("PUBLIC_KEY", public(Encoding.DER, SMALL)),
    "our own public key": ("PUBLIC_KEY", public(Encoding.DER, OURS)),
    "a plain gateway": ("GATEWAY", "http://openapi.alipay.com/gateway.do"),
    "a gateway with a query": ("GATEWAY", "https://openapi.alipay.com/gateway.do?a=1"),
    "a gateway without a path": ("GATEWAY", "https://gateway.example.test"),
    "WeChat": ("SCENES", "alipay,wechat"),
    "no scene": ("SCENES", ","),
}


@pytest.mark.parametrize(("name", "value"), BAD.values(), ids=BAD.keys())
def test_wrong_setting_error_hides_value(name: str, value: str) -> None:
    with pytest.raises(AlipayMisconfigured) as refused:
        AlipayConfig.from_mapping({**GOOD, f"ALIPAY_{name}": value})
    shown = "".join(traceback.format_exception(refused.value))
    assert str(refused.value).startswith(f"ALIPAY_{name}: ")
    assert len(value) < 3 or value not in shown
    assert PRIVATE[40:80] not in shown


def test_all_missing_settings_are_reported() -> None:
    with pytest.raises(AlipayMisconfigured) as refused:
        AlipayConfig.from_mapping({"ALIPAY_PRIVATE_KEY_FILE": "/nonexistent"})
    for word in (
        "ALIPAY_APP_ID is not set",
        "ALIPAY_SELLER_ID is not set",
        "ALIPAY_PRIVATE_KEY_FILE: No such file",
    ):
        assert word in str(refused.value)


def test_binary_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(AlipayMisconfigured, match="ALIPAY_PUBLIC_KEY_FILE: is not text"):
        AlipayConfig.from_mapping({**GOOD, "ALIPAY_PUBLIC_KEY_FILE": str(tmp_path / "key")})


@pytest.mark.parametrize("host", ["127.0.0.1:8181", "[::1]:8181", "localhost"])
def test_local_gateway_may_use_http(host: str) -> None:
    address = f"http://{host}/gateway.do"
    assert AlipayConfig.from_mapping({**GOOD, "ALIPAY_GATEWAY": address}).gateway == address
