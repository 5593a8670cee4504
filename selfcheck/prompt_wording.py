"""What asks the driver for more than paying: sentences, buttons and posters that prompt.

A mention is not a prompt: "无需关注" and "请关注限高 2.1 米" ask for nothing. So each pattern needs the verb and
its object, is read within its clause, and a clause that denies, warns or reports is left out.
"""

import re

from selfcheck.clause_wording import COMMA, ELSEWHERE, clauses, denied, eased
from selfcheck.page_wording import is_pay
from selfcheck.plain_chinese import simplified

# Games of chance and chores that are rewarded: on a parking page they are lures, whatever stands beside them.
_GAME = (
    r"盲盒|[金银彩]蛋|转盘|抽奖|摸奖|开奖|中奖|手气|刮一刮|刮刮|刮奖|(?:每日|去|天天|今日|立即|连续)签到|签到(?:领|得|攒|送|有礼|赢|赚)|打卡|助力|砍(?:一刀|价|一砍)"
    r"|拼团|开团|组团|参团|集(?:赞|字|福|卡(?=.{0,6}[换赢抽得领]))|问卷|(?:小|满意度|有奖|用户|顾客|市场|消费)调[查研]|红包雨|夺宝|摇一摇|(?:缴费|付款|支付|停车|立即|参与|扫码)抽\s*(?:取|iphone|手机|华为|油卡|现金|[大豪好]礼|终身|[一全]年|免)|竞猜|闯关|做任务|任务(?:中心|赚|得)|赚(?:钱|豆|金币|积分|现金|元)|攒.{0,4}(?:豆|币|分|能量|里程)|瓜分|锦鲤|幸运|接龙|翻牌"
)

# Who one is, proved: no parking fee needs it.
_PROOF = r"(?:刷脸|人脸|实名|身份|活体|真人).{0,4}(?:认证|验证|核验|识别|登记)"

# On a button or link, a word or two say what it does.
_CONTROL_PROMPTS = {
    "游戏": _GAME,
    "身份认证": rf"{_PROOF}|刷脸|实名",
    "关注": r"^(?:请|先|立即|一键|点击|去|我已)*关注(?!点|限|安全|事项|路况)|关注(?:公众号|我们|微信|官方|服务号|有礼)|公众号|^wx-open-subscribe|(?<!\w)follow(?: us)?(?!\w)",
    "会员": r"(?<!非)会员(?!协议说明)|入会|贵宾|尊享|(?<![a-z])vip(?![a-z])|(?<!\w)(?<!non-)member(?:ship)?(?!\w)|^(?:个人|用户|车主)中心$|^我的(?:账[户号]|积分|卡包)$",
    "注册": r"注册(?!地|资本|号|商标|成立)|(?<!\w)(?:register|sign ?up)(?!\w)",
    "登录": r"登[录陆入](?!口)|(?<!\w)(?:log ?in|sign ?in)(?!\w)|(?:continue|sign|log) (?:in |up |on )?with (?!.*(?:pay|plate))|(?:用|使用|通过|以)(?:(?:微信|支付宝|QQ|手机|邮箱|苹果).{0,4}|.{0,10}[账帐][号户].{0,2})(?:继续|进入)",
    "授权": r"授权(?!经营|管理|书)|(?<!\w)authori[sz]e(?!d)",
    "手机号": r"(?:绑定|输入|填写|验证|获取|提供|使用(?!说明|方法|指南)|一键).{0,4}(?:手机|电话号)|(?:[说念报]出|留下).{0,4}(?:手机号|电话号)|(?:获取|发送)验证码|手机号(?:登录|快捷)|get code|(?:phone|mobile) number",
    "小程序": r"^wx-open-launch-weapp|(?:打开|进入|前往|使用|收藏|跳转).{0,8}小程序",
    "下载": r"^(?:apple-itunes|google-play)-app$|下载(?!.{0,6}(?:发票|凭证|收据|票据|账单|说明|须知|pdf))|安装.{0,4}app|打开.{0,6}app|app\s*内打开|^wx-open-launch-app|download(?! (?:the |your )?(?:invoice|receipt|pdf|bill))|install app|open in app",
    "领券": r"领券|领取(?!.{0,5}(?:卡|票|凭证|收据))|领.{0,4}(?:券|红包|礼|福利)|抢券|抢红包|拆红包|券包|红包|优惠券(?!抵扣|说明|规则)|(?<!使用)(?<!有)停车券(?!抵扣|说明|规则)|抽奖|福利|get coupon|claim",
    "开通": r"^(?:立即|马上|一键|去)?开通(?!时间|情况)|升级(?:为|到|成).{0,8}(?:停车|支付|会员|卡|服务)|先(?:离场|走|停).{0,4}后(?:付|扣|缴)|(?:开通|签约|办理|申请|购买|续费|升级).{0,6}(?:无感|代扣|免密|自动(?:扣费|缴费|支付)|月卡|年卡|季卡|储值|权益|服务)|(?:月卡|年卡|季卡|停车卡)(?:办理|购买|充值)|(?:subscribe|upgrade)(?!\w)",
    "绑定车辆": r"^(?:立即|马上|一键|去|现在)?绑定$|(?:绑定|添加|认证).{0,4}(?:车牌|号牌|车辆|爱车|[此本该]车|我的车)",
    "加好友": r"(?:加|进|入).{0,4}(?:群|好友|企微|企业微信|社群)|(?:添加|加).{0,4}(?:客服|管家|店长|顾问).{0,2}(?:微信|好友)|(?<!增)(?:添加|加)(?:停车|专属|车主)?小?管家|加微信",
    "订阅消息": r"(?:订阅|接收|开启|允许).{0,6}(?:消息|通知|提醒|推送)",
}

CONTROL_PROMPTS = {name: re.compile(rule, re.IGNORECASE) for name, rule in _CONTROL_PROMPTS.items()}

# In running text, the sentence itself has to ask: a verb that asks, and what for.
_ASK = r"(?:请|先|须|需|需要|必须|立即|马上|点击|长按|识别|扫码|扫描|快来|赶快|欢迎|即可|才能|方可|成为|加入|绑定|输入|填写|获取)"

# What is asked for besides paying, and what is held out for it: together they are a lure, whatever the words.
_DEED = (
    r"(?:(?:发到|发给|发送|转给|分享到).{0,6}(?:群|好友|朋友)|加入我们|下载|登记|办.{0,4}卡|开通.{0,6}(?:付|支付|扣费|服务)|(?:车主|实名|身份)认证|认证车主|邀请(?!函|信|卡)|签到|好评|参与|报名|升级|关注|注册|登[录陆]|登入|入会|绑定|签约|分享|转发|抽奖|充值|订阅|安装(?!了|有|的)|收藏|完善|截图|看.{0,2}(?:视频|广告)|集赞|评价|打卡"
    r"|(?:开通|签约).{0,8}(?:付|支付|扣费)|(?:成为|升级|加入|开通).{0,6}(?:会员|无感|免密|代扣|服务|权益|功能)|(?:加|进|入).{0,6}(?:群|好友|微信|企微)"
    r"|(?:购买|办理|领取|抢购).{0,4}(?:券|卡|套餐|权益|礼)|(?:打开|使用|下载|保存).{0,8}(?:小程序|app|客户端)|填写.{0,4}(?:手机|联系|资料|信息)|(?:app|小程序|客户端|公众号|服务号|生活号))"
)

_REWARD = (
    r"(?:↯|享受|减半|免排队|不花钱|秒速|秒离|减.{0,4}停车费|得.{0,6}(?:券|礼|积分|现金|红包)|立减|减免?\d|免费停|免停车|免单|赢|赠?送\d|送.{0,4}(?:券|积分|礼|时长|会员)|各?得\d|返现|报销|优惠|便宜|更(?:快|便捷|划算|方便|省)|\d(?:\.\d)?折"
    r"|半价|[立即专尊可]享|享[\d一二三两半]|好礼|大奖|福利|权益|不停车|不用停|免输|自动(?:填写|匹配|缴费|扣费)|停车金|低至|享.{0,6}(?:免费|折|权益|特权)|不排队|秒(?:过|付|离)|自动抬杆|下次(?:自动|免|不用)|第一时间|更多服务|先离场|后(?:扣费|付费))"
)

# What is given away. On a button it is a lure whatever the deed, and so is a bargain; in a sentence too, unless
# it is what a tariff grants to customers.
_GIFT = (
    r"(?:(?<![接运护配寄报])送|赠送?|[各可获立再]得|返(?!回)|抽|赢|兑换?|瓜分|奖励|抢|立减|立省|再减)\s*(?:您|你)?\s*[一二两三四五六七八九十\d.]*\s*(?:元|张|次|小时|天|个)?\s*"
    r"(?:免费)?[\u4e00-\u9fff]{0,4}?(?:券|积分|礼|红包|时长|停车金|名额|现金|话费|油|豆|里程|金币|能量|元|小时)"
)

_GIFT += r"|得\s*\d+\s*(?:豆|积分|分|币|里程)|[充存]值?\s*\d+\s*元?[，,]?\s*[送赠返得]\s*\d+"

GIFT = re.compile(_GIFT)

BARGAIN = re.compile(rf"{_GIFT}|(?<![\d.])\d(?:\.\d)?\s*折|买一送一|低至|半价|0元(?:领|购)")

_FOR_CUSTOMERS = re.compile(r"消费|购物|满\s*\d|就诊|就餐|小票|凭.{0,6}(?:券|票|单)")  # as a tariff says it

_SENTENCE_PROMPTS = {
    "游戏": _GAME,
    "身份认证": rf"(?:请|先|须|需|必须|完成|通过|进行|点击|立即|去).{{0,6}}{_PROOF}|{_PROOF}.{{0,6}}(?:后|方可|才)",
    "登记": r"(?:登记|完善|填写|补充).{0,8}(?:信息|资料|手机|联系|身份).{0,4}(?:后|方可|才)|(?:请|先|须|需要?|必须|点击|首次).{0,8}(?:登记|完善|补充|实名|填写).{0,4}(?:车主|个人|身份|资料|信息|认证)",
    "权限": r"(?<![未没已])(?<!没有)(?:允许|授权|开启|打开).{0,6}(?:位置|定位|相机|麦克风|通知权限)",
    "小程序": r"(?<!也可)(?<!也能)(?:请|欢迎|可|须|去|直接)(?:进入|打开|使用|搜索|前往|点击)[^，。；\n]{0,14}小程序",
    "先决": r"(?:未|没有?)(?:关注|注册|登录|绑定|认证|实名|入会|开通|授权)(?!的?车辆)(?:的)?(?:用户|车主|客户|者|手机号?)?.{0,6}(?:不能|不可|无法|暂不|不支持|不予|无权)",
    "识别图片": r"长按(?!.{0,12}(?:付|缴|保存|凭证|发票|复制)).{0,8}(?:图|码)",
    "收藏": r"(?:点亮|设为|添加).{0,4}(?:小程序|星标)|(?:点击|请|长按|欢迎).{0,8}收藏(?!好)|收藏(?:本页|本店|小程序)",
    "优惠": r"随机立减|限时(?:福利|特惠|抢|领)|先到先得|新(?:用户|人|车主).{0,6}(?:立减|免|减|礼|券|享)|首单.{0,4}(?:减|免|折)",
    "关注": r"关注\s*[“「『《【\"](?![^”」』》】\"\n]*(?:限|口|标))[^”」』》】\"\n]{2,16}[”」』》】\"](?!.{0,4}(?:标|牌|字|指示|提示))|关注.{0,8}(?:公众号|服务号|订阅号|官方微信|微信号|视频号|抖音|快手|小红书|微博)|(?:公众号|服务号).{0,10}(?:关注|领|享)|关注(?:我们|后)|follow (?:us|our)",
    "会员": rf"{_ASK}.{{0,8}}会员|(?:仅限|只限|限)会员|会员(?:专用|才能|方可)|(?:请|先|须)入会|会员(?!日?(?:减免|抵扣)).{{0,8}}(?:免费|立减|优惠|折|专享|尊享|享|价|减|送)|(?:注册|成为|加入|开通).{{0,4}}会员|入会.{{0,6}}(?:享|送|减|优惠)|会员(?:登录|中心|注册|专区)|非会员.{{0,8}}(?:加收|另收|多付|原价|不享|不减)|(?:升级|成为|开通|加入).{{0,6}}(?:VIP|贵宾)|become a member|(?:members?|join).{{0,20}}(?:free|save|off|discount|reward)",
    "注册": r"(?:请|先|须|需要?|必须|立即|点击|扫码|完成).{0,4}注册(?!地|资本|号|商标)|注册.{0,6}(?:后|即|送|享|账号|用户)|(?:please|must) (?:register|sign up)|sign ?up (?:to|for)\b|create (?:an|your) account",
    "登录": r"(?:请|先|须|需要?|必须|立即|点击|扫码|微信|一键|手机号?|账号|尚未|未).{0,4}登[录陆入]|登[录陆入].{0,4}(?:后|才|方|即可|领取|享|查看)|(?:please|must) (?:log ?in|sign ?in)|(?:log|sign) ?in (?:to|first|before)\b",
    "授权": r"(?:请|先|须|需要?|点击|同意|允许|申请|获取).{0,6}授权|授权.{0,6}(?:后|登录|手机|获取|微信)|authori[sz]e (?:this|us|your)",
    "手机号": r"(?:请|先|须|需要?|必须|立即|绑定|输入|填写|验证|获取|提供).{0,6}(?:手机号|手机号码|验证码)|(?:凭|用|以)手机号|绑定.{0,3}(?:手机|账号|微信)|(?:手机号|验证码).{0,8}(?:获取|发送|登录|后缴|才能)|(?:enter|your|verify).{0,12}(?:phone|mobile) number|(?:leave|give|enter|add|tell us) (?:us )?your (?:cell |contact )?(?:number|e-?mail)",
    "下载": r"(?:请|先|须|需要?|立即|点击|扫码|欢迎|快来)?.{0,4}(?:下载|安装|打开).{0,10}(?:app|客户端|应用)|download (?:the |our )?app",
    "领券": r"(?:请|先|立即|点击|扫码|可|免费|即可|快来|关注|注册).{0,6}(?:领取?|抢|拆).{0,8}(?:券|红包|福利|礼)|(?:^|[^券])领券|领取?.{0,6}(?:优惠券|停车券|红包|福利|礼[包遇品]|抵[用扣]金|代金|停车金|补贴)|优惠券包|抢红包|[放派抢]券|福利社|(?:待|未|可)领取|红包口令|口令红包|coupon pack",
    "开通": r"(?:请|先|须|立即|点击|欢迎|快来|一键).{0,4}(?:开通|签约|办理).{0,6}(?:无感|代扣|免密|自动(?:扣费|缴费|支付|扣款)|月卡|年卡|储值)|(?:开通|签约|申请)先.后付|(?:开通|签约|申请|绑定|开启)(?:无感|代扣|免密|自动扣费|自动缴费).{0,12}(?:↯|立减|优惠|更快|秒过|不用|享|送)",
    "绑定车辆": r"车牌.{0,4}(?:存进|存入|加入|保存到).{0,6}(?:账户|账号)|绑定.{0,4}(?:车牌|号牌|车辆|爱车).{0,8}(?:享|送|领|减|优惠|免|后|才|即)|(?:请|先|须|立即|点击).{0,4}(?:绑定|添加|认证).{0,4}(?:车牌|车辆|爱车)",
    "加好友": r"(?:联系|添加|加)(?:我们|客服|管家)?的?微信.{0,6}(?:获取|领|享|优惠)|(?:车友|车主|业主|粉丝|福利|优惠|羊毛|团购|互助|交流|聊天|停车)群|(?:添加|加)(?:我|我们|客服|管家|店长|老板|车主)?微信(?!支付|付款|扫|端)|(?:扫|长按|点击|识别|请|快).{0,8}(?:加|进|入).{0,6}(?:群|好友|企微|企业微信|社群)|(?:加入|进|入).{0,6}群.{0,8}(?:领|享|送|优惠|减)|(?<!增)(?:添加|加)(?:停车|专属|车主)?(?:小?管家|小助手|企微|企业微信)(?:后|才|即|领|享)",
    "订阅消息": r"(?<![不未])订阅(?!号)|(?:同意|接收).{0,8}(?:短信|推送|营销|推广|消息)|(?:(?:请|点击|立即)?(?:开启|打开)|(?:请|点击|立即)允许|允许(?:本页|我们)?(?:发送|推送))[^灯门窗，]{0,6}(?:消息|通知|提醒|推送)(?!标|牌)",
}

SENTENCE_PROMPTS = {name: re.compile(rule, re.IGNORECASE) for name, rule in _SENTENCE_PROMPTS.items()}

LURE_SENTENCE = re.compile(
    rf"{_DEED}.{{0,16}}{_REWARD}"
    r"|\b(?:sign ?up|log ?in|register|subscribe|join|follow|download)\b.{0,24}\b(?:to (?:get|pay|save|continue|unlock)|free|save|discount|off|rewards?)\b",
    re.IGNORECASE,
)

# What a person agrees to beside paying, as the label of a choice.
CONSENT = re.compile(
    r"(?<!不)同意|接[收受]|愿意|订阅|推送|短信|会员|(?<!风)险|安心|加购|优惠|营销|(?<!不)开通|签约"
    r"|\b(?:i agree|subscribe|newsletter|offers|promotions?|marketing|deals|send me|sign me up|keep me (?:posted|informed))\b",
    re.IGNORECASE,
)

LURE = re.compile(
    r"领|券|(?<!非)会员|入会|福利|红包|保险|投保|意外险|保额|免单|抽奖|开通|续费|1\s*元购|先.{0,4}再|加购|办卡|套餐|开卡|购买|权益|礼包|升级|尊享|含[^)）]{0,6}保障|coupon|(?<!non-)(?<!non)member|insurance",
    re.IGNORECASE,
)


def prompts_in(text: str) -> dict[str, str]:
    """Return the prompts that sentences make: which, and the clause that makes it."""
    found: dict[str, str] = {}
    for clause in clauses(text):
        if (threat := _THREAT.search(clause)) and not ELSEWHERE.search(clause):
            found.setdefault("先决", threat.group())
        for part in _not_denied(clause):
            named = [name for name, rule in SENTENCE_PROMPTS.items() if rule.search(part)]
            if not named and _COMPANY.search(part) and _JOINS.search(part):  # in either order
                named.append("加好友或关注")
            gift = GIFT.search(part) and not _FOR_CUSTOMERS.search(clause)
            lures = LURE_SENTENCE.search(part) or gift
            for name in named or (["优惠"] if lures else []):
                found.setdefault(name, " ".join(clause.split())[:60])
    return found


# Without a deed no service: a demand in the words of a denial.
_THREAT = re.compile(
    r"[不未](?:先)?(?:注册|登录|登陆|关注|绑定|授权|开通|加入|认证|入会|下载)[^，,。]{0,8}?(?:将|就|则|便|的)?(?:无法|不能|不可|不得)(?=.{0,8}(?:缴费|缴纳|付款|支付|查询|享受|使用|线上|继续))(?!.{0,4}会员)"
)

_COMPANY = re.compile(
    r"企业微信|企微|微信群|车友群|社群|粉丝群|公众号|服务号|订阅号|视频号|生活号|小红书|抖音|快手|微博|(?:停车|专属|车主)小?管家|助手|助理|官方账号|官方帐号|粉丝专页|\bLINE\b|WhatsApp|Telegram|Instagram|Facebook|TikTok"
)

_JOINS = re.compile(r"添加|加入|追踪|关注|扫码|扫一扫|长按|识别二维码|搜索|搜一搜|订阅|点亮|收藏|进入")


# A list whose last words deny all of it: 抽奖、领券等一概没有.
_LIST_DENIED = re.compile(
    r"[^，,；;]+、[^，,；;]{0,40}(?:没有|不(?:设|做|搞|含|收|提供|涉及|需要|要求|推送)|[均皆概都也]无|none)[了的]?(?=$|[，,；;])"
)


def _not_denied(clause: str) -> list[str]:
    """Return what a clause says without the parts that deny; a denial holds for the list that follows it."""
    if ELSEWHERE.search(clause):
        return []
    clause = _LIST_DENIED.sub(" ", eased(clause))
    if not denied(clause):
        return [clause]
    left, listing, mark = [], False, ""
    for part in re.split(f"({COMMA.pattern})", clause):
        if COMMA.fullmatch(part):
            mark = part
            continue
        denies = denied(part)
        names_prompt = any(rule.search(part) for rule in CONTROL_PROMPTS.values())
        listed = mark == "、" and not _ENDS_LIST.search(part)
        if not denies and not (listing and (names_prompt or listed)):
            left.append(part)
        listing = (denies or listing) and (names_prompt or listed or denies)
    return left


# What follows in a list is denied with it, unless it says what one gets by it.
_ENDS_LIST = re.compile(r"即[可享得]|就[能可]|[立专尊可]享|立减|优惠|更|[缴付]费|付款|[才便]能|一键|直接")


# What a poster's headlines may ask for in a word or two, as a button does. Nouns alone (会员) ask for nothing.
_POSTER_PROMPTS = {"游戏", "优惠", "小程序", "下载", "领券", "开通", "绑定车辆", "加好友", "订阅消息"}


def prompts_on_poster(text: str) -> dict[str, str]:
    """Return the prompts in the text of a picture: its sentences, and its lines, which are headlines."""
    found = prompts_in(text)
    for line in text.splitlines():
        if (name := prompt_of_control(line)) in _POSTER_PROMPTS:
            found.setdefault(name, " ".join(line.split())[:60])
    return found


# A coupon that the driver holds already, and gives: by its code, or asked whether there is one. And what takes one.
_OWN_COUPON = re.compile(
    r"(?:优惠|停车|减免|抵扣|抵用|代金)[券劵](?=[码号])|(?:(?<![您你])有|手[里上中]|持有?|给的|使用|选择|选用|更换|输入|填写|出示|纸质).{0,10}(?:优惠|停车|减免|抵扣|抵用|代金)[券劵](?=.{0,6}(?:[?？吗]|选填|抵扣|码|号|$))"
)
_TAKES = re.compile(r"领|抢|拆|免费|获|赢|赠|送|[可得]得|得到|待|张|想要|claim|get", re.IGNORECASE)


def without_own_coupon(label: str) -> str:
    """Return a label, or a part of one, without the words for a coupon that the driver holds already."""
    return label if _TAKES.search(label) else _OWN_COUPON.sub("", label)


def lures(text: str) -> bool:
    """Return whether a label holds out or sells something in a part that denies nothing: 不开通，直接支付 does not."""
    return any(map(LURE.search, _not_denied(simplified(text))))


def prompt_of_control(text: str) -> str:
    """Return which prompt a button or link makes, or nothing."""
    plain = re.sub(r"^[\W_]+", "", simplified(text)).strip()  # a sign before the words changes nothing
    parts = _not_denied(plain)
    prompts = CONTROL_PROMPTS.items()
    named = next(
        (name for name, rule in prompts if any(map(rule.search, map(without_own_coupon, parts)))), ""
    )
    return named or ("优惠" if any(map(BARGAIN.search, parts)) and not is_pay(plain) else "")
