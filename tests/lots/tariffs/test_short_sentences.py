"""Sentences that a driver reads at once: equal caps in one, and long durations in days."""

import pytest
from django.utils import translation

from lots import tariffs
from presentation import price_board
from tests.lots.tariffs.board_makers import BY_DAY, NEW, capped, free, per
from tests.lots.tariffs.published import hourly


def boards_of(document):
    tariff = tariffs.read_new(document)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            yield " ".join(price_board.rule_board(tariff.rule))


def numbered(*amounts):
    caps = [{"cycle": n, "amount": fen} for n, fen in enumerate(amounts, 1)]
    caps[-1]["cycle"] = f"{len(caps)}+"
    return {"caps": caps}


@pytest.mark.parametrize(
    ("amounts", "chinese", "english"),
    [
        (
            (3000, 3000, 3000, 2000),
            "第 1 天至第 3 天，每天最高收费 ¥30。 第 4 天及以后，每天最高收费 ¥20。",
            "At most ¥30 on each of days 1 to 3. At most ¥20 on day 4 and on each later day.",
        ),
        (
            (1000, 3000, 3000),
            "第 1 天最高收费 ¥10。 第 2 天及以后，每天最高收费 ¥30。",
            "At most ¥10 on day 1. At most ¥30 on day 2 and on each later day.",
        ),
        (
            (1000, 3000, 1000),
            "第 1 天最高收费 ¥10。 第 2 天最高收费 ¥30。 第 3 天及以后，每天最高收费 ¥10。",
            "At most ¥10 on day 1. At most ¥30 on day 2. At most ¥10 on day 3 and on each later day.",
        ),
    ],
)
def test_equal_caps_are_one_sentence(amounts, chinese, english):
    document = {**capped(0, BY_DAY), "steps": hourly(500), **numbered(*amounts)}
    for board, sentences in zip(boards_of(document), (chinese, english), strict=True):
        assert sentences in board


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (2880, "停车超过 48 小时的", "more than 48 hours: "),
        (4320, "停车超过 3 天（72 小时）的", "more than 3 days (72 hours): "),
        (4380, "停车超过 73 小时的", "more than 73 hours: "),
        (43200, "停车超过 30 天（720 小时）的", "more than 30 days (720 hours): "),
    ],
)
def test_long_limits_are_named_in_days(minutes, chinese, english):
    turn = {"after_min": minutes, "from": "then", "rule": {"steps": per(1440, 1000)}}
    boards = list(boards_of({**NEW, **free(30), "steps": hourly(500), "turn": turn}))
    assert chinese in boards[0]
    assert english in boards[1]


def test_long_first_step_is_named_in_days():
    steps = [{"until_min": 10080, "unit_min": 1440, "price": 3000}, *per(1440, 2000)]
    chinese, english = boards_of({**NEW, "steps": steps})
    assert "前 7 天（168 小时）：每 24 小时 ¥30。 7 天（168 小时）之后：每 24 小时 ¥20。" in chinese
    assert "First 7 days (168 hours): ¥30 per 24 hours." in english
