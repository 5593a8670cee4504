"""Takes the pictures of docs/driver-pages.md; `python -m tools.screenshots driver` runs it.

Each view at two sizes, light and dark. It is collected by name alone, since it writes into the tree.
"""

import os
from pathlib import Path

import pytest

from payments import channel_names
from tests.browser.gallery import Gallery, hang
from tests.driver.conftest import budget, clock, mall, parked, static_root
from tests.payments.conftest import channel
from tools.screenshots import DRIVER_FOLDER, compress

__all__ = ["budget", "channel", "clock", "mall", "parked", "static_root"]

FOLDER = Path(os.environ.get("PICTURES", DRIVER_FOLDER))
SIZES = {"small": (360, 520), "large": (412, 780)}
VIEWS = (
    *("first", "fee", "nothing_owed", "exit_with_car", "entry", "ticket"),
    *("hand_over_code", "confirming_long", "paid", "not_paid", "receipt", "tariff"),
)


@pytest.mark.parametrize("view", VIEWS)
def test_picture_is_taken(mall, parked, channel, clock, monkeypatch, chromium, view):
    monkeypatch.setitem(channel_names.CHANNELS, "fake", "微信支付")
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
            picture = compress(page.screenshot(), colours=32)
            (FOLDER / f"{view}-{name}-{scheme}.png").write_bytes(picture)
            context.close()
