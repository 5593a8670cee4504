"""What people type into the search when they look for a page, besides its name: what they want to do.

Words are separated by spaces. A page is found when one of its words stands in what was typed.
"""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WORDS: dict[str, Promise] = {
    "console:tasks": pgettext_lazy("search", "outstanding unmatched approve refunds differences"),
    "console:health": pgettext_lazy(
        "search", "alarm fault offline down broken network power expire secret certificate backup disk"
    ),
    "console:booths": pgettext_lazy("search", "barrier gate release cash lane stuck waiting voice jam"),
    "console:openings": pgettext_lazy("search", "opened barrier by hand night who reason"),
    "console:shifts": pgettext_lazy("search", "drawer cash handover float"),
    "console:stays": pgettext_lazy(
        "search", "car vehicle plate entered inside fee waive correct left dispute"
    ),
    "console:reads": pgettext_lazy("search", "picture photo video misread camera"),
    "console:access": pgettext_lazy("search", "monthly season whitelist pass renew extend"),
    "console:lots": pgettext_lazy("search", "garage bays lanes occupancy jam"),
    "console:tariffs": pgettext_lazy("search", "price rate weekend saturday cap free tariff holiday"),
    "console:payments": pgettext_lazy("search", "refund money overcharged wechat alipay order"),
    "console:bills": pgettext_lazy("search", "bill statement books"),
    "console:days": pgettext_lazy("search", "yesterday close closing"),
    "console:reports": pgettext_lazy("search", "month compare revenue statistics excel export tax"),
    "console:invoices": pgettext_lazy("search", "tax title fapiao reversal"),
    "console:shops": pgettext_lazy("search", "merchant tenant voucher discount coupon"),
    "console:devices": pgettext_lazy("search", "camera key offline install clock device"),
    "console:all-signs": pgettext_lazy("search", "print sticker poster code patrol sign logo"),
    "console:selfchecks": pgettext_lazy("search", "inspector pure compliance"),
    "console:rights": pgettext_lazy("search", "complaint erase delete personal"),
    "console:papers": pgettext_lazy("search", "inspector authority evidence proof"),
    "console:audit": pgettext_lazy("search", "who opened history trace looked audit"),
    "console:setup": pgettext_lazy("search", "merchant channel operator opening phone suspend"),
    "console:people": pgettext_lazy("search", "colleague staff invite role password leaver account user"),
}

# What the pages of rows call them in front of a number: "Payment 52" is copied from there.
NUMBERED: dict[str, Promise] = {
    "console:stay": pgettext_lazy("search", "stay session"),
    "console:payment": pgettext_lazy("search", "payment"),
    "console:shift": pgettext_lazy("search", "shift"),
}
