"""Pictures for docs/driver-pages.md. PICTURES names the folder; without it nothing is taken."""

import os
from pathlib import Path

import pytest

from tests.browser.gallery import Gallery, hang
from tests.driver.conftest import budget, clock, mall, nothing_kept, parked, static_root
from tests.payments.conftest import channel

__all__ = ["budget", "channel", "clock", "mall", "nothing_kept", "parked", "static_root"]

FOLDER = os.environ.get("PICTURES", "")
SIZES = {"small": (360, 520), "large": (412, 780)}
VIEWS = (
    *("first", "fee", "nothing_owed", "exit_with_car", "entry", "ticket"),
    *("hand_over_code", "confirming_long", "paid", "not_paid", "receipt", "tariff"),
)

pytestmark = pytest.mark.skipif(not FOLDER, reason="PICTURES names no folder")


@pytest.mark.parametrize("view", VIEWS)
def test_picture_is_taken(mall, parked, channel, clock, monkeypatch, chromium, view):
    gallery = Gallery(mall, channel, clock, monkeypatch, "")
    answer = getattr(gallery, view)()
    if answer.status_code == 303:
        answer = mall.get(answer["Location"])
    for name, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                is_mobile=True,
                has_touch=True,
                color_scheme=scheme,
            )
            page = context.new_page()
            hang(page, answer)
            if page.locator("#on").count():
                page.locator("#on").wait_for()  # three seconds
            page.screenshot(path=Path(FOLDER) / f"{view}-{name}-{scheme}.png")
            context.close()
