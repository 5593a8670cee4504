"""docs/systems.md says what the product says: sentences of the test, fields of the form, kinds of coupons."""

from pathlib import Path

import pytest
import yaml
from django.utils import translation

from console.setup.system_forms import ASK_FOR, LABELS, LOT_CODES
from lots.systems import REMOTE
from lots.systems.fault_texts import MEANINGS
from lots.systems.notices import NoticeKind, SendsNotices
from lots.systems.parking_system import ListsPayments, PricesCoupons, TakesCoupons
from lots.systems.vendor_fields import FIELDS

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "systems.md").read_text()


def section_of(system):
    """Return the part of the page on one vendor, up to the next heading."""
    return PAGE.split(f"(`{system}`)\n", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_sentence_of_each_finding_is_exact(code):
    with translation.override("zh-hans"):
        chinese = str(MEANINGS[code])
    with translation.override("en"):
        english = str(MEANINGS[code])
    assert f"| `{code}` | {chinese} | {english} |" in PAGE


@pytest.mark.parametrize("system", sorted(FIELDS))
def test_each_field_has_its_row(system):
    section = section_of(system)
    fields = FIELDS[system]
    assert f"| {LOT_CODES[system]} | `lot_code` |" in section
    for name in (*fields.options, *fields.secrets):
        with translation.override("zh-hans"):
            label = str(LABELS[name])
        optional = " (optional)" if name in fields.optional else ""
        assert f"| {label} | `{name}`{optional} |" in section
        if name in ASK_FOR:
            with translation.override("en"):
                assert str(ASK_FOR[name]) in section


@pytest.mark.parametrize("system", sorted(REMOTE))
def test_coupons_lists_and_notices_are_named(system):
    kind = REMOTE[system]
    coupons = PAGE.split("## Parking coupons", 1)[1].split("\n## ", 1)[0]
    notices = PAGE.split("## Notices from the system", 1)[1].split("\n## ", 1)[0].split("A notice must")[0]
    lists = PAGE.split("## Compare the day's lists", 1)[1].split("give a list", 1)[0]
    takes = issubclass(kind, PricesCoupons) or issubclass(kind, TakesCoupons)
    assert (f"| `{system}` |" in coupons) == takes == bool(kind.coupon_kinds), "part on parking coupons"
    assert (f"`{system}`" in lists) == issubclass(kind, ListsPayments), "part on the day's lists"
    assert (f"`{system}`" in notices) == issubclass(kind, SendsNotices), "part on notices"


def test_description_of_the_pair_is_whole():
    described = yaml.safe_load((DOCS / "systems-openapi.yaml").read_text())
    assert set(described["paths"]) == {"/charge", "/settle", "/coupon", "/payments", "/v/{lot}"}
    events = described["components"]["schemas"]["Notice"]["properties"]["event"]["enum"]
    assert set(events) == {kind.value for kind in NoticeKind}
    kinds = described["components"]["schemas"]["Coupon"]["properties"]["kind"]["enum"]
    assert set(kinds) == REMOTE["generic"].coupon_kinds
