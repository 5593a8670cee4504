"""The simulated merchants in one folder: their keys, and the list of them that the product reads."""

import json
import os
from pathlib import Path
from typing import Any

from sandbox.alipay.simulated_alipay_keys import AlipayKeys, open_alipay_keys
from sandbox.wechat.wechat_keys import WechatKeys, open_keys

FILE = "merchants.json"


def open_merchants(folder: Path) -> tuple[WechatKeys, AlipayKeys]:
    """Return the keys in `folder`, which are created if missing, and write the list of merchants.

    The list is what an operator writes in MERCHANTS_FILE for real merchants, plus `"sandbox": true`.
    """
    keys = open_keys(folder / "wechat"), open_alipay_keys(folder / "alipay")
    common = {"lots": "*", "sandbox": True}
    merchants = [{**_wechat(folder / "wechat"), **common}, {**_alipay(folder / "alipay"), **common}]
    _write_private(folder / FILE, json.dumps(merchants, indent=2))
    return keys


def _wechat(folder: Path) -> dict[str, Any]:
    """Return the entry of the WeChat merchant, with each secret in a file of its own."""
    entry = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    secrets = {"app_secret": entry.pop("app_secret"), "api_keys": "\n".join(entry.pop("api_keys"))}
    for name, text in secrets.items():
        _write_private(folder / f"{name}.txt", text)
        entry[f"{name}_file"] = str((folder / f"{name}.txt").resolve())
    entry["private_key_file"] = entry.pop("private_key")
    return {"provider": "wechat", **entry, "products": "jsapi,h5,native"}


def _alipay(folder: Path) -> dict[str, Any]:
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return {
        "provider": "alipay",
        **{name.removeprefix("ALIPAY_").lower(): value for name, value in settings.items()},
    }


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
