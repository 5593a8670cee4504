"""What the words on a page mean: a prompt to join, a button to pay, a price, a payee.

A mention is not a prompt: "无需关注" and "请关注限高 2.1 米" ask for nothing. So each pattern needs the verb and
its object, is read within its clause, and a clause that denies, warns or reports is left out. Traditional
characters are read as simplified ones.
"""

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from selfcheck.qr_codes import Code
from selfcheck.visit import Overlay, Screen

_TRADITIONAL = (
    str.maketrans(
        "關註冊會員領優惠紅號碼獲驗證機授權錄車牌費繳請點擊載開啟應繼續確認標準時間單位電話訴說個資訊隱營運經場無須後從過專價廣產業選擇備歷記錄圖區層樓動態線結算帳戶實現與務進離剛錢查詢條規則沒這還發票據憑證統一編寫條長減贈禮積換兌獎勵掃維識別為處辦鍵鈕",
        "关注册会员领优惠红号码获验证机授权录车牌费缴请点击载开启应继续确认标准时间单位电话诉说个资讯隐营运经场无须后从过专价广产业选择备历记录图区层楼动态线结算账户实现与务进离刚钱查询条规则没这还发票据凭证统一编写条长减赠礼积换兑奖励扫维识别为处办键钮",
    )
    | str.maketrans(
        "視頻訂閱購滿額綁連鎖簽約儲級續預試駕報險貸傳張邀參熱賺輛愛駛齡羣搶樂覽導雲樣圍課術養樓號軟體關閉眾貴賓禮憑",
        "视频订阅购满额绑连锁签约储级续预试驾报险贷传张邀参热赚辆爱驶龄群抢乐览导云样围课术养楼号软体关闭众贵宾礼凭",
    )
    | str.maketrans(
        "曆盤麼稅網覺讓請訊們來對時會過裡裏東車頭電話廳鎮縣國門開閉閱讀寫檢測試驗證號碼單據貨櫃檯臺灣龍鳳鳥魚馬鹽麥黃點齊齒歲歷紀約級純紙紅細終組結絡給統絲經綠維緊線編緣縮總績織繼續罰職聯聲聽肅臨舊艙藝節蘋藥處號衛裝補複見規視親觀計訂討訓記設許訴診評詞詳語誤說調談論諾謝譯議護負財貢貧販責貴買費貼賀賓賠賞賢質賴購贈趕趙跡踐車軌軍軟較輕載輔輛輝輪輸轄轉辦邊遠適遲選遞郵鄉釋鈔鈴鈕鉛銀銅銷鋒鋼錄錢錯鍵鎖鏡鐘鐵鑰長閃閒間閘閣關闆陣陰陳陸陽隊階際隨險隱雙雜離難雲電靈靜頁頂項順須預頓頗領頻題額顏願類顧顯風飛飯飲館駐駛駕騎驚驗體髮鬧魯鮮麗黨",
        "历盘么税网觉让请讯们来对时会过里里东车头电话厅镇县国门开闭阅读写检测试验证号码单据货柜台台湾龙凤鸟鱼马盐麦黄点齐齿岁历纪约级纯纸红细终组结络给统丝经绿维紧线编缘缩总绩织继续罚职联声听肃临旧舱艺节苹药处号卫装补复见规视亲观计订讨训记设许诉诊评词详语误说调谈论诺谢译议护负财贡贫贩责贵买费贴贺宾赔赏贤质赖购赠赶赵迹践车轨军软较轻载辅辆辉轮输辖转办边远适迟选递邮乡释钞铃钮铅银铜销锋钢录钱错键锁镜钟铁钥长闪闲间闸阁关板阵阴陈陆阳队阶际随险隐双杂离难云电灵静页顶项顺须预顿颇领频题额颜愿类顾显风飞饭饮馆驻驶驾骑惊验体发闹鲁鲜丽党",
    )
    | str.maketrans(
        "礙擔歸廢擴慶遊戲嗎廠廁築鋪煙藍橋島嶺濟滬漢滅潔潤瀏灑燈燒爐牆獨獻畫異療盡監磚競筆範籃糧糾紋納紹絕綜綱練繞羅義習聖聞膽臉華萬葉薦蘭蟲褲觸託訪詐誇誌誘誠諸譽變豐貓賊賜輯農週達違遙遺鄰醫針鉤錶錦鍋鑽隻雞霧韓響飾餅餘饋馳騙騰鬆籌係佔僅償兒內兩凍刪創劃劑勞勢匯協叢問喚嚮嚴團園塊塗墊壓壞壯壽夠夾奪妝姍娛婦媽孫學寢審寬寶將尋屆屬崗幣幫幹幾庫廚廢強彈彙徑復徵慣慮憂憶懇懸懷拋挾捨掛採揮損搖撥撫擁擋擠攜攝攤敗敘數斷於昇曉曬書朧棄極榮構槍樹橫檔櫥歐歡殘殼毀氣決沖況淨淺湯溝溫滲漁漲濕濾灘燙爺牽狀猶環畢當疊痺盜睏瞭礦禦種稱穀穩窮竊筍簡籤糰紐紗紮綺緩縱腦腳膚興舉蓋蔣蕭蘊虛蝦衝製襯覓",
        "碍担归废扩庆游戏吗厂厕筑铺烟蓝桥岛岭济沪汉灭洁润浏洒灯烧炉墙独献画异疗尽监砖竞笔范篮粮纠纹纳绍绝综纲练绕罗义习圣闻胆脸华万叶荐兰虫裤触托访诈夸志诱诚诸誉变丰猫贼赐辑农周达违遥遗邻医针钩表锦锅钻只鸡雾韩响饰饼余馈驰骗腾松筹系占仅偿儿内两冻删创划剂劳势汇协丛问唤向严团园块涂垫压坏壮寿够夹夺妆姗娱妇妈孙学寝审宽宝将寻届属岗币帮干几库厨废强弹汇径复征惯虑忧忆恳悬怀抛挟舍挂采挥损摇拨抚拥挡挤携摄摊败叙数断于升晓晒书胧弃极荣构枪树横档橱欧欢残壳毁气决冲况净浅汤沟温渗渔涨湿滤滩烫爷牵状犹环毕当叠痹盗困了矿御种称谷稳穷窃笋简签团纽纱扎绮缓纵脑脚肤兴举盖蒋萧蕴虚虾冲制衬觅",
    )
    | {
        full: full - 0xFEE0
        for full in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    }
)
_NICKNAMES = (
    (re.compile(r"(?<![a-z])(?:vx|v信|wx|weixin)(?![a-z:./-])|[薇威徽卫维]信", re.IGNORECASE), "微信"),
    (re.compile(r"[闗関]\s?[注註紸]|guan\s?zhu", re.IGNORECASE), "关注"),
    (re.compile(r"[\u2795]|＋(?=微|群|好友)"), "加"),
    (re.compile(r"(?<=[车惠金领取])[卷劵](?=领|[，,。！!、\s]|$)|[卷劵](?=名额|限量|已到账|大派送)"), "券"),
    (re.compile(r"[观関][注住]|关[住柱]"), "关注"),
    (re.compile(r"公[仲種]号|公众[呺昊]|gzh", re.IGNORECASE), "公众号"),
)
_HAN = r"[\u4e00-\u9fff]"
# Words pulled apart: by signs between two characters, by a space between each two, by a space at a number.
_PULLED_APART = re.compile(
    rf"(?<={_HAN})[★☆●○◆◇■□♥❤•*_~^]+(?={_HAN})|(?<={_HAN})[ \t\u3000]+(?=\d)|(?<=\d)[ \t\u3000]+(?={_HAN})"
)
_SPELLED_OUT = re.compile(rf"(?<!{_HAN})(?:{_HAN}[ \t\u3000\n]+){{2,}}{_HAN}(?!{_HAN})")
_TWO_APART = re.compile(
    rf"^\s*({_HAN})[ \t\u3000]+({_HAN})\s*$", re.MULTILINE
)  # as on the buttons of old pages
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")


def simplified(text: str) -> str:
    """Return the text in simplified characters and plain digits, with words that were pulled apart joined."""
    plain = _PULLED_APART.sub("", _INVISIBLE.sub("", text.translate(_TRADITIONAL)))
    for nickname, name in _NICKNAMES:
        plain = nickname.sub(name, plain)
    plain = _TWO_APART.sub(r"\1\2", plain)
    return _SPELLED_OUT.sub(lambda found: re.sub(r"\s", "", found.group()), plain)


# Games of chance and chores that are rewarded: on a parking page they are lures, whatever stands beside them.
_GAME = (
    r"盲盒|[金银彩]蛋|转盘|抽奖|摸奖|开奖|中奖|手气|刮一刮|刮刮|刮奖|(?:每日|去|天天|今日|立即|连续)签到|签到(?:领|得|攒|送|有礼|赢|赚)|打卡|助力|砍(?:一刀|价|一砍)"
    r"|拼团|开团|组团|参团|集(?:赞|字|福|卡(?=.{0,6}[换赢抽得领]))|问卷|红包雨|夺宝|摇一摇|竞猜|闯关|做任务|任务(?:中心|赚|得)|赚(?:钱|豆|金币|积分|现金|元)|攒.{0,4}(?:豆|币|分|能量|里程)|瓜分|锦鲤|幸运|接龙|翻牌"
)
# Who one is, proved: no parking fee needs it.
_PROOF = r"(?:刷脸|人脸|实名|身份|活体|真人).{0,4}(?:认证|验证|核验|识别|登记)"
# On a button or link, a word or two say what it does.
_CONTROL_PROMPTS = {
    "游戏": _GAME,
    "身份认证": rf"{_PROOF}|刷脸|实名",
    "关注": r"^(?:请|先|立即|一键|点击|去|我已)*关注(?!点|限|安全|事项|路况)|关注(?:公众号|我们|微信|官方|服务号|有礼)|公众号|^wx-open-subscribe|(?<!\w)follow(?: us)?(?!\w)",
    "会员": r"会员(?!协议说明)|入会|贵宾|尊享|(?<![a-z])vip(?![a-z])|(?<!\w)member(?:ship)?(?!\w)",
    "注册": r"注册(?!地|资本|号|商标|成立)|(?<!\w)(?:register|sign ?up)(?!\w)",
    "登录": r"登[录陆入](?!口)|(?<!\w)(?:log ?in|sign ?in)(?!\w)|(?:continue|sign|log) (?:in |up |on )?with (?!.*(?:pay|plate))|(?:用|使用|通过|以)(?:微信|支付宝|QQ|手机|邮箱|苹果).{0,4}(?:继续|进入)",
    "授权": r"授权(?!经营|管理|书)|(?<!\w)authori[sz]e(?!d)",
    "手机号": r"(?:绑定|输入|填写|验证|获取|提供|使用|一键).{0,4}(?:手机|电话号)|(?:获取|发送)验证码|手机号(?:登录|快捷)|get code|(?:phone|mobile) number",
    "小程序": r"^wx-open-launch-weapp|(?:打开|进入|前往|使用|收藏|跳转).{0,8}小程序",
    "下载": r"^(?:apple-itunes|google-play)-app$|下载(?!.{0,6}(?:发票|凭证|收据|票据|账单|说明|须知|pdf))|安装.{0,4}app|打开.{0,6}app|app\s*内打开|^wx-open-launch-app|download(?! (?:the |your )?(?:invoice|receipt|pdf|bill))|install app|open in app",
    "领券": r"领券|领取(?!.{0,5}(?:卡|票|凭证|收据))|领.{0,4}(?:券|红包|礼|福利)|抢券|抢红包|拆红包|券包|红包|优惠券(?!抵扣|说明|规则)|(?<!使用)(?<!有)停车券(?!抵扣|说明|规则)|抽奖|福利|get coupon|claim",
    "开通": r"^(?:立即|马上|一键|去)?开通(?!时间|情况)|升级(?:为|到|成).{0,8}(?:停车|支付|会员|卡|服务)|先(?:离场|走|停).{0,4}后(?:付|扣|缴)|(?:开通|签约|办理|申请|购买|续费|升级).{0,6}(?:无感|代扣|免密|自动(?:扣费|缴费|支付)|月卡|年卡|季卡|储值|权益|服务)|(?:月卡|年卡|季卡|停车卡)(?:办理|购买|充值)|(?:subscribe|upgrade)(?!\w)",
    "绑定车辆": r"(?:绑定|添加|认证).{0,4}(?:车牌|号牌|车辆|爱车)",
    "加好友": r"(?:加|进|入).{0,4}(?:群|好友|企微|企业微信|社群)|(?:添加|加).{0,4}(?:客服|管家|店长|顾问).{0,2}(?:微信|好友)|加微信",
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
    "权限": r"(?:允许|授权|开启|打开).{0,6}(?:位置|定位|相机|麦克风|通知权限)",
    "小程序": r"(?<!也可)(?<!也能)(?:请|欢迎|可|须|去|直接)(?:进入|打开|使用|搜索|前往|点击)[^，。；\n]{0,14}小程序",
    "先决": r"(?:未|没有?)(?:关注|注册|登录|绑定|认证|实名|入会|开通|授权)(?!的?车辆)(?:的)?(?:用户|车主|客户|者|手机号?)?.{0,6}(?:不能|不可|无法|暂不|不支持|不予|无权)",
    "识别图片": r"长按(?!.{0,12}(?:付|缴|保存|凭证|发票|复制)).{0,4}(?:图|码)",
    "收藏": r"(?:点亮|设为|添加).{0,4}(?:小程序|星标)|(?:点击|请|长按|欢迎).{0,8}收藏(?!好)|收藏(?:本页|本店|小程序)",
    "优惠": r"随机立减|限时(?:福利|特惠|抢|领)|先到先得|新(?:用户|人|车主).{0,6}(?:立减|免|减|礼|券|享)|首单.{0,4}(?:减|免|折)",
    "关注": r"关注.{0,8}(?:公众号|服务号|订阅号|官方微信|微信号|视频号|抖音|快手|小红书|微博)|(?:公众号|服务号).{0,10}(?:关注|领|享)|关注(?:我们|后)|follow (?:us|our)",
    "会员": rf"{_ASK}.{{0,8}}会员|(?:仅限|只限|限)会员|会员(?:专用|才能|方可)|(?:请|先|须)入会|会员(?!日?(?:减免|抵扣)).{{0,8}}(?:免费|立减|优惠|折|专享|尊享|享|价|减|送)|(?:注册|成为|加入|开通).{{0,4}}会员|入会.{{0,6}}(?:享|送|减|优惠)|会员(?:登录|中心|注册|专区)|非会员.{{0,8}}(?:加收|另收|多付|原价|不享|不减)|(?:升级|成为|开通|加入).{{0,6}}(?:VIP|贵宾)|become a member|(?:members?|join).{{0,20}}(?:free|save|off|discount|reward)",
    "注册": r"(?:请|先|须|需要?|必须|立即|点击|扫码|完成).{0,4}注册(?!地|资本|号|商标)|注册.{0,6}(?:后|即|送|享|账号|用户)|(?:please|must) (?:register|sign up)|sign ?up (?:to|for)\b|create (?:an|your) account",
    "登录": r"(?:请|先|须|需要?|必须|立即|点击|扫码|微信|一键|手机号?|账号|尚未|未).{0,4}登[录陆入]|登[录陆入].{0,4}(?:后|才|方|即可|领取|享)|(?:please|must) (?:log ?in|sign ?in)|(?:log|sign) ?in (?:to|first|before)\b",
    "授权": r"(?:请|先|须|需要?|点击|同意|允许|申请|获取).{0,6}授权|授权.{0,6}(?:后|登录|手机|获取|微信)|authori[sz]e (?:this|us|your)",
    "手机号": r"(?:请|先|须|需要?|必须|立即|绑定|输入|填写|验证|获取|提供).{0,6}(?:手机号|手机号码|验证码)|(?:凭|用|以)手机号|绑定.{0,3}(?:手机|账号|微信)|(?:手机号|验证码).{0,8}(?:获取|发送|登录|后缴|才能)|(?:enter|your|verify).{0,12}(?:phone|mobile) number|(?:leave|give|enter|add|tell us) (?:us )?your (?:cell |contact )?(?:number|e-?mail)",
    "下载": r"(?:请|先|须|需要?|立即|点击|扫码|欢迎|快来)?.{0,4}(?:下载|安装|打开).{0,10}(?:app|客户端|应用)|download (?:the |our )?app",
    "领券": r"(?:请|先|立即|点击|扫码|可|免费|即可|快来|关注|注册).{0,6}(?:领取?|抢|拆).{0,8}(?:券|红包|福利|礼)|(?:^|[^券])领券|领取?.{0,6}(?:优惠券|停车券|红包|福利|礼包)|优惠券包|抢红包|[放派抢]券|福利社|(?:待|未|可)领取|红包口令|口令红包|coupon pack",
    "开通": r"(?:请|先|须|立即|点击|欢迎|快来|一键).{0,4}(?:开通|签约|办理).{0,6}(?:无感|代扣|免密|自动(?:扣费|缴费|支付|扣款)|月卡|年卡|储值)|(?:开通|签约|申请|绑定|开启)(?:无感|代扣|免密|自动扣费|自动缴费).{0,12}(?:↯|立减|优惠|更快|秒过|不用|享|送)",
    "绑定车辆": r"车牌.{0,4}(?:存进|存入|加入|保存到).{0,6}(?:账户|账号)|绑定.{0,4}(?:车牌|号牌|车辆|爱车).{0,8}(?:享|送|领|减|优惠|免|后|才|即)|(?:请|先|须|立即|点击).{0,4}(?:绑定|添加|认证).{0,4}(?:车牌|车辆|爱车)",
    "加好友": r"(?:联系|添加|加)(?:我们|客服|管家)?的?微信.{0,6}(?:获取|领|享|优惠)|(?:车友|车主|业主|粉丝|福利|优惠|羊毛|团购|互助|交流|聊天|停车)群|(?:添加|加)(?:我|我们|客服|管家|店长|老板|车主)?微信(?!支付|付款|扫|端)|(?:扫|长按|点击|识别|请|快).{0,8}(?:加|进|入).{0,6}(?:群|好友|企微|企业微信|社群)|(?:加入|进|入).{0,6}群.{0,8}(?:领|享|送|优惠|减)",
    "订阅消息": r"(?<![不未])订阅(?!号)|(?:同意|接收).{0,8}(?:短信|推送|营销|推广|消息)|(?:(?:请|点击|立即)?(?:开启|打开)|(?:请|点击|立即)允许)[^灯门窗，]{0,6}(?:消息|通知|提醒|推送)(?!标|牌)",
}
SENTENCE_PROMPTS = {name: re.compile(rule, re.IGNORECASE) for name, rule in _SENTENCE_PROMPTS.items()}
LURE_SENTENCE = re.compile(
    rf"{_DEED}.{{0,16}}{_REWARD}"
    r"|\b(?:sign ?up|log ?in|register|subscribe|join|follow|download)\b.{0,24}\b(?:to (?:get|pay|save|continue|unlock)|free|save|discount|off|rewards?)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"无需|无须|毋|不需|不须|不用|不必|不要|不会|不收|不强制|不获取|不采集|不提供|不以|不得|不再|绝不|决不|从不|免(?:关注|注册|登录|下载)|没有|非必须|无关|勿|切勿|谨防|警惕|请勿|拒绝|禁止|不.{0,3}(?:赠|送|推|领|抽|要求|索|绑|下载|关注|注册|登[录陆]|授权|加入|收集|采集|得到|返)|未经|已(?:领取|使用|抵扣|减免)|不(?:领|加|开通|买|卖|做|搞|设|区?分|办理?|含|参与|另收|加收|涉及|出售|推销|推荐)|无(?:任何)?(?:广告|会员|注册|关注|登[录陆]|下载|积分|优惠|券|弹窗|捆绑|推广|抽奖|红包|充值)|撤销|注销|诈骗|假冒|随时可"
    r"|\bno\b|\bnot\b|\bnothing\b|\bnever\b|\bwithout\b|don't|do not",
    re.IGNORECASE,
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
    r"|由.{1,8}(?:登记|核销|核减|录入|办理)|(?:到|至|去|前往|在|于|向|由|经|联系|咨询).{0,10}(?:服务台|前台|岗亭|管理处|管理室|警卫室|值班室|售票处|客服中心|收费处|物业|柜台|现场人员)"
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

# What a person agrees to beside paying, as the label of a choice.
CONSENT = re.compile(
    r"(?<!不)同意|接收|订阅|推送|短信|会员|(?<!风)险|安心|加购|优惠|营销|(?<!不)开通|签约", re.IGNORECASE
)

PAY = re.compile(r"支付|缴费|付款|付费|去付|交费|结算|买单|(?<!\w)pay(?!ee|ment m|ment is)", re.IGNORECASE)
_NOT_PAY = re.compile(
    r"方式|说明|记录|查询|协议|须知|已支付|支付成功|结果|提示|无感|代扣|我已|标准|规则|指南|帮助|问题|have paid|paid:",
    re.IGNORECASE,
)
LOOK_UP = re.compile(
    r"查询|查费|查一下|查看|下一步|确定|确认|提交|立即|开始|完成|搜索|find|search|look up|next|continue|submit",
    re.IGNORECASE,
)
GO_ON = re.compile(
    r"继续|下一步|确认|确定|同意|跳过|知道了|立即|关闭|不了|暂不|×|✕|continue|next|confirm|agree|skip|close|ok",
    re.IGNORECASE,
)
LURE = re.compile(
    r"领|券|会员|入会|福利|红包|保险|免单|抽奖|开通|续费|1\s*元购|先.{0,4}再|加购|办卡|套餐|开卡|购买|权益|礼包|升级|尊享|coupon|member|insurance",
    re.IGNORECASE,
)
_SELLS = re.compile(r"开通|加购|办卡|套餐|券包|红包|抽奖|保险|免单|立减|福利")
WAITING = re.compile(
    r"查询中|加载中|请稍[候后等]|处理中|正在(?:查询|加载|获取|提交)|loading|please wait", re.IGNORECASE
)
AMOUNT = re.compile(r"[¥￥]\s*\d+(?:\.\d+)?|\d+(?:\.\d+)?\s*元|(?:CNY|RMB)\s*\d+", re.IGNORECASE)
PRICE_RULE = re.compile(
    r"(?:[¥￥]\s*\d[\d.]*|\d[\d.]*\s*元|[¥￥]?\d[\d.]*)\s*(?:/|每|一|per |a |an |for each )\s*(?:\d*\s*)?(?:小时|分钟|半小时|次|天|日|hour|minute|h\b|day|stay)"
    r"|(?:每|per |each )\s*\d*\s*(?:小时|分钟|半小时|次|天|日|hour|minute|h\b).{0,14}(?:[¥￥]|\d+\s*元|元|yuan)"
    r"|(?:小时|分钟|次)\s*[¥￥]?\s*\d[\d.]*\s*元?"
    r"|收费标准|收费规则|计费规则|计费标准|价目|免费停放|price board|tariff|rates?:",
    re.IGNORECASE,
)
PAYEE = re.compile(
    r"收款方|收款单位|收款商户|收款人|商户名称|运营方|经营者|经营单位|运营单位|管理单位|payee|operator|有限公司",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"(?<!\d)(?:400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]?\d{4}[- ]?\d{3,4}|1[3-9]\d{9}|1231[25]|12345|95\d{3,4}|\(?0\d{2,3}\)?[- ]?\d{7,8})(?!\d)"
)
AD_LABEL = re.compile(
    r"^\s*[【\[(（]?\s*(?:广告|推广|赞助|AD|ADs?|sponsored|advertisement)\s*[】\])）]?\s*$",
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
    r"(?:额度|可借|能借|借款|贷款).{0,8}\d+\s*万|车抵贷|随借随还|小额贷|凭车即贷|旧车置换|以旧换新|违章代[办缴]|代办(?:年检|过户|违章)|四轮定位|贴膜(?=.{0,6}(?:低至|\d|优惠|折))|二手车.{0,6}(?:估价|收购)|免费估价|镀晶|上门(?:洗车|保养)"
    r"|(?:欢迎|预约|到店|报名|免费).{0,4}(?:试驾|试乘|品鉴|看房)"
)
# What a tariff grants to the customers of the house.
_GRANTED = re.compile(r"满\s*\d+\s*元?.{0,4}(?:减免?|免|送|赠|享|抵).{0,4}(?:停|\d+\s*(?:小时|分钟|次))")
DEARER = re.compile(
    r"非会员.{0,12}(?:加收|另收|原价|多付|不享|不减|手续费|服务费|\d+\s*元)|会员价|会员专享价|会员立减|会员.{0,6}(?:仅需|只需|只要)\s*[¥￥]?\d"
    r"|(?:平台|手续|信息|通道|便捷|支付)服务费\s*[¥￥]?\s*\d|手续费\s*[¥￥]\s*\d"
    r"|(?:线上|网上|扫码|手机|微信)(?:缴费|支付|付款)?.{0,4}[另加多]收|\d\s*元.{0,2}(?:平台|技术|信息|通道|便捷)服务费|普通(?:用户|客户|车主).{0,6}\d+.{0,3}元.{0,8}(?:用户|会员|VIP)|non-?members?.{0,24}(?:CNY|RMB|[¥￥]|\d)",
    re.IGNORECASE,
)
NOTICE = re.compile(r"隐私|个人信息|privacy|personal information", re.IGNORECASE)
NOT_FOUND = re.compile(
    r"未查到|没有查到|查不到|未找到|找不到|无(?:停车|入场|缴费|在场|此车)|没有(?:停车|入场|在场|需要|应缴|待缴)|未入场|不在场|无需|不存在|not found|no (?:record|fee|car|parking)|nothing",
    re.IGNORECASE,
)
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
    "purpose": re.compile(r"查询|缴费|计算|费用|用于|only to|used|fee", re.IGNORECASE),
    "retention": re.compile(r"\d+\s*(?:小时|天|日|个?月|h\b|hours?|days?)|保存期限|清除|删除|erase|delete", re.IGNORECASE),
    "contact": re.compile(r"联系|电话|邮箱|@|contact|phone|\d{7,}", re.IGNORECASE),
}  # fmt: skip
MAINTENANCE = re.compile(
    r"维护|升级中|暂停服务|系统繁忙|稍后再试|maintenance|unavailable|try again later", re.IGNORECASE
)
PLATE = re.compile(r"车牌|号牌|plate", re.IGNORECASE)


def clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSE.split(simplified(text)) if clause.strip()]


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
    r"企业微信|企微|微信群|车友群|社群|粉丝群|公众号|服务号|订阅号|视频号|生活号|小红书|抖音|快手|微博|(?:停车|专属|车主)管家|助手|助理|官方账号|官方帐号|粉丝专页|\bLINE\b|WhatsApp|Telegram|Instagram|Facebook|TikTok"
)
_JOINS = re.compile(r"添加|加入|追踪|关注|扫码|扫一扫|长按|识别二维码|搜索|搜一搜|订阅|点亮|收藏|进入")


def _not_denied(clause: str) -> list[str]:
    """Return what a clause says without the parts that deny; a denial holds for the list that follows it."""
    if ELSEWHERE.search(clause):
        return []
    clause = eased(clause)
    if not _DENIED.search(clause):
        return [clause]
    parts, left, listing = COMMA.split(clause), [], False
    for part in parts:
        denies = bool(_DENIED.search(part))
        names_prompt = any(rule.search(part) for rule in CONTROL_PROMPTS.values())
        if not denies and not (listing and names_prompt):
            left.append(part)
        listing = (denies or listing) and names_prompt
    return left


# What a poster's headlines may ask for in a word or two, as a button does. Nouns alone (会员) ask for nothing.
_POSTER_PROMPTS = {"游戏", "优惠", "小程序", "下载", "领券", "开通", "绑定车辆", "加好友", "订阅消息"}


def prompts_on_poster(text: str) -> dict[str, str]:
    """Return the prompts in the text of a picture: its sentences, and its lines, which are headlines."""
    found = prompts_in(text)
    for line in text.splitlines():
        if (name := prompt_of_control(line)) in _POSTER_PROMPTS:
            found.setdefault(name, " ".join(line.split())[:60])
    return found


def prompt_of_control(text: str) -> str:
    """Return which prompt a button or link makes, or nothing."""
    plain = simplified(text).strip()
    parts = _not_denied(plain)
    named = next((name for name, rule in CONTROL_PROMPTS.items() if any(map(rule.search, parts))), "")
    return named or ("优惠" if any(map(BARGAIN.search, parts)) and not is_pay(plain) else "")


def denied(clause: str) -> bool:
    return bool(_DENIED.search(clause))


def matches(rule: re.Pattern[str], text: str) -> str:
    """Return what a pattern finds in a clause that does not deny it."""
    for clause in clauses(text):
        if (found := rule.search(clause)) and not denied(clause):
            return " ".join(found.group().split())
    return ""


def is_pay(text: str) -> bool:
    plain = simplified(text)
    return bool(PAY.search(plain)) and not _NOT_PAY.search(plain) and len(plain) <= 30


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


def interceptions(screen: Screen, before: Screen | None = None, covers: Collection[str] = frozenset()) -> str:
    """Return what stands between the pay button and the cashier, or nothing.

    A lure is a button or link that was not there before pay was pressed; `covers` lay over the page before.
    """
    known = {control.text for control in before.controls} if before else set()
    for control in screen.controls if before else ():
        text = simplified(control.text)
        new = control.text not in known and not denied(text)
        if new and (LURE.search(text) or prompt_of_control(text)):
            return text[:60]
    for overlay in screen.overlays:
        if overlay.text not in covers and overlay_kind(overlay) in {"prompt", "ad", "other"}:
            return overlay.text[:60]
    for picture in screen.pictures:
        if (
            found := next(iter(prompts_on_poster(picture.text or picture.alt)), "")
            or Code(picture.code, 0, 0).foreign
        ):
            return f"图片：{found}"
    return next(iter(prompts_in(screen.text).values()), "") or _off_the_way(screen, before, covers)


# What a page between the pay button and the cashier may speak of.
_ON_THE_WAY = re.compile(
    r"支付|付款|缴|收银|打开|跳转|正在|稍[候后等]|核对|确认|金额|[¥￥]|\d\s*元|订单|失败|错误|重试|超时|繁忙|网络|服务|pay|order|wait|open|error|retry",
    re.IGNORECASE,
)


def _off_the_way(screen: Screen, before: Screen | None, covers: Collection[str]) -> str:
    """Return what is shown instead of the way to the cashier, or nothing."""
    known = set(simplified(before.text).splitlines()) if before else set()
    covered = simplified("\n".join(covers))  # a cover may come back late, when pay was pressed already
    new = " ".join(
        line
        for line in simplified(screen.text).splitlines()
        if line.strip() and line not in known and line.strip() not in covered
    )
    if not before or len(new) < 4:
        return ""
    return advertised(new) or ("" if _ON_THE_WAY.search(new) else new[:60])


def advertised(text: str) -> str:
    """Return the clause that offers goods: it names them, and says why to buy; empty: none does."""
    for line in text.splitlines():
        parts = clauses(line)
        for clause in (
            *parts,
            *map(" ".join, pairwise(parts)),
        ):  # goods in one sentence, the offer in the next
            offer = _SENTENCE_OFFER.search(_GRANTED.sub("", clause))
            if ((offer and _GOODS.search(clause)) or _SOLD_TO_DRIVERS.search(clause)) and not denied(clause):
                return " ".join(clause.split())[:60]
    return ""


# What a page may say by itself about its own state.
STATE = re.compile(
    r"网络|连接|断开|离线|刷新|过期|超时|失效|失败|取消|未支付|未完成|重新|重试|横屏|竖屏|旋转|network|offline|refresh|expired|rotate|cancel|try again",
    re.IGNORECASE,
)


def speaks_of_parking(text: str) -> bool:
    return bool(_PARKING_TALK.search(simplified(text)))


_PARKING_TALK = re.compile(
    r"车牌|号牌|停车|缴|费用|应付|待付|待支付|金额|查询|核对|时长|车位|离场|plate|fee|parking|amount due",
    re.IGNORECASE,
)


def all_text(screens: Iterable[Screen]) -> str:
    return simplified("\n".join(screen.text for screen in screens))


def plain_answer(text: str) -> str:
    """Return an answer without digits, tokens and space, so that two of them can be compared."""
    text = re.sub(r"[A-Za-z0-9_+/=-]{16,}", "…", text)
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text)).strip()
