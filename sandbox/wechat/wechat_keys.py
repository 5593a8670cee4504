"""Keys of a simulated merchant and of the simulated WeChat Pay, in a folder that product and sandbox read.

`settings.json` has what the merchant configures; only the sandbox reads the private platform keys.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.x509.oid import NameOID

CERTIFICATE_LIFETIME = timedelta(days=5 * 365)


@dataclass(frozen=True)
class WechatKeys:
    mchid: str
    appid: str
    app_secret: str = field(repr=False)
    serial: str  # of the merchant's API certificate
    merchant: RSAPublicKey = field(repr=False)
    api_key: bytes = field(repr=False)  # APIv3: 32 bytes
    platform_id: str
    platform: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate
    certificate_key: RSAPrivateKey = field(repr=False)

    @property
    def certificate_serial(self) -> str:
        return f"{self.certificate.serial_number:040X}"


def open_keys(folder: Path) -> WechatKeys:
    """Return the keys in `folder`; create them if there are none."""
    if not (folder / "settings.json").exists():
        make_keys(folder)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    platform_id = next(name for name in settings["platform_keys"] if name.startswith("PUB_KEY_ID_"))
    return WechatKeys(
        mchid=settings["mchid"],
        appid=settings["appid"],
        app_secret=settings["app_secret"],
        serial=settings["serial"],
        merchant=_private_key(folder / "merchant_key.pem").public_key(),
        api_key=settings["api_keys"][0].encode(),
        platform_id=platform_id,
        platform=_private_key(folder / "platform_key.pem"),
        certificate=x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes()),
        certificate_key=_private_key(folder / "certificate_key.pem"),
    )


def make_keys(folder: Path) -> None:
    """Write new keys into `folder`. `settings.json` is written last and marks the folder as complete."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    merchant, platform, certified = (generate_private_key(65537, 2048) for _ in range(3))
    certificate = _certificate(certified)
    _write(folder / "merchant_key.pem", _pem(merchant))
    _write(folder / "platform_key.pem", _pem(platform))
    _write(folder / "platform_public.pem", _public_pem(platform))
    _write(folder / "certificate_key.pem", _pem(certified))
    _write(folder / "certificate.pem", certificate.public_bytes(serialization.Encoding.PEM))
    settings = {
        "mchid": f"19{secrets.randbelow(10**8):08d}",
        "appid": f"wx{secrets.token_hex(8)}",
        "app_secret": secrets.token_hex(16),
        "serial": f"{x509.random_serial_number():040X}",
        "private_key": str((folder / "merchant_key.pem").resolve()),
        "api_keys": [secrets.token_hex(16)],
        "platform_keys": {
            f"PUB_KEY_ID_{secrets.randbelow(10**28):028d}": str((folder / "platform_public.pem").resolve()),
            f"{certificate.serial_number:040X}": str((folder / "certificate.pem").resolve()),
        },
    }
    _write(folder / "settings.json", json.dumps(settings, indent=2).encode())


def _certificate(key: RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox, no money moves")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + CERTIFICATE_LIFETIME)
        .sign(key, hashes.SHA256())
    )


def _private_key(path: Path) -> RSAPrivateKey:
    # Checking its primes takes longer than all else at start; the sandbox made this key itself.
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    return key


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
    draft.replace(path)
