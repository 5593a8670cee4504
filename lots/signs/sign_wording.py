"""What a sign says. Pure: presets for each city's rule, and what no operator may leave out.

The rules ask for a code that goes straight to the payment and says so prominently (上海 2023-08, copied by
the others), and each city adds its own words: 北京 that the code is no member code, 深圳 the 「三个一」,
重庆 the name 「纯净停车缴费」 with a number for reports, 云南 the three steps. Where a city's own sample
line claims that nothing at all is collected, we do not print it: the plate is collected, and a sign that
denies it would be wrong.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from lots.signs.print_errors import WordingFault
from lots.signs.sign_messages import message as _


class City(StrEnum):
    """Whose rule a sign follows."""

    GENERAL = "general"
    SHANGHAI = "shanghai"
    BEIJING = "beijing"
    SHENZHEN = "shenzhen"
    CHONGQING = "chongqing"
    YUNNAN = "yunnan"


BY_PROVINCE = {"沪": City.SHANGHAI, "京": City.BEIJING, "渝": City.CHONGQING, "云": City.YUNNAN}


@dataclass(frozen=True)
class SignStep:
    """One picture of what the driver does. `pictures` name drawings of the template."""

    pictures: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Wording:
    """The words that an operator may edit, in both languages. `{hours}` becomes the lot's retention."""

    headline: str
    headline_en: str
    promise: str
    promise_en: str
    note: str
    note_en: str

    @property
    def chinese(self) -> str:
        return "\n".join((self.headline, self.promise, self.note))


LABEL = "纯净码"
CLAIM = "直接扫码付停车费"
PROMISES = ("不需关注", "不需注册", "只用车牌")
ALWAYS = (LABEL, CLAIM, *PROMISES)
ALSO = {
    City.GENERAL: (),
    City.SHANGHAI: (),
    City.BEIJING: ("不是会员码", "只用于缴纳停车费"),
    City.SHENZHEN: ("扫一次码", "输一次车牌", "缴一次费"),
    City.CHONGQING: ("纯净停车缴费", "举报电话"),
    City.YUNNAN: ("三步离场", "扫码", "输入车牌", "缴费"),
}
LONGEST = {"headline": 18, "headline_en": 60, "promise": 24, "promise_en": 70, "note": 60, "note_en": 150}

# Words that lure towards giving data have no place beside a code that promises to need none.
BARRED = (
    *("公众号", "注册会员", "加入会员", "积分", "领券", "优惠券", "抽奖", "红包", "不收集任何"),
    *("http", "weixin.qq.com", "alipay.com"),  # nor has an address other than its own
)

_BASE = Wording(
    headline="纯净码 · 直接扫码付停车费",
    headline_en="Scan to pay for parking. Nothing else.",
    promise="不需关注、不需注册、只用车牌",
    promise_en="No follow, no sign-up. Just your plate.",
    note="车牌只用于查询本次停车费，离场 {hours} 小时后清除。",
    note_en="Your plate only finds this fee; erased {hours} h after you leave.",
)
PRESETS = {
    City.GENERAL: _BASE,
    City.SHANGHAI: _BASE,
    City.BEIJING: replace(
        _BASE,
        note="本码只用于缴纳停车费，不是会员码。车牌只用于查询本次停车费，离场 {hours} 小时后清除。",
        note_en="Parking fees only, no member code. Your plate is erased {hours} h after you leave.",
    ),
    City.SHENZHEN: replace(
        _BASE,
        note="三个一：扫一次码、输一次车牌、缴一次费。车牌离场 {hours} 小时后清除。",
        note_en="One scan, one plate, one payment. Your plate is erased {hours} h after you leave.",
    ),
    City.CHONGQING: replace(
        _BASE,
        note="纯净停车缴费，车牌离场 {hours} 小时后清除。发现违规收集个人信息，请拨打举报电话。",
        note_en="Your plate is erased {hours} h after you leave. To report misuse, call the number shown.",
    ),
    City.YUNNAN: replace(
        _BASE,
        note="三步离场：扫码、输入车牌、缴费。车牌离场 {hours} 小时后清除。",
        note_en="Three steps: scan, plate, pay. Your plate is erased {hours} h after you leave.",
    ),
}

TWO_STEPS = (
    SignStep(("scan", "plate"), "扫码，输入车牌", "Scan, enter your plate"),
    SignStep(("pay", "leave"), "付费，直接离场", "Pay and drive off"),
)
THREE_STEPS = (
    SignStep(("scan",), "扫码", "Scan"),
    SignStep(("plate",), "输入车牌", "Enter your plate"),
    SignStep(("pay",), "缴费离场", "Pay and leave"),
)
EXIT_STEPS = (
    SignStep(("scan", "check"), "扫码，核对车牌和金额", "Scan, check the fee"),
    SignStep(("pay", "leave"), "付费，道闸抬杆", "Pay, the barrier opens"),
)
ENTRY_STEPS = (
    SignStep(("scan", "ticket"), "扫码，领入场凭证", "Scan for your ticket"),
    SignStep(("leave",), "入场，离场凭证付费", "Drive in, pay on leaving"),
)
ENTRY = Wording(
    headline="无牌车 · 扫码入场",
    headline_en="No plate? Scan to enter.",
    promise="不需关注、不需注册、不需手机号",
    promise_en="No follow, no sign-up, no phone number.",
    note="有牌车辆由相机识别，不用扫码。凭证只在您的手机上，离场时用它付费。",
    note_en="Cars with a plate are read by the camera. Keep the ticket on your phone to pay when you leave.",
)


def steps(city: City) -> tuple[SignStep, ...]:
    return THREE_STEPS if city == City.YUNNAN else TWO_STEPS


def required(city: City) -> tuple[str, ...]:
    """Return the phrases that must stand on a pure sign under this city's rule."""
    return ALWAYS + ALSO[city]


def edited(city: City, changes: Mapping[str, str]) -> Wording:
    """Return the preset with an operator's words in it; empty ones change nothing. Raises `WordingFault`."""
    given = {name: text.strip() for name, text in changes.items() if text.strip()}
    if unknown := sorted(set(given) - set(LONGEST)):
        raise WordingFault([_("There is no such field: %(name)s", name=name) for name in unknown])
    wording = replace(PRESETS[city], **given)
    if found := faults(wording, city):
        raise WordingFault(found)
    return wording


def faults(wording: Wording, city: City) -> list[str]:
    """Return what is wrong: a required phrase that is missing, or words that do not fit."""
    found = [
        _("Required wording is missing: %(phrase)s", phrase=phrase)
        for phrase in required(city)
        if phrase not in wording.chinese
    ]
    if CLAIM in wording.chinese and CLAIM not in wording.headline:
        found.append(_("%(phrase)s must be in the headline", phrase=CLAIM))
    text = " ".join(asdict(wording).values()).lower()
    found += [_("A PureCode sign must not say %(word)s", word=word) for word in BARRED if word in text]
    found += [
        _("Longer than %(longest)s characters: %(text)s", longest=LONGEST[name], text=text)
        for name, text in asdict(wording).items()
        if len(text) > LONGEST[name]
    ]
    return found


def parts(headline: str) -> tuple[str, str]:
    """Return a headline as its label and its claim, which stands in a line of its own."""
    label, mark, rest = headline.partition(CLAIM)
    if mark:
        return label.strip(" ·"), mark + rest
    label, _, rest = headline.partition(" · ")
    return (label, rest) if rest else ("", label)
