"""Texts of pure rules that staff see on pages: rules know no Django, so here they are marked for translation.

A test compares them with the rules. The template filter `spoken` looks them up.
"""

from django.utils.translation import gettext_noop as _

SIGNS = (
    *(_("A3 海报"), _("A4 海报"), _("A5 台卡"), _("方形贴纸 120"), _("圆形贴纸 150")),
    *(_("车道立牌 400 × 600"), _("立柱腰带 800 × 300"), _("玻璃窗贴 210 × 150")),
    *(_("主通道、电梯厅"), _("电梯厅、缴费机旁"), _("服务台、岗亭台面"), _("车位旁、扶梯口")),
    *(_("玻璃门、闸机"), _("出入口道闸旁"), _("车库立柱"), _("岗亭窗口")),
    *(_("通用"), _("上海"), _("北京"), _("深圳"), _("重庆"), _("云南")),
    *(_("标题"), _("英文标题"), _("承诺"), _("英文承诺"), _("说明"), _("英文说明")),
)
