"""Writes what a visit leaves as evidence: the log of requests (HAR), bodies by hash, and the page as MHTML.

The plate that was typed is taken out of everything.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selfcheck.canary import Canary
from selfcheck.proxy import Exchange, ObservingProxy

TEXT_KINDS = ("text/", "application/json", "application/javascript", "application/x-javascript")


def write_har(folder: Path, phone: str, proxy: ObservingProxy, canary: Canary) -> None:
    """Write every exchange with its time, address and digest; bodies of text go to `bodies/`."""
    began = datetime.now(UTC) - timedelta(seconds=proxy.now())
    entries = [_entry(exchange, began, folder, canary) for exchange in proxy.exchanges]
    log = {
        "version": "1.2",
        "creator": {"name": "selfcheck", "version": "1"},
        "entries": entries,
        "_certificates": proxy.certificates,
        "_refused": sorted(proxy.refused | proxy.unresolved | proxy.untrusted),
    }
    text = json.dumps({"log": log}, ensure_ascii=False, indent=1)
    (folder / f"{phone}.har").write_text(canary.scrubbed(text), encoding="utf-8")


def _entry(exchange: Exchange, began: datetime, folder: Path, canary: Canary) -> dict[str, Any]:
    kind = exchange.answer_header("content-type")
    content: dict[str, Any] = {"size": exchange.size, "mimeType": kind}
    if exchange.answer and kind.startswith(TEXT_KINDS):
        content["_stored"] = _store(folder, canary.scrubbed(exchange.answer.decode("utf-8", "replace")))
    if exchange.digest:
        content["_sha256"] = exchange.digest
    sent = b"\n".join([exchange.body, *exchange.frames])[:20000].decode("utf-8", "replace")
    mark = exchange.mark
    return {
        "startedDateTime": (began + timedelta(seconds=exchange.at)).isoformat(timespec="milliseconds"),
        "time": round(max(0.0, exchange.ended - exchange.at) * 1000),
        "request": {
            "method": exchange.method,
            "url": exchange.url,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": k, "value": v} for k, v in exchange.headers],
            "cookies": [],
            "queryString": [],
            "headersSize": -1,
            "bodySize": len(exchange.body),
            **({"postData": {"mimeType": exchange.header("content-type"), "text": sent}} if sent else {}),
        },
        "response": {
            "status": exchange.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": k, "value": v} for k, v in exchange.answer_headers],
            "cookies": [],
            "content": content,
            "redirectURL": exchange.answer_header("location"),
            "headersSize": -1,
            "bodySize": exchange.size,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "serverIPAddress": exchange.address,
        "_phase": str(getattr(mark, "phase", "")),
        "_answeredByProxy": exchange.shut or exchange.repeated,
    }


def _store(folder: Path, text: str) -> str:
    """Write a body under the hash of what is written, once; return that hash."""
    raw = text.encode()
    name = hashlib.sha256(raw).hexdigest()
    path = folder / "bodies" / f"{name}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
    return name


async def write_snapshot(folder: Path, phone: str, cdp: Any, canary: Canary) -> None:
    """Write the page as it stands at the end of the visit."""
    taken = await cdp.send("Page.captureSnapshot", {"format": "mhtml"})
    text = canary.scrubbed(str(taken["data"]))
    (folder / f"{phone}.mhtml").write_text(text, encoding="utf-8", newline="")
