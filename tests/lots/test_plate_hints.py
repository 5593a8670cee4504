"""Armed-police plates of 2012 and later with a letter, and green plates typed without their province."""

import pytest

from lots.plates import PlateError, PlateKind, may_lack_province, parse


@pytest.mark.parametrize("text", ["WJN22628", "wj n22628", "WJA00001", "WJN2262O"])
def test_armed_police_plate_with_letter_is_read(text):
    plate = parse(text)
    assert plate.kind is PlateKind.ARMED_POLICE
    assert plate.masked == plate.text[:2] + "****" + plate.text[-2:]


@pytest.mark.parametrize("text", ["WJI22628", "WJN2262", "WJN226289"])
def test_other_armed_police_plates_are_refused(text):
    with pytest.raises(PlateError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("AD12345", True),
        ("BD12345", True),
        ("AF88888", True),
        ("AA12345", True),
        ("AV12345", False),
        ("沪AD12345", False),
    ],
)
def test_military_plate_may_lack_province(text, lacks):
    assert may_lack_province(parse(text)) is lacks
