"""Evidence bundles: each file of a folder with its hash, signed, and how that is verified.

The signature is Ed25519. Without a key of one's own (`--sign-key`) a key is made for the bundle alone: it
proves that nothing was changed since, but not who made the bundle. With `--timestamp URL`, a time stamp
authority (RFC 3161) signs when the signature existed.
"""

import base64
import binascii
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from selfcheck import timestamps
from selfcheck.check_errors import SelfCheckError
from selfcheck.check_reports import digest
from selfcheck.signed_declaration import canonical, sign

FORMAT = "selfcheck-bundle/1"
MANIFEST, SIGNATURE, STAMP = "manifest.json", "manifest.sig", "manifest.tsr"
SEALS = {MANIFEST, SIGNATURE, STAMP}


class NotEmpty(SelfCheckError):
    """The folder already holds something that is not an older bundle."""

    code = "folder_not_empty"


class BadKey(SelfCheckError):
    """The file holds no signing key: 64 hexadecimal digits."""

    code = "bad_key"


def fresh_folder(folder: Path) -> Path:
    """Return the folder, empty: an older bundle in it is removed, anything else is left and refused.

    Evidence of an earlier page must not end up in a new report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).is_file():
        for name in _listed(folder):
            path = folder / name
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                path.unlink()
        (folder / MANIFEST).unlink()
        (folder / SIGNATURE).unlink(missing_ok=True)
        (folder / STAMP).unlink(missing_ok=True)
        for inner in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
            if not any(inner.iterdir()):
                inner.rmdir()
    if any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty: name a new folder, so that no older evidence gets in")
    return folder


def own_folder(folder: Path) -> Path:
    """Return a folder of a run, empty. What a run that was killed left in it belongs to no bundle."""
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _listed(folder: Path) -> list[str]:
    """Return the files that the folder's manifest lists; none where it cannot be read."""
    try:
        return [str(name) for name in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def read_key(path: Path | None) -> bytes:
    """Return the signing key in a file, or a new one that is used once."""
    if path is None:
        return secrets.token_bytes(32)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise BadKey(f"{path} holds no key of 64 hexadecimal digits")
    return key


@dataclass(frozen=True)
class Seal:
    """How bundles are signed, and who stamps the time, if anybody."""

    key: bytes
    authority: timestamps.Authority | None = None


def seal(folder: Path, how: Seal, *, url: str, verdict: str) -> str:
    """Write the signed manifest of everything in the folder; return why it has no time stamp, if one was due.

    The manifest names the authority, so that a stamp which was removed later is missed.
    """
    files = {
        str(path.relative_to(folder)): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and str(path.relative_to(folder)) not in SEALS
    }
    manifest: dict[str, object] = {
        "format": FORMAT,
        "url": url,
        "verdict": verdict,
        "sealed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": files,
    }
    if how.authority is None:
        _sign(folder, manifest, how.key)
        return ""
    signature = _sign(folder, manifest | {"timestamp": how.authority.url}, how.key)
    try:
        _write(folder / STAMP, how.authority.stamp(signature))
    except timestamps.NoTimestamp as error:
        _sign(folder, manifest | {"no_timestamp": str(error)}, how.key)
        return str(error)
    return ""


def _sign(folder: Path, manifest: dict[str, object], key: bytes) -> bytes:
    signed = sign(manifest, key)
    signature = json.dumps({"key": signed["key"], "signature": signed["signature"]}).encode()
    _write(folder / MANIFEST, canonical(manifest))
    _write(folder / SIGNATURE, signature)
    return signature


def _write(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class CheckedBundle:
    """What is left of a bundle: its faults (empty: it holds), whose key signed it, when it was stamped."""

    faults: tuple[str, ...]
    key: str = ""
    stamped: str = ""  # the time that the authority signed


def verify(folder: Path, *, key: str = "", roots: Path | None = None) -> CheckedBundle:
    """Compare a bundle with its manifest. `key` is the public key that must have signed it.

    `roots` is the root certificate of the time stamp authority; without it, those of the system count.
    """
    try:
        raw, sealed = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
        manifest, signed = json.loads(raw), json.loads(sealed)
        named = str(signed["key"])
        Ed25519PublicKey.from_public_bytes(base64.b64decode(named, validate=True)).verify(
            base64.b64decode(signed["signature"], validate=True), raw
        )
        files = dict(manifest["files"])
    except InvalidSignature:
        return CheckedBundle(("the signature does not match the manifest",))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return CheckedBundle(("manifest or signature is missing or cannot be read",))
    faults = [] if not key or key == named else ["signed with another key"]
    there = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and str(path.relative_to(folder)) not in SEALS
    }
    faults += [f"missing: {name}" for name in sorted(set(files) - there)]
    faults += [f"added: {name}" for name in sorted(there - set(files))]
    faults += [f"changed: {n}" for n in sorted(there & set(files)) if digest(folder / n) != files[n]]
    stamped, wrong = _stamped(folder, sealed, bool(manifest.get("timestamp")), roots)
    return CheckedBundle(tuple(faults + wrong), named, stamped)


def _stamped(folder: Path, sealed: bytes, due: bool, roots: Path | None) -> tuple[str, list[str]]:
    path = folder / STAMP
    if not path.is_file():
        return "", ["missing: the time stamp that the manifest names"] if due else []
    if not due:
        return "", ["added: a time stamp that the manifest does not name"]
    try:
        return timestamps.verify(sealed, path.read_bytes(), roots), []
    except timestamps.NoTimestamp as error:
        return "", [str(error)]


__all__ = [
    "BadKey",
    "CheckedBundle",
    "NotEmpty",
    "Seal",
    "fresh_folder",
    "read_key",
    "seal",
    "verify",
]
