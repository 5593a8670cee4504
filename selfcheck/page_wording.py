"""What the words on a page say: a prompt to join, a button to pay, a price, a payee. No Django.

A prompt is not a mention: "无需关注" and "不收集手机号" say the opposite, so a clause that denies is left
out.
"""

import re

_PROMPTS = {
    "关注": r"关注(?!点)|(?<!\w)follow (?:us|our)",
    "会员": r"会员|入会|(?<!\w)membership|become a member",
    "注册": r"注册(?!地|资本|号|商标)|(?<!\w)(?:register|sign ?up)(?!\w)",
    "登录": r"登录|登陆|(?<!\w)(?:log ?in|sign in)(?!\w)",
    "授权": r"授权(?!经营)|(?<!\w)authori[sz]e",
    "手机号": r"手机号|验证码|绑定手机|phone number|mobile number",
    "下载": r"下载|安装\s*app|打开\s*app|download (?:the |our )?app",
    "领券": r"领券|领取?.{0,6}(?:优惠券|券|红包|福利)|抢券|红包|优惠券包|coupon pack",
}
PROMPTS = {name: re.compile(rule, re.IGNORECASE) for name, rule in _PROMPTS.items()}
_DENIED = re.compile(
    r"无需|无须|不需|不用|不必|不要|不会|不收|不强制|不获取|不采集|不提供|免(?!费)|没有|非必须|无关"
    r"|\bno\b|\bnot\b|\bnothing\b|\bnever\b|\bwithout\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[。！？；!?;\n]|\.\s")
PAY = re.compile(r"支付|缴费|付款|付费|去付|结算|(?<!\w)pay(?!ee|ment m|ment is)", re.IGNORECASE)
_NOT_PAY = re.compile(
    r"方式|说明|记录|查询|协议|须知|已支付|支付成功|结果|提示|无感|代扣|我已|have paid|paid:", re.IGNORECASE
)
LOOK_UP = re.compile(
    r"查询|查费|查一下|下一步|确定|确认|提交|立即|开始|find|search|look up|next|continue", re.IGNORECASE
)
GO_ON = re.compile(
    r"继续|下一步|确认|确定|同意|跳过|知道了|立即|continue|next|confirm|agree|skip|ok", re.IGNORECASE
)
LURE = re.compile(
    r"领|券|会员|福利|红包|保险|免单|抽奖|开通|续费|1\s*元购|先.{0,4}再|coupon|member", re.IGNORECASE
)
AMOUNT = re.compile(r"[¥￥]\s*\d+(?:\.\d+)?|\d+(?:\.\d+)?\s*元|CNY\s*\d+", re.IGNORECASE)
PRICE_RULE = re.compile(
    r"(?:[¥￥]\s*\d[\d.]*|\d[\d.]*\s*元|[¥￥]?\d[\d.]*)\s*(?:/|每|一|per |a |an |for each )\s*(?:\d*\s*)?(?:小时|分钟|半小时|次|天|日|hour|minute|h\b|day|stay)"
    r"|(?:每|per |each )\s*\d*\s*(?:小时|分钟|半小时|次|天|日|hour|minute|h\b).{0,14}(?:[¥￥]|\d+\s*元|元|yuan)"
    r"|收费标准|计费规则|价目|免费停放|price board|tariff",
    re.IGNORECASE,
)
PAYEE = re.compile(
    r"收款方|收款单位|收款商户|商户名称|运营方|经营者|运营单位|payee|operator|有限公司", re.IGNORECASE
)
PHONE = re.compile(
    r"(?<!\d)(?:400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]?\d{4}[- ]?\d{3,4}|1[3-9]\d{9}|1231[25]|12345|95\d{3})(?!\d)"
)
AD = re.compile(r"广告|推广|sponsored|advertisement", re.IGNORECASE)
DEARER = re.compile(
    r"非会员.{0,12}(?:加收|另收|原价|多付|不享|不减|手续费|服务费|\d+\s*元)|会员价|会员专享价|会员立减|服务费\s*[¥￥]?\s*\d"
)
NOTICE = re.compile(r"隐私|个人信息|privacy|personal information", re.IGNORECASE)
TELLS_TOO_MUCH = re.compile(
    r"入场时间|进场时间|驶入时间|entered at|车位号|泊位号|停放位置|历史(?:记录|订单)|最近停车|车主|尾号\s*\d|常停|相似车牌|入场照片|抓拍",
    re.IGNORECASE,
)
MEMBER_PAGE = re.compile(
    r"会员(?:登录|中心|注册|缴费|停车|专享|码)|加入会员|member (?:login|centre|center|sign)", re.IGNORECASE
)
SAYS_NO_COOKIE = re.compile(
    r"(?:不|没有|未)[^。\n]{0,6}(?:使用|设置|写入|存储)?[^。\n]{0,4}cookie|no cookies?", re.IGNORECASE
)
SAYS_NO_OTHERS = re.compile(
    r"(?:不|未)(?:向|会)?[^。\n]{0,8}(?:任何)?第三方|无第三方|不共享|nobody else receives|no third part",
    re.IGNORECASE,
)
SAYS_NOTHING_KEPT = re.compile(
    r"不(?:会)?(?:收集|采集|存储|保存)(?:您的)?任何(?:个人)?信息|collect no|no personal information",
    re.IGNORECASE,
)
NOTICE_PARTS = {
    "purpose": re.compile(r"查询|缴费|计算|费用|用于|only to|used|fee", re.IGNORECASE),
    "retention": re.compile(r"\d+\s*(?:小时|天|日|个?月|h\b|hours?|days?)|保存期限|清除|删除|erase|delete", re.IGNORECASE),
    "contact": re.compile(r"联系|电话|邮箱|@|contact|phone|\d{7,}", re.IGNORECASE),
}  # fmt: skip


def prompts_in(text: str) -> dict[str, str]:
    """Return the prompts that a text makes: which, and the clause that makes it."""
    found: dict[str, str] = {}
    for clause in _CLAUSE.split(text):
        if _DENIED.search(clause):
            continue
        for name, rule in PROMPTS.items():
            if name not in found and rule.search(clause):
                found[name] = " ".join(clause.split())[:60]
    return found


def is_pay(text: str) -> bool:
    return bool(PAY.search(text)) and not _NOT_PAY.search(text) and len(text) <= 30


def plain_answer(text: str) -> str:
    """Return an answer without digits and space, so that two of them can be compared."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text)).strip()
