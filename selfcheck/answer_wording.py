"""What the words of an answer tell of a car or its driver besides the fee."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from selfcheck.clause_wording import COMMA, clauses, denied
from selfcheck.plain_chinese import simplified

CHINA = timezone(timedelta(hours=8))
_TIME = r"(?:\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?\s*)?\d{1,2}[:：]\d{2}"
TELLS_TOO_MUCH = re.compile(
    rf"(?<![\d:：–—~至到-]){_TIME}\s*分?[^至到前后起止:：，,。；;–—~\n-]{{0,8}}(?:入场|进场|驶入|入库)|(?:停车|缴费|进出|历史|出入|订单)(?:记录|明细|历史|轨迹)\s*[:：]?\s*(?:第?\d+[、.]\s*)?\d{{1,4}}[-/年月.]\d{{1,2}}|(?:上次|上一次|最近一次|最近)(?:缴费|停车|入场|进场|支付|到访|离场)\s*[:：]?\s*\d"
    rf"|(?:其他|其它)(?:停车场|车场|门店|分店).{{0,8}}\d+\s*(?:笔|次|条)|[店场]\s*\d+\s*笔|(?<!\d)1\d{{2}}\*{{4}}\d{{4}}"
    rf"|(?:入场|进场|驶入|入库|进入|到达)(?:时间|时刻)?\s*[:：]?\s*{_TIME}|(?:^|[\s（(，,])进\s*[:：]?\s*{_TIME}|entered(?: at)?\s*:?\s*{_TIME}"
    r"|(?:车位|泊位)(?:号|编号)\s*[:：]?\s*[A-Z0-9负一二三四五-]+|(?<![余空共有])(?:车位|泊位)\s*[:：]?\s*(?:[A-Z]{1,2}\d?|负[一二三四五])[-\s]?\d{2,4}(?!\s*[个座])|(?:停放位置|停放在|停在|所在位置|位于)\s*[:：]?\s*[A-Z负B地\d]"
    r"|parked (?:at|in) \w*\d"
    r"|(?:近|最近|过去|本月|累计)\s*\d*\s*(?:天|日|周|个?月|次)?.{0,4}停车?\s*\d+\s*次|停车\s*(?!1\s*次)\d+\s*次|历史(?:记录|订单)\s*[:：(（]?\s*\d|最近停车\s*[:：]?\s*\d"
    r"|车主(?:姓名|电话|手机|信息)?\s*[:：]\s*(?![请您如若凡])\S|(?:手机|电话|尾号)\s*[:：]?\s*(?:\d{3}\*{2,}\d{2,4}|\*+\d{4})|尾号\s*\d{4}|常停|常去"
    r"|相似车牌|您是否要找|入场照片|入场图片|抓拍(?:照片|图片)",
    re.IGNORECASE,
)
# When a car came, in whatever words: a clock or a date that the first page did not show, and that is no
# deadline, no tariff and no moment of the answer itself.
_WHEN = re.compile(
    rf"(?<![\d:：–—~-]){_TIME}(?![\d:：]|\s*[–—~至到-]\s*\d)|(?<![\d.])(?:\d{{4}}\s*[-/年.]\s*)?(?:1[0-2]|0?[1-9])\s*[-/月]\s*(?:3[01]|[12]\d|0?[1-9])\s*(?:日|号|(?=[\s，,。]|$))"
)
_NO_VISIT = re.compile(
    r"时长|历时|用时|计费|费率|标准|距|失效|过期|倒数|还剩|截至|截止|当前|现在|此刻|查询|更新|有效|前|内|止|以后|起|营业|开放|时段|夜间|白天|倒计时|剩余|保留|逾时|散场|开场|开演|闭幕|[首末]班|班[车船次]|航班|发车|到站|[开闭][馆园市]|关门|打烊|预计|施工|维护|公告|封闭|活动|备案|版本|小时[/每]|每|[–—~]"
)
_LOOKS = re.compile(
    r"(?:白|黑|银|灰|红|蓝|绿|金|棕|橙|紫|黄)色?(?!的?[号车]?牌).{0,4}(?:轿车|小轿车|越野|SUV|MPV|面包车|货车|商务车|跑车|小型车|大众|丰田|本田|宝马|奔驰|奥迪|别克|福特|日产|现代|特斯拉|比亚迪|蔚来|理想|小鹏|问界|吉利|长安|五菱)"
    r"|(?:特斯拉|比亚迪|宝马|奔驰|奥迪|蔚来|小鹏|问界|大众|丰田|本田)\s*[A-Za-z\u4e00-\u9fff]{0,4}\s*[\dA-Z]|(?:车辆?品牌|车身颜色|车型|颜色)\s*[:：]\s*(?!(?:新能源|普通)?[小中大微轻重]?型?[客货轿]?车?(?:\s|$)|[蓝绿黄黑白]色?(?:\s|[号牌]|$)|新能源)\S",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"(?:爱车|您的车|你的车|该车|车辆|座驾).{0,8}(?:停在|停于|位于|在|停放)(?!\s*(?:免费|优惠|计费|首|前|最[初后近])?\D{0,4}\d+\s*(?:分钟?|小时|个?小时|天|[点时:：]))\s*[:：]?\s*.{0,6}(?:\d|[A-Z]|负|地下|区|层|楼)|(?:B?\d|负[一二三四五]|地下[一二三四五]?)\s*层.{0,6}(?:区|柱|侧|号|附近)|立柱\s*[A-Z]?\d|[A-Z]\d{1,3}\s*(?:附近|旁|柱|号?车位|号?泊位)|(?:由|从|经).{0,8}(?:门|口|道闸|车道).{0,4}(?:驶入|进入|入场|进场|进来)|(?:入口|入场口|进口|来自|进场通道)\s*[:：]\s*\S{0,4}[\d一二三四五六七八九东南西北]|(?:\d+\s*号|[东南西北]).{0,2}(?:门|口|车道).{0,4}(?:驶入|进入|入场|进场|进来)",
    re.IGNORECASE,
)
_ELSEWHERE_OWED = re.compile(
    r"(?:另|还|尚|其他|其它).{0,24}(?:停车场|车场|路段|泊位|广场).{0,12}(?:欠|未缴|待缴|未付|笔|次)|(?:曾|常|累计|共|第)\s*(?:来|停|入场|到访|光临)?\s*\d+\s*次(?!数)|第\s*\d+\s*次(?:光临|停车|到访|来)"
)
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_WHO = re.compile(
    rf"(?:^|[^\u4e00-\u9fff]|尊敬的|您好|你好)(?:[{_SURNAMES}][*\u4e00-\u9fff]?|\*)(?:先生|女士|小姐)"
)
_BEFORE_THIS = re.compile(
    r"(?:往期|往次|历次|以往|此前|近期|上月|上周|本[月周年季](?!租|票)|今年|去年|(?<!离您)最近)(?!.{0,4}(?:出口|收费|岗亭|电梯)).{0,8}\d|(?:上次|上一次|上回|前次|最近一次|最近|此前|以往|往次).{0,8}(?:光临|到访|来|停|入场|进场|离场|缴费|消费|是)"
)

_OWED = re.compile(r"^(?!.*\d\s*[-/.月]\s*\d).*(?:[未待欠补]|尚未|没有?)(?:[缴交付]|支付)")

# When this stay was paid: the answer to a driver who opens the page again, as long as it names no other day.
_PAID_TODAY = re.compile(
    r"已.{0,14}(?:缴|付|支付)|(?:缴费|支付|付款)(?:时[间刻]|成功|完成)|\bpaid (?:at|today)", re.IGNORECASE
)
# What stands before a clock that counts down.
_LEAVE_BY = re.compile(
    r"(?:内|之?前|请).{0,6}(?:离场|驶离|离开|出场)|剩余|倒计时|还[有剩]|\b(?:leave (?:within|by)|time left|remaining)",
    re.IGNORECASE,
)
# What a camera reports of a car.
_CAMERA = re.compile(
    r"(?:相机|摄像[机头]|抓拍机?|识别仪)\s*[:：]?\s*\S|置信度|识别(?:率|分数|时刻)|(?:进场|入场|入口|进口)(?:车道|通道|设备)|(?:车道|通道)\s*[:：]\s*\S"
)
# How a car came in: by which gate, or on which day. A tariff speaks of what comes after it.
_CAME = r"(?:驶入|驶进|开进|开入|入场|进场|入库|进库|进来|进入|抵达)(?!.{0,2}[后前]|时[间刻]|记录|信息)"
_BY_OR_ON = re.compile(
    rf"(?:由|从|自|经)[^前后]{{1,10}}{_CAME}|(?:今[早晨天日晚]|昨[天日晚夜]|前天|清晨|凌晨|早上|上午|中午|下午|傍晚|晚上|(?:周|星期)[一二三四五六日天])[^前后]{{0,16}}{_CAME}"
)
_SPOKEN_CLOCK = re.compile(r"(?<!\d)(\d{1,2})\s*点\s*(?:(\d{1,2})\s*分?|(半))")
CLOCK = re.compile(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
# What stands above hours and minutes that are no moment: how long the car has stood.
_LASTS = re.compile(
    r"时长|历时|用时|时数|多久|(?:停了|停放了|已停)\s*$|\b(?:duration|time parked|parked for|length of stay|parking time)\b",
    re.IGNORECASE,
)


def with_clocks(text: str) -> str:
    """Return a text with moments in Chinese words, as 7点31分, written as clocks."""
    return _SPOKEN_CLOCK.sub(lambda found: f"{found[1]}:{'30' if found[3] else found[2].zfill(2)}", text)


def ticking(texts: list[str]) -> set[str]:
    """Return the clocks that run: those that differ between two readings of an otherwise equal line."""
    readings: dict[tuple[str, int], list[list[str]]] = {}
    for text in texts:
        alike: Counter[str] = Counter()  # lines of a list may differ by their clocks alone
        for line in text.splitlines():
            if clocks := CLOCK.findall(line):
                words = CLOCK.sub("", line).strip()
                readings.setdefault((words, alike[words]), []).append(clocks)
                alike[words] += 1
    columns = (column for rows in readings.values() for column in zip(*rows, strict=False))
    return {clock for column in columns if len(set(column)) > 1 for clock in column}


def new_in(text: str, known: str) -> str:
    """Return the lines of a text that an earlier one did not have, in simplified characters."""
    seen = set(simplified(known).splitlines())
    return "\n".join(line for line in simplified(text).splitlines() if line not in seen)


# What a page counts of its own doing: it tries again, or asks a slow computer.
_TRIES = re.compile(
    r"(?:试|重[新连发]|自动|连接|请求|刷新|查询|询问|核对).{0,8}\d+\s*次(?!.{0,2}(?:光临|停|到访|来|[入进]场))"
    r"|\d+\s*次.{0,4}(?:重?试|连接|请求|刷新|查询|询问|核对)"
)


def _parts(text: str) -> list[tuple[str, str, str]]:
    """Return each part of each line, with the line, and the line before it."""
    lines = ["", *filter(str.strip, text.splitlines())]
    return [
        (before, line, part)
        for before, line in pairwise(lines)
        for clause in clauses(line)
        for part in COMMA.split(clause)
    ]


def tells_besides(text: str, known: str) -> str:
    """Return what an answer tells of this car besides its fee, or nothing; `known` is the first page."""
    new = with_clocks(new_in(text, known))
    for _, _, clause in _parts(new):
        for pattern in (_WHO, _LOOKS, _WHERE, _CAMERA, _BY_OR_ON, _ELSEWHERE_OWED, _BEFORE_THIS):
            found = pattern.search(clause)
            owed = pattern is _BEFORE_THIS and _OWED.search(clause)  # a debt has to be named to be paid
            harmless = denied(clause) or _TRIES.search(clause) or _OF_A_WAY_OUT.search(clause)
            if found and not (owed or harmless):
                return found.group()
    moments = list(_moments(new))
    days = {when for when, _ in moments if not CLOCK.search(when)}
    if len(days) > 1:  # more than one day: a list of visits, whatever stands above it
        return "、".join(sorted(days)[:3])
    visits = (when for when, words in moments if _OF_COMING.search(words) or _PAID_TODAY.search(words))
    return next(visits, "")


def unlabelled_moment(text: str, known: str) -> str:
    """Return a clock or a date of an answer of which no word tells what it is; a person must look."""
    return next((when for when, _ in _moments(with_clocks(new_in(text, known)))), "")


def _moments(text: str) -> Iterator[tuple[str, str]]:
    """Yield the moments that may be those of a visit, each with the words that tell what it is."""
    for before, line, clause in _parts(text):
        if (when := _WHEN.search(clause)) and not _NO_VISIT.search(clause) and not denied(clause):
            alone = clause.strip() == when.group().strip()  # what it is of stands before it
            beside = before if line.strip() == clause.strip() else line
            if alone and CLOCK.fullmatch(when.group().strip()) and _LASTS.search(beside):
                continue
            words = beside + clause if alone else _label(clause, when)
            harmless = _PAID_TODAY.search(words) or (alone and _LEAVE_BY.search(beside))
            if not (harmless and CLOCK.fullmatch(when.group().strip())):
                yield when.group().strip(), words


def _label(clause: str, when: re.Match[str]) -> str:
    """Return the words around a moment that tell what it is: those of its own column."""
    before, after = _COLUMN.split(clause[: when.start()])[-1], _COLUMN.split(clause[when.end() :])[0]
    return f"{before} {after}"


_COLUMN = re.compile(r"[\u3000|｜/；;]|\s{2,}|(?<=[分时])\s")
MINUTES = 3  # by which a page's own clock may differ


def clocks_of(now: float) -> set[str]:
    """Return the clocks that tell the time of the answer itself: a car that owes came earlier."""
    moments = (datetime.fromtimestamp(now + 60 * step, CHINA) for step in range(-MINUTES, MINUTES + 1))
    return {f"{moment:%H:%M}" for moment in moments} if now else set()


# By what a moment is that of a visit: the car came then, or its time began.
_OF_COMING = re.compile(
    r"[入进](?!行|度)|到[达访来场店]|抵(?!扣)|来[车的到访]|[驶泊]|停[在于入了放靠]|停车(?:时[间刻]|开始|日期)|起[始算于]?|始|自(?!动|助|己)|从|那天|上次|历史|\b(?:since|from|arriv\w*|ent(?:er|ry)\w*|in|start\w*)\b",
    re.IGNORECASE,
)
# How to leave, or where to go for help: a place that is none of this car.
_OF_A_WAY_OUT = re.compile(
    r"^(?!.*(?:爱车|的车|车辆|座驾|停[在于放])).*(?:(?:请|可[到在往]|前往|就近).{0,16}(?:离场|驶离|离开|缴费机|服务台|岗亭|中心|处)|驶出|出[口场])"
)


# A place counts only if the first page did not name it: signs name the place where they hang.
_PLACE = re.compile(
    r"(?:B\d|负[一二三四五\d]|[A-Z]区)\s*层?\s*[A-Z]?\d*\s*(?:层|区|号|位)+\s*\d*", re.IGNORECASE
)
_OF_THE_CAR = re.compile(r"车|停|泊|位置|您|你|座驾|在库|在场|找")


def tells_place(text: str, known: str) -> tuple[str, bool]:
    """Return a place in an answer that the first page did not name, and whether it is that of the car."""
    unsure = ""
    for before, line, clause in _parts(new_in(text, known)):
        place = _PLACE.search(clause)
        if not place or place.group() in known or _OF_A_WAY_OUT.search(clause) or denied(clause):
            continue
        alone = clause.strip() == place.group().strip()
        if _OF_THE_CAR.search(f"{before if alone else ''}{line}"):
            return place.group(), True
        unsure = unsure or place.group()
    return unsure, False


PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_NEARBY = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9*]{{5,6}}")
WHOLE_PLATE = re.compile(rf"[{PROVINCES}][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9*])")


def bare_plate(text: str) -> str:
    """Return a plate without what separates its signs."""
    return re.sub(r"[·\s]", "", text)


CAR_PHOTO = re.compile(
    r"入场|抓拍|车辆照|entry.?photo|car.?photo|capture|snap|carimg|car_img|inpic|in_pic|plate_?img",
    re.IGNORECASE,
)
