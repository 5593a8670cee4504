"""Plates that are typed on keys of the page's own: typed where possible, no accusation where not.

Each page is one visit, and one test.
"""

from dataclasses import replace

import pytest

from selfcheck.browser import Options
from selfcheck.checking import Page, check
from selfcheck.hosts import Lists
from selfcheck.purity_verdict import PurityVerdict
from tests.selfcheck.zoo.animals import ABSENT, PLATE
from tests.selfcheck.zoo.keeper import open_zoo, serve_from
from tests.selfcheck.zoo.keyboards import clean, dirty

pytestmark = pytest.mark.browser
ANIMALS = {
    animal.zh: replace(animal, name=f"keys{place}")
    for place, animal in enumerate(
        animal for family in (clean, dirty) for _, animals in family() for animal in animals
    )
}
# Of each way to type, one page is visited in every run: where there is a dirty one, that.
DEEP = {
    *("一字一个列表项", "方格里已有浙A", "一字一个滚轮，用手指拖", "一次只画几个键"),
    *("只有一条车牌，键画在画布上", "每个键都由服务器画"),
}
WAYS = {"滚轮": "wheels", "文本框": "field"}  # others are typed by keys


@pytest.fixture(scope="module")
def zoo(workshop, tmp_path_factory):
    by_name = {animal.name: animal for animal in ANIMALS.values()}
    with open_zoo(tmp_path_factory.mktemp("keyboards"), serve_from(by_name)) as opened:
        yield opened


@pytest.mark.parametrize("zh", [pytest.param(zh, marks=[pytest.mark.deep] * (zh in DEEP)) for zh in ANIMALS])
def test_drawn_keyboard_is_typed_on(zoo, patient, zh):
    """A page with faults is accused of them, and a clean one of nothing."""
    animal = ANIMALS[zh]
    how = Options(
        plate=PLATE, second=ABSENT, resolve=zoo.resolve, any_certificate=True,
        dwell=0.3, quiet=0.15, pace=0, patience=600, automated=False, revisit=False,
    )  # fmt: skip
    [checked] = check([Page(animal.url, "pure", ("plain",), how)], lists=Lists())
    outcome = checked.outcome
    assert set(animal.breaks) <= set(outcome.breached), outcome.findings
    assert animal.breaks or outcome.verdict is not PurityVerdict.NOT_PURE, outcome.findings
    if "SVG" in zh:  # what is read there as a picture is nonsense
        assert not any(screen.pictures for visit in checked.visits for screen in visit.screens)
    if "只有" not in zh:
        how_typed = next((way for word, way in WAYS.items() if word in zh), "keys")
        assert [(visit.typed_by, bool(visit.cashier)) for visit in checked.visits] == [(how_typed, True)]
