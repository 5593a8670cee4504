"""Precision and recall over the families: python -m tests.selfcheck.zoo.score (make selfcheck-zoo).

What is held out is only counted; `--show` prints what went wrong on the other half. `--batch 1 2` and so on
run only pages that were written after the rules (`unseen` and the modules beside it, in turn); `--part 2/3`
runs every third page from the second one on, `--only clean` or `dirty` one kind.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from selfcheck.browser import Options
from selfcheck.checking import Checked, Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_rules import RULES
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.zoo.animals import ABSENT, ANIMALS, PLATE
from tests.selfcheck.zoo.families import Case, cases
from tests.selfcheck.zoo.keeper import open_zoo, serve_from

ALLOWED = {
    "P5c",
    "P6",
    "P9b",
    "P12d",
    "P15b",
    "P1",
    "P2",
    "P5a",
    "P5d",
}  # what a dirty page may breach besides


def run(chosen: list[Case]) -> list[Checked]:
    animals = {case.animal.name: case.animal for case in chosen}
    names = {f"stat.{a.name}-mall.cn": a.cname for a in animals.values() if a.cname}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_zoo(Path(folder), serve_from({**ANIMALS, **animals}), names) as zoo,
    ):
        how = Options(
            plate=PLATE,
            second=ABSENT,
            resolve=zoo.resolve,
            any_certificate=True,
            dwell=4.5,
            quiet=0.2,
            pace=0.02,
        )
        pages = [Page(case.animal.url, "pure", case.animal.phones, how) for case in chosen]
        return check(pages, lists=Lists(), parallel=8)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the self-check over the zoo.")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--batch", type=int, nargs="+")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--only", choices=("clean", "dirty"))
    wanted = parser.parse_args()
    first, step = map(int, wanted.part.split("/"))
    kinds = {"clean": {False}, "dirty": {True}, None: {True, False}}[wanted.only]
    chosen = [c for c in cases() if bool(c.animal.breaks) in kinds]
    chosen = [c for c in chosen if not wanted.batch or c.batch in wanted.batch][first - 1 :: step]
    results = run(chosen)
    pairs = list(zip(chosen, results, strict=True))
    for number in sorted({case.batch for case in chosen}):
        title = f"Written after the rules, batch {number}" if number else "Families"
        for held_out in (False, True):
            rows = [(c, r) for c, r in pairs if (c.batch, c.held_out) == (number, held_out)]
            if rows:
                print(f"\n{title}, {'held-out' if held_out else 'shown'} half: {len(rows)} pages")
                report(rows, wanted.show and not held_out)


def report(rows: list[tuple[Case, Checked]], show: bool) -> None:
    clean = [(c, r) for c, r in rows if not c.animal.breaks]
    dirty = [(c, r) for c, r in rows if c.animal.breaks]
    accused = [c for c, r in clean if r.outcome.verdict is PurityVerdict.NOT_PURE]
    found = [c for c, r in dirty if r.outcome.verdict is PurityVerdict.NOT_PURE]
    excused = [c for c, r in dirty if r.outcome.verdict in {PurityVerdict.PURE, PurityVerdict.REMARKS}]
    print(f"clean pages accused: {len(accused)} of {len(clean)}")
    print(f"dirty pages found: {len(found)} of {len(dirty)}; called pure: {len(excused)}")
    hits: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for case, result in rows:
        got, wanted = set(result.outcome.breached), set(case.animal.breaks)
        hits.update(got & wanted)
        misses.update(wanted - got)
        false.update(got - wanted - (ALLOWED if wanted else set()))
        if show and (got != wanted or result.outcome.why):
            why = result.outcome.why
            print(f"  {case.family} / {case.animal.zh}: wanted {sorted(wanted)}, got {sorted(got)} {why}")
            for finding in result.outcome.findings:
                if finding.rule not in wanted:
                    print(f"      {finding.rule} {finding.what} | {finding.evidence[:80]}")
    print("rule   hit miss false  precision recall")
    for rule in (rule.id for rule in RULES):
        hit, miss, wrong = hits[rule], misses[rule], false[rule]
        if hit + miss + wrong:
            precision = f"{hit / (hit + wrong):.2f}" if hit + wrong else "-"
            recall = f"{hit / (hit + miss):.2f}" if hit + miss else "-"
            print(f"{rule:<6}{hit:>4}{miss:>5}{wrong:>6}  {precision:>9} {recall:>6}")


if __name__ == "__main__":
    main()
