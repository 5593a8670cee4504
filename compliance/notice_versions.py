"""Each lot's privacy notice as it was at any time: a version is kept when it says something new.

In Chinese, which is the wording that holds. The page itself is made from the lot as it is now, so only
here is kept what it read last month.
"""

import hashlib
import json
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.utils import translation

from compliance.models import NoticeVersion
from compliance.privacy_notice import VERSION, NoticeText, inputs_of, make_notice
from lots.models import Device, Lot, ReadPicture, Recipient

LANGUAGE = "zh-hans"


def text_of(notice: NoticeText) -> dict[str, Any]:
    """Return what a notice says, as it is kept."""
    return {
        "lot": notice.lot,
        "controller": notice.controller,
        "contact": notice.contact,
        "complaint_phones": notice.complaint_phones,
        "what": list(notice.what),
        "ground": list(notice.ground),
        "kept": [list(row) for row in notice.stored],
        "recipients": list(notice.recipients),
        "rights": list(notice.rights),
    }


def record_changed(*, at: datetime) -> int:
    """Store the notices that differ from their last version; return how many.

    Two workers at once may keep the same words twice, which is no loss.
    """
    newest = NoticeVersion.objects.filter(lot=OuterRef("pk")).order_by("-at", "-pk")
    keeping = Device.objects.in_use().filter(lot=OuterRef("pk"), keep_images=True)
    pictures = ReadPicture.objects.filter(lot=OuterRef("pk"))
    lots = Lot.objects.select_related("operator").annotate(
        known=Subquery(newest.values("digest")[:1]), keeps_pictures=Exists(keeping) | Exists(pictures)
    )
    recipients: defaultdict[int, tuple[tuple[str, str, str], ...]] = defaultdict(tuple)
    in_force = Recipient.objects.filter(ended_on=None).order_by("kind", "name")
    for lot_id, kind, name, contact in in_force.values_list("lot_id", "kind", "name", "contact"):
        recipients[lot_id] += ((kind, name, contact),)
    return sum(_keep(lot, recipients[lot.pk], at) for lot in lots)


def _keep(lot: Any, recipients: tuple[tuple[str, str, str], ...], at: datetime) -> bool:
    inputs = inputs_of(lot, keeps_pictures=lot.keeps_pictures, recipients=recipients)
    words = VERSION, settings.DEBT_DAYS, settings.INVOICE_RETENTION_DAYS
    digest = _digest(tuple(inputs.items()), words)
    if digest == lot.known:
        return False
    text = _text(inputs)
    NoticeVersion.objects.create(lot=lot, at=at, words=VERSION, text=text, digest=digest)
    return True


@lru_cache(maxsize=20_000)
def _digest(inputs: tuple[tuple[str, Any], ...], words: tuple[Any, ...]) -> str:  # noqa: ARG001 - of the key
    """Return the digest of a notice; thousands of lots are looked at every few minutes."""
    text = json.dumps(_text(dict(inputs)), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(inputs: dict[str, Any]) -> dict[str, Any]:
    with translation.override(LANGUAGE):
        return text_of(make_notice(**inputs))
