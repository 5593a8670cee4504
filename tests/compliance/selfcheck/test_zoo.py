"""Every rule fires on the page that breaks it, and nowhere else."""

import pytest

from compliance.selfcheck.browser import Options, find_axe
from compliance.selfcheck.checking import Page, check
from compliance.selfcheck.hosts import Lists
from tests.compliance.selfcheck.zoo.animals import ANIMALS
from tests.compliance.selfcheck.zoo.keeper import open_zoo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    with open_zoo(tmp_path_factory.mktemp("zoo")) as zoo:
        options = Options(resolve=zoo.resolve, any_certificate=True, dwell=0.3, quiet=0.15, axe=find_axe())
        pages = [Page(a.url, a.labelled, a.phones, options) for a in ANIMALS.values()]
        return dict(zip(ANIMALS, check(pages, lists=Lists(), parallel=6), strict=True))


@pytest.mark.parametrize("name", ANIMALS)
def test_what_is_found_is_what_is_wrong(results, name):
    outcome = results[name].outcome
    told = "\n".join(f"{f.rule} {f.what} | {f.evidence} | {f.phone}" for f in outcome.findings)
    assert set(outcome.broken) == set(ANIMALS[name].breaks), f"{told}\n{outcome.why}"
    assert outcome.why == ()
