"""WeChat's platform certificates: fetched, opened with the APIv3 key, and believed when they vouch for it.

A command does this, never a notice that names an unknown serial: a forged one would make us call out. The
first certificate cannot be verified by one that we have; the APIv3 key seals it, and it must verify the very
answer that brought it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from core.transport import OutcomeUnknown, ProviderError
from payments.providers import message_fields
from payments.providers.wechat.wechat_client import WechatClient
from payments.providers.wechat.wechat_signing import KeyRing, unseal

PATH = "/v3/certificates"


class WrongApiKey(ProviderError):
    """None of our APIv3 keys opens what WeChat sealed."""

    code = "wrong_api_key"


@dataclass(frozen=True)
class PlatformCertificate:
    serial: str
    begins: datetime
    ends: datetime
    pem: bytes = field(repr=False)


def fetch(client: WechatClient) -> list[PlatformCertificate]:
    """Return WeChat's certificates in force; raises like a call, or `WrongApiKey`."""
    reply = client.send("GET", PATH)
    if reply.status != 200:
        raise client.refusal(reply)
    try:
        rows = message_fields.read_object(reply.body)["data"]
        sealed = [message_fields.inner(row, "encrypt_certificate") for row in rows]
    except (ValueError, KeyError, TypeError):
        raise OutcomeUnknown("an answer that makes no sense") from None
    found = [_opened(client, each) for each in sealed]
    keys = {each.serial: _key(each) for each in found}
    if not KeyRing({**client.config.platform_keys, **keys}).is_signed(
        reply.headers, reply.body, client.clock()
    ):
        raise OutcomeUnknown("no signed answer")
    return found


def _opened(client: WechatClient, sealed: Mapping[str, Any]) -> PlatformCertificate:
    try:
        pem = unseal(client.config.api_keys, sealed)
    except ValueError:
        raise WrongApiKey from None
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise OutcomeUnknown("a certificate that makes no sense") from None
    return PlatformCertificate(
        f"{certificate.serial_number:040X}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        pem,
    )


def _key(certificate: PlatformCertificate) -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(certificate.pem).public_key()
    if not isinstance(key, RSAPublicKey):
        raise OutcomeUnknown("a certificate of another kind")
    return key
