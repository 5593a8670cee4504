"""What the words on a page mean: a button to pay, a price, a payee, a notice."""

import re
from collections.abc import Iterable

from selfcheck.clause_wording import COMMA, clauses, denied
from selfcheck.plain_chinese import simplified
from selfcheck.visit import Screen

PAY = re.compile(
    r"支付|[缴付交](?:费|款|钱|纳|清|\s*(?:HK|NT|US|MOP)?[¥￥$]?\s*\d)|去[付缴]|立即[付缴]|结算|买单|(?:提交|确认)订单|(?<!\w)pay(?!ee|ment m|ment is)",
    re.IGNORECASE,
)

_NOT_PAY = re.compile(
    r"方式|说明|记录|查询|协议|须知|已支付|支付成功|结果|提示|无感|代扣|我已|标准|规则|指南|帮助|问题|have paid|paid:",
    re.IGNORECASE,
)

LOOK_UP = re.compile(
    r"查|下一步|确定|确认|提交|立即|开始|完成|搜索|find|search|look up|next|continue|submit",
    re.IGNORECASE,
)

DUE = re.compile(r"[应待需][付缴交]|停车费\s*[:：]?\s*[¥￥]?\s*\d|amount due", re.IGNORECASE)

# A car that the page knows: its plate, partly hidden, or how long it has stood.
_OF_A_CAR = re.compile(
    r"[\u4e00-\u9fff][A-Z][·\s]?[A-Z0-9]{0,4}[*＊•●]{2,}[A-Z0-9]{0,4}"
    r"|(?:停放|已停|停车)(?:时[长间])?\s*[:：]?\s*(?:\d+\s*(?:天|小时|时|分钟?)\s*)+(?![内以之免封\d])"
)
_AMOUNT_ALONE = re.compile(r"^\s*(?:[¥￥]\s*\d+(?:\.\d+)?|\d+(?:\.\d+)?\s*元)\s*$", re.MULTILINE)


def owes(text: str) -> bool:
    """Return whether a text in simplified characters shows what a car owes: in words, or its stay and an amount."""
    return bool(DUE.search(text) or (_OF_A_CAR.search(text) and _AMOUNT_ALONE.search(text)))


LEADS_ON = re.compile(
    r"进入|继续|我要|临停|临时停车|停车缴费|自助缴费|知道了|(?<!不)同意|^允许$|^接受$|start|enter|go on",
    re.IGNORECASE,
)

# What a button shows that explains: it looks no plate up, although it is called 查看.
EXPLAINS = re.compile(
    r"价目|标准|说明|规则|须知|公示|指南|帮助|协议|地图|常见|怎么|rates|tariff|help|terms", re.IGNORECASE
)

GO_ON = re.compile(
    r"继续|下一步|确认|确定|同意|跳过|知道了|立即|关闭|不了|暂不|×|✕|continue|next|confirm|agree|skip|close|ok",
    re.IGNORECASE,
)

# What leads back, aside or to a person, and never on to the cashier.
NO_WAY_ON = re.compile(
    r"返回|重新|重查|重输|再查|更换|换一|取消|关闭|上一|首页|知道|发票|小票|凭证|说明|明细|详情|规则|帮助|问题|客服|电话|呼叫|求助|对讲|投诉|申诉|隐私|删除|清除|撤|抬杆|开闸|back|cancel|close|help|call|invoice|receipt|detail|privacy",
    re.IGNORECASE,
)

WAITING = re.compile(
    r"查询中|加载中|请稍[候后等]|处理中|第\s*\d+\s*次(?:自动)?(?:重[试新连]|尝试)|(?:正在|自动).{0,4}重[试新连]|重试中|retrying|正在(?:查询|加载|获取|提交)|正在.{0,8}(?:查询|获取|连接|核对|核算|计算|查找|同步|算[费钱账])|请?(?:别|勿|不要)关闭?(?:页面|本页)|loading|please wait",
    re.IGNORECASE,
)

AMOUNT = re.compile(r"[¥￥$]\s*\d+(?:\.\d+)?|\d+(?:\.\d+)?\s*[元圆圓]|(?:CNY|RMB)\s*\d+", re.IGNORECASE)

PRICE_RULE = re.compile(
    r"(?:[¥￥$]\s*\d[\d.]*|\d[\d.]*\s*元|[¥￥$]?\d[\d.]*)\s*(?:/|每|一|per |a |an |for each )\s*(?:\d*\s*)?(?:小时|时(?![间段长])|分钟|半小时|次|天|日|hour|minute|h\b|day|stay)"
    r"|(?:每|per |each )\s*\d*\s*(?:小时|分钟|半小时|次|天|日|hour|minute|h\b).{0,14}(?:[¥￥$]|\d+\s*元|元|yuan)"
    r"|(?:小时|分钟|次)\s*[¥￥]?\s*\d[\d.]*\s*元?"
    r"|收费标准|收费规则|计费规则|计费标准|收费公示|价目|免费停放|price board|tariff|rates?:",
    re.IGNORECASE,
)

PAYEE = re.compile(
    r"收款(?:方|单位|商户|人|账户|机构|主体)?\s*[:：是为]|收款方|收款单位|收款商户|收款人|商户名称|运营方|经营者|经营单位|运营单位|管理单位|收费(?:单位|主体|方|人)|执收单位|payee|operator|有限公司",
    re.IGNORECASE,
)

PHONE = re.compile(
    r"(?<!\d)(?:[48]00[- ]?\d{3}[- ]?\d{4}|0800[- ]?\d{3}[- ]?\d{3}|400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]?\d{4}[- ]?\d{3,4}|1[3-9]\d{9}|12[13]\d\d|9[56]\d{3,4}|[2359]\d{3}[- ]\d{4}|\(?0\d{2,3}\)?[- ]?\d{3,4}[- ]?\d{4})(?!\d)"
)

TELLS_OF_PLATE = re.compile(
    r"(?:车牌|号牌)[^。\n]{0,60}(?:删除|清除|销毁|保存|留存)|your plate|\bplate\b[^\n]{0,100}(?:delet|eras|destroy|\bkept\b|\bstored\b)"
    r"|\d+\s*(?:天|日|个?月|小时)[^。\n]{0,6}(?:删除|清除|销毁)[^。\n]{0,6}(?:车牌|号牌)",
    re.IGNORECASE,
)

# A notice by its name: one line on the plate is none.
NOTICE = re.compile(
    r"隐私|私隐|个人信息|个人资料|个资|(?:信息|数据|资料|车牌)的?(?:使用|处理|保护|保存)(?:说明|告知|规则|政策|须知|声明|方式)"
    r"|(?:如何|怎样|怎么)(?:使用|处理|保护|保存).{0,6}(?:车牌|号牌|信息|数据)"
    r"|privacy|personal information|your data",
    re.IGNORECASE,
)

# What a driver may ask for: beside what becomes of the plate, that is a notice, whatever stands above it.
RIGHTS = re.compile(
    r"(?:有权|可以?(?:随时)?要求|您可以?).{0,16}(?:查[询阅]|更正|删除)|right to (?:access|correct|delet)"
    r"|(?:查[询阅]|复制|更正)(?:[、，,和及或]\s*(?:查[询阅]|复制|更正|更改|撤回))*[、，,和及或]\s*删除|access, correct\w*(?:,| and) delet",
    re.IGNORECASE,
)

# Who answers for what becomes of the plate: beside purpose and time, that too makes a notice.
HANDLER = re.compile(
    r"(?:处理|控制|负责|保管)[者方人](?:名称)?\s*(?:为|是|[:：])|由[^，,。；;\n]{2,30}(?:公司|集团|中心|物业|政府|[部科处站店场社会所院馆校局委道])[^，,。；;\n]{0,6}(?:处理|保管|保存|负责)"
    r"|\bcontroller\b|(?:handled|processed|kept|held|stored) by [^.\n]{3,40}|responsible for (?:it|them|your data|the data)",
    re.IGNORECASE,
)

NOT_FOUND = re.compile(
    r"未查到|没有查到|查不到|未找到|找不到|无(?:停车|入场|缴费|在场|此车)|没有(?:停车|入场|在场|需要|应缴|待缴)|未入场|不在场|无需|不存在|not found|no (?:record|fee|car|parking)|nothing",
    re.IGNORECASE,
)

_PAID = re.compile(
    r"(?:支付|付款|缴费|缴纳|缴款)\s*(?:已经?)?(?:成功|完成)(?!后)|已(?:经)?(?:支付|付款|缴费|缴清|付清|付(?!费))|payment (?:was )?(?:successful|completed?|received)|\bpaid\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"如|若|是否|吗|等待|正在|确认中|可能|尚|还?没|未|if |whether|not |yet|waiting|pending", re.IGNORECASE
)


def says_paid(text: str) -> bool:
    """Return whether a page says, unconditionally, that the fee was paid."""
    return any(_says_paid(clause) for clause in clauses(simplified(text)))


def _says_paid(clause: str) -> bool:
    """Return whether a clause says so; what follows after a comma, as 正在抬杆, does not make it doubtful."""
    found = _PAID.search(clause)
    if not found:
        return False
    return not _NOT_YET.search(clause[: found.end()] + COMMA.split(clause[found.end() :])[0])


MEMBER_PAGE = re.compile(
    r"会员(?:登录|中心|注册|缴费|停车|专享|码|专区)|加入会员|member (?:login|centre|center|sign)",
    re.IGNORECASE,
)

SAYS_NO_COOKIE = re.compile(
    r"(?:不|没有|未)[^。\n]{0,6}(?:使用|设置|写入|存储)?[^。\n]{0,4}cookie|no cookies?", re.IGNORECASE
)

SAYS_NO_OTHERS = re.compile(
    r"(?:不|未)(?:向|会)?[^。\n]{0,8}(?:任何)?第三方|无第三方|不共享|nobody else receives|no third part",
    re.IGNORECASE,
)

SAYS_NOTHING_STORED = re.compile(
    r"不(?:会)?(?:收集|采集|存储|保存)(?:您的)?任何(?:个人)?信息|collect no|no personal information",
    re.IGNORECASE,
)

NOTICE_PARTS = {
    "purpose": re.compile(r"查询|缴费|计算|费用|用于|用来|停车费|only to|used|fee", re.IGNORECASE),
    "retention": re.compile(r"(?:\d+|[一二两三四五六七八九十百]+)\s*(?:小时|天|日|个?月|h\b|hours?|days?)|保存期限|清除|删除|erase|delete", re.IGNORECASE),
    "contact": re.compile(r"联[系络]|电话|邮箱|@|contact|phone|\d{7,}|\d{3,4}[- ]\d{3,4}[- ]?\d{3,4}", re.IGNORECASE),
}  # fmt: skip

# What a notice still has of the template it was made from. A bracket at the start of a line may be a heading.
UNFILLED = re.compile(
    r"(?<=[^\n])[【\[{]\s*(?:公司|单位|企业|运营方|商户|产品|平台)?的?(?:全称|名称|简称|联系电话|电话|联系方式|电子邮箱|邮箱|联系地址|地址|日期|期限)\s*[】\]}](?!\s*[:：]?\s*[\d（(+])"
    r"|(?<![A-Za-z0-9])[XＸ×x]{2,}\s*个?(?:工作日|自然日|日|天|月|年|小时|有限|公司)|20[XＸ×x]{2}\s*年|某某(?:公司|单位|停车)|(?:邮箱|电话|名称|地址|公司)[^\n]{0,4}_{3,}"
)

_FOR_EVER = re.compile(r"(?:长期|永久|永远|无限期|一直)地?(?:予以)?(?:保存|保留|存储|留存|存档)")
_ACCOUNTS = re.compile(r"账[簿目册]|会计|票据|凭证|发票|法律|法规|规定")  # which the law wants kept


def kept_for_ever(notice: str) -> str:
    """Return the clause by which a notice sets no end to keeping the data, or nothing."""
    for clause in clauses(notice):
        if _FOR_EVER.search(clause) and not (denied(clause) or _ACCOUNTS.search(clause)):
            return " ".join(clause.split())[:60]
    return ""


MAINTENANCE = re.compile(
    r"维护|[检抢]修|升级中|正在升级|(?:缴费|付费|支付|服务|系统)(?:已经?)?(?:暂停|停止|关闭)|暂停(?:服务|使用|缴费|付费|收费)|停[用机](?!动)|暂(?:时)?(?:不能|无法|不可)|暂不可用|(?:系统|网络|服务器?)(?:出现|发生)?故障|系统繁忙|稍后再试|maintenance|out of (?:service|order)|unavailable|try again later",
    re.IGNORECASE,
)

PLATE = re.compile(r"车牌|号牌|plate", re.IGNORECASE)

# What opens the page's own keyboard: it speaks of the plate, and of nothing that is done with one.
ASKS_PLATE = re.compile(
    r"^(?!.*(?:查|绑|无牌|没有|忘|帮助|找回|颜色|历史|更换|添加|删除)).*(?:车牌|号牌|车号|牌照|plate)",
    re.IGNORECASE,
)


# A key that takes the last sign away.
DELETES = re.compile(r"^\W*(?:(?:删除|退格|⌫|←|del(?:ete)?)\W*)+$", re.IGNORECASE)

# What turns a keyboard to the keys that it does not show.
OTHER_KEYS = re.compile(
    r"^\W*(?:(?:其[他它]|更多|全部|换成?|切换?到?|转到?)的?)?(?:(?:省[份市]?|字母|数字|ABC|123|letters|digits|numbers)[\W和与或]*)+$",
    re.IGNORECASE,
)

# What changes from a keyboard that the page draws to that of the phone.
OTHER_KEYBOARD = re.compile(
    r"(?:系统|自带|手机|普通|默认|其[他它]|切换).{0,4}(?:键盘|输入法?)|手[动工]?(?:输入|填写|录入)|(?:改用|换成|切换).{0,2}文字|(?:phone|system|own|another) keyboard",
    re.IGNORECASE,
)


def is_pay(text: str) -> bool:
    plain = simplified(text)
    return bool(PAY.search(plain)) and not _NOT_PAY.search(plain) and len(plain) <= 30


def speaks_of_parking(text: str) -> bool:
    return bool(_PARKING_TALK.search(simplified(text)))


_PARKING_TALK = re.compile(
    r"车牌|号牌|停车|缴|费用|应付|待付|待支付|金额|查询|核对|时长|车位|离场|plate|fee|parking|amount due",
    re.IGNORECASE,
)


def all_text(screens: Iterable[Screen]) -> str:
    return simplified("\n".join(screen.text for screen in screens))


def plain_answer(text: str) -> str:
    """Return an answer without digits, numbers of rows, tokens and space: so two of them can be compared."""
    text = re.sub(r"[A-Za-z0-9_+/=-]{16,}", "…", text)
    text = re.sub(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_]{6,}\b", "#", text)  # such as 5e17dq2
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text)).strip()
