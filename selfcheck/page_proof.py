"""Proves that a page is the one that its operator published, byte for byte.

The operator signs which release runs, which facts its pages are made of, and the digest of each page. This
module has the page made again from the source of that release and the published facts, with the script that
it fetches, and compares them with what the site serves, headers too. The site is asked as a tool and as
phones: all must be given the same.
"""

import base64
import binascii
import gzip
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli

from selfcheck.check_errors import SelfCheckError
from selfcheck.checking import in_thread
from selfcheck.chrome import Options
from selfcheck.fetching import Fetched, fetch
from selfcheck.phones import PHONES
from selfcheck.signed_declaration import PATH, canonical, read_signed, stated
from selfcheck.sites import site_of

MOST = 16 * 1024 * 1024  # bytes of a declaration or of a lot's facts
# What servers and proxies on the way add to each answer; a page does not depend on it.
OF_THE_WAY = frozenset(
    {
        *("accept-ranges", "age", "alt-svc", "connection", "content-encoding", "content-length", "date"),
        *("keep-alive", "server", "transfer-encoding", "vary", "via"),
        # Which node of a delivery network answered, and from its cache or not: browsers ignore these.
        *("ali-swift-global-savetime", "cf-cache-status", "cf-ray", "eagleid", "x-amz-cf-id", "x-amz-cf-pop"),
        *("x-cache", "x-cache-hits", "x-cache-lookup", "x-cache-status", "x-envoy-upstream-service-time"),
        *(
            "x-nws-log-uuid",
            "x-request-id",
            "x-served-by",
            "x-swift-cachetime",
            "x-swift-savetime",
            "x-timer",
        ),
    }
)
ASKED_AS = ("wechat", "alipay", "plain")  # a page may be altered for the phones of one app alone
_CODE = re.compile(r"/p/([^/]+)(?:/(?:hant|en))?/?", re.IGNORECASE)
_SNIPPET = 40  # bytes on each side of a difference


class NoSource(SelfCheckError):
    """The source of the release is not here, or could not make the page; the message says why."""

    code = "no_source"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as published: its kind, where it is, and both values."""

    kind: str  # declaration, release, fact, page, byte, header, disguise
    where: str
    published: str = ""
    served: str = ""

    def __str__(self) -> str:
        values = (
            f": published {self.published!r}, found {self.served!r}" if self.published or self.served else ""
        )
        return f"{self.kind}  {self.where}{values}"


@dataclass
class Proof:
    """What came of a verification: differences, what could not be verified, and what was."""

    differences: list[Difference] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0: every byte is as published; 1: something differs; 2: not known."""
        return 1 if self.differences else 2 if self.untested else 0


@dataclass(frozen=True)
class ReleaseSource:
    """Where the open source of the release is: a checkout, or the package installed here."""

    folder: Path | None = None
    python: str = ""

    def run(self, request: dict[str, Any] | None) -> dict[str, Any]:
        """Return what the release makes of a request; without one, which release it is."""
        folder = self.folder.absolute() if self.folder else None
        if folder and not (folder / "driver" / "rebuild.py").is_file():
            raise NoSource(f"{folder} holds no source that can make its pages again")
        if not folder and importlib.util.find_spec("driver") is None:
            raise NoSource("name the folder with the source of the release: --source FOLDER")
        local = folder and folder / ".venv" / "bin" / "python"
        python = self.python or (str(local) if local and local.is_file() else sys.executable)
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            made = subprocess.run(  # noqa: S603 - the source that the caller named
                [python, "-m", "driver.rebuild", *([] if request else ["--release"])],
                input=json.dumps(request).encode(),
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=300,
                check=False,
            )
            answer = json.loads(made.stdout) if made.returncode == 0 else None
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise NoSource(f"the source could not be run: {type(error).__name__}") from None
        if not isinstance(answer, dict):
            last = made.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
            raise NoSource(f"the source could not make the page: {last[0]}")
        return answer


def verify_page(url: str, options: Options, *, source: ReleaseSource, key: str = "") -> Proof:
    """Compare the page at `url`, in each language, with the page that its release makes of its facts."""
    proof = Proof()
    code = _code_of(url)
    if not code:
        proof.untested.append("the address is not that of a sign's first page (/p/CODE)")
        return proof
    origin = _origin(url)
    statement = _statement(origin, options, key, proof)
    if not statement:
        return proof
    lot = _lot_of(statement, code)
    if lot is None:
        proof.differences.append(Difference("page", "the declaration does not list this sign"))
        return proof
    published = lot["pages"][_code_digest(code)]
    facts = _facts(origin, lot, options, proof)
    if not published:
        proof.untested.append("the page at an exit lane shows the car standing there and has no fixed bytes")
    if facts is None or not published:
        return proof
    rebuilt = source.run({"facts": facts, "code": code, "origin": origin})
    _compare_releases(statement.get("release"), rebuilt, proof)
    for language, page in _mapping(rebuilt, "pages").items():
        if published.get(language) != page.get("digest"):
            proof.differences.append(Difference("page", f"{language}: the signed digest is of another page"))
        _compare_page(f"{origin}/p/{code}{page['path']}", language, page, options, proof)
    for path, script in _mapping(rebuilt, "scripts").items():
        _compare_page(f"{origin}{path}", path, script, options, proof)
    return proof


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"


def _code_of(url: str) -> str:
    match = _CODE.fullmatch(urlsplit(url).path)
    return match[1].upper().replace("-", "").translate(str.maketrans("OIL", "011")) if match else ""


def _code_digest(code: str) -> str:
    return hashlib.sha256(f"pure-code sign {code}".encode()).hexdigest()[:32]


def get_answer(url: str, options: Options, **more: Any) -> Fetched:
    """Return what a site answers to one GET."""
    return in_thread(lambda: fetch(url, options, most=MOST, **more))


def _statement(origin: str, options: Options, key: str, proof: Proof) -> dict[str, Any]:
    answer = get_answer(f"{origin}{PATH}", options)
    raw = _decoded(answer)
    if answer.status != 200 or raw is None:
        proof.untested.append(f"declaration: {_unreadable(answer)}")
        return {}
    state, statement = read_signed(raw, key=key)
    if state == "true" and site_of(str(statement.get("host", ""))) != site_of(origin):
        state = "elsewhere"
    faults = {
        "forged": "the signature does not match",
        "foreign": "signed with another key",
        "elsewhere": "it belongs to another site",
    }
    if state in faults:
        proof.differences.append(Difference("declaration", faults[state]))
        return {}
    if state != "true":
        proof.untested.append("the declaration cannot be read")
        return {}
    proof.verified.append(f"declaration signed by {json.loads(raw)['key']}")
    return statement


def _mapping(value: Any, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return dict(inner) if isinstance(inner, Mapping) else {}


def _lot_of(statement: Mapping[str, Any], code: str) -> dict[str, Any] | None:
    lots = statement.get("lots")
    digest = _code_digest(code)
    found = (lot for lot in lots if digest in _mapping(lot, "pages")) if isinstance(lots, list) else iter(())
    return next(found, None)


def _facts(origin: str, lot: Mapping[str, Any], options: Options, proof: Proof) -> dict[str, Any] | None:
    """Return the published facts of a lot; name each that is not the one that was signed."""
    signed = _mapping(lot, "facts")
    address = str(signed.get("address", ""))
    if not re.fullmatch(r"/[\w/.-]+", address):
        proof.untested.append("the declaration names no address of the facts")
        return None
    answer = get_answer(f"{origin}{address}", options)
    try:
        document = json.loads(_decoded(answer) or b"") if answer.status == 200 else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        proof.untested.append(f"the published facts cannot be read: {_unreadable(answer)}")
        return None
    digest = hashlib.sha256(canonical(document)).hexdigest()
    if digest == signed.get("sha256"):
        proof.verified.append(f"facts of {document.get('lot', {}).get('slug', '')} as signed")
        return document
    each, here = _mapping(signed, "each"), _mapping(document, "lot")
    found = {name: stated(name, value) for name, value in here.items()}
    changed = [name for name in sorted(each.keys() | here.keys()) if each.get(name) != found.get(name)]
    for name in changed:
        where = f"{name} is not what was signed"
        proof.differences.append(Difference("fact", where, _shown(each.get(name)), _shown(found.get(name))))
    if not changed:
        signs = "a sign's number, place or lane is not what was signed"
        both = ({"sha256": signed.get("sha256")}, {"sha256": digest})
        proof.differences.append(Difference("fact", signs, *map(_shown, both)))
    return document


def _shown(fact: Any) -> str:
    """Return a fact as a declaration states it, in words."""
    if not isinstance(fact, Mapping):
        return "(absent)"
    if "sha256" in fact:
        return f"sha256 {fact['sha256']}"
    return json.dumps(fact.get("value"), ensure_ascii=False)


def _compare_releases(declared: Any, rebuilt: Mapping[str, Any], proof: Proof) -> None:
    here = _mapping(rebuilt, "release")
    if declared != here:
        proof.differences.append(Difference("release", "site and source", _named(declared), _named(here)))
    else:
        log = "in the log of releases" if rebuilt.get("logged") else "not in the log of releases"
        proof.verified.append(f"release {_named(here)}, {log}")


def _named(release: Any) -> str:
    words = release if isinstance(release, Mapping) else {}
    return f"{words.get('version', '?')} {str(words.get('sources', '?'))[:16]}"


def _compare_page(url: str, name: str, page: Mapping[str, Any], options: Options, proof: Proof) -> None:
    expected = base64.b64decode(page["body"])
    as_tool = get_answer(url, options)
    served = _decoded(as_tool)
    if as_tool.leads_to:  # the page that was published leads nowhere
        proof.differences.append(Difference("page", f"{name}: redirects", "", as_tool.leads_to))
        return
    if as_tool.status != 200 or served is None:
        proof.untested.append(f"{name}: {_unreadable(as_tool)}")
        return
    before = len(proof.differences)
    _compare_bytes(expected, served, name, page.get("facts", {}), proof)
    _compare_headers(page["headers"], as_tool.headers, name, proof)
    for phone in ASKED_AS:
        asking = {"User-Agent": PHONES[phone].agent, "Accept-Encoding": "br, gzip"}
        _compare_disguise(as_tool, get_answer(url, options, headers=asking), f"{name}: {phone}", proof)
    if len(proof.differences) == before:
        proof.verified.append(f"{name}: {len(expected)} bytes and {len(page['headers'])} headers are equal")


def _compare_disguise(as_tool: Fetched, as_phone: Fetched, name: str, proof: Proof) -> None:
    """Name what a phone is given that the tool was not; each encoding has an ETag of its own."""
    here, shown = _decoded(as_tool) or b"", _decoded(as_phone) or b""
    if shown != here:
        where = f"{name} is served another page than this tool, from byte {_first(here, shown)}"
        proof.differences.append(Difference("disguise", where))
        return
    names = (as_tool.headers.keys() | as_phone.headers.keys()) - OF_THE_WAY - {"etag"}
    for header in sorted(names):
        found, given = as_tool.headers.get(header, "(absent)"), as_phone.headers.get(header, "(absent)")
        if found != given:
            proof.differences.append(
                Difference("disguise", f"{name} is served another {header}", found, given)
            )


def _unreadable(answer: Fetched) -> str:
    if answer.status == 0:
        return "the site does not answer"
    if answer.status != 200:
        return f"the site answered with status {answer.status}"
    return "the answer cannot be decoded"


def _decoded(answer: Fetched) -> bytes | None:
    ways: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        "br": brotli.decompress,
        "gzip": gzip.decompress,
    }
    try:
        return ways[answer.headers.get("content-encoding", "")](answer.body)
    except (KeyError, OSError, EOFError, zlib.error, binascii.Error, brotli.error):
        return None


def _first(a: bytes, b: bytes) -> int:
    """Return the place of the first byte in which two texts differ."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _compare_bytes(
    expected: bytes, served: bytes, language: str, facts: Mapping[str, str], proof: Proof
) -> None:
    if expected == served:
        return
    start = _first(expected, served)
    # From the other side, so that one altered word is shown as such and not as all that follows it.
    same = _first(expected[start:][::-1], served[start:][::-1])
    end, end_served = len(expected) - same, len(served) - same
    line = expected.count(b"\n", 0, start) + 1
    fact = _fact_at(expected, start, max(end, start + 1), facts)
    where = f"{language}: byte {start} (line {line})"
    kind = "fact" if fact else "byte"
    proof.differences.append(
        Difference(
            kind,
            f"{where}, in {fact}" if fact else where,
            _snippet(expected, start, end),
            _snippet(served, start, end_served),
        )
    )


def _snippet(text: bytes, start: int, end: int) -> str:
    cut = text[max(0, start - _SNIPPET) : min(end, start + 4 * _SNIPPET) + _SNIPPET]
    return cut.decode("utf-8", "ignore")


def _fact_at(page: bytes, start: int, end: int, facts: Mapping[str, str]) -> str:
    """Return the fact within whose text on the page a difference lies; empty where it is in none."""
    for name, text in sorted(facts.items(), key=lambda fact: -len(fact[1])):
        raw = text.encode()
        at = page.find(raw)
        while at >= 0:
            if at <= start and end <= at + len(raw) + 1:
                return name
            at = page.find(raw, at + 1)
    return ""


def _compare_headers(
    expected: Mapping[str, str], served: Mapping[str, str], language: str, proof: Proof
) -> None:
    for name in sorted((expected.keys() | served.keys()) - OF_THE_WAY):
        found = served.get(name)
        if name == "etag" and "content-encoding" in served and found:
            found = found.removeprefix("W/")  # a proxy that compresses weakens the tag
        if expected.get(name) != found:
            published = expected.get(name, "(absent)")
            proof.differences.append(
                Difference("header", f"{language}: {name}", published, served.get(name, "(absent)"))
            )
