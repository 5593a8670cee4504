"""Checks the installation as an outsider: needs neither the database nor the worker that it watches.

Three questions: does each surface answer and can it write (`/readyz`), does the worker's file still get
newer, and how long is each certificate valid.
"""

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.transport import OutcomeUnknown, PooledTransport

WORKER_IS_LATE = timedelta(minutes=3)
CERTIFICATE_DAYS = 14
CONNECT_SECONDS = 5.0

TEXTS: dict[str, str | Promise] = {
    "page": _("{subject} does not answer. Check its service, nginx and the network."),
    "database": _("{subject} answers, but the database cannot be written. Check PostgreSQL and the disk."),
    "worker": _("The worker does not run. No refund is sent and no payment is queried until it does."),
    "certificate": _("The certificate of {subject} is valid for less than two weeks. Renew it."),
    "tls": _("{subject} offers no valid certificate. Browsers and cameras refuse to connect."),
}


@dataclass(frozen=True, order=True)
class OutsideFinding:
    """One thing that is wrong: a key of TEXTS, and what it is about."""

    code: str
    subject: str = ""

    def text(self) -> str:
        return str(TEXTS[self.code]).format(subject=self.subject)


def check_all(
    *, pages: Sequence[str], origins: Sequence[str], beat_file: Path | None, at: datetime
) -> list[OutsideFinding]:
    """Return everything that is wrong. `pages`: addresses of `/readyz`; `origins`: our web origins."""
    found = [check_page(page) for page in pages]
    found += [check_certificate(origin, at=at) for origin in origins if origin.startswith("https://")]
    if beat_file is not None:
        found.append(check_worker(beat_file, at=at))
    return sorted(finding for finding in found if finding is not None)


def check_page(address: str) -> OutsideFinding | None:
    transport = PooledTransport("own pages", connect_seconds=CONNECT_SECONDS, connections=1)
    try:
        status = transport.send("GET", address, {}, b"").status
    except OutcomeUnknown:
        return OutsideFinding("page", address)
    finally:
        transport.close()
    return {200: None, 503: OutsideFinding("database", address)}.get(status, OutsideFinding("page", address))


def check_worker(beat_file: Path, *, at: datetime) -> OutsideFinding | None:
    try:
        beat_at = datetime.fromtimestamp(beat_file.stat().st_mtime, UTC)
    except OSError:
        return OutsideFinding("worker")
    return OutsideFinding("worker") if at - beat_at > WORKER_IS_LATE else None


def check_certificate(origin: str, *, at: datetime) -> OutsideFinding | None:
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), CONNECT_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except ssl.SSLError:
        return OutsideFinding("tls", origin)
    except OSError:
        return OutsideFinding("page", origin)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    return OutsideFinding("certificate", origin) if ends - at < timedelta(days=CERTIFICATE_DAYS) else None
