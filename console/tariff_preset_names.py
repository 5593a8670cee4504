"""The tariffs to begin with, as their editor names them."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "mall": _("Shopping centre: 30 minutes free, ¥10 an hour, at most ¥100 in 24 hours"),
    "mall_night": _(
        "Shopping centre by day and night: ¥10 an hour, ¥5 from 21:00 to 07:00 and at most ¥30 then"
    ),
    "airport": _("Airport: ¥10 an hour for 2 hours, then ¥5; at most ¥60, ¥80 and ¥110 day by day"),
    "public": _("Public car park: 30 minutes deducted, ¥4 an hour, new-energy cars half, at most ¥40 a day"),
    "office": _("Office: ¥5 an hour on workdays from 8 to 20, at most ¥30; otherwise free"),
    "hospital": _("Hospital: 30 minutes free, ¥5 an hour for 2 hours, then ¥2; at most ¥30 in 24 hours"),
    "scenic": _(
        "Scenic spot: ¥10 a visit; ¥30 at Spring Festival and National Day, ¥20 on other"
        " holidays and on weekends of the season"
    ),
    "beijing": _(
        "Beijing street, class 1: ¥2.50 per 15 min in the first hour, then ¥3.75; nights ¥1 per 2 h"
    ),
    "guangzhou": _("Guangzhou car park, class 1: ¥3 an hour, at most ¥9 in 12 hours"),
    "shenzhen": _(
        "Shenzhen street, class 1: by the half hour, 7:30 to 20 on working days, 10 to 20 on others"
    ),
    "chengdu": _(
        "Chengdu street, class 1: 15 minutes free, ¥10 for the first hour, then ¥3 per half"
        " hour; nights ¥2 per 4 hours"
    ),
    "shanghai": _(
        "Shanghai street, key area: 15 minutes free, ¥15 for the first hour from 7:30 to 19:30, then ¥10"
        " per half hour; nights ¥10"
    ),
    "hangzhou": _(
        "Hangzhou street, core area: ¥5 per half hour for an hour from 8:00 to 20:00, then ¥6; nights ¥5"
    ),
}
