"""Amounts in other currencies: the minor unit, the sentences, what is refused."""

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from console.tariff_form import fen_of
from lots import tariffs
from lots.tariffs import CURRENCIES, TariffError
from lots.tariffs.exchange import FORMATS
from presentation import board_sentences, formatting, price_board
from tests.effort import cases
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.documents import CALENDAR, documents, tariff_of
from tests.lots.tariffs.shared_boards import TOKYO
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, SHANGHAI

TEN = datetime(2026, 6, 1, 10, tzinfo=SHANGHAI)


def english(tariff):
    with translation.override("en"):
        return price_board.price_board(tariff)


@pytest.mark.parametrize(("minutes", "yen"), [(61, 990), (600, 2200), (1441, 2530)])
def test_yen_have_no_decimals(minutes, yen):
    tariff = tariffs.read_new(TOKYO)
    assert tariff.price(TEN, TEN + timedelta(minutes=minutes), "ordinary").fen == yen


def test_board_names_currency():
    board = english(tariffs.read(TOKYO))
    assert board[:2] == ["JP¥330 per 30 minutes.", "At most JP¥2200 per 24 hours from entry."]
    assert "All amounts are in JPY (JP¥)." in board
    assert not [one for one in english(tariffs.read({**TOKYO, "currency": "CNY"})) if "amounts" in one]


@pytest.mark.parametrize(
    ("code", "exact", "short"),
    [
        ("CNY", "¥8.50", "¥8.50"),
        ("HKD", "HK$8.50", "HK$8.50"),
        ("JPY", "JP¥850", "JP¥850"),
        ("KWD", "KWD 0.850", "KWD 0.850"),
    ],
)
def test_amount_is_shown_in_minor_unit(code, exact, short):
    currency = CURRENCIES[code]
    assert formatting.money(850, currency) == exact
    assert formatting.in_currency("¥8.50", currency) == short


@given(st.sampled_from(list(CURRENCIES.values())), st.integers(0, 10**7), st.integers(0, 999))
def test_typed_amount_is_read_as_shown(currency, minor, parts):
    value = f"{minor}.{parts:03}".rstrip("0") if parts else minor
    assert fen_of(currency.short(value), currency) == value
    assert fen_of(currency.sign + currency.exact(value), currency) == value


@settings(max_examples=cases(40))
@given(documents(), ENTRIES, MINUTES, st.sampled_from(sorted(CURRENCIES)))
def test_board_alone_gives_the_price(document, entered_at, minutes, code):
    tariff = tariff_of({**document, "currency": code})
    with translation.override("zh-hans"):
        board = board_reader.read(price_board.rule_board(tariff.rule, tariff.currency))
    until = entered_at + timedelta(minutes=minutes)
    charged = tariff.price(entered_at, until, "ordinary", place=PLACE).fen
    assert board_reader.price(board, entered_at, until, SHANGHAI, CALENDAR) == charged


def test_lines_are_in_currency():
    price = tariffs.read(TOKYO).price(TEN, TEN + timedelta(minutes=31), "ordinary")
    with translation.override("en"):
        [text] = [formatting.line(one.values, one.code, CURRENCIES["JPY"]) for one in price.lines]
    assert text == "2 × JP¥330 per 30 minutes"


class Anything(defaultdict[str, str]):
    """Values of a sentence: an amount of yuan, or a number."""

    def __missing__(self, name):
        return "8.50" if name in AMOUNTS else "24"


AMOUNTS = {"amount", "unit", "amount_fen", "unit_fen", "flat_fen", "before_fen", "cycle_fen", "so_far"}


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("sentences", [board_sentences.SENTENCES, formatting.SENTENCES])
def test_every_sentence_is_converted(language, sentences):
    with translation.override(language):
        for code, text in sentences.items():
            shown = formatting.in_currency(str(text) % Anything(), CURRENCIES["JPY"])
            assert "元" not in shown.replace("单元", "").replace("單元", ""), (code, shown)
            assert "¥" not in shown.replace("JP¥850", ""), (code, shown)


@pytest.mark.parametrize("currency", ["XXX", "cny", "", None, 156, ["CNY"], {"CNY": 1}])
def test_unknown_currency_is_refused(currency):
    with pytest.raises(TariffError, match="currency: must be CNY or AED"):
        tariffs.read({**TOKYO, "currency": currency})


def test_format_2_knows_yuan_only():
    with pytest.raises(TariffError, match=r"currency: must be CNY$"):
        tariffs.read({**TOKYO, "format": 2})


@pytest.mark.parametrize("target", FORMATS)
def test_other_currency_is_not_exported(target):
    with pytest.raises(TariffError, match="must be CNY"):
        FORMATS[target].export(tariffs.read(TOKYO))
