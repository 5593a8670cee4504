"""The kinds of data that members alone have: see `core.data_kinds`."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.data_kinds import OPERATOR_ONLY
from core.privacy import DataKind, NoticeRow, Personal

AGREED = _("PIPL Art. 13(1)(1): consent, given freely, withdrawn on the member's own page at once")
SMS_SERVICE = _("the service that sends text messages (SMS_URL): the number and the message; no one else")
UNTIL_LEFT = _(
    "deleted as soon as the member deletes the account or withdraws the last consent; at the latest after"
    " MEMBER_DAYS days (365 by default) without use"
)

MEMBER = DataKind(
    name="member",
    label=pgettext_lazy("kind of data", "member"),
    personal=Personal.YES,
    ground=AGREED,
    recipients=SMS_SERVICE,
    retention=UNTIL_LEFT,
    notice=NoticeRow(
        _("Only of members, who asked for it: mobile number, and if they like a plate and a name"),
        _("for the benefits that they chose, which paying for parking never needs"),
        _("until the account is deleted, at most %(member_days)s days after it was last used"),
    ),
    topic="members",
)
MEMBERSHIP = DataKind(
    name="membership",
    label=pgettext_lazy("kind of data", "membership"),
    personal=Personal.INDIRECTLY,
    ground=AGREED,
    recipients=OPERATOR_ONLY,
    retention=UNTIL_LEFT,
    topic="members",
)
TEXT_MESSAGE = DataKind(
    name="text message",
    label=pgettext_lazy("kind of data", "text message"),
    personal=Personal.YES,
    ground=AGREED,
    recipients=SMS_SERVICE,
    retention=_(
        "a text is deleted once it is sent, or when it is too late for it (a code: 5 minutes); a code's row"
        " an hour after it was asked for"
    ),
    notice=NoticeRow(
        _("Codes sent by text message: to which number, encrypted; of the code only a keyed digest"),
        _("to let you in, and to send no number more than five an hour"),
        _("one hour"),
    ),
    topic="members",
)
CONSENT = DataKind(
    name="consent",
    label=pgettext_lazy("kind of data", "consent"),
    personal=Personal.INDIRECTLY,
    ground=_("PIPL Art. 14, 69: to prove who agreed to which text and when"),
    recipients=OPERATOR_ONLY,
    retention=_(
        "three years after it ended (Civil Code, Art. 188); without the member as soon as the account is"
        " deleted"
    ),
    notice=NoticeRow(
        _("That somebody agreed to become a member, when, and to which text"),
        _("as proof"),
        _("three years after it ended; it names nobody once the account is deleted"),
    ),
    topic="members",
)
MEMBER_SESSION = DataKind(
    name="member session",
    label=pgettext_lazy("kind of data", "member session"),
    personal=Personal.INDIRECTLY,
    ground=AGREED,
    recipients=OPERATOR_ONLY,
    retention=_(
        "a session when it ends, after 30 days at most; a receipt's digest 31 days after it was shown"
    ),
    topic="members",
)
