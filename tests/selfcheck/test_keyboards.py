"""Plates that are typed on keys of the page's own: typed where possible, no accusation where not.

All pages are visited at once.
"""

from dataclasses import replace

import pytest

from selfcheck import patience
from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.conftest import BUSIEST
from tests.selfcheck.zoo.animals import ABSENT, PLATE
from tests.selfcheck.zoo.keeper import open_zoo, serve_from
from tests.selfcheck.zoo.keyboards import clean, dirty

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def checked(workshop, tmp_path_factory):
    made = [animal for family in (clean, dirty) for _, animals in family() for animal in animals]
    animals = {animal.zh: replace(animal, name=f"keys{place}") for place, animal in enumerate(made)}
    by_name = {animal.name: animal for animal in animals.values()}
    served = open_zoo(tmp_path_factory.mktemp("keyboards"), serve_from(by_name))
    with pytest.MonkeyPatch.context() as slow_machine, served as zoo:
        slow_machine.setattr(patience, "LONGEST", BUSIEST)
        how = Options(
            plate=PLATE, second=ABSENT, resolve=zoo.resolve, any_certificate=True,
            dwell=0.3, quiet=0.15, pace=0, patience=600, automated=False, revisit=False,
        )  # fmt: skip
        pages = [Page(animal.url, "pure", ("plain",), how) for animal in animals.values()]
        return list(zip(animals.values(), check(pages, lists=Lists(), parallel=2), strict=True))


def test_clean_keyboards_accuse_nobody(checked, subtests):
    for animal, one in checked:
        if not animal.breaks:
            with subtests.test(animal.zh):
                assert one.outcome.verdict is not PurityVerdict.NOT_PURE, one.outcome.findings


def test_faults_beside_keyboards_are_found(checked, subtests):
    for animal, one in checked:
        if animal.breaks:
            with subtests.test(animal.zh):
                assert set(animal.breaks) <= set(one.outcome.breached), one.outcome.findings


def test_plates_are_typed_on_drawn_keys(checked, subtests):
    for animal, one in checked:
        if "只有" not in animal.zh:
            with subtests.test(animal.zh):
                ways = {"滚轮": "wheels", "文本框": "field"}
                how = next((way for word, way in ways.items() if word in animal.zh), "keys")
                assert [(visit.typed_by, bool(visit.cashier)) for visit in one.visits] == [(how, True)]
