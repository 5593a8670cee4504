"""The command `selfcheck`: tests a parking page, a list of pages or a photo of a sign; verifies results.

selfcheck TARGET [options]      an address, a CSV with a column url, or a photo
selfcheck verify FOLDER|URL     a bundle of evidence, or a page against its published release
"""

import argparse
import getpass
import logging
import math
import shutil
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from selfcheck import bundles, check_runs, pasted_codes, photos
from selfcheck.browser import NoBrowser, Options, find_axe
from selfcheck.check_errors import SelfCheckError
from selfcheck.check_reports import About, versions, write_report
from selfcheck.checking import Checked, Page, check, workshop
from selfcheck.hosts import Lists, lists_with
from selfcheck.page_proof import NoSource, ReleaseSource, verify_page
from selfcheck.phones import EVERY, FEW, PHONES
from selfcheck.photo_reports import write_photo_report
from selfcheck.printed_codes import read_register
from selfcheck.purity_rules import BY_ID
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.qr_codes import read_codes
from selfcheck.signed_declaration import verify as verify_declaration
from selfcheck.sites import host_of
from selfcheck.timestamps import Authority
from selfcheck.verdicts import dump

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
EXIT_CODES = {
    PurityVerdict.PURE: 0,
    PurityVerdict.REMARKS: 0,
    PurityVerdict.NOT_PURE: 1,
    PurityVerdict.PARTIAL: 2,
    PurityVerdict.UNKNOWN: 2,
}
MAX_PHOTO = 60 * 1024 * 1024
WRONG_USAGE, NO_BROWSER, FAILED, INTERRUPTED = 64, 69, 70, 130


class Usage(SelfCheckError):
    """The command was called in a way that makes no sense; the message says why."""

    code = "usage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"selfcheck: {message}\n")


def parser() -> argparse.ArgumentParser:
    made = _Parser(
        prog="selfcheck",
        description="Test a parking page as a driver's phone opens it: rule by rule, is it pure? Only for"
        " pages that you run or are entitled to inspect.",
        epilog="Exit codes: 0 pure (remarks included), 1 not pure or worse than before, 2 could not tell or"
        " not fully tested, 64 wrong usage, 69 no browser, 70 the tool failed, 130 interrupted."
        " `selfcheck verify FOLDER|URL` verifies results.",
    )
    add = made.add_argument
    add("target", help="an address, a CSV with a column url, or a photo of a sign")
    add("--out", type=Path, help="folder for report and evidence; a list continues where it stopped")
    add("--as", dest="phones", default="", help=f"phones, separated by commas: {', '.join(PHONES)}")
    add("--label", default="", help="what the sign calls its codes, in order: pure,member")
    add("--plate", default="", help="a plate of yours that is parked there and has a fee to pay")
    add("--paid", default="", metavar="URL", help="the page that you were shown after paying")
    add("--cashier", action="append", default=[], metavar="HOST", help="a further cashier's host")
    add("--live", action="store_true", help="let other sites answer (never the cashier)")
    add("--honest", action="store_true", help="say in the user agent that this is a test")
    add("--allow-private", action="store_true", help="also addresses of your own network")
    add("--any-certificate", action="store_true", help="accept a certificate that no authority vouches for")
    add("--easyprivacy", type=Path, metavar="FILE", help="a local list in EasyPrivacy's syntax")
    add("--key", default="", help="public key (base64) that declaration or bundle must be signed with")
    add("--sign-key", type=Path, metavar="FILE", help="your signing key: 64 hexadecimal digits (Ed25519)")
    add("--register", type=Path, action="append", metavar="FILE", help="photos: your signs (signs.json, CSV)")
    add("--timestamp", default="", metavar="URL", help="a time stamp authority (RFC 3161) for each bundle")
    add("--timestamp-ca", type=Path, metavar="FILE", help="its root certificate (PEM); else the system's")
    add("--source", type=Path, metavar="FOLDER", help="verify URL: the source of the release that it runs")
    add("--python", default="", metavar="FILE", help="verify URL: the Python with that release's packages")
    add("--no-robots", action="store_true", help="lists: the pages are yours, ignore robots.txt")
    add("--no-evidence", action="store_true", help="lists: results only, no screenshots and logs")
    add("--parallel", type=int, default=8, help="lists: pages at a time (8)")
    add("--dwell", type=float, default=Options.dwell, help="seconds on the first page before touching it (5)")
    add("--before", type=Path, metavar="FOLDER", help="lists: an earlier run; reports what got worse")
    add("--by", default="", help="who tests; appears in the report")
    add("--json", action="store_true", help="print the result as JSON")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    verifying = words[:1] == ["verify"]
    options = parser().parse_args(words[1:] if verifying else words)
    try:
        _refuse_nonsense(options)
        if options.out and not verifying:
            _refuse_unwritable(options.out)
        return verify(options) if verifying else CheckCommand(options).run()
    except KeyboardInterrupt:
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it reports that the browser's pipe was cut
        print(
            "interrupted: the same command begins again; a list continues where it stopped", file=sys.stderr
        )
        return INTERRUPTED
    except NoBrowser as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return NO_BROWSER
    except SelfCheckError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return WRONG_USAGE
    except Exception:  # noqa: BLE001 - a fault of the tool must not pass for a page that is not pure
        traceback.print_exc()
        return FAILED


def _refuse_nonsense(options: argparse.Namespace) -> None:
    """Refuse what cannot work before anything is visited."""
    target = options.target
    if _is_address(target) and not host_of(target):
        raise Usage("the address names no host")
    if options.parallel < 1 or not (math.isfinite(options.dwell) and 0 <= options.dwell <= 60):
        raise Usage("--parallel must be 1 or more, and --dwell 0 to 60 seconds")
    if options.out and options.out.exists() and not options.out.is_dir():
        raise Usage("--out names a file; name a folder")
    for name in ("sign_key", "timestamp_ca", "easyprivacy", "register"):
        paths = getattr(options, name) or ()
        for path in paths if isinstance(paths, list) else [paths] if paths else []:
            if not path.is_file():
                raise Usage(f"--{name.replace('_', '-')} names no file")
    if options.before and not (options.before / "pages").is_dir():
        raise Usage("--before names no folder of an earlier run")
    if options.timestamp and not host_of(options.timestamp):
        raise Usage("--timestamp names no web address")
    if unknown := [name for name in _labels(options.label) if name not in {"", "pure", "member"}]:
        raise Usage(f"unknown label {unknown[0]!r}; known are: pure, member")
    bundles.read_key(options.sign_key)


def _labels(given: str) -> list[str]:
    return [label.strip() for label in given.split(",")] if given else []


def _refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that results cannot be written to: a visit takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Usage(f"--out cannot be written to: {error.strerror}") from None


def _is_address(target: str) -> bool:
    return bool(target.lower().startswith(("http://", "https://")))


def verify(options: argparse.Namespace) -> int:
    """Verify a bundle of evidence, or a page against its release; 0: all holds."""
    if _is_address(options.target):
        return verify_served(options)
    folder = Path(options.target)
    if not folder.is_dir():
        raise Usage("the target is neither a web address nor a folder")
    rows = sorted(path.parent for path in folder.glob(f"evidence/*/{bundles.MANIFEST}"))
    several = bool(rows) and not (folder / bundles.MANIFEST).is_file()  # the folder of a list
    return max(verify_bundle(one, options, named=several) for one in (rows if several else [folder]))


def verify_bundle(folder: Path, options: argparse.Namespace, *, named: bool) -> int:
    result = bundles.verify(folder, key=options.key, roots=options.timestamp_ca)
    before = f"{folder.name}: " if named else ""
    for fault in result.faults:
        print(f"{before}{fault}")
    if result.stamped:
        print(f"{before}time stamp: {result.stamped}")
    print(f"{before}{'broken' if result.faults else 'intact'}; signed with {result.key or 'no known key'}")
    return 1 if result.faults else 0


def verify_served(options: argparse.Namespace) -> int:
    """Verify a page against the source of its release; 0: each byte is as published, 2: not known."""
    how = Options(allow_private=options.allow_private, any_certificate=options.any_certificate)
    try:
        source = ReleaseSource(options.source, options.python)
        proof = verify_page(options.target, how, source=source, key=options.key)
    except NoSource as error:
        print(f"could not tell: {error}")
        return 2
    for text in proof.verified:
        print(f"equal  {text}")
    for difference in proof.differences:
        print(difference)
    for text in proof.untested:
        print(f"not verified: {text}")
    if not proof.exit_code and not options.key:
        print("who signed is not verified: pass the operator's public key with --key")
    print({0: "as published", 1: "NOT as published", 2: "could not tell"}[proof.exit_code])
    return proof.exit_code


class CheckCommand:
    """One call of `selfcheck TARGET`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.lists = _lists(options.easyprivacy)
        self.how = Options(
            plate=options.plate,
            paid=options.paid,
            live=options.live,
            honest=options.honest,
            cashiers=tuple(options.cashier),
            allow_private=options.allow_private,
            any_certificate=options.any_certificate,
            dwell=options.dwell,
            axe=find_axe(),
        )

    def run(self) -> int:
        target = self.options.target
        if _is_address(target):
            self._phones(EVERY)
            with workshop():
                return self._page(target)
        path = Path(target)
        if not path.is_file():
            raise Usage("the target is neither a web address nor a file")
        if path.suffix.lower() not in PICTURES:
            return self._list(path)
        with workshop():
            return self._photo(path)

    # One page

    def _page(self, url: str) -> int:
        checked, declared = self._check(url, self.options.label or "pure", self.options.out)
        if self.options.json:
            print(dump(checked.document | ({"declaration": declared} if declared else {})), end="")
        else:
            _print(checked)
            if declared:
                print(declared["zh"])
        return EXIT_CODES[checked.outcome.verdict]

    def _check(self, url: str, label: str, out: Path | None) -> tuple[Checked, dict[str, Any] | None]:
        how = self.how
        if out:
            bundles.fresh_folder(out)
            (out / "evidence").mkdir()
            how = replace(how, evidence=out / "evidence")
        try:
            checked = check([Page(url, label, self._phones(EVERY), how)], lists=self.lists)[0]
        except BaseException:  # half a visit is no evidence, and would keep the folder from being used again
            if out:
                shutil.rmtree(out / "evidence", ignore_errors=True)
            raise
        declared = verify_declaration(url, checked.visits, how, key=self.options.key)
        if out:
            print(write_report(out, checked, self._about(), declaration=declared), file=sys.stderr)
            self._seal(out, url, checked.outcome.verdict.value)
        return checked, declared

    def _about(self) -> About:
        by = self.options.by or getpass.getuser()
        return About(by, datetime.now().astimezone(), versions(self.lists, bool(self.how.axe)))

    def _how_to_seal(self) -> bundles.Seal:
        url = self.options.timestamp
        authority = Authority(url, self.options.timestamp_ca) if url else None
        return bundles.Seal(bundles.read_key(self.options.sign_key), authority)

    def _seal(self, folder: Path, url: str, verdict: str) -> None:
        if missing := bundles.seal(folder, self._how_to_seal(), url=url, verdict=verdict):
            print(f"no time stamp: {missing}", file=sys.stderr)

    def _phones(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.strip() for name in self.options.phones.split(",") if name.strip())
        if unknown := [name for name in names if name not in PHONES]:
            raise Usage(f"unknown phone {unknown[0]!r}; known are: {', '.join(PHONES)}")
        return names or usual

    # The codes on a sign

    def _photo(self, path: Path) -> int:
        if path.stat().st_size > MAX_PHOTO:
            raise Usage("the photo is too large")
        photo, out = path.read_bytes(), self.options.out
        if out:
            bundles.fresh_folder(out)
        codes = read_codes(photo)
        register = read_register(self.options.register) if self.options.register else None
        remains = pasted_codes.remains(photo, codes) if pasted_codes.available() else None
        sign = photos.PhotoSign(photos.lines_on(photo), register, remains)
        labels = [label for label in _labels(self.options.label) if label]
        rows = []
        for number, code in enumerate(codes, 1):
            label = labels[number - 1] if number <= len(labels) else ""
            label = label or photos.label_near(code, sign.lines or ())
            outcome = None
            self._say(f"{number}. {code.text}")
            if code.is_address:
                checked, _ = self._check(code.text, label or "pure", out / f"code-{number}" if out else None)
                outcome = checked.outcome
                if not self.options.json:
                    _print(checked)
            known = register.find(code.text) if register else None
            rows.append(photos.Judged(code, label, outcome, known.name if known else ""))
        found = photos.faults(rows, sign)
        for text in found:
            self._say(f"  P14  {text}")
        for text in sign.untested:
            self._say(f"  · {text}")
        leave = photos.exit_code(rows, found, EXIT_CODES)
        document = photos.as_json(photo, rows, found, sign)
        if self.options.json:
            print(dump(document), end="")
        if out:
            print(write_photo_report(out, path, rows, sign, document, self._about()), file=sys.stderr)
            self._seal(out, path.name, document["verdict"])
        return leave

    def _say(self, text: str) -> None:
        if not self.options.json:
            print(text)

    # A list

    def _list(self, path: Path) -> int:
        if self.options.out is None:
            raise Usage("name a folder for the results: --out FOLDER")
        rows = check_runs.read_list(check_runs.text_of(path))
        page = Page("", phones=self._phones(FEW), options=replace(self.how, axe=""))
        seal = None if self.options.no_evidence else self._how_to_seal()
        settings = check_runs.settings_of(page, self.lists)
        run = check_runs.CheckRun(self.options.out, settings, seal, self._about().by)
        check_runs.run_list(
            run,
            rows,
            lists=self.lists,
            page=page,
            parallel=self.options.parallel,
            robots=not self.options.no_robots,
            report=lambda done, of, row, headline: self._say(f"{done}/{of}  {headline}  {row.name}"),
        )
        documents = run.results(rows)
        (run.folder / "table.csv").write_text(check_runs.table(documents), encoding="utf-8")
        counts = {verdict: sum(d["verdict"] == verdict for d in documents) for verdict in PurityVerdict}
        self._say("；".join(f"{verdict.zh} {count}" for verdict, count in counts.items()))
        relapsed = self._relapses(run)
        if relapsed or counts[PurityVerdict.NOT_PURE]:
            return 1
        return 2 if counts[PurityVerdict.UNKNOWN] or counts[PurityVerdict.PARTIAL] else 0

    def _relapses(self, run: check_runs.CheckRun) -> bool:
        before = self.options.before
        moved = check_runs.changes(check_runs.CheckRun(before), run) if before else []
        for change in moved:
            how = "回潮" if change.relapsed else "变化"
            rules = " ".join(
                [*(f"+{rule}" for rule in change.worse), *(f"-{rule}" for rule in change.better)]
            )
            print(f"{how}  {change.was.zh} → {change.now.zh}  {rules}  {change.url}")
        return any(change.relapsed for change in moved)


def _print(checked: Checked) -> None:
    outcome = checked.outcome
    print(f"{outcome.headline} ({outcome.verdict.en})  {outcome.url}")
    for text in (*outcome.why, *outcome.untested_reasons()):
        print(f"  · {text}")
    for finding in outcome.findings:
        print(f"  {finding.rule:<5}{BY_ID[finding.rule].severity.value:<7}{finding.what}")
        print(f"              {finding.evidence}  [{finding.phone}]")


def _lists(path: Path | None) -> Lists:
    if path is None:
        return Lists()
    try:
        return lists_with(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Usage("the file of EasyPrivacy cannot be read") from None


if __name__ == "__main__":
    sys.exit(main())
