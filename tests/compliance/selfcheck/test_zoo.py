"""Every rule fires on the page that breaks it, and nowhere else; docs/selfcheck.md shows the same."""

import pytest

from compliance.selfcheck.rules import BY_ID, RULES, Severity
from compliance.selfcheck.verdicts import Verdict
from tests.compliance.selfcheck.zoo.animals import ANIMALS, CLEAN, FAULTY
from tests.compliance.selfcheck.zoo.table import DOCS, part, rules_table, visit_zoo, zoo_table

AGAIN = "run python -m tests.compliance.selfcheck.zoo.table"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return visit_zoo(tmp_path_factory.mktemp("zoo"))


@pytest.mark.browser
@pytest.mark.parametrize("name", ANIMALS)
def test_what_is_found_is_what_is_wrong(results, name):
    outcome = results[name].outcome
    told = "\n".join(f"{f.rule} {f.what} | {f.evidence} | {f.phone}" for f in outcome.findings)
    assert set(outcome.broken) == set(ANIMALS[name].breaks), told
    assert outcome.why == ()


@pytest.mark.browser
def test_the_verdict_is_that_of_the_gravest_finding(results):
    for name, animal in ANIMALS.items():
        grave = {BY_ID[rule].severity for rule in animal.breaks}
        expected = Verdict.NOT_PURE if Severity.FAIL in grave else Verdict.REMARKS if grave else Verdict.PURE
        assert results[name].outcome.verdict is expected, name


@pytest.mark.browser
def test_the_clean_pages_are_walked_all_the_way_to_the_cashier(results):
    for animal in CLEAN:
        assert all(visit.cashier and visit.acts <= 2 for visit in results[animal.name].visits), animal.name


@pytest.mark.browser
def test_the_page_in_docs_shows_these_results(results):
    assert part(DOCS.read_text(encoding="utf-8"), "zoo") == zoo_table(results), AGAIN


def test_the_page_in_docs_shows_these_rules():
    assert part(DOCS.read_text(encoding="utf-8"), "rules") == rules_table(), AGAIN


def test_every_rule_has_an_animal_that_breaks_it():
    broken = {rule for animal in FAULTY for rule in animal.breaks}
    assert broken == {rule.id for rule in RULES}
