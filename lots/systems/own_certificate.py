"""A certificate that an operator gives for an interface of its own network: read, judged, written plainly.

Platforms in a mall (海康 ISC) often have one that no public authority has signed. Then only what was given is
trusted: the authority's certificate, or the server's own.
"""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST = 20_000  # characters: a chain of several
MOST = 8

NOT_TEXT = _(
    "Paste the certificate as text: it begins with -----BEGIN CERTIFICATE-----. Save a binary file as Base64"
    " first."
)
PRIVATE_KEY = _("There is a private key in it. Paste the certificate alone, and have that key replaced.")
ENDED = _("This certificate ended on %(day)s. Ask for the one in use.")
NOT_FOR_HTTP = _("It counts only for an address that begins with https://.")


def own_certificate_faults(text: str, *, base_url: str, at: datetime) -> Iterator[str | Promise]:
    """Yield why a text cannot be used; nothing where it can, or is empty."""
    if not text:
        return
    if "PRIVATE KEY" in text:
        yield PRIVATE_KEY
        return
    try:
        found = _read(text)
    except ValueError:
        yield NOT_TEXT
        return
    end = max(one.not_valid_after_utc for one in found)
    if end < at:
        yield ENDED % {"day": f"{end:%Y-%m-%d}"}
    elif base_url.startswith("http://"):
        yield NOT_FOR_HTTP


def plain_certificates(text: str) -> str:
    """Return the certificates alone: what tools write around them is dropped. Raises `ValueError`."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in _read(text)) if text else ""


def ends_at(text: str) -> datetime:
    """Return when the first of these certificates ends."""
    return min(one.not_valid_after_utc for one in _read(text))


def _read(text: str) -> list[x509.Certificate]:
    found = x509.load_pem_x509_certificates(text.encode())
    if len(found) > MOST or len(text) > LONGEST:
        raise ValueError("too many")
    return found
