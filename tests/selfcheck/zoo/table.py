"""The tables of docs/selfcheck.md: the rules, and what was found on each page of the zoo.

python -m tests.selfcheck.zoo.table      writes them anew, from a run over the zoo
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from selfcheck.browser import Options, find_axe
from selfcheck.checking import Checked, Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_rules import RULES, Severity
from tests.selfcheck.zoo.animals import ABSENT, ANIMALS, PLATE
from tests.selfcheck.zoo.keeper import open_zoo

DOCS = Path(__file__).resolve().parents[3] / "docs" / "selfcheck.md"
BEGIN, END = "<!-- {}: generated -->", "<!-- /{} -->"


def visit_zoo(folder: Path) -> dict[str, Checked]:
    """Try every animal, on the phones that it is about."""
    with open_zoo(folder) as zoo:
        options = Options(
            plate=PLATE,
            second=ABSENT,
            resolve=zoo.resolve,
            any_certificate=True,
            dwell=0.3,
            quiet=0.15,
            pace=0,
            axe=find_axe(),
        )
        pages = [Page(animal.url, animal.labelled, animal.phones, options) for animal in ANIMALS.values()]
        return dict(zip(ANIMALS, check(pages, lists=Lists(), parallel=6), strict=True))


def rules_table() -> str:
    rows = ["| 编号 | 规则 | Rule | 依据 | 轻重 |", "| --- | --- | --- | --- | --- |"]
    grave = {Severity.FAIL: "不纯净", Severity.REMARK: "改进项"}
    rows += [f"| {r.id} | {r.zh} | {r.en} | {r.ground} | {grave[r.severity]} |" for r in RULES]
    return "\n".join(rows)


def zoo_table(results: Mapping[str, Checked]) -> str:
    rows = ["| 页面 | 毛病 | 应发现 | 实测 | 结论 |", "| --- | --- | --- | --- | --- |"]
    for name, animal in ANIMALS.items():
        outcome = results[name].outcome
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
        text = with_part(text, "zoo", zoo_table(visit_zoo(Path(folder))))
        DOCS.write_text(with_part(text, "rules", rules_table()), encoding="utf-8")
