"""Amounts in templates."""

from django import template

from core.money import milli_yuan, yuan
from lots.tariffs import CNY

register = template.Library()


@register.filter
def grouped(value: object) -> str:
    """Return a number, or an amount as `yuan` writes it, with separators: 1234.50 → 1,234.50."""
    sign, text = ("-", str(value)[1:]) if str(value).startswith("-") else ("", str(value))
    whole, point, rest = text.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}" if whole.isascii() and whole.isdecimal() else str(value)


@register.filter
def on_axis(fen: int) -> str:
    """Return an amount as the axis of a chart names it, without noughts: 120000 → 1,200."""
    return grouped(yuan(fen)).removesuffix(".00")


@register.filter
def in_sign(label: str, sign: str) -> str:
    """Return a label such as Due (¥) or 应付（元） with the sign of another currency."""
    return label if sign == CNY.sign else label.replace("¥", sign.strip()).replace("元", sign.strip())


register.filter(yuan)
register.filter(milli_yuan)
