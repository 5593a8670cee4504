"""The register of signs that an operator has printed: which code hangs where, and which was withdrawn.

Read from a file: the console's list of a lot (`signs.json`), or a CSV with the column url (and name).
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from selfcheck.check_errors import SelfCheckError
from selfcheck.sites import host_of


class BadRegister(SelfCheckError):
    """The file is no register of signs."""

    code = "bad_register"


@dataclass(frozen=True)
class RegisteredSign:
    """One sign in the register."""

    name: str
    revoked: bool = False


@dataclass(frozen=True)
class Register:
    """The signs by their addresses, which are compared without case, query and final slash."""

    signs: dict[str, RegisteredSign]

    def find(self, url: str) -> RegisteredSign | None:
        return self.signs.get(_plain(url))

    def fault(self, url: str) -> str:
        """Return what is wrong with a code by the register, in Chinese; nothing if it is a sign in use."""
        sign = self.find(url)
        if sign is None:
            ours = host_of(url) in {host_of(known) for known in self.signs}
            return "是本站地址，但不在标识登记册中" if ours else "不在标识登记册中，不是本单位张贴的码"
        return f"是已作废的标识（{sign.name}）" if sign.revoked else ""


def read_register(paths: list[Path]) -> Register:
    """Return the signs in these files together."""
    signs: dict[str, RegisteredSign] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
            signs |= _from_json(text) if text.lstrip().startswith("{") else _from_csv(text)
        except (OSError, ValueError, KeyError, TypeError):
            raise BadRegister(
                f"{path} is no register: signs.json of the console, or a CSV with url"
            ) from None
    if not signs:
        raise BadRegister("the register holds no sign")
    return Register(signs)


def _from_json(text: str) -> dict[str, RegisteredSign]:
    document = json.loads(text)
    return {
        _plain(row["address"]): RegisteredSign(
            f"{document.get('lot', '')} {row.get('number', '')} {row.get('place', '')}".strip(),
            bool(row.get("revoked_at")),
        )
        for row in document["signs"]
    }


def _from_csv(text: str) -> dict[str, RegisteredSign]:
    rows = [{(k or "").strip().lower(): (v or "").strip() for k, v in row.items()} for row in _rows(text)]
    return {_plain(row["url"]): RegisteredSign(row.get("name") or row["url"]) for row in rows if row["url"]}


def _rows(text: str) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if k} for row in csv.DictReader(text.splitlines())]


def _plain(url: str) -> str:
    return str(url).strip().casefold().partition("#")[0].partition("?")[0].rstrip("/")
