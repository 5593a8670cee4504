"""The kinds of stored data: whether personal, on what legal ground, who receives them, for how long.

A model declares which of its fields belong to which kind (`core.privacy.Stored`).
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.privacy import DataKind, NoticeRow, Personal

CONTRACT = _("PIPL Art. 13(1)(2): to perform the parking contract")
OPERATOR_ONLY = _("only the operator")
BOOKKEEPING = _(
    "PIPL Art. 13(1)(2): to perform the parking contract; Art. 13(1)(3): the duty to keep accounts"
)
WITH_ACCOUNTS_WITHOUT_PLATE = _("with the operator's accounts; names no car once the plate is erased")
WITH_ACCOUNTS = _("with the operator's accounts (the rules on accounting archives); nothing here deletes it")
NOT_NEEDED = _("not needed")
EMPLOYMENT = _("PIPL Art. 13(1)(2): employment; Art. 51: access is limited and traced")

PLATE = DataKind(
    name="plate",
    label=pgettext_lazy("kind of data", "plate"),
    personal=Personal.YES,
    ground=CONTRACT,
    recipients=_(
        "only those that the lot's notice names: the parking system in front of which the lot stands, and"
        " its further recipients; where it names none, none. Never the payment channel, never another lot;"
        " masked on every page"
    ),
    retention=_(
        "set to null once the lot's retention period has passed since the car left (24 hours by"
        " default); the worker looks every five minutes"
    ),
    notice=NoticeRow(
        _("Licence plate, encrypted"),
        _("to find the fee of this stay and to open the barrier"),
        _("%(time)s after the car left, then erased"),
    ),
)
FREE_MINUTES = DataKind(
    name="use of free minutes",
    label=pgettext_lazy("kind of data", "use of free minutes"),
    personal=Personal.YES,
    ground=CONTRACT,
    recipients=OPERATOR_ONLY,
    retention=_(
        "stored only where the tariff gives a plate its free minutes once a day and the plate was erased"
        " before that day was over; deleted when the day is over and the car is not inside, at the latest"
        " after 31 days, and when the driver asks for erasure"
    ),
    notice=NoticeRow(
        _("Where free minutes are given once a day: an index made from the plate under a secret key"),
        _("to give each plate its free minutes once a day"),
        _("until the day is over"),
    ),
)
PLATE_PERIOD = DataKind(
    name="stays of a week or month",
    label=pgettext_lazy("kind of data", "stays of a week or month"),
    personal=Personal.YES,
    ground=CONTRACT,
    recipients=OPERATOR_ONLY,
    retention=_(
        "stored only where the tariff counts free visits of a month or caps what a plate pays in a week or"
        " month, and the plate was erased before that week or month was over; deleted when it is over and the"
        " car is not inside (where both are counted: and no stay in it has its plate any more), at the latest"
        " after 62 days, and when the driver asks for erasure"
    ),
    notice=NoticeRow(
        _(
            "Where free visits or a cap are counted by the week or month: an index made from the plate under"
            " a secret key, with the number of free visits and the sum of the fees"
        ),
        _("to give each plate its free visits and its cap of a week or month"),
        _("until the week or month is over; where both are counted, until its stays have lost the plate too"),
    ),
)
PICTURE = DataKind(
    name="picture",
    label=pgettext_lazy("kind of data", "picture"),
    personal=Personal.YES,
    ground=_("PIPL Art. 13(1)(2): to perform the parking contract, where a plate may be misread"),
    recipients=_("only the operator's staff; each view is recorded"),
    retention=_(
        "deleted together with the plate of its read; where none was read, once the lot's retention"
        " period has passed since it was taken. Stored only of devices that are set to keep pictures (off"
        " by default); else dropped before anything is stored"
    ),
    notice=NoticeRow(
        _("Camera picture of the car in the lane, encrypted"),
        _("to put a misread plate right"),
        _("erased together with the plate; if no plate was read, %(time)s after it was taken"),
    ),
)
OUTSTANDING = DataKind(
    name="outstanding balance",
    label=pgettext_lazy("kind of data", "outstanding balance"),
    personal=Personal.YES,
    ground=_("PIPL Art. 13(1)(2): to perform the parking contract: the fee is still owed"),
    recipients=OPERATOR_ONLY,
    retention=_(
        "set to null when the fee is settled or waived, at the latest `DEBT_DAYS` days (30 by default) after"
        " it was found owing; the worker looks every five minutes. The plate itself is erased earlier, on"
        " its own clock"
    ),
    notice=NoticeRow(
        _("For a car that left without paying: an index made from its plate under a secret key"),
        _("to settle the fee when the car is here again"),
        _("until the fee is settled, at most %(days)s days"),
    ),
)
SESSION = DataKind(
    name="session",
    label=pgettext_lazy("kind of data", "stay"),
    personal=Personal.INDIRECTLY,
    ground=BOOKKEEPING,
    recipients=OPERATOR_ONLY,
    retention=WITH_ACCOUNTS_WITHOUT_PLATE,
    notice=NoticeRow(
        _("Times and lanes of the stay"),
        _("to work out the fee and to answer questions about it"),
        _("with the operator's accounts, without the plate once that is erased"),
    ),
)
WECHAT_RETURN = DataKind(
    name="WeChat return",
    label=pgettext_lazy("kind of data", "WeChat return"),
    personal=Personal.INDIRECTLY,
    ground=CONTRACT,
    recipients=_(
        "WeChat, when the driver chose it inside WeChat: a random word that comes back, nothing else"
    ),
    retention=_("deleted within the hour after it expired, five minutes after it was made"),
)
PAYMENT = DataKind(
    name="payment",
    label=pgettext_lazy("kind of data", "payment"),
    personal=Personal.INDIRECTLY,
    ground=BOOKKEEPING,
    recipients=_(
        "the payment channel chosen by the driver: our order number, the amount, a fixed description"
    ),
    retention=WITH_ACCOUNTS,
    notice=NoticeRow(
        _("Payment: amount, time, channel, order number, receipt code"),
        _("to settle, to refund, to prove that you paid"),
        _("as long as the accounting rules ask"),
    ),
)
COUPON = DataKind(
    name="coupon",
    label=pgettext_lazy("kind of data", "coupon"),
    personal=Personal.INDIRECTLY,
    ground=BOOKKEEPING,
    recipients=_(
        "the shop that issued it: that and when it was used and what it took off, never for which car"
    ),
    retention=WITH_ACCOUNTS,
    notice=NoticeRow(
        _("Parking coupon, if you use one: when, and what it took off"),
        _("to take it off the fee once, and to settle it with the shop"),
        _("as long as the accounting rules ask, without the plate once that is erased"),
    ),
)
PERMIT = DataKind(
    name="permit",
    label=pgettext_lazy("kind of data", "permit"),
    personal=Personal.INDIRECTLY,
    ground=_("PIPL Art. 13(1)(2): to perform the parking contract, which a pass or free access is part of"),
    recipients=OPERATOR_ONLY,
    retention=WITH_ACCOUNTS_WITHOUT_PLATE,
    notice=NoticeRow(
        _("Pass or free access, if your car has one: the plate, encrypted, and the dates"),
        _("to let your car park by it"),
        _("the plate %(time)s after it ended, the dates as long as the accounting rules ask"),
    ),
)
INVOICE = DataKind(
    name="invoice",
    label=pgettext_lazy("kind of data", "invoice"),
    personal=Personal.YES,
    ground=_(
        "PIPL Art. 13(1)(2): to issue the invoice that the driver asked for; only if asked, never a condition"
    ),
    recipients=_(
        "the invoicing service that the operator set up, if any, and the tax authority: title, tax number,"
        " sum; the operator's mail server, if mail was wanted: the address"
    ),
    retention=_(
        "the e-mail address once the mail is sent; all of it INVOICE_RETENTION_DAYS after the invoice was"
        " issued or refused (7 by default), and at once when the driver withdraws the request"
    ),
    notice=NoticeRow(
        _("Invoice, only if you ask for one: title, tax number, e-mail if you want it sent, encrypted"),
        _("to issue the invoice and to bring it to you"),
        _("the address once the mail is sent, the rest %(invoice_days)s days after it was issued"),
    ),
)
INVOICE_RECORD = DataKind(
    name="invoice record",
    label=pgettext_lazy("kind of data", "invoice record"),
    personal=Personal.INDIRECTLY,
    ground=BOOKKEEPING,
    recipients=OPERATOR_ONLY,
    retention=WITH_ACCOUNTS,
)
DATA_REQUEST = DataKind(
    name="data request",
    label=pgettext_lazy("kind of data", "data request"),
    personal=Personal.INDIRECTLY,
    ground=_("PIPL Art. 44-47, 50: to answer requests and to prove that they were answered"),
    recipients=OPERATOR_ONLY,
    retention=_("not deleted; names a payment by its number, and no person"),
    notice=NoticeRow(
        _("That you asked to see, correct or erase, and the answer"),
        _("to answer in time and to show that we did"),
        _("with the payment; it names nobody"),
    ),
)
BOOKS = DataKind(
    name="books",
    label=pgettext_lazy("kind of data", "books"),
    personal=Personal.INDIRECTLY,
    ground=BOOKKEEPING,
    recipients=OPERATOR_ONLY,
    retention=WITH_ACCOUNTS,
)
STAFF_ACTION = DataKind(
    name="staff action",
    label=pgettext_lazy("kind of data", "staff action"),
    personal=Personal.YES,
    ground=_("PIPL Art. 13(1)(2): employment; Art. 13(1)(3): the duty to keep accounts"),
    recipients=OPERATOR_ONLY,
    retention=WITH_ACCOUNTS,
)
BARRIER = DataKind(
    name="barrier",
    label=pgettext_lazy("kind of data", "barrier"),
    personal=Personal.INDIRECTLY,
    ground=CONTRACT,
    recipients=_("the gate box of the lane"),
    retention=_("with the record of the stay"),
)
DEVICE = DataKind(
    name="device",
    label=pgettext_lazy("kind of data", "device"),
    personal=Personal.NO,
    ground=NOT_NEEDED,
    recipients=OPERATOR_ONLY,
    retention=_("until staff remove the device"),
)
SETUP = DataKind(
    name="setup",
    label=pgettext_lazy("kind of data", "setup"),
    personal=Personal.NO,
    ground=NOT_NEEDED,
    recipients=_("partly public: signs and pages"),
    retention=_("until staff change it"),
)
PROOF = DataKind(
    name="proof",
    label=pgettext_lazy("kind of data", "proof"),
    personal=Personal.NO,
    ground=_("PIPL Art. 51, 54: to prove erasure and audits"),
    recipients=OPERATOR_ONLY,
    retention=_("not deleted"),
)
STAFF = DataKind(
    name="staff",
    label=pgettext_lazy("kind of data", "staff"),
    personal=Personal.YES,
    ground=EMPLOYMENT,
    recipients=OPERATOR_ONLY,
    retention=_(
        "until an administrator deletes the account; one that acted on money is disabled instead, since the"
        " accounts say who did what"
    ),
)
MAILED_REPORT = DataKind(
    name="mailed report",
    label=pgettext_lazy("kind of data", "mailed report"),
    personal=Personal.YES,
    ground=EMPLOYMENT,
    recipients=_("the operator's mail server"),
    retention=_(
        "the address until the mailing or its reader's permission ends; the row stays with who set it up"
    ),
)
BACKGROUND = DataKind(
    name="background task",
    label=pgettext_lazy("kind of data", "background task"),
    personal=Personal.YES,
    ground=EMPLOYMENT,
    recipients=OPERATOR_ONLY,
    retention=_("deleted three days after the task ended"),
)
SIGN_IN = DataKind(
    name="sign-in",
    label=pgettext_lazy("kind of data", "sign-in"),
    personal=Personal.YES,
    ground=EMPLOYMENT,
    recipients=OPERATOR_ONLY,
    retention=_("deleted within the hour after it expired"),
)
LOOKUP = DataKind(
    name="look-up count",
    label=pgettext_lazy("kind of data", "look-up count"),
    personal=Personal.INDIRECTLY,
    ground=_(
        "PIPL Art. 13(1)(2): to perform the parking contract; Art. 51: to keep others from tracing cars"
    ),
    recipients=OPERATOR_ONLY,
    retention=_("at most an hour and a half: deleted with the next window but one; not in backups"),
    notice=NoticeRow(
        _("Failed searches: how many from one network, as a keyed hash; no address, no plate"),
        _("to slow down searches for other people's cars"),
        _("at most an hour and a half"),
    ),
)
OPERATION = DataKind(
    name="operation",
    label=pgettext_lazy("kind of data", "operation"),
    personal=Personal.NO,
    ground=NOT_NEEDED,
    recipients=_("the operator's alert recipients: which machine or channel failed, no person"),
    retention=_("90 days; counts are summed up after 35"),
)
ALARM_HANDLING = DataKind(
    name="alarm handling",
    label=pgettext_lazy("kind of data", "alarm handling"),
    personal=Personal.YES,
    ground=EMPLOYMENT,
    recipients=OPERATOR_ONLY,
    retention=_("90 days after it expired"),
)

# In the order of the privacy notice and of the inventory.
KINDS = (
    PLATE,
    PICTURE,
    OUTSTANDING,
    FREE_MINUTES,
    PLATE_PERIOD,
    SESSION,
    WECHAT_RETURN,
    PAYMENT,
    COUPON,
    PERMIT,
    INVOICE,
    INVOICE_RECORD,
    DATA_REQUEST,
    BOOKS,
    STAFF_ACTION,
    BARRIER,
    DEVICE,
    SETUP,
    PROOF,
    STAFF,
    MAILED_REPORT,
    BACKGROUND,
    SIGN_IN,
    LOOKUP,
    OPERATION,
    ALARM_HANDLING,
)
