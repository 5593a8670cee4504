"""What the buttons, links and choices of a parking page are for. Whatever else can be pressed leads away.

A label is explained word by word: what is left when all words of parking, paying, helping and moving about
are taken out must be little. One word of parking excuses no label: 停车商城 is a shop.
"""

import re
from collections.abc import Iterator

from selfcheck.clause_wording import ELSEWHERE, clauses, denied, eased
from selfcheck.offer_wording import TARIFF_GRANTS
from selfcheck.page_wording import AMOUNT, LOOK_UP, is_pay, speaks_of_parking
from selfcheck.plain_chinese import simplified
from selfcheck.prompt_wording import without_own_coupon

_CAR = (
    r"车牌|号牌|牌照|车号|车辆(?!险)|车型|车主|车场|车库|车位|泊位|场库|牌车|[蓝绿黄白黑]牌|新能源|无牌|临时车|临牌|挂车|军警|摩托|寻车|找车|取车|停车|停放|泊车|临停|时租|场内|在场"
    r"|的车(?!险|友|位)|(?<![买卖租])辆车|(?:旅游)?[大中]巴|[大中小微]型(?:[客货]?车)?|智慧停车|巴士|[客货轿校房拖]车|面包车|闸|入场|出场|进场|离场|余位|已满|道闸|闸门|抬杆|充电|地锁"
)
_MONEY = (
    r"缴|[应预待补]交|(?:分享|转发|发送?)给.{0,4}代付|交[费款清纳]|付清|应付|预付|待付|实付|代付|付款|支付|付费|交费|去付|结算|买单|收银台?|收费|计费|费用|费率|免费|减免|抵扣|退款|退费|金额|价格|价目|物价|标准|公示|明细|账单|订单"
    r"|发票|开票|票据|票号|凭证|收据|小票|取票|减免码|券码|优惠码|停车券|优惠券|优惠|月租|月卡|续费|微信|支付宝|银联|云闪付|数字人民币|银行卡|银行|现金|卡号|八达通|拍卡"
)
_HELP = (
    r"帮助|指南|指引|导航|路线|地图|平面图|示意图|布局图|分布图|方位|楼层|出口|入口|常见|问题|问答|疑问|原因|说明|须知|规则|政策|条款|协议|公约|告示|公告|公开|公布|通知|告知|声明|隐私|私隐|个人信息|信息|保护|安全"
    r"|投诉|举报|监督|反馈|建议|意见|纠错|申诉|申请|处理|电话|热线|客服|服务|呼叫|求助|对讲|联系|致电|拨打|人工|人员|工作|值班|管理处|岗亭|保安|物业|商户|关于|我们|单位|公司|营业|执照|许可|证照"
    r"|备案|公网安备|ICP备|网站|用户|网安|公安|版权|所有|技术支持|科技|市民|政府|现场|怎么办|怎么算|计算|例子|[示举案]例|如何|复核|复议|异议|疑义|疑问|核对|核查|核实|对账|退还|原路|到账|重复|多付|少付|误付|抬头|税号|换开|失物|招领|挪车|移车|拖车|应急|疏散|限[高重速停]|施工|维护|绕行|管制|天气|暴雨|积水|防汛|台风|文明|礼让"
)
_MOVES = (
    r"正确|无误|没错|不是|不对|不符|排队中|普通通道|有误|错了|[看输弄填打]错|使用|操作|前往|尽快|系统|演示|现行|查询|查费|查看|查阅|查找|查一下|查|搜索|扫一扫|扫码|扫描|识别|录入|输入|填写|选填|必填|可选|重填|重输|重打|手动|自动|键盘|手写|拍照|上传|返回|上一步|上一页|首页|主页|退出|关闭|取消|清空|清除|删除|退格|重置"
    r"|重新|重试|再试|刷新|更新|换一|切换|选择|更换|更正|修改|编辑|展开|收起|折叠|全部|详情|更多|显示|隐藏|大图|图片|完成|确认|确定|提交|继续|下一步|跳过|跳到|知道|明白|收下|同意|已阅|阅读|暂不|不了|稍后|立即|马上"
    r"|现在|开始|一键|快捷|点击|打印|印制|列印|保存|下载|领取|发送|复制(?:链接|网址)?|粘贴|引导|设置|看不清|满意度|提醒|日历|行事历|撤回|撤销|记录|历史|错误|有误|异常|丢失|遗失|忘记|倒计时|顶部|正文|主要内容|页面|本页|好的"
)
_LOOKS = (
    r"语言|中文|简体|繁体|大字|长[辈者]|残疾人?|残障|身心障碍|孕妇|老人|军人|老年|关怀|无障碍|朗读|播报|语音|声音|字号|字体|放大|缩小|加大|减小|变大|变小|对比度|对比|深色|夜间|白天|模式|版本"
    r"|普通|其他|其它|境外|港澳|使馆|省份|省市|简称|归属地|颜色|种类|类型|方式|电子|图形码|验证码图|拖动|滑[动块]|拼图|安全验证|位置|附近|当前|本次|剩余|时间|时长|时刻|小时|分钟|开放|早间|晚间|高峰|院区|园区|分区|地面|地下|地上|露天|立体|室内|室外|附属|内部|外部|停车场|广场|大厦|中心医院|医院|公园"
)
# A tariff names days; nothing is of parking because it does.
_CALENDAR = re.compile(
    r"星期[一二三四五六日天]?|周末|工作日|(?:公众|节)?假[期日]|平日|全[天日]|春节|元旦|国庆"
)
_OF_PARKING = re.compile("|".join((_CAR, _MONEY, _HELP, _MOVES, _LOOKS)))
_PARTICLES = set(
    "我的你您这该本们要请去用改一二两三四五六七八九十位个张份次辆种元为什么怎何样算了吗呢是不没有无非在到上下大中小内外里再可能和与及或并而从对把让给其另先后前第几多少哪些来进出由将被等开已须"
    "车牌费票证码号区楼层座库场口门东南西北左右向侧馆市路"
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼备公第"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(
    r"plate|park|vehicle|\bcars?\b|motorcycle|electric|hours|attendant|lost|fee|pay|price|rate|tariff|charge|bill|detail|help|faq|question|privacy|terms|legal|notice|about|contact|phone|call|support|language|english"
    r"|home|back|close|cancel|ok\b|yes|no\b|search|find|look|next|continue|submit|confirm|receipt|invoice|ticket|map|exit|entr|accessib|font|text|size|large|operator|complain|delete|clear|done|switch|change|edit|more\b|skip"
    r"|contrast|colou?rs?\b|dark mode|light mode|agree|understood|got it|refresh|try|again|go on|print|system|download|paid|result|keyboard|cashier|reminder|calendar|withdraw|correct|erase|coupon|data|rights|worked|send|mistake|wrong|content|information|licen[cs]e|card|province|number"
    r"|français|deutsch|español|português|italiano|русский|日本语|한국어|ภาษาไทย|tiếng việt|العربية|bahasa",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-zà-ÿ']{3,}", re.IGNORECASE)
_ARTICLES = re.compile(
    r"^(?:the|and|for|you|your|our|this|that|with|not|how|what|which|why|when|where|here|there|now|soon|can|could|may|are|was|were|has|have|had|did|does|will|one|any|all|some|more|another|other|need|use|get|let|see|show|ask|check|please|possible|result|paid|start|done|from|into|out|off|its|it's)$",
    re.IGNORECASE,
)
# What leads elsewhere although it names parking too: trade, and whatever binds a customer.
_OF_TRADE = re.compile(
    r"充值|储值|出租|租赁|租车位|出售|转让|买卖|积分|权益|商城|商店|购买|加购|抢购|团购|(?<![切更变转])换(?=.{0,4}\d)|兑换|兑奖|赚|赢取|奖品|折扣|优惠(?!券?码|抵扣|说明|政策|减免|规则)|抢|贷|保险|车险|无忧|秒杀|直播|视频|加油|洗车|违章|年检|救援|保养|维修|代驾|过户|验车|估价|卖车|租车|拼车|ETC"
    r"|(?<!车位)预约(?!停车|车位)|预订|订位|钱包|卡包|礼包|好礼|有礼|福利(?!彩|院)|任务|签到|邀请|打赏|小费(?!用)|捐[款赠助]|分享(?!.{0,6}代付)|好友|进群|入群|车友|社群|社区|论坛|资讯|新闻|小说|游戏|活动|专享|尊享|特权|升级|支付分|先享|白条|花呗|信用|免密|代扣|无感|开卡|办卡",
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Signs, single characters, and a plate as far as it is typed.
_SHORT = re.compile(
    rf"^[\W\d_]*$|^\W*(?:主?菜单|目录|menu)\W*$|^.$|^[A-Z]{{0,2}}\d{{0,3}}[+＋−–-]{{0,2}}$|^[{_PROVINCES}](?:[·\s]*[A-Z0-9]){{0,7}}[·\s]*$"
)
_UNEXPLAINED = 0.4  # of the Chinese characters of a label


def of_parking(text: str) -> bool:
    return bool(_OF_PARKING.search(text) or _ENGLISH.search(text))


def of_trade(text: str) -> bool:
    """Return whether a label names something that is sold, or that binds a customer."""
    plain = simplified(text)
    trades = _OF_TRADE.search(without_own_coupon(plain))
    return bool(trades) and not (ELSEWHERE.search(plain) or denied(plain) or is_pay(plain))


_TAKEN_OFF = re.compile(r"[-−–]\s*[¥￥]?\s*\d[\d.]*\s*元?|[¥￥]\s*[-−–]\s*\d")
_RELIEF = re.compile(r"[抵减免扣折惠券]|deduct|discount|off\b", re.IGNORECASE)
_FOR_A_DEED = re.compile(
    r"会员|开通|开卡|办[理卡]|加入|领|下载|关注|订阅|签约|注册|登录|信用卡|绑[定卡]|授权|分享|充值|购|member|join|app\b",
    re.IGNORECASE,
)


def takes_off(text: str) -> bool:
    """Return whether a line takes an amount off the fee and asks for no deed in return."""
    return bool(_TAKEN_OFF.search(text) and _RELIEF.search(text)) and not _FOR_A_DEED.search(text)


_GRANTED = re.compile(r"(?:减免|抵扣|停车券|小时券)\s*(?:[¥￥]?\s*\d+(?:\.\d+)?\s*(?:元|小时|分钟)?)?\s*$")


def granted(label: str) -> bool:
    """Return whether a choice is a relief that a shop has granted: 味道餐厅 消费减免 ¥5.00."""
    return bool(_GRANTED.search(label)) and not (_FOR_A_DEED.search(label) or of_trade(label))


_PART_OF_LABEL = re.compile(r"[\u4e00-\u9fff]+|[a-z]+|\d+")
_PLATE_KIND = re.compile(
    r"[蓝绿黄黑白]色?(?:号?牌照?)?|(?:新能源|普通|燃油|纯电|油|电|小型?|大型?|轿|货|客)车?(?:号?牌照?)?|[78]位?"
    r"|blue|green|yellow|black|white|plate|new|energy|ordinary|electric|petrol|ev|or"
)


def names_plate_kind(label: str) -> bool:
    """Return whether a choice is one of kinds of plate, by its colour, length or drive: 绿 Green (8)."""
    words = _PART_OF_LABEL.findall(simplified(label).lower())
    return bool(words) and all(map(_PLATE_KIND.fullmatch, words))


# A car park or a part of one, as an option of a choice names it: 平凉路 1 号库, 东区停车场, 3 号楼.
_NAMES_LOT = re.compile(
    r"(?:[车地]库|停车[场库楼区]|路[外内]场|[\dA-Z一二三四五六七八九十东南西北]\s*号?\s*[楼院区门层栋座口库])\W*$"
)


def names_lot(label: str) -> bool:
    """Return whether a label is no more than the name of a car park, and sells nothing."""
    plain = simplified(label).strip()
    return len(plain) <= 20 and bool(_NAMES_LOT.search(plain)) and not of_trade(plain)


# A language whose words are not known here: Japanese, Korean, Thai, Russian, Arabic, Hindi.
_OTHER_SCRIPT = re.compile(
    r"[\u3040-\u30ff\uac00-\ud7af\u0e00-\u0e7f\u0400-\u04ff\u0600-\u06ff\u0900-\u097f]"
)
_LANGUAGES = re.compile(
    r"fran[cç]ais|deutsch|espa[nñ]ol|portugu[eê]s|italiano|русский|日本[語语]|한국어|ไทย|ti[eế]ng vi[eệ]t|العربية|bahasa|melayu",
    re.IGNORECASE,
)


def names_language(label: str) -> bool:
    """Return whether a label offers the page in a language other than Chinese and English."""
    return bool(_LANGUAGES.search(label))


# Characters that no language has: what was served in another encoding than it claims.
_GARBLED = re.compile(r"[\x80-\x9f\ufffd]")


def leads_elsewhere(text: str) -> bool:
    """Return whether a button or link has nothing to do with parking and paying, as far as its words go."""
    plain = simplified(text).strip()
    if takes_off(plain) or _GARBLED.search(plain):
        return False
    if of_trade(plain):
        return True
    foreign = _OTHER_SCRIPT.search(plain.replace("の", ""))  # a sign that Chinese advertising borrows
    if _SHORT.search(plain) or is_pay(plain) or foreign:
        return False
    if not (of_parking(plain) or LOOK_UP.search(plain)):
        return True
    return _strange_chinese(plain) or _strange_english(plain)


# What a price may be of on a parking page: parking, its time and kinds, sums, and what is lost or broken.
_PRICED = re.compile(
    r"电[价费量]|每度|小时|/\s*时|分钟|次|天|日|月|季|年|原价|小计|合计|单价|金额|周末|高峰|平峰|封顶|起步|首|每|满|不足|超过|超出|夜|停|车|大巴|中巴|会员|加收|另收|优惠|费|缴|付|押金|工本|补办|赔|罚|计|差额|找零|应|实|减|免|抵|税|折合|最[高多低少]|共|欠|至此|假期|假日"
)
_FOR_A_TIME = re.compile(
    r"(?:小时|分钟|[当每全][日天]|封顶)\s*(?:封顶|最高|限额|只收|收费?|按)?\s*[¥￥]?\s*\d[\d.]*\s*元?$"
    r"|\d\s*元?\s*(?:封顶|为限|包干|止)$"
)  # a condition, and what it costs
_BY_THE_CLOCK = re.compile(r"\d\s*[点时:：]\s*\d{0,2}分?\s*(?:[至到~～—–-]|后|前|起)")  # 晚6点至凌晨2点4元
_BY_PLACE = re.compile(
    r"(?:路|街|巷|弄|大道|码头|(?<![广商市])场|库|[东南西北中]区)\s*[¥￥]?\s*\d[\d.]*\s*元?$"
)  # 渔港路4元
_PARTS = re.compile(
    r"[，,、|\u3000]|(?<=公司)\s|/(?!\s*(?:[半每\d]|小时|时|分|天|日|月|年))|\s{2,}"
)  # 4 元/小时 is one price

# By whom a price was set: （业主大会 2024 年决议）, （沪价费〔2020〕12 号）.
_BASIS = re.compile(
    r"[（(][^（）()]*(?:决议|批准|批复|核定|核准|备案|指导价|政府定价|[价发][改费管]\w{0,4}\s*[〔\[【(（]\s*\d{4})[^（）()]*[）)]"
)
_TRANSFER = re.compile(r"转账|转款|打款")
_UNIT = re.compile(r"/\s*(?:半|每|\d+)?\s*(?:小时|时|分钟?|天|日|月|年)")


_A_PIECE = re.compile(r"元?\s*[/每一]\s*[人位份件盒斤杯套瓶课节支包](?!车|辆)")  # parking has no such price
_FROM = re.compile(r"[\d元]\s*起(?!步|价|停|计)")


def _service(clause: str) -> bool:
    """Return whether a clause names something that is none of parking, and beside it a price of a person or
    from … on."""
    if not AMOUNT.search(clause) or denied(clause):
        return False
    parts = [part for part in _PARTS.split(clause) if _HAN.search(part)]
    strange = [p for p in parts if len(_left(p)) >= 3 and len(_left(p)) >= 0.6 * len(_HAN.findall(p))]
    return bool(strange) and bool(_A_PIECE.search(clause) or _FROM.search(clause))


_ENGLISH_GOODS = re.compile(
    r"\b(?:rooms?|hotel|coffee|meals?|lunch|dinner|burgers?|pizza|car wash|tyres?|tires?|oil change|insurance|movies?|spa|massage|gym|souvenirs?|wine)\b",
    re.IGNORECASE,
)


def _english_goods(clause: str) -> bool:
    return bool(_ENGLISH_GOODS.search(clause) and AMOUNT.search(clause)) and not denied(clause)


def priced_goods(text: str) -> str:
    """Return what has a price and is not parking, or nothing: goods and services for sale."""
    if service := next((clause for clause in clauses(text) if _service(clause)), ""):
        return service.strip()[:40]
    if service := next(filter(_english_goods, clauses(text)), ""):
        return service.strip()[:40]
    priced = (_BASIS.sub("", clause) for clause in clauses(text))
    for part in (TARIFF_GRANTS.sub("", part) for clause in priced for part in _PARTS.split(clause)):
        left = [sign for sign in _left(_UNIT.sub("", part)) if sign != "元"]
        little = len(left) < max(5, 0.6 * len(_HAN.findall(part))) or ELSEWHERE.search(part)
        timed = (_FOR_A_TIME.search(part) or _BY_THE_CLOCK.search(part)) and not _OF_TRADE.search(part)
        timed = timed or (_BY_PLACE.search(part) and not _OF_TRADE.search(part))
        tariff = timed or (little and _PRICED.search(part))
        if _TRANSFER.search(part):
            continue  # money is sent, and nothing sold
        if (
            AMOUNT.search(part)
            and not _NOTHING.search(part)
            and len(left) >= 2
            and not tariff
            and not denied(part)
        ):
            return part.strip()[:40]
    return ""


_NOTHING = re.compile(r"(?<![\d.])0\.00?\s*元?\s*$")  # a row of a bill by which nothing is due

_ROW = re.compile(
    r"^\s*(?P<label>[^\d¥￥\n]{2,24}?)[\s:：]*(?:[\d一]+\s*[张份次个件])?\s*(?:[¥￥]\s*\d[\d.]*|\d+\.\d\d\s*元?)\s*$",
    re.MULTILINE,
)
_NEXT_ROW = re.compile(r"(\d\.\d\d\s*元?)[ \t]+(?=[\u4e00-\u9fff])")  # two items in one line
_NOT_ZERO = re.compile(r"[1-9]")
_CHARGE = re.compile(
    r"停车|收款|公司|商户|[场院店厦库]$|费|押金|合计|总[计价额]|小计|差额|欠|占位|超时|充电|过夜|减|抵|免|优惠"
)


# What a bill may add to the price of parking: more of it, or what belongs to it.
_MORE_PARKING = re.compile(
    r"停|泊|车费|小时|分钟|时段|首|次|夜|超时|逾时|逾期|占[位用]|充电|电费|押金|补[缴办交收]|欠|历史|差额|节假日|高峰|税|卡费|工本|[合总共小]计|总额|[应实已][付收缴]|支付|付款|待付|原价|减|抵|免|优惠|券|找零"
)
_SUM = re.compile(r"合计|总[计价额]|共计|小计|[应实待需][付收缴]|支付|付款")
_PARKING_FEE = re.compile(r"停车费|泊车费|停放费|本次停车")
_LINE = re.compile(
    r"^[ \t]*(?P<label>[^¥￥\n]{2,30}?)[\s:：+]*(?:[¥￥]\s*(?P<yuan>\d+(?:\.\d+)?)|(?P<other>\d+\.\d\d)\s*元?)[ \t]*$",
    re.MULTILINE,
)
_TAKE_OFF = re.compile(
    r"\s*(?:不需要|不要|取消|去掉|移除|删除|退订|关闭|[×✕])\s*$"
)  # beside what was added unasked


# A charge for the place itself: a price of parking by another name. Whether the board states it, nobody sees here.
_FOR_THE_PLACE = re.compile(
    r"(?:清洁|保洁|卫生|垃圾|环[境卫]|管理|照明|[维养]护|设施|设备|场地|道路|通行|安保|秩序|物业).{0,4}费"
)


def _added_rows(text: str) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each row by which a sum is more than the parking fee, and none of parking."""
    rows = [
        (_TAKE_OFF.sub("", row["label"].strip()), float(row["yuan"] or row["other"]), row.group())
        for row in _LINE.finditer(simplified(_NEXT_ROW.sub(r"\1\n", text)))
    ]
    fees = [amount for label, amount, _ in rows if _PARKING_FEE.search(label) and not _SUM.search(label)]
    sums = [amount for label, amount, _ in rows if _SUM.search(label)]
    more = max(sums, default=0) - max(fees, default=0)
    for label, amount, row in rows if fees else ():
        if (
            not _SUM.search(label)
            and 0 < amount <= more + 0.001
            and _HAN.search(label)
            and not _MORE_PARKING.search(label)
        ):
            yield label, " ".join(row.split())[:40]


def added(text: str) -> str:
    """Return a row that adds to the sum something that is neither parking nor a charge for the place; or nothing."""
    return next((row for label, row in _added_rows(text) if not _FOR_THE_PLACE.search(label)), "")


def charged_for_the_place(bill: str, board: str) -> str:
    """Return a row that charges for the place itself (清洁费) and that the price board does not name; or nothing."""
    rows = ((label, row) for label, row in _added_rows(bill) if _FOR_THE_PLACE.search(label))
    return next((row for label, row in rows if label not in simplified(board)), "")


def billed(text: str) -> str:
    """Return a row of a bill that charges for something besides parking, or nothing."""
    for row in _ROW.finditer(simplified(_NEXT_ROW.sub(r"\1\n", text))):
        label = _TAKE_OFF.sub("", row["label"])
        if not _NOT_ZERO.search(row.group()[len(row["label"]) :]):
            continue
        sold = _OF_TRADE.search(label) or (len(_left(label)) >= 3 and not _CHARGE.search(label))
        if sold and not is_pay(label) and not denied(label):
            return " ".join(row.group().split())[:40]
    return added(text)


# A deed that must come before paying: "first … then pay".
_FIRST = re.compile(
    r"(?:请|需|须|必须)?先(?P<deed>[^。！？；]{2,24}?)[，,、]?\s*(?:再|后再|然后|才能|方可|才可)[^。！？；]{0,8}(?:缴费|付款|支付|查费|查询|交费|付费|缴纳|输入车牌)"
    r"|(?P<done>[^。！？；]{2,24}?)(?:完|后|完成)(?:之后)?(?:即可|就[可能]|才[能可]|方可)[^。！？；]{0,4}(?:缴费|付款|支付|交费|付费|费用|金额|账单)"
)


def asked_first(text: str) -> str:
    """Return what a sentence asks to be done before paying, if it has nothing to do with parking; or nothing."""
    for clause in clauses(text):
        found = _FIRST.search(clause)
        if found and not denied(clause) and not ELSEWHERE.search(clause):
            deed = found["deed"] or found["done"]
            left = _left(deed)
            if len(left) >= 2 and len(left) >= _UNEXPLAINED * len(_HAN.findall(deed)):
                return found.group()[:60]
    return ""


# By what means a page can have a driver do something, and what it may hold out for it. A sentence with both that is
# not explained by words of parking is a lure, whatever it calls the deed.
_MEANS = re.compile(
    r"扫|码|群(?!众|体)|点击|点此|点开|戳|搜|加(?=入|群|我|你|您|个|位|好友|微|企|客服|管家|店|购|助)|进(?!场|出|入?口|站)|发送|发到|发给|转发|截图|回复|关注|追踪|订阅|下载|安装|注册|登[录陆记]|报名|参与|参加|开通|试用|体验|咨询|入会|申领|升级|办(?!理处|公|法)|晒|点赞|打卡|申请(?=无感|代扣|免密|办|开)|组队|拼(?!音)|充值|开卡|预约|答题"
)
_MEANS_ONE = re.compile(  # a character alone: one inside a word of parking (查看, 领取) means nothing
    r"填|绑|抢(?!险|修|救)|领|拍|约|购|买|订|玩|看(?!守|车|到|见|清|管|护)|来(?!自|车|访|往|电)|逛"
)
_OWN_CODE = re.compile(r"(?:[输填录][入写]?.{0,2})?(?:[券劵]|优惠|减免|抵扣)[号码]")  # is held already
_GAIN = re.compile(
    r"更(?!换|改|正|新|衣)|省(?!份|市|级|道)|打?折(?!返|叠|合)|减(?!速)|(?<![发运接推寄配护输])送(?!站|货|客|医|达|至)|免费|免单|免停|月入|高薪|招募|招聘|日结|赠|赢|礼(?!堂|宾)|惊喜|福利(?!彩|院)|低价|划算|优惠|实惠|返(?!回|程|修)|抵(?!达)|半价|名额|便宜|红包|积分|奖|特权|专享|尊贵|特惠|快人一步|(?<![\d.])0元|零元|不花钱|独享|尊享|尊贵|专属(?!车位|通道|区)|秒杀|薅|鸡腿|白嫖|宠粉|不要钱|(?<!欣)赏(?!花|景|月|析)|赚|报销|↯|翻倍|加倍|好运|锦鲤|解锁|畅停|任停|免排队|不排队"
)
_FOR_CUSTOMERS = re.compile(
    r"消费|购物|满\s*\d|就诊|就餐|小票|凭.{0,6}(?:券|票|单|证)|核销|核减"
    r"|^(?!.*(?:扫|点击|注册|下载|关注|群|登录|绑)).*(?<![新老])(?:客户|顾客|客人|住客|患者|读者|学员|观众|旅客|业主|家属).{0,14}(?:免费|减免|免停|半价|优惠)"
)  # as a tariff says it
_LITTLE = 0.25  # of the Chinese characters of a sentence
_SOCIAL = re.compile(
    r"朋友圈|[集满]\s*\d*\s*个?\s*赞|点赞|好评|转发|发到.{0,4}群"
)  # no desk and no tariff excuses these
_MEANS_ENGLISH = re.compile(
    r"\b(?:join|follow (?:us|our)|download|install|subscribe|sign ?up|scan|register|share|invite|refer|link your|tap to (?!pay|continue|search|close)|collect|add our|(?:in|with) (?:the|our) app|rate (?:us|your)|turn on|text \w+ to \d+|\bwallet|review|upgrade|become|open (?:the|our) app|add us|get the app|enter (?:our|the) (?:draw|prize))\b",
    re.IGNORECASE,
)
_GAIN_ENGLISH = re.compile(
    r"↯|\bfree\b|\bsaves?\b|\d+ ?% off|quicker|discount|reward|\bwin\b|gift|faster|\bskip\b|offers?\b|\bdeals?\b|points|\bstars?\b|stamps?\b|\bmiles\b|rebate|cash ?back|voucher|coupon|\bperks?\b|benefits?|priority|cheaper|less\b|exclusive",
    re.IGNORECASE,
)


def lured(text: str) -> str:
    """Return the sentence that holds something out for a deed that is none of parking, or nothing."""
    for clause in map(eased, clauses(text)):
        if denied(clause):
            continue
        if _SOCIAL.search(clause) and _GAIN.search(clause):
            return clause.strip()[:60]
        if ELSEWHERE.search(clause) or _FOR_CUSTOMERS.search(clause):
            continue
        if _MEANS_ENGLISH.search(clause) and _GAIN_ENGLISH.search(clause):
            return clause.strip()[:60]
        asked = _OWN_CODE.sub(" ", clause)
        means = _MEANS.search(asked) or _MEANS_ONE.search(_OF_PARKING.sub(" ", asked))
        if not (means and _GAIN.search(clause)):
            continue
        left = _left(clause)
        if len(left) >= 3 and len(left) >= _LITTLE * len(_HAN.findall(clause)):
            return clause.strip()[:60]
    return ""


def holds_out(text: str) -> bool:
    """Return whether a text in simplified characters promises a gain and has nothing to do with parking."""
    gain = _GAIN.search(text) or _GAIN_ENGLISH.search(text)
    return bool(gain) and not (speaks_of_parking(text) or of_parking(text) or denied(text))


def explained(text: str) -> bool:
    """Return whether nearly all words of a text are of parking and paying."""
    plain = simplified(text)
    return len(_left(plain)) <= _LITTLE * len(_HAN.findall(plain))


def _left(plain: str) -> list[str]:
    """Return the Chinese characters that are left when all words that are of parking are taken out."""
    rest = _ENGLISH.sub(" ", _OF_PARKING.sub(" ", _CALENDAR.sub(" ", plain)))
    return [sign for sign in _HAN.findall(rest) if sign not in _PARTICLES]


def _strange_chinese(plain: str) -> bool:
    left = _left(plain)
    return len(left) >= 2 and len(left) >= _UNEXPLAINED * len(_HAN.findall(plain))


def _strange_english(plain: str) -> bool:
    words = [word for word in _WORD.findall(plain) if not _ARTICLES.search(word)]
    strange = [word for word in words if not _ENGLISH.search(word)]
    return not _HAN.search(plain) and len(strange) > len(words) / 2
