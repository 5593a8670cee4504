"""What staff did about alarms, in the audit log. A silence is deleted on its own clock, and so not sealed."""

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.audit_sources import Source, Told, Words, add_source
from monitoring.models import Silence
from monitoring.signal_words import title_of


def _silence(row: Silence) -> Told:
    chinese = (get_language() or "zh").startswith("zh")
    until = _("until %(day)s") % {"day": f"{localtime(row.until):%Y-%m-%d %H:%M}"}
    return Told(title_of(row.kind, "", chinese=chinese), "", until, row.why)


add_source(
    Source("silence", Silence, "at", "by", lot="", sealed="", of_house=True),
    Words(gettext_lazy("Alert muted"), _silence),
)
