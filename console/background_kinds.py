"""Background tasks of the console: work that takes longer than a request may."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from console import payment_list, permit_list, read_pages, session_list, shop_list
from console.lists import ListPage
from console.row_faults import row_faults
from core.csv_file import NotATable, table
from lots.cut_over import CutOverFault, import_inside
from lots.models import TariffVersion
from lots.permit_import import import_rights
from lots.pricing import place_of
from lots.signs import print_plan, print_runs
from lots.signs.print_errors import CannotPrint, PlanFaults
from lots.tariff_replay import replay
from lots.tariffs import TariffError
from lots.tariffs import read as read_tariff
from payments.reports import report_files
from staff import background
from staff.background import Running, WorkOutcome, WorkRefused

BATCH = 1000
MOST_IN_FILE = 200_000
MOST_STAYS = 1_000_000
CHECK_SECONDS = 900
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def _print(running: Running) -> WorkOutcome:
    """Print signs. Started again after it was recorded, it hands out the same signs."""
    wanted, lot = running.arguments, running.lot
    key = UUID(wanted["key"])
    steps = 3
    try:
        drawn = print_runs.earlier(key, lot=lot)
        if drawn is None:
            orders = print_plan.read(lot, wanted["rows"], why=wanted["why"])
            drawn = print_runs.draw(lot, orders, at=now())
            running.progress(1, steps)
            if not print_runs.record(drawn, key=key, by=running.task.staff, why=wanted["why"]):
                drawn = print_runs.earlier(key, lot=lot) or drawn
        running.progress(2, steps)
        data, form = wanted_file(drawn, wanted["file"])
    except CannotPrint as fault:
        raise WorkRefused(lines_of(fault)) from fault
    shown = {"count": len(drawn.orders), "warnings": drawn.warnings}
    return WorkOutcome(shown, data, f"{lot.slug}-signs.{form}")


def wanted_file(drawn: print_runs.Drawn, form: str) -> tuple[bytes, str]:
    """Return the drawn signs as one file, and what it is; `bundle` stands for all files of a plan."""
    if form == "bundle":
        return print_runs.zipped(print_runs.bundle(drawn), at=drawn.at), "zip"
    if form not in {"png", "svg"}:
        return drawn.pdf, "pdf"
    return print_runs.pictures(drawn, form)


def lines_of(fault: CannotPrint) -> list[str]:
    return list(fault.faults) if isinstance(fault, PlanFaults) else [str(fault)]


LISTS: dict[str, type[ListPage]] = {
    f"export-{each.name}": each
    for each in (
        session_list.SessionList,
        payment_list.PaymentList,
        read_pages.ReadList,
        permit_list.PermitList,
        shop_list.CouponList,
    )
}


def _export(running: Running) -> WorkOutcome:
    """Write a whole list, as it is filtered, to a file."""
    page = LISTS[running.task.kind]()
    request = HttpRequest()
    request.method, request.user = "GET", running.task.staff
    request.GET = QueryDict(running.arguments["query"])
    request.access = running.access  # type: ignore[attr-defined]
    page.setup(request)
    page.form = page.make_form()
    rows = page.rows()
    count = min(rows.order_by().count(), MOST_IN_FILE)
    cells: list[list[Any]] = []
    for some in _batches(page, rows):
        cells += page.cells_of(some)
        running.progress(min(len(cells), count), count)
    del cells[MOST_IN_FILE:]
    labels, form = page.labels(), running.arguments["file"]
    name = f"{page.name}-{localtime(now()):%Y%m%d-%H%M}.{form}"
    data = table([labels, *cells]) if form == "csv" else report_files.workbook(labels, cells, str(page.title))
    return WorkOutcome({"count": len(cells), "is_cut": count < rows.order_by().count()}, data, name)


def _batches(page: ListPage, rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for ids in batched(page.ids(rows)[:MOST_IN_FILE], BATCH, strict=False):
        found = rows.in_bulk(ids)
        yield [found[pk] for pk in ids if pk in found]


def _import_permits(running: Running) -> WorkOutcome:
    """Import permits from a table, all or none; or only check it and keep it for the import."""
    dry_run, data = bool(running.arguments.get("dry_run")), running.upload()
    try:
        done = import_rights(lot=running.lot, data=data, dry_run=dry_run, at=now(), by=running.task.staff)
    except NotATable as fault:
        raise WorkRefused([fault.why]) from fault
    _refuse_rows(done.faults)
    shown = {"new": done.granted, "extended": done.extended, "unchanged": done.unchanged}
    return WorkOutcome({**shown, "dry_run": dry_run}, data if dry_run else b"")


def _import_inside(running: Running) -> WorkOutcome:
    """Import the cars inside from a table, all or none."""
    try:
        done = import_inside(running.lot, running.upload(), dry_run=False, at=now(), by=running.task.staff)
    except CutOverFault as fault:
        raise WorkRefused([fault.why]) from fault
    _refuse_rows(done.faults)
    return WorkOutcome({"new": done.imported, "unchanged": done.known})


def _refuse_rows(faults: list[tuple[int, str]]) -> None:
    """Refuse a file of which rows are wrong."""
    if faults:
        raise WorkRefused(row_faults(faults))


def _recompute(running: Running) -> WorkOutcome:
    """Price all stays of the last 30 days by a draft's text, against the version in force."""
    lot, wanted = running.lot, running.arguments
    old = TariffVersion.objects.get(lot=lot, version=wanted["version"])
    try:
        new = read_tariff(wanted["document"])
    except TariffError as error:
        raise WorkRefused([str(error)]) from error
    found = replay(
        lot,
        old=read_tariff(old.document),
        new=new,
        place=place_of(lot),
        at=now(),
        most=MOST_STAYS,
        progress=running.progress,
    )
    return WorkOutcome(
        {
            "stays": found.stays,
            "changed": found.changed,
            "dearer": found.dearer,
            "cheaper": found.cheaper,
            "before": found.before,
            "after": found.after,
            "change": found.change,
            "revision": wanted["revision"],
            "version": wanted["version"],
        }
    )


def _check(running: Running) -> WorkOutcome:
    """Test the page of an address, or the codes of a photo, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        address = running.arguments.get("address", "")
        target = address
        if not address:
            picture = Path(folder) / f"photo{running.arguments['suffix']}"
            picture.write_bytes(running.upload())
            target = str(picture)
        output = _selfcheck(running, [target, "--out", str(out), *_own(address)])
        try:
            document = json.loads(output)
            report = (out / "report.pdf").read_bytes()
        except (ValueError, OSError):
            raise WorkRefused(
                [_("The self-check gave no result: no code was found, or the page cannot be reached.")]
            ) from None
    return WorkOutcome(_shown_check(document), report, "selfcheck.pdf")


def _own(address: str) -> list[str]:
    """Return the options for an address: one's own host may be a private one."""
    is_own = urlsplit(address).netloc == urlsplit(settings.PUBLIC_URL).netloc
    return ["--allow-private"] if address and is_own else []


def _selfcheck(running: Running, arguments: list[str]) -> str:
    """Run the self-check and return what it printed. It gets no secret of the server."""
    command = [
        sys.executable,
        "-m",
        "selfcheck",
        *arguments,
        "--json",
        "--by",
        running.task.staff.get_username(),
    ]
    names = ("PATH", "HOME", "LANG", "CHROMIUM", "PLAYWRIGHT_BROWSERS_PATH", "TMPDIR")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    with subprocess.Popen(  # noqa: S603 - our own program; the address is an argument, not a shell's
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            output = _wait(process, running)
        except BaseException:
            process.kill()
            raise
    if process.returncode == NO_BROWSER:
        raise WorkRefused([_("This server has no browser for self-checks; see docs/selfcheck.md.")])
    return output


def _wait(process: "subprocess.Popen[str]", running: Running) -> str:
    """Return what a process printed; it is stopped with the task, and after `CHECK_SECONDS`."""
    started = monotonic()
    while monotonic() - started < CHECK_SECONDS:
        try:
            return process.communicate(timeout=2)[0]
        except subprocess.TimeoutExpired:
            running.progress(0, 0)
    raise WorkRefused([_("The self-check took longer than 15 minutes.")])


NO_BROWSER = 69  # as selfcheck.command_line: the worker does not import its packages


def _shown_check(document: dict[str, Any]) -> dict[str, Any]:
    breached = [rule["id"] for rule in document.get("rules", []) if rule.get("state") == "breached"]
    return {
        "verdict": document.get("verdict", "unknown"),
        "breached": breached,
        "codes": len(document.get("codes", [])),
    }


PRINT = background.kind(
    "print", gettext_lazy("Print signs"), "signs.edit", _print, template="console/background/print.html"
)
for _name, _list in LISTS.items():
    background.kind(
        _name, gettext_lazy("Export a list"), _list.action, _export, template="console/background/export.html"
    )
IMPORT_PERMITS = background.kind(
    "import-permits",
    gettext_lazy("Import permits"),
    "rights.edit",
    _import_permits,
    is_atomic=True,
    template="console/background/import.html",
)
IMPORT_INSIDE = background.kind(
    "import-inside",
    gettext_lazy("Import the cars inside"),
    "lots.edit",
    _import_inside,
    is_atomic=True,
    template="console/background/import.html",
)
RECOMPUTE = background.kind(
    "recompute",
    gettext_lazy("Recalculate all stays of 30 days"),
    "tariffs.edit",
    _recompute,
    template="console/background/recompute.html",
)
CHECK = background.kind(
    "selfcheck",
    pgettext_lazy("background", "Self-check"),
    "purity.check",
    _check,
    lane=background.CHECKS,
    template="console/background/selfcheck.html",
)
