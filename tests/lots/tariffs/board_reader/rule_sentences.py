"""Sentences about the whole board: free minutes, units, periods, cycles, caps, offers, the sum, long stays.

Each is a pattern, and a function of its match and the board so far that returns what the sentence says.
"""

import re

from tests.lots.tariffs.board_reader.board_values import WEEK
from tests.lots.tariffs.board_reader.words import HOURS, TIME, YUAN, days_named, fen, minutes

FREE = [
    (rf"停车不超过 (?P<a>{TIME})免费；超过的，从入场时起计费。", lambda m, _: {"free": minutes(m["a"])}),
    (
        rf"停车不足 (?P<a>{TIME})免费；满 (?P<b>{TIME})的，从入场时起计费。",
        lambda m, _: {"free": minutes(m["a"]), "free_below": m["a"] == m["b"]},
    ),
    (
        rf"前 (?P<a>{TIME})免费，不计入计费时长。",
        lambda m, _: {"free": minutes(m["a"]), "deducted": True},
    ),
    (
        rf"前 (?P<a>{TIME})免费，但计入分段价格的时间。",
        lambda m, _: {"free": minutes(m["a"]), "deducted": True, "free_in_steps": True},
    ),
    (r"每 \d+ 小时都有一次免费时长。|每天都有一次免费时长。", lambda *_: {"free_each": True}),
    (r"免费时长只在收费时段内计算，免费时段内停放不占用。", lambda *_: {"free_in_charged_hours": True}),
    (r"再次享受的免费时长，计入分段价格的时间。", lambda *_: {"free_counts": True}),
    (r"每个号牌每日只享受一次免费时长，以入场日期为准。", lambda *_: {"free_daily": True}),
    (
        r"每个号牌每日最多享受 (?P<n>\d+) 次免费时长，以入场日期为准。",
        lambda m, _: {"free_daily": True, "free_times": int(m["n"])},
    ),
    (
        r"每个号牌每个自然月最多享受 (?P<n>\d+) 次免费时长，以入场日期为准。",
        lambda m, _: {"free_times": int(m["n"])},
    ),
]
END = [
    (
        r"入场时的标准计至下一个 (?P<at>\d\d:\d\d) 止；届时仍未离场的，自该时刻起视同新入场计费"
        r"(?P<free>|，不再享受免费时长|，并重新享受免费时长)。",
        lambda m, _: {"ends": m["at"], "free_at_end": "重新" in m["free"]},
    ),
]
UNITS = [
    (r"不足一个计时单位的，按一个计时单位收费。", lambda *_: {"full": False}),
    (r"不足一个计时单位的部分不收费。", lambda *_: {"full": True}),
    (rf"其中不超过 (?P<a>{TIME})的尾数不计费。", lambda m, _: {"tail": minutes(m["a"])}),
    (rf"其中不足 (?P<a>{TIME})的尾数不计费。", lambda m, _: {"tail": minutes(m["a"]), "tail_below": True}),
    (r"恰好停满一段时长的，即按下一段的金额收费。", lambda *_: {"amounts_reached": True}),
]
PERIODS = [
    (r"跨时段停放，各时段分别计费后相加。", lambda *_: {"by_start_of_unit": False}),
    (r"计时单位跨时段的，按开始时所在时段收费。", lambda *_: {"by_start_of_unit": True}),
    (
        r"计时单位或一次计价的时长跨时段的，按开始时所在时段收费，至其结束为止。",
        lambda *_: {"by_start_of_unit": True, "amounts_run_on": True},
    ),
    (r"每个时段内重新从首段起计费。", lambda *_: {"steps_by_period": True}),
    (r"跨时段时，分段时间连续计算。", lambda *_: {"steps_by_period": False}),
    (r"跨零点的时段，零点后仍按开始当日的标准计费。", lambda *_: {"by_first_day": True}),
    (r"零点后按次日的标准计费。", lambda *_: {"by_first_day": False}),
    (r"法定节假日与平日收费相同。", lambda *_: {}),
    (r"法定节假日前一天（当天为节假日的除外）不再按星期几、工作日或周末计费。", lambda *_: {"eves": True}),
    (
        r"(法定节假日及调休上班日以国务院|公众假期以当地)公布的安排为准，当天不再按星期几或周末计费。",
        lambda *_: {},
    ),
]
CYCLES = [
    (r"每满 (?P<h>\d+) 小时，重新开始计费。", lambda m, _: {"cycle_hours": int(m["h"])}),
    (r"每天 (?P<t>\d\d:\d\d) 重新计费。", lambda m, _: {"cycle_time": m["t"]}),
    (
        r"每满 (?P<h>\d+) 小时，计时单位截止，重新起算。",
        lambda m, _: {"cycle_hours": int(m["h"]), "steps_by_stay": True},
    ),
    (
        r"每天 (?P<t>\d\d:\d\d) 计时单位截止，重新起算。",
        lambda m, _: {"cycle_time": m["t"], "steps_by_stay": True},
    ),
    (r"分段价格按整次停车连续计算。", lambda *_: {"steps_by_stay": True}),
    (r"每个 \d+ 小时从免费时长结束时起算。", lambda *_: {"cycle_after_free": True}),
    (r"每个 \d+ 小时从入场时起算，免费时长包含在内。", lambda *_: {"cycle_after_free": False}),
    (r"此时尚未结束的时段，也重新开始计费。", lambda *_: {"periods_again": True}),
    (
        r"此时尚未结束的时段不重新计费，其(?P<steps>分段、)?封顶和按次收费以整个时段为准。",
        lambda m, _: {"periods_again": False} | ({"steps_by_period": True} if m["steps"] else {}),
    ),
]
CAPS = [
    (rf"单次停车最高收费 {YUAN}。", lambda m, _: {"stay_cap": fen(m)}),
    (rf"每次停车另收入场费 {YUAN}，免费停放的除外。", lambda m, _: {"entry_fee": fen(m)}),
    (r"入场费不计入封顶。", lambda *_: {"fee_uncapped": True}),
    (rf"每次停车最低收费 {YUAN}，免费停放的除外。", lambda m, _: {"least": fen(m)}),
    (
        rf"(?P<hours>[\d:–、]+) 时段，整次停车合计最高收费 {YUAN}。",
        lambda m, board: {"together": [*board.together, (m["hours"].split("、"), fen(m))]},
    ),
    (rf"(自入场起)?每 \d+ 小时最高收费 {YUAN}。", lambda m, board: {"caps": [*board.caps, fen(m)]}),
    (rf"每个自然日最高收费 {YUAN}。", lambda m, board: {"caps": [*board.caps, fen(m)]}),
    (
        rf"每天 (?P<t>\d\d:\d\d) 至次日 (?P=t) 最高收费 {YUAN}。",
        lambda m, board: {"cycle_time": m["t"], "caps": [*board.caps, fen(m)]},
    ),
    (
        rf"但(在(?P<days>\S+)( \d\d:\d\d )?开始的(，每 \d+ 小时|一天)|(?P<day>\S+)当日)最高收费 {YUAN}。",
        lambda m, board: {"day_caps": [*board.day_caps, (days_named(m["days"] or m["day"]), fen(m))]},
    ),
    (
        rf"第 \d+ (个 \d+ 小时|天)(及以后，每[个天])?最高收费 {YUAN}。",
        lambda m, board: {"caps": [*board.caps, fen(m)]},
    ),
    (
        rf"第 (?P<n>\d+) (个|天)至第 (?P<last>\d+) (个 \d+ 小时|天)，每[个天]最高收费 {YUAN}。",
        lambda m, board: {"caps": [*board.caps, *[fen(m)] * (int(m["last"]) - int(m["n"]) + 1)]},
    ),
    (
        rf"至第 \d+ (个 \d+ 小时|天)结束，累计最高收费 {YUAN}。",
        lambda m, board: {"so_far": [*board.so_far, fen(m)]},
    ),
    (rf"其后每个周期最多再收 {YUAN}。", lambda m, _: {"later": fen(m)}),
    (
        rf"整次停车最高收费为 {YUAN} 乘以停放(的 \d+ 小时数，不足的按一个计|所跨天数)。",
        lambda m, _: {"pooled": fen(m)},
    ),
    (
        rf"每 (?P<n>\d+) (天|个 \d+ 小时)合计最高收费 {YUAN}。",
        lambda m, board: {"long_caps": [*board.long_caps, (int(m["n"]), fen(m))]},
    ),
    (
        rf"同一日开始的 (?P<hours>[\d:–、]+) 时段，合计最高收费 {YUAN}。",
        lambda m, board: {"shared": [*board.shared, (m["hours"].split("、"), fen(m))]},
    ),
    (
        rf"同一号牌在同一自然月入场的各次停车，合计最高收费 {YUAN}；"
        r"停车跨月的，每多跨一个月，封顶增加同样金额。",
        lambda m, _: {"month_cap": fen(m)},
    ),
    (
        rf"同一号牌在同一自然周（周一至周日）入场的各次停车，合计最高收费 {YUAN}；"
        r"停车跨周的，每多跨一周，封顶增加同样金额。",
        lambda m, _: {"week_cap": fen(m)},
    ),
    (
        r"先按周封顶，再按月封顶；按月免收的金额，仍计入当周的合计。",
        lambda *_: {},  # what `in_periods` does
    ),
]
OFFERS = [
    (
        rf"(?P<days>\S+) {HOURS} 入场、(?:(?P<day>当日|次日|(?P<n>\d) 日后) (?P<by>\d\d:\d\d) 前离场的"
        rf"|停车不超过 (?P<a>{TIME})的)："
        rf"(?:(?P<how>共收|最高收费) {YUAN}|免费)。",
        lambda m, board: {"offers": [*board.offers, offer(m)]},
    ),
    (
        r"上一项仅适用于该离场日 (?P<t>\d\d:\d\d) 及以后离场的。",
        lambda m, board: {"offers": [*board.offers[:-1], (*board.offers[-1], m["t"])]},
    ),
    (r"同时符合多项的，以列在前面的为准。", lambda *_: {"cheapest": False}),
    (r"同时符合多项的，取其中最低的。", lambda *_: {"cheapest": True}),
]
SUM = [
    (r"以上合计金额按 (?P<n>\d+)% 收取。", lambda m, _: {"percent": int(m["n"])}),
    (rf"合计金额不足 {YUAN} 的部分舍去。", lambda m, _: {"round_to": fen(m), "round_how": "down"}),
    (rf"合计金额四舍五入到 {YUAN} 的整数倍。", lambda m, _: {"round_to": fen(m), "round_how": "nearest"}),
    (
        rf"合计金额不足 {YUAN} 的部分按 ¥[\d.]+ 收取。",
        lambda m, _: {"round_to": fen(m), "round_how": "up"},
    ),
    (
        r"停车过 (?P<t>\d\d:\d\d) 仍未离场的，(?P<how>每过一次加收|整次停车只加收一次) "
        rf"{YUAN}。",
        lambda m, _: {"night_at": m["t"], "night_fen": fen(m), "night_once": m["how"] != "每过一次加收"},
    ),
    (
        rf"{HOURS} 期间停放的，(?P<how>每夜加收|整次停车只加收一次) {YUAN}。",
        lambda m, _: {
            "night_at": m["start"],
            "night_end": m["end"],
            "night_fen": fen(m),
            "night_once": m["how"] != "每夜加收",
        },
    ),
    (
        rf"停车过 (?P<t>\d\d:\d\d) 仍未离场的，每次停车最低收费 {YUAN}，免费停放的除外。",
        lambda m, _: {"night_at": m["t"], "night_fen": fen(m), "night_once": True, "night_least": True},
    ),
    (
        rf"{HOURS} 期间停放的，每次停车最低收费 {YUAN}，免费停放的除外。",
        lambda m, _: {
            "night_at": m["start"],
            "night_end": m["end"],
            "night_fen": fen(m),
            "night_once": True,
            "night_least": True,
        },
    ),
    (r"该加收金额不计入封顶。", lambda *_: {"night_uncapped": True}),
]
LONG_STAYS = [
    (
        rf"停车超过 (?P<a>{TIME})的，从入场时起全部改按以下标准收费：",
        lambda m, _: {"turn_after": minutes(m["a"]), "turn_whole": True},
    ),
    (
        rf"停车满 (?P<a>{TIME})的，从入场时起全部改按以下标准收费：",
        lambda m, _: {"turn_after": minutes(m["a"]), "turn_whole": True, "turn_reached": True},
    ),
    (
        rf"停车超过 (?P<a>{TIME})的，超出部分从超出时起改按以下标准计费，不再有免费时长：",
        lambda m, _: {"turn_after": minutes(m["a"])},
    ),
]
KNOWN = [*FREE, *END, *UNITS, *PERIODS, *CYCLES, *CAPS, *OFFERS, *SUM, *LONG_STAYS]


def rule_sentence(board, text):
    """Set what a sentence about the whole board says; False if it is not known."""
    for pattern, says in KNOWN:
        if match := re.fullmatch(pattern, text):
            vars(board).update(says(match, board))
            return True
    return False


def offer(match):
    days = {*WEEK, "holiday", "makeup", "eve"}
    if match["days"] != "每天":
        days = days_named(match["days"])
    hours = (match["start"], match["end"], match["by"] or minutes(match["a"]))
    return (
        days,
        hours,
        int(match["n"] or (match["day"] == "次日")),
        match["how"] == "最高收费",
        fen(match) if match["how"] else 0,
    )
