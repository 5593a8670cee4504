"""Boards of Chinese cities, hospitals, stations and estates; each stay worked out by hand from the text.

A comment names the page and how it is read where it leaves something open. The language cannot say five that
were tried: a fee that rises by half each day (福州火车站北广场), a night price for who also parked by day
(银川站), half a ladder by night (a 小区), a price for who took the metro (马群 P+R) and a fee from the end of
charging on (占位费). The first three are each of one board only; what the last two depend on, no camera sees:
a coupon gives the price of the fourth.
"""

import pytest

from lots import tariffs
from tests.lots.tariffs.board_cases import by_sentences, rows
from tests.lots.tariffs.board_makers import (
    BY_BAND,
    BY_DAY,
    EACH_DAY,
    FREE_ELSE,
    NEW,
    band,
    cap,
    capped,
    deducted,
    first_then,
    free,
    green,
    ladder,
    once,
    per,
    seen,
    share,
)
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import CHINA, SHANGHAI, moment

pytestmark = pytest.mark.deep  # further boards of kinds that the other modules have

GREEN = ["nev_small", "nev_large"]


ZHENGZHOU_STREET = {  # 一类路内：7–21 时第一小时 4 元，第二、三小时 2 元，第四小时起 4 元；夜间免费
    **BY_BAND,  # jnlxbzs.cn
    "steps": FREE_ELSE,
    "bands": [
        band(
            "day",
            "07:00",
            "21:00",
            [
                {"until_min": 60, "unit_min": 60, "price": 400},
                {"until_min": 180, "unit_min": 60, "price": 200},
                *hourly(400),
            ],
        )
    ],
}
ZHENGZHOU_LOT = {  # 一类路外：白天 4 元、1 元、1 元、第四小时起 3 元；夜间 10 元/次
    **BY_BAND,
    "bands": [
        band(
            "day",
            "07:00",
            "21:00",
            [
                {"until_min": 60, "unit_min": 60, "price": 400},
                {"until_min": 180, "unit_min": 60, "price": 100},
                *hourly(300),
            ],
        ),
        {"name": "night", "from": "21:00", "to": "07:00", "flat": 1000},
    ],
}
QINZHOU = {  # 一类 8–22 时：1 小时内 2.5 元，第 2 小时 3 元，之后每小时 5 元，每日最高 30 元；30 分钟免费
    **BY_BAND,  # szftgk.com; 新能源减半，摩托车 1 元/次
    **free(30),
    "steps": FREE_ELSE,
    "bands": [
        band(
            "day",
            "08:00",
            "22:00",
            [
                {"until_min": 60, "unit_min": 60, "price": 250},
                {"until_min": 120, "unit_min": 60, "price": 300},
                *hourly(500),
            ],
            cap=3000,
        )
    ],
    "classes": [
        green(**share(50)),
        seen("motorcycle", steps=once(100), bands=None, steps_count="stay"),
    ],
}
SHENYANG = {  # 7–19 时 1.5 元/半小时，最高 15 元；夜间 5 元/次；不满 30 分钟免费；大型车 3 元、10 元
    **BY_BAND,  # m.qebk.com
    **free(30),
    "reached": ["free"],
    "bands": [
        band("day", "07:00", "19:00", per(30, 150), cap=1500),
        {"name": "night", "from": "19:00", "to": "07:00", "flat": 500},
    ],
    "classes": [
        seen(
            "large",
            bands=[
                band("day", "07:00", "19:00", per(30, 300)),
                {"name": "night", "from": "19:00", "to": "07:00", "flat": 1000},
            ],
        )
    ],
}
BAIYUN = {  # 15 分钟内免费，2 小时内每小时 10 元，之后每小时 5 元，24 小时 60 元；3 小时 25 元
    **capped(6000),  # news.bangkaow.com, 广州机场
    **free(15),
    "steps": [{"until_min": 120, "unit_min": 60, "price": 1000}, *hourly(500)],
}
XIANGYANG = {  # 30 分钟免费；4 小时内每小时 5 元，之后 10 元，24 小时最高 60 元
    **capped(6000),  # jiusongjiankang.com, 中心医院南院区; 新能源 4 小时免费，第 5、6 小时减半
    **free(30),
    "steps": [{"until_min": 240, "unit_min": 60, "price": 500}, *hourly(1000)],
    "classes": [
        green(
            free=None,
            steps=[
                {"until_min": 240, "flat": 0},
                {"until_min": 360, "unit_min": 60, "price": 500},
                *hourly(1000),
            ],
        )
    ],
}
XIANGYANG_NORTH = {  # 30 分钟免费；4 小时内 5 元，之后每小时 1 元，24 小时最高 20 元
    **capped(2000),  # the same page; 新能源 2 小时免费，第二个 2 小时减半
    **free(30),
    "steps": [{"until_min": 240, "flat": 500}, *hourly(100)],
    "classes": [
        green(free=None, steps=[{"until_min": 120, "flat": 0}, {"until_min": 240, "flat": 250}, *hourly(100)])
    ],
}
BOAI = {  # 60 分钟免费，之后每 15 分钟 1 元，24 小时最高 60 元；摩托车每 12 小时 1 元、最高 2 元；新能源八折
    **capped(6000),  # m.jiusongjiankang.com; its example (2:30 for 4) does not follow its own rule
    **deducted(60),
    "steps": per(15, 100),
    "classes": [green(**share(80)), seen("motorcycle", steps=per(720, 100), **cap(200))],
}
DEHUA = {  # 30 分钟免费，2 小时内 5 元；之后 8–19 时每小时 2 元，夜间 1 元；24 小时最高 30 元
    **capped(
        3000
    ),  # quanzhou.kuyiso.com, 县医院; the first hours are one unit, so that no night begins them again
    **free(30),
    "bands": [
        band("day", "08:00", "19:00", [{"until_min": 120, "unit_min": 120, "price": 500}, *hourly(200)]),
        band("night", "19:00", "08:00", [{"until_min": 120, "unit_min": 120, "price": 500}, *hourly(100)]),
    ],
    "crossing": "unit_start",
    "after_cycle": "begin_again",
}
DEHUA_OTHERS = {  # 30 分钟免费，120 分钟内 3 元，之后每小时 1 元，24 小时最高 20 元
    **capped(2000),  # the same page
    **free(30),
    "steps": [{"until_min": 120, "flat": 300}, *hourly(100)],
}
CHIBI = {  # 1 小时内免费，超过 1 小时后每小时 1.5 元，24 小时封顶 20 元；新能源九折
    **capped(2000),  # nbdnews.cn, 人民医院; 60 至 120 分钟按一小时收费
    **deducted(60),
    "steps": hourly(150),
    "classes": [green(**share(90))],
}
ESTATE = {  # 1 小时免费；2 小时内 5 元，8 小时内 10 元，12 小时内 15 元，24 小时内 20 元；按天
    **NEW,  # wap.07358.com, 小区外来车辆
    **free(60),
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((120, 500), (480, 1000), (720, 1500), (None, 2000)),
}
LIANHUA = {  # 2 小时免费，之后每小时 5 元，24 小时最高 30 元；20–8 时免费
    **capped(3000),  # m.sboyo.com, 小区
    **deducted(120),
    "steps": hourly(500),
    "bands": [{"name": "night", "from": "20:00", "to": "08:00", "free": True}],
    "crossing": "sum_per_band",
    "after_cycle": "begin_again",
}
HUANGSHAN = {  # 20 分钟免费；1 小时 10 元，4 小时 25 元，8 小时 40 元，之后每小时 1 元，24 小时最高 50 元
    **capped(5000),  # hsgwh.huangshan.gov.cn, 换乘停车场; 大型车 10、30、50 元，最高 60 元
    **free(20),
    "steps": [*ladder((60, 1000), (240, 2500), (480, 4000)), *hourly(100)],
    "classes": [
        seen("large", steps=[*ladder((60, 1000), (240, 3000), (480, 5000)), *hourly(100)], **cap(6000))
    ],
}
FUZHOU_WEST = {  # 30 分钟免费；2 小时内 10 元，之后 3 元/半小时，24 小时最高 60 元；大型车 15、5、80 元
    **capped(6000),  # m.kidbbs.com, 火车站西园; 1 小时内再次进场、1 天 4 次以上的，不享受免费
    "free": {"minutes": 30, "mode": "threshold", "repeat": "times_a_day", "times": 4},
    "steps": [{"until_min": 120, "flat": 1000}, *per(30, 300)],
    "reentry": {"as": "no_free", "window": {"from": "left", "minutes": 60}},
    "classes": [seen("large", steps=[{"until_min": 120, "flat": 1500}, *per(30, 500)], **cap(8000))],
}
NANTONG = {  # 首时段 3 小时 4 元；之后白天每小时 1 元，夜间 3 小时 1 元；日最高 12 元；30 分钟免费
    **capped(1200),  # bbs.0513.org, 二类; 大型车加倍，新能源免 1 小时、扣除后计费
    **free(30),
    "bands": [
        band("day", "08:00", "20:00", [{"until_min": 180, "unit_min": 180, "price": 400}, *hourly(100)]),
        band("night", "20:00", "08:00", [{"until_min": 180, "unit_min": 180, "price": 400}, *per(180, 100)]),
    ],
    "crossing": "unit_start",
    "after_cycle": "begin_again",
    "classes": [green(**deducted(60)), seen("large", **share(200))],
}
MAANSHAN = {  # 7–19 时 1 小时内 3 元、1 小时以上 6 元，夜间 8 元；大型车 6.5、13、17 元
    **BY_BAND,  # m.jwbk.com, 森林公园
    "bands": [
        band("day", "07:00", "19:00", ladder((60, 300), (None, 600))),
        {"name": "night", "from": "19:00", "to": "07:00", "flat": 800},
    ],
    "classes": [
        seen(
            "large",
            bands=[
                band("day", "07:00", "19:00", ladder((60, 650), (None, 1300))),
                {"name": "night", "from": "19:00", "to": "07:00", "flat": 1700},
            ],
        )
    ],
}


def westlake(fen):
    night = {"name": "night", "from": "20:00", "to": "08:00", "flat": 500}
    return [band("day", "08:00", "20:00", hourly(fen)), night]


WESTLAKE = {  # 8–20 时 10 元/小时，夜间 5 元/次；3 月 15 日至 5 月 31 日双休日和假期小型车 20 元/小时
    **BY_BAND,  # hzdaily.hangzhou.com.cn 2025-03-15; the day of entry decides
    "bands": westlake(1000),
    "classes": [seen("large", bands=westlake(1000))],
    "seasons": [
        {"name": "peak", "dates": ["03-15/05-31"], "days": ["restday"], "rule": {"bands": westlake(2000)}}
    ],
}
THREE_HOURS = {  # 7:30–19:30 每 3 小时 5 元，全天 20 元，30 分钟免费
    **BY_BAND,  # m.zhaofangba.com; 新能源 2 小时免费，3 小时 3 元，全天 15 元
    **free(30),
    "steps": FREE_ELSE,
    "bands": [band("day", "07:30", "19:30", per(180, 500), cap=2000)],
    "classes": [
        green(
            **free(120),
            bands=[
                band("day", "07:30", "19:30", [{"until_min": 180, "flat": 300}, *per(180, 500)], cap=1500)
            ],
        )
    ],
}
GUILIN = {
    **capped(2500),
    "steps": first_then(300, 200),
}  # ocbaking.com, 机场: 1 小时 3 元，每超 1 小时 2 元，25 元
NANCHANG = {  # 第 1 个小时 5 元，每超过半小时 1 元，每日封顶 40 元
    **capped(4000, BY_DAY),  # the same page, 南昌西站; the first hour is of the stay
    "steps_count": "stay",
    "steps": [{"until_min": 60, "flat": 500}, *per(30, 100)],
}
WENZHOU = {**capped(2500), **free(30), "steps": hourly(500)}  # iiiib.com, 动车站: 每小时 5 元，24 小时 25 元
OVERNIGHT = {  # 首小时 6 元，之后 3 元，24 小时 30 元；超过 24 小时每 12 小时加收 15 元
    **capped(3000),  # a page on 过夜; 大型车 15、8、40、20 元; the large ones' 24 hours come to 40
    "steps": first_then(600, 300),
    "turn": {"after_min": 1440, "from": "then", "rule": {"steps": per(720, 1500), "caps": None}},
    "classes": [
        seen(
            "large",
            steps=first_then(1500, 800),
            **cap(4000),
            turn={"after_min": 1440, "from": "then", "rule": {"steps": per(720, 2000), "caps": None}},
        )
    ],
}
WUXU = {  # 首日 50 元，之后每 2 小时 4 元；大型车 80 元、6 元
    **NEW,  # the same page, 南宁机场
    "steps": [{"until_min": 1440, "flat": 5000}, *per(120, 400)],
    "classes": [seen("large", steps=[{"until_min": 1440, "flat": 8000}, *per(120, 600)])],
}
XIAMEN = {  # 30 分钟免费；8–18 时 2 小时内 5 元，之后每小时 3 元；夜间每小时 2 元；30、45、60 元
    **EACH_DAY,  # wendadaohang.com, 行政服务中心
    **free(30),
    "bands": [
        band("day", "08:00", "18:00", [{"until_min": 120, "flat": 500}, *hourly(300)]),
        band("night", "18:00", "08:00", hourly(200)),
    ],
    "caps": [
        {"cycle": 1, "amount": 3000},
        {"cycle": 2, "amount": 4500},
        {"cycle": "3+", "amount": 6000},
    ],
    "caps_count": "per_cycle",
}
SHANTOU = {  # 30 分钟免费；2 小时内每小时 5 元，之后每小时 3 元，24 小时最高 28 元
    **capped(2800),  # yzzsnet.com, 火车站地下
    **free(30),
    "steps": [{"until_min": 120, "unit_min": 60, "price": 500}, *hourly(300)],
}
XIXIAN = {  # 二类：8–21 时首小时 2 元，之后每小时 1 元；15 分钟免费
    **BY_BAND,  # senbk.com
    **free(15),
    "steps": FREE_ELSE,
    "bands": [band("day", "08:00", "21:00", first_then(200, 100))],
}
DALI = {  # 15 分钟免费；8–20 时 5 元/半小时，封顶 50 元；20–8 时 2 元/半小时，封顶 10 元；满 24 小时重新计时
    **EACH_DAY,  # dali8.net, 一类路内泊位
    **free(15),
    "bands": [
        band("day", "08:00", "20:00", per(30, 500), cap=5000),
        band("night", "20:00", "08:00", per(30, 200), cap=1000),
    ],
}
MINHANG = {  # 1 小时内免费，8 小时内 5 元，24 小时内 10 元，超过 24 小时重新计
    **NEW,  # m.114262.cn, 上海小区
    **free(60),
    "cycle": DAY_FROM_ENTRY,
    "steps_count": "cycle",
    "steps": ladder((480, 500), (None, 1000)),
}
HUALING = {  # 工作日 8–20 时 2 元/小时，其余 1 元；货车 3 元、2 元
    **BY_BAND,  # ffjkg.cn, 市场; a lorry's other times are read as its nights
    "steps": hourly(100),
    "bands": [band("day", "08:00", "20:00", hourly(200), ["workday"])],
    "band_days": "moment",
    "classes": [
        seen("goods", steps=hourly(200), bands=[band("day", "08:00", "20:00", hourly(300), ["workday"])])
    ],
}
YANGZHOU = {  # 新能源 1 小时内免费，之后按 50% 收取，四舍五入到元
    **capped(2000),  # 155ck.com; the usual prices are not on the page and taken as 3 an hour
    "steps": hourly(300),
    "classes": [green(**deducted(60), **share(50, 100, "half_up"))],
}
BOARDS = {
    "zhengzhou_street": ZHENGZHOU_STREET, "zhengzhou_lot": ZHENGZHOU_LOT, "qinzhou": QINZHOU,
    "shenyang": SHENYANG, "baiyun": BAIYUN, "xiangyang": XIANGYANG, "xiangyang_north": XIANGYANG_NORTH,
    "boai": BOAI, "dehua": DEHUA, "dehua_others": DEHUA_OTHERS, "chibi": CHIBI, "estate": ESTATE,
    "lianhua": LIANHUA, "huangshan": HUANGSHAN, "fuzhou_west": FUZHOU_WEST, "nantong": NANTONG,
    "maanshan": MAANSHAN, "westlake": WESTLAKE, "three_hours": THREE_HOURS, "guilin": GUILIN,
    "nanchang": NANCHANG, "wenzhou": WENZHOU, "overnight": OVERNIGHT, "wuxu": WUXU, "xiamen": XIAMEN,
    "shantou": SHANTOU, "xixian": XIXIAN, "dali": DALI, "minhang": MINHANG, "hualing": HUALING,
    "yangzhou": YANGZHOU,
}  # fmt: skip
STAYS = """
zhengzhou_street
04-20 10:00 04-20 11:00 4
04-20 10:00 04-20 14:00 12
04-20 07:00 04-20 21:00 52
04-20 20:30 04-20 22:00 4
04-20 20:00 04-21 08:00 8
zhengzhou_lot
04-20 10:00 04-20 14:00 9
04-20 10:00 04-20 14:01 12
04-20 20:30 04-20 21:30 14
04-20 21:00 04-21 07:00 10
04-20 20:00 04-21 08:00 18
qinzhou
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 10:31 2.5
04-20 10:00 04-20 12:00 5.5
04-20 10:00 04-20 12:01 10.5
04-20 10:00 04-20 17:00 30
04-20 21:00 04-21 09:00 5
04-20 10:00 04-20 12:01 5.25 nev_small
04-20 10:00 04-20 22:00 1 motorcycle
shenyang
04-20 10:00 04-20 10:29 0
04-20 10:00 04-20 10:30 1.5
04-20 10:00 04-20 10:31 3
04-20 07:00 04-20 19:00 15
04-20 18:30 04-20 19:30 6.5
04-20 10:00 04-21 10:00 29
04-20 18:30 04-20 19:30 13 large
baiyun
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 13:00 25
04-20 10:00 04-20 20:00 60
04-20 10:00 04-21 10:00 60
04-20 10:00 04-21 11:00 70
xiangyang
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 14:00 20
04-20 10:00 04-20 15:00 30
04-20 10:00 04-20 18:00 60
04-20 10:00 04-21 10:20 65
04-20 10:00 04-20 14:00 0 nev_small
04-20 10:00 04-20 16:00 10 nev_small
04-20 10:00 04-20 16:01 20 nev_small
xiangyang_north
04-20 10:00 04-20 14:00 5
04-20 10:00 04-20 14:01 6
04-20 10:00 04-21 10:00 20
04-20 10:00 04-20 12:00 0 nev_small
04-20 10:00 04-20 14:00 2.5 nev_small
04-20 10:00 04-20 15:00 3.5 nev_small
boai
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 11:01 1
04-20 10:00 04-20 12:30 6
04-20 10:00 04-21 10:00 60
04-20 10:00 04-20 12:30 4.8 nev_small
04-20 10:00 04-20 13:00 1 motorcycle
04-20 10:00 04-21 10:00 2 motorcycle
dehua
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 13:00 7
04-20 20:00 04-20 23:00 6
04-20 18:00 04-20 20:00 5
04-20 16:30 04-20 20:00 8
04-20 10:00 04-21 10:00 30
dehua_others
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 3
04-20 10:00 04-20 15:00 6
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 11:00 23
chibi
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 12:00 1.5
04-20 10:00 04-20 14:00 4.5
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 11:00 21.5
04-20 10:00 04-20 12:00 1.35 nev_small
estate
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 18:00 10
04-20 10:00 04-20 22:00 15
04-20 10:00 04-21 10:00 20
04-20 10:00 04-21 11:00 25
lianhua
04-20 10:00 04-20 12:00 0
04-20 10:00 04-20 13:00 5
04-20 19:00 04-20 21:00 0
04-20 17:00 04-20 21:00 5
04-20 10:00 04-20 20:00 30
04-20 17:00 04-21 09:00 10
huangshan
04-20 10:00 04-20 10:20 0
04-20 10:00 04-20 11:00 10
04-20 10:00 04-20 14:00 25
04-20 10:00 04-20 18:00 40
04-20 10:00 04-20 19:00 41
04-20 10:00 04-21 10:00 50
04-20 10:00 04-21 10:30 60
04-20 10:00 04-20 18:00 50 large
04-20 10:00 04-21 10:00 60 large
fuzhou_west
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 12:31 16
04-20 10:00 04-21 10:00 60
04-20 10:00 04-20 12:31 25 large
nantong
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 13:00 4
04-20 10:00 04-20 15:00 6
04-20 18:00 04-20 21:00 4
04-20 18:00 04-21 00:00 5
04-20 10:00 04-21 10:00 12
04-20 10:00 04-20 15:00 12 large
04-20 10:00 04-20 11:00 0 nev_small
04-20 10:00 04-20 15:00 5 nev_small
maanshan
04-20 10:00 04-20 11:00 3
04-20 10:00 04-20 11:01 6
04-20 18:30 04-20 20:00 11
04-20 19:00 04-21 07:00 8
04-20 10:00 04-21 10:00 20
04-20 10:00 04-20 11:01 13 large
westlake
04-20 10:00 04-20 12:00 20
04-25 10:00 04-25 12:00 40
04-25 10:00 04-25 12:00 20 large
05-01 10:00 05-01 12:00 40
05-09 10:00 05-09 12:00 20
04-20 19:00 04-20 21:00 15
06-06 10:00 06-06 12:00 20
three_hours
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 13:00 5
04-20 10:00 04-20 13:01 10
04-20 07:00 04-20 20:00 20
04-20 10:00 04-20 12:00 0 nev_small
04-20 10:00 04-20 12:01 3 nev_small
04-20 10:00 04-20 13:01 8 nev_small
04-20 07:00 04-20 20:00 15 nev_small
guilin
04-20 10:00 04-20 11:00 3
04-20 10:00 04-20 13:00 7
04-20 10:00 04-20 21:00 23
04-20 10:00 04-21 10:00 25
04-20 10:00 04-21 11:00 28
nanchang
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 11:31 7
04-20 10:00 04-20 20:00 23
04-20 00:00 04-20 23:00 40
04-20 23:00 04-21 00:30 6
04-20 10:00 04-22 10:00 91
wenzhou
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 11:00 5
04-20 10:00 04-20 14:01 25
04-20 10:00 04-21 10:00 25
04-20 10:00 04-24 10:00 100
overnight
04-20 10:00 04-20 11:00 6
04-20 10:00 04-20 13:00 12
04-20 10:00 04-21 10:00 30
04-20 10:00 04-21 22:00 45
04-20 10:00 04-21 22:01 60
04-20 10:00 04-21 10:00 40 large
04-20 10:00 04-21 22:01 80 large
wuxu
04-20 10:00 04-20 11:00 50
04-20 10:00 04-21 10:00 50
04-20 10:00 04-21 12:01 58
04-20 10:00 04-21 16:00 62
04-20 10:00 04-21 12:00 86 large
xiamen
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 5
04-20 10:00 04-20 15:00 14
04-20 17:00 04-20 20:00 9
04-20 10:00 04-21 10:00 30
04-20 10:00 04-22 10:00 75
04-20 10:00 04-23 10:00 131
shantou
04-20 10:00 04-20 10:30 0
04-20 10:00 04-20 12:00 10
04-20 10:00 04-20 14:00 16
04-20 10:00 04-20 18:00 28
04-20 10:00 04-21 11:00 33
xixian
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 11:00 2
04-20 10:00 04-20 13:00 4
04-20 20:30 04-21 07:00 2
04-20 08:00 04-20 21:00 14
dali
04-20 10:00 04-20 10:15 0
04-20 10:00 04-20 11:00 10
04-20 10:00 04-20 15:01 50
04-20 20:00 04-21 08:00 10
04-20 19:30 04-20 20:30 7
04-20 10:00 04-21 10:00 80
04-20 10:00 04-21 11:00 90
minhang
04-20 10:00 04-20 11:00 0
04-20 10:00 04-20 18:00 5
04-20 10:00 04-20 18:01 10
04-20 10:00 04-21 10:00 10
04-20 10:00 04-21 11:00 15
hualing
04-20 10:00 04-20 12:00 4
04-20 19:00 04-20 21:00 3
04-25 10:00 04-25 12:00 2
05-09 10:00 05-09 12:00 4
04-20 10:00 04-20 12:00 6 goods
04-25 10:00 04-25 12:00 4 goods
yangzhou
04-20 10:00 04-20 12:00 6
04-20 10:00 04-21 10:00 20
04-20 10:00 04-20 11:00 0 nev_small
04-20 10:00 04-20 12:00 2 nev_small
04-20 10:00 04-20 13:00 3 nev_small
04-20 10:00 04-20 14:00 5 nev_small
"""


@pytest.mark.parametrize(("name", "entered", "left", "amount", "who"), list(rows(STAYS, BOARDS)))
def test_chinese_board_is_charged_as_printed(name, entered, left, amount, who):
    """Document, engine and the sentences alone reach the price that the printed board asks."""
    tariff = tariffs.read_new(BOARDS[name])
    stay = moment(entered, SHANGHAI), moment(left, SHANGHAI)
    kind, camera = (who, "") if who.startswith("nev") else ("ordinary", who)
    assert tariff.price(*stay, kind, seen=camera, place=CHINA).fen == amount
    assert by_sentences(tariff, stay, kind, camera, CHINA) == amount
