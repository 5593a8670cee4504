"""Tests many pages and loses nothing.

Each result is a file, written at once and whole. A run that was killed continues where it stopped; a result
that was made with other options or other rules, or that cannot be read, is made again. Two runs can be
compared.
"""

import asyncio
import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from selfcheck import bundles, ocr
from selfcheck.breaches import Context
from selfcheck.browser import STOPS, BrowserLost, chromium, visit_page
from selfcheck.check_errors import SelfCheckError
from selfcheck.check_reports import About, print_with, versions, write_page
from selfcheck.checking import Page, in_thread, judged
from selfcheck.fetching import robots_allow
from selfcheck.hosts import Lists
from selfcheck.phones import PHONES
from selfcheck.purity_rules import VERSION
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.sites import host_of
from selfcheck.verdicts import Change, as_json, compare, conclude, dump
from selfcheck.visit import Visit

BROWSER_PAGES = 40  # pages after which a new browser is started: what one leaked is freed
ROBOTS = "robots.txt 不允许"


class BadList(SelfCheckError):
    """The list of pages cannot be read; the message says which line."""

    code = "bad_list"


@dataclass(frozen=True)
class Row:
    """One line of a list: name of the place, address, what the sign calls the code (pure or member)."""

    name: str
    url: str
    labelled: str = "pure"

    @property
    def key(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:20]


def text_of(path: Path) -> str:
    """Return the text of a list, in UTF-8 or in the encoding of Chinese spreadsheets."""
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise BadList("the list is no text")


def read_list(text: str) -> list[Row]:
    """Read a CSV with the columns url, and optionally name and label; or one address a line."""
    lines = [line for line in text.lstrip("﻿").splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise BadList("the list is empty")
    try:
        head = [cell.strip().lower() for cell in next(csv.reader(lines[:1]))]
        table = _lines(lines, head) if "url" in head else [{"url": line.strip()} for line in lines]
    except csv.Error as error:
        raise BadList(f"the list cannot be read: {error}") from None
    rows = [Row(r.get("name") or r["url"], r["url"].strip(), r.get("label") or "pure") for r in table]
    for number, row in enumerate(rows, 1):
        if not row.url.lower().startswith(("http://", "https://")) or not host_of(row.url):
            raise BadList(f"line {number} holds no web address")
        if row.labelled not in {"pure", "member"}:
            raise BadList(f"line {number} has an unknown label: pure or member")
    return list({row.url: row for row in rows}.values())


def _lines(lines: list[str], head: list[str]) -> list[dict[str, str]]:
    return [{k: (v or "").strip() for k, v in line.items() if k} for line in csv.DictReader(lines[1:], head)]


@dataclass(frozen=True)
class CheckRun:
    """A folder that holds one run."""

    folder: Path
    settings: str = ""  # what the results depend on: rules, phones, options
    seal: bundles.Seal | None = None  # evidence is collected and signed, if given
    by: str = ""  # who tests, for the reports

    def path(self, row: Row) -> Path:
        return self.folder / "pages" / f"{row.key}.json"

    def evidence(self, row: Row) -> Path:
        return self.folder / "evidence" / row.key

    def done(self, row: Row) -> bool:
        """Return whether a row has a whole result of these settings, with its evidence where that is due."""
        document = _document(self.path(row))
        if document is None or not self._is_ours(document) or document.get("labelled") != row.labelled:
            return False
        return self.seal is None or (self.evidence(row) / bundles.MANIFEST).is_file()

    def _is_ours(self, document: dict[str, Any]) -> bool:
        return bool(document.get("settings", "") == self.settings)

    def keep(self, row: Row, document: dict[str, Any]) -> None:
        """Write a result so that it is there whole or not at all."""
        path = self.path(row)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("w", encoding="utf-8") as file:
            known = {"name": row.name, "labelled": row.labelled, "settings": self.settings}
            file.write(dump({**document, **known}))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def documents(self) -> list[dict[str, Any]]:
        """Return all results in the folder; a damaged file counts as none."""
        files = sorted((self.folder / "pages").glob("*.json"))
        return [document for path in files if (document := _document(path)) is not None]

    def results(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return the results of these rows alone: a folder may hold others, of another list or options."""
        found = [_document(self.path(row)) for row in rows]
        return [document for document in found if document is not None and self._is_ours(document)]


def _document(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "verdict" in document else None


def settings_of(page: Page, lists: Lists) -> str:
    """Return what the results of a run depend on, as a digest."""
    how = page.options
    facts = [
        VERSION, page.phones, how.plate, how.second, how.paid, how.live, how.honest, how.dwell, how.cashiers,
        how.revisit, how.allow_private, how.any_certificate, bool(how.axe), sorted(lists.versions.items()),
        ocr.version(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:16]


def run_list(
    run: CheckRun,
    rows: Sequence[Row],
    *,
    lists: Lists,
    page: Page,
    parallel: int = 8,
    robots: bool = True,
    report: Callable[[int, int, Row, str], None] | None = None,
) -> None:
    """Test what is not done yet; `page` says how. `report` gets: count, total, the row, its headline."""
    left = [row for row in rows if not run.done(row)]
    count = [len(rows) - len(left)]
    written: set[str] = set()

    def finished(row: Row, document: dict[str, Any]) -> None:
        run.keep(row, document)
        written.add(row.key)
        count[0] += 1
        if report:
            report(count[0], len(rows), row, document["headline"])

    async def work() -> None:
        suspects: list[Row] = []  # under way when a browser was lost: each gets one of its own
        while todo := [row for row in left if row.key not in written]:
            suspects = [row for row in suspects if row.key not in written]
            part = suspects[:1] or todo[:BROWSER_PAGES]
            begun: list[Row] = []
            try:
                await _batch(part, run, page, lists, parallel, robots, finished, begun)
            except BrowserLost:
                if suspects:
                    finished(part[0], _not_visited(replace(page, url=part[0].url), lists, STOPS["crash"]))
                else:
                    suspects = begun

    in_thread(work)


async def _batch(
    rows: Sequence[Row],
    run: CheckRun,
    page: Page,
    lists: Lists,
    parallel: int,
    robots: bool,
    finished: Callable[[Row, dict[str, Any]], None],
    begun: list[Row],
) -> None:
    """Test rows with one browser; `begun` gets each row when its turn comes."""
    queue = iter(rows)
    async with chromium() as browser:

        async def work() -> None:
            for row in queue:
                begun.append(row)
                this = replace(page, url=row.url, labelled=row.labelled)
                if robots and not await robots_allow(row.url, page.options):
                    finished(row, _not_visited(this, lists, ROBOTS))
                    continue
                options = page.options
                if run.seal:
                    folder = bundles.own_folder(run.evidence(row))
                    (folder / "evidence").mkdir()
                    options = replace(options, evidence=folder / "evidence")
                visits = await visit_page(browser, row.url, [PHONES[name] for name in page.phones], options)
                checked = judged(this, visits, lists)
                document = checked.document
                if run.seal:
                    known = versions(lists, axe=False) | {"chromium": browser.version}
                    about = About(run.by, datetime.now().astimezone(), known)
                    html = await asyncio.to_thread(write_page, folder, checked, about)
                    if checked.outcome.verdict is PurityVerdict.NOT_PURE:  # what is filed needs paper
                        with suppress(Exception):  # the report is there as HTML
                            (folder / "report.pdf").write_bytes(await print_with(browser, html))
                    await asyncio.to_thread(
                        bundles.seal, folder, run.seal, url=row.url, verdict=document["verdict"]
                    )
                finished(row, document)

        try:
            async with asyncio.TaskGroup() as group:  # where one fails, the others end too
                for _ in range(parallel):
                    group.create_task(work())
        except ExceptionGroup as errors:
            lost = [error for error in errors.exceptions if isinstance(error, BrowserLost)]
            raise (lost or errors.exceptions)[0] from errors


def _not_visited(page: Page, lists: Lists, reason: str) -> dict[str, Any]:
    visit = Visit(page.phones[0], True, page.url, stopped=[reason])
    return as_json(conclude(page.url, [visit], Context(lists, page.labelled)), [visit])


HEAD = ("name", "url", "verdict", "headline", "breached", "why", "third_parties")


def table(documents: Iterable[dict[str, Any]]) -> str:
    """Return one CSV table of a run, worst first; opens in a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for document in sorted(documents, key=lambda d: (-PurityVerdict(d["verdict"]).rank, d["url"])):
        breached = [row["id"] for row in document["rules"] if row["state"] == "breached"]
        others = sorted({host for visit in document["visits"] for host in visit["third_parties"]})
        cells = (document["name"], document["url"], document["verdict"], document["headline"])
        writer.writerow(
            [_safe(c) for c in (*cells, " ".join(breached), " ".join(document["why"]), " ".join(others))]
        )
    return "﻿" + out.getvalue()


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: names and addresses come from strangers."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell


def changes(before: CheckRun, after: CheckRun) -> list[Change]:
    """Return what differs between two runs; what got worse comes first."""
    was = {document["url"]: document for document in before.documents()}
    both = [compare(was[d["url"]], d) for d in after.documents() if d["url"] in was]
    moved = [change for change in both if change.worse or change.better or change.was is not change.now]
    return sorted(moved, key=lambda change: (not change.relapsed, change.url))
