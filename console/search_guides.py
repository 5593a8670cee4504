"""What people come to the console with, and how it is done: answers of the search.

Each is found by its words: those with + between them must all be typed. It is offered to those who may do it.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Guide:
    """A task: where it is done, by whom, and in which steps.

    `lot_route` is the page of one lot, opened for those who have one lot.
    """

    route: str
    action: str
    words: Promise
    title: Promise
    steps: Promise
    query: str = ""
    lot_route: str = ""


GUIDES: tuple[Guide, ...] = (
    Guide(
        "console:payments",
        "refunds.ask",
        pgettext_lazy("search", "refund overcharg charg+too money+back"),
        _("Give money back"),
        _(
            "Type the plate, receipt code, order number or amount (¥12.50) into this search. Open "
            "the payment, then “Refund”: you see what will happen before it does."
        ),
    ),
    Guide(
        "console:refunds",
        "refunds.ask",
        pgettext_lazy("search", "charg+twice paid+twice double duplicate"),
        _("A driver paid twice"),
        _(
            "What is paid beyond the fee goes back by itself, to the account it came from: the list "
            "shows how far it is. If the other payment was for another car, move it instead."
        ),
    ),
    Guide(
        "console:refunds",
        "refunds.ask",
        pgettext_lazy("search", "refund+arriv refund+where refund+not not+received"),
        _("A refund has not arrived"),
        _(
            "Find it in the list. “Refunded”: the channel has paid it, and the bank may take 1 to 3 "
            "working days. “Failed” or “Needs staff”: open the payment, it says what to do."
        ),
    ),
    Guide(
        "console:payments",
        "payments.move",
        pgettext_lazy("search", "wrong+plate wrong+car mistyped"),
        _("A driver paid for the wrong plate"),
        _(
            "Find the payment by its receipt code. Open it, then “Move to another stay”, and name "
            "the car that stands at the exit. The exit then opens for it."
        ),
    ),
    Guide(
        "console:booths",
        "stays.act",
        pgettext_lazy("search", "shut raise lift boom won't+open not+open stays+closed"),
        _("The barrier does not open"),
        _(
            "Lanes now → the lot → the lane says why. Open the barrier there, with a reason. “I "
            "have paid”: look for the receipt code; paid for another car, move the payment."
        ),
    ),
    Guide(
        "console:devices",
        "devices.see",
        pgettext_lazy("search", "stuck+open stays+open left+open lower"),
        _("A barrier stays open"),
        _(
            "The console opens barriers but cannot lower them: use the control at the barrier and "
            "call the technician. Cars that leave unread stay inside: open the stay, then “End the stay”."
        ),
    ),
    Guide(
        "console:lots",
        "exits.jam",
        pgettext_lazy("search", "jam queue congest traffic+exit"),
        _("Cars queue at the exit"),
        _(
            "Open the lot → “Exit congestion: extend the time to leave”: cars that have paid can leave "
            "later without paying more. Release the others in their lane."
        ),
        lot_route="console:exits",
    ),
    Guide(
        "console:stays",
        "fees.waive",
        pgettext_lazy("search", "waive let+free for+free no+charge"),
        _("Let a car out free of charge"),
        _(
            "Find the stay by its plate → “Waiver”, all of the fee or a part, with the reason; the exit "
            "then opens for it. “Manual release” opens too, but the fee stays owed."
        ),
    ),
    Guide(
        "console:balances",
        "stays.see",
        pgettext_lazy("search", "drove+off without+pay left+unpaid evad escap"),
        _("A car left without paying"),
        _(
            "Its fee stays owed and is asked when the car is in this lot again, as long as the list "
            "says. The driver can pay earlier by scanning. Misread at the exit: correct the stay."
        ),
    ),
    Guide(
        "console:openings",
        "stays.see",
        pgettext_lazy("search", "hit+car barrier+fell barrier+hit accident damage+car"),
        _("A barrier hit a car"),
        _(
            "Choose the lot, the time and the lane: whether a person opened it. The stay shows every "
            "read and order to the minute, and a picture if one is stored. Print it at once: plate "
            "and picture are erased soon."
        ),
    ),
    Guide(
        "console:devices",
        "devices.see",
        pgettext_lazy("search", "power+cut no+power no+network no+internet internet network+down blackout"),
        _("No power or no network on site"),
        _(
            "Open with the barrier's own button or remote control, and note the times. When the devices "
            "are back, cameras send what they stored; then look at the reads and stays to review."
        ),
    ),
    Guide(
        "console:shifts",
        "shifts.see",
        pgettext_lazy("search", "cash+short cash+over cash+missing cash+differ drawer+short"),
        _("The cash does not match"),
        _(
            "Open the shift: each sum with its time and stay. Write the reason when it is closed. A "
            "miscount is put right by a superior: “Correct the count”."
        ),
    ),
    Guide(
        "console:stays",
        "stays.act",
        pgettext_lazy("search", "misread wrong+read"),
        _("A camera misread a plate"),
        _(
            "Search for the plate as it was read, or choose lot and time. Open the stay, then "
            "“Correct the plate”: payments stay with it."
        ),
    ),
    Guide(
        "console:access",
        "rights.edit",
        pgettext_lazy("search", "chang+car chang+plate swap new+car"),
        _("A permit holder has another car"),
        _(
            "Find the permit by the old plate, open it, then “Transfer to another car”. It is valid "
            "as long as before."
        ),
    ),
    Guide(
        "console:access",
        "rights.see",
        pgettext_lazy("search", "expir renew+permit mail+permit remind"),
        _("Permits that expire soon"),
        _(
            "The list shows what ends within 7 days; “Act on many rows” extends many at once. No "
            "phone number or e-mail address of a holder is stored, so tell them by your own list: "
            "export it with plates."
        ),
        query="?state=soon",
    ),
    Guide(
        "console:tariffs",
        "tariffs.edit",
        pgettext_lazy("search", "price rate+up raise+price chang+price"),
        _("A new price"),
        _(
            "Open the lot → start a draft: change the amounts and read the board. Sign it with the "
            "date from which it holds; cars that are inside by then keep the old price. Change the "
            "boards on site that day."
        ),
    ),
    Guide(
        "console:tariffs",
        "tariffs.edit",
        pgettext_lazy("search", "free+day holiday festival saturday sunday weekend"),
        _("Another price, or none, on some days"),
        _(
            "Open the lot → start a draft → “Seasons, holidays and times of entry with another "
            "price”: name the dates and the price, 0 for free. Read the board, then sign it with "
            "the date from which it holds."
        ),
    ),
    Guide(
        "console:shops",
        "shops.edit",
        pgettext_lazy("search", "coupon+out more+coupon top-up quota coupon+limit"),
        _("A shop's coupons have run out"),
        _(
            "Open the shop → “Settings and clerks”: raise its maximum per hour or day, or its "
            "monthly budget. It can hand out again at once."
        ),
    ),
    Guide(
        "console:differences",
        "tasks.resolve",
        pgettext_lazy("search", "unknown+payment unknown+money unmatched unknown"),
        _("Money on the bill that we do not know"),
        _(
            "Open the difference: count the money for a stay, record it as income, or refund it. "
            "The channel is asked again first."
        ),
    ),
    Guide(
        "console:days",
        "days.see",
        pgettext_lazy("search", "close+day not+close does+balance yesterday+clos reconcil"),
        _("A day does not close"),
        _(
            "Open the day: its steps name what is missing (a bill, a difference, a shift). Settle "
            "that, or close with the reason."
        ),
    ),
    Guide(
        "console:people",
        "people.edit",
        pgettext_lazy("search", "leave left quit fired resign dismiss revoke"),
        _("A colleague leaves"),
        _(
            "At that person: “More” → “End all roles”. It holds at once, on every screen; what the "
            "person did stays on record."
        ),
    ),
    Guide(
        "console:people",
        "people.edit",
        pgettext_lazy("search", "lost+phone lost+totp lost+authenticator lost+password forgot 2fa totp"),
        _("A colleague lost the phone or the password"),
        _(
            "Make sure who asks. At that person: “More” → “Reset two-step verification” or “Set a "
            "new password”; you give the code that is shown."
        ),
    ),
    Guide(
        "mfa_index",
        "account.see",
        pgettext_lazy("search", "lost+phone new+phone totp 2fa authenticator passkey recovery"),
        _("My own phone is lost or new"),
        _(
            "Sign in with a recovery code and set up the new phone here. Without a code, an owner "
            "resets it under People."
        ),
    ),
    Guide(
        "console:openings",
        "stays.see",
        pgettext_lazy("search", "who+open who+raised who+barrier prove+open"),
        _("Who opened a barrier"),
        _(
            "Choose the lot, the time and the lane: who, when and why, with the car's stay. The "
            "list can be exported."
        ),
    ),
    Guide(
        "console:reports",
        "reports.see",
        pgettext_lazy("search", "landlord month revenue monthly+report"),
        _("Last month's figures"),
        _(
            "Choose “Last month, against the month before” and the lot; download Excel. “Schedule” "
            "mails it on the first of each month to a colleague."
        ),
    ),
    Guide(
        "console:papers",
        "compliance.see",
        pgettext_lazy("search", "inspector declaration authority"),
        _("An inspector asks for proof"),
        _(
            "“Create PDF”: the declaration, the last self-check, the privacy notice and the record "
            "of erasures in one file."
        ),
    ),
    Guide(
        "console:all-signs",
        "signs.edit",
        pgettext_lazy("search", "replac+sign damaged+sign print+sign reprint new+sign sticker"),
        _("Replace a sign"),
        _(
            "Open the lot, tick the sign, give a reason and print: the same code. If someone may "
            "have tampered with it, revoke it and register a new one."
        ),
    ),
    Guide(
        "console:all-signs",
        "signs.edit",
        pgettext_lazy("search", "fake foreign pasted stranger+code fraud"),
        _("A strange code is pasted on a sign"),
        _(
            "Lot → “Patrol with the phone”: scan it, that records the alarm. Photograph it, take it "
            "off, and call the police if a driver lost money."
        ),
        lot_route="console:patrol",
    ),
    Guide(
        "console:invoices",
        "invoices.see",
        pgettext_lazy("search", "invoice+title chang+invoice wrong+title reissue invoice+again new+invoice"),
        _("An invoice with another title"),
        _(
            "Not issued yet: the driver corrects the title with the receipt code. Issued: open it, "
            "then “Reverse and issue again”; the driver asks once more with the same receipt code."
        ),
        query="?state=all",
    ),
    Guide(
        "console:setup",
        "lots.edit",
        pgettext_lazy("search", "vendor fallback switch+system switch+back old+system"),
        _("Another parking system, or back to the old one"),
        _(
            "Suspend the lot's payments, then choose the system under “Parking system”, test the "
            "connection and open again. What was paid stays in the books."
        ),
        lot_route="console:system",
    ),
    Guide(
        "console:setup",
        "lots.edit",
        pgettext_lazy("search", "bays close+bay clos+part block+bay"),
        _("Fewer bays for a while"),
        _(
            "Lot → “Settings”: change the number of bays. Free bays and “Today” follow; set it "
            "back afterwards."
        ),
        lot_route="console:lot-settings",
    ),
    Guide(
        "console:health",
        "health.see",
        pgettext_lazy("search", "can't+pay cannot+pay not+pay payment+fail fails slow"),
        _("Drivers cannot pay"),
        _(
            "A red line names the channel or the parking system, and says what to do. Meanwhile "
            "cash and “Manual release” work as always: open “Lanes now”, or the stay."
        ),
    ),
    Guide(
        "console:booths",
        "stays.act",
        pgettext_lazy("search", "unplated lost+ticket no+plate"),
        _("No plate, or the ticket is lost"),
        _("At the lane: “It is this car”, and choose from the cars inside or look by time of entry."),
    ),
)
