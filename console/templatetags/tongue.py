"""Texts that pure rules bring along, in the language of the page (docs/decisions/019)."""

from typing import Any

from django import template

from console.console_language import in_english

register = template.Library()


@register.filter
def tongue(thing: Any, names: str = "zh,en") -> str:
    """Return what a thing is called: `{{ rule|tongue }}`, or by its attributes `tongue:"mend,mend_en"`."""
    chinese, english = names.split(",")
    return str(getattr(thing, english if in_english() else chinese, ""))
