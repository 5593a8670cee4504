"""What is wrong in a tariff document, in Chinese, as its editor reads it; the rules say it in English."""

import re

from django.utils.translation import gettext

from console.console_language import in_english
from lots.tariff_drafts import NoDocument
from lots.tariffs import TariffError

PARTS = {
    "free": "免费时长", "steps": "计费段", "cycle": "计费周期", "caps": "封顶", "stay_cap": "单次封顶",
    "bands": "时段", "classes": "车型", "passes": "停车证", "exempt": "免费车辆", "reentry": "再次入场",
    "rule": "规则", "minutes": "分钟数", "mode": "免费方式", "repeat": "重复方式", "until_min": "截止分钟",
    "unit_min": "计费单元", "price": "单价", "flat": "一口价", "total": "合计价", "amount": "金额",
    "basis": "周期依据", "hours": "小时数", "reset": "起算时刻", "cap": "时段封顶", "from": "开始",
    "to": "结束", "days": "日期类型", "name": "名称", "rounding": "取整方式", "steps_count": "分段起算",
    "caps_count": "封顶方式", "crossing": "跨时段", "band_days": "零点后归属", "kinds": "号牌种类",
    "seen_as": "相机车型", "after_exit_window": "逾时离场", "max_stay_min": "最长停放", "format": "格式",
    "currency": "币种", "as": "计费方式", "gap": "场外时间", "window": "时限",
    "allows_cheaper_longer": "允许更久更便宜", "each_later_adds": "逐周期递增",
    "after_cycle": "满周期后的时段", "cycle_starts": "周期起点",
    "tail_min": "不计费的尾数", "long_caps": "多周期封顶", "cycles": "周期数", "offers": "优惠时段",
    "enters": "入场", "leaves": "离场", "by": "不晚于", "day": "日期", "offers_apply": "多项优惠时",
    "seasons": "季节", "dates": "起止日期", "holidays": "节日", "shared_caps": "多时段合计封顶",
    "percent": "收取比例", "sum_rounding": "合计取整", "unit": "取整单位", "how": "取整方式",
    "turn": "超时另计", "after_min": "起始分钟",
}  # fmt: skip

REASONS = [
    (r"is no JSON", "不是有效的 JSON，请检查逗号、引号和括号"),
    (r"is missing: no band holds on (\S+) at (\S+)", r"缺少：\2（\1）没有任何时段，须写明此时的价格"),
    (r"is missing: format 2 leaves it open.*", "缺少这一项：format 2 未写明，新规则须按 format 3 写明"),
    (r"is missing: the sum can have parts of a fen", "缺少这一项：合计金额可能不足一分，须写明如何取整"),
    (r"is missing", "缺少这一项"),
    (r"is not known", "没有这个设置，请检查拼写"),
    (r"must be there once", "同一项写了两次，只能保留一处"),
    (r"must be an object", "应为 { } 括起的一组设置"),
    (r"must be a list of (\d+) to (\d+)", r"应为 [ ] 括起的 \1 至 \2 项"),
    (r"must be a whole number from (\d+) to (\d+)", r"应为 \1 至 \2 的整数（金额以分计，时长以分钟计）"),
    (r"must be a time of day such as 08:00", "应为 08:00 这样的时刻"),
    (r"must be 1 to 32 small letters, .*", "应为 1 至 32 个小写字母、数字或下划线，以字母开头"),
    (r"must be null: the last step has no end", "最后一段没有终点，应为 null"),
    (r"must be once: there are no cycles", "没有计费周期，只能为 once"),
    (r"must be started: .*", "单元跨时段（unit_start）时只能为 started"),
    (r"must be above the free minutes", "应长于免费时长"),
    (r"must be below the length of a cycle", "应短于一个计费周期，否则全部免费"),
    (r"must be (.*): every cycle has one cap, and .*", r"应为 \1：每个周期一个封顶，末项适用于其后周期"),
    (r"must be below the shortest unit", "应短于最短的计费单元"),
    (r"must be after the entry", "应晚于入场时刻"),
    (r"must be a multiple of the number before it", "应为前一项周期数的倍数"),
    (r"must be dates such as .*", "应为 2026-10-01/2026-10-08 或每年的 04-01/10-31"),
    (r"must be the name of a known holiday", "应为已知的节日名称"),
    (r"must be the name of a band, each once", "应为某个时段的名称，每个时段只能写一次"),
    (r"must be 1 or 10 or 50 or 100", "应为 1、10、50 或 100（分）"),
    (r"must be JSON", "不是有效的 JSON，请检查逗号、引号和括号"),
    (r"must not be longer than (\d+) characters", r"不能超过 \1 个字符"),
    (r"must not hold more than (\d+) values", r"内容过多，不能超过 \1 项"),
    (r"must not be deeper than (\d+)", r"嵌套过深，不能超过 \1 层"),
    (r"must have keys of at most (\d+) characters", r"名称不能超过 \1 个字符"),
    (r"must not say (\S+): it is no number", r"\1 不是数"),
    (r"must not come twice", "同一项写了两次，只能保留一处"),
    (r"must be a number of yuan", "应为以元计的金额"),
    (r"must not have parts of a fen", "金额最多精确到分"),
    (r"must be a duration such as .*", "应为 PT1H30M 这样的时长，精确到分钟"),
    (r"must be a time", "应为日期时间"),
    (r"must be a text", "应为文字"),
    (r"must be 1: what another means is not public", "只认识 type 1，其他取值没有公开说明"),
    (r"must be where the line before ends", "应与上一行的终点相接"),
    (r"must be after durationStart", "应晚于 durationStart"),
    (r"must be on the last line: .*", "封顶只能写在最后一行"),
    (r"must be at least a minute", "至少一分钟"),
    (r"must be true: durations count from the entry", "应为 true：时长自入场起算"),
    (r"must be true or false", "应为 true 或 false"),
    (r"must be a kind of plate", "不是已知的号牌种类"),
    (r"must be a class of vehicle", "不是已知的车型"),
    (r"must be (.*)", r"应为 \1"),
    (r"must fit into its step, .*", "计费单元比所在的段还长，永远计不满"),
    (r"must not be above every cap of a cycle.*", "高于所有周期封顶，永远达不到"),
    (r"must not be band: there are no bands", "没有时段，不能为 band"),
    (r"must not be band: .*", "单元跨时段连续计算（unit_start）时不能为 band"),
    (r"must not be below a cap.*", "低于周期封顶，那个封顶就永远达不到"),
    (r"must not be below the cap before it.*", "累计封顶不能低于前一个"),
    (r"must not be below the price of one unit", "低于一个计费单元的价格：是否把元写成了分？"),
    (r"must not be cycle: there are no cycles", "没有计费周期，不能为 cycle"),
    (r"must not be exempt or in a class before", "已列为免费车辆，或已属于前面的车型"),
    (r"must not be in a class before", "前面已有同名车型"),
    (r"must not be no_free: .*", "没有免费时长，无从「不再免费」"),
    (
        r"must not leave one minute open: nothing holds at (\S+)",
        r"\1 这一分钟没有价格：结束时刻不含在内，应写到下一段开始为止",
    ),
    (
        r"must not leave one day open: no season holds on (\S+)",
        r"\1 这一天不在任何季节内：起止日期都包含在内",
    ),
    (
        r"must not make longer cheaper, or declare allows_cheaper_longer",
        "停得更久可能更便宜；确有此意须写明 allows_cheaper_longer",
    ),
    (r"must not be the name of (?:an offer|a season) before", "前面已有同名项"),
    (r"must not be null", "不能为 null"),
    (r"must not be the name of a band before", "前面已有同名时段"),
    (r"must not be the name of a pass before", "前面已有同名停车证"),
    (r"must not be there: there are no bands", "没有时段，不应有这一项"),
    (r"must not be there: no band names its days", "没有时段限定日期，不应有这一项"),
    (r"must not be there: there are no caps", "没有封顶，不应有这一项"),
    (r"must not be there: a flat or free band .*", "一口价或免费的时段达不到封顶"),
    (r"must not be there: a new stay has no gap", "按新的一次停车计费，没有场外时间可言"),
    (r"must not be there: the bands fill every day", "时段已覆盖全天，这个价格永远用不上"),
    (r"must not be there: without cycles .*", "没有计费周期，只能用单次封顶"),
    (r"must not be there: a total .*", "合计价只能用于没有时段、每周期重新分段的规则"),
    (r"must not be there: .*", "不应有这一项"),
    (
        r"must not make longer cheaper.*: it costs (\d+) fen up to minute (\d+) and (\d+) after it",
        r"停得更久反而更便宜：满 \2 分钟为 \1 分，之后为 \3 分；确有此意须写明 allows_cheaper_longer",
    ),
    (
        r"must not overlap: (.*) and (.*) both hold on (\S+) at (\S+)",
        r"时段重叠：\1 与 \2 在 \4（\3）同时有效",
    ),
    (r"must divide every cap, or the sum exceeds it", "应能整除各项封顶，否则取整后会超过封顶"),
    (r"must name (\S+) too: .*", r"须同时写明 \1：公示牌以起止时刻称呼时段"),
    (r"must say dates or holidays", "须写明起止日期或节日"),
    (r"must say either exempt or rule", "exempt 与 rule 须且只能写一项"),
    (r"must say kinds or seen_as.*", "须写明 kinds 或 seen_as，否则没有车属于这一车型"),
    (r"must say one of steps, flat and free", "steps、flat、free 须且只能写一项"),
    (r"must say what is different", "须写明与一般规则不同之处"),
]  # fmt: skip


def fault(error: TariffError) -> tuple[str, str, str]:
    """Return the path as it stands in the document, the same in words, and the reason."""
    if isinstance(error, NoDocument):
        where = gettext("Line %(line)s, column %(column)s") % {"line": error.line, "column": error.column}
        return where, "", reason(error.reason)
    return error.path, place(error.path), reason(error.reason)


def place(path: str) -> str:
    """Return bands[0].cap as 时段 1 · 时段封顶; in English the path says it."""
    if in_english():
        return ""
    found = []
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        found.append(PARTS.get(name, name) + (f" {int(index) + 1}" if index else ""))
    return " · ".join(found)


def reason(text: str) -> str:
    if in_english():
        return text
    for pattern, template in REASONS:
        if match := re.fullmatch(pattern, text):
            return match.expand(template).replace(" or ", " 或 ")
    return text
