"""The certificates that the proxy shows to the visit's own browser.

The browser is ours and reaches nothing but the proxy, so one key that lives in memory serves all visits of
a process. The real certificate of the site is verified by the proxy, and described in the evidence.
"""

import base64
import hashlib
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from selfcheck.sites import is_address


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_digest() -> str:
    """Return the SHA-256 of our public key, by which the browser trusts these certificates.

    Beacons that outlive their page are verified by the network service alone: it must know the key.
    """
    raw = (
        _key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()


@lru_cache(maxsize=512)
def server_context(host: str) -> ssl.SSLContext:
    """Return a TLS context for the side towards the browser, with a certificate for one host."""
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:60] or "host")])
    alternative = x509.IPAddress(ip_address(host)) if is_address(host) else x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(_key(), hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            _key().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(path)
    return context


@cache
def client_context(any_certificate: bool) -> ssl.SSLContext:
    """Return a TLS context for the side towards the site."""
    context = ssl.create_default_context()
    if any_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def describe(certificate: bytes) -> dict[str, str]:
    """Return subject, issuer, end and digest of a certificate in DER."""
    try:
        read = x509.load_der_x509_certificate(certificate)
    except ValueError:
        return {}
    return {
        "subject": read.subject.rfc4514_string(),
        "issuer": read.issuer.rfc4514_string(),
        "not_after": read.not_valid_after_utc.isoformat(),
        "sha256": read.fingerprint(hashes.SHA256()).hex(),
    }
