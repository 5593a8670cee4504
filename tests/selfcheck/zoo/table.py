"""The tables of docs/selfcheck.md: the rules, and what was found on each page of the zoo.

python -m tests.selfcheck.zoo.table             writes them again, from a run over the zoo
python -m tests.selfcheck.zoo.table --verify    only compares, and names the pages that differ
"""

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from selfcheck.browser import Options, find_axe
from selfcheck.checking import Checked, Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_rules import RULES, Severity
from tests.selfcheck.zoo.animals import ABSENT, ANIMALS, PLATE
from tests.selfcheck.zoo.keeper import open_zoo

DOCS = Path(__file__).resolve().parents[3] / "docs" / "selfcheck.md"
BEGIN, END = "<!-- {}: generated -->", "<!-- /{} -->"


def sample() -> list[str]:
    """Return pages that together breach each rule, and the clean ones: enough for one run of the tests."""
    left = {rule.id for rule in RULES}
    chosen = []
    for name, animal in sorted(ANIMALS.items(), key=lambda row: -len(row[1].breaks)):
        if left & set(animal.breaks) or not animal.breaks:
            left -= set(animal.breaks)
            chosen.append(name)
    return chosen


def visit_zoo(folder: Path, names: Iterable[str] = ANIMALS, *, quick: bool = False) -> dict[str, Checked]:
    """Try these animals, on the phones that each is about.

    `quick`: one visit, where one shows the fault, and axe only where it must find something or nothing.
    """
    chosen = {name: ANIMALS[name] for name in names}
    axe = find_axe()
    with open_zoo(folder) as zoo:
        options = Options(
            plate=PLATE,
            second=ABSENT,
            resolve=zoo.resolve,
            any_certificate=True,
            dwell=0.3,
            quiet=0.15,
            pace=0,
            patience=600,  # a slow machine is no fault of the page
            revisit=not quick,
        )
        pages = [
            Page(
                animal.url,
                animal.labelled,
                animal.phones,
                replace(
                    options,
                    automated=not quick or "P16" in animal.breaks,
                    axe=axe if not quick or "P13a" in animal.breaks or not animal.breaks else "",
                ),
            )
            for animal in chosen.values()
        ]
        parallel = 3 if quick else 6  # beside other tests each step has its time limit too
        return dict(zip(chosen, check(pages, lists=Lists(), parallel=parallel), strict=True))


def rules_table() -> str:
    rows = ["| 编号 | 规则 | Rule | 依据 | 轻重 |", "| --- | --- | --- | --- | --- |"]
    grave = {Severity.FAIL: "不纯净", Severity.REMARK: "改进项"}
    rows += [f"| {r.id} | {r.zh} | {r.en} | {r.ground} | {grave[r.severity]} |" for r in RULES]
    return "\n".join(rows)


def zoo_table(results: Mapping[str, Checked]) -> str:
    rows = ["| 页面 | 毛病 | 应发现 | 实测 | 结论 |", "| --- | --- | --- | --- | --- |"]
    for name, checked in results.items():
        animal, outcome = ANIMALS[name], checked.outcome
        expected = " ".join(animal.breaks) or "无"
        found = " ".join(outcome.breached) or "无"
        rows.append(f"| {name} | {animal.zh} | {expected} | {found} | {outcome.verdict.zh} |")
    return "\n".join(rows)


def part(text: str, name: str) -> str:
    """Return what stands in the page between the marks of a table."""
    found = re.search(f"{BEGIN.format(name)}\n(.*?)\n{END.format(name)}", text, re.DOTALL)
    return found.group(1) if found else ""


def with_part(text: str, name: str, table: str) -> str:
    begin, end = BEGIN.format(name), END.format(name)
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        text = DOCS.read_text(encoding="utf-8")
        if "--verify" in sys.argv[1:]:
            rows = zoo_table(visit_zoo(Path(folder))).splitlines()
            wrong = [row for row in rows if row not in part(text, "zoo").splitlines()]
            print("\n".join(wrong) if wrong else f"{len(rows) - 2} pages are as docs/selfcheck.md shows them")
            sys.exit(bool(wrong))
        text = with_part(text, "zoo", zoo_table(visit_zoo(Path(folder))))
        DOCS.write_text(with_part(text, "rules", rules_table()), encoding="utf-8")
