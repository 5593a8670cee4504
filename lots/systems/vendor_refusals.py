"""What the words of a vendor's refusal mean, where it has no code for it: read here, and dropped."""

import re
from collections.abc import Mapping
from typing import Any

from lots.systems.answer_reading import CallFault
from lots.systems.parking_system import SessionGone

SAYS_PAID = re.compile(
    r"已(完成)?(支付|付款|付费|付清|缴费|缴纳|缴清|结清|结算|销账|同步)|重复"
    r"|\balready (been )?(paid|settled|processed)\b|\bduplicate\b|\b(is|was|been) paid\b",
    re.IGNORECASE,
)
_THING = "(车辆|车牌|该车|此车|订单|账单|在场|入场|进场|停车记录|入场记录)"
SAYS_NO_CAR = re.compile(  # the car or its bill, and not a permission, a lot or a device
    rf"(未(能)?(查询|查找|查|找|检索|获取)到|没(有)?(查询|查找|查|找)到|查无|查不到|找不到|没有|无)(此|该|相关|任何)?{_THING}"
    rf"|{_THING}(信息|记录|号)?(不存在|不在|未入场|未进场|未找到|未查到|未查询到)"
    r"|\bno (such |matching )?(car|vehicle|bill|order|parking record)\b"
    r"|\b(car|vehicle|plate|bill|order|parking record) (is |was )?(not found|not inside|does not exist)",
    re.IGNORECASE,
)


def words_of(answer: Mapping[str, Any], *names: str) -> str:
    """Return what an answer says in words; nothing of what is no text. They are read here and dropped."""
    words = (answer.get(name) for name in names)
    return " ".join(each[:200] for each in words if isinstance(each, str))


def says_paid(text: str) -> bool:
    """Return whether a refusal says that the bill is paid already. By whom, no vendor says."""
    return SAYS_PAID.search(text) is not None


def says_no_car(text: str) -> bool:
    """Return whether a refusal says that the car is not inside, where the vendor has no code for that."""
    return SAYS_NO_CAR.search(text) is not None


def refusal(text: str, code: str) -> CallFault:
    """Return the fault of a refused payment, whose text may tell more than its code."""
    return CallFault("paid_already" if says_paid(text) else code)


def gone_unless_paid(text: str) -> SessionGone:
    """Return that the stay is over. Raises `CallFault` where the same answer says that it is paid."""
    if says_paid(text):
        raise CallFault("paid_already")
    return SessionGone()
