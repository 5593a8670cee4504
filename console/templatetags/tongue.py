"""Texts that pure rules bring along, in the language of the page (docs/decisions/019)."""

from typing import Any

from django import template

from console import rule_texts
from console.console_language import in_english

register = template.Library()


@register.filter
def tongue(thing: Any, names: str = "zh,en") -> str:
    """Return what a thing is called: `{{ rule|tongue }}`, or by its attributes `tongue:"mend,mend_en"`."""
    chinese, english = names.split(",")
    return str(getattr(thing, english if in_english() else chinese, ""))


@register.filter
def spoken(text: str) -> str:
    """Return a text of a pure module in the page's language; `console.rule_texts` has them."""
    return str(rule_texts.SIGNS.get(text, text)) if text else ""
