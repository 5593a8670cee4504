"""{{ row.provider|channel_label }}, and {{ plates|entry:row.pk }} for a dictionary that a view made."""

from django import template

from console.bill_words import conclusion
from payments import channel_names

register = template.Library()
register.filter(channel_names.channel_label)
register.filter(conclusion)


@register.filter
def entry(table: dict[object, object], key: object) -> object:
    """Return an entry of a dictionary, "" without one."""
    return table.get(key, "")
