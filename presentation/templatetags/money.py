"""Amounts in templates."""

from django import template

from core.money import milli_yuan, yuan

register = template.Library()
register.filter(yuan)
register.filter(milli_yuan)
