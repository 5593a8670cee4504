"""A fee filled into its cached frame is, byte for byte, what the template renders (presentation.frames)."""

from dataclasses import replace
from functools import partial
from itertools import product

import pytest
from django.utils import translation
from django.utils.safestring import mark_safe

from driver.answer_parts import PART, fee_part, nothing_part
from driver.fee_view import Fee
from driver.paying import HAND_OVER, narrowed
from driver.sign_page import page_context
from presentation import frames
from presentation.frames import framed
from presentation.page_data import LotFacts, SignFacts
from presentation.respond import render

PLAIN = Fee(
    plate="沪A·12345",
    colour="blue",
    typed="沪A12345",
    overseas=False,
    sign="¥",
    amount="10.00",
    covers=False,
    gives_back="",
    earlier=False,
    already_paid="",
    stay="2 小时",
    lines=[("前 2 小时", "10.00")],
    missed=[],
    price="",
    coupon_lines=[],
    coupons=[],
    offered=[],
    refused=[],
    tariff_version=3,
    token="t0k-en_",
    until="12:06",
    seconds=300,
    channels=[("wechat", "微信支付")],
)
HOSTILE = "<b>\"'&\ue0000\ue001{{ lot }}%(t)s\\1"
SHAPES = {
    "plain": {},
    "no plate": {"plate": "", "colour": "", "typed": ""},
    "overseas": {"overseas": True, "plate": "K-AB 123", "colour": ""},
    "covered": {"covers": True, "amount": "0.00", "channels": []},
    "given back": {"gives_back": "5.00", "amount": "0.00", "channels": []},
    "earlier": {"earlier": True, "already_paid": "5.00", "stay": ""},
    "coupons": {
        "price": "15.00",
        "coupon_lines": [("1 小时", "5.00")],
        "coupons": ["AB12", "CD34"],
        "refused": [("", "停车券已用过"), ("EF56", "停车券无效")],
    },
    "offered": {"offered": [("AB12CD34EF56", "AB12-CD34-EF56"), (HOSTILE, HOSTILE)]},
    "two channels": {"channels": [("wechat", "微信支付"), ("alipay", "支付宝")], "missed": ["超过免费时长"]},
    "lines without sums": {"lines": [("免费时长", ""), ("其后", "10.00")], "tariff_version": None},
    "no time left": {"seconds": 0, "channels": []},
    "hostile": {
        "plate": HOSTILE,
        "typed": HOSTILE,
        "amount": HOSTILE,
        "stay": HOSTILE,
        "lines": [(HOSTILE, HOSTILE)],
        "token": HOSTILE,
        "until": HOSTILE,
        "coupons": [HOSTILE],
        "channels": [("wechat", HOSTILE)],
        "colour": HOSTILE,
    },
    "marked safe": {"stay": mark_safe("<i>2</i>")},
    "spaces": {"stay": " 2 \n hours ", "lines": [("a\n   b", "1.00")]},
}
LOTS = [{"slug": "pujiang", "takes_coupons": False}, {"slug": "mall", "takes_coupons": True}]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("shape", SHAPES)
def test_frame_equals_the_render(shape, language):
    rendered = partial(render, PART)
    with translation.override(language):
        for lot, lane in product(LOTS, [None, True]):
            shown = {"path": "/p/ABC", "lot": lot, "fee": PLAIN._replace(**SHAPES[shape]), "lane": lane}
            for _ in range(2):  # made, and filled again
                assert framed(rendered, "fee", shown) == rendered(shown)


LOT = LotFacts(
    slug="pujiang",
    name="浦江广场",
    address="浦江路 100 号",
    zone="Asia/Shanghai",
    province="沪",
    exit_window=15,
    retention_hours=24,
    closed=False,
    legal_name="浦江公司",
    contact="",
    service_phone="021-5550 0100",
    complaint_phones="12345",
    cash_information="",
    tariff_version=None,
    tariff="",
)
CASHIERS = [
    {"url": "https://cashier.example/pay?a=1&b=2", "link": "", "blocked": False},
    {"url": "https://cashier.example/pay", "link": "", "blocked": True},
    {"url": "", "link": "http://127.0.0.1/cashier", "blocked": False},
    {"url": HOSTILE, "link": HOSTILE, "blocked": False},
]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("cashier", CASHIERS)
@pytest.mark.parametrize("name", ["浦江广场", HOSTILE])
def test_hand_over_frame_equals_the_render(cashier, name, language):
    lot = replace(LOT, name=name, cash_information=name)
    facts = SignFacts(code="ABC", number=1234, place=name, lot=lot)
    shown = {"amount": "12.00", "token": "T0KEN", "channel": "wechat", "qr": "", "bridge": "", "charge": "c"}
    with translation.override(language):
        for others in ([], [("alipay", "支付宝")]):
            context = page_context(facts, others=others, **shown, **cashier)
            for _ in range(2):
                filled = framed(partial(render, HAND_OVER), "hand over", narrowed(context))
                assert filled == render(HAND_OVER, context)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("plate", ["沪A·12345", "", HOSTILE])
@pytest.mark.parametrize("phone", ["021-5550 0100", "", HOSTILE])
def test_nothing_frame_equals_the_render(plate, phone, language):
    facts = SignFacts(code="ABC", number=1, place="B1", lot=replace(LOT, service_phone=phone))
    with translation.override(language):
        for cut_short, no_province in [(False, False), (True, False), (False, True)]:
            hints = {"plate": plate, "cut_short": cut_short, "no_province": no_province}
            for _ in range(2):
                assert nothing_part(facts, hints) == render(PART, page_context(facts, nothing=True, **hints))


def test_frame_is_filled_with_other_values():
    frames._FRAMES.clear()
    renders = []

    def counted(context):
        renders.append(context)
        return render(PART, context)

    for plate, seconds in [("沪A·12345", 300), ("沪B·00001", 7)]:
        fee = PLAIN._replace(plate=plate, seconds=seconds)
        shown = {"path": "/p/ABC", "lot": LOTS[0], "fee": fee, "lane": None}
        assert framed(counted, "fee", shown) == render(PART, shown)
    assert len(renders) == 1
    assert "12345" not in str(frames._FRAMES)


def test_store_of_frames_is_bounded(monkeypatch):
    frames._FRAMES.clear()
    monkeypatch.setattr(frames, "MOST", 3)
    for count in range(6):
        fee = PLAIN._replace(lines=[("x", "1.00")] * count)
        framed(partial(render, PART), "fee", {"path": "/p/A", "lot": LOTS[0], "fee": fee, "lane": None})
    assert len(frames._FRAMES) <= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": ["x"], "b": ""}, {"a": [], "b": "x"}),
        ({"a": True, "b": "x"}, {"a": "x", "b": True}),
        ({"a": 1}, {"a": True}),
        ({"a": 0}, {"a": False}),
        ({"a": ""}, {"a": None}),
        ({"a": [("x", "")]}, {"a": ["x", ""]}),
        ({"a": "x"}, {"a": mark_safe("x")}),
        ([mark_safe("x"), True, "z"], [True, "x", mark_safe("z")]),
    ],
)
def test_unlike_contexts_have_unlike_shapes(one, other):
    shapes: list[list[object]] = [[], []]
    for context, shape in zip((one, other), shapes, strict=True):
        frames._note(context, shape, [])
    assert shapes[0] != shapes[1]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_part_speaks_a_language_that_is_not_active(language):
    facts = SignFacts(code="ABC", number=1, place="B1", lot=LOT)
    frames._FRAMES.clear()
    filled = fee_part(facts, PLAIN, language=language)
    with translation.override(language):
        assert filled == fee_part(facts, PLAIN) == render(PART, page_context(facts, fee=PLAIN))
