"""Every rule fires on the page that breaks it, and nowhere else; docs/selfcheck.md shows the same.

One visit to the zoo serves one test with many parts: split, each worker would go there. It is a sample in
which each rule is breached once; `make selfcheck-zoo` visits all pages.
"""

import pytest

from selfcheck.purity_rules import BY_ID, RULES, Severity
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.zoo.animals import ANIMALS, CLEAN, FAULTY
from tests.selfcheck.zoo.table import DOCS, part, rules_table, sample, visit_zoo, zoo_table

AGAIN = "run python -m tests.selfcheck.zoo.table"


@pytest.mark.browser
@pytest.mark.usefixtures("patient")
def test_each_page_breaks_only_its_rules(tmp_path, subtests):
    results = visit_zoo(tmp_path, sample(), quick=True)
    for name, checked in results.items():
        animal, outcome = ANIMALS[name], checked.outcome
        text = "\n".join(f"{f.rule} {f.what} | {f.evidence} | {f.phone}" for f in outcome.findings)
        with subtests.test(name):
            assert set(outcome.breached) == set(animal.breaks), text
            assert outcome.why == ()
            assert outcome.verdict is expected_verdict(animal)
    for animal in CLEAN:
        with subtests.test(f"the way to the cashier: {animal.name}"):
            assert all(visit.cashier and visit.acts <= 2 for visit in results[animal.name].visits)
    with subtests.test("the page in docs shows these results"):
        documented = part(DOCS.read_text(encoding="utf-8"), "zoo").splitlines()
        assert [row for row in zoo_table(results).splitlines() if row not in documented] == [], AGAIN


def test_sample_breaches_every_rule():
    breached = {rule for name in sample() for rule in ANIMALS[name].breaks}
    assert breached == {rule.id for rule in RULES}
    assert {animal.name for animal in CLEAN} < set(sample())


def test_docs_list_every_page():
    rows = part(DOCS.read_text(encoding="utf-8"), "zoo").splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(ANIMALS)


def expected_verdict(animal):
    """Return the verdict a page must get; one that shows no fee is never pure, its cashier is not reached."""
    severities = {BY_ID[rule].severity for rule in animal.breaks}
    if Severity.FAIL in severities:
        return PurityVerdict.NOT_PURE
    if not animal.owes or animal.name == "noticeless":  # there, a person has to look on the spot
        return PurityVerdict.PARTIAL
    return PurityVerdict.REMARKS if severities else PurityVerdict.PURE


def test_docs_list_current_rules():
    assert part(DOCS.read_text(encoding="utf-8"), "rules") == rules_table(), AGAIN


def test_every_rule_has_a_breaking_page():
    breached = {rule for animal in FAULTY for rule in animal.breaks}
    assert breached == {rule.id for rule in RULES}
