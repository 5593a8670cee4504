"""docs/tariff-clauses.md has an example of every sentence of a board, charged as written."""

import json
import re
from pathlib import Path

import pytest
from django.utils import translation

from lots import tariffs
from lots.calendars import calendar_of
from lots.tariffs import Place
from lots.tariffs.charging_rules import Reentering
from presentation import board_sentences, class_boards, price_board
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.clause_cases import at, check_paths
from tests.lots.tariffs.stay_times import SHANGHAI

PAGE = (Path(__file__).parents[3] / "docs/tariff-clauses.md").read_text(encoding="utf-8")
BASE = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
RULES, VEHICLES = PAGE.split("## Sentences for every vehicle")
ROW = re.compile(r"\| (.+?)<br>(.+?) \| `(.+?)` \| (\S+ \S+) – (\S+ \S+) \| (\d+)\.(\d\d) \|")
ROWS = ROW.findall(RULES)
MORE = re.findall(r"\| (.+?)<br>(.+?) \| `(.+?)` \| (.+?) \| (\d+)\.(\d\d) \|", VEHICLES)
CHINA = Place(SHANGHAI, calendar_of("Asia/Shanghai"))


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_example_is_charged_as_written(row):
    chinese, english, change, entered, left, yuan, cents = row
    tariff = tariffs.read_new({**BASE, **json.loads(change)})
    for language, sentence in (("zh-hans", chinese), ("en", english)):
        with translation.override(language):
            assert any(sentence in line for line in price_board.rule_board(tariff.rule))
    stay = at(entered), at(left)
    fen = int(yuan + cents)
    assert tariff.price(*stay, "ordinary", place=CHINA).fen == fen
    check_paths({**BASE, **json.loads(change)}, tariff.rule)
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariff.rule))
    assert board_reader.price(board, *stay, SHANGHAI, CHINA.calendar) == fen


@pytest.mark.parametrize("row", MORE, ids=[row[1] for row in MORE])
def test_vehicle_examples_cost_as_written(row):
    chinese, english, change, stays, yuan, cents = row
    tariff = tariffs.read_new({**BASE, **json.loads(change)})
    *before, last = [tuple(map(at, stay.split(" – "))) for stay in stays.split(", ")]
    for language, sentence in (("zh-hans", chinese), ("en", english)):
        with translation.override(language):
            boards = class_boards.class_boards(tariff, CHINA)
            headings = [
                f"{board.title}{'：' if language == 'zh-hans' else ': '}{board.kinds}" for board in boards
            ]
            assert sentence in [*headings, *price_board.conditions(tariff)]
    fen = int(yuan + cents)
    earlier = [tariffs.EarlierSession(*stay) for stay in before]
    assert tariff.price(*last, "ordinary", place=CHINA, earlier=earlier).fen == fen
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariff.rule, tariff.currency))
    if before:
        assert board_reader.visits(board, chinese, [*before, last], SHANGHAI, CHINA.calendar) == fen


def test_each_reentry_has_an_example():
    shown = {json.dumps(json.loads(row[2]).get("reentry", {}).get("as")) for row in MORE}
    assert shown >= {json.dumps(how) for how in Reentering}
    assert len(MORE) == 26


def test_every_sentence_has_an_example():
    shown = " ".join(row[1] for row in ROWS)
    for code, sentence in board_sentences.SENTENCES.items():
        with translation.override("en"):
            parts = [part for part in re.split(r"%\(\w+\)s|%%", str(sentence)) if len(part) > 3]
        assert all(part.strip() in shown for part in parts), code
    assert len(ROWS) == len(board_sentences.SENTENCES)
