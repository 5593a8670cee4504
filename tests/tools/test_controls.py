"""Each fail control fits the tree, names tests that exist, and stands in the docs."""

import re

import pytest

from tools import controls
from tools.guarantees import CONTROLS
from tools.machine import ROOT


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.guarantee)
def test_patch_fits_exactly_once(control):
    text = (ROOT / control.file).read_text(encoding="utf-8")
    assert controls.broken(control, text) != text


@pytest.mark.parametrize("name", controls.tests_of(CONTROLS))
def test_named_test_exists(name):
    file, _, test = name.partition("::")
    assert re.search(rf"def {test}\(", (ROOT / file).read_text(encoding="utf-8"))


def test_misfit_patch_is_an_error():
    with pytest.raises(ValueError, match="fits 0 times"):
        controls.broken(CONTROLS[0], "")


def test_page_matches_the_list():
    assert controls.PAGE.read_text(encoding="utf-8") == controls.page()
    assert len(CONTROLS) >= 30
