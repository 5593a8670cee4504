"""The operator's signed declaration, `/.well-known/pure-code.json`: made for our lots, verified for any host.

One file for each host, with its lots in it: a host is what a certificate, a sign and an inspector know. It is
signed with Ed25519 over its canonical JSON. It contains the public key, so the signature alone proves only
that file and key belong together. Compare the key with the operator's, had from elsewhere (`--key`).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from selfcheck.sites import host_of, site_of
from selfcheck.visit import Phase, Visit

if TYPE_CHECKING:
    from selfcheck.browser import Options

FORMAT = "pure-code/1"
PATH = "/.well-known/pure-code.json"
_SAID = {
    "absent": "该站点未发布声明。",
    "broken": "声明无法读取。",
    "forged": "声明的签名不成立。",
    "foreign": "声明不是用给定的公钥签署的。",
    "elsewhere": "声明属于另一个站点。",
    "contradicted": "声明的签名成立，但与实测不符：",
    "true": "声明的签名成立，与实测相符。",
}


def canonical(statement: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: keys sorted, no space, UTF-8."""
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


SHORT_FACT = 160  # bytes of a fact that is declared as it is; of a longer one its digest is declared


def stated(name: str, value: Any) -> dict[str, Any]:
    """Return how a declaration states one fact: by its value, or a long one by its digest."""
    text = canonical({name: value})
    return {"value": value} if len(text) <= SHORT_FACT else {"sha256": hashlib.sha256(text).hexdigest()}


def public_key(secret: bytes) -> str:
    return base64.b64encode(
        Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    ).decode()


def sign(statement: Mapping[str, Any], secret: bytes) -> dict[str, Any]:
    """Return a statement with its signature, made with the 32 bytes of an Ed25519 key."""
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature = base64.b64encode(key.sign(canonical(statement))).decode()
    return {"statement": statement, "key": public_key(secret), "signature": signature}


def read_signed(raw: bytes, *, key: str = "") -> tuple[str, dict[str, Any]]:
    """Return what is to be thought of a declaration (`true`: it is intact), and what it states."""
    try:
        document = json.loads(raw)
        statement = document["statement"]
        named, signature = document["key"], base64.b64decode(document["signature"], validate=True)
        if not isinstance(statement, dict) or statement.get("format") != FORMAT:
            return "broken", {}
        Ed25519PublicKey.from_public_bytes(base64.b64decode(named, validate=True)).verify(
            signature, canonical(statement)
        )
    except InvalidSignature:
        return "forged", {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return "broken", {}
    return ("foreign", {}) if key and key != named else ("true", statement)


def contradictions(statement: Mapping[str, Any], visits: Iterable[Visit]) -> list[str]:
    """Return what a visit saw that the declaration denies, in Chinese."""
    found = set()
    fields = set(_words(statement.get("fields")))
    for visit in visits:
        others = {
            host_of(r.url) for r in visit.requests if r.third and not r.main and r.phase is not Phase.PAY
        }
        if others - set(_words(statement.get("recipients"))):
            found.add(f"请求了未声明的第三方 {'、'.join(sorted(others))}")
        if visit.stored and not statement.get("storage"):
            found.add("浏览器里留下了未声明的内容")
        asked = {
            f.name
            for s in visit.screens
            for f in s.fields
            if f.visible and not f.plate and f.type in {"text", "tel", "email", "number"}
        }
        if asked - fields:
            found.add(f"填写了未声明的内容 {'、'.join(sorted(asked - fields))}")
    return sorted(found)


def _words(value: Any) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


def verify(url: str, visits: Sequence[Visit], options: "Options", *, key: str = "") -> dict[str, Any] | None:
    """Fetch and verify the declaration of a page's host; None where there is none."""
    from selfcheck.checking import in_thread  # with the browser, which who only signs does not need
    from selfcheck.fetching import fetch

    parts = urlsplit(url)
    answer = in_thread(lambda: fetch(f"{parts.scheme.lower()}://{parts.netloc}{PATH}", options))
    raw = answer.body
    if answer.status != 200 or not raw.lstrip().startswith(b"{"):
        return {"state": "absent", "zh": _SAID["absent"]} if key else None
    state, statement = read_signed(raw, key=key)
    against: list[str] = []
    if state == "true" and site_of(str(statement.get("host", ""))) != site_of(url.lower()):
        state = "elsewhere"
    elif state == "true" and (against := contradictions(statement, visits)):
        state = "contradicted"
    return {
        "state": state,
        "zh": _SAID[state] + "；".join(against),
        "against": against,
        "host": statement.get("host", ""),
    }
