"""The data inventory: every stored field, why it is there, on what ground, who receives it, for how long.

The one source for docs/data.md and for what the public notice says. Fields that share all of that share a
`Kind`. A test compares the entries with the models, so no field can be added in silence.
"""

from dataclasses import dataclass
from enum import StrEnum

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
    "with the operator's accounts (会计档案管理办法); nothing here deletes it",
    Told(
        gettext_noop("Payment: amount, time, channel, order number, receipt code"),
        gettext_noop("to settle, to refund, to prove that you paid"),
        gettext_noop("as long as the accounting rules ask"),
    ),
)
BOOKS = Kind("books", Personal.INDIRECTLY, BOOKKEEPING, NOBODY, PAYMENT.retention)
SETUP = Kind("setup", Personal.NO, "not needed", "partly public: signs and pages", "until staff change it")
DEVICE = Kind("device", Personal.NO, "not needed", NOBODY, "until staff remove the device")
BARRIER = Kind("barrier", Personal.INDIRECTLY, CONTRACT, "the gate box of the lane", STAY.retention)
PROOF = Kind("proof", Personal.NO, "PIPL Art. 51, 54: to show that we forget", NOBODY, "not deleted")
STAFF = Kind(
    "staff",
    Personal.YES,
    "PIPL Art. 13(1)(2): employment; Art. 51: access is limited and traced",
    NOBODY,
    "until an administrator deletes the account",
)
LOGIN = Kind("login", Personal.YES, STAFF.ground, NOBODY, "deleted within the hour after it ran out")
KINDS = (PLATE, PICTURE, STAY, QUOTE, DETOUR, PAYMENT, BOOKS, BARRIER, DEVICE, SETUP, PROOF, STAFF, LOGIN)


def _entry(fields: str, purpose: str, kind: Kind) -> Entry:
    return Entry(tuple(fields.split()), purpose, kind)


ENTRIES: dict[str, tuple[Entry, ...]] = {
    "lots.Operator": (
        _entry(
            "id legal_name contact service_phone complaint_phones cash_information",
            "who answers for a lot; shown on its pages, as PIPL Art. 17 and the price and cash rules ask",
            SETUP,
        ),
    ),
    "lots.Lot": (
        _entry("id operator slug name address kind zone province bays", "which car park it is", SETUP),
        _entry("retention_hours", "how long its plates are remembered", SETUP),
        _entry("exit_window closed_at", "rules of its exits and whether it takes payments", SETUP),
    ),
    "lots.Lane": (_entry("id lot name direction", "which way in or out it is", SETUP),),
    "lots.Sign": (
        _entry("id lot lane kind number place", "which printed copy hangs where", SETUP),
        _entry("code printed_at revoked_at", "to tell a genuine sign from a forged or withdrawn one", SETUP),
    ),
    "lots.TariffVersion": (
        _entry("id lot version document valid_from", "the price rule that each bill names", SETUP),
    ),
    "lots.Device": (
        _entry("id lot lane name make serial", "which camera or gate box stands where", DEVICE),
        _entry("key_id secret", "to know its requests from others; the secret is sealed", DEVICE),
        _entry("keep_images clock_offset last_seen_at revoked_at", "its settings and its health", DEVICE),
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
        _entry("id lot plate_kind entered_at left_at", "to work out the fee", STAY),
        _entry("entry_lane exit_lane departure needs_review", "to explain a stay and to correct it", STAY),
        _entry("paid_fen paid_at exit_until", "to let out who has paid", STAY),
        _entry("forgotten_at", "to show that and when the plate was forgotten", PROOF),
    ),
    "lots.PlateRead": (
        _entry("plate plate_index", "to join what the cameras saw of one car to a stay; as above", PLATE),
        _entry("id lot lane device session direction", "where it was seen, and in which stay", STAY),
        _entry("key", "the camera's own id of the event, so that a repeat counts once", STAY),
        _entry("captured_at received_at moved_at offline", "when, so that late reports fit in", STAY),
        _entry("plate_kind confidence outcome", "what became of it, and misreads for staff", STAY),
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
            "price_fen amount_fen until lines valid_until",
            "the amount, its explanation and its time; the lines hold durations, no plate",
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
    ),
    "payments.Refund": (
        _entry("id payment number amount_fen reason state", "how much goes back and why", PAYMENT),
        _entry("created_at done_at next_check_at checks", "when, and when the worker asks again", PAYMENT),
    ),
    "payments.PaymentEvent": (
        _entry("id payment refund was became cause at", "each step of a payment, for disputes", BOOKS),
    ),
    "payments.LedgerEntry": (
        _entry("id lot kind debit credit amount_fen payment refund at", "the accounts in fen", BOOKS),
    ),
    "payments.Discrepancy": (
        _entry(
            "id kind provider merchant number provider_number amount_fen seen_at resolved_at",
            "money that the channel's books and ours tell differently of",
            BOOKS,
        ),
    ),
    "compliance.Forgetting": (
        _entry(
            "id lot at left_before sessions reads pictures",
            "how much each run forgot, without any plate",
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
    "auth.User_groups": (_entry("id user group", "what staff may do", STAFF),),
    "auth.User_user_permissions": (_entry("id user permission", "what staff may do", STAFF),),
    "auth.Group": (_entry("id name", "the roles of staff", SETUP),),
    "auth.Group_permissions": (_entry("id group permission", "the roles of staff", SETUP),),
    "auth.Permission": (_entry("id name content_type codename", "Django's list of rights", SETUP),),
    "contenttypes.ContentType": (_entry("id app_label model", "Django's list of tables", SETUP),),
    "sessions.Session": (
        _entry("session_key session_data expire_date", "that staff are logged in; no driver has one", LOGIN),
    ),
}


def fields_named() -> dict[str, list[str]]:
    """Return, per model, the fields that the inventory names."""
    return {
        model: [field for entry in entries for field in entry.fields] for model, entries in ENTRIES.items()
    }
