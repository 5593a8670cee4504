"""Keeps the log of releases, `docs/releases.jsonl`: a line for each, chained by digests.

python -m tools.release_digests            print the release in this folder and verify the log
python -m tools.release_digests --add      add the release in this folder to the log

A line has the version, the day, the digest of the sources (`core/release.py`), the digests of a first page
made of fixed facts, and the digest of the line before it. An altered or missing line breaks the chain.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.release import LOG, ROOT, release

FIRST = "0" * 64  # what the first line names as the one before it
SAMPLE: dict[str, Any] = {
    "code": "0123456789ABCDEF",
    "origin": "https://pay.example.cn",
    "facts": {
        "format": "pure-code-facts/1",
        "lot": {
            "slug": "sample",
            "name": "示例停车场",
            "address": "示例路1号",
            "zone": "Asia/Shanghai",
            "province": "沪",
            "exit_window": 15,
            "retention_hours": 24,
            "closed": False,
            "legal_name": "示例停车管理有限公司",
            "contact": "privacy@example.cn",
            "service_phone": "021-5555 0100",
            "complaint_phones": "12345",
            "cash_information": "",
            "takes_coupons": False,
            "tariff_version": None,
            "tariff": None,
            "tariff_from": None,
        },
    },
}


def line_digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def broken_line(lines: list[str]) -> int:
    """Return the number of the first line that does not follow the one before it; 0: the chain holds."""
    before = FIRST
    for number, line in enumerate(lines, 1):
        try:
            if json.loads(line)["previous"] != before:
                return number
        except (ValueError, KeyError, TypeError):
            return number
        before = line_digest(line)
    return 0


def entry(previous: str, pages: dict[str, str], *, at: datetime) -> str:
    """Return the line of the release in this folder."""
    words = {
        **release().as_json(),
        "on": at.date().isoformat(),
        "sample_pages": pages,
        "previous": previous,
    }
    return json.dumps(words, ensure_ascii=False, sort_keys=True)


def sample_pages() -> dict[str, str]:
    """Return the digests of the first page that this release makes of fixed facts, by language."""
    digest = hashlib.sha256(f"pure-code sign {SAMPLE['code']}".encode()).hexdigest()[:32]
    sign = {"number": 1, "place": "B1", "at_exit": False, "at_entry": False}
    request = {**SAMPLE, "facts": {**SAMPLE["facts"], "signs": {digest: sign}}}
    made = subprocess.run(
        [sys.executable, "-m", "driver.rebuild"],
        input=json.dumps(request).encode(),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return {tag: str(page["digest"]) for tag, page in json.loads(made.stdout)["pages"].items()}


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--add", action="store_true", help="add this release to the log")
    options.add_argument("--log", type=Path, default=ROOT / LOG, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    lines = read_lines(chosen.log)
    if number := broken_line(lines):
        print(f"line {number} of {chosen.log.name} does not follow the line before it")
        return 1
    pages = sample_pages()
    here = release()
    print(f"{here.version} {here.sources}")
    for tag, digest in pages.items():
        print(f"  {tag:<8}{digest}")
    known = any(json.loads(line).get("sources") == here.sources for line in lines)
    print(f"{len(lines)} releases in the log, the chain holds; this one is {'' if known else 'not '}in it")
    if chosen.add and not known:
        line = entry(line_digest(lines[-1]) if lines else FIRST, pages, at=datetime.now(UTC))
        with chosen.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        print("added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
