"""Texts that pure rules bring along, in the language of the page (docs/decisions/019)."""

from typing import Any

from django import template

from console.console_language import in_english
from selfcheck.purity_rules import BY_ID
from selfcheck.purity_verdict import PurityVerdict

register = template.Library()


@register.filter
def verdict_label(verdict: str) -> str:
    """Return what a self-check's verdict is called."""
    return tongue(PurityVerdict(verdict))


@register.filter
def rule_label(name: str) -> str:
    """Return what a rule of the self-check asks for."""
    return tongue(BY_ID.get(name))


@register.filter
def tongue(thing: Any, names: str = "zh,en") -> str:
    """Return what a thing is called: `{{ rule|tongue }}`, or by its attributes `tongue:"mend,mend_en"`."""
    chinese, english = names.split(",")
    return str(getattr(thing, english if in_english() else chinese, ""))
