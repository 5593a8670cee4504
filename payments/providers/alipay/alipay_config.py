"""What one merchant at Alipay is configured with. Faults name the setting, never its value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.providers.alipay import alipay_keys
from payments.providers.contract import Scene

GATEWAY = "https://openapi.alipay.com/gateway.do"
PHONES = frozenset({Scene.ALIPAY, Scene.BROWSER})
OFFERED = PHONES | {Scene.SCREEN}  # inside WeChat, Alipay's pages are blocked
_APP_ID = re.compile(r"[0-9]{16,20}", re.ASCII)
_SELLER_ID = re.compile(r"2088[0-9]{12}", re.ASCII)
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class AlipayMisconfigured(ValueError):
    """The settings are missing or wrong; the text names each of them."""


@dataclass(frozen=True)
class AlipayConfig:
    """One merchant: its app, its account (收款账号), the two keys, and the scenes its contract covers.

    Alipay's page for phones (手机网站支付) serves Alipay's own browser and all others; codes for a screen
    need the contract 当面付.
    """

    app_id: str
    seller_id: str
    private_key: RSAPrivateKey = field(repr=False)  # ours: signs what we ask
    alipay_public_key: RSAPublicKey = field(repr=False)  # Alipay's: verifies what it says
    gateway: str = GATEWAY
    scenes: frozenset[Scene] = PHONES
    page_gateway: str = ""  # where payers' browsers reach the gateway; differs only at the sandbox

    certificates: ClassVar[tuple[()]] = ()  # plain keys, which do not expire

    @property
    def app(self) -> str:
        return self.app_id

    @property
    def merchant(self) -> str:
        return self.seller_id

    def at_sandbox(self, url: str, public_url: str) -> Self:
        """Return the same merchant at the sandbox, which browsers reach at `public_url`."""
        return replace(self, gateway=f"{url}/gateway.do", page_gateway=f"{public_url}/gateway.do")

    @classmethod
    def from_mapping(cls, values: Mapping[str, str], prefix: str = "ALIPAY_") -> Self:
        """Read `ALIPAY_APP_ID` and so on; raise `AlipayMisconfigured` with all faults at once.

        A key stands in `…PRIVATE_KEY` or `…PUBLIC_KEY`, or in a file that `…_KEY_FILE` names.
        """
        settings = _Settings(values, prefix)
        app_id = settings.read("APP_ID", _matching(_APP_ID, "say the 16 digits of the app (APPID)"))
        seller_id = settings.read("SELLER_ID", _matching(_SELLER_ID, "say the account's 16 digits, 2088…"))
        private_key = settings.read("PRIVATE_KEY", alipay_keys.private_key)
        public_key = settings.read("PUBLIC_KEY", alipay_keys.public_key)
        gateway = settings.read("GATEWAY", _address, GATEWAY)
        scenes = settings.read("SCENES", _scenes, PHONES)
        if private_key and public_key and private_key.public_key() == public_key:
            settings.faults.append(f"{prefix}PUBLIC_KEY: is your own (应用公钥); take Alipay's (支付宝公钥)")
        if settings.faults:
            raise AlipayMisconfigured("; ".join(settings.faults))
        assert app_id
        assert seller_id
        assert private_key
        assert public_key
        assert gateway
        assert scenes
        return cls(app_id, seller_id, private_key, public_key, gateway, scenes)


class _Settings:
    """Reads settings and collects the faults."""

    def __init__(self, values: Mapping[str, str], prefix: str) -> None:
        self.values, self.prefix = values, prefix
        self.faults: list[str] = []

    def read[T](self, name: str, parse: Callable[[str], T], default: T | None = None) -> T | None:
        name = self.prefix + name
        try:
            text = self._text(name)
            if text:
                return parse(text)
            if default is None:
                self.faults.append(f"{name} is not set")
        except OSError as error:
            self.faults.append(f"{name}_FILE: {error.strerror}")
        except UnicodeError:
            self.faults.append(f"{name}_FILE: is not text")
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
        return default

    def _text(self, name: str) -> str:
        if path := self.values.get(f"{name}_FILE"):
            return Path(path).read_text(encoding="utf-8-sig").strip()
        return self.values.get(name, "").strip()


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(wanted)
        return text

    return parse


def _address(text: str) -> str:
    parts = urlsplit(text)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if not secure or not parts.hostname or not parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"say an https address such as {GATEWAY}")
    return text


def _scenes(text: str) -> frozenset[Scene]:
    chosen = {word.strip() for word in text.split(",")} - {""}
    if not chosen or not chosen <= OFFERED:
        raise ValueError(f"choose from {', '.join(sorted(OFFERED))}")
    return frozenset(Scene(word) for word in chosen)
