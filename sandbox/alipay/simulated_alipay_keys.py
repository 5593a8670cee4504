"""Keys of a simulated app and of the simulated Alipay, in a folder that product and sandbox read.

`settings.json` has what the merchant configures. Keys have the format of Alipay's key tool: bare base64 on
one line. Only the sandbox reads `alipay_private_key.txt`.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)


@dataclass(frozen=True)
class AlipayKeys:
    app_id: str
    seller_id: str
    app: RSAPublicKey = field(repr=False)  # verifies requests of the merchant
    alipay: RSAPrivateKey = field(repr=False)  # signs responses and notices


def open_alipay_keys(folder: Path) -> AlipayKeys:
    """Return the keys in `folder`; create them if there are none."""
    if not (folder / "settings.json").exists():
        make_alipay_keys(folder)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return AlipayKeys(
        app_id=settings["ALIPAY_APP_ID"],
        seller_id=settings["ALIPAY_SELLER_ID"],
        app=_private_key(folder / "app_private_key.txt").public_key(),
        alipay=_private_key(folder / "alipay_private_key.txt"),
    )


def make_alipay_keys(folder: Path) -> None:
    """Write new keys into `folder`. `settings.json` is written last and marks the folder as complete."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    app, alipay = (generate_private_key(65537, 2048) for _ in range(2))
    _write(folder / "app_private_key.txt", _private_text(app))
    _write(folder / "alipay_private_key.txt", _private_text(alipay))
    _write(folder / "alipay_public_key.txt", _public_text(alipay))
    settings = {
        "ALIPAY_APP_ID": f"2021{secrets.randbelow(10**12):012d}",
        "ALIPAY_SELLER_ID": f"2088{secrets.randbelow(10**12):012d}",
        "ALIPAY_PRIVATE_KEY_FILE": str((folder / "app_private_key.txt").resolve()),
        "ALIPAY_PUBLIC_KEY_FILE": str((folder / "alipay_public_key.txt").resolve()),
        "ALIPAY_SCENES": "alipay,browser,screen",
    }
    _write(folder / "settings.json", json.dumps(settings, indent=2))


def _private_key(path: Path) -> RSAPrivateKey:
    # Checking its primes takes longer than all else at start; the sandbox made this key itself.
    key = load_der_private_key(base64.b64decode(path.read_bytes()), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    return key


def _private_text(key: RSAPrivateKey) -> str:
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def _public_text(key: RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def _write(path: Path, content: str) -> None:
    draft = path.with_name(path.name + ".new")
    with open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600), encoding="ascii") as file:
        file.write(content)
    draft.replace(path)
