"""What each city's rule requires stands on the sign, and no operator can take it away."""

from dataclasses import replace

import pytest

from lots.signs import sign_wording
from lots.signs.print_errors import WordingFault, WrongMemberSign
from lots.signs.sign_faces import pure_face
from lots.signs.sign_wording import ALWAYS, PRESETS, City, edited, required
from tests.lots.signs.samples import ground, hanging, member, pure

CITIES = list(City)


@pytest.mark.parametrize("city", CITIES)
def test_preset_satisfies_its_city_rule(city):
    assert sign_wording.faults(PRESETS[city], city) == []


@pytest.mark.parametrize("city", CITIES)
def test_sign_shows_every_required_phrase(city):
    text = "\n".join(pure("a4", city=city).texts())
    assert [phrase for phrase in required(city) if phrase not in text and phrase != "举报电话"] == []


@pytest.mark.parametrize(("city", "phrase"), [(city, phrase) for city in CITIES for phrase in required(city)])
def test_required_phrase_cannot_be_removed(city, phrase):
    preset = PRESETS[city]
    without = {
        name: getattr(preset, name).replace(phrase, "某某") for name in ("headline", "promise", "note")
    }
    with pytest.raises(WordingFault) as fault:
        edited(city, without)
    assert phrase in str(fault.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"headline": "纯净码", "note": "直接扫码付停车费"}, "须写在标题里"),
        ({"note": "关注公众号送停车券"}, "公众号"),
        ({"note": "扫码缴费不收集任何个人信息"}, "不收集任何"),  # the plate is collected
        ({"headline": "纯净码 · 直接扫码付停车费" + "快" * 20}, "超过 18 个字"),
        ({"colour": "red"}, "没有这一栏"),
    ],
)
def test_forbidden_wording_is_refused(changes, reason):
    with pytest.raises(WordingFault, match=reason):
        edited(City.SHANGHAI, changes)


def test_operator_may_extend_wording():
    words = edited(City.SHANGHAI, {"note": "周末首小时免费。离场 {hours} 小时后清除车牌。", "promise": ""})
    assert words.note.startswith("周末")
    assert words.promise == PRESETS[City.SHANGHAI].promise


@pytest.mark.parametrize(
    "fact",
    [
        "浦江广场停车场",
        "上海浦江商业管理有限公司",
        "pay.example.cn",
        "No. 12",
        "B2 层 3 号立柱",
        "2026-11-24",
        "021-5555 0100",
        "B1 层岗亭收现金",
        "12345 / 12315",
        "车牌只用于查询本次停车费，离场 24 小时后清除。",
    ],
)
def test_pure_sign_shows_required_facts(fact):
    assert fact in "\n".join(pure().texts())


@pytest.mark.parametrize("city", CITIES)
def test_step_count_follows_city_rule(city):
    assert len(pure(city=city).data["steps"]) == (3 if city == City.YUNNAN else 2)


def test_lane_code_has_own_steps():
    exit_lane = pure_face(ground(), hanging(lane="东出口", direction="exit"), "HTTPS://X.CN/P/1")
    entry = pure_face(ground(), hanging(lane="东入口", direction="entry"), "HTTPS://X.CN/P/1")
    assert exit_lane.data["claim"] == sign_wording.CLAIM
    assert "核对" in exit_lane.data["steps"][0]["zh"]
    assert entry.data["headline"] == "无牌车 · 扫码入场"
    assert "不需注册" in entry.data["promise"]


def test_headline_without_dot_is_split():
    assert sign_wording.parts("浦江纯净码，直接扫码付停车费") == ("浦江纯净码，", "直接扫码付停车费")


def test_member_sign_names_collected_data():
    text = list(member().texts())
    for part in ("浦江会 会员码", "缴停车费不需要扫此码", "手机号（注册、积分）", "出口右侧立柱"):
        assert part in text
    assert not any(phrase in "\n".join(text) for phrase in ALWAYS if phrase != sign_wording.LABEL)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"address": "HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF"}, "纯净码的网址"),
        ({"address": "javascript:alert(1)"}, "网址"),
        ({"title": "停车缴费码"}, "会员"),
        ({"title": "会员纯净码"}, "纯净码的用语"),
        ({"collects": ""}, "收集哪些"),
        ({"pure_place": ""}, "纯净码在哪里"),
        ({"arrow": "back"}, "箭头"),
    ],
)
def test_member_sign_cannot_imitate_pure_sign(fields, reason):
    with pytest.raises(WrongMemberSign, match=reason):
        member(**fields)


@pytest.mark.parametrize("form", ["sticker-round", "sticker-square", "window", "pillar"])
def test_small_formats_refuse_member_sign(form):
    with pytest.raises(WrongMemberSign, match="写不下"):
        member(form)


@pytest.mark.parametrize("note", ["只有 {hours} 有含义，{x} 照印", "{", "{hours.__class__}"])
def test_other_braces_are_printed_literally(note):
    words = edited(City.SHANGHAI, {"note": note})
    face = pure_face(replace(ground(), wording=words), hanging(), "HTTPS://X.CN/P/1")
    assert face.data["note"] == note.replace("{hours}", "24")
