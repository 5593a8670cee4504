"""Joining and signing in: a code to the phone, typed back. The answers never show who is a member.

A code is asked for with a token that the form carries; the phone number itself is in no form after that and
in no address. A new member's consent is written with the code's row when the box is ticked, and takes effect
when the phone is proven.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import budget
from core.errors import ParkingError
from lots.models import Lot
from members import member_keys, sms, terms
from members.models import Consent, Member, SmsCode, Terms

LIFETIME = timedelta(minutes=5)
TRIES = 5
PAUSE, HOUR, PER_HOUR = timedelta(seconds=60), timedelta(hours=1), 5
DIGITS = 6

# Requests for a code spend a budget, so that no one floods another's phone; so do wrong codes.
ASKING = budget.Budget(per_lot=3000)
TRYING = budget.Budget(per_lot=3000)


class TooMany(ParkingError):
    """This visitor, or all of them together, asked too often."""

    code = "member_too_many"


class TermsChanged(ParkingError):
    """The words on the page are not the ones in force any more."""

    code = "member_terms_changed"


class WrongCode(ParkingError):
    """Wrong, too old, used, or tried too often. The reason is not disclosed."""

    code = "member_wrong_code"


class NotJoined(ParkingError):
    """The member has not agreed to the words in force at this lot, or nothing is given there now."""

    code = "member_not_joined"


class NotAMember(ParkingError):
    """The phone is proven, and its owner has no account at this operator."""

    code = "member_unknown"


@dataclass(frozen=True)
class Entered:
    """Who signed in, and whether that made a new member."""

    member: Member
    joined: bool


def ask_code(
    *,
    lot: Lot,
    phone: str,
    version: str | None,
    language: str,
    client: str,
    at: datetime,
    changes: Member | None = None,
) -> str:
    """Store a code to be sent and return the token of this attempt. `version`: of the text agreed to;
    None where a member signs in, or `changes` to this number. Past a phone's limit nothing is sent, and the
    answer is the same.

    Raises `TooMany` or `TermsChanged`.
    """
    if not ASKING.allowed(client, lot.pk):
        raise TooMany
    ASKING.spend(client, lot.pk, found=False)
    agreed = _agreed(lot, version, at) if version is not None else None
    token = secrets.token_urlsafe(24)
    digest = member_keys.phone_digest(lot.operator_id, phone)
    if _rests(digest, at):
        return token
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    attempt = member_keys.attempt_digest(token, changes.pk if changes else None)
    with transaction.atomic():
        SmsCode.objects.create(
            token_digest=attempt,
            lot=lot,
            phone=member_keys.seal_phone(lot.operator_id, phone),
            phone_digest=digest,
            code_digest=member_keys.sms_digest(attempt, code),
            terms=agreed,
            language=language,
            made_at=at,
            expires_at=at + LIFETIME,
        )
        sms.enqueue(_text(lot, phone, code), at=at, within=LIFETIME)
    return token


def enter(*, lot: Lot, token: str, code: str, client: str, at: datetime) -> Entered:
    """Sign in the person who types the code that was sent: a new member, or one who returns.

    Raises `TooMany`, `WrongCode` or `NotAMember`.
    """
    return _enter(proven(lot=lot, token=token, code=code, client=client, at=at), lot, at)


def proven(
    *, lot: Lot, token: str, code: str, client: str, at: datetime, changes: Member | None = None
) -> SmsCode:
    """Return the attempt that this code belongs to, used up by this call. Raises `TooMany` or `WrongCode`."""
    if not TRYING.allowed(client, lot.pk):
        raise TooMany
    try:
        return _proven(lot, member_keys.attempt_digest(token[:64], changes.pk if changes else None), code, at)
    except WrongCode:
        TRYING.spend(client, lot.pk, found=False)
        raise


def agree(member: Member, *, lot: Lot, version: str, language: str, at: datetime) -> Consent:
    """Record that a signed-in member agrees to the words in force at a lot. Raises `TermsChanged`."""
    return _consent(member, lot, _agreed(lot, version, at), language, at)


def in_force(member: Member, lot: Lot) -> Consent | None:
    """Return what a member agreed to at a lot, if that has not ended."""
    found = Consent.objects.filter(member=member, lot=lot, ended_at=None).select_related(
        "terms", "lot__operator"
    )
    return found.first()


def is_current(consent: Consent) -> bool:
    """Return whether a consent is to the text in force; with an older one a member gets nothing new."""
    return consent.terms.version == terms.version_of(terms.texts_of(consent.lot))


def _agreed(lot: Lot, version: str, at: datetime) -> Terms:
    now_in_force = terms.keep(lot, at=at)
    if version != now_in_force.version or not terms.open_benefits(lot):
        raise TermsChanged
    return now_in_force


def _rests(digest: bytes, at: datetime) -> bool:
    """Return whether this phone got a code a moment ago, or the most codes allowed in an hour."""
    sent = SmsCode.objects.filter(phone_digest=digest, made_at__gt=at - HOUR)
    times = list(sent.order_by("-made_at").values_list("made_at", flat=True)[:PER_HOUR])
    return len(times) >= PER_HOUR or any(time > at - PAUSE for time in times)


def _text(lot: Lot, phone: str, code: str) -> sms.Text:
    words = _("%(code)s is your code for members of %(lot)s, good for 5 minutes. Paying for parking needs no"
              " code. Never tell it to anybody.") % {"code": code, "lot": lot.name}  # fmt: skip
    return sms.Text(phone, "code", words, code)


def _proven(lot: Lot, attempt: bytes, code: str, at: datetime) -> SmsCode:
    """Return an attempt if it is open and the code is its own. Each call costs it one try."""
    wanted = member_keys.sms_digest(attempt, code[:DIGITS])
    row = SmsCode.objects.filter(token_digest=attempt, lot__operator=lot.operator_id).first()
    open_one = SmsCode.objects.filter(token_digest=attempt, used_at=None, expires_at__gt=at, tries__lt=TRIES)
    tried = open_one.update(tries=F("tries") + 1)
    right = hmac.compare_digest(wanted, bytes(row.code_digest) if row else bytes(32))
    if row is None or not tried or not right or len(code) != DIGITS:
        raise WrongCode
    if not SmsCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at):
        raise WrongCode
    return row


@transaction.atomic
def _enter(row: SmsCode, lot: Lot, at: datetime) -> Entered:
    operator = lot.operator
    member = Member.objects.filter(operator=operator, phone_digest=row.phone_digest).first()
    if row.terms is None:
        if member is None:
            raise NotAMember
        return Entered(member, joined=False)
    joined = member is None
    if member is None:
        member = _new_member(row, operator.pk, at)
    _consent(member, row.lot, row.terms, row.language, row.made_at)
    return Entered(member, joined=joined)


def _new_member(row: SmsCode, operator_id: int, at: datetime) -> Member:
    member, _made = Member.objects.get_or_create(
        operator_id=operator_id,
        phone_digest=row.phone_digest,
        defaults={"phone": row.phone, "joined_at": at, "used_on": at.date()},
    )
    return member


@transaction.atomic
def _consent(member: Member, lot: Lot, agreed: Terms, language: str, at: datetime) -> Consent:
    """Write down a consent once; an older one to other words ends with it."""
    Member.objects.select_for_update().get(pk=member.pk)
    held = in_force(member, lot)
    if held is not None and held.terms_id == agreed.pk:
        return held
    if held is not None:
        Consent.objects.filter(pk=held.pk).update(ended_at=at, ended_how=Consent.Ended.RENEWED)
    return Consent.objects.create(member=member, lot=lot, terms=agreed, language=language, given_at=at)
