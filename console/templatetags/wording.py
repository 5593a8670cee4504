"""{{ act.kind|said:"ACTS" }}: a code in the words of staff."""

from django import template

from console import code_labels

register = template.Library()


@register.filter
def said(code: str, table: str) -> str:
    """Return what staff call a code, by a table of `console.code_labels`; else the code."""
    words: dict[str, object] = getattr(code_labels, table)
    return str(words.get(str(code), code))


@register.filter
def of(table: dict[object, object], key: object) -> object:
    """Return the entry of a table: `{{ plates|of:row.pk }}`."""
    return table.get(key, "")
