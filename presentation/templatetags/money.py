"""Amounts in templates."""

from django import template

from core.money import milli_yuan, yuan

register = template.Library()


@register.filter
def grouped(value: object) -> str:
    """Return a number, or an amount as `yuan` writes it, with separators: 1234.50 → 1,234.50."""
    sign, text = ("-", str(value)[1:]) if str(value).startswith("-") else ("", str(value))
    whole, point, rest = text.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}" if whole.isascii() and whole.isdecimal() else str(value)


register.filter(yuan)
register.filter(milli_yuan)
