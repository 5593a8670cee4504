"""Simulated photos are reproducible and distinguish readable signs from unreadable ones."""

import numpy as np
import pytest

from tools import sign_photos
from tools.sign_photos import CONDITIONS, Condition, by_wechat, by_zxing, face, photo

FORMS = ["a4", "sticker-square", "pillar"]
USUAL = [condition for condition in CONDITIONS if not condition.dirt]


@pytest.mark.parametrize("condition", USUAL, ids=lambda condition: condition.name)
@pytest.mark.parametrize("form", FORMS)
def test_sign_is_read_at_its_distance(form, condition):
    picture = photo(form, face(form).fit.reach, condition, seed=1)
    assert by_zxing(picture)
    assert by_wechat(picture)


@pytest.mark.parametrize("form", FORMS)
def test_slightly_dirty_sign_is_read(form):
    dirt = Condition("dirt", dirt=0.05)
    pictures = [photo(form, face(form).fit.reach, dirt, seed) for seed in range(3)]
    assert all(by_wechat(picture) or by_zxing(picture) for picture in pictures)


def test_distant_sign_is_not_read():
    picture = photo("a4", 6 * face("a4").fit.reach, CONDITIONS[0], seed=1)
    assert not by_zxing(picture)
    assert not by_wechat(picture)


def test_same_seed_gives_same_photo():
    first, again, other = (photo("a5", 1.0, CONDITIONS[-1], seed) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("share", [0.05, 0.10])
def test_dirt_covers_the_stated_share(share):
    clean = sign_photos.printed("a4", 100)
    soiled = clean.copy()
    square = sign_photos.corners("a4") * 100 / 25.4
    sign_photos._add_dirt(
        soiled, square, Condition("dirt", dirt=share, on_finders=True), np.random.default_rng(1)
    )
    side = np.ptp(square[:, 0])
    assert np.count_nonzero(soiled != clean) / side**2 == pytest.approx(share, rel=0.5)


def test_report_lists_each_format_and_condition():
    shots = list(sign_photos.shoot(["a5"], 1))
    text = sign_photos.report(shots, 1)
    assert text.count("\n| A5") == 1
    assert all(f"\n| {condition.name} |" in text for condition in CONDITIONS)
