"""Silences in the audit log. They are deleted after their retention, and therefore not sealed."""

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.audit_sources import EntryWords, Source, Words, add_source
from monitoring.models import Silence
from monitoring.signal_words import title_of


def _silence(row: Silence) -> EntryWords:
    until = _("Until %(day)s") % {"day": f"{localtime(row.until):%Y-%m-%d %H:%M}"}
    return EntryWords(title_of(row.kind, ""), "", until, row.why)


add_source(
    Source("silence", Silence, "at", "by", lot="", sealed="", of_staff=True),
    Words(gettext_lazy("Alert muted"), _silence),
)
