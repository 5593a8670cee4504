"""Each lot's privacy notice as it was at any time: a version is kept when it says something new.

In Chinese, which is the wording that holds. The page itself is made from the lot as it is now, so only
here is kept what it read last month.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import translation

from compliance.models import NoticeVersion
from compliance.privacy_notice import Notice, notice_for
from lots.models import Lot

LANGUAGE = "zh-hans"


def text_of(notice: Notice) -> dict[str, Any]:
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
    """Keep the notices that say something else than their last version; return how many.

    Two workers at once may keep the same words twice, which is no loss.
    """
    newest = NoticeVersion.objects.filter(lot=OuterRef("pk")).order_by("-at", "-pk")
    lots = Lot.objects.select_related("operator").annotate(known=Subquery(newest.values("digest")[:1]))
    return sum(_keep(lot, at) for lot in lots)


def _keep(lot: Lot, at: datetime) -> bool:
    with translation.override(LANGUAGE):
        notice = notice_for(lot)
        text = text_of(notice)
    digest = hashlib.sha256(json.dumps(text, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    if digest == lot.known:  # type: ignore[attr-defined]
        return False
    NoticeVersion.objects.create(lot=lot, at=at, words=notice.version, text=text, digest=digest)
    return True
