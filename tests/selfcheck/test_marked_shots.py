"""Screenshots in reports: what breaches a rule is framed."""

from io import BytesIO

import pytest
from PIL import Image

from selfcheck.breaches import Finding
from selfcheck.marked_shots import COLOUR, marked_shot, marks_for
from selfcheck.visit import Mark, Screen

PROMPT = Mark("text", "请先关注公众号，再缴费", 10, 40, 200, 20)
BUTTON = Mark("control", "领券", 10, 80, 60, 30)
FIELD = Mark("field", "mobile 手机号", 10, 120, 200, 30)
PAGE = Mark("overlay", "测试广场 请先关注公众号，再缴费 领券 停车缴费", 0, 0, 360, 600)
SCREEN = Screen("https://a.cn", "", "", marks=(PAGE, PROMPT, BUTTON, FIELD))


@pytest.mark.parametrize(
    ("finding", "mark"),
    [
        (Finding("P5a", "", "请先关注公众号，再缴费", "plain"), PROMPT),
        (Finding("P5a", "", "按钮 领券", "plain"), BUTTON),
        (Finding("P3", "", "<input type=tel name=mobile> 手机号", "plain"), FIELD),
        (Finding("P5a", "", "领券", "plain"), None),  # two characters could stand anywhere
        (Finding("P6", "", "script https://x.cn/a.js", "plain"), None),
        (Finding("P5a", "", "请先关注公众号，再缴费", "wechat"), None),
    ],
)
def test_smallest_place_of_a_finding_is_marked(finding, mark):
    assert marks_for([finding], "plain", SCREEN) == ([(finding.rule, mark)] if mark else [])


def test_frame_is_drawn_within_the_picture(tmp_path):
    path = tmp_path / "shot.png"
    Image.new("RGB", (360, 640), "white").save(path)
    outside = Mark("text", "很宽的文字", 300, 600, 900, 200)
    with Image.open(BytesIO(marked_shot(path, [("P5a", PROMPT), ("P3", outside)]))) as image:
        assert image.size == (360, 640)
        assert image.getpixel((9, 50)) == COLOUR
        assert image.getpixel((180, 300)) == (255, 255, 255)
