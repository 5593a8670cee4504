"""The plain document whose readings are compared: one rule, nobody exempt, nothing sold."""

import pytest

from lots.tariffs import TariffError
from lots.tariffs.readings import plain
from tests.lots.tariffs.board_makers import BASE, free
from tests.lots.tariffs.published import hourly

LARGE = {"name": "large", "seen_as": ["large"], "rule": {"steps": hourly(900), "stay_cap": None}}
POLICE = {"name": "special", "kinds": ["police"], "exempt": True}
WHOLE = {
    **BASE,
    **free(30),
    "stay_cap": 9000,
    "classes": [POLICE, LARGE],
    "passes": [{"name": "month", "price": 1}],
    "seasons": [{"name": "peak", "days": ["mon"], "rule": {"stay_cap": 8000}}],
    "exempt": ["emergency"],
}


def test_plain_document_has_the_usual_rule():
    assert plain(WHOLE) == {**BASE, **free(30), "stay_cap": 9000, "exempt": []}
    assert set(WHOLE) >= {"classes", "passes", "seasons"}  # the document itself stays as it was


def test_plain_document_of_class_has_its_rule():
    assert plain(WHOLE, "large") == {**BASE, **free(30), "steps": hourly(900), "exempt": []}


def test_plain_document_has_no_limits_of_others():
    """The large pay by the hour: what a stay of exactly 30 minutes pays is no question for them."""
    document = {**WHOLE, "reached": ["free"], "classes": [{**LARGE, "rule": {"free": None}}]}
    assert plain(document)["reached"] == ["free"]
    assert "reached" not in plain(document, "large")


@pytest.mark.parametrize("vehicle", ["goods", "special"])
def test_class_without_rule_has_no_plain_document(vehicle):
    with pytest.raises(TariffError, match="has no rule for this vehicle"):
        plain(WHOLE, vehicle)


@pytest.mark.parametrize(("how", "stays"), [("no_free", False), ("one_stay", True)])
def test_reentry_stays_where_it_has_an_effect(how, stays):
    """Without free minutes, there are none that a car which comes back could lose."""
    rule = {"as": how, "window": {"from": "day"}, **({"gap": "free"} if how == "one_stay" else {})}
    no_free = {**LARGE, "rule": {"free": None}}
    document = {**BASE, **free(30), "reentry": rule, "classes": [no_free]}
    assert plain(document)["reentry"] == rule
    assert ("reentry" in plain(document, "large")) == stays
