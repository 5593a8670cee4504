"""Texts of pure rules that staff see on pages, by what the rules call them: rules import no Django.

A test compares the keys with the rules. The template filter `spoken` looks them up.
"""

from django.utils.translation import gettext_lazy as _

SIGNS = {
    "A3 海报": _("A3 poster"),
    "A4 海报": _("A4 poster"),
    "A5 台卡": _("A5 table card"),
    "方形贴纸 120": _("Square sticker 120"),
    "圆形贴纸 150": _("Round sticker 150"),
    "车道立牌 400 × 600": _("Lane board 400 × 600"),
    "立柱腰带 800 × 300": _("Pillar band 800 × 300"),
    "玻璃窗贴 210 × 150": _("Window sticker 210 × 150"),
    "主通道、电梯厅": _("main ways, lift lobbies"),
    "电梯厅、缴费机旁": _("lift lobbies, beside pay machines"),
    "服务台、岗亭台面": _("service desks, booth counters"),
    "车位旁、扶梯口": _("beside bays, at escalators"),
    "玻璃门、闸机": _("glass doors, gates"),
    "出入口道闸旁": _("beside barriers"),
    "车库立柱": _("pillars of the car park"),
    "岗亭窗口": _("booth windows"),
    "通用": _("General"),
    "上海": _("Shanghai"),
    "北京": _("Beijing"),
    "深圳": _("Shenzhen"),
    "重庆": _("Chongqing"),
    "云南": _("Yunnan"),
    "标题": _("Headline"),
    "英文标题": _("English headline"),
    "承诺": _("Promise"),
    "英文承诺": _("English promise"),
    "说明": _("Note on the sign"),
    "英文说明": _("English note"),
}
