"""Presets: prices worked out by hand from the pages that docs/tariffs.md names."""

import pytest

from lots import tariffs
from lots.calendars import calendar_of
from lots.tariffs import Place
from lots.tariffs.presets import PRESETS
from tests.lots.tariffs.stay_times import SHANGHAI, moment

CHINA = Place(SHANGHAI, calendar_of("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("name", "entered", "until", "fen"),
    [
        ("beijing", "04-27 10:00", "04-27 10:14", 0),
        ("beijing", "04-27 10:00", "04-27 11:00", 1000),
        ("beijing", "04-27 10:00", "04-27 12:00", 2500),
        ("beijing", "04-27 19:00", "04-28 07:00", 600),
        ("guangzhou", "04-27 08:00", "04-27 10:01", 900),
        ("guangzhou", "04-27 08:00", "04-27 20:01", 1200),
        ("shenzhen", "04-27 07:00", "04-27 08:00", 300),
        ("shenzhen", "04-27 08:00", "04-27 11:00", 300 + 5 * 600),
        ("shenzhen", "04-27 08:00", "04-27 12:00", 300 + 5 * 600 + 2 * 1000),
        ("shenzhen", "04-27 07:30", "04-27 20:00", 22300),  # a page gives 223 as the most of a working day
        ("shenzhen", "05-03 10:00", "05-03 20:00", 120 + 5 * 240 + 14 * 400),
        ("shenzhen", "04-27 20:00", "04-28 07:30", 0),
        ("chengdu", "04-27 08:00", "04-27 08:15", 0),
        ("chengdu", "04-27 08:00", "04-27 09:00", 1000),
        ("chengdu", "04-27 08:00", "04-27 10:01", 1900),
        ("chengdu", "04-27 19:00", "04-28 08:00", 800),
        ("shanghai", "04-27 10:00", "04-27 10:15", 0),
        ("shanghai", "04-27 10:00", "04-27 12:00", 1500 + 2 * 1000),
        ("shanghai", "04-27 19:30", "04-28 07:30", 1000),
        ("hangzhou", "04-27 10:00", "04-27 11:31", 2 * 500 + 2 * 600),
        ("hangzhou", "04-27 20:00", "04-28 08:00", 500),
        ("hangzhou", "04-27 19:00", "04-28 08:30", 2 * 500 + 500 + 500),
        ("hospital", "04-27 08:00", "04-27 08:30", 0),
        ("hospital", "04-27 08:00", "04-27 12:00", 1400),
        ("scenic", "04-27 08:00", "04-27 18:00", 1000),
        ("scenic", "05-01 08:00", "05-01 18:00", 2000),
        ("scenic", "10-01 08:00", "10-01 18:00", 3000),
        ("scenic", "04-25 08:00", "04-25 18:00", 2000),
        ("public", "04-27 08:00", "04-28 08:00", 4000),
        ("public", "04-27 08:00", "04-28 08:20", 4400),
    ],
)
def test_preset_is_charged_as_published(name, entered, until, fen):
    tariff = tariffs.read_new(PRESETS[name])
    assert tariff.price(moment(entered), moment(until), "ordinary", place=CHINA).fen == fen
