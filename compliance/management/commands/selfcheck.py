"""manage.py selfcheck TARGET: tests a parking page, a list of pages (CSV) or a photo of a sign."""

import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localtime, now

from selfcheck import check_runs, photos
from selfcheck.browser import Options, find_axe
from selfcheck.canary import PLATE, SECOND
from selfcheck.check_errors import SelfCheckError
from selfcheck.check_reports import About, versions, write_report
from selfcheck.checking import Checked, Page, check, workshop
from selfcheck.hosts import Lists, read_easy
from selfcheck.phones import EVERY, FEW, PHONES
from selfcheck.purity_rules import BY_ID
from selfcheck.signed_declaration import verify
from selfcheck.verdicts import Verdict, dump

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
LEAVES = {Verdict.PURE: 0, Verdict.REMARKS: 0, Verdict.NOT_PURE: 1, Verdict.UNKNOWN: 2}


class Command(BaseCommand):
    help = (
        "Test a parking page as a driver's phone opens it: rule by rule, is it pure? Only for pages that"
        " you run or may inspect. Leaves with 0 (pure), 1 (not pure) or 2 (could not tell)."
    )
    requires_system_checks = []  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", help="an address, a CSV with a column url, or a photo of a sign")
        parser.add_argument(
            "--out", type=Path, help="folder for report and evidence; a list goes on where it stopped"
        )
        parser.add_argument("--as", dest="phones", help=f"phones, with commas between: {', '.join(PHONES)}")
        parser.add_argument(
            "--label", default="", help="what the sign says of its codes, in order: pure,member"
        )
        parser.add_argument(
            "--plate", default=PLATE, help="a plate of yours that is parked there and owes something"
        )
        parser.add_argument("--second", default=SECOND, help="a plate that is not there")
        parser.add_argument(
            "--cashier", action="append", default=[], metavar="HOST", help="a further cashier's host"
        )
        parser.add_argument("--live", action="store_true", help="let other sites answer (never the cashier)")
        parser.add_argument("--honest", action="store_true", help="say in the user agent that this is a test")
        parser.add_argument("--allow-private", action="store_true", help="also addresses of your own network")
        parser.add_argument(
            "--any-certificate", action="store_true", help="also a certificate that nobody vouches for"
        )
        parser.add_argument("--easyprivacy", type=Path, metavar="FILE", help="a local copy of EasyPrivacy")
        parser.add_argument(
            "--key", default="", help="public key (base64) that the host's declaration must be signed with"
        )
        parser.add_argument(
            "--no-robots", action="store_true", help="lists: the pages are yours, robots.txt is not asked"
        )
        parser.add_argument("--parallel", type=int, default=8, help="pages at a time (8)")
        parser.add_argument(
            "--before", type=Path, metavar="FOLDER", help="an earlier run: say what got worse"
        )
        parser.add_argument("--by", default="", help="who tests; stands in the report")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        self.lists = _lists(options["easyprivacy"])
        self.how = Options(
            plate=options["plate"],
            second=options["second"],
            live=options["live"],
            honest=options["honest"],
            cashiers=tuple(options["cashier"]),
            allow_private=options["allow_private"],
            any_certificate=options["any_certificate"],
            axe=find_axe(),
        )
        try:
            leave = self._test(options["target"], options)
        except SelfCheckError as error:
            raise CommandError(f"{error.code}: {error}") from None
        if leave:
            sys.exit(leave)

    def _test(self, target: str, options: dict[str, Any]) -> int:
        if target.lower().startswith(("http://", "https://")):
            with workshop():
                return self._page(target, options)
        path = Path(target)
        if not path.is_file():
            raise CommandError("The target is neither a web address nor a file.")
        if path.suffix.lower() not in PICTURES:
            return self._list(path, options)
        with workshop():
            return self._photo(path, options)

    # One page

    def _page(self, url: str, options: dict[str, Any]) -> int:
        checked, declared = self._check(url, options["label"] or "pure", options["out"], options)
        if options["json"]:
            self.stdout.write(
                dump(checked.document | ({"declaration": declared} if declared else {})), ending=""
            )
        else:
            self._tell(checked)
            if declared:
                self.stdout.write(declared["zh"])
        return LEAVES[checked.outcome.verdict]

    def _check(
        self, url: str, label: str, out: Path | None, options: dict[str, Any]
    ) -> tuple[Checked, dict[str, Any] | None]:
        how = self.how
        if out:
            (out / "evidence").mkdir(parents=True, exist_ok=True)
            how = replace(how, evidence=out / "evidence")
        checked = check([Page(url, label, _phones(options, EVERY), how)], lists=self.lists)[0]
        declared = verify(url, checked.visits, how, key=options["key"])
        if out:
            about = About(
                options["by"] or getpass.getuser(), localtime(now()), versions(self.lists, bool(how.axe))
            )
            self.stderr.write(f"{write_report(out, checked, about, declaration=declared)}")
        return checked, declared

    def _tell(self, checked: Checked) -> None:
        outcome = checked.outcome
        self.stdout.write(f"{outcome.headline} ({outcome.verdict.en})  {outcome.url}")
        for text in (*outcome.why, *outcome.unseen_words()):
            self.stdout.write(f"  · {text}")
        for finding in outcome.findings:
            rule = BY_ID[finding.rule]
            self.stdout.write(f"  {finding.rule:<5}{rule.severity.value:<7}{finding.what}")
            self.stdout.write(f"              {finding.evidence}  [{finding.phone}]")

    # The codes on a sign

    def _photo(self, path: Path, options: dict[str, Any]) -> int:
        codes = photos.read_codes(path.read_bytes())
        labels = [label.strip() for label in options["label"].split(",") if label.strip()]
        rows = []
        for number, code in enumerate(codes, 1):
            label = labels[number - 1] if number <= len(labels) else ""
            self.stdout.write(f"{number}. {code.text}")
            outcome = None
            if code.is_address:
                folder = options["out"] / f"code-{number}" if options["out"] else None
                checked, _ = self._check(code.text, label or "pure", folder, options)
                outcome = checked.outcome
                self._tell(checked)
            rows.append(photos.Judged(code, label, outcome))
        found = photos.faults(rows)
        for text in found:
            self.stdout.write(f"  P14  {text}")
        verdicts = [row.outcome.verdict for row in rows if row.outcome and row.kind != "member"]
        return 1 if found else max((LEAVES[verdict] for verdict in verdicts), default=2)

    # A list

    def _list(self, path: Path, options: dict[str, Any]) -> int:
        if options["out"] is None:
            raise CommandError("Say where the results go: --out FOLDER")
        rows = check_runs.read_list(path.read_text(encoding="utf-8-sig"))
        run = check_runs.Run(options["out"])
        page = Page("", phones=_phones(options, FEW), options=replace(self.how, axe=""))
        check_runs.run_list(
            run,
            rows,
            lists=self.lists,
            page=page,
            parallel=options["parallel"],
            robots=not options["no_robots"],
            told=lambda done, of, row, said: self.stdout.write(f"{done}/{of}  {said}  {row.name}"),
        )
        documents = run.documents()
        (run.folder / "table.csv").write_text(check_runs.table(documents), encoding="utf-8")
        counts = {verdict: sum(d["verdict"] == verdict for d in documents) for verdict in Verdict}
        self.stdout.write("，".join(f"{verdict.zh} {count}" for verdict, count in counts.items()))
        return self._relapses(run, options["before"]) or int(counts[Verdict.NOT_PURE] > 0)

    def _relapses(self, run: check_runs.Run, before: Path | None) -> int:
        moved = check_runs.changes(check_runs.Run(before), run) if before else []
        for change in moved:
            how = "回潮" if change.relapsed else "变化"
            rules = " ".join(
                [*(f"+{rule}" for rule in change.worse), *(f"-{rule}" for rule in change.better)]
            )
            self.stdout.write(f"{how}  {change.was.zh} → {change.now.zh}  {rules}  {change.url}")
        return int(any(change.relapsed for change in moved))


def _lists(path: Path | None) -> Lists:
    if path is None:
        return Lists()
    try:
        return Lists(easy=read_easy(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise CommandError("The file of EasyPrivacy cannot be read.") from None


def _phones(options: dict[str, Any], usual: tuple[str, ...]) -> tuple[str, ...]:
    if not options["phones"]:
        return usual
    names = tuple(name.strip() for name in options["phones"].split(","))
    if unknown := [name for name in names if name not in PHONES]:
        raise CommandError(f"Unknown phone {unknown[0]!r}; there are: {', '.join(PHONES)}")
    return names
