"""The data inventory: every stored field, why it is there, on what ground, who receives it, for how long.

The one source for docs/data.md and for what the public notice says. Fields that share all of that share a
`Kind`. A test compares the entries with the models, so no field can be added in silence.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.translation import gettext_noop


class Personal(StrEnum):
    """Whether a value is personal information (PIPL Art. 4)."""

    YES = "yes"
    INDIRECTLY = "indirectly"  # names nobody, but who holds a plate or a channel's books could join it
    NO = "no"


@dataclass(frozen=True)
class Told:
    """A row of the public notice: what, why, how long. Message ids; `%(hours)s` is the lot's retention."""

    what: str
    why: str
    how_long: str


@dataclass(frozen=True)
class Kind:
    """What fields of one sort have in common. What is told to drivers stands in `told`."""

    name: str
    personal: Personal
    ground: str
    recipients: str
    retention: str
    told: Told | None = None


@dataclass(frozen=True)
class Entry:
    """Fields of one model that serve one purpose."""

    fields: tuple[str, ...]
    purpose: str
    kind: Kind


CONTRACT = "PIPL Art. 13(1)(2): to perform the parking contract"
BOOKKEEPING = CONTRACT + "; Art. 13(1)(3): the duty to keep accounts"
NOBODY = "nobody but the operator"

PLATE = Kind(
    "plate",
    Personal.YES,
    CONTRACT,
    "nobody: not the payment channel, no other lot, no page without a mask",
    "set to null `retention_hours` after the car left (each lot's setting, 24 by default); the worker looks"
    " every five minutes",
    Told(
        gettext_noop("Licence plate, encrypted"),
        gettext_noop("to find the fee of this stay and to open the barrier"),
        gettext_noop("%(hours)s h after the car left, then erased"),
    ),
)
PICTURE = Kind(
    "picture",
    Personal.YES,
    CONTRACT + ", where a plate may be misread",
    "nobody but the operator's staff, who are recorded when they look at one",
    "deleted together with the plate of its read; where none was read, `retention_hours` after it was taken."
    " Stored only of devices that are set to keep pictures (`keep_images`, off by default); else dropped"
    " before anything is stored",
    Told(
        gettext_noop("Camera picture of the car in the lane, encrypted"),
        gettext_noop("to put a misread plate right"),
        gettext_noop("erased together with the plate; if no plate was read, %(hours)s h after it was taken"),
    ),
)
DEBT = Kind(
    "debt",
    Personal.YES,
    CONTRACT + ": the fee is still owed",
    NOBODY,
    "set to null when the fee is settled or waived, at the latest `DEBT_DAYS` days (30 by default) after it"
    " was found owing; the worker looks every five minutes. The plate itself is forgotten before, on its own"
    " clock",
    Told(
        gettext_noop("For a car that left without paying: an index made from its plate under a secret key"),
        gettext_noop("to settle the fee when the car is here again"),
        gettext_noop("until the fee is settled, at most %(days)s days"),
    ),
)
STAY = Kind(
    "stay",
    Personal.INDIRECTLY,
    BOOKKEEPING,
    NOBODY,
    "with the operator's accounts; names no car once the plate is forgotten",
    Told(
        gettext_noop("Times and lanes of the stay"),
        gettext_noop("to work out the fee and to answer questions about it"),
        gettext_noop("with the operator's accounts, without the plate once that is erased"),
    ),
)
QUOTE = Kind(
    "quote",
    Personal.INDIRECTLY,
    CONTRACT,
    NOBODY,
    "deleted a day after it ran out, if nobody tried to pay it; else with the payment",
    Told(
        gettext_noop("The fee that was shown"),
        gettext_noop("so that the amount holds while you pay"),
        gettext_noop("one to two days; if you pay, as long as the payment"),
    ),
)
DETOUR = Kind(
    "detour",
    Personal.INDIRECTLY,
    CONTRACT,
    "WeChat, when the driver chose it inside WeChat: a random word that comes back, nothing else",
    "deleted within the hour after it ran out, which is five minutes after it was made",
)
PAYMENT = Kind(
    "payment",
    Personal.INDIRECTLY,
    BOOKKEEPING,
    "the payment channel chosen by the driver: our order number, the amount, a fixed description",
    "with the operator's accounts (the rules on accounting archives); nothing here deletes it",
    Told(
        gettext_noop("Payment: amount, time, channel, order number, receipt code"),
        gettext_noop("to settle, to refund, to prove that you paid"),
        gettext_noop("as long as the accounting rules ask"),
    ),
)
COUPON = Kind(
    "coupon",
    Personal.INDIRECTLY,
    BOOKKEEPING,
    "the shop that issued it: that and when it was used and what it took off, never for which car",
    PAYMENT.retention,
    Told(
        gettext_noop("Parking coupon, if you use one: when, and what it took off"),
        gettext_noop("to take it off the fee once, and to settle it with the shop"),
        gettext_noop("as long as the accounting rules ask, without the plate once that is erased"),
    ),
)
ACCESS = Kind(
    "access right",
    Personal.INDIRECTLY,
    CONTRACT + ", which a pass or free access is part of",
    NOBODY,
    PAYMENT.retention,
    Told(
        gettext_noop("Pass or free access, if your car has one: the plate, encrypted, and the dates"),
        gettext_noop("to let your car park by it"),
        gettext_noop("the plate %(hours)s h after it ended, the dates as long as the accounting rules ask"),
    ),
)
INVOICE = Kind(
    "invoice",
    Personal.YES,
    "PIPL Art. 13(1)(2): to issue the invoice that the driver asked for; only if asked, never a condition",
    "the invoicing service that the operator set up, if any, and the tax authority: title, tax number, sum;"
    " the operator's mail server, if mail was wanted: the address",
    "the e-mail address once the mail is sent; all of it INVOICE_RETENTION_DAYS after the invoice was issued"
    " or refused (7 by default), and at once when the driver withdraws the request",
    Told(
        gettext_noop(
            "Invoice, only if you ask for one: title, tax number, e-mail if you want it sent, encrypted"
        ),
        gettext_noop("to issue the invoice and to bring it to you"),
        gettext_noop("the address once the mail is sent, the rest %(invoice_days)s days after it was issued"),
    ),
)
INVOICED = Kind("invoiced", Personal.INDIRECTLY, BOOKKEEPING, NOBODY, PAYMENT.retention)
RIGHTS = Kind(
    "rights",
    Personal.INDIRECTLY,
    "PIPL Art. 44-47, 50: to answer what was asked and to show that it was answered",
    NOBODY,
    "not deleted; names a payment by its number and nobody",
    Told(
        gettext_noop("That you asked to see, correct or erase, and the answer"),
        gettext_noop("to answer in time and to show that we did"),
        gettext_noop("with the payment; it names nobody"),
    ),
)
BOOKS = Kind("books", Personal.INDIRECTLY, BOOKKEEPING, NOBODY, PAYMENT.retention)
SETUP = Kind("setup", Personal.NO, "not needed", "partly public: signs and pages", "until staff change it")
DEVICE = Kind("device", Personal.NO, "not needed", NOBODY, "until staff remove the device")
BARRIER = Kind("barrier", Personal.INDIRECTLY, CONTRACT, "the gate box of the lane", STAY.retention)
ACT = Kind(
    "act",
    Personal.YES,
    "PIPL Art. 13(1)(2): employment; Art. 13(1)(3): the duty to keep accounts",
    NOBODY,
    PAYMENT.retention,
)
PROOF = Kind("proof", Personal.NO, "PIPL Art. 51, 54: to show that we forget", NOBODY, "not deleted")
STAFF = Kind(
    "staff",
    Personal.YES,
    "PIPL Art. 13(1)(2): employment; Art. 51: access is limited and traced",
    NOBODY,
    "until an administrator deletes the account; one that acted on money is disabled instead, since the"
    " accounts say who did what",
)
REPORTING = Kind(
    "mailed report",
    Personal.YES,
    STAFF.ground,
    "the operator's mail server",
    "the address until the mailing or its reader's right ends; the row stays with who set it up",
)
LOGIN = Kind("login", Personal.YES, STAFF.ground, NOBODY, "deleted within the hour after it ran out")
RUNNING = Kind(
    "running",
    Personal.NO,
    "not needed",
    "whoever the operator has told of alarms: which machine or channel failed, no person",
    "90 days; what is counted is summed up after 35",
)
WATCHING = Kind("watching", Personal.YES, STAFF.ground, NOBODY, "90 days after it ran out")
KINDS = (
    PLATE,
    PICTURE,
    DEBT,
    STAY,
    QUOTE,
    DETOUR,
    PAYMENT,
    COUPON,
    ACCESS,
    INVOICE,
    INVOICED,
    RIGHTS,
    BOOKS,
    ACT,
    BARRIER,
    DEVICE,
    SETUP,
    PROOF,
    STAFF,
    REPORTING,
    LOGIN,
    RUNNING,
    WATCHING,
)


def _entry(fields: str, purpose: str, kind: Kind) -> Entry:
    return Entry(tuple(fields.split()), purpose, kind)


ENTRIES: dict[str, tuple[Entry, ...]] = {
    "lots.Operator": (
        _entry(
            "id legal_name contact service_phone complaint_phones cash_information",
            "who answers for a lot; shown on its pages, as PIPL Art. 17 and the price and cash rules ask",
            SETUP,
        ),
        _entry("revision", "so that two people who edit it at once lose nothing", SETUP),
    ),
    "lots.Lot": (
        _entry("id operator slug name address kind zone province bays system", "which car park it is", SETUP),
        _entry("retention_hours", "how long its plates are remembered", SETUP),
        _entry(
            "exit_window jam_minutes jam_until closed_at opens_at is_trial",
            "rules of its exits and whether it takes payments",
            SETUP,
        ),
        _entry("revision", "so that two people who edit it at once lose nothing", SETUP),
    ),
    "lots.SettingChange": (
        _entry(
            "id operator lot thing row name kind before after revision why at",
            "what was changed in the set-up, from what to what",
            SETUP,
        ),
        _entry("by press", "who of staff changed it, once", STAFF),
    ),
    "lots.Lane": (_entry("id lot name direction", "which way in or out it is", SETUP),),
    "lots.Sign": (
        _entry("id lot lane kind number place", "which printed copy hangs where", SETUP),
        _entry("code printed_at revoked_at", "to tell a genuine sign from a forged or withdrawn one", SETUP),
    ),
    "lots.PrintRun": (
        _entry(
            "key lot at orders",
            "which signs were printed together, so that a second click prints none",
            SETUP,
        ),
        _entry("by why", "who of staff printed them and why", STAFF),
    ),
    "lots.SignEvent": (
        _entry(
            "id sign kind run at format distance_cm",
            "when a sign was printed, in what form, or revoked",
            SETUP,
        ),
        _entry("by why", "who of staff did it and why", STAFF),
    ),
    "lots.SignWording": (
        _entry("id lot city texts at", "whose rule a lot's signs follow and in which words", SETUP),
        _entry("by why", "who of staff chose them and why", STAFF),
    ),
    "lots.TariffVersion": (
        _entry("id lot version document valid_from", "the price rule that each bill names", SETUP),
        _entry("signed_by signed_at why withdrawn_at withdrawn_by", "who answers for a price rule", STAFF),
    ),
    "lots.TariffDraft": (
        _entry("id lot text revision became", "a price rule in the making", SETUP),
        _entry(
            "author created_at changed_by changed_at closed_by closed_at", "who of staff worked on it", STAFF
        ),
    ),
    "lots.TariffEdit": (
        _entry("id draft revision text", "each saved text of a draft: nobody's work is lost", SETUP),
        _entry("by at", "who of staff saved it", STAFF),
    ),
    "lots.Device": (
        _entry("id lot lane name make serial", "which camera or gate box stands where", DEVICE),
        _entry("key_id secret", "to know its requests from others; the secret is sealed", DEVICE),
        _entry("next_key_id next_secret next_heard_at", "to change its key while it works; sealed", DEVICE),
        _entry("keep_images clock_offset last_seen_at revoked_at", "its settings and its health", DEVICE),
    ),
    "lots.DeviceTrouble": (
        _entry(
            "id device day code count last_at", "to show staff what is wrong with it; kept 30 days", DEVICE
        ),
    ),
    "lots.DeviceNonce": (
        _entry(
            "id device nonce expires_at",
            "to refuse a device's request that is sent twice; dropped within minutes of its expiry",
            DEVICE,
        ),
    ),
    "lots.ParkingSession": (
        _entry("plate", "to show staff and the driver in the lane, masked, which car it is; sealed", PLATE),
        _entry("plate_index", "to find the stay of a plate in this lot and in no other", PLATE),
        _entry("id lot plate_kind vehicle_class entered_at left_at", "to work out the fee", STAY),
        _entry("entry_lane exit_lane departure needs_review", "to explain a stay and to correct it", STAY),
        _entry("paid_fen relief_fen paid_at exit_until", "to let out who has paid", STAY),
        _entry("unsettled_at", "to compare cost and payments again after its times changed", STAY),
        _entry(
            "covered",
            "once the plate is forgotten: for which part of the stay a pass or free access counted",
            STAY,
        ),
        _entry("forgotten_at", "to show that and when the plate was forgotten", PROOF),
    ),
    "lots.AccessRight": (
        _entry(
            "plate plate_index",
            "to know the car that parks by a pass or the white list, in this lot and in no other; forgotten"
            " `retention_hours` after the right ended",
            PLATE,
        ),
        _entry(
            "id lot plate_kind name hours_from hours_to days valid_from valid_until",
            "which sort of right it is, and when it counts",
            ACCESS,
        ),
        _entry("source instead_of closed_at", "where it came from, and what became of it", ACCESS),
        _entry(
            "granted_by granted_at revoked_by revoked_at revoked_why", "who of staff gave or took it", ACT
        ),
        _entry("forgotten_at", "to show that and when the plate was forgotten", PROOF),
    ),
    "lots.AccessExtension": (
        _entry("id right was_until until", "until when it was extended", ACCESS),
        _entry("by at", "who of staff did it, and when", ACT),
    ),
    "lots.PlateRead": (
        _entry("plate plate_index", "to join what the cameras saw of one car to a stay; as above", PLATE),
        _entry("id lot lane device session direction", "where it was seen, and in which stay", STAY),
        _entry("key", "the camera's own id of the event, so that a repeat counts once", STAY),
        _entry("captured_at received_at moved_at offline", "when, so that late reports fit in", STAY),
        _entry("plate_kind vehicle_class confidence outcome", "what it was, and misreads for staff", STAY),
    ),
    "lots.ReadPicture": (
        _entry("read lot picture", "to compare with a plate that was misread; sealed", PICTURE),
    ),
    "lots.GateCommand": (
        _entry(
            "id lot lane session read cause state issued_at expires_at sent_at answered_at",
            "to open a barrier once and never late, and to know who was let out why",
            BARRIER,
        ),
    ),
    "payments.Quote": (
        _entry("id lot session lane tariff", "which stay was priced by which rule", QUOTE),
        _entry("token", "to pay this quote without naming the plate", QUOTE),
        _entry(
            "price_fen relief_fen amount_fen until lines valid_until coupons",
            "the amount, its explanation, its coupons and its time; the lines hold durations, no plate",
            QUOTE,
        ),
    ),
    "payments.WechatReturn": (
        _entry(
            "id quote sign language is_last",
            "to go on with this quote when WeChat sends the driver back",
            DETOUR,
        ),
        _entry("digest expires_at used_at", "to let one way back be used once and not for long", DETOUR),
    ),
    "payments.Payment": (
        _entry("id lot session quote", "what is paid", PAYMENT),
        _entry("provider merchant app number provider_number", "to find the money at the channel", PAYMENT),
        _entry("token language", "the address and language of the driver's status page", PAYMENT),
        _entry(
            "amount_fen credited_fen reserved_refund_fen state created_at expires_at paid_at",
            "how much, and what became of it",
            PAYMENT,
        ),
        _entry(
            "receipt_code", "the driver's proof, for questions and for rights without an account", PAYMENT
        ),
        _entry("next_check_at checks asked_at", "when the worker asks the channel again", PAYMENT),
        _entry("billed_on", "in which day's bill of the channel it was found", PAYMENT),
    ),
    "payments.Refund": (
        _entry("id payment number amount_fen reason state", "how much goes back and why", PAYMENT),
        _entry("means", "which way it went", PAYMENT),
        _entry("created_at done_at next_check_at checks", "when, and when the worker asks again", PAYMENT),
        _entry("external_number billed_on", "to find it in the channel's bill, made by hand or not", PAYMENT),
    ),
    "payments.PaymentEvent": (
        _entry("id payment refund was became cause at", "each step of a payment, for disputes", BOOKS),
    ),
    "payments.LedgerEntry": (
        _entry(
            "id lot kind debit credit amount_fen payment refund coupon_use at", "the accounts in fen", BOOKS
        ),
    ),
    "payments.Shop": (
        _entry("id lot name pays_percent created_at ended_at", "which shop may issue coupons", SETUP),
        _entry("per_hour per_day per_plate_day month_fen", "its limits, against misuse", SETUP),
    ),
    "payments.Shop_clerks": (_entry("id shop user", "whose accounts see this shop alone", STAFF),),
    "staff.ClerkInvitation": (_entry("id invitation shop", "whose clerk an invitation makes", STAFF),),
    "payments.CouponOffer": (
        _entry(
            "id lot name kind value position tariff most_fen stackable per_stay most_minutes same_day"
            " valid_hours entry_from entry_to funded_by created_at ended_at",
            "what a coupon of this sort is worth, when, and who pays for it",
            SETUP,
        ),
    ),
    "payments.CouponOffer_shops": (_entry("id couponoffer shop", "which shop may issue what", SETUP),),
    "payments.Coupon": (
        _entry(
            "plate_index",
            "to find the coupon of a plate in this lot and in no other; forgotten with its stay, and if it"
            " never came, `retention_hours` after the coupon ended, which is a day after it was issued",
            PLATE,
        ),
        _entry("id lot shop offer for_plate state", "which right it is, and whether it is used", COUPON),
        _entry("digest sealed_code code_end", "to find it by its code, and to show that once more", COUPON),
        _entry(
            "session issued_at valid_until", "for which stay it is used, and until when it may be", COUPON
        ),
        _entry("bound_fen request", "to keep within the shop's budget; to issue once per press", COUPON),
    ),
    "payments.CouponEvent": (
        _entry("id coupon was became cause at", "each step of a coupon, for disputes", COUPON),
        _entry("by", "who of staff issued it or took it back", STAFF),
    ),
    "payments.CouponUse": (
        _entry(
            "id coupon lot shop session payment fen face_fen shop_fen used_at",
            "what it took off, and what of that the shop owes",
            COUPON,
        ),
    ),
    "payments.Discrepancy": (
        _entry(
            "id kind provider merchant number provider_number amount_fen lot day seen_at resolved_at",
            "money that the channel's books and ours tell differently of",
            BOOKS,
        ),
    ),
    "payments.BillRun": (
        _entry(
            "id provider merchant day state verdict fault attempts next_check_at leased_until created_at"
            " read_at done_at",
            "that each day's bill of a channel was compared, and with what result",
            BOOKS,
        ),
        _entry(
            "payments payments_fen refunds refunds_fen fee_milli agreed by_lot",
            "what the bill sums up to; the bill itself is not kept",
            BOOKS,
        ),
    ),
    "payments.BillLine": (
        _entry(
            "id run verdict became payment refund number refund_number provider_number amount_fen outcome at"
            " due_day asked",
            "the rows of a bill that did not agree at once, and what became of each",
            BOOKS,
        ),
    ),
    "payments.BooksCheck": (
        _entry("id day leased_until done_at faults", "that our own sums were compared each night", BOOKS),
    ),
    "payments.DayClosing": (
        _entry("id lot day state version cutoff", "which business days are closed", BOOKS),
    ),
    "payments.DayClosingEvent": (
        _entry(
            "id closing kind version at reason open_discrepancies figures follows digest",
            "when and why a day was closed or opened, with its figures",
            BOOKS,
        ),
        _entry("by", "which person of staff answers for that", BOOKS),
    ),
    "payments.Debt": (
        _entry("id lot session", "which stay left unpaid", BOOKS),
        _entry("amount_fen since cleared_at forget_at", "what it owes, and since when", BOOKS),
        _entry("plate_index", "to know the car when it is here again; as in the stay, of one lot", DEBT),
    ),
    "payments.Shift": (
        _entry(
            "id lot staff opened_at float_fen closed_at expected_fen counted_fen",
            "whose drawer held how much cash, and what was missing",
            ACT,
        ),
    ),
    "payments.StaffAct": (
        _entry(
            "id act kind staff lot at reason subject amount_fen session other_session payment refund"
            " discrepancy shift",
            "who of staff did what to money or a stay, and why; a reason with a plate or phone number is"
            " refused",
            ACT,
        ),
    ),
    "payments.RefundRequest": (
        _entry(
            "id payment amount_fen still_owed reason asked_by asked_at decided_by decided_at refund",
            "that a second person approves a large refund",
            ACT,
        ),
    ),
    "payments.Reporter": (
        _entry("id device channel gives_back", "which devices may report money taken outside", DEVICE),
    ),
    "payments.InvoiceRequest": (
        _entry(
            "made_out_to",
            "title, tax number, e-mail and link of an invoice that was asked for; sealed",
            INVOICE,
        ),
        _entry(
            "id lot payment number state is_company mail", "what was asked for, and how far it is", INVOICED
        ),
        _entry("amount_fen reason invoice_number", "what was issued, or why not", INVOICED),
        _entry("asked_at taken_by done_at next_check_at checks", "when, and who of staff has it", INVOICED),
        _entry("forgotten_at", "to show that and when the buyer was forgotten", PROOF),
    ),
    "payments.InvoiceEvent": (
        _entry("id request was became cause by at", "each step of an invoice: who, when, why", INVOICED),
    ),
    "payments.RedLetter": (
        _entry(
            "id request amount_fen created_at invoice_number done_at done_by",
            "invoices to correct after a refund, and who did",
            INVOICED,
        ),
    ),
    "compliance.RightsRequest": (
        _entry("id lot payment right topic asked_at due_on", "what was asked, and by when to answer", RIGHTS),
        _entry("state answer done_at done_by", "what was answered, when, and who of staff did", RIGHTS),
    ),
    "payments.ChannelState": (
        _entry("id lot provider merchant", "which channel of which lot failed", RUNNING),
        _entry(
            "failed_at failures last_call last_reason last_failed_at hidden_at probe_at",
            "so that every process hides a failing channel, and asks it again later",
            RUNNING,
        ),
    ),
    "payments.ChannelCount": (
        _entry(
            "id provider merchant kind hour count", "how often something went wrong at a channel", RUNNING
        ),
    ),
    "payments.ChannelReading": (
        _entry("id provider merchant kind value at", "how far a channel's clock is from ours", RUNNING),
    ),
    "monitoring.Heartbeat": (_entry("id worker started_at beat_at", "that the worker is alive", RUNNING),),
    "monitoring.Incident": (
        _entry("id kind subject since red_at told_at ended_at", "what failed, from when to when", RUNNING),
    ),
    "monitoring.Silence": (
        _entry("id kind until why by at", "who keeps an alarm quiet, until when and why", WATCHING),
    ),
    "monitoring.AlertMessage": (
        _entry(
            "id way text created_at next_check_at tries sent_at",
            "to send an alarm until it has arrived; its text names no person and no plate",
            RUNNING,
        ),
    ),
    "monitoring.SpeedCount": (
        _entry(
            "id lot day step seconds count",
            "how many payments took how long, in buckets of seconds; no row is about one payment",
            RUNNING,
        ),
    ),
    "compliance.Forgetting": (
        _entry(
            "id lot at left_before sessions reads pictures coupons access_rights",
            "how much each run forgot, without any plate",
            PROOF,
        ),
        _entry("by reason", "who of staff forgot before the lot's own clock, and why", STAFF),
    ),
    "compliance.NoticeVersion": (
        _entry("id lot at words text digest", "what the privacy notice said from when on", PROOF),
    ),
    "compliance.Inspection": (
        _entry("id operator at digest", "which papers were made for an inspector", PROOF),
        _entry("by", "who of staff made them", STAFF),
    ),
    "compliance.AuditDigest": (
        _entry(
            "id since until at parts follows digest",
            "to show that the audit log is as it was: digests of its rows, each night",
            PROOF,
        ),
    ),
    "compliance.SelfCheck": (
        _entry("id lot next_check_at checked_at", "when the lot's own page was tested, and is again", PROOF),
        _entry(
            "verdict document",
            "whether the page was pure, with the evidence; the plate typed is made up",
            PROOF,
        ),
    ),
    "compliance.SelfCheckAlarm": (
        _entry("id lot at was became worse", "that and how a page got worse", PROOF),
        _entry("handled_at handled_by reason", "who of the staff dealt with it, when and how", STAFF),
    ),
    "auth.User": (
        _entry("id username password", "to let staff in; the password is a slow hash", STAFF),
        _entry("first_name last_name email", "to know and reach the person; may stay empty", STAFF),
        _entry("is_active is_staff is_superuser date_joined last_login", "what they may do", STAFF),
    ),
    "staff.Grant": (
        _entry("id user operator lot role", "what staff may do, and where", STAFF),
        _entry("given_at given_by ended_at ended_by", "who gave and ended it, and when", STAFF),
    ),
    "staff.PlateLook": (
        _entry(
            "id staff lot kind count at",
            "who of staff looked for a plate or at whole plates, and when; the plate is not in it",
            STAFF,
        ),
    ),
    "staff.Invitation": (
        _entry("id digest operator lot role user", "to let somebody new in, or in again", STAFF),
        _entry(
            "made_by made_at expires_at used_at withdrawn_at", "who invited, and what became of it", STAFF
        ),
    ),
    "staff.ReportMailing": (
        _entry("id operator lot report every form", "which report goes out, how often", SETUP),
        _entry(
            "staff address made_at made_by ended_at ended_by", "to whom of staff, and who said so", REPORTING
        ),
        _entry(
            "due_at next_check_at tries sent_at failed_at", "the next one, and what became of the last", SETUP
        ),
    ),
    "staff.StaffIdentity": (
        _entry(
            "id user issuer subject linked_at", "single sign-on of staff: their account's name there", STAFF
        ),
    ),
    "mfa.Authenticator": (
        _entry("id user type data created_at last_used_at", "the second factors of staff", STAFF),
    ),
    "account.EmailAddress": (_entry("id user email verified primary", "nothing: stays empty", STAFF),),
    "account.EmailConfirmation": (
        _entry("id email_address created sent key", "nothing: stays empty", STAFF),
    ),
    "auth.User_groups": (_entry("id user group", "what staff may do", STAFF),),
    "auth.User_user_permissions": (_entry("id user permission", "what staff may do", STAFF),),
    "auth.Group": (_entry("id name", "the roles of staff", SETUP),),
    "auth.Group_permissions": (_entry("id group permission", "the roles of staff", SETUP),),
    "auth.Permission": (_entry("id name content_type codename", "Django's list of rights", SETUP),),
    "contenttypes.ContentType": (_entry("id app_label model", "Django's list of tables", SETUP),),
    "staff.SignIn": (
        _entry(
            "session_key session_data expire_date user since",
            "that staff are logged in; no driver has one",
            LOGIN,
        ),
    ),
}


CONSENT = "PIPL Art. 13(1)(1): consent, given freely, withdrawn on the member's own page at once"
UNTIL_LEFT = (
    "until the member deletes the account or withdraws the last consent, at once; at the latest when nobody"
    " has used it for MEMBER_DAYS days (365 by default)"
)
MEMBER = Kind(
    "member",
    Personal.YES,
    CONSENT,
    "the service that sends text messages (SMS_URL): the number and the message; nobody else",
    UNTIL_LEFT,
    Told(
        gettext_noop("Only of members, who asked for it: mobile number, and if they like a plate and a name"),
        gettext_noop("for the benefits that they chose, which paying for parking never needs"),
        gettext_noop("until the account is deleted, at most %(member_days)s days after it was last used"),
    ),
)
MEMBERSHIP = Kind("membership", Personal.INDIRECTLY, CONSENT, NOBODY, UNTIL_LEFT)
MESSAGE = Kind(
    "message",
    Personal.YES,
    CONSENT,
    MEMBER.recipients,
    "a text is deleted once it is sent, or when it is too late for it (a code: 5 minutes); a code's row an"
    " hour after it was asked for",
    Told(
        gettext_noop(
            "Codes sent by text message: to which number, encrypted; of the code only a keyed digest"
        ),
        gettext_noop("to let you in, and to send no number more than five an hour"),
        gettext_noop("one hour"),
    ),
)
AGREED = Kind(
    "agreed",
    Personal.INDIRECTLY,
    "PIPL Art. 14, 69: to show that and to which words somebody agreed",
    NOBODY,
    "three years after it ended (Civil Code, Art. 188); without the member as soon as the account is deleted",
    Told(
        gettext_noop("That somebody agreed to become a member, when, and to which text"),
        gettext_noop("as proof"),
        gettext_noop("three years after it ended; it names nobody once the account is deleted"),
    ),
)
SEEN = Kind(
    "seen",
    Personal.INDIRECTLY,
    CONSENT,
    NOBODY,
    "a session when it ends, after 30 days at most; a receipt's digest 31 days after it was shown",
)
MEMBER_KINDS = (MEMBER, MEMBERSHIP, MESSAGE, AGREED, SEEN)
TOLD_BESIDE = {"members": MEMBER_KINDS}  # by the topic of a remark (presentation.price_board_extensions)

# Only where members are on; the tables are those of a folder that may be deleted.
MEMBER_ENTRIES: dict[str, tuple[Entry, ...]] = {
    "members.Benefit": (
        _entry("id lot kind value points shop offer", "what members of a lot get", SETUP),
        _entry("asks_plate asks_name", "which optional fields it offers, of a fixed list", SETUP),
        _entry("started_at started_by ended_at ended_by", "who of staff began and ended it", STAFF),
    ),
    "members.MemberSign": (
        _entry(
            "id lot number place title code address printed_at revoked_at",
            "which member code hangs where, apart from the pure codes",
            SETUP,
        ),
    ),
    "members.LaneDisplay": (
        _entry("id lane digest made_at", "which screen may show codes to cars at an exit", DEVICE),
        _entry("made_by", "who of staff set it up", STAFF),
    ),
    "members.Terms": (_entry("id lot version texts made_at", "the words that members agree to", SETUP),),
    "members.Member": (
        _entry("phone phone_digest", "to let the member in by a code; sealed, and indexed", MEMBER),
        _entry("name", "for the invoice of a pass, if given; sealed", MEMBER),
        _entry(
            "id operator joined_at used_on", "that there is an account, and whether it is used", MEMBERSHIP
        ),
    ),
    "members.BoundPlate": (
        _entry(
            "held held_digest",
            "the plate that a benefit is for; sealed, found by an index per operator that no stay has",
            MEMBER,
        ),
        _entry("id operator member proof bound_at", "whose it is, and how that was shown", MEMBERSHIP),
        _entry("bound_by", "who of staff bound it, if any", STAFF),
    ),
    "members.Points": (
        _entry("id member lot points press at", "points and what became of them; of no stay", MEMBERSHIP),
    ),
    "members.ClaimedReceipt": (
        _entry("id digest at", "that a receipt has given its points; names no payment and no member", SEEN),
    ),
    "members.Consent": (
        _entry("id lot member terms language given_at ended_at ended_how", "that a member agreed", AGREED),
    ),
    "members.SmsCode": (
        _entry("token_digest code_digest", "to know the code again; neither can be read back", MESSAGE),
        _entry("phone phone_digest", "whose it is, and how often it was asked for; sealed", MESSAGE),
        _entry(
            "id lot terms language tries made_at expires_at used_at",
            "what was agreed to when asking, and whether it is still good",
            MESSAGE,
        ),
    ),
    "members.Outgoing": (
        _entry("id message next_check_at expires_at tries", "a text on its way; sealed whole", MESSAGE),
    ),
    "members.MemberSession": (
        _entry("id digest member expires_at", "that a browser is signed in; no address, no agent", SEEN),
    ),
}
ENTRIES |= MEMBER_ENTRIES


def fields_named() -> dict[str, list[str]]:
    """Return, per model, the fields that the inventory names."""
    return {
        model: [field for entry in entries for field in entry.fields] for model, entries in ENTRIES.items()
    }


def kinds_here() -> tuple[Kind, ...]:
    """Return the kinds of data of this installation: those of members only where they are switched on."""
    return (*KINDS, *MEMBER_KINDS) if settings.MEMBERS else KINDS


def entries_here() -> dict[str, tuple[Entry, ...]]:
    """Return the tables of this installation with their entries."""
    left_out = () if settings.MEMBERS else ("members.",)
    return {model: rows for model, rows in ENTRIES.items() if not model.startswith(left_out)}
