"""Trusted time stamps (RFC 3161): a time stamp authority signs that a bundle existed at a time.

The program openssl makes the request and verifies the answer: it is on every inspector's machine, and its
`ts` command covers nonce, imprint, policy and the chain of certificates. Only a digest leaves this machine.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.request import Request, build_opener

from selfcheck.check_errors import SelfCheckError

MAX_ANSWER = 64 * 1024
SECONDS = 15
_SYSTEM_ROOTS = (
    *("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"),
)
_TIME = re.compile(r"^Time stamp: (.+)$", re.MULTILINE)

type Ask = Callable[[str, bytes], bytes]  # address, request: the authority's answer


class NoTimestamp(SelfCheckError):
    """The authority gave no valid time stamp, or openssl is missing; the message says which."""

    code = "no_timestamp"


@dataclass(frozen=True)
class Authority:
    """A time stamp authority: its address, and its root certificate (empty: those of the system)."""

    url: str
    roots: Path | None = None

    def stamp(self, data: bytes, ask: Ask | None = None) -> bytes:
        """Return a verified time stamp for the data."""
        if not self.url.lower().startswith(("http://", "https://")):
            raise NoTimestamp("the address of the time stamp authority must begin with http:// or https://")
        with tempfile.TemporaryDirectory() as name:
            query = Path(name) / "query.tsq"
            _openssl("-query", "-digest", _digest(data), "-sha256", "-cert", "-out", query)
            answer = (ask or _ask)(self.url, query.read_bytes())
            path = Path(name) / "answer.tsr"
            path.write_bytes(answer)
            _openssl("-verify", "-in", path, "-queryfile", query, *_roots(self.roots))
        return answer


def verify(data: bytes, stamp: bytes, roots: Path | None = None, *, at: datetime | None = None) -> str:
    """Return the time that a stamp names for the data, if it is valid for it.

    The chain of certificates must have been valid at that time. Evidence outlives certificates: what has
    expired since (`at`: now) makes no stamp invalid, but the answer says so.
    """
    at = at or datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "answer.tsr"
        path.write_bytes(stamp)
        wanted = ("-verify", "-digest", _digest(data), "-in", path, *_roots(roots))
        found = _TIME.search(_openssl("-reply", "-in", path, "-text"))
        named = found[1].strip() if found else ""
        _openssl(*wanted, "-attime", _seconds(named, at))
        try:
            _openssl(*wanted, "-attime", int(at.timestamp()))
        except NoTimestamp:
            return f"{named} (its certificate has expired since)"
    return named


def _seconds(named: str, at: datetime) -> int:
    """Return the Unix time of a stamp's time, which may have fractions of a second."""
    try:
        when = datetime.strptime(re.sub(r"\.\d+", "", named), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    except ValueError:
        raise NoTimestamp("the time stamp names no time") from None
    if when > at + timedelta(days=1):  # a clock may be a little wrong
        raise NoTimestamp(f"the time stamp is of the future: {named}")
    return int(when.timestamp())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _roots(path: Path | None) -> list[str]:
    if path is not None:
        return ["-CAfile", str(path)]
    found = next((p for p in _SYSTEM_ROOTS if Path(p).is_file()), "")
    return ["-CAfile", found] if found else []


def _openssl(*words: object) -> str:
    program = shutil.which("openssl")
    if program is None:
        raise NoTimestamp("time stamps need the program openssl")
    done = subprocess.run(  # noqa: S603 - fixed program, no shell
        [program, "ts", *map(str, words)], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["openssl failed"]
        reason = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise NoTimestamp(f"the time stamp is not valid: {reason.rpartition(':')[2].strip() or reason}")
    return done.stdout


def _ask(url: str, query: bytes) -> bytes:
    """Return the authority's answer, all of it within SECONDS: a socket's own limit is for each byte."""
    answers: SimpleQueue[bytes | NoTimestamp] = SimpleQueue()
    threading.Thread(target=lambda: answers.put(_answer(url, query)), daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS)
    except Empty:
        answer = NoTimestamp("the time stamp authority does not answer in time")
    if isinstance(answer, NoTimestamp):
        raise answer
    return answer


def _answer(url: str, query: bytes) -> bytes | NoTimestamp:
    request = Request(url, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - checked above
    try:
        with build_opener().open(request, timeout=SECONDS) as answer:
            raw = bytes(answer.read(MAX_ANSWER + 1))
    except (OSError, ValueError, HTTPException) as error:  # URLError is an OSError
        return NoTimestamp(f"the time stamp authority does not answer: {error}")
    if len(raw) > MAX_ANSWER:
        return NoTimestamp("the answer of the time stamp authority is too long")
    return raw
