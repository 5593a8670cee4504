"""A merchant's settings: refused at the start, by name and without a value, or usable."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from payments.providers.wechat import WechatConfig
from tests.payments.providers.wechat import known

SECRET = "SECRET-VALUE-"


def certificate(serial: int) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(serial)
    made = made.public_key(known.key("certificate").public_key())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    signed = made.sign(known.key("certificate"), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def elliptic() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def small() -> str:
    return (
        rsa.generate_private_key(65537, 1024)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def test_list_settings_accept_comma_strings() -> None:
    listed = WechatConfig.from_mapping(known.settings(products=["jsapi", "h5"]))
    texts = WechatConfig.from_mapping(
        known.settings(
            products="h5, jsapi", api_keys=f"{known.API_KEY.decode()},{known.OLD_API_KEY.decode()}"
        )
    )
    assert listed.api_keys == texts.api_keys == (known.API_KEY, known.OLD_API_KEY)
    assert listed.products == texts.products == {"jsapi", "h5"}


def test_keys_accept_text_or_path(tmp_path: Path) -> None:
    private, public = tmp_path / "merchant.pem", tmp_path / "public.pem"
    private.write_text(known.pem("merchant"))
    public.write_text(known.public_pem("platform"))
    config = WechatConfig.from_mapping(
        known.settings(private_key=str(private), platform_keys=f"{known.SERIAL}={public}")
    )
    assert config.private_key.private_numbers() == known.key("merchant").private_numbers()
    assert config.platform_keys == {known.SERIAL: known.key("platform").public_key()}


def test_certificate_requires_own_serial() -> None:
    serial = int(known.CERTIFICATE_SERIAL, 16)
    good = {known.CERTIFICATE_SERIAL: certificate(serial), known.SERIAL: known.public_pem("platform")}
    config = WechatConfig.from_mapping(known.settings(platform_keys=good))
    assert config.platform_keys[known.CERTIFICATE_SERIAL] == known.key("certificate").public_key()
    assert config.answer_serial == known.SERIAL
    for wrong in (known.SERIAL, "ABCDEF"):
        with pytest.raises(ValueError, match="platform_keys: "):
            WechatConfig.from_mapping(known.settings(platform_keys={wrong: certificate(serial)}))


def test_sole_certificate_sets_answer_serial() -> None:
    ring = {known.CERTIFICATE_SERIAL: certificate(int(known.CERTIFICATE_SERIAL, 16))}
    assert (
        WechatConfig.from_mapping(known.settings(platform_keys=ring)).answer_serial
        == known.CERTIFICATE_SERIAL
    )


def test_sub_merchant_takes_precedence() -> None:
    direct, partner = (WechatConfig.from_mapping(known.settings(sub_mchid=sub)) for sub in ("", "1900008888"))
    assert (direct.merchant, partner.merchant) == ("1900000109", "1900008888")


BAD: list[tuple[str, Any]] = [
    ("mchid", ""),
    ("mchid", SECRET),
    ("mchid", "1900000109\n"),
    ("appid", SECRET),
    ("serial", "0x" + SECRET),
    ("serial", "A" * 41),
    ("private_key", ""),
    ("private_key", "/nonexistent/" + SECRET),
    ("private_key", "-----BEGIN PRIVATE KEY-----\n" + SECRET),
    ("private_key", known.public_pem("merchant")),
    ("private_key", elliptic()),
    ("private_key", small()),
    ("private_key", 7),
    ("api_keys", []),
    ("api_keys", SECRET),
    ("api_keys", ["x" * 32, SECRET]),
    ("api_keys", "钥" * 32),
    ("api_keys", [7]),
    ("platform_keys", {}),
    ("platform_keys", {known.SERIAL: "/nonexistent/" + SECRET}),
    ("platform_keys", {known.SERIAL: known.pem("platform")}),
    ("platform_keys", {SECRET: known.public_pem("platform")}),
    ("platform_keys", "no-equals-sign" + SECRET),
    ("app_secret", ""),
    ("app_secret", "short"),
    ("sub_mchid", SECRET),
    ("sub_appid", "wx0123456789abcdef"),
    ("products", "jsapi,app"),
    ("products", ","),
    ("base_url", "api.mch.weixin.qq.com"),
    ("base_url", "https://" + SECRET + "/path"),
    ("backup_url", "https://user:pass@host"),
    ("notify_url", SECRET),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda value: str(value)[:30].split("\n")[0])
def test_invalid_setting_error_hides_value(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^WeChat Pay settings: {name}: ") as wrong:
        WechatConfig.from_mapping(known.settings(**{name: value}))
    message = str(wrong.value)
    for value_part in (SECRET, "BEGIN", known.API_KEY.decode(), "nonexistent"):
        assert value_part not in message
    assert wrong.value.__context__ is None


def test_all_invalid_settings_are_reported() -> None:
    with pytest.raises(ValueError, match=r"mchid: .*; appid: .*; api_keys: "):
        WechatConfig.from_mapping(known.settings(mchid="", appid="x", api_keys="y"))


def test_app_secret_is_optional_without_jsapi() -> None:
    assert WechatConfig.from_mapping(known.settings(app_secret="", products="h5,native")).app_secret == ""


def test_config_repr_hides_secrets() -> None:
    shown = repr(WechatConfig.from_mapping(known.settings()))
    assert "1900000109" in shown
    for secret in (known.API_KEY.decode(), known.OLD_API_KEY.decode(), "s" * 32, "RSA", "BEGIN"):
        assert secret not in shown
