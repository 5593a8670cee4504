"""Template filter for licence plates."""

from django import template

from presentation.formatting import plate_colour

register = template.Library()
register.filter("plate_colour", plate_colour)
