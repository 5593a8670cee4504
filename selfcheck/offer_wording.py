"""What is offered for sale on a page, and what costs more for those who do not belong."""

import re
from itertools import pairwise

from selfcheck.clause_wording import clauses, denied, matches

AD_LABEL = re.compile(
    r"^\s*[【\[(（]?\s*(?:广告|推广|赞助|AD|ADs?|sponsored|advertisement)\s*[】\])）]?\s*(?:[·・|｜:：—-]\s*.{0,10}(?:提供|推荐|赞助|投放))?\s*$",
    re.IGNORECASE | re.MULTILINE,
)

# What is for sale, and how one is made to want it.
_OFFER = (
    r"特惠|促销|半价|满\s*\d+\s*元?[减送]|买[一二三两\d][送赠]|限时(?!停|免费停)|秒杀|低至|(?<![\d.])[\d.一二三四五六七八九]+\s*折|团购|拼单|特价|特卖|清仓|大促|爆款|热卖|热销|好物|优选|甄选|抢购|抢先|尝鲜|上新|新品|上市|报价"
    r"|预约(?:试|体验|看|到店|有礼|参观)|试(?:驾|吃|用|听)|品尝|体验(?:课|价|装|卡)|订座|新店|新开(?!放|通)|开业|周年庆|购物节|直播|猜你喜欢|为您推荐|为你推荐|大家都在(?!停)|都在买|人气推荐|热门推荐|看了还看|换购|原价|首付|月供|分期|授信|额度|利率|贷(?!方)|借钱|理财|投保|车险|保费|开盘|楼盘|招商加盟|到店|去逛逛|去购买|立即购买|立即下单|马上抢|了解更多优惠|会员日|套餐"
)

AD_WORDS = re.compile(
    rf"广告|推广(?!新能源)|{_OFFER}|加油.{{0,4}}(?:立减|优惠)|sponsored|sale\b|\d+% off|shop now|buy now|limited offer",
    re.IGNORECASE,
)

_GOODS = re.compile(
    r"店|酒行|名酒|烟酒|茶叶|药房|眼镜|珠宝|黄金|母婴|玩具|美妆|宠物|瑜伽|足疗|按摩|KTV|餐|饭|火锅|烧烤|咖啡|奶茶|影院|影城|电影|健身|美容|美发|培训|课程|英语|楼盘|房|新车|车型|轮胎|洗车|保养|保险|车险|信用卡|银行卡|手机壳|家电|服饰|超市|商品|超值|酒店|旅游|门票|演出|水果|蛋糕|香薰|直播间"
)

_SENTENCE_OFFER = re.compile(_OFFER)

# What is sold to drivers in so many words.
_SOLD_TO_DRIVERS = re.compile(
    r"(?:额度|[可能好就]借|借款|借钱|贷款|周转|放款).{0,12}(?:\d+|[一二两三四五六七八九十百]+)\s*万|(?:缺钱|手头紧|急用钱|用钱).{0,12}(?:借|贷|到账|放款|周转|找)|车抵贷|随借随还|小额贷|凭车即贷|旧车置换|以旧换新|违章代[办缴]|代办(?:年检|过户|违章)|四轮定位|贴膜(?=.{0,6}(?:低至|\d|优惠|折))|二手车.{0,8}(?:估价|收|置换|出手|高价|卖)|(?:高价|现金|一口价|上门|长期)(?:回?收)(?:购|车)?(?!费|款)|(?:卖|收|换)车.{0,8}(?:高|多|万|估|补贴)|免费估价|(?:爱车|车辆|您的车).{0,6}(?:估值|估价|值多少|残值|行情)|(?:贷款|分期|[零0]首付).{0,6}[买购提换]车|[买购提换]车.{0,8}(?:贷款|分期|首付)|镀晶|上门(?:洗车|保养)"
    r"|(?:欢迎|预约|到店|报名|免费).{0,4}(?:试驾|试乘|品鉴|看房)"
)

# What a tariff grants to the customers of the house.
TARIFF_GRANTS = re.compile(
    r"停车费?.{0,2}(?:[\d.一二三四五六七八九]+\s*折|半价)|满\s*\d+\s*元?.{0,4}(?:减免?|免|送|赠|享|抵).{0,4}(?:停|\d+\s*(?:小时|分钟|次))"
)

DEARER = re.compile(
    r"非会员.{0,12}(?:加收|另收|原价|多付|手续费|服务费|\d+\s*元)|[不未](?:入会|注册|登录|关注|开通)[^，,。；\n]{0,6}原价|会员(?:专享)?价.{0,6}\d|会员立减|会员.{0,6}(?:仅需|只需|只要)\s*[¥￥]?\d"
    r"|(?:便[捷利民]|平台|手续|信息|技术|通道|渠道|系统|网络|支付|增值|附加)(?:使用|处理|维护|服务|附加)*费"
    r"(?:[（(][^）)\n]{0,20}[）)])?\s*[:：+＋]?\s*(?:HK|NT|US|MOP)?[¥￥$]?\s*\d++(?:\.\d++)?+\s*元?+(?!\s*[/每一])"
    r"|(?:线上|网上|网页|代收)(?:使用|处理|服务)费\s*[:：+＋]?\s*[¥￥$]?\s*\d|停车费\s*[¥￥]?\s*\d[\d.]*\s*元?.{0,4}(?<!停车)(?:服务|手续)费\s*[¥￥]?\s*\d"
    r"|(?:线上|网上|扫码|手机|微信)(?:缴费|支付|付款)?.{0,4}[另加多]收|\d\s*元.{0,2}(?:平台|技术|信息|通道|便捷)服务费|普通(?:用户|客户|车主).{0,6}\d+.{0,3}元.{0,8}(?:用户|会员|VIP)|non-?members?.{0,24}(?:CNY|RMB|[¥￥]|\d)",
    re.IGNORECASE,
)


_AMOUNT_BELOW = re.compile(r"\n\s*(?=(?:HK|NT|US|MOP)?[¥￥$]?\s*\d)")  # in a table, under its name


def dearer(text: str) -> str:
    """Return what is charged for how one pays, or for being no member; or nothing."""
    return matches(DEARER, _AMOUNT_BELOW.sub(" ", text))


def advertised(text: str) -> str:
    """Return the clause that offers goods: it names them, and says why to buy; empty: none does."""
    for line in text.splitlines():
        parts = clauses(line)
        for clause in (
            *parts,
            *map(" ".join, pairwise(parts)),
        ):  # goods in one sentence, the offer in the next
            offer = _SENTENCE_OFFER.search(TARIFF_GRANTS.sub("", clause))
            if ((offer and _GOODS.search(clause)) or _SOLD_TO_DRIVERS.search(clause)) and not denied(clause):
                return " ".join(clause.split())[:60]
    return ""
