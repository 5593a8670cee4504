"""One merchant's settings at WeChat Pay, checked when they are read and not at the first payment."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

BEIJING = timezone(timedelta(hours=8))
PRODUCTS = frozenset({"jsapi", "h5", "native"})
PUBLIC_KEY = "PUB_KEY_ID_"

_MCHID = re.compile(r"[0-9]{8,10}", re.ASCII)
_APPID = re.compile(r"wx[0-9a-z]{16}", re.ASCII)
_SERIAL = re.compile(r"[0-9A-Fa-f]{1,40}", re.ASCII)
_PUBLIC_KEY_ID = re.compile(PUBLIC_KEY + r"[0-9A-Za-z]{1,60}", re.ASCII)
_SECRET = re.compile(r"[!-~]{16,64}", re.ASCII)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Expiry:
    """A certificate that we rely on, and when it ends."""

    whose: str  # platform or merchant
    serial: str
    at: datetime


@dataclass(frozen=True)
class WechatConfig:
    """A direct merchant; with `sub_mchid`, a merchant of the partner (服务商) that the rest is about.

    `platform_keys` are WeChat's keys by serial. `api_keys` begin with the one in force; an older one stays
    for a day after a change. `products` are those that the merchant has: jsapi, h5, native.
    """

    mchid: str
    appid: str
    serial: str  # of the merchant's API certificate
    private_key: RSAPrivateKey = field(repr=False)
    api_keys: tuple[bytes, ...] = field(repr=False)
    platform_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    app_secret: str = field(default="", repr=False)  # for the silent openid: only jsapi needs it
    sub_mchid: str = ""
    sub_appid: str = ""  # where openids are those of the sub-merchant's own account
    products: frozenset[str] = frozenset({"jsapi"})
    certificates: tuple[Expiry, ...] = ()  # those that end some day, WeChat's public key does not
    base_url: str = "https://api.mch.weixin.qq.com"
    backup_url: str = "https://api2.mch.weixin.qq.com"
    open_url: str = "https://open.weixin.qq.com"
    api_url: str = "https://api.weixin.qq.com"

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read settings as text. Keys are PEM texts or the paths of PEM files; lists may be comma-separated.

        `platform_keys` maps a serial to its key, or is `serial=path,serial=path`. Raise `ValueError` that
        names all settings that are missing or wrong, and shows the value of none.
        """
        return cls(**_Reading(values).checked())

    @property
    def app(self) -> str:
        return self.appid

    @property
    def merchant(self) -> str:
        return self.sub_mchid or self.mchid

    def at_sandbox(self, url: str, public_url: str) -> Self:
        """Return the same merchant at the sandbox, which browsers reach at `public_url`."""
        return replace(self, base_url=url, backup_url=url, open_url=public_url, api_url=url)

    @property
    def payer_app(self) -> str:
        """Return the app whose openids we pay with."""
        return self.sub_appid or self.appid

    @property
    def answer_serial(self) -> str:
        """Return the serial of the key that WeChat shall sign its answers with."""
        serials = list(self.platform_keys)
        return next((serial for serial in serials if serial.startswith(PUBLIC_KEY)), serials[0])


class _Reading:
    """One pass over the settings, which collects what is wrong with them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values, self.faults = values, [f"{name}: unknown" for name in values if name not in _READERS]

    def checked(self) -> dict[str, Any]:
        found = {name: self._read(name, *reader) for name, reader in _READERS.items()}
        found = {name: value for name, value in found.items() if value is not None}
        if not self.faults and "jsapi" in found.get("products", {"jsapi"}) and "app_secret" not in found:
            self.faults.append("app_secret: missing, and jsapi needs it")
        if found.get("sub_appid") and not found.get("sub_mchid"):
            self.faults.append("sub_appid: only with sub_mchid")
        certificate = found.pop("certificate", None)
        if certificate is not None and not self.faults:
            self.faults += _misfits(certificate, found)
        if self.faults:
            raise ValueError("WeChat Pay settings: " + "; ".join(self.faults))
        found["certificates"] = (*_platform_expiries(self.values["platform_keys"]), *_own_expiry(certificate))
        return found

    def _read(self, name: str, parse: Callable[[Any], Any], required: bool) -> Any:
        value = self.values.get(name)
        reason = "missing" if required else ""
        if value:
            try:
                return parse(value)
            except OSError as error:
                reason = str(error.strerror)
            except ValueError as error:
                reason = str(error)
            except (TypeError, AttributeError, UnsupportedAlgorithm):
                reason = "not readable"
        if reason:
            self.faults.append(f"{name}: {reason}")
        return None


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(wanted)
        return str(value)

    return parse


def _words(value: Any) -> list[str]:
    return (
        [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else list(value)
    )


def _products(value: Any) -> frozenset[str]:
    chosen = frozenset(_words(value))
    if not chosen or chosen - PRODUCTS:
        raise ValueError("say jsapi, h5, native or some of them")
    return chosen


def _api_keys(value: Any) -> tuple[bytes, ...]:
    keys = tuple(word.encode() for word in _words(value))
    if not keys or any(len(key) != 32 for key in keys):
        raise ValueError("an APIv3 key has 32 bytes")
    return keys


def _pem(value: str) -> bytes:
    return value.encode() if value.lstrip().startswith("-----BEGIN ") else Path(value).read_bytes()


def _private_key(value: str) -> RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(_pem(value), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise ValueError("not an RSA private key in PEM of 2048 bits or more, without a password")
    return key


def _platform_keys(value: Any) -> dict[str, RSAPublicKey]:
    return {_serial(serial): _public_key(serial, source) for serial, source in _sources(value)}


def _serial(serial: str) -> str:
    if not _PUBLIC_KEY_ID.fullmatch(serial) and not _SERIAL.fullmatch(serial):
        raise ValueError("a serial is PUB_KEY_ID_ and digits, or the hexadecimal one of a certificate")
    return serial


def _public_key(serial: str, source: str) -> RSAPublicKey:
    key: object = None
    try:
        pem = _pem(source)
        if b"BEGIN CERTIFICATE" not in pem:
            key = serialization.load_pem_public_key(pem)
        else:
            certificate = x509.load_pem_x509_certificate(pem)
            key = certificate.public_key() if certificate.serial_number == int(serial, 16) else None
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ValueError("not an RSA public key of 2048 bits or more, or a certificate with that serial")
    return key


def _sources(value: Any) -> Iterable[tuple[str, str]]:
    """Return serial and source of each of WeChat's keys, however the settings write them."""
    if isinstance(value, Mapping):
        return value.items()
    return [(serial, source) for serial, _, source in (word.partition("=") for word in _words(value))]


def _platform_expiries(value: Any) -> list[Expiry]:
    pems = [(serial, _pem(source)) for serial, source in _sources(value)]
    return [
        Expiry("platform", serial, x509.load_pem_x509_certificate(pem).not_valid_after_utc)
        for serial, pem in pems
        if b"BEGIN CERTIFICATE" in pem
    ]


def _certificate(value: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_pem(value))
    except ValueError:
        raise ValueError("not a certificate in PEM") from None


def _own_expiry(certificate: x509.Certificate | None) -> list[Expiry]:
    if certificate is None:
        return []
    return [Expiry("merchant", f"{certificate.serial_number:X}", certificate.not_valid_after_utc)]


def _misfits(certificate: x509.Certificate, found: Mapping[str, Any]) -> list[str]:
    """Name what does not belong to the merchant's certificate: WeChat would only say that we sign wrongly."""
    faults = []
    if certificate.serial_number != int(found["serial"], 16):
        faults.append("serial: is not that of the certificate")
    if certificate.public_key() != found["private_key"].public_key():
        faults.append("private_key: does not belong to the certificate")
    return faults


_REQUIRED, _OPTIONAL = True, False
_READERS: Mapping[str, tuple[Callable[[Any], Any], bool]] = {
    "mchid": (_matching(_MCHID, "say 8 to 10 digits"), _REQUIRED),
    "appid": (_matching(_APPID, "say wx and 16 characters"), _REQUIRED),
    "serial": (_matching(_SERIAL, "say up to 40 hexadecimal digits"), _REQUIRED),
    "private_key": (_private_key, _REQUIRED),
    "api_keys": (_api_keys, _REQUIRED),
    "platform_keys": (_platform_keys, _REQUIRED),
    "certificate": (_certificate, _OPTIONAL),
    "app_secret": (_matching(_SECRET, "say 16 to 64 characters"), _OPTIONAL),
    "sub_mchid": (_matching(_MCHID, "say 8 to 10 digits"), _OPTIONAL),
    "sub_appid": (_matching(_APPID, "say wx and 16 characters"), _OPTIONAL),
    "products": (_products, _OPTIONAL),
    **{
        name: (_matching(_ORIGIN, "say an origin such as https://api.mch.weixin.qq.com"), _OPTIONAL)
        for name in ("base_url", "backup_url", "open_url", "api_url")
    },
}
