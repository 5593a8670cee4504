"""What every judge needs: a finding, the context, the list of judges, screens before paying."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selfcheck.hosts import Lists
from selfcheck.sites import host_of
from selfcheck.visit import BEFORE_PAY, Screen, Visit


@dataclass(frozen=True, order=True)
class Finding:
    """One breach: the rule, what was seen, and on which phones."""

    rule: str
    what: str  # Chinese, with the evidence in it
    evidence: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Context:
    """What a judge needs besides the visit."""

    lists: Lists
    labelled: str = "pure"  # what the sign calls the code: pure, member, or nothing

    def whose(self, url: str, kind: str = "") -> str:
        owner = self.lists.owner(host_of(url)) or self.lists.blocked(url, kind)
        if not owner:
            return "（名单外）"
        return f"（{owner.name}，{owner.category}，名单规则 {owner.rule}，{owner.source}）"


type Breaches = Iterator[tuple[str, str, str]]
type Judge = Callable[[Visit, Context], Breaches]


class Judges(list[Judge]):
    """The judges of one subject: a decorator that adds a function to them."""

    def __call__(self, function: Judge) -> Judge:
        self.append(function)
        return function


def before_pay(visit: Visit) -> list[Screen]:
    """Return the screens that a driver may see before paying; those of minutes later at the end."""
    return [*(screen for screen in visit.screens if screen.phase in BEFORE_PAY), *visit.later]


def moment(screen: Screen) -> str:
    return MOMENTS.get(screen.moment, "")


MOMENTS = {
    "opened": "打开时", "waited": "停留后", "led on": "按下一步后", "touched": "首次触摸后", "scrolled": "滚动后", "field touched": "点车牌框后",
    "fee read": "看费用时", "cancelled": "取消支付后", "touched again": "再次触摸后", "left": "离开页面时",
    "returned": "回到页面时", "turned": "横屏时", "variant": "换语言或字号后", "offline": "断网时", "online": "网络恢复时", "typed": "输入后", "fee": "查费后", "looked up again": "改车牌再查后", "pay": "点支付后", "following": "打开收银台后", "second visit": "再次打开时", "keyboard": "键盘上", "later": "停留几分钟后",
}  # fmt: skip
