"""Which vehicles a class is, in words of the board: axles, seats, length and load. It changes no price."""

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from presentation import class_boards
from tests.console.tariff_forms import through_form
from tests.lots.tariffs.board_cases import check_document, prices_of
from tests.lots.tariffs.board_makers import BASE, once, seen, share, size
from tests.lots.tariffs.shared_boards import AXLES, LENGTHS
from tests.lots.tariffs.stay_times import CHINA


def with_size(**part):
    return {**BASE, "classes": [seen("large", steps=once(1500)) | size(**part)]}


@pytest.mark.parametrize(
    ("part", "chinese", "english"),
    [
        ({"measure": "axles", "from": "3", "to": "4"}, "3 至 4 轴", "3 to 4 axles"),
        ({"measure": "axles", "from": "5"}, "5 轴及以上", "5 axles or more"),
        ({"measure": "axles", "from": "2", "to": "2"}, "2 轴", "2 axles"),
        ({"measure": "seats", "above": "20"}, "超过 20 座", "more than 20 seats"),
        (
            {"measure": "length", "above": "6.8", "to": "9.6"},
            "车长：超过 6.8 米、不超过 9.6 米",
            "length: more than 6.8 m, no more than 9.6 m",
        ),
        ({"measure": "length", "from": "6", "to": "12"}, "车长：6 至 12 米", "length: 6 to 12 m"),
        (
            {"measure": "load", "from": "2", "below": "5"},
            "核定载质量：2 吨及以上、不足 5 吨",
            "load: 2 t or more, less than 5 t",
        ),
        ({"measure": "load", "below": "0.5"}, "核定载质量：不足 0.5 吨", "load: less than 0.5 t"),
    ],
)
def test_heading_names_the_size(part, chinese, english):
    document = with_size(**part)
    tariff = tariffs.read_new(document)
    for language, text in (("zh-hans", f"大型车（{chinese}）"), ("en", f"Large vehicles ({english})")):
        with translation.override(language):
            [board] = class_boards.class_boards(tariff, CHINA)
            assert board.title == text
    Draft202012Validator(tariffs.schema()).validate(document)
    assert tariffs.read_new(through_form(document)) == tariff


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"measure": "axles"}, "classes[0].size"),
        ({"measure": "wheels", "from": "3"}, "classes[0].size.measure"),
        ({"measure": "axles", "from": 3}, "classes[0].size.from"),
        ({"measure": "axles", "from": "2.5"}, "classes[0].size.from"),
        ({"measure": "length", "from": "06"}, "classes[0].size.from"),
        ({"measure": "length", "to": "0"}, "classes[0].size.to"),
        ({"measure": "length", "from": "6", "above": "6"}, "classes[0].size.above"),
        ({"measure": "length", "to": "6", "below": "6"}, "classes[0].size.below"),
        ({"measure": "length", "from": "12", "to": "6"}, "classes[0].size.to"),
        ({"measure": "length", "from": "6", "below": "6"}, "classes[0].size.below"),
        ({"measure": "length", "above": "6", "to": "6"}, "classes[0].size.to"),
    ],
)
def test_size_of_no_vehicle_is_refused(part, path):
    with pytest.raises(TariffError) as error:
        tariffs.read(with_size(**part))
    assert error.value.path == path


@pytest.mark.parametrize("document", [AXLES, LENGTHS])
def test_size_changes_no_price(document):
    plain = [{key: part for key, part in one.items() if key != "size"} for one in document["classes"]]
    sized, bare = (tariffs.read(one) for one in (document, {**document, "classes": plain}))
    assert [one.rule for one in sized.classes] == [one.rule for one in bare.classes]


def test_season_names_the_size():
    season = {"name": "peak", "days": ["sat"], "rule": {"steps": once(2000)}}
    tariff = tariffs.read({**AXLES, "seasons": [season]})
    with translation.override("zh-hans"):
        titles = [board.title for board in class_boards.class_boards(tariff, CHINA)]
    assert titles[2:] == ["旺季", "旺季 · 大型车（3 至 4 轴）", "旺季 · 超大型车（5 轴及以上）"]


def test_medium_vehicles_have_their_own_board():
    """小型车每小时 5 元，中型车（核定载质量：2 吨及以上、不足 5 吨）7.5 元，大型车 10 元。"""
    document = {
        **BASE,
        "classes": [
            seen("medium", **share(150)) | size("load", **{"from": "2", "below": "5"}),
            seen("large", **share(200)),
        ],
    }
    check_document(document)
    stay = "03-02 10:00", "03-02 11:00"
    assert [prices_of(document, *stay, who) for who in ("small", "medium", "large")] == [
        (500, 500),
        (750, 750),
        (1000, 1000),
    ]
    with translation.override("zh-hans"):
        titles = [one.title for one in class_boards.class_boards(tariffs.read(document), CHINA)]
    assert titles == ["中型车（核定载质量：2 吨及以上、不足 5 吨）", "大型车"]
