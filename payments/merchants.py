"""The operator's merchants (商户) and the lots that each collects for, read and checked at start-up.

MERCHANTS_FILE is a JSON list with one object a merchant: its `provider`, its `lots`, and what the provider
asks for. Secrets stand in files of their own, which the list names; so the list itself can be shown to
anybody. docs/channels.md has the table of keys.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import shallow_json
from payments.providers.alipay import AlipayConfig
from payments.providers.wechat import WechatConfig

type Config = WechatConfig | AlipayConfig

_SLUG = re.compile(r"[a-z0-9_-]{1,50}", re.ASCII | re.IGNORECASE)
_SECRET_FILES = {
    "private_key_file": "private_key",
    "app_secret_file": "app_secret",
    "api_keys_file": "api_keys",
    "certificate_file": "certificate",
}
_WECHAT = {
    *("mchid", "appid", "serial", "platform_keys", "sub_mchid", "sub_appid", "products"),
    *("base_url", "backup_url", "open_url", "api_url", *_SECRET_FILES),
}
_ALIPAY = {"app_id", "seller_id", "private_key_file", "public_key_file", "gateway", "scenes"}
_OWN = {"provider", "lots", "sandbox", "former"}
_SPOKEN = re.compile(r"[A-Z][A-Z_]+(?= is not set|_FILE: |: )", re.ASCII)


@dataclass(frozen=True)
class Merchant:
    """One merchant at one channel. `lots` None: all that no other merchant of the channel has by name.

    A merchant without lots takes no new payment; those it has taken are still asked about and refunded.
    """

    provider: str
    config: Config
    lots: frozenset[str] | None
    sandbox: bool = False
    former: bool = False  # its credentials are kept for the payments that were made with them, and no others

    @property
    def app(self) -> str:
        return self.config.app

    @property
    def name(self) -> str:
        return self.config.merchant


def read_merchants(text: str) -> tuple[Merchant, ...]:
    """Return the merchants; raise `ValueError` that names the entry and the key of every fault, no value."""
    try:
        entries = shallow_json.loads(text, object_pairs_hook=shallow_json.named_once)
    except shallow_json.NamedTwice:
        raise
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("say a list of merchants: [{…}, {…}]")
    faults: list[str] = []
    found: list[tuple[int, Merchant]] = []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append((number, _read(entry)))
        except ValueError as error:
            faults.append(f"entry {number} ({_provider_of(entry)}): {error}")
    faults += _clashes(found)
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(merchant for _, merchant in found)


def at_sandbox(merchants: Iterable[Merchant], url: str, public_url: str = "") -> tuple[Merchant, ...]:
    """Return the merchants with the sandbox at `url` in place of their channels.

    `public_url` is where payers' browsers reach the sandbox, if that differs. Sandbox and real merchants
    exclude each other (`ValueError`): a mix would let cars park for nothing, or send drivers to a simulated
    cashier.
    """
    merchants = tuple(merchants)
    for number, merchant in enumerate(merchants, start=1):
        if merchant.sandbox and not url:
            raise ValueError(f"entry {number}: sandbox: only together with SANDBOX_URL")
        if url and not merchant.sandbox:
            raise ValueError(f"entry {number}: a real merchant and SANDBOX_URL exclude each other")
    return (
        tuple(
            replace(merchant, config=merchant.config.at_sandbox(url, public_url or url))
            for merchant in merchants
        )
        if url
        else merchants
    )


def _provider_of(entry: Mapping[str, Any]) -> str:
    name = str(entry.get("provider"))
    return name if name in _READERS else "?"


def _read(entry: Mapping[str, Any]) -> Merchant:
    name = _provider_of(entry)
    if name not in _READERS:
        raise ValueError(f"provider: say {' or '.join(_READERS)}")
    faults: list[str] = []
    lots: frozenset[str] | None = frozenset()
    config: Config | None = None
    try:
        lots = _lots(entry.get("lots"))
    except ValueError as error:
        faults.append(str(error))
    faults += [
        f"{flag}: say true, or leave it out"
        for flag in ("sandbox", "former")
        if entry.get(flag, False) not in (True, False)
    ]
    if entry.get("former", False) and lots != frozenset():
        faults.append('former: takes no new payment, so say "lots": []')
    try:
        config = _READERS[name]({key: value for key, value in entry.items() if key not in _OWN})
    except ValueError as error:
        faults.append(str(error))
    if faults or config is None:
        raise ValueError("; ".join(faults))
    return Merchant(
        name, config, lots, sandbox=entry.get("sandbox", False), former=entry.get("former", False)
    )


def _lots(value: Any) -> frozenset[str] | None:
    if value == "*":
        return None
    if isinstance(value, list) and all(isinstance(slug, str) and _SLUG.fullmatch(slug) for slug in value):
        return frozenset(value)
    raise ValueError('lots: say "*" for all, or a list of their short names')


def _wechat(values: Mapping[str, Any]) -> WechatConfig:
    faults, fields = _known(values, _WECHAT), dict(values)
    for key, plain in _SECRET_FILES.items():
        if (path := fields.pop(key, None)) is not None:
            try:
                fields[plain] = _secret(path)
            except ValueError as error:
                faults.append(f"{key}: {error}")
                fields[plain] = ""
    if faults:
        raise ValueError("; ".join(faults))
    if isinstance(keys := fields.get("api_keys"), str):
        fields["api_keys"] = keys.split()
    try:
        return WechatConfig.from_mapping(fields)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("WeChat Pay settings: ")) from None


def _alipay(values: Mapping[str, Any]) -> AlipayConfig:
    faults = _known(values, _ALIPAY)
    faults += [f"{key}: say a text" for key, value in values.items() if not isinstance(value, str)]
    if faults:
        raise ValueError("; ".join(faults))
    try:
        return AlipayConfig.from_mapping({key.upper(): value for key, value in values.items()}, prefix="")
    except ValueError as error:
        raise ValueError(_SPOKEN.sub(lambda match: match[0].lower(), str(error))) from None


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Config]] = {"wechat": _wechat, "alipay": _alipay}


def _known(values: Mapping[str, Any], known: set[str]) -> list[str]:
    """Name the keys that the provider has not, and the secrets that stand in the list itself."""
    return [
        f"{key}: give the file that holds it, as {key}_file" if f"{key}_file" in known else f"{key}: unknown"
        for key in values
        if key not in known
    ]


def _secret(path: Any) -> str:
    if not isinstance(path, str) or not path:
        raise ValueError("say the path of a file")
    try:
        text = Path(path).read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise ValueError(str(error.strerror)) from None
    except UnicodeError:
        raise ValueError("is not text") from None
    if not text:
        raise ValueError("is empty")
    return text


def _clashes(found: list[tuple[int, Merchant]]) -> list[str]:
    """Name the entries after which it would be open who takes the money of a lot."""
    taken: dict[tuple[str, str], int] = {}
    faults = []
    for number, merchant in found:
        keys = {f"app {merchant.name} {merchant.app}": "the same merchant and app as"}
        if not merchant.former:
            keys = {"merchant " + merchant.name: "the same merchant", **keys}
        keys |= {f"lot {slug}": f"lots: {slug} is of" for slug in merchant.lots or ()}
        keys |= {"all lots": 'lots: "*" stands in'} if merchant.lots is None else {}
        for key, words in keys.items():
            first = taken.setdefault((merchant.provider, key), number)
            if first != number:
                faults.append(f"entry {number} ({merchant.provider}): {words} entry {first} too")
    return faults
