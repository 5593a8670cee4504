"""What lies over the page, and what comes between the pay button and the cashier."""

import re
from collections import Counter
from collections.abc import Collection

from selfcheck.cashiers import cashier_at, may_be_cashier
from selfcheck.clause_wording import ELSEWHERE, clauses, denied, matches
from selfcheck.offer_wording import AD_WORDS, advertised
from selfcheck.page_controls import explained
from selfcheck.page_wording import AMOUNT, GO_ON, WAITING, is_pay, speaks_of_parking
from selfcheck.plain_chinese import simplified
from selfcheck.prompt_wording import LURE, prompt_of_control, prompts_in, prompts_on_poster
from selfcheck.qr_codes import Code
from selfcheck.sites import is_public
from selfcheck.visit import Field, Overlay, Screen

_SELLS = re.compile(r"开通|加购|办卡|套餐|券包|红包|抽奖|保险|免单|立减|福利")


# Money for later, instead of the fee.
_TOPS_UP = re.compile(r"充值|储值(?!卡)|预存|预充|预付卡|购卡|top.?up|stored value", re.IGNORECASE)


def tops_up(text: str) -> bool:
    """Return whether a label asks for money that is to be used later."""
    return bool(_TOPS_UP.search(simplified(text)))


def signs_in(drawn: str) -> int:
    """Return how many single signs were drawn on a canvas: a keyboard has many."""
    return len({word for word in drawn.split() if len(word) == 1})


def overlay_kind(overlay: Overlay) -> str:
    """Return what lies over the page: keyboard, waiting, fee, prompt, ad, trap, other."""
    text = simplified(overlay.text)
    if overlay.keys >= 9:
        return "keyboard"
    words = [word for word in overlay.controls if word.strip()]
    if WAITING.search(text) and not [w for w in words if not GO_ON.search(w)] and len(text) < 40:
        return "waiting"
    if overlay.trap:
        return "trap"
    if not text and not words:
        return "other" if overlay.pictures else "waiting"
    if (
        prompts_in(text)
        or matches(_SELLS, text)
        or any(prompt_of_control(word) or LURE.search(word) for word in words)
    ):
        return "prompt"
    if AD_WORDS.search(text):
        return "ad"
    if any(is_pay(word) for word in words) and AMOUNT.search(text):
        return "fee"
    return "other"


def pushes(text: str) -> bool:
    """Return whether the words of a dialog or window push or sell something, whatever else they speak of."""
    return overlay_kind(Overlay(text, 100, 0, modal=True)) in {"prompt", "ad"}


def strange(text: str) -> bool:
    """Return whether a system dialog asks for something besides paying."""
    return pushes(text) or not (explained(text) or STATE.search(text))


def answers(text: str) -> bool:
    """Return whether a system dialog answers what was typed or pressed, and asks for nothing else."""
    return not pushes(text) and (not strange(text) or speaks_of_parking(text))


# Whether the plate is right, or the fee is to be paid; nothing is given up or begun again by a yes.
_GOES_ON = re.compile(
    r"^(?!.*(?:取消|退出|放弃|重新|删除|返回|不正确|有误|错误|失败))(?=.*(?:核对|确认|正确|无误|对吗|是否|吗|[?？]))"
    r"(?=.*(?:车牌|号牌|〈plate〉|查询|查费|支付|缴费|付款|金额))|\bplate\b.{0,30}(?:correct|right)|\b(?:pay|look up)\b.{0,30}\?",
    re.IGNORECASE | re.DOTALL,
)


def goes_on(text: str) -> bool:
    """Return whether a system dialog only asks what a driver says yes to: is the plate right, pay the fee."""
    return bool(_GOES_ON.search(simplified(text))) and answers(text)


def interceptions(screen: Screen, before: Screen | None = None, covers: Collection[str] = frozenset()) -> str:
    """Return what stands between the pay button and the cashier, or nothing.

    A lure is a button or link that was not there before pay was pressed; `covers` lay over the page before.
    """
    known = {control.text for control in before.controls} if before else set()
    for control in screen.controls if before else ():
        text = simplified(control.text)
        new = control.text not in known and not denied(text)
        if new and (LURE.search(text) or prompt_of_control(text) or (tops_up(text) and not is_pay(text))):
            return text[:60]
        away = control.third and not (may_be_cashier(control.href) or is_public(control.href))
        if away and control.text not in known:
            return f"{text[:60]} → {control.href}".strip()
    for overlay in screen.overlays:
        kind = overlay_kind(overlay)
        unexplained = kind == "other" and not explained(overlay.text)
        unexplained = unexplained and not _repeats_the_fee(overlay.text, before)
        if (kind in {"prompt", "ad"} or unexplained) and overlay.text not in covers:
            return overlay.text[:60]
    for picture in screen.pictures:
        if cashier_at(picture.code):
            continue  # the cashier itself, for another phone to scan
        if (
            found := next(iter(prompts_on_poster(picture.text or picture.alt)), "")
            or Code(picture.code, 0, 0).foreign
        ):
            return f"图片：{found}"
    # What stood beside the fee already is judged there.
    prompts = prompts_in("\n".join(_new_lines(screen, before, covers)))
    return next(iter(prompts.values()), "") or _off_the_way(screen, before, covers)


def pushed(screen: Screen, known: Collection[str]) -> str:
    """Return what a box that lay over the way to the cashier pushed or sold, or nothing."""
    for overlay in screen.overlays:
        if overlay_kind(overlay) in {"prompt", "ad"} and overlay.text not in known:
            return overlay.text[:60]
    return ""


def _repeats_the_fee(text: str, before: Screen | None) -> bool:
    """Return whether a box asks to pay the amounts that were shown before, and no others: to whom, and how much."""
    amounts = _amounts(text)
    return before is not None and bool(amounts) and on_the_way(text) and amounts <= _amounts(before.text)


def repeats_the_fee(sheet: Screen, fee: Screen) -> bool:
    """Return whether a screen is that of the fee with a box that asks to pay the same, and for nothing else.

    The box may ask through which channel. What replaces the page, or has something else to fill in or to choose, is a
    step of its own.
    """
    known = fee.text.splitlines()
    shown = sheet.text.splitlines()
    stays = sheet.url == fee.url and sum(line in shown for line in known) >= _STAYS * len(known)
    filled = [
        [row for row in screen.fields if row.visible and not is_channel(row, screen)]
        for screen in (sheet, fee)
    ]
    new = "\n".join((Counter(shown) - Counter(known)).elements())  # the amount stands there twice now
    harmless = overlay_kind(Overlay(new, 100, 0)) not in {"prompt", "ad"} and not advertised(new)
    same = _repeats_the_fee(new, fee) or _offers_channels(new, fee)
    return stays and len(filled[0]) <= len(filled[1]) and harmless and same


_CHANNEL = re.compile(
    r"微信|支付宝|云闪付|银联|数字人民币|数币|银行卡|wechat|alipay|unionpay|e-?cny", re.IGNORECASE
)


def names_channels(text: str) -> bool:
    """Return whether a text names channels of payment, and little else."""
    rest = _CHANNEL.sub(" ", simplified(text))
    return rest != simplified(text) and explained(rest)


def is_channel(row: Field, screen: Screen) -> bool:
    """Return whether a choice is one of channels of payment: it names one, and so does another of its group."""
    if row.type not in {"radio", "choice"}:
        return False
    group = [one for one in screen.fields if one.type == row.type and one.name == row.name]
    others = any(names_channels(one.label) for one in group if one is not row)
    return names_channels(row.label) or (others and bool(_CHANNEL.search(simplified(row.label))))


def _offers_channels(text: str, fee: Screen) -> bool:
    """Return whether a box only asks through which channel the fee is to be paid.

    A line that names a channel tells of the channel.
    """
    lines = simplified(text).splitlines()
    rest = "\n".join(line for line in lines if not _CHANNEL.search(line))
    return len(rest) < len(simplified(text)) and explained(rest) and _amounts(text) <= _amounts(fee.text)


_STAYS = 0.8  # of the lines of a page: behind a sheet they can still be read


def _amounts(text: str) -> set[float]:
    found = (re.search(r"\d+(?:\.\d+)?", amount) for amount in AMOUNT.findall(text))
    return {float(number.group()) for number in found if number}


# What a page between the pay button and the cashier may speak of.
_ON_THE_WAY = re.compile(
    r"支付|付款|缴|收银|打开|跳转|正在|稍[候后等]|核对|确认|金额|[¥￥]|\d\s*元|订单|失败|错误|重试|超时|繁忙|网络|服务|pay|order|wait|open|error|retry",
    re.IGNORECASE,
)


def on_the_way(text: str) -> bool:
    return bool(_ON_THE_WAY.search(simplified(text)))


def _off_the_way(screen: Screen, before: Screen | None, covers: Collection[str]) -> str:
    """Return what is offered instead of the way to the cashier, or nothing."""
    new = shown_instead(screen, before, covers)
    offers = (clause for clause in clauses(new) if not (ELSEWHERE.search(clause) or _RECEIPT.search(clause)))
    lure = any(map(LURE.search, offers))
    return new[:60] if lure and not denied(new) else advertised(new)


_RECEIPT = re.compile(r"票据|发票|收据|凭证|小票|回单")  # is fetched, and wins nobody over


def shown_instead(screen: Screen, before: Screen | None, covers: Collection[str] = ()) -> str:
    """Return the lines that the page did not show before pay was pressed; empty: hardly any."""
    new = " ".join(_new_lines(screen, before, covers))
    return new if before and len(new) >= 4 else ""


def _new_lines(screen: Screen, before: Screen | None, covers: Collection[str]) -> list[str]:
    known = set(simplified(before.text).splitlines()) if before else set()
    covered = simplified("\n".join(covers))  # a cover may come back late, when pay was pressed already
    lines = simplified(screen.text).splitlines()
    return [line for line in lines if line.strip() and line not in known and line.strip() not in covered]


# What a page may say by itself about its own state.
STATE = re.compile(
    r"网络|连接|断开|离线|刷新|过期|超时|失效|失败|取消|未支付|未完成|重新|重试|频繁|横屏|竖屏|旋转|network|offline|refresh|expired|rotate|cancel|try again",
    re.IGNORECASE,
)
