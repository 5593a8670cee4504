"""The mark on every page of an installation in staging mode (`purecode staging on`)."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def staging_mark() -> SafeString | str:
    """Return a line that says that no money moves; nothing outside staging mode.

    `mark` is conspicuous without a style sheet, which differs from frame to frame.
    """
    if not settings.STAGING:
        return ""
    return format_html(
        '<p role="note"><mark><strong>{}</strong></mark></p>',
        gettext("Staging mode: no money moves. Do not use it for real payments."),
    )
