"""The mark on every page of an installation in staging mode (`purecode staging on`)."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def staging_mark() -> SafeString | str:
    """Return a line that tells that no money moves; nothing outside staging mode.

    Both languages at once, since a page's own language may be neither. `mark` needs no style sheet.
    """
    if not settings.STAGING:
        return ""
    return format_html(
        '<p role="note"><mark><strong>{}</strong> <span lang="en">{}</span></mark></p>',
        "演练模式：不收真钱，请勿用于实际收费。",
        "Staging: no money moves.",
    )
