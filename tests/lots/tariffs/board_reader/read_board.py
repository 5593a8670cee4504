"""From the sentences of a board to what it says."""

import re

from tests.lots.tariffs.board_reader.board_values import ENDLESS, Board, Period
from tests.lots.tariffs.board_reader.price_sentences import price_sentence
from tests.lots.tariffs.board_reader.rule_sentences import rule_sentence
from tests.lots.tariffs.board_reader.words import HOURS, days_named, in_yuan

REST = "其余时间："
LABEL = re.compile(rf"(?P<days>[^\d：]*?) ?(?:日间|晚间|夜间)? ?(?:{HOURS})?(?P<all>全天)?：(?P<rest>.*)")


def read(sentences):
    """Return what the sentences of a board say."""
    sentences = [in_yuan(text) for text in sentences]
    board = Board()
    for index, text in enumerate(sentences):
        if board.turn_after:
            beyond = "" if board.turn_whole else "".join(sentences[index:])
            assert "自入场起" not in beyond, "hours of the time beyond a limit do not count from the entry"
            board.turned = read(sentences[index:])
            break
        if rule_sentence(board, text) or price_sentence(board.rest, text):
            continue
        if text.startswith(REST):
            for part in re.findall("[^。]+。", text.removeprefix(REST)):
                assert price_sentence(board.rest, part.strip()), f"unknown price: {part}"
            continue
        label = LABEL.fullmatch(text)
        assert label, f"unknown sentence: {text}"
        period = Period(start=label["start"] or "00:00", end=label["end"] or "24:00")
        if label["days"]:
            period.days = days_named(label["days"].strip())
        for part in re.findall("[^。]+。", label["rest"]):
            assert price_sentence(period, part.strip()), f"unknown price: {part}"
        board.periods.append(period)
    stepped = any(len(period.prices) > 1 for period in (board.rest, *board.periods))
    again = board.free_each and board.deducted and board.steps_by_stay and stepped
    assert board.free_counts or not again, "left open: whether free minutes count towards the steps"
    capped = board.caps or board.so_far or board.pooled or board.long_caps or board.shared or board.together
    capped = capped or board.stay_cap != ENDLESS or any(period.cap is not None for period in board.periods)
    on_top = board.night_at and not board.night_least
    assert not board.entry_fee or board.fee_uncapped == bool(capped), "left open: whether caps hold for it"
    assert not on_top or board.night_uncapped == bool(capped), "left open: whether caps hold for nights"
    return board
