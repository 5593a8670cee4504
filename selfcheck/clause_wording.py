"""Sentences in clauses: what is denied, concerns another place, or is offered in the words of a denial."""

import re

from selfcheck.plain_chinese import simplified

_DENIED = re.compile(
    r"无需|无须|毋|不需|不须|不用|不必|不要|不会|不收|不强制|不获取|不采集|不提供|不以|不得|不再|绝不|决不|从不|免(?:关注|注册|登录|下载)|没有|非必须|无关|勿|切勿|谨防|警惕|请勿|拒绝|禁止|不(?![定仅只但止断限时]).{0,3}(?:赠|送|推|领|抽|要求|索|绑|下载|关注|注册|登[录陆]|授权|加入|收集|采集|得到|返)|未经|已(?:领取|使用|抵扣|减免)|不(?:领|加|开通|买|卖|做|搞|设|区?分|办理?|含|参与|识别|核验|验证|认证|跳转|弹出|索取|读取|上传|另收|加收|涉及|出售|推销|推荐)|无(?:任何)?(?:广告|会员|注册|关注|登[录陆]|下载|积分|优惠|券|弹窗|捆绑|推广|抽奖|红包|充值)|[收拿得看]不到|[都均也]不|撤销|注销|诈骗|假冒|随时可|(?<!非会员)不适用"
    r"|\bno\b|\bnot\b|\bnothing\b|\bnever\b|\bwithout\b|don't|do not",
    re.IGNORECASE,
)

# Where people serve people, by what such places end in: a desk, a window, a room. A screen has its centres too.
_DESK = (
    r"(?:[服务管理收费警卫值班售票咨询导诊护士礼宾接待总监控财务保安门卫]{1,4}[台处室亭站岗部]|(?:客服|游客|物业|管理|旅客|服务)中心|物业|窗口|柜[台檯]"
    r"|护士站|岗亭|前[台厅]|大堂|现场人员|工作人员|管理员|收费员|服务员|保安)"
)

# True of the whole clause: it has nothing to do with paying, is done at a desk and not on the page, was done
# already, or tells what to do about those who ask.
ELSEWHERE = re.compile(
    r"已(?:经|自动|按规定|由系统)?(?:在|从|于)?.{0,10}(?:扣除|减免|抵扣|计入|免除)|系统(?:会)?自动(?:计算|减免|扣除)"
    r"|(?:如|若|凡|任何|遇|有人|发现).{0,24}(?:举报|投诉|报警|警惕|谨防|勿|不要|拨打)|(?:举报|投诉).{0,16}(?:要求|强制|索要|诱导)"
    r"|(?:如果?|若是?|凡|倘若?|假如|一旦)(?:有人|遇到?|发现|被).{0,16}(?:要求|索要|索取|诱导|强迫|让您)"
    r"|冒充|不法|骗子|(?:近期|近日|最近)(?:有|出现|发现)|私自张贴|有人(?:以|假|让|要求|通过|谎称)|(?:另|单独|独立|分开|专用)(?:扫|设|有|用|的)?.{0,6}(?:会员码|二维码|页面|通道|码)|与.{0,6}(?:本页|缴费|停车|支付|付款).{0,4}无关|不影响.{0,6}(?:缴费|支付|付款|离场|停车费|价格|收费)|(?:同价|价格(?:相同|一致|一样)|不(?:加价|另收))|不?(?:加入|注册|关注)?也(?:可|能)(?:直接)?(?:缴费|支付)"
    r"|(?:国家|税务|公安|市场监管|发改|政府|12306|交管).{0,8}(?:网站|平台|系统|公示)"
    r"|\b(?:with|at|to|from|ask) (?:the |our |your )?(?:attendant|desk|office|gate|kiosk|reception|staff|guard|counter|till|concierge)"
    r"|(?:在|于)?现场.{0,6}(?:[领换取购买](?!车)|登记|办理)|(?:人工|线下|柜面|到店)(?:办理|登记|咨询|核销|领取)|由.{1,8}(?:登记|核销|核减|录入|办理)"
    rf"|(?:到|至|去|前往|在|于|向|由|经|联系|咨询|洽|找|交给?).{{0,10}}{_DESK}"
)

# What is held out in the words of a denial: it denies nothing, and a sign stands for it.
EASE = "↯"

_EASED = re.compile(
    r"(?:不用|无需|不必|无须|免)(?:再)?(?:等|排队|掏|找零|停车缴费)|不(?:排队|停车|掏|用?等)|without (?:queu\w+|waiting)|no (?:queues?|waiting)|skip the \w+|never (?:queue|wait)",
    re.IGNORECASE,
)


def eased(clause: str) -> str:
    """Return a clause in which an ease that is held out no longer reads like a denial."""
    return _EASED.sub(EASE, clause)


_CLAUSE = re.compile(r"[。！？；!?;\n]|\.\s|(?<=[，,])(?=(?:请|但|如|可|也|而|并))")

COMMA = re.compile(r"[，,、]")


_SENTENCE = re.compile(r"(?<=[。！？!?\n])|(?<=\.)\s")
# A sentence that warns of those who ask for something asks for nothing itself, in none of its clauses.
_WARNS = re.compile(
    r"(?:凡|任何|所有|如果?|若是?|遇到?|有人|发现).{0,12}(?:要求|索要|索取|让您|诱导|强制|声称|自称).{0,60}(?:可疑|诈骗|骗|假|勿|不要|谨防|警惕|举报|报警|投诉|拒绝)"
)


def clauses(text: str) -> list[str]:
    """Return the clauses of a text, in simplified characters, without those of sentences that warn."""
    sentences = (one for one in _SENTENCE.split(simplified(text)) if not _WARNS.search(one))
    return [clause for sentence in sentences for clause in _CLAUSE.split(sentence) if clause.strip()]


def denied(clause: str) -> bool:
    return bool(_DENIED.search(clause))


def matches(rule: re.Pattern[str], text: str) -> str:
    """Return what a pattern finds in a clause that does not deny it."""
    for clause in clauses(text):
        if (found := rule.search(clause)) and not denied(clause):
            return " ".join(found.group().split())
    return ""
