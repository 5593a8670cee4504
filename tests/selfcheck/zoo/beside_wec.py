"""Runs the Website Evidence Collector (EDPS) on the same pages, and counts what each tool finds.

python -m tests.selfcheck.zoo.beside_wec FOLDER      the folder of its checkout, after `npm install`

Only what WEC reports as such counts for it: other sites asked, beacons on its lists, cookies, local storage,
and web sockets. Our rules of the same kinds are compared: P6 and P8b, P7a and P7b.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from selfcheck.chrome import find_chromium
from tests.selfcheck.zoo.animals import ANIMALS, Animal
from tests.selfcheck.zoo.keeper import Zoo, open_zoo
from tests.selfcheck.zoo.table import visit_zoo

KINDS = {"other sites": ("P6", "P8b"), "cookies, storage": ("P7a", "P7b")}


def collect(folder: Path, animal: Animal, zoo: Zoo, out: Path) -> dict[str, Any]:
    """Return WEC's inspection of one page; nothing if it could not make one."""
    rules = f"MAP *:443 127.0.0.1:{zoo.ports[1]},MAP *:80 127.0.0.1:{zoo.ports[0]}"
    words = [
        *(
            "node",
            "bin/website-evidence-collector.js",
            animal.url,
            "--output",
            str(out),
            "--overwrite",
            "--quiet",
        ),
        *(
            "--no-pdf",
            "--page-timeout",
            "20000",
            "--sleep",
            "1500",
            "--",
            "--no-sandbox",
            "--ignore-certificate-errors",
            f"--host-resolver-rules={rules}",
        ),
    ]
    environment = {**os.environ, "PUPPETEER_EXECUTABLE_PATH": find_chromium()}
    try:
        subprocess.run(words, cwd=folder, env=environment, capture_output=True, timeout=150, check=False)
        return dict(json.loads((out / "inspection.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}


def found_by_wec(inspection: Mapping[str, Any]) -> set[str]:
    """Return the kinds of findings that stand in an inspection."""
    hosts = inspection.get("hosts", {})
    others = hosts.get("requests", {}).get("thirdParty", []) or inspection.get("beacons", [])
    sockets = inspection.get("websockets", {})
    kept = inspection.get("cookies", []) or inspection.get("localStorage", {})
    return {name for name, true in zip(KINDS, (others or sockets, kept), strict=True) if true}


def main(folder: Path) -> None:
    rules = {rule for kind in KINDS.values() for rule in kind}
    chosen = {name: a for name, a in ANIMALS.items() if rules & set(a.breaks) or not a.breaks}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "zoo").mkdir()
        with open_zoo(place / "zoo") as zoo, ThreadPoolExecutor(3) as pool:
            jobs = {key: pool.submit(collect, folder, a, zoo, place / key) for key, a in chosen.items()}
            inspections = {key: job.result() for key, job in jobs.items()}
        (place / "ours").mkdir()
        ours = visit_zoo(place / "ours", chosen)
    unread = [key for key, inspection in inspections.items() if not inspection]
    print(f"{len(chosen)} pages; WEC made no inspection of {len(unread)}: {' '.join(unread)}")
    for kind, of_kind in KINDS.items():
        due = {key for key, animal in chosen.items() if set(of_kind) & set(animal.breaks)}
        by_wec = {key for key, inspection in inspections.items() if kind in found_by_wec(inspection)}
        by_us = {key for key, checked in ours.items() if set(of_kind) & set(checked.outcome.breached)}
        for who, found in (("WEC", by_wec), ("ours", by_us)):
            missed, more = " ".join(sorted(due - found)), " ".join(sorted(found - due))
            print(f"{kind}, {who}: {len(due & found)} of {len(due)}", end="; ")
            print(f"missed: {missed or '-'}; more: {more or '-'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
