"""What people type into the search when they look for a page, besides its name: what they want to do.

Words are separated by spaces. A page is found when one of its words stands in what was typed.
"""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WORDS: dict[str, Promise] = {
    "console:tasks": pgettext_lazy(
        "search", "outstanding unmatched approve refunds differences unpaid debt unknown"
    ),
    "console:health": pgettext_lazy(
        "search",
        "alarm fault offline down broken network power expire secret certificate backup disk slow "
        "stopped internet",
    ),
    "console:booths": pgettext_lazy(
        "search",
        "barrier gate release cash lane stuck waiting voice jam raise lift shut boom intercom unplated",
    ),
    "console:openings": pgettext_lazy("search", "opened barrier by hand night who reason raised lifted"),
    "console:shifts": pgettext_lazy("search", "drawer cash handover float till"),
    "console:stays": pgettext_lazy(
        "search",
        "car vehicle plate entered inside fee waive correct left dispute unplated lost wrong ticket",
    ),
    "console:reads": pgettext_lazy("search", "picture photo video misread camera snapshot wrong"),
    "console:access": pgettext_lazy(
        "search",
        "monthly season whitelist pass renew extend subscription permit expir swap visitor staff",
    ),
    "console:lots": pgettext_lazy("search", "garage bays lanes occupancy jam full spaces"),
    "console:tariffs": pgettext_lazy(
        "search", "price rate weekend saturday cap free tariff holiday festival night"
    ),
    "console:payments": pgettext_lazy(
        "search", "refund money overcharged wechat alipay order charg twice double receipt paid"
    ),
    "console:bills": pgettext_lazy("search", "bill statement books reconcil balance mismatch bank"),
    "console:days": pgettext_lazy("search", "yesterday close closing daily"),
    "console:reports": pgettext_lazy(
        "search",
        "month compare revenue statistics excel export tax landlord monthly numbers mail email schedule",
    ),
    "console:invoices": pgettext_lazy("search", "tax title fapiao reversal receipt company reissue header"),
    "console:shops": pgettext_lazy("search", "merchant tenant voucher discount coupon quota store"),
    "console:devices": pgettext_lazy(
        "search", "camera key offline install clock device replace gate stuck firmware"
    ),
    "console:all-signs": pgettext_lazy(
        "search", "print sticker poster code patrol sign logo replace damaged stolen fake foreign"
    ),
    "console:selfchecks": pgettext_lazy("search", "inspector pure compliance self-check selfcheck result"),
    "console:rights": pgettext_lazy("search", "complaint erase delete personal gdpr forget"),
    "console:papers": pgettext_lazy("search", "inspector authority evidence proof declaration report filing"),
    "console:audit": pgettext_lazy("search", "who opened history trace looked audit revoked changed"),
    "console:setup": pgettext_lazy(
        "search",
        "merchant channel operator opening phone suspend vendor system switch fallback retention "
        "logo name bays",
    ),
    "console:people": pgettext_lazy(
        "search",
        "colleague staff invite role password leaver account user leave left quit fired resign "
        "dismiss revoke lost phone totp 2fa authenticator",
    ),
}

# What the pages of rows call them in front of a number: "Payment 52" is copied from there.
NUMBERED: dict[str, Promise] = {
    "console:stay": pgettext_lazy("search", "stay session"),
    "console:payment": pgettext_lazy("search", "payment"),
    "console:shift": pgettext_lazy("search", "shift"),
}
