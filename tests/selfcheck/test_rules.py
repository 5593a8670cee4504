"""Every rule fires on the page that breaks it, and nowhere else; docs/selfcheck.md shows the same.

One visit to the zoo serves one test with many parts: split, each worker would go there.
"""

import pytest

from selfcheck.purity_rules import BY_ID, RULES, Severity
from selfcheck.verdicts import Verdict
from tests.selfcheck.zoo.animals import ANIMALS, CLEAN, FAULTY
from tests.selfcheck.zoo.table import DOCS, part, rules_table, visit_zoo, zoo_table

AGAIN = "run python -m tests.selfcheck.zoo.table"


@pytest.mark.browser
def test_each_page_breaks_only_its_rules(tmp_path, subtests):
    results = visit_zoo(tmp_path)
    for name, animal in ANIMALS.items():
        outcome = results[name].outcome
        told = "\n".join(f"{f.rule} {f.what} | {f.evidence} | {f.phone}" for f in outcome.findings)
        with subtests.test(name):
            assert set(outcome.breached) == set(animal.breaks), told
            assert outcome.why == ()
            assert outcome.verdict is expected_verdict(animal)
    for animal in CLEAN:
        with subtests.test(f"the way to the cashier: {animal.name}"):
            assert all(visit.cashier and visit.acts <= 2 for visit in results[animal.name].visits)
    with subtests.test("the page in docs shows these results"):
        assert part(DOCS.read_text(encoding="utf-8"), "zoo") == zoo_table(results), AGAIN


def expected_verdict(animal):
    """Return the verdict a page must get; one that shows no fee is never pure, its cashier is not reached."""
    severities = {BY_ID[rule].severity for rule in animal.breaks}
    if Severity.FAIL in severities:
        return Verdict.NOT_PURE
    if not animal.owes:
        return Verdict.PARTIAL
    return Verdict.REMARKS if severities else Verdict.PURE


def test_docs_list_current_rules():
    assert part(DOCS.read_text(encoding="utf-8"), "rules") == rules_table(), AGAIN


def test_every_rule_has_a_breaking_page():
    breached = {rule for animal in FAULTY for rule in animal.breaks}
    assert breached == {rule.id for rule in RULES}
