"""What a member agrees to (同意文本): made of the lot's benefits, named by its content, kept as it was shown.

A change of benefits or of the responsible company makes another version of the text. Members who agreed to
an older one are asked again; until then the new benefits do not apply to them.
"""

import hashlib
import json
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from lots.models import Lot
from members import words
from members.asked import AskedField, BenefitKind, Need, asked
from members.models import Benefit, Terms

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def open_benefits(lot: Lot) -> list[Benefit]:
    return list(Benefit.objects.filter(lot=lot, ended_at=None).select_related("lot").order_by("pk"))


def asked_of(benefits: list[Benefit]) -> dict[AskedField, Need]:
    return asked([(BenefitKind(one.kind), one.optional) for one in benefits])


def sentences(lot: Lot, benefits: list[Benefit]) -> list[str]:
    """Return the text in the active language, one sentence each."""
    operator = lot.operator
    return [
        _("%(operator)s keeps a member account for you, because you ask for it here.")
        % {"operator": operator.legal_name},
        *(words.asks(field, need) for field, need in asked_of(benefits).items()),
        _("It is used for this alone: %(benefits)s.")
        % {"benefits": words.joined(words.gets(one) for one in benefits)},
        _("What you give here is stored encrypted. Nobody else receives it, but for the service that sends"
          " the text messages: your number and the message."),
        _("When and where you park is not part of the account, and you are not told of it."),
        _("It is kept until you delete the account, or until nobody has used it for %(days)s days.")
        % {"days": settings.MEMBER_DAYS},
        _("You may withdraw at any time on this page, at once and without giving a reason. That you agreed"
          " and when is kept for three years as proof, without your phone number."),
        _("Questions: %(contact)s, %(phone)s. Complaints: %(complaints)s.")
        % {
            "contact": operator.contact,
            "phone": operator.service_phone,
            "complaints": operator.complaint_phones,
        },
    ]  # fmt: skip


def texts_of(lot: Lot) -> dict[str, list[str]]:
    """Return the text in every language."""
    benefits, found = open_benefits(lot), {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = sentences(lot, benefits)
    return found


def version_of(texts: dict[str, list[str]]) -> str:
    whole = json.dumps(texts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:8]


def keep(lot: Lot, *, at: datetime) -> Terms:
    """Return the text in force as a row, stored at the first consent to it."""
    texts = texts_of(lot)
    terms, _made = Terms.objects.get_or_create(
        lot=lot, version=version_of(texts), defaults={"texts": texts, "made_at": at}
    )
    return terms
