"""What a page puts into the browser's caches: files as served, or something of its own."""

from types import SimpleNamespace

import pytest

from selfcheck.page_reader import PageReader
from selfcheck.visit import Phase

URL = "https://mall.cn/p/7F3K"
SERVED = SimpleNamespace(url=URL, status=200, answer=b"<h1>file")


@pytest.mark.parametrize(
    ("looks", "noted"),
    [
        ([[]], ["cache"]),  # its name may be a number of this phone
        ([[], [[URL, "<h1>"]]], ["cached files"]),  # it was just being filled
        ([[], [[URL, "id=81723"]]], ["cache"]),
        ([[[URL, "id=81723"]], [[URL, "<h1>"]]], ["cache", "cached files"]),
    ],
)
def test_filled_cache_is_judged_by_content(looks, noted):
    reader = PageReader.__new__(PageReader)
    reader.recorder = SimpleNamespace(
        phase=Phase.ARRIVE,
        canary=SimpleNamespace(forms_in=lambda _text: ()),
        proxy=SimpleNamespace(exchanges=[SERVED]),
        stored={},
    )
    for rows in looks:
        reader._note_cache("app-v1", rows)
    assert [row.where for row in reader.recorder.stored.values()] == noted
