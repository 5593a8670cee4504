"""Sentences that press a driver with a surcharge or a penalty. Whether they are true, only a person can tell."""

import re

from selfcheck.clause_wording import clauses, denied
from selfcheck.plain_chinese import simplified

# What a parking fee has no power over, or what the page cannot know.
_PENALTY = re.compile(
    r"(?<!不)(?:报送|上报|计入|列入|纳入|影响|拉入|进入|录入).{0,8}(?:征信|信用(?!卡)|失信|黑名单)|失信(?:人|名单|记录|被执行)|信用(?:污点|受损|降级|扣分)"
    r"|(?<!不)(?:限制|禁止|影响).{0,6}(?:高铁|动车|飞机|乘坐|出行|消费|贷款|年检|过户)|(?:将|会|立即|即刻)(?:被)?(?:锁车|拖车|拖离|起诉|报警|处罚|罚款)"
    r"|credit (?:record|score|bureau)|blacklist|(?:will be |be )(?:towed|clamped|fined|sued|reported)",
    re.IGNORECASE,
)
# More to pay after a while, by a sum or a factor that is none of the tariff.
_DEARER_SOON = re.compile(
    r"(?:倒计时|倒数|最后|仅[剩限]|还剩|(?:\d+|[一二两三五十]+)\s*(?:分钟|秒)|\d\d:\d\d|逾期|过期|超时|晚(?:付|缴|交|了)|手慢|过时|到点|不(?:付|缴|交)).{0,16}"
    r"(?:[加多]收|多[付缴交]|[涨加]价|翻[倍番]|(?:\d+|[二两三五十])\s*倍|滞纳金|违约金|恢复\s*(?:原价|[¥￥\d])|优惠失效)"
    r"|(?:优惠|折扣|立减|特价)[^，,。；\n]{0,8}(?:[仅还]剩|最后|即将(?:失效|结束|过期))"
    r"|(?:优惠|折扣|立减|特价)[^，,。；\n券]{0,8}\d+\s*(?:分钟|秒)后?(?:失效|过期|结束|取消)"
    r"|\d+\s*(?:分钟|秒)内(?:支付|缴费|付款|缴清)[^，,。；\n]{0,6}(?:[享打立]|优惠|[\d.]+\s*折)"
    r"|(?:minutes?|seconds?|overdue|late).{0,24}(?:surcharge|extra|double|triple|penalty|times the)",
    re.IGNORECASE,
)
# What a tariff says: another unit begins, or the time to leave is over.
_OF_TARIFF = re.compile(
    r"离场|驶离|驶出|出场|离开|停放|停车超|每|/\s*(?:小时|次|天)|计费|标准|小时|首|封顶|占用|违停|消防|leave|exit|per |hour",
    re.IGNORECASE,
)


def threatened(text: str) -> str:
    """Return the sentence that presses to pay by a threat; empty: none does."""
    for clause in clauses(simplified(text)):
        soon = _DEARER_SOON.search(clause) and not _OF_TARIFF.search(clause)
        if (soon or _PENALTY.search(clause)) and not denied(clause):
            return " ".join(clause.split())[:60]
    return ""
