"""The findings about a tariff in words, Chinese and English: what a board must say to be read in one way."""

from lots.tariffs.ambiguity import COUPON, LATE, Finding
from lots.tariffs.readings import Story

type Words = tuple[str, str]  # Chinese, English

AXES: dict[str, Words] = {
    "free_mode": ("超过免费时长后怎么算", "what a stay above the free minutes pays"),
    "free_repeat": ("新周期是否重新免费", "whether free minutes are given again"),
    "free_daily": ("每日一次的免费时长，还是每次停车都有", "whether a plate is free once a day or each time"),
    "cycle": ("“一天”从何时算起", "when “a day” begins"),
    "steps_after_cycle": ("新周期是否重新从首段计价", "whether the steps begin again with a new cycle"),
    "steps_after_band": ("换时段后是否重新从首段计价", "whether the steps begin again in another band"),
    "bands_after_cycle": (
        "满一个计费周期后，尚未结束的时段怎么算",
        "what a band costs that goes on after the end of a cycle",
    ),
    "cycle_starts": (
        "扣除免费时长时，计费周期从何时算起",
        "from when the cycles count if free minutes are deducted",
    ),
    "caps": ("逐日递增的封顶是单日还是累计", "whether rising caps are for each day or add up"),
    "caps_pooled": (
        "封顶是逐日分别计算还是按天数合计",
        "whether the cap is for each day or times the days for the stay",
    ),
    "crossing": ("跨时段的计费单元归哪一段", "what a unit costs that runs into another band"),
    "reentry": ("短时间内再次入场怎么算", "what a car pays that comes back soon"),
    "after_exit_window": ("缴费后超时未离场怎么补", "what is due from a car that paid and left too late"),
    "turn": ("停得很久后改按另一标准，从何时算起", "what the other price of a long stay is for"),
    "shared_caps": ("封顶由几个时段共用还是各自封顶", "whether periods share a cap or have one each"),
    "percent": ("按比例收取时，封顶是否同样打折", "whether a percentage lowers the caps too"),
    "sum_rounding": ("合计金额怎么取整", "how the sum is rounded"),
    "offers_apply": ("同时符合多项优惠时怎么算", "which of several special prices counts"),
    "longer_is_cheaper": ("停得更久反而更便宜", "a longer stay that costs less"),
}

READINGS: dict[str, Words] = {
    "threshold": ("从入场起全额计费", "charged from its first minute"),
    "deduct": ("扣除免费时长后计费", "charged less the free minutes"),
    "once": ("每次停车只免一次", "once per stay"),
    "each_cycle": ("每个周期都免", "again in each cycle"),
    "free_daily": ("每个号牌每日一次", "once a day for each plate"),
    "free_each_visit": ("每次停车都免费", "on each visit"),
    "from_entry": ("入场起每24小时", "each 24 hours from the entry"),
    "calendar_day": ("自然日", "each calendar day"),
    "steps_begin_again": ("重新从首段计价", "the steps begin again"),
    "steps_run_on": ("接着上一段计价", "the steps run on"),
    "bands_begin_again": ("各时段重新计费", "each band begins again"),
    "bands_run_on": ("各时段连续计算", "the band runs on"),
    "cycles_from_entry": ("从入场起算", "from the entry"),
    "cycles_after_free": ("从免费时长结束起算", "from the end of the free minutes"),
    "per_cycle": ("各日分别封顶", "each cap for its own day"),
    "pooled": ("按天数合计封顶", "the cap times the days, for the whole stay"),
    "cumulative": ("各日累计封顶", "the caps are for the stay so far"),
    "sum_per_band": ("分时段分别计费后相加", "each band for its own part"),
    "unit_start": ("按单元开始时的时段", "by the band in which the unit began"),
    "turn_from_start": ("整次停车改按另一标准", "the other price for the whole stay"),
    "turn_then": ("只有超出部分改按另一标准", "the other price for the time beyond"),
    "bands_together": ("各时段合计封顶", "one cap for the periods together"),
    "bands_each": ("各时段分别封顶", "the cap for each period"),
    "percent_of_sum": ("按合计金额打折，封顶也打折", "of the sum, caps included"),
    "percent_of_prices": ("只有单价打折，封顶不变", "of each price, caps as they stand"),
    "sum_down": ("不足部分舍去", "rounded down"),
    "sum_half_up": ("四舍五入", "rounded to the nearest"),
    "sum_up": ("不足部分进位", "rounded up"),
    "offers_first": ("以列在前面的为准", "the first that fits"),
    "offers_cheapest": ("取其中最低的", "the lowest that fits"),
    "stays_capped": ("分别计费、合计封顶", "each by itself, capped together"),
    "two_stays": ("按两次停车计费", "two stays"),
    "two_stays_free_once": ("按两次停车计费，第二次不再免费", "two stays, free minutes only once"),
    "one_stay": ("合并为一次停车计费", "one stay"),
    "recomputed": ("按总时长重算，扣除已缴", "the whole stay again, less what was paid"),
    "extra_time": ("只补超出的时间", "only the time since the payment"),
    "stay": ("停这么久", "this long"),
    "a_minute_longer": ("再多停一分钟", "a minute longer"),
}

DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def words(finding: Finding) -> Words:
    """Return a finding in a few lines: the question, both answers with their prices, and how much it is."""
    return _chinese(finding), _english(finding)


def _chinese(one: Finding) -> str:
    story = {
        Story.REENTRY: "（离场不久后再次入场，第二次停车）",
        Story.AFTER_PAYMENT: f"（缴费时用了相当于首{COUPON}分钟的停车券，{LATE}分钟后才离场，还需补缴）",
    }.get(Story(one.story), "")
    entry = f"{DAYS[one.entered_at.weekday()]} {one.entered_at:%H:%M}"
    lines = [
        f"{AXES[one.axis][0]}？",
        f"例：{entry} 入场，停 {_length(one.minutes)[0]}{story}",
        f"  本规则·{READINGS[one.ours][0]}：{_yuan(one.fen)} 元",
        f"  另一种·{READINGS[one.other][0]}：{_yuan(one.other_fen)} 元",
        f"常见停车中 {one.differ}/{one.of} 次不同，平均相差 {_yuan(one.severity_fen)} 元，"
        f"最多 {_yuan(one.most_fen)} 元",
    ]
    return "\n".join(lines)


def _english(one: Finding) -> str:
    story = {
        Story.REENTRY: " (the second stay of a car that has just left)",
        Story.AFTER_PAYMENT: f" until it paid with a coupon for {COUPON} min; it left {LATE} min later",
    }.get(Story(one.story), "")
    lines = [
        f"{AXES[one.axis][1].capitalize()}:",
        f"for example in on {one.entered_at:%a %H:%M}, {_length(one.minutes)[1]}{story}",
        f"  this rule, {READINGS[one.ours][1]}: {_yuan(one.fen)} yuan",
        f"  otherwise, {READINGS[one.other][1]}: {_yuan(one.other_fen)} yuan",
        f"differs on {one.differ} of {one.of} plausible stays, by {_yuan(one.severity_fen)} yuan on average, "
        f"at most {_yuan(one.most_fen)}",
    ]
    return "\n".join(lines)


def _length(minutes: int) -> Words:
    hours, rest = divmod(minutes, 60)
    chinese = (f"{hours} 小时" if hours else "") + (f" {rest} 分钟" if rest else "")
    return chinese.strip(), " ".join(
        part for part in (f"{hours} h" * bool(hours), f"{rest} min" * bool(rest)) if part
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
